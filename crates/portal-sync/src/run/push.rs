//! Tells a Backstage which files of the feed changed, so that it reads them at once.

use std::sync::Arc;
use std::time::Duration;

use catalog_model::Digest;
use reqwest::{Client, StatusCode, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use tokio::time::sleep;
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
    #[error("no answer of {url}")]
    Unanswered { url: Url, source: reqwest::Error },
    #[error("{url} answered {status}")]
    Refused { url: Url, status: StatusCode },
}

impl PushError {
    /// What helps.
    fn fix(&self) -> &'static str {
        match self {
            Self::Unanswered { .. } => {
                "is `portalSync.feed.push.url` right, and reachable from here?"
            }
            Self::Refused { status, .. } => match status.as_u16() {
                401 | 403 => {
                    "let `backend.auth.externalAccess` of Backstage have this token, with the subject of a service"
                }
                404 => {
                    "it does not know this location yet: add the feed to `catalog.locations`, and wait until it was read once"
                }
                _ => "Backstage reads the feed by itself, a few minutes later",
            },
        }
    }

    /// Whether another attempt may end better.
    fn is_final(&self) -> bool {
        match self {
            Self::Unanswered { .. } => false,
            Self::Refused { status, .. } => status.is_client_error(),
        }
    }
}

impl Push {
    /// Follows the catalog until somebody drops this, and tells each time which files are others than before. What was fed
    /// before this process began is not known, so nothing is told of its first generation.
    ///
    /// It never holds up a run: what is not told is read by Backstage all the same, later.
    pub(crate) async fn follow(self, feed: Arc<Feed>, mut catalog: CatalogReader) {
        let Ok(client) = Client::builder()
            .timeout(PATIENCE)
            .redirect(redirect::Policy::none())
            .build()
        else {
            tracing::error!("no client for HTTP can be made: Backstage is not told of changes");
            return;
        };
        let mut renewals = feed.renewals();
        let mut before: Option<Arc<[Digest]>> = None;
        loop {
            let published = catalog.borrow_and_update().clone();
            if let (Some(published), Some(_)) = (published, feed.shards()) {
                let now = digests(&feed, published).await;
                if let (Some(before), Some(now)) = (&before, &now) {
                    self.tell(&client, &feed, &changed(before, now)).await;
                }
                before = now.or(before);
            }
            tokio::select! {
                changed = catalog.changed() => if changed.is_err() { return },
                _ = renewals.changed() => {}
            }
        }
    }

    async fn tell(&self, client: &Client, feed: &Feed, shards: &[u16]) {
        let mut told = 0;
        for shard in shards {
            match self.refresh(client, &feed.location(*shard)).await {
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

    async fn refresh(&self, client: &Client, entity_ref: &str) -> Result<(), PushError> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let error = match self.ask(client, entity_ref).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            match pauses.next() {
                Some(pause) if !error.is_final() => sleep(pause).await,
                _ => return Err(error),
            }
        }
    }

    async fn ask(&self, client: &Client, entity_ref: &str) -> Result<(), PushError> {
        let base = self.url.as_str().trim_end_matches('/');
        let asked = client
            .post(format!("{base}/api/catalog/refresh"))
            .bearer_auth(self.token.expose_secret())
            .header("content-type", "application/json")
            .body(json!({ "entityRef": entity_ref }).to_string())
            .send()
            .await;
        let url = self.url.clone();
        match asked {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(PushError::Refused {
                url,
                status: answer.status(),
            }),
            Err(source) => Err(PushError::Unanswered {
                url,
                source: source.without_url(),
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
