//! An error and its causes in one line.

use std::error::Error;

use okta_auth::visible::message;

/// An error and its causes in one line of bounded length, in which nothing is hidden.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut line = message(&error.to_string()).into_owned();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&message(&error.to_string()));
        cause = error.source();
    }
    message(&line).into_owned()
}
