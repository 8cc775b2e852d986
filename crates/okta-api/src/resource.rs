//! What lists are made of.

use std::fmt::Debug;
use std::hash::Hash;

use serde::Deserializer;
use serde::de::DeserializeOwned;

use crate::group::Group;
use crate::id::{EventId, GroupId, UserId};
use crate::log_event::LogEvent;
use crate::reader::Reader;
use crate::user::{Member, User};

/// What a list is made of. Sealed: users, groups, members and events.
pub trait Resource: sealed::Sealed + DeserializeOwned + Debug + Send + 'static {
    /// The type of its ids.
    type Id: Clone + Debug + Eq + Hash + Send + From<String> + 'static;

    /// Its id.
    fn id(&self) -> &Self::Id;
}

pub(crate) mod sealed {
    use serde::Deserializer;

    use crate::reader::Reader;

    pub trait Sealed: Sized {
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

/// Reads a record of which nothing can be left out.
fn whole<'de, T: serde::Deserialize<'de>, D: Deserializer<'de>>(
    _reader: &Reader<'_>,
    deserializer: D,
) -> Result<T, D::Error> {
    T::deserialize(deserializer)
}
