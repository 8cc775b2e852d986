//! What is known before a run and what it learns, as plain values: entities as they are kept, what was selected, what Okta
//! said.

pub(crate) mod object;

pub(crate) mod document;

pub(crate) mod leavers;

pub(crate) mod criteria;

pub(crate) mod state;

pub(crate) mod org;
