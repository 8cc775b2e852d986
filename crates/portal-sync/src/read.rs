//! From an org to what it said: which records are wanted, and the one who asks Okta for them.

pub(crate) mod apart;

pub(crate) mod records;

pub(crate) mod selection;

pub(crate) mod baseline;

pub(crate) mod directory;

mod exchange;

pub(crate) mod record;

pub(crate) mod replay;
