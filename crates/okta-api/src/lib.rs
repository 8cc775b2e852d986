//! The users, the groups and the members of an Okta org.
#![cfg_attr(feature = "reqwest", doc = "", doc = include_str!("../README.md"))]

// Leaf first: a module uses only modules of the groups above its own.
mod clock;
mod endpoint;
mod link;
mod query;
mod quote;
mod rate_limit_share;
mod reader;
mod timestamp;
mod word;

mod malformed;

mod id;
mod path;
mod profile;

mod backoff;
mod event_type;
mod group;
mod item;
mod log_event;
mod rate_limit;
mod user;

#[cfg(feature = "org-filter")]
mod record;

mod answer;
mod limits;
mod observer;
mod resource;
mod retry;

mod budget;
mod error;
mod metrics;

mod page;

mod pages;

mod pacer;

mod dispatch;

mod list;

mod follow;
mod get;
mod groups;
mod users;

mod logs;

#[cfg(feature = "reqwest")]
mod start_error;

mod client;

#[cfg(any(test, feature = "test-util"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use crate::answer::ApiError;
pub use crate::client::{Client, ClientBuilder};
pub use crate::error::{Error, ErrorKind, GIVE_ROLE};
pub use crate::event_type::EventType;
pub use crate::follow::{Follow, Start};
pub use crate::get::Get;
pub use crate::group::{Group, GroupStats, GroupType};
pub use crate::groups::Groups;
pub use crate::id::{EventId, GroupId, UserId};
pub use crate::item::Item;
pub use crate::limits::Limits;
pub use crate::list::{List, Searchable, SortOrder, Unsearchable, WithMalformed};
pub use crate::log_event::{
    EventClient, EventOutcome, EventParty, LogEvent, OutcomeResult, Severity,
};
pub use crate::logs::Logs;
pub use crate::malformed::Malformed;
pub use crate::metrics::{EndpointMetrics, Metrics};
pub use crate::observer::{Exchange, Observer, Wait, WaitReason};
pub use crate::page::{Cursor, CursorError, Page, PageSize, PageSizeError};
pub use crate::pages::{Items, Pages};
pub use crate::profile::Profile;
pub use crate::rate_limit::RateLimit;
pub use crate::rate_limit_share::{RateLimitShare, RateLimitShareError};
pub use crate::resource::Resource;
#[cfg(feature = "reqwest")]
pub use crate::start_error::StartError;
pub use crate::user::{Member, User, UserStatus};
pub use crate::users::Users;
// Types of these stand in signatures here.
pub use {http, jiff, okta_auth};
// What evaluates the records here has to be of this version.
#[cfg(feature = "org-filter")]
pub use org_filter;
