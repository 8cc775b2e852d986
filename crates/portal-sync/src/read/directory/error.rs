//! A read that did not yield an org.

use okta_api::ErrorKind;

/// A read that did not yield an org.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ReadError {
    /// Okta could not be read.
    #[error("{reading} could not be read")]
    Okta {
        /// What was being read.
        reading: &'static str,
        /// Why it could not be.
        source: Box<okta_api::Error>,
    },
    /// The org has more than is read of one. It was not read to its end.
    #[error("the org has more than {limit} {what}, the most that is read of one (`limits.{what}`)")]
    TooMany {
        /// Of what, as the key of `limits` has it: `users`, `groups` or `members`.
        what: &'static str,
        /// How many are read.
        limit: usize,
    },
    /// None of the group names that the filter lists exists in the org.
    #[error(
        "no group of the org has one of the names that groupFilter lists: {}",
        quoted(.0)
    )]
    NoGroupOfList(Vec<String>),
}

impl ReadError {
    pub(super) fn users(source: okta_api::Error, limit: usize) -> Self {
        if let ErrorKind::TooMany { .. } = source.kind() {
            return Self::TooMany {
                what: "users",
                limit,
            };
        }
        Self::Okta {
            reading: "the users",
            source: Box::new(source),
        }
    }

    pub(super) fn groups(source: okta_api::Error, limit: usize) -> Self {
        if let ErrorKind::TooMany { .. } = source.kind() {
            return Self::TooMany {
                what: "groups",
                limit,
            };
        }
        Self::Okta {
            reading: "the groups",
            source: Box::new(source),
        }
    }

    pub(super) fn members(source: okta_api::Error) -> Self {
        Self::Okta {
            reading: "the members of the groups",
            source: Box::new(source),
        }
    }

    pub(super) fn log(source: okta_api::Error) -> Self {
        Self::Okta {
            reading: "the System Log",
            source: Box::new(source),
        }
    }

    /// What to do about it.
    #[must_use]
    pub(crate) fn fix(&self) -> Option<String> {
        match self {
            Self::Okta { source, .. } => fix_of_okta(source),
            Self::TooMany { what, limit } => Some(format!(
                "raise `portalSync.limits.{what}` above {limit}, or the tenant's own `limits.{what}` where it has one, if the \
                 org is that large"
            )),
            Self::NoGroupOfList(_) => Some(
                "names compare exactly, capitals included: copy them from Directory > Groups in the Okta admin console"
                    .to_owned(),
            ),
        }
    }
}

/// Names as a sentence lists them.
fn quoted(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// The library's own fix, with the keys of the configuration.
fn fix_of_okta(error: &okta_api::Error) -> Option<String> {
    let filter = match error.endpoint() {
        "/api/v1/users" => "`userFilter`",
        _ => "`groupFilter`",
    };
    let fix = match error.kind() {
        ErrorKind::BadSearch => {
            format!("correct {filter}: Okta refuses the expression it was sent")
        }
        ErrorKind::SearchTooLong => format!(
            "shorten {filter}: of what it wants, as few clauses as possible; about 2,000 characters pass as a rule"
        ),
        ErrorKind::DeadlineExceeded => "raise `schedule.timeout` if Okta needs more time; where it gives no answer or fails, \
             check `oktaUrl` and the network, and see status.okta.com"
            .to_owned(),
        ErrorKind::Throttled => {
            "something else uses up the tenant's rate limit: lower `rateLimit.share` or the other's use".to_owned()
        }
        ErrorKind::ServerFailure => format!("{}; the next run tries again", error.fix()?),
        ErrorKind::Unreachable
        | ErrorKind::NotOkta
        | ErrorKind::WrongAddress
        | ErrorKind::Protocol => error.fix()?.replace("the org URL", "`oktaUrl`"),
        _ => error.fix()?.into_owned(),
    };
    Some(fix)
}
