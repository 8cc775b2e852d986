//! How an error prints itself where nobody handles it: `fn main() -> Result<(), Box<dyn Error>>` prints `Debug`.

use std::error::Error;
use std::fmt;

use crate::visible::message;

/// Writes an error and its causes on one line, and what somebody does about it on the next.
pub(crate) fn write(
    error: &dyn Error,
    fix: Option<&str>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    f.write_str(&message(&error.to_string()))?;
    let mut cause = error.source();
    while let Some(error) = cause {
        write!(f, ": {}", message(&error.to_string()))?;
        cause = error.source();
    }
    match fix {
        Some(fix) => write!(f, "\n  fix: {fix}"),
        None => Ok(()),
    }
}

/// Makes the `Debug` of an error a report; with `fix`, of one that knows what somebody does about it.
macro_rules! debug_as_report {
    ($error:ty $(, $fix:ident)?) => {
        impl std::fmt::Debug for $error {
            /// The error, its causes, and what somebody does about it.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let fix: Option<&str> = None;
                $(let fix = fix.or(self.$fix());)?
                $crate::report::write(self, fix, f)
            }
        }
    };
}

pub(crate) use debug_as_report;
