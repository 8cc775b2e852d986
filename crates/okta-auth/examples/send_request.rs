//! Sends one request to Okta's API, through a transport of one's own, with whatever credential the environment has: an
//! API token (`SSWS`) or the private key of an API Services app, with or without DPoP.
//!
//! ```sh
//! export OKTA_ORG_URL=https://acme.okta.com OKTA_API_TOKEN=00…
//! cargo run --example send_request
//! ```
//!
//! Without `OKTA_API_TOKEN` it takes `OKTA_CLIENT_ID`, `OKTA_KEY_FILE` and `OKTA_KEY_ID`.

#![expect(clippy::print_stdout, reason = "a program for a terminal")]

use std::error::Error;

use okta_auth::bytes::Bytes;
use okta_auth::http::{Request, Response, StatusCode};
use okta_auth::{
    ApiToken, BoxFuture, OrgUrl, PrivateKey, Proxies, ReqwestTransport, Scope, ServiceApp,
    TokenCache, TokenSource, Transport, TransportError,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let org = OrgUrl::parse(&variable("OKTA_ORG_URL")?)?;
    let transport = Printing(ReqwestTransport::new(&Proxies::from_env()?)?);
    let source = source(&org, transport.clone())?;

    let users = org.endpoint("/api/v1/users");
    let request = Request::get(format!("{users}?limit=1"))
        .header("accept", "application/json")
        .body(Bytes::new())?;
    let response = send(&transport, &*source, request).await?;
    println!("{} bytes of JSON", response.body().len());
    Ok(())
}

/// Which kind of credential it is, is known when the program runs.
fn source(org: &OrgUrl, transport: impl Transport) -> Result<Box<dyn TokenSource>, Box<dyn Error>> {
    if let Ok(token) = variable("OKTA_API_TOKEN") {
        return Ok(Box::new(ApiToken::new(&token)?));
    }
    let mut key = PrivateKey::parse(&std::fs::read_to_string(variable("OKTA_KEY_FILE")?)?)?;
    if let Ok(key_id) = variable("OKTA_KEY_ID") {
        key = key.with_key_id(key_id);
    }
    let app = ServiceApp::new(variable("OKTA_CLIENT_ID")?, [key], [Scope::USERS_READ])?;
    Ok(Box::new(TokenCache::new(org.clone(), app, transport)))
}

/// Sends a request with a token, and once more where the answer says what was wrong with the token or its proof.
async fn send(
    transport: &impl Transport,
    source: &dyn TokenSource,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, Box<dyn Error>> {
    let token = source.token().await?;
    let mut first = request.clone();
    token.authorize(&mut first)?;
    let response = transport.send(first).await?;
    let is_refusal = matches!(
        response.status(),
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED
    );
    if !is_refusal {
        return Ok(response);
    }
    if !token.update_dpop_nonce(response.headers()) {
        if response.status() == StatusCode::BAD_REQUEST {
            return Ok(response);
        }
        source.reject(&token);
    }
    let mut second = request;
    source.token().await?.authorize(&mut second)?;
    Ok(transport.send(second).await?)
}

/// Tells what is sent and what is answered, without the query and the headers.
#[derive(Debug, Clone)]
struct Printing<T>(T);

impl<T: Transport> Transport for Printing<T> {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let asked = format!("{} {}", request.method(), request.uri().path());
            let answer = self.0.send(request).await?;
            println!("{asked}: {}", answer.status());
            Ok(answer)
        })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "where the program meets its environment"
)]
fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("set the environment variable {name}"))
}
