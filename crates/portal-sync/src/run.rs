//! One provider read again and again: when, and what comes of it.

pub(crate) mod first_runs;

pub(crate) mod schedule;

pub(crate) mod provider;

pub(crate) mod error;

pub(crate) mod deciding;

pub(crate) mod turn;

pub(crate) mod feasible;

pub(crate) mod reading;

pub(crate) mod settled;

pub(crate) mod outcome;

pub(crate) mod once;

pub(crate) mod report;

pub(crate) mod history;

pub(crate) mod explain;

pub(crate) mod forget;

pub(crate) mod retention;

pub(crate) mod status;

pub(crate) mod publisher;

pub(crate) mod push;

pub(crate) mod account;

pub(crate) mod triggers;

pub(crate) mod elsewhere;

pub(crate) mod keeper;
