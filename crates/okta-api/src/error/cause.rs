//! What ends requests.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::StatusCode;
use okta_auth::visible::visible;
use okta_auth::{AuthError, TransportError};
use tokio::runtime::TryCurrentError;

use super::Awaited;
use crate::answer::Answer;
use crate::id::InvalidId;
use crate::malformed::MalformedRecords;
use crate::path::PathError;
use crate::query::OtherQuery;

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
    /// A page that is full, of a list that has no other page.
    CutShort {
        limit: u16,
    },
    /// Records that do not decode.
    Malformed(Box<MalformedRecords>),
    /// Nothing runs the request.
    NoRuntime(TryCurrentError),
    /// Okta cannot be asked for it.
    Id(InvalidId),
    /// A path that is none of an endpoint.
    Path(PathError),
    /// A cursor that is not one of this list, as it is asked for.
    Cursor(CursorFault),
}

/// A request that was given up because the time for it, or for its list, was over or too short for another try.
#[derive(Debug)]
pub(crate) struct Late {
    /// What it still needed.
    pub(crate) awaited: Awaited,
    /// How long its list, or the request itself where it is not of a list, had been under way.
    pub(crate) after: Duration,
    /// What the try before failed of.
    pub(crate) last: Option<Cause>,
}

/// What is wrong with a cursor that was kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CursorFault {
    #[error("the cursor is one of another list")]
    OtherList,
    #[error(transparent)]
    OtherQuery(Box<OtherQuery>),
}

/// How an answer differs from what Okta documents.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProtocolError {
    #[error("the answer is `{}`, not JSON", quoted(.content_type))]
    NotJson { content_type: String },
    #[error("the answer has not the form that was asked for")]
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
    #[error(
        "the answer has no `date`, so the time of the server is not known: follow the log from a time (`Start::At`)"
    )]
    NoDate,
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

impl Late {
    /// What came of a request of this endpoint.
    pub(super) fn describe(&self, endpoint: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.awaited.describe(endpoint, self.after, f)?;
        match (&self.last, self.awaited) {
            (Some(_), Awaited::Token | Awaited::Answer | Awaited::Turn) => {
                f.write_str("; the try before failed")
            }
            _ => Ok(()),
        }
    }
}

impl Cause {
    /// The error beneath.
    pub(super) fn error(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Auth(error) => Some(error),
            Self::Transport(error) => Some(error),
            Self::Answer(answer) => Some(&**answer),
            Self::Truncated(error) => Some(error),
            Self::Protocol(error) => Some(error),
            Self::TooMany { .. } | Self::CutShort { .. } => None,
            Self::Malformed(error) => Some(&**error),
            Self::NoRuntime(error) => Some(error),
            Self::Id(error) => Some(error),
            Self::Cursor(error) => Some(error),
            Self::Path(error) => Some(error),
            Self::Late(late) => late.last.as_ref().and_then(Self::error),
        }
    }
}
