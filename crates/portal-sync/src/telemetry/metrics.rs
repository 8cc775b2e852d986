//! The instruments of the sync runs and of the server, all named `portal_sync_…`.

use okta_api::{Exchange, Observer};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter, UpDownCounter};

use super::Unauthorized;
use crate::held::run::{Outcome, Run};

/// Upper bounds of the buckets of a run's duration, in seconds: from a delta of a small tenant to a full read of a
/// large one.
const DURATIONS: [f64; 11] = [
    1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0,
];

/// The instruments that runs and requests are recorded with. Clones record into the same ones.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    runs: Counter<u64>,
    duration: Histogram<f64>,
    requests: Counter<u64>,
    throttled: Counter<u64>,
    waited: Counter<f64>,
    backed_off: Counter<f64>,
    entities: Gauge<u64>,
    withheld: Gauge<u64>,
    withheld_renames: Gauge<u64>,
    unknown: Gauge<u64>,
    unknown_age: Gauge<f64>,
    quarantined: Gauge<u64>,
    last_complete: Gauge<f64>,
    okta: OktaInstruments,
    unauthorized: Unauthorized,
    http: HttpMetrics,
}

/// Counts the connections of the HTTP server.
#[derive(Debug, Clone)]
pub(crate) struct HttpMetrics {
    open: UpDownCounter<i64>,
    cut_off: Counter<u64>,
}

/// A connection that is open until this is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct OpenConnection(UpDownCounter<i64>);

impl HttpMetrics {
    fn new(meter: &Meter) -> Self {
        Self {
            open: meter
                .i64_up_down_counter("portal_sync_http_connections")
                .with_description("Connections of the HTTP server that are open.")
                .build(),
            cut_off: meter
                .u64_counter("portal_sync_http_connections_cut_off")
                .with_description(
                    "Connections that the HTTP server closed for want of a place or of time.",
                )
                .build(),
        }
    }

    /// One more connection is open.
    pub(crate) fn opened(&self) -> OpenConnection {
        self.open.add(1, &[]);
        OpenConnection(self.open.clone())
    }

    /// A connection was closed by the server: `cap`, `head`, `idle`, `write` or `answer`.
    pub(crate) fn cut_off(&self, why: &'static str) {
        self.cut_off.add(1, &[KeyValue::new("reason", why)]);
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.add(-1, &[]);
    }
}

/// What is counted while a run goes on, at every answer of Okta.
#[derive(Debug, Clone)]
struct OktaInstruments {
    responses: Counter<u64>,
    bytes: Counter<u64>,
    remaining: Gauge<u64>,
}

impl OktaInstruments {
    fn new(meter: &Meter) -> Self {
        Self {
            responses: meter
                .u64_counter("portal_sync_okta_responses")
                .with_description("Answers of Okta as they come, by endpoint and status; `none` where there was no whole one.")
                .build(),
            bytes: meter
                .u64_counter("portal_sync_okta_response_bytes")
                .with_description("The bodies of Okta's answers, unpacked.")
                .build(),
            remaining: meter
                .u64_gauge("portal_sync_okta_rate_limit_remaining")
                .with_description("Requests that Okta said are left in the rate window, by endpoint.")
                .build(),
        }
    }
}

/// Records what a client of one provider tells.
#[derive(Debug)]
pub(crate) struct OktaMetrics {
    instruments: OktaInstruments,
    provider: KeyValue,
}

impl Observer for OktaMetrics {
    fn exchanged(&self, exchange: &Exchange) {
        let endpoint = KeyValue::new("endpoint", exchange.endpoint);
        let of_endpoint = [self.provider.clone(), endpoint.clone()];
        let status = exchange
            .status
            .map_or("none".to_owned(), |status| status.as_u16().to_string());
        let status = KeyValue::new("status", status);
        let responses = [self.provider.clone(), endpoint, status];
        self.instruments.responses.add(1, &responses);
        let bytes = u64::try_from(exchange.bytes).unwrap_or(u64::MAX);
        self.instruments.bytes.add(bytes, &of_endpoint);
        if let Some(limit) = exchange.rate_limit
            && !limit.is_concurrency()
        {
            self.instruments
                .remaining
                .record(limit.remaining, &of_endpoint);
        }
    }
}

