//! Whether the apps of a test's orgs require proof of possession (DPoP): `E2E_DPOP=required` runs the same tests with
//! every app that does.

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::simulator::{Endpoint, Org};

/// Whether every app requires it.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the end-to-end tests are told so"
)]
pub fn is_required() -> bool {
    std::env::var("E2E_DPOP").is_ok_and(|value| value == "required")
}

/// The org as these tests have it.
#[must_use]
pub fn required_of(mut org: Org) -> Org {
    if is_required() {
        for client in &mut org.clients {
            client.dpop_required = true;
        }
    }
    org
}

/// What the first token of a process takes: one request is told to prove possession, one to take the nonce, and one
/// gets the token.
#[must_use]
pub fn token_requests() -> usize {
    if is_required() { 3 } else { 1 }
}

/// A report as it is where nothing has to be proved: with one token request.
///
/// # Errors
///
/// When there are not as many of them as there must be.
pub fn without_proofs(report: &mut Value) -> anyhow::Result<()> {
    let requests = report
        .get_mut("requests")
        .and_then(Value::as_object_mut)
        .context("no requests")?;
    let total = requests.get("total").and_then(Value::as_u64);
    let total = total.context("no total")?;
    let tokens = requests
        .get_mut("endpoints")
        .and_then(|endpoints| endpoints.get_mut(Endpoint::Token.template()))
        .context("no token requests")?;
    let expected = u64::try_from(token_requests())?;
    ensure!(
        *tokens == expected,
        "{tokens} token requests instead of {expected}"
    );
    *tokens = json!(1);
    requests.insert("total".to_owned(), json!(total - (expected - 1)));
    // They are sent before there is a plan, and so they are in what it predicts.
    if let Some(predicted) = report.pointer_mut("/reads/predicted") {
        let requests = predicted.as_u64().context("no prediction")?;
        *predicted = json!(requests - (expected - 1));
    }
    Ok(())
}
