#![doc = include_str!("../README.md")]
//!
//! # Modules, in the order data flows
//!
//! ```text
//! config ─► okta ─► directory ─► selection ─► snapshot ─► roster ─► mapping ─► plan ─► store ─► published ─► serve
//! ```

mod exit;

mod apart;

mod counted;

mod guard;

mod permissions;

pub mod document;

pub mod text;

mod json_text;

pub mod naming;

pub mod template;

pub mod leavers;

pub mod config;

pub mod snapshot;

pub mod selection;

pub mod criteria;

pub mod directory;

pub mod state;

pub mod roster;

pub mod mapping;

pub mod store;

pub mod plan;

pub mod okta;

pub mod published;

pub mod first_runs;

pub mod run;

pub mod report;

pub mod cycle;

pub mod schedule;

pub mod telemetry;

pub mod serve;

pub mod daemon;

mod cli;

pub use cli::{main, main_from};
pub use exit::Exit;
pub use guard::{Guard, Percent};
