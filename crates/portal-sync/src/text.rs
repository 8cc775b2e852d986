//! Texts: names and templates made of attributes, errors and numbers in words.

mod blank;

pub(crate) mod counted;

pub(crate) mod error_chain;

pub(crate) mod json;

pub(crate) mod nearest;

pub(crate) mod naming;

pub(crate) mod template;

pub(crate) use self::blank::{is_blank, without_nul};
pub(crate) use self::error_chain::chain;
