//! Logs to standard error, metrics for Prometheus and, when a collector is configured, metrics and traces over OTLP.

mod lines;
mod otlp;
mod unauthorized;

mod metrics;

mod waits;

use std::error::Error;
use std::io::{IsTerminal as _, stderr};

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use prometheus::TextEncoder;
pub(crate) use prometheus::{Registry, TEXT_FORMAT};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};
use url::Url;

use self::lines::{Layout, Lines};
pub(crate) use self::metrics::{HttpMetrics, Metrics, OktaMetrics};
use self::otlp::Collector;
pub(crate) use self::unauthorized::Unauthorized;
pub(crate) use self::waits::Waits;

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What [`Telemetry::install`] sets up.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// How a line of the log is written.
    pub format: LogFormat,
    /// Which events are logged, in the syntax of `RUST_LOG`: `info`, or `warn,portal_sync=debug`.
    pub filter: String,
    /// The collector that metrics and traces are sent to by OTLP over HTTP, such as `http://localhost:4318`;
    /// `/v1/metrics` and `/v1/traces` are added to it. Without one no trace is recorded.
    pub otlp_endpoint: Option<Url>,
}

/// The process's telemetry. It is installed once, by the binary.
#[derive(Debug)]
pub(crate) struct Telemetry {
    registry: Registry,
    meters: SdkMeterProvider,
    metrics: Metrics,
    traces: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Sets up logs, metrics and traces for the whole process.
    ///
    /// # Errors
    ///
    /// When the filter is not one, when the exporters cannot be made, and when a subscriber was installed
    /// before.
    pub(crate) fn install(options: Options) -> Result<Self, TelemetryError> {
        let Options {
            format,
            filter,
            otlp_endpoint,
        } = options;
        let filter = EnvFilter::try_new(&filter).map_err(|source| {
            TelemetryError::new(format!("could not read the log filter `{filter}`"), source)
        })?;
        let collector = otlp_endpoint.as_ref().map(Collector::new).transpose()?;
        let traces = collector
            .as_ref()
            .map(|collector| collector.traces(resource()))
            .transpose()?;
        let (registry, meters) = meters(collector.as_ref())?;
        let metrics = Metrics::new(&meters.meter(SERVICE));

        let layout = match format {
            LogFormat::Text if stderr().is_terminal() => Layout::Coloured,
            LogFormat::Text => Layout::Plain,
            LogFormat::Json => Layout::Json,
        };
        let lines = fmt::layer().with_writer(Lines::new(stderr, layout));
        let lines = match layout {
            Layout::Json => lines.json().boxed(),
            Layout::Plain | Layout::Coloured => {
                let ansi = layout == Layout::Coloured;
                lines.with_ansi(ansi).fmt_fields(lines::fields()).boxed()
            }
        };
        tracing_subscriber::registry()
            .with(lines.with_filter(filter))
            .with(traces.as_ref().map(otlp::layer))
            .try_init()
            .map_err(|source| TelemetryError::new("could not install the log", source))?;
        Ok(Self {
            registry,
            meters,
            metrics,
            traces,
        })
    }

    /// Where `/metrics` reads.
    #[must_use]
    pub(crate) const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The instruments that a run is recorded with.
    #[must_use]
    pub(crate) fn metrics(&self) -> Metrics {
        self.metrics.clone()
    }

    /// Sends what is not sent yet and stops. It blocks, at most for the few seconds the exporter waits.
    ///
    /// # Errors
    ///
    /// When the collector did not take the last traces.
    pub(crate) fn shutdown(self) -> Result<(), TelemetryError> {
        let meters = self.meters.shutdown();
        let traces = self.traces.map_or(Ok(()), |traces| traces.shutdown());
        meters
            .and(traces)
            .map_err(|source| TelemetryError::new("could not send the last telemetry", source))
    }
}

/// Telemetry that could not be set up or stopped.
#[derive(Debug, thiserror::Error)]
#[error("{doing}")]
pub(crate) struct TelemetryError {
    doing: String,
    source: Box<dyn Error + Send + Sync>,
}

impl TelemetryError {
    fn new(doing: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            doing: doing.into(),
            source: source.into(),
        }
    }
}

const SERVICE: &str = "portal-sync";

fn resource() -> Resource {
    Resource::builder().with_service_name(SERVICE).build()
}

/// Meters whose instruments are read through a Prometheus registry of their own, and sent to the collector if there
/// is one.
fn meters(
    collector: Option<&Collector<'_>>,
) -> Result<(Registry, SdkMeterProvider), TelemetryError> {
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .scope_info_enabled(false)
        .build()
        .map_err(|source| TelemetryError::new("could not set up the metrics", source))?;
    let mut meters = SdkMeterProvider::builder()
        .with_reader(exporter)
        .with_resource(resource());
    if let Some(collector) = collector {
        meters = meters.with_periodic_exporter(collector.metrics()?);
    }
    Ok((registry, meters.build()))
}

/// Everything that a registry has, in [`TEXT_FORMAT`].
///
/// # Errors
///
/// When a metric has no name, or no values.
pub(crate) fn exposition(registry: &Registry) -> Result<String, impl Error> {
    TextEncoder::new().encode_to_string(&registry.gather())
}

/// Instruments that count into a registry of their own as long as the third is kept.
#[cfg(test)]
pub(crate) fn metrics_of_a_test() -> (Registry, Metrics, impl Sized) {
    let (registry, meters) = meters(None).unwrap();
    let metrics = Metrics::new(&meters.meter(SERVICE));
    (registry, metrics, meters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(filter: &str) -> Options {
        Options {
            format: LogFormat::Json,
            filter: filter.to_owned(),
            otlp_endpoint: None,
        }
    }

    #[test]
    fn telemetry_is_installed_once_and_stopped() {
        let telemetry = Telemetry::install(options("off")).unwrap();
        let _metrics = telemetry.metrics();
        assert!(!telemetry.registry().gather().is_empty());
        let again = Telemetry::install(options("off")).unwrap_err();
        assert_eq!(again.to_string(), "could not install the log");
        telemetry.shutdown().unwrap();
    }

    #[test]
    fn a_filter_that_is_none_is_quoted() {
        let error = Telemetry::install(options("portal_sync=loud")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "could not read the log filter `portal_sync=loud`"
        );
        assert!(error.source().is_some());
    }
}
