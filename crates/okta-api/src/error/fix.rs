//! What to do about errors.

use std::borrow::Cow;
use std::error::Error as _;

use okta_auth::TransportError;

use super::{Awaited, Cause, Error, ErrorKind, ProtocolError};
use crate::endpoint::Endpoint;
use crate::id::InvalidId;

/// What an administrator does where Okta accepts the credentials and shows no users or groups: a scope alone opens nothing, and
/// without a role Okta answers with empty lists. [`Error::fix`] has it where Okta refuses.
pub const GIVE_ROLE: &str = "give the application an admin role that may view users and groups: in the Okta admin console, \
     Applications > Applications > (the app) > Admin roles > Edit assignments; a custom role needs a resource set with all \
     users and all groups";

impl Error {
    /// What an administrator does about it; `None` where nothing can be done but to try again later, or where it is up to what
    /// was asked for.
    ///
    /// ```
    /// # fn show(error: &okta_api::Error) {
    /// eprintln!("error: {error}");
    /// if let Some(fix) = error.fix() {
    ///     eprintln!("fix: {fix}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn fix(&self) -> Option<Cow<'_, str>> {
        let fix = match self.kind() {
            ErrorKind::Unauthenticated => match self.auth() {
                Some(auth) => return auth.fix().map(Cow::Borrowed),
                None => {
                    "check that the API token, or the key of the application, is still active in the Okta admin console"
                }
            },
            ErrorKind::Forbidden { missing_scope } => return Some(self.allow(missing_scope)),
            ErrorKind::BadSearch => "correct the search expression",
            ErrorKind::SearchTooLong => {
                "shorten the search, or divide it at its `or` into several: Okta puts no number to it, and about 2,000 \
                 characters pass as a rule"
            }
            ErrorKind::Unreachable | ErrorKind::DeadlineExceeded => return self.reach(),
            ErrorKind::NotOkta => {
                "check the org URL; where it is right, a firewall or a proxy answers in Okta's place (a proxy is taken from \
                 HTTPS_PROXY): let this machine's requests to the org pass it"
            }
            ErrorKind::Protocol | ErrorKind::MalformedRecords { .. }
                if self.is_of_another_type() =>
            {
                "make the type that is read fit what the endpoint answers: an array is for `Get::list`, an object for \
                 `Get::object`; records that fit are handed out by `all_with_malformed` and `pages_with_malformed`"
            }
            ErrorKind::WrongAddress | ErrorKind::Protocol => {
                "check that the org URL is the address of the org itself and that no proxy answers in its place"
            }
            ErrorKind::Throttled => {
                "something else uses up the tenant's rate limit: lower this client's share of it or the other's use"
            }
            ErrorKind::ServerFailure => "Okta is failing: see status.okta.com",
            ErrorKind::TooMany { .. } => {
                "take more records (`List::at_most`), if the org is that large"
            }
            ErrorKind::CutShort { .. } => {
                "narrow it by more of the name, use `search`, or take the first of the `pages` and no other"
            }
            ErrorKind::MalformedRecords { .. } => {
                "correct these records in Okta, or read the list with `all_with_malformed` or `pages_with_malformed`, which hand \
                 out the others"
            }
            ErrorKind::NoRuntime => {
                "call it from a task of a tokio runtime: `#[tokio::main] async fn main()` makes one"
            }
            ErrorKind::InvalidId => self.address(),
            ErrorKind::CursorMismatch => {
                "ask for the list as the cursor goes on, or leave the cursor and begin anew: a log from a time (`Start::Ago`, \
                 `Start::At`)"
            }
            ErrorKind::ExpiredCursor
            | ErrorKind::NotFound
            | ErrorKind::InvalidPath
            | ErrorKind::Rejected => return None,
        };
        Some(Cow::Borrowed(fix))
    }

    /// What Okta can be asked for.
    fn address(&self) -> &'static str {
        match self.0.cause {
            Cause::Id(InvalidId::Login(_)) => {
                "look the user up by the id, or by a search: `profile.login eq` and the login in quotes"
            }
            _ => {
                "copy the id from Okta: it has letters, digits, `-` and `_` only; a user's login is asked for by `get_by_login`"
            }
        }
    }

    /// Whether Okta's answer does not decode as a type of the caller's own.
    fn is_of_another_type(&self) -> bool {
        matches!(self.0.endpoint, Endpoint::Other(_))
            && matches!(
                self.0.cause,
                Cause::Malformed(_) | Cause::Protocol(ProtocolError::Malformed(_))
            )
    }

    /// Whether it was the time for it that was too short, and not Okta that failed or was silent.
    fn needed_time(&self) -> bool {
        match &self.0.cause {
            Cause::Late(late) => matches!(
                late.awaited,
                Awaited::Start | Awaited::Turn | Awaited::Window(_)
            ),
            _ => false,
        }
    }

    /// What makes Okta reached, in time.
    fn reach(&self) -> Option<Cow<'_, str>> {
        if self.needed_time() {
            return Some(Cow::Borrowed("give it more time: a later `deadline`"));
        }
        match self.transport() {
            Some(error) if error.kind().is_about_address() => {
                let fix = error.fix()?;
                Some(Cow::Owned(format!("check the org URL: {fix}")))
            }
            Some(error) => error.fix().map(Cow::Borrowed),
            None => Some(Cow::Borrowed(
                "check the org URL, and that this machine reaches it over HTTPS (a proxy is taken from HTTPS_PROXY)",
            )),
        }
    }

    /// Whether the same request may well succeed a little later. It has been tried again already, for as long as
    /// [`retry_for`](crate::ClientBuilder::retry_for) says.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self.kind() {
            ErrorKind::Throttled | ErrorKind::ServerFailure | ErrorKind::DeadlineExceeded => true,
            ErrorKind::Unreachable => self
                .transport()
                .is_none_or(|error| error.kind().is_transient()),
            ErrorKind::Unauthenticated => {
                self.auth().is_some_and(okta_auth::AuthError::is_transient)
            }
            _ => self.status() == Some(http::StatusCode::REQUEST_TIMEOUT),
        }
    }

    /// What allows it.
    fn allow(&self, missing_scope: Option<String>) -> Cow<'static, str> {
        if let Some(scope) = missing_scope {
            return Cow::Owned(format!(
                "grant `{scope}` in the Okta admin console: Applications > Applications > (the app) > Okta API Scopes"
            ));
        }
        Cow::Borrowed(match self.0.endpoint {
            Endpoint::Logs => {
                "give the application an admin role that may view the System Log: in the Okta admin console, \
                 Applications > Applications > (the app) > Admin roles > Edit assignments"
            }
            Endpoint::Other(_) => {
                "grant the scope that the endpoint needs (Okta's API reference names it) and give the application an admin role \
                 that may view what it shows: in the Okta admin console, Applications > Applications > (the app) > Okta API \
                 Scopes, and > Admin roles > Edit assignments"
            }
            _ => GIVE_ROLE,
        })
    }

    /// Why there was no answer, of the API or of the token endpoint.
    pub(crate) fn transport(&self) -> Option<&TransportError> {
        let mut causes = std::iter::successors(self.source(), |error| (*error).source());
        causes.find_map(|error| error.downcast_ref())
    }
}
