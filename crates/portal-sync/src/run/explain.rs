//! Why a person or a group is in the catalog, or is not: from what the store holds, without asking Okta.
//!
//! What is held of Okta's answers is decided upon once more, by the very functions of a run: the org that is wanted of it, its
//! shape, the plan with its guard and its names. So an explanation says what the next run does when nothing changes until then,
//! and cannot disagree with it. [`explain`] is a pure fold over that; [`Held::of`] fetches it, and [`live`] asks Okta for one
//! object and lays the answer over it, for this once.

use crate::held::object::Key;

mod told;

mod held;

mod seek;

mod view;

mod steps;

mod groups;
mod users;

pub(crate) mod live;

pub(crate) use held::{Held, Tenant};
pub(crate) use seek::{Sought, SoughtError};
pub(crate) use told::{Explained, Nothing, Past};

use live::Seen;
use view::View;

/// Explains one object of a tenant, by what is held of it and by what Okta says of it at this moment, if it was asked.
#[must_use]
pub(crate) fn explain(tenant: &Tenant, held: &Held, key: &Key, seen: Option<&Seen>) -> Explained {
    let view = View::new(tenant, held, seen);
    match key {
        Key::User(id) => users::explain(&view, id),
        Key::Group(key) => groups::explain(&view, key),
    }
}

#[cfg(test)]
mod tests;
