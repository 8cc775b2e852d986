//! Tells a Backstage which files of the feed changed, so that it reads them at once.

use std::sync::Arc;
use std::time::Duration;

use catalog_model::Digest;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Request, StatusCode};
use okta_auth::{Transport, TransportError};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use tokio::time::{sleep, timeout};
use url::Url;

use crate::catalog::feed::Feed;
use crate::catalog::published::{CatalogReader, Published};
use crate::text::chain;

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pauses between attempts.
const PAUSES: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(30),
];

/// Whom to tell.
#[derive(Debug, Clone)]
pub(crate) struct Push {
    /// Backstage's address, such as `https://backstage.example.com`, without a slash at the end.
    pub url: Url,
    /// A token that Backstage knows (`backend.auth.externalAccess`).
    pub token: SecretString,
}

/// Why Backstage was not told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PushError {
    #[error("nothing can be sent to {url}")]
    Unsendable { url: Url, source: http::Error },
    #[error("no answer of {url}")]
    Unanswered { url: Url, source: TransportError },
    #[error("no answer of {url} within {} s", PATIENCE.as_secs())]
    TooSlow { url: Url },
    #[error("{url} answered {status}")]
    Refused { url: Url, status: StatusCode },
}

impl PushError {
    /// What helps.
    fn fix(&self) -> &'static str {
        let usual = "is `portalSync.feed.push.url` the address of Backstage's backend, and reachable from here?";
        match self {
            Self::Unsendable { .. } => "write a token of letters, digits and signs",
            Self::Unanswered { source, .. } => source.fix().unwrap_or(usual),
            Self::TooSlow { .. } => usual,
            Self::Refused { status, .. } => match status.as_u16() {
                401 | 403 => "let `backend.auth.externalAccess` of Backstage have this token",
                404 => {
                    "it does not know this location yet: add the feed to `catalog.locations`, and wait until it was read once"
                }
                _ => "Backstage reads the feed by itself, a few minutes later",
            },
        }
    }

    /// Whether another attempt may end better.
    fn is_transient(&self) -> bool {
        match self {
            Self::Unsendable { .. } => false,
            Self::Unanswered { source, .. } => source.is_transient(),
            Self::TooSlow { .. } => true,
            Self::Refused { status, .. } => status.is_server_error(),
        }
    }
}

impl Push {
    /// Follows the catalog until somebody drops this, and tells each time which files are others than before. What was fed
    /// before this process began is not known, so nothing is told of its first generation.
    ///
    /// It never holds up a run: what is not told is read by Backstage all the same, later.
    pub(crate) async fn follow(
        self,
        transport: Arc<dyn Transport>,
        feed: Arc<Feed>,
        mut catalog: CatalogReader,
    ) {
        let mut renewals = feed.renewals();
        let mut before: Option<Arc<[Digest]>> = None;
        loop {
            let published = catalog.borrow_and_update().clone();
            if let (Some(published), Some(_)) = (published, feed.shards()) {
                let now = digests(&feed, published).await;
                if let (Some(before), Some(now)) = (&before, &now) {
                    self.tell(&*transport, &feed, &changed(before, now)).await;
                }
                before = now.or(before);
            }
            tokio::select! {
                changed = catalog.changed() => if changed.is_err() { return },
                _ = renewals.changed() => {}
            }
        }
    }

    async fn tell(&self, transport: &dyn Transport, feed: &Feed, shards: &[u16]) {
        let mut told = 0;
        for shard in shards {
            match self.refresh(transport, &feed.location(*shard)).await {
                Ok(()) => told += 1,
                Err(error) => {
                    tracing::warn!(
                        error = %chain(&error),
                        fix = error.fix(),
                        "Backstage was not told that the feed changed"
                    );
                    // The others would fare alike.
                    break;
                }
            }
        }
        if told > 0 {
            tracing::info!(
                files = told,
                "Backstage was told which files of the feed changed"
            );
        }
    }

    async fn refresh(&self, transport: &dyn Transport, entity_ref: &str) -> Result<(), PushError> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let error = match self.ask(transport, entity_ref).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            match pauses.next() {
                Some(pause) if error.is_transient() => sleep(pause).await,
                _ => return Err(error),
            }
        }
    }

    async fn ask(&self, transport: &dyn Transport, entity_ref: &str) -> Result<(), PushError> {
        let url = || self.url.clone();
        let base = self.url.as_str().trim_end_matches('/');
        let request = Request::post(format!("{base}/api/catalog/refresh"))
            .header(CONTENT_TYPE, "application/json")
            .header(
                AUTHORIZATION,
                format!("Bearer {}", self.token.expose_secret()),
            )
            .body(json!({ "entityRef": entity_ref }).to_string().into());
        let request = request.map_err(|source| PushError::Unsendable { url: url(), source })?;
        let asked = timeout(PATIENCE, transport.send(request)).await;
        match asked {
            Err(_) => Err(PushError::TooSlow { url: url() }),
            Ok(Err(source)) => Err(PushError::Unanswered { url: url(), source }),
            Ok(Ok(answer)) if answer.status().is_success() => Ok(()),
            Ok(Ok(answer)) => Err(PushError::Refused {
                url: url(),
                status: answer.status(),
            }),
        }
    }
}

/// The digests of the files, which takes a moment.
async fn digests(feed: &Arc<Feed>, published: Arc<Published>) -> Option<Arc<[Digest]>> {
    let feed = Arc::clone(feed);
    let made = tokio::task::spawn_blocking(move || feed.digests(&published));
    made.await.ok()
}

/// Which files are others now.
fn changed(before: &[Digest], now: &[Digest]) -> Vec<u16> {
    let pairs = (0..).zip(before.iter().zip(now));
    let differ = pairs.filter(|(_, (before, now))| before != now);
    differ.map(|(shard, _)| shard).collect()
}

#[cfg(test)]
mod tests;
