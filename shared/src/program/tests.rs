use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr};

use super::*;
use crate::config::{HttpConfig, LogFormat, Settings, Sources};

const SOON: Duration = Duration::from_secs(5);

fn common(sources: &Sources) -> Common {
    let mut settings = Settings::new("tickets", "port = 3003", sources);
    let common = Common::read(&mut settings);
    settings.finish(common).unwrap()
}

fn http(port: u16) -> HttpConfig {
    let mut http = common(&Sources::of("", [])).http;
    (http.host, http.port) = (IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    http
}

fn telemetry() -> TelemetryConfig {
    let log_level = "error".to_owned();
    TelemetryConfig { service: "tickets", log_level, log_format: LogFormat::Text, otlp_endpoint: None }
}

fn code(code: ExitCode) -> String {
    format!("{code:?}")
}

#[tokio::test]
async fn a_taken_port_is_told_in_a_sentence_that_names_address_and_key() {
    let taken = bind(&http(0), "tickets").unwrap();
    let address = taken.local_addr().unwrap();
    let told = bind(&http(address.port()), "tickets").unwrap_err().to_string();
    assert!(told.contains(&address.to_string()) && told.contains("TICKETS_PORT"), "{told}");
}

#[test]
fn a_folder_that_cannot_be_written_is_told_with_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let below = file.join("data");
    let sources = Sources::of("", []).with("HELPDESK_DATA_DIR", below.to_str().unwrap());
    let told = format!("{:#}", prepare_data_dir(&common(&sources)).unwrap_err());
    assert!(told.contains(below.to_str().unwrap()) && told.contains("HELPDESK_DATA_DIR"), "{told}");

    let fine = folder.path().join("a/b");
    prepare_data_dir(&common(&Sources::of("", []).with("HELPDESK_DATA_DIR", fine.to_str().unwrap())))
        .unwrap();
    assert_eq!(std::fs::read_dir(fine).unwrap().count(), 0);
}

#[test]
fn health_is_the_status_of_the_answer() {
    for (status, well) in [("200 OK", true), ("503 Service Unavailable", false)] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).unwrap();
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").unwrap();
        });
        assert_eq!(health(&http(port), "/ready").is_ok(), well);
        server.join().unwrap();
    }
}

#[test]
fn a_process_that_stops_in_order_succeeds_and_one_whose_task_dies_fails() {
    let stopped = run(&telemetry(), SOON, async |process| {
        process.lifecycle.begin_stop();
        Ok(())
    });
    assert_eq!(code(stopped), code(ExitCode::SUCCESS));

    let died = run(&telemetry(), SOON, async |process| {
        process.lifecycle.spawn("relay", async { anyhow::bail!("the database is gone") });
        process.lifecycle.stopping().cancelled().await;
        Ok(())
    });
    assert_eq!(code(died), code(ExitCode::FAILURE));
}

#[test]
fn what_does_not_drain_is_cut_off_after_the_limit() {
    let start = Instant::now();
    let cut = run(&telemetry(), Duration::from_millis(50), async |process| {
        process.lifecycle.begin_stop();
        std::future::pending().await
    });
    assert_eq!(code(cut), code(ExitCode::FAILURE));
    assert!(start.elapsed() < SOON);
}