impl Metrics {
    /// The instruments, made by `meter`. Prometheus adds `_total` to the counters.
    #[must_use]
    pub(crate) fn new(meter: &Meter) -> Self {
        let count = |name, what| meter.u64_counter(name).with_description(what).build();
        let seconds = |name, what| meter.f64_counter(name).with_description(what).build();
        let gauge = |name, what| meter.u64_gauge(name).with_description(what).build();
        Self {
            runs: count("portal_sync_runs", "Runs that ended, by outcome."),
            duration: meter
                .f64_histogram("portal_sync_run_duration_seconds")
                .with_description("How long a run took.")
                .with_boundaries(DURATIONS.to_vec())
                .build(),
            requests: count(
                "portal_sync_okta_requests",
                "Requests sent to Okta, by endpoint.",
            ),
            throttled: count(
                "portal_sync_okta_throttled",
                "Requests that Okta refused with status 429.",
            ),
            waited: seconds(
                "portal_sync_okta_wait_seconds",
                "Time spent waiting for Okta's rate limit.",
            ),
            backed_off: seconds(
                "portal_sync_okta_backoff_seconds",
                "Time spent waiting for another try after requests that failed.",
            ),
            entities: gauge("portal_sync_entities", "Entities in the catalog, by kind."),
            withheld: gauge(
                "portal_sync_removals_withheld",
                "Removals that the guard held back in the last run.",
            ),
            withheld_renames: gauge(
                "portal_sync_renames_withheld",
                "Renames that the guard held back in the last run.",
            ),
            unknown: gauge(
                "portal_sync_groups_unknown",
                "Groups whose members could not be read in the last run.",
            ),
            unknown_age: meter
                .f64_gauge("portal_sync_groups_unknown_age_seconds")
                .with_description(
                    "How old the oldest members are that a group keeps because they could not be read in the last run.",
                )
                .build(),
            quarantined: gauge(
                "portal_sync_records_quarantined",
                "Records that could not be decoded or named in the last run.",
            ),
            last_complete: meter
                .f64_gauge("portal_sync_last_complete_run_timestamp_seconds")
                .with_description("When the last complete run ended, in seconds since 1970.")
                .build(),
            http: HttpMetrics::new(meter),
            okta: OktaInstruments::new(meter),
            unauthorized: Unauthorized::new(meter),
        }
    }

    /// What counts requests without a right token.
    #[must_use]
    pub(crate) fn unauthorized(&self) -> Unauthorized {
        self.unauthorized.clone()
    }

    /// Instruments that nobody reads.
    #[cfg(test)]
    pub(crate) fn unread() -> Self {
        use opentelemetry::metrics::MeterProvider as _;
        let meters = opentelemetry_sdk::metrics::SdkMeterProvider::default();
        Self::new(&meters.meter("unread"))
    }

    /// What the HTTP server counts with.
    #[must_use]
    pub(crate) fn http(&self) -> HttpMetrics {
        self.http.clone()
    }

    /// Who is told what a provider's client asks of Okta.
    #[must_use]
    pub(crate) fn okta(&self, provider: &str) -> OktaMetrics {
        OktaMetrics {
            instruments: self.okta.clone(),
            provider: KeyValue::new("provider", provider.to_owned()),
        }
    }

