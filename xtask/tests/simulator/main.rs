//! The simulator from outside, over HTTP.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod client;

mod access;
mod faults;
mod lagging;
mod line;
mod paging;
mod records;
mod system_log;
