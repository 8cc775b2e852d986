//! Counts the requests that brought no right token.

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Meter};

/// Counts requests that were refused because they brought no right token. Clones count together.
#[derive(Debug, Clone)]
pub(crate) struct Unauthorized(Counter<u64>);

impl Unauthorized {
    // Prometheus adds `_total`.
    pub(super) fn new(meter: &Meter) -> Self {
        let counter = meter
            .u64_counter("portal_sync_http_unauthorized")
            .with_description(
                "Requests without a right token: `missing` brought no credentials, `illegal` wrong ones.",
            )
            .build();
        let counted = Self(counter);
        // A rate can be computed from the first one on.
        counted.add(0, "missing");
        counted.add(0, "illegal");
        counted
    }

    /// A counter that nobody reads.
    pub(crate) fn unread() -> Self {
        Self::new(&opentelemetry::global::meter("unread"))
    }

    /// A request brought no credentials.
    pub(crate) fn missing(&self) {
        self.add(1, "missing");
    }

    /// A request brought wrong credentials.
    pub(crate) fn illegal(&self) {
        self.add(1, "illegal");
    }

    fn add(&self, requests: u64, kind: &'static str) {
        self.0.add(requests, &[KeyValue::new("kind", kind)]);
    }
}
