//! What to do about errors.

use std::borrow::Cow;

use super::{Error, ErrorKind};

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
            ErrorKind::Forbidden {
                missing_scope: Some(scope),
            } => {
                return Some(Cow::Owned(format!(
                    "grant `{scope}` in the Okta admin console: Applications > Applications > (the app) > Okta API Scopes"
                )));
            }
            ErrorKind::Forbidden { .. } => {
                "give the application an admin role that may view what was asked for: in the Okta admin console, \
                 Applications > Applications > (the app) > Admin roles > Edit assignments; a custom role needs a resource \
                 set with all users and all groups"
            }
            ErrorKind::BadSearch => "correct the search expression",
            ErrorKind::SearchTooLong => {
                "shorten the search, or divide it at its `or` into several: Okta puts no number to it, and about 2,000 \
                 characters pass as a rule"
            }
            ErrorKind::Unreachable | ErrorKind::DeadlineExceeded => {
                let auth = self.auth().and_then(|auth| auth.fix());
                auth.unwrap_or("check the org URL, and that this machine reaches it over HTTPS")
            }
            ErrorKind::NotOkta => {
                "check the org URL; where it is right, a firewall or a proxy answers in Okta's place: let this machine's \
                 requests to the org pass it"
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
            ErrorKind::InvalidId => {
                "copy the id from Okta: it has letters, digits, `-` and `_` only"
            }
            ErrorKind::ExpiredCursor | ErrorKind::NotFound | ErrorKind::Rejected => return None,
        };
        Some(Cow::Borrowed(fix))
    }
}
