//! Export to an OpenTelemetry collector: OTLP over HTTP with protobuf bodies.

use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{
    MetricExporter, Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use reqwest::blocking::Client;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;
use url::{Host, Url};

use super::{SERVICE, TelemetryError};

/// How long one export may take; a shutdown waits no longer for the last one.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Our layers. Spans of the exporter's own HTTP client would cause exports that cause spans.
const TARGETS: [&str; 4] = ["portal_sync", "okta_api", "okta_auth", "org_filter"];

/// A collector at its base address.
#[derive(Debug)]
pub(super) struct Collector<'a> {
    base: &'a Url,
    client: Client,
}

impl<'a> Collector<'a> {
    pub(super) fn new(base: &'a Url) -> Result<Self, TelemetryError> {
        Ok(Self {
            base,
            client: client(is_this_machine(base))?,
        })
    }

    /// Sends spans to the collector in batches, from a thread of its own.
    pub(super) fn traces(&self, resource: Resource) -> Result<SdkTracerProvider, TelemetryError> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(self.client.clone())
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(self.endpoint("traces"))
            .with_timeout(TIMEOUT)
            .build()
            .map_err(|error| TelemetryError::new("could not set up the export of traces", error))?;
        let provider = SdkTracerProvider::builder().with_batch_exporter(exporter);
        Ok(provider.with_resource(resource).build())
    }

    /// Sends metrics to the collector.
    pub(super) fn metrics(&self) -> Result<MetricExporter, TelemetryError> {
        MetricExporter::builder()
            .with_http()
            .with_http_client(self.client.clone())
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(self.endpoint("metrics"))
            .with_timeout(TIMEOUT)
            .build()
            .map_err(|error| TelemetryError::new("could not set up the export of metrics", error))
    }

    /// The address for one signal (OpenTelemetry, "OTLP exporter configuration": the base address and `v1/{signal}`).
    fn endpoint(&self, signal: &str) -> String {
        format!("{}/v1/{signal}", self.base.as_str().trim_end_matches('/'))
    }
}

/// Turns the spans of our layers into traces.
pub(super) fn layer<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer(SERVICE))
        .with_filter(filter_fn(is_ours))
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    let root = metadata.target().split("::").next().unwrap_or_default();
    TARGETS.contains(&root) && *metadata.level() <= tracing::Level::INFO
}

/// A client that also works where the system has no certificates. A blocking client must not be made on a thread of
/// the async runtime, hence the thread. A collector on this machine is reached without a proxy, whatever the environment
/// says: what is sent to it without TLS leaves the machine otherwise.
fn client(without_proxy: bool) -> Result<Client, TelemetryError> {
    let doing = "could not set up the HTTP client that sends traces";
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .filter_map(|der| reqwest::Certificate::from_der(der).ok());
    let build = move || {
        let client = Client::builder().timeout(TIMEOUT).tls_certs_merge(roots);
        if without_proxy {
            client.no_proxy().build()
        } else {
            client.build()
        }
    };
    match std::thread::spawn(build).join() {
        Ok(client) => client.map_err(|source| TelemetryError::new(doing, source)),
        Err(_) => Err(TelemetryError::new(
            doing,
            "the thread that makes it failed",
        )),
    }
}

/// Whether an address is of the loopback interface.
fn is_this_machine(base: &Url) -> bool {
    match base.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use axum::Router;
    use axum::http::Uri;
    use opentelemetry::metrics::MeterProvider as _;
    use opentelemetry::trace::Tracer as _;
    use opentelemetry_sdk::metrics::SdkMeterProvider;

    use super::*;

    #[test]
    fn each_signal_has_an_address_below_the_base() {
        for (base, expected) in [
            ("http://localhost:4318", "http://localhost:4318/v1/traces"),
            ("http://localhost:4318/", "http://localhost:4318/v1/traces"),
            (
                "https://otel.example.com/team",
                "https://otel.example.com/team/v1/traces",
            ),
        ] {
            let base = Url::parse(base).unwrap();
            assert_eq!(
                Collector::new(&base).unwrap().endpoint("traces"),
                expected,
                "{base}"
            );
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_shutdown_sends_what_is_left_to_a_collector() {
        let (seen, paths) = mpsc::channel();
        let collector = Router::new().fallback(move |uri: Uri| async move {
            drop(seen.send(uri.path().to_owned()));
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(axum::serve(listener, collector).into_future());

        // Made and stopped on a thread of the runtime, as the binary does it.
        let collector = Collector::new(&base).unwrap();
        let traces = collector.traces(Resource::builder_empty().build()).unwrap();
        traces.tracer("test").in_span("a run", |_| ());
        let meters = SdkMeterProvider::builder()
            .with_periodic_exporter(collector.metrics().unwrap())
            .build();
        meters.meter("test").u64_counter("runs").build().add(1, &[]);
        traces.shutdown().unwrap();
        meters.shutdown().unwrap();

        let mut paths: Vec<_> = paths.try_iter().collect();
        paths.sort();
        assert_eq!(paths, ["/v1/metrics", "/v1/traces"]);
    }
    #[test]
    fn a_collector_on_this_machine_needs_no_proxy() {
        for (address, here) in [
            ("http://localhost:4318", true),
            ("http://otel.localhost:4318", true),
            ("http://127.8.0.1:4318", true),
            ("http://[::1]:4318", true),
            ("http://[::ffff:127.0.0.1]:4318", true),
            ("http://localhost.example:4318", false),
            ("http://128.0.0.1:4318", false),
            ("http://otel:4318", false),
        ] {
            let base = Url::parse(address).unwrap();
            assert_eq!(is_this_machine(&base), here, "{address}");
        }
    }
}
