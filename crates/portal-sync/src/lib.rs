#![doc = include_str!("../README.md")]
//!
//! # Modules, in the order data flows
//!
//! ```text
//! config ─► okta ─► directory ─► selection ─► snapshot ─► roster ─► mapping ─► plan ─► store ─► published ─► serve
//! ```

mod exit;
mod guard;

pub mod config;
pub mod snapshot;

pub mod selection;

pub mod directory;
pub mod mapping;
pub mod plan;
pub mod roster;
pub mod state;
pub mod store;

pub mod okta;

pub mod published;
pub mod report;
pub mod run;

pub mod cycle;
pub mod schedule;

pub mod serve;
pub mod telemetry;

mod cli;
pub mod daemon;

pub use cli::{main, main_from};
pub use exit::Exit;
pub use guard::{Guard, Percent};
