//! What to do about errors, as a program decides by it.

use http::StatusCode;
use okta_auth::AuthError;

use super::{Cause, Error};
use crate::answer::Answer;

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
    /// The list is as long as Okta makes it, and there may be more: `q` has no second page.
    #[non_exhaustive]
    CutShort {
        /// How long that is.
        limit: u16,
    },
    /// Records of the list do not decode, so that it would be short without them: [`Error::malformed`] has them.
    /// [`List::all_with_malformed`](crate::List::all_with_malformed) and
    /// [`List::pages_with_malformed`](crate::List::pages_with_malformed) hand out the others besides.
    #[non_exhaustive]
    MalformedRecords {
        /// How many there are: of the whole list, or of the page that ended it.
        count: usize,
    },
    /// No tokio runtime runs the request. Nothing was sent.
    NoRuntime,
    /// The id that was to be asked for is of letters that Okta's ids are not of. Nothing was sent, and nothing is known of
    /// whether there is something of that id.
    InvalidId,
    /// The path that [`Client::get`](crate::Client::get) was given is none of an endpoint, or a value in it is missing or cannot
    /// stand there. Nothing was sent. The source says which.
    InvalidPath,
    /// The cursor that was kept is one of another list, or goes on with another search, filter or order than the list asks for.
    /// Nothing was sent. The source says which, and quotes both.
    CursorMismatch,
    /// Okta refuses the request for another reason. See [`Error::api`].
    Rejected,
    /// The time for one request with its retries ran out while waiting for an answer, or the time for the whole list
    /// ([`List::deadline`](crate::List::deadline)) is over or too short for what was to be waited for. The message says what that was, and the source is the last failure, if there was one.
    DeadlineExceeded,
}

/// A search of so many bytes is long: what a server in front of Okta answers 400 to in its own words, it answers because of it.
/// Okta puts no number to it; some servers take request lines of 4,096 bytes, in which a search is encoded.
const LONG_SEARCH: usize = 2_000;

impl Error {
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
            Cause::CutShort { limit } => ErrorKind::CutShort { limit: *limit },
            Cause::Malformed(bad) => ErrorKind::MalformedRecords {
                count: bad.records.len(),
            },
            Cause::NoRuntime(_) => ErrorKind::NoRuntime,
            Cause::Id(_) => ErrorKind::InvalidId,
            Cause::Path(_) => ErrorKind::InvalidPath,
            Cause::Cursor(_) => ErrorKind::CursorMismatch,
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
        if named.is_empty() {
            self.0.endpoint.scope().map(str::to_owned)
        } else {
            Some(named)
        }
    }
}