    /// Records a run that ended.
    pub(crate) fn record_run(&self, run: &Run) {
        let provider = || KeyValue::new("provider", run.provider.clone());
        let of =
            |key: &'static str, value: &str| [provider(), KeyValue::new(key, value.to_owned())];
        let gauge = |gauge: &Gauge<u64>, count: usize| gauge.record(count as u64, &[provider()]);

        self.runs.add(1, &of("outcome", run.outcome.as_str()));
        self.duration
            .record(run.took().as_secs_f64(), &[provider()]);
        for (endpoint, sent) in &run.asked.requests {
            self.requests.add(*sent, &of("endpoint", endpoint));
        }
        self.throttled.add(run.asked.throttled, &[provider()]);
        let seconds = [
            (&self.waited, run.asked.waited),
            (&self.backed_off, run.asked.backed_off),
        ];
        for (counter, time) in seconds {
            counter.add(time.as_secs_f64(), &[provider()]);
        }
        // What was there before a run that failed stays, in the gauges too.
        if run.failure.is_none() {
            let (users, groups) = (run.counts.users as u64, run.counts.groups as u64);
            self.entities.record(users, &of("kind", "User"));
            self.entities.record(groups, &of("kind", "Group"));
            gauge(&self.withheld, run.tally.withheld);
            gauge(&self.withheld_renames, run.tally.withheld_renames);
            gauge(&self.unknown, run.unknown.len());
            self.unknown_age.record(oldest(run), &[provider()]);
            gauge(&self.quarantined, run.quarantined.len());
        }
        if run.outcome == Outcome::Complete {
            self.last_complete
                .record(run.ended.as_duration().as_secs_f64(), &[provider()]);
        }
    }
}

