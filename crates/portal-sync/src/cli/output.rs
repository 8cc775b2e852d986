//! Where results and messages go: stdout for what a script reads, stderr for everything else.

use std::fmt::Display;
use std::io::{self, Write as _};

/// Prints a result. A reader that went away is no error of ours.
pub(super) fn result(text: impl Display) {
    drop(write!(io::stdout().lock(), "{text}"));
}

/// Prints a message for people.
pub(super) fn message(text: impl Display) {
    drop(writeln!(io::stderr().lock(), "{text}"));
}
