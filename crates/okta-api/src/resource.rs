//! What lists are made of.

use std::fmt::Debug;
use std::hash::Hash;

use serde::Deserializer;
use serde::de::DeserializeOwned;

use crate::group::Group;
use crate::id::{EventId, GroupId, UserId};
use crate::item::Item;
use crate::log_event::LogEvent;
use crate::reader::Reader;
use crate::user::{Member, User};

/// What a list is made of. Sealed: users, groups, members, events, and records of a type of your own ([`Item`]).
pub trait Resource: sealed::Sealed + DeserializeOwned + Debug + Send + 'static {
    /// The type of its ids.
    type Id: Clone + Debug + Eq + Hash + Send + From<String> + 'static;

    /// Its id; of an [`Item`] what its list tells it from the others by, which is not for eyes
    /// ([`Item::id`] is).
    fn id(&self) -> &Self::Id;
}

pub(crate) mod sealed {
    use serde::Deserializer;

    use crate::reader::Reader;

    pub trait Sealed: Sized {
        /// Whether each record has an id of its own, so that a list without any is one of something else.
        const HAS_ID: bool = true;

        /// Reads a record, and builds of it what is kept.
        fn read<'de, D: Deserializer<'de>>(
            reader: &Reader<'_>,
            deserializer: D,
        ) -> Result<Self, D::Error>;
    }
}

/// Says which field of a record is its id, and what reads it.
macro_rules! resource {
    ($record:ty, $id:ty, $field:ident, $read:expr) => {
        impl sealed::Sealed for $record {
            fn read<'de, D: Deserializer<'de>>(
                reader: &Reader<'_>,
                deserializer: D,
            ) -> Result<Self, D::Error> {
                $read(reader, deserializer)
            }
        }

        impl Resource for $record {
            type Id = $id;

            fn id(&self) -> &$id {
                &self.$field
            }
        }
    };
}

resource!(User, UserId, id, User::read);
resource!(Member, UserId, id, whole);
resource!(Group, GroupId, id, Group::read);
resource!(LogEvent, EventId, uuid, whole);

impl<T: DeserializeOwned + Debug + Send + 'static> sealed::Sealed for Item<T> {
    const HAS_ID: bool = false;

    fn read<'de, D: Deserializer<'de>>(
        reader: &Reader<'_>,
        deserializer: D,
    ) -> Result<Self, D::Error> {
        whole(reader, deserializer)
    }
}

impl<T: DeserializeOwned + Debug + Send + 'static> Resource for Item<T> {
    type Id = String;

    fn id(&self) -> &String {
        self.key()
    }
}

/// Reads a record of which nothing can be left out.
fn whole<'de, T: serde::Deserialize<'de>, D: Deserializer<'de>>(
    _reader: &Reader<'_>,
    deserializer: D,
) -> Result<T, D::Error> {
    T::deserialize(deserializer)
}
