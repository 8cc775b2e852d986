#![doc = include_str!("../README.md")]

// Leaf first: a module uses only modules of the groups above its own.
mod clock;
mod endpoint;
mod id;
mod link;
mod profile;
mod share;
mod timestamp;

mod backoff;
mod group;
mod metrics;
mod rate_limit;
mod user;

mod answer;
mod retry;

mod budget;
mod error;

mod page;

mod pacer;

mod dispatch;

mod list;

mod groups;
mod users;

mod client;

#[cfg(any(test, feature = "test-util"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use crate::answer::ApiError;
pub use crate::client::{Client, ClientBuilder};
pub use crate::error::{Error, ErrorKind};
pub use crate::group::{Group, GroupStats, GroupType};
pub use crate::groups::Groups;
pub use crate::id::{GroupId, UserId};
pub use crate::list::{Everything, List, Resource};
pub use crate::metrics::{EndpointMetrics, Metrics};
pub use crate::page::{Cursor, Malformed, Page, PageSize, PageSizeError};
pub use crate::profile::Profile;
pub use crate::share::{Share, ShareError};
pub use crate::user::{Member, User, UserStatus};
pub use crate::users::Users;
