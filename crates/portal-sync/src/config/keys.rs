//! Keys as tables: each one that there is to write, once, with its form, its default and a sentence. The reader knows its
//! keys from here; the schema, what `config print` shows and the reference in the documentation are made of it.

// Leaf first: a module uses only modules listed above it.
mod table;

mod duration;

mod frequency;

mod mapping;

mod tuning;

mod tenant;

mod program;

pub(super) use duration::UNITS;
pub(super) use frequency::FREQUENCY;
pub(super) use mapping::{
    ATTACHED, GROUPS, HIERARCHY, LEAVERS, MAPPING, MERGE, NAMED_BY, ROOT, TYPE, TYPE_RULE, USERS,
};
pub(super) use program::{FEED, PROGRAM, PUSH, RETENTION, SERVER, STORE, TELEMETRY, TOKEN};
pub(super) use table::{Form, Key, Table};
pub(super) use tenant::{GROUP_FILTER, OAUTH, SCHEDULE, TENANT, TENANTS};
pub(super) use tuning::{GUARD, LIMITS, RATE_LIMIT, RECONCILE};
