//! What a run waits for, told as it begins: for the rate limit, or for another try after a failure.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use okta_api::{Exchange, Observer, Wait, WaitReason};
use tokio::time::Instant;

use super::OktaMetrics;

/// The same failure is told again after this time.
const AGAIN: Duration = Duration::from_secs(15);

/// A shorter wait for the rate limit is nobody's concern.
const WORTH_TELLING: Duration = Duration::from_secs(2);

/// Told what is waited for, and the sentence that says so.
type Tell = Box<dyn Fn(WaitReason, &str) + Send + Sync>;

/// Counts what a client of one provider does, and tells what it waits for.
pub(crate) struct Waits {
    metrics: OktaMetrics,
    told: Mutex<Option<(String, Instant)>>,
    tell: Tell,
}

impl Waits {
    /// Counts with `metrics`, and gives `tell` a sentence for each wait that is news.
    pub(crate) fn new(
        metrics: OktaMetrics,
        tell: impl Fn(WaitReason, &str) + Send + Sync + 'static,
    ) -> Self {
        Self {
            metrics,
            told: Mutex::default(),
            tell: Box::new(tell),
        }
    }

    /// The sentence about a wait, unless the same was said just now.
    fn news(&self, wait: &Wait<'_>, now: Instant) -> Option<String> {
        let endpoint = wait.endpoint;
        let failure = match (wait.reason, wait.failure) {
            (WaitReason::RateLimit, _) if wait.time < WORTH_TELLING => return None,
            (WaitReason::RateLimit, _) => {
                let seconds = wait.time.as_secs_f64().ceil();
                return Some(format!(
                    "waiting {seconds:.0} s for the rate limit of {endpoint}"
                ));
            }
            (_, failure) => failure.unwrap_or("it failed"),
        };
        // What ails the org ails its endpoints, and the requests that are on their way to them.
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = told
            .as_ref()
            .is_some_and(|(before, at)| before == failure && now < *at + AGAIN);
        if is_old {
            return None;
        }
        *told = Some((failure.to_owned(), now));
        Some(format!("trying {endpoint} again: {failure}"))
    }
}

impl fmt::Debug for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waits").finish_non_exhaustive()
    }
}

impl Observer for Waits {
    fn exchanged(&self, exchange: &Exchange) {
        self.metrics.exchanged(exchange);
    }

    fn waiting(&self, wait: &Wait<'_>) {
        if let Some(line) = self.news(wait, Instant::now()) {
            (self.tell)(wait.reason, &line);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use okta_api::Client;
    use okta_auth::testing::{Answer, ScriptedTransport};
    use okta_auth::{ApiToken, OrgUrl};
    use opentelemetry::metrics::MeterProvider as _;

    use super::super::metrics::Metrics;
    use super::super::{SERVICE, meters};
    use super::*;

    /// What is told while a client reads the users with these answers.
    async fn told(answers: Vec<Answer>) -> Vec<String> {
        let (_registry, meters) = meters(None).unwrap();
        let metrics = Metrics::new(&meters.meter(SERVICE));
        let lines = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&lines);
        let waits = Waits::new(metrics.okta("default"), move |_, line| {
            heard.lock().unwrap().push(line.to_owned());
        });
        let transport = ScriptedTransport::default();
        for answer in answers {
            transport.expect("/api/v1/users?limit=200", answer);
        }
        let org = OrgUrl::parse("https://acme.okta.com").unwrap();
        let token = ApiToken::new("secret").unwrap();
        let client = Client::builder(org, token, transport)
            .observer(waits)
            .build();
        client.users().list().all().await.unwrap();
        lines.lock().unwrap().clone()
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_told_once_and_a_rate_limit_as_what_it_is() {
        let failing = || Answer::status(503, "");
        let lines = told(vec![failing(), failing(), failing(), Answer::json("[]")]).await;
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(
            lines[0].starts_with("trying /api/v1/users again: "),
            "{lines:?}"
        );

        let throttled = Answer::status(429, "").header("retry-after", "20");
        let lines = told(vec![throttled, Answer::json("[]")]).await;
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(
            lines[0].starts_with("waiting 2")
                && lines[0].ends_with("for the rate limit of /api/v1/users"),
            "{lines:?}"
        );
    }
}
