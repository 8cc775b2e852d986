//! Why a walk over a list ended early.

mod fix;
mod late;

use std::error::Error as StdError;
use std::fmt;

use http::StatusCode;
use okta_auth::visible::{self, visible};
use okta_auth::{AuthError, TransportError};
use url::Url;

use crate::answer::{Answer, ApiError};
use crate::endpoint::Endpoint;
use crate::id::InvalidId;

pub use self::fix::GIVE_ROLE;
pub(crate) use self::late::{Awaited, Late};

/// A request that failed for good, after whatever retries its failure deserved.
///
/// `Display` says what was being done and what became of it; [`source`](StdError::source) says why.
/// [`Error::kind`] is there to decide by.
pub struct Error(Box<Inner>);

struct Inner {
    doing: String,
    endpoint: Endpoint,
    /// The search or the filter that was sent.
    search: Option<String>,
    cause: Cause,
}

/// What to do about an [`Error`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No whole answer, after retries.
    ///
    /// # Troubleshooting
    ///
    /// A wrong org URL, no route, a proxy or a certificate that this machine does not trust; the
    /// source says which.
    Unreachable,
    /// Okta kept answering 429.
    ///
    /// # Troubleshooting
    ///
    /// Something else spends this application's rate limit. Lower its use, or raise the
    /// application's share in Okta's admin console.
    Throttled,
    /// Okta, or something in front of it, kept answering 5xx.
    ServerFailure,
    /// There is no token, or Okta refuses it, a fresh one too. See [`Error::auth`].
    Unauthenticated,
    /// The token is good, but not for this.
    ///
    /// # Troubleshooting
    ///
    /// A scope and an admin role are two gates, and an application needs both.
    #[non_exhaustive]
    Forbidden {
        /// The scope that has to be granted to the application; `None` when it is the admin role
        /// that is missing, or the feature that is switched off: [`Error::api`] says which.
        missing_scope: Option<String>,
    },
    /// Okta refuses the search expression. [`Error::search`] has it, [`Error::api`] quotes Okta's reasons.
    BadSearch,
    /// The search expression is longer than Okta, or something in front of it, takes ([`Error::search`]).
    ///
    /// # Troubleshooting
    ///
    /// Okta documents no number; it repeats the search in its link headers and answers `E0000256` when these get too large.
    SearchTooLong,
    /// A refusal that has not the shape of Okta's errors, so that it says nothing about tokens, scopes, roles or records.
    ///
    /// # Troubleshooting
    ///
    /// A firewall or a proxy answers in Okta's place, or the org URL is another server's.
    NotOkta,
    /// The address has no list of users, of groups or of events. Orgs always have them.
    ///
    /// # Troubleshooting
    ///
    /// The org URL is not that of an org.
    WrongAddress,
    /// Okta does not take the cursor of a page any more, and reading the list again from its beginning did not help.
    ExpiredCursor,
    /// The user or the group is not there, or not any more.
    NotFound,
    /// The answer is not what Okta documents: no JSON, a next link to somewhere else, pages that go
    /// round in a circle or have more than twice as many records as were asked for.
    ///
    /// # Troubleshooting
    ///
    /// Usually a proxy's login page, or an org URL that is not the one Okta's links use.
    Protocol,
    /// The list has more records than [`List::at_most`](crate::List::at_most) takes: it was not read to its end.
    #[non_exhaustive]
    TooMany {
        /// How many it takes.
        limit: usize,
    },
    /// The id that was to be asked for is of letters that Okta's ids are not of. Nothing was sent, and nothing is known of
    /// whether there is something of that id.
    InvalidId,
    /// Okta refuses the request for another reason. See [`Error::api`].
    Rejected,
    /// The time for one request with its retries ran out while waiting for an answer, or the time for the whole list
    /// ([`List::until`](crate::List::until)) is over or too short for what was to be waited for. The message says what that was, and the source is the last failure, if there was one.
    DeadlineExceeded,
}

/// A search of so many bytes is long: what a server in front of Okta answers 400 to in its own words, it answers because of it.
/// Okta puts no number to it; some servers take request lines of 4,096 bytes, in which a search is encoded.
const LONG_SEARCH: usize = 2_000;

/// What ended the request.
#[derive(Debug)]
pub(crate) enum Cause {
    Auth(AuthError),
    Transport(TransportError),
    Answer(Box<Answer>),
    /// An answer that breaks off: the body of a 200 that ends within its JSON.
    Truncated(serde_json::Error),
    Protocol(ProtocolError),
    /// Not in time.
    Late(Box<Late>),
    /// A list of more records than its reader takes.
    TooMany {
        limit: usize,
    },
    /// Okta cannot be asked for it.
    Id(InvalidId),
}

