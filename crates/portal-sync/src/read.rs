//! From an org to what it said: which records are wanted, and the one who asks Okta for them.

pub(crate) mod apart;

pub(crate) mod records;

pub(crate) mod trim;

pub(crate) mod selection;

pub(crate) mod baseline;

pub(crate) mod read_plan;

pub(crate) mod directory;

pub(crate) mod wanted;

mod exchange;

pub(crate) mod record;

pub(crate) mod replay;
