//! Why a person or a group is in the catalog, or is not: from what the store holds, without asking Okta.
//!
//! What is held of Okta's answers is decided upon once more, by the very functions of a run: the org that is wanted of it, its
//! shape, the plan with its guard and its names. So an explanation says what the next run does when nothing changes until then,
//! and cannot disagree with it. `answer::explain` is a pure fold over that, [`answers`] fetches it, and [`Asking`] asks Okta for one
//! object, whose answer is laid over it for this once.

mod told;

mod held;

mod seek;

mod live;

mod view;

mod steps;

mod groups;
mod users;

mod answer;

pub(crate) use answer::answers;
pub(crate) use held::Tenant;
pub(crate) use live::Asking;
pub(crate) use seek::{Sought, SoughtError};
pub(crate) use told::Nothing;

#[cfg(test)]
mod tests;
