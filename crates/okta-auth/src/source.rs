//! `TokenSource`: where requests get their token from; `ApiToken`, the simplest of them.

use std::fmt::Debug;
use std::sync::Arc;

use crate::error::AuthError;
use crate::future::BoxFuture;
use crate::report::debug_as_report;
use crate::token::Token;

/// Gives out tokens.
///
/// Which kind of source it is may be decided when the program runs:
///
/// ```
/// use okta_auth::{ApiToken, OrgUrl, ServiceApp, TokenCache, TokenSource, Transport};
///
/// fn source(org: OrgUrl, token: Option<ApiToken>, app: ServiceApp, transport: impl Transport) -> Box<dyn TokenSource> {
///     match token {
///         Some(token) => Box::new(token),
///         None => Box::new(TokenCache::new(org, app, transport)),
///     }
/// }
/// ```
pub trait TokenSource: Debug + Send + Sync + 'static {
    /// A token to send now. Asked before each request; an implementation keeps tokens as long as
    /// they are good.
    ///
    /// # Errors
    ///
    /// An [`AuthError`] when there is none to be had.
    fn token(&self) -> BoxFuture<'_, Result<Token, AuthError>>;

    /// Says that the server answered 401 to `token`. A source forgets it, if it is still the one it
    /// gives out; a token that was replaced meanwhile changes nothing.
    fn reject(&self, token: &Token);
}

impl<T: TokenSource + ?Sized> TokenSource for Arc<T> {
    fn token(&self) -> BoxFuture<'_, Result<Token, AuthError>> {
        (**self).token()
    }

    fn reject(&self, token: &Token) {
        (**self).reject(token);
    }
}

impl<T: TokenSource + ?Sized> TokenSource for Box<T> {
    fn token(&self) -> BoxFuture<'_, Result<Token, AuthError>> {
        (**self).token()
    }

    fn reject(&self, token: &Token) {
        (**self).reject(token);
    }
}

/// An Okta API token (scheme `SSWS`), made under Security > API > Tokens.
///
/// It may do what the administrator who made it may do, and lapses when it is not used for thirty
/// days. An API Services app ([`ServiceApp`](crate::ServiceApp)) is the better choice.
#[derive(Debug, Clone)]
pub struct ApiToken(Token);

impl ApiToken {
    /// Takes the token as the Admin Console shows it, without the word `SSWS`.
    ///
    /// ```
    /// use okta_auth::ApiToken;
    ///
    /// let token = ApiToken::new("00QCjAl4MlV-WPXM-ABCDEFGH_ijklmnopqrstuvwxyz")?;
    /// assert!(!format!("{token:?}").contains("00QC"));
    /// # Ok::<(), okta_auth::ApiTokenError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the text cannot be one token: empty, with the scheme in front, with space, quotes, a
    /// trailing comma or characters that no header holds. The message does not quote it.
    pub fn new(text: &str) -> Result<Self, ApiTokenError> {
        let bad = |what| {
            Err(ApiTokenError {
                length: text.chars().count(),
                what,
            })
        };
        if text.is_empty() {
            return bad("is empty");
        }
        if text.starts_with("SSWS ") {
            return bad("has the word `SSWS` in front; leave it out");
        }
        if text.contains(['"', '\'', ',']) {
            return bad("has a quote or comma in it; give the bare token");
        }
        if text.contains(char::is_whitespace) {
            return bad("has space in it; give the bare token");
        }
        if !text.chars().all(|c| c.is_ascii_graphic()) {
            return bad("has characters that no token has");
        }
        match Token::ssws(text) {
            Ok(token) => Ok(Self(token)),
            Err(_) => bad("has characters that no token has"),
        }
    }
}

impl TokenSource for ApiToken {
    fn token(&self) -> BoxFuture<'_, Result<Token, AuthError>> {
        Box::pin(std::future::ready(Ok(self.0.clone())))
    }

    /// Does nothing: there is no other token to be had.
    fn reject(&self, _: &Token) {}
}

/// Why a text is not an API token.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("the API token ({length} characters) {what}")]
pub struct ApiTokenError {
    length: usize,
    what: &'static str,
}

debug_as_report!(ApiTokenError);

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;
    use crate::token::TokenScheme;

    const SECRET: &str = "00QCjAl4MlV-WPXM-ABCDEFGH_ijklmnopqrstuvwxyz";

    #[test]
    fn an_api_token_is_sent_with_its_scheme_and_never_printed() {
        let source = ApiToken::new(SECRET).unwrap();
        let token = source.token().now_or_never().unwrap().unwrap();
        assert_eq!(
            token.authorization().to_str().unwrap(),
            format!("SSWS {SECRET}")
        );
        source.reject(&token);
        assert_eq!(source.token().now_or_never().unwrap().unwrap(), token);
        assert!(!format!("{source:?}").contains("00QC"));
    }

    #[test]
    fn a_text_that_is_no_api_token_is_refused_by_its_fault() {
        for (text, fault) in [
            (String::new(), "(0 characters) is empty"),
            (
                format!("SSWS {SECRET}"),
                "(49 characters) has the word `SSWS` in front",
            ),
            (format!("\"{SECRET}\""), "has a quote or comma"),
            (format!("{SECRET},"), "has a quote or comma"),
            (format!("{SECRET}\n"), "has space"),
            (format!("{SECRET}\u{7f}"), "has characters"),
            (format!("{SECRET}ä"), "has characters"),
        ] {
            let error = ApiToken::new(&text).unwrap_err().to_string();
            assert!(error.contains(fault), "{error}");
            assert!(!error.contains("00QC"), "{error}");
        }
    }

    #[test]
    fn which_source_it_is_may_be_decided_late() {
        let sources: [Box<dyn TokenSource>; 2] = [
            Box::new(ApiToken::new(SECRET).unwrap()),
            Box::new(Arc::new(ApiToken::new(SECRET).unwrap())),
        ];
        fn takes(source: impl TokenSource) -> TokenScheme {
            let token = source.token().now_or_never().unwrap();
            token.unwrap().scheme()
        }
        for source in sources {
            assert_eq!(takes(source), TokenScheme::Ssws);
        }
    }
}
