//! The store that several replicas share: PostgreSQL.

mod address;

pub(crate) use address::{Address, AddressError};