/// How an answer differs from what Okta documents.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProtocolError {
    #[error("the answer is `{}`, not JSON", quoted(.content_type))]
    NotJson { content_type: String },
    #[error("the answer is not a list that can be read")]
    Malformed(#[source] serde_json::Error),
    #[error("the page has {got} records, and {asked} were asked for")]
    TooManyRecords { asked: usize, got: usize },
    #[error("the record has {bytes} bytes, more than {most}")]
    LargeRecord { bytes: usize, most: usize },
    #[error("no element of the list has an id")]
    NoIds,
    #[error("the answer has status {0}")]
    Status(StatusCode),
    #[error("the link header is not text")]
    LinkNotText,
    #[error(transparent)]
    Link(#[from] crate::link::LinkError),
    #[error("the next link `{}` is no URL", quoted(.target))]
    LinkTarget { target: String },
    #[error("the page has several next links")]
    AmbiguousNext,
    #[error(
        "the next page is at `{}`, not at `{own}`: the token is not sent there; \
         configure the org URL that the links have", quoted(.found)
    )]
    ForeignNext { found: String, own: String },
    #[error("the next page is one that was read before")]
    RepeatedCursor,
    #[error("the cursor is one of another list")]
    OtherList,
    #[error("the next page is missing: this list goes on for ever")]
    NoNext,
    #[error("the last {pages} pages held records and not one that is new")]
    NothingNew { pages: u32 },
    #[error("the last {pages} pages were empty, and still there is a next one")]
    NothingMore { pages: u32 },
    #[error("the list has more than {limit} pages")]
    Endless { limit: usize },
}

/// A text of an answer as a message quotes it.
fn quoted(text: &str) -> impl fmt::Display {
    const LONGEST: usize = 200;
    visible(text).at_most(LONGEST)
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

    /// What to do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match &self.0.cause {
            Cause::Auth(AuthError::Transport(_)) | Cause::Transport(_) | Cause::Truncated(_) => {
                ErrorKind::Unreachable
            }
            Cause::Auth(AuthError::Unavailable(answer))
                if answer.status() == StatusCode::TOO_MANY_REQUESTS =>
            {
                ErrorKind::Throttled
            }
            Cause::Auth(AuthError::Unavailable(_)) => ErrorKind::ServerFailure,
            Cause::Auth(AuthError::Unexpected(_)) => ErrorKind::Protocol,
            Cause::Auth(_) => ErrorKind::Unauthenticated,
            Cause::Answer(answer) => self.kind_of_answer(answer),
            Cause::Protocol(_) => ErrorKind::Protocol,
            Cause::Late(_) => ErrorKind::DeadlineExceeded,
            Cause::TooMany { limit } => ErrorKind::TooMany { limit: *limit },
            Cause::Id(_) => ErrorKind::InvalidId,
        }
    }

    /// Codes decide, never texts (Okta API reference, error codes).
    fn kind_of_answer(&self, answer: &Answer) -> ErrorKind {
        if self.0.search.is_some() && self.is_too_long(answer) {
            return ErrorKind::SearchTooLong;
        }
        match (answer.status.as_u16(), answer.code()) {
            (429, _) => ErrorKind::Throttled,
            (500.., _) => ErrorKind::ServerFailure,
            // What a load balancer in front of Okta says, too.
            (408, _) => ErrorKind::Rejected,
            _ if !answer.is_okta() => ErrorKind::NotOkta,
            // "You do not have permission to access the feature you are requesting": the token is
            // good.
            (401, Some("E0000015")) => ErrorKind::Forbidden {
                missing_scope: None,
            },
            (401, _) => ErrorKind::Unauthenticated,
            (403, _) => ErrorKind::Forbidden {
                missing_scope: self.missing_scope(answer),
            },
            (404 | 410, _) if self.0.endpoint.is_of_every_org() => ErrorKind::WrongAddress,
            (404 | 410, _) => ErrorKind::NotFound,
            // "Invalid paging request: Invalid cursor" (recorded), "invalid pagination properties".
            (400, Some("E0000029" | "E0000054")) => ErrorKind::ExpiredCursor,
            // Invalid dates, search criteria, combinations of parameters, SCIM filters, filters.
            (
                400,
                Some("E0000030" | "E0000031" | "E0000033" | "E0000053" | "E0000063" | "E0000094"),
            ) => ErrorKind::BadSearch,
            _ => ErrorKind::Rejected,
        }
    }

    /// Whether the answer says that the request is too long. Servers in front of Okta say so with a 400, too: with a page of
    /// their own, which tells of the length or comes when a search is long.
    fn is_too_long(&self, answer: &Answer) -> bool {
        match answer.status.as_u16() {
            413 | 414 | 431 => true,
            400 if !answer.is_okta() => {
                let length = self.search().map_or(0, str::len);
                answer.speaks_of_length || length > LONG_SEARCH
            }
            _ => answer.code() == Some("E0000256"),
        }
    }

    /// The scope the answer names, or the one the endpoint is known to need when it names none.
    fn missing_scope(&self, answer: &Answer) -> Option<String> {
        let named = answer.missing_scope.clone()?;
        Some(if named.is_empty() {
            self.0.endpoint.scope().to_owned()
        } else {
            named
        })
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
            ErrorKind::InvalidId => f.write_str("okta can not be asked for it"),
            ErrorKind::Rejected => f.write_str("okta refuses the request"),
            ErrorKind::DeadlineExceeded => match &self.0.0.cause {
                Cause::Late(late) => late.describe(self.0.endpoint(), f),
                _ => f.write_str("no answer in time"),
            },
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            doing,
            endpoint,
            search,
            cause,
        } = &*self.0;
        f.debug_struct("Error")
            .field("doing", doing)
            .field("endpoint", endpoint)
            .field("search", search)
            .field("cause", cause)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.cause.error()
    }
}

impl Cause {
    /// The error beneath.
    fn error(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Auth(error) => Some(error),
            Self::Transport(error) => Some(error),
            Self::Answer(answer) => Some(&**answer),
            Self::Truncated(error) => Some(error),
            Self::Protocol(error) => Some(error),
            Self::TooMany { .. } => None,
            Self::Id(error) => Some(error),
            Self::Late(late) => late.last.as_ref().and_then(Self::error),
        }
    }
}
