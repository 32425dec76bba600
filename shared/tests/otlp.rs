//! Traces leave the process when a collector is configured. Its own binary: telemetry begins once per process.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::Duration;

use shared::config::{LogFormat, TelemetryConfig};
use shared::telemetry;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[test]
fn spans_are_sent_to_the_collector_with_the_services_name_before_the_process_ends() {
    let collector = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", collector.local_addr().unwrap());
    let (sender, requests) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in collector.incoming() {
            let mut stream = stream.unwrap();
            let _ = sender.send(read_request(&mut stream));
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });

    let config = TelemetryConfig {
        service: "tickets",
        log_level: "off".into(),
        log_format: LogFormat::Json,
        otlp_endpoint: Some(endpoint),
    };
    let code = shared::program::run(&config, Duration::from_secs(5), async |process| {
        let span = tracing::info_span!("opening a ticket");
        telemetry::continue_trace(&span, Some(PARENT));
        span.in_scope(|| assert!(telemetry::traceparent().unwrap().starts_with(&PARENT[..35])));
        drop(span);
        process.lifecycle.begin_stop();
        Ok(())
    });
    assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::SUCCESS));

    let request = requests.recv_timeout(Duration::from_secs(10)).expect("a request at the collector");
    let text = String::from_utf8_lossy(&request);
    assert!(text.starts_with("POST /v1/traces HTTP/1.1"), "{text}");
    assert!(text.contains("opening a ticket") && text.contains("tickets"), "{text}");
    let trace = hex::decode(&PARENT[3..35]).unwrap();
    assert!(request.windows(16).any(|bytes| bytes == trace), "the caller's trace is continued");
}

/// Head and body of one request.
fn read_request(stream: &mut impl Read) -> Vec<u8> {
    let mut request = Vec::new();
    let mut part = [0; 4096];
    loop {
        let count = stream.read(&mut part).unwrap_or(0);
        request.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        let length =
            text.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse().ok());
        let head = request.windows(4).position(|bytes| bytes == b"\r\n\r\n").map(|end| end + 4);
        if count == 0
            || head.zip(length).is_some_and(|(head, length): (usize, usize)| request.len() >= head + length)
        {
            return request;
        }
    }
}
