//! What lists are made of.

use std::fmt::Debug;
use std::hash::Hash;

use serde::de::DeserializeOwned;

use crate::group::Group;
use crate::id::{EventId, GroupId, UserId};
use crate::log_event::LogEvent;
use crate::user::{Member, User};

/// What a list is made of. Sealed: users, groups, members and events.
pub trait Resource: sealed::Sealed + DeserializeOwned + Debug + Send + 'static {
    /// The type of its ids.
    type Id: Clone + Debug + Eq + Hash + Send + From<String> + 'static;

    /// Its id.
    fn id(&self) -> &Self::Id;
}

mod sealed {
    pub trait Sealed {}
}

/// Says which field of a record is its id.
macro_rules! resource {
    ($record:ty, $id:ty, $field:ident) => {
        impl sealed::Sealed for $record {}

        impl Resource for $record {
            type Id = $id;

            fn id(&self) -> &$id {
                &self.$field
            }
        }
    };
}

resource!(User, UserId, id);
resource!(Member, UserId, id);
resource!(Group, GroupId, id);
resource!(LogEvent, EventId, uuid);
