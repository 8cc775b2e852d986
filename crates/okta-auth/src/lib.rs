//! Access tokens for Okta's API by the private key of an API Services app.
#![cfg_attr(feature = "reqwest", doc = "", doc = include_str!("../README.md"))]

// Leaf first: a module uses only modules listed above it.
mod clock;

mod future;

pub mod visible;

mod report;

mod key;

mod lifetime;

mod org_url;

mod scope;

mod service_app;

mod refusal;

mod transport;

mod error;

mod dpop;

mod token;

mod assertion;

mod source;

mod token_request;

mod cache;

#[cfg(any(test, feature = "test-util"))]
pub mod testing;

#[cfg(test)]
mod fixtures;

pub use crate::assertion::ClientAssertion;
pub use crate::cache::TokenCache;
#[cfg(any(test, feature = "test-util"))]
pub use crate::clock::ManualClock;
pub use crate::clock::{Clock, SystemClock};
pub use crate::error::{AuthError, Unavailable, UnexpectedAnswer};
pub use crate::future::BoxFuture;
pub use crate::key::{
    Algorithm, GenerateError, GeneratedKey, KeyError, KeyErrorKind, PrivateKey, SigningError,
};
pub use crate::org_url::{OrgUrl, OrgUrlError, OrgUrlErrorKind};
pub use crate::refusal::{Refusal, RefusalCause};
pub use crate::scope::{Scope, ScopeError};
pub use crate::service_app::{ServiceApp, ServiceAppError};
pub use crate::source::{ApiToken, ApiTokenError, TokenSource};
pub use crate::token::{Token, TokenScheme};
pub use crate::token_request::{read_token_response, token_request};
pub use crate::transport::{CertificateFault, Transport, TransportError, TransportErrorKind};
#[cfg(feature = "reqwest")]
pub use crate::transport::{Proxies, ProxyError, ReqwestTransport, ReqwestTransportBuilder};

// Types of these stand in signatures here.
#[cfg(feature = "reqwest")]
pub use reqwest;
pub use {bytes, http, jiff, url};
