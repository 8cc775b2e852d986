//! Why a client was not made.

use std::fmt;

use okta_auth::{ProxyError, TransportError};

/// Why [`Client::for_app`](crate::Client::for_app) or [`Client::for_token`](crate::Client::for_token) made no client. Nothing was
/// sent.
#[derive(Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A variable of the environment names no proxy that can be used.
    #[error("the proxies of the environment cannot be used")]
    Proxy(#[from] ProxyError),
    /// The HTTP client could not be set up.
    #[error("the http client cannot be set up")]
    Transport(#[from] TransportError),
}

/// What happened and why, in one line.
impl fmt::Debug for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use okta_auth::Proxies;

    use super::StartError;

    #[test]
    fn a_main_that_returns_it_says_which_variable_is_wrong() {
        let wrong =
            Proxies::from_variables(|name| (name == "HTTPS_PROXY").then_some("ftp://proxy"));
        let report = format!("{:?}", StartError::from(wrong.unwrap_err()));
        assert!(
            report.starts_with("the proxies of the environment cannot be used: `HTTPS_PROXY`"),
            "{report}"
        );
    }
}
