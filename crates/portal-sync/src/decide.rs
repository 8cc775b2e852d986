//! From what is known to a plan: pure functions, and the only room that knows Okta's words and Backstage's.

pub(crate) mod rules;

pub(crate) mod guard;

pub(crate) mod shape;

pub(crate) mod roster;

pub(crate) mod mapping;

pub(crate) mod plan;

pub(crate) mod forget;
