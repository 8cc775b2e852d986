//! The client against everything that can go wrong at Okta or on the way to it, and against its rate limits, in
//! paused time: an hour of waiting takes milliseconds.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod settings;

mod tenant;

mod fault;

mod walk;

mod table;

mod matrix;

mod pacing;

mod reading;