/// The age of the oldest members that a group keeps, in seconds: since they were read, or else since they could not be.
fn oldest(run: &Run) -> f64 {
    let since = run.unknown.iter().filter_map(|it| it.as_of.or(it.since));
    let oldest = since.min().unwrap_or(run.ended);
    run.ended.duration_since(oldest).as_secs_f64().max(0.0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use jiff::Timestamp;
    use okta_api::Client;
    use okta_auth::testing::{Answer, ScriptedTransport};
    use okta_auth::{ApiToken, OrgUrl, TransportErrorKind};
    use opentelemetry::metrics::MeterProvider as _;

    use super::super::{SERVICE, exposition, meters};
    use super::*;
    use crate::held::quarantine::Quarantine;
    use crate::held::run::{Asked, Counts, Failure, Tally, Unknown};

    fn run(outcome: Outcome, second: i64) -> Run {
        let ended = Timestamp::from_second(second).unwrap();
        let unknown = |n: usize| Unknown {
            okta_id: format!("00g{n}"),
            name: String::new(),
            reason: String::new(),
            since: None,
            as_of: Some(ended - Duration::from_secs(60 * n as u64)),
            kept: true,
        };
        let failure = Failure {
            kind: crate::held::run::FailureKind::Okta,
            message: String::new(),
            fix: None,
            exit_code: 12,
        };
        Run {
            provider: "default".to_owned(),
            outcome,
            began: ended - Duration::from_millis(2_500),
            ended,
            asked: Asked {
                requests: BTreeMap::from([
                    ("GET /api/v1/users".to_owned(), 10),
                    ("GET /api/v1/groups".to_owned(), 2),
                ]),
                throttled: 1,
                waited: Duration::from_millis(1_500),
                backed_off: Duration::from_millis(2_000),
            },
            counts: Counts {
                users: 2_000,
                groups: 300,
                memberships: 0,
            },
            tally: Tally {
                withheld: 7,
                withheld_renames: 5,
                ..Tally::default()
            },
            unknown: (0..3).map(unknown).collect(),
            quarantined: (0..2)
                .map(|n: usize| (format!("00u{n}"), Quarantine::malformed("odd")))
                .collect(),
            failure: (outcome == Outcome::Failed).then_some(failure),
            ..Run::default()
        }
    }

    #[test]
    fn every_instrument_is_in_the_text_for_prometheus() {
        let (registry, meters) = meters(None).unwrap();
        let metrics = Metrics::new(&meters.meter(SERVICE));
        metrics.record_run(&run(Outcome::Complete, 1_700_000_000));
        metrics
            .clone()
            .record_run(&run(Outcome::Failed, 1_700_000_900));

        let text = exposition(&registry).unwrap();
        for line in [
            r#"portal_sync_runs_total{outcome="complete",provider="default"} 1"#,
            r#"portal_sync_runs_total{outcome="failed",provider="default"} 1"#,
            r#"portal_sync_run_duration_seconds_bucket{provider="default",le="5"} 2"#,
            r#"portal_sync_run_duration_seconds_sum{provider="default"} 5"#,
            r#"portal_sync_okta_requests_total{endpoint="GET /api/v1/users",provider="default"} 20"#,
            r#"portal_sync_okta_throttled_total{provider="default"} 2"#,
            r#"portal_sync_okta_wait_seconds_total{provider="default"} 3"#,
            r#"portal_sync_okta_backoff_seconds_total{provider="default"} 4"#,
            r#"portal_sync_entities{kind="User",provider="default"} 2000"#,
            r#"portal_sync_entities{kind="Group",provider="default"} 300"#,
            r#"portal_sync_removals_withheld{provider="default"} 7"#,
            r#"portal_sync_renames_withheld{provider="default"} 5"#,
            r#"portal_sync_groups_unknown{provider="default"} 3"#,
            r#"portal_sync_groups_unknown_age_seconds{provider="default"} 120"#,
            r#"portal_sync_records_quarantined{provider="default"} 2"#,
            r#"portal_sync_last_complete_run_timestamp_seconds{provider="default"} 1700000000"#,
        ] {
            assert!(
                text.lines().any(|written| written == line),
                "no `{line}` in\n{text}"
            );
        }
        assert!(!text.contains("otel_scope"), "{text}");
    }

    #[test]
    fn connections_are_counted_while_they_are_open() {
        let (registry, meters) = meters(None).unwrap();
        let http = Metrics::new(&meters.meter(SERVICE)).http();
        let (one, other) = (http.opened(), http.opened());
        drop(one);
        http.cut_off("idle");

        let text = exposition(&registry).unwrap();
        for line in [
            "portal_sync_http_connections 1",
            r#"portal_sync_http_connections_cut_off_total{reason="idle"} 1"#,
        ] {
            assert!(
                text.lines().any(|written| written == line),
                "no `{line}` in\n{text}"
            );
        }
        drop(other);
    }

    #[tokio::test(start_paused = true)]
    async fn answers_of_okta_are_counted_as_they_come() {
        let (registry, meters) = meters(None).unwrap();
        let metrics = Metrics::new(&meters.meter(SERVICE));
        let transport = ScriptedTransport::default();
        let org = OrgUrl::parse("https://acme.okta.com").unwrap();
        let token = ApiToken::new("secret").unwrap();
        let client = Client::builder(org, token, transport.clone())
            .observer(metrics.okta("default"))
            .build();
        let users = "/api/v1/users?limit=200";
        transport.expect(users, Answer::failure(TransportErrorKind::Interrupted));
        let answer = Answer::json("[]").header("x-rate-limit-limit", "600");
        transport.expect(users, answer.header("x-rate-limit-remaining", "587"));
        client.users().list().all().await.unwrap();

        let text = exposition(&registry).unwrap();
        for line in [
            r#"portal_sync_okta_responses_total{endpoint="/api/v1/users",provider="default",status="none"} 1"#,
            r#"portal_sync_okta_responses_total{endpoint="/api/v1/users",provider="default",status="200"} 1"#,
            r#"portal_sync_okta_response_bytes_total{endpoint="/api/v1/users",provider="default"} 2"#,
            r#"portal_sync_okta_rate_limit_remaining{endpoint="/api/v1/users",provider="default"} 587"#,
        ] {
            assert!(
                text.lines().any(|written| written == line),
                "no `{line}` in\n{text}"
            );
        }
    }
}
