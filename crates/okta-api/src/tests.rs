//! Tests of the whole crate against a scripted transport, and of its models against recorded
//! answers.

mod bounding;
mod deadlines;
mod decoding;
mod following;
mod getting;
mod malformed;
mod observing;
mod pacing;
mod paging;
mod reading;
mod refusing;
mod restarting;
mod retrying;
mod starting;
mod tokens;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use okta_auth::{ApiToken, AuthError, OrgUrl, Token, TokenSource, Transport};

use crate::{Client, ClientBuilder};
use okta_auth::testing::ScriptedTransport;

/// Gives out `token-0` until it is rejected, then `token-1`, and so on.
#[derive(Debug, Default)]
struct Tokens {
    rejected: AtomicUsize,
}

impl Tokens {
    fn current(&self) -> BoxFuture<'static, Result<Token, AuthError>> {
        let secret = format!("token-{}", self.rejected.load(Ordering::SeqCst));
        let source = ApiToken::new(&secret).unwrap();
        async move { source.token().await }.boxed()
    }
}

impl TokenSource for Tokens {
    fn token(&self) -> BoxFuture<'_, Result<Token, AuthError>> {
        self.current()
    }

    fn reject(&self, token: &Token) {
        let current = self.current().now_or_never().unwrap().unwrap();
        if *token == current {
            self.rejected.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// A client with defaults but for the jitter, which is none.
fn builder(transport: impl Transport) -> ClientBuilder {
    let org = OrgUrl::parse("https://acme.okta.com").unwrap();
    Client::builder(org, Arc::new(Tokens::default()), transport).jitter(|| 0.0)
}

/// A client and its script.
fn scripted() -> (Client, ScriptedTransport) {
    let transport = ScriptedTransport::default();
    (builder(transport.clone()).build(), transport)
}

/// The header that links to a page of the org.
fn next(target: &str) -> String {
    format!(r#"<https://acme.okta.com{target}>; rel="next""#)
}

/// The error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" < ")
}
