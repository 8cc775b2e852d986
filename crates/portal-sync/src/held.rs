//! What is known before a run and after it, as plain values: entities as they are kept, what was selected, what Okta said, and
//! a run's account of itself.

pub(crate) mod object;

pub(crate) mod document;

pub(crate) mod packed;

pub(crate) mod leavers;

pub(crate) mod criteria;

pub(crate) mod notice;

pub(crate) mod quarantine;

pub(crate) mod trip;

pub(crate) mod approval;

pub(crate) mod state;

pub(crate) mod org;

pub(crate) mod run;

pub(crate) mod mirror;
