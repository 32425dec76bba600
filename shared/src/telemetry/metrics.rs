use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::process as system;
use crate::process::Process;

/// The `metrics` crate has one recorder per process, installed once and for ever; this holds it. It is the one global
/// of the house, because it is one of theirs.
static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// The media type of [`metrics()`].
pub const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Bounds in seconds for a request: fine where most answers lie, up to the longest that a caller waits.
const REQUEST: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Bounds in seconds for everything else that lasts: an event may wait for hours.
const LASTING: [f64; 15] =
    [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 600.0, 3600.0, 21_600.0];

/// All metrics of this process, as Prometheus reads them.
pub fn metrics() -> String {
    handle().render()
}

/// Begins to measure the process itself, and keeps the memory of the histograms bounded where nobody reads them.
pub fn upkeep(process: &Process) {
    system::begin(process.clock.now());
    let halting = process.lifecycle.halting();
    process.lifecycle.spawn("metrics", async move {
        let mut ticks = tokio::time::interval(Duration::from_secs(5));
        while halting.run_until_cancelled(ticks.tick()).await.is_some() {
            handle().run_upkeep();
            system::look();
        }
        Ok(())
    });
}

pub(super) fn handle() -> &'static PrometheusHandle {
    RECORDER.get_or_init(|| {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Full("http_request_duration_seconds".into()), &REQUEST)
            .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &LASTING))
            .expect("the bounds are not empty")
            .build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("somebody else installed a recorder of metrics: /metrics stays empty");
        }
        handle
    })
}
