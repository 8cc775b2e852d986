#![doc = include_str!("../README.md")]
//!
//! # Rooms
//!
//! Each folder is a step of the way from Okta to the catalog, and uses only those listed above it.

#[cfg(test)]
mod testing;

mod exit;

mod text;

mod held;

mod telemetry;

mod read;

mod decide;

mod store;

mod catalog;

mod run;

mod serve;

mod config;

mod cli;

#[doc(hidden)]
pub mod bench;

pub use cli::{main, main_from};
