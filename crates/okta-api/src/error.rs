//! Why a walk over a list ended early.

mod late;

mod cause;
mod kind;

mod fix;

use std::error::Error as StdError;
use std::fmt;

use http::StatusCode;
use okta_auth::AuthError;
use okta_auth::visible;
use url::Url;

use crate::answer::ApiError;
use crate::endpoint::Endpoint;
use crate::malformed::Malformed;

pub(crate) use self::cause::{Cause, CursorFault, Late, ProtocolError};
pub use self::fix::GIVE_ROLE;
pub use self::kind::ErrorKind;
pub(crate) use self::late::Awaited;

/// A request that failed for good, after whatever retries its failure deserved.
///
/// `Display` says what was being done and what became of it; [`source`](StdError::source) says why.
/// [`Error::kind`] is there to decide by. `Debug` is a report of all three, with the [fix](Error::fix): a `main` that returns the
/// error prints what a person can read.
pub struct Error(Box<Inner>);

struct Inner {
    doing: String,
    endpoint: Endpoint,
    /// The search or the filter that was sent.
    search: Option<String>,
    cause: Cause,
}

impl Error {
    pub(crate) fn new(doing: String, endpoint: Endpoint, cause: Cause) -> Self {
        Self(Box::new(Inner {
            doing,
            endpoint,
            search: None,
            cause,
        }))
    }

    /// The same of a request for this URL, whose search is quoted where it is what was refused.
    pub(crate) fn asking(mut self, url: &Url) -> Self {
        let mut parameters = url.query_pairs();
        self.0.search = parameters
            .find(|(name, _)| matches!(&**name, "search" | "filter"))
            .map(|(_, expression)| expression.into_owned());
        self
    }

    pub(crate) fn into_cause(self) -> Cause {
        self.0.cause
    }

    /// The error and its causes in one line, without what was being done, which may name a person.
    pub(crate) fn what_went_wrong(&self) -> String {
        let mut line = self.outcome().to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            line.push_str(": ");
            line.push_str(&visible::message(&error.to_string()));
            cause = error.source();
        }
        visible::message(&line).into_owned()
    }

    fn outcome(&self) -> Became<'_> {
        Became(self)
    }

    /// Okta's own account of it, when the answer had one.
    #[must_use]
    pub fn api(&self) -> Option<&ApiError> {
        match &self.0.cause {
            Cause::Answer(answer) => answer.api.as_ref(),
            _ => None,
        }
    }

    /// The search or the filter that was sent, whatever the error is about.
    #[must_use]
    pub fn search(&self) -> Option<&str> {
        self.0.search.as_deref()
    }

    /// The status of Okta's last answer, if it was one that says no.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match &self.0.cause {
            Cause::Answer(answer) => Some(answer.status),
            _ => None,
        }
    }

    /// Why there is no token.
    #[must_use]
    pub fn auth(&self) -> Option<&AuthError> {
        match &self.0.cause {
            Cause::Auth(error) => Some(error),
            _ => None,
        }
    }

    /// The records that do not decode, where these are what the list ended with
    /// ([`MalformedRecords`](ErrorKind::MalformedRecords)).
    #[must_use]
    pub fn malformed(&self) -> &[Malformed] {
        match &self.0.cause {
            Cause::Malformed(malformed) => &malformed.records,
            _ => &[],
        }
    }

    /// Okta's id of the request (`x-okta-request-id`), for its support and its System Log. No message has it: they are compared
    /// and counted by their text.
    pub(crate) fn request_id(&self) -> Option<&str> {
        match &self.0.cause {
            Cause::Answer(answer) => answer.request_id.as_deref(),
            _ => None,
        }
    }

    /// The endpoint by its path template, such as `/api/v1/groups/{id}/users`.
    #[must_use]
    pub fn endpoint(&self) -> &'static str {
        self.0.endpoint.template()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.doing, self.outcome())?;
        match (self.kind(), self.search()) {
            (ErrorKind::BadSearch, Some(search)) => write!(f, " `{search}`"),
            (ErrorKind::SearchTooLong, Some(search)) => {
                write!(f, ": {} characters", search.chars().count())
            }
            _ => Ok(()),
        }
    }
}

/// What happened and why in one line, and what to do about it in the next.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&visible::message(&self.to_string()))?;
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(f, ": {}", visible::message(&error.to_string()))?;
            cause = error.source();
        }
        match self.fix() {
            Some(fix) => write!(f, "\n  fix: {fix}"),
            None => Ok(()),
        }
    }
}

/// What became of it, without what was being done.
struct Became<'a>(&'a Error);

impl fmt::Display for Became<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind() {
            ErrorKind::Unreachable => f.write_str("okta can not be reached"),
            ErrorKind::Throttled => f.write_str("the rate limit stays exhausted"),
            ErrorKind::ServerFailure => f.write_str("okta keeps failing"),
            ErrorKind::Unauthenticated => f.write_str("okta does not accept the credentials"),
            ErrorKind::Forbidden {
                missing_scope: Some(scope),
            } => write!(f, "the scope `{scope}` is not granted to the application"),
            ErrorKind::Forbidden {
                missing_scope: None,
            } if self.0.api().is_some_and(|api| api.code == "E0000006") => {
                f.write_str("the application's admin role does not allow it")
            }
            ErrorKind::Forbidden { .. } => f.write_str("okta does not allow it"),
            ErrorKind::BadSearch => f.write_str("okta refuses the search expression"),
            ErrorKind::SearchTooLong => f.write_str("the search is too long for okta"),
            ErrorKind::NotOkta => f.write_str(
                "it is not okta that answers: a firewall, a proxy or a wrong address does in its place",
            ),
            ErrorKind::WrongAddress => f.write_str("the address is not that of an okta org"),
            ErrorKind::ExpiredCursor => {
                f.write_str("okta does not take the cursor of the page any more")
            }
            ErrorKind::NotFound => f.write_str("it does not exist"),
            ErrorKind::Protocol => f.write_str("the answer can not be trusted"),
            ErrorKind::TooMany { limit } => {
                write!(f, "the list has more than {limit} records, and no more are taken")
            }
            ErrorKind::CutShort { limit } => {
                write!(f, "okta has one page of it, and there may be more than {limit} records")
            }
            ErrorKind::MalformedRecords { .. } => match &self.0.0.cause {
                Cause::Malformed(bad) => match (bad.records.len(), bad.of) {
                    (1, of) => write!(f, "1 of {of} records does not decode"),
                    (count, of) => write!(f, "{count} of {of} records do not decode"),
                },
                _ => f.write_str("records do not decode"),
            },
            ErrorKind::NoRuntime => f.write_str("no tokio runtime runs this"),
            ErrorKind::InvalidId => f.write_str("okta can not be asked for it"),
            ErrorKind::InvalidPath => f.write_str("it is not the path of an endpoint"),
            ErrorKind::CursorMismatch => {
                f.write_str("the cursor is not one of this list as it is asked for")
            }
            ErrorKind::Rejected => f.write_str("okta refuses the request"),
            ErrorKind::DeadlineExceeded => match &self.0.0.cause {
                Cause::Late(late) => late.describe(self.0.endpoint(), f),
                _ => f.write_str("no answer in time"),
            },
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.cause.error()
    }
}
