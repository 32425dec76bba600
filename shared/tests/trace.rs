//! One trace from the request, through the outbox and the bus, into the consumer. Its own binary: telemetry begins once
//! per process.

#[allow(dead_code, reason = "of the event path's support only a part is wanted here")]
#[path = "event_path/support.rs"]
mod support;

use std::sync::{Arc, Mutex};

use shared::{
    bus::{Fault, Handler},
    config::{LogFormat, TelemetryConfig},
    db::Tx,
    events::Envelope,
    program, telemetry,
    testing::World,
};
use tracing::Instrument;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Notes the trace that it is called in.
#[derive(Clone, Default)]
struct Tracer(Arc<Mutex<Option<String>>>);

impl Handler for Tracer {
    async fn handle(&self, _: &Tx, _: &Envelope) -> Result<(), Fault> {
        *self.0.lock().unwrap() = telemetry::traceparent();
        Ok(())
    }
}

#[test]
fn one_trace_goes_from_the_request_through_the_bus_into_the_consumer() {
    let config = TelemetryConfig {
        service: "tickets",
        log_level: "off".into(),
        log_format: LogFormat::Json,
        // Nobody listens there; what counts is that spans are made.
        otlp_endpoint: Some("http://127.0.0.1:9".into()),
    };
    let _telemetry = telemetry::init(&config).unwrap();
    program::runtime().unwrap().block_on(async {
        let world = World::start().await;
        let (tickets, audit) = support::databases(&world).await;
        let tracer = Tracer::default();
        let bus = world.bus("audit").await;
        bus.subscribe(support::everything(), audit.background(), tracer.clone()).unwrap();
        bus.relay(tickets.background());
        world.process().local.open();

        let request = tracing::info_span!("POST /tickets");
        telemetry::continue_trace(&request, Some(PARENT));
        support::emit(&tickets, "traced").instrument(request).await;

        world.until("it has arrived", || async { tracer.0.lock().unwrap().is_some() }).await;
        let seen = tracer.0.lock().unwrap().clone().unwrap();
        assert!(seen.starts_with(&PARENT[..35]), "another trace: {seen}");
        assert_ne!(seen, PARENT, "a span of its own");
    });
}
