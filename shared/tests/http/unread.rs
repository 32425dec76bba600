//! What a client sends that nobody reads.

use std::time::Duration;

use shared::auth::Role;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use crate::stage::{Stage, stage};

const CHUNKED: &str = "transfer-encoding: chunked";

#[tokio::test]
async fn whoever_goes_on_sending_after_the_answer_is_cut_off() {
    let stage = stage().await;
    let signed_in = signed_in(&stage);
    for (request, headers, status) in [
        ("POST /notes", CHUNKED, 401),
        ("POST /notes", signed_in.as_str(), 413),
        ("POST /nowhere", CHUNKED, 404),
        ("GET /long", CHUNKED, 200),
        ("GET /panic", CHUNKED, 500),
        ("POST /notes", "content-length: 1000000000000000", 401),
    ] {
        let (mut reads, mut writes) = begin(&stage, request, headers).await;
        let flood = tokio::time::timeout(Duration::from_secs(30), async {
            let chunk = [b"10000\r\n", " ".repeat(64 * 1024).as_bytes(), b"\r\n"].concat();
            while writes.write_all(&chunk).await.is_ok() {}
        });
        let (head, cut_off) = tokio::join!(head(&mut reads), flood);
        assert!(head[0].starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {head:?}");
        assert!(head.iter().any(|line| line == "connection: close"), "{request}: {head:?}");
        assert!(cut_off.is_ok(), "{request} {headers}: all is taken that is sent");
    }
}

#[tokio::test]
async fn a_connection_whose_body_was_read_serves_again() {
    let stage = stage().await;
    let headers = signed_in(&stage);
    let (mut reads, mut writes) = begin(&stage, "POST /notes", &headers).await;
    for again in [true, false] {
        writes.write_all(b"d\r\n{\"title\":\"a\"}\r\n0\r\n\r\n").await.unwrap();
        let head = head(&mut reads).await;
        assert!(head[0].starts_with("HTTP/1.1 201 "), "{head:?}");
        let length = head.iter().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        reads.read_exact(&mut vec![0; length.parse().unwrap()]).await.unwrap();
        if again {
            let second = format!("POST /notes HTTP/1.1\r\nhost: x\r\n{headers}\r\n\r\n");
            writes.write_all(second.as_bytes()).await.unwrap();
        }
    }
}

/// The headers of somebody who sends JSON in chunks.
fn signed_in(stage: &Stage) -> String {
    let token = stage.token(Role::User);
    format!("content-type: application/json\r\nauthorization: Bearer {token}\r\n{CHUNKED}")
}

/// A connection on which the head of a request has been sent.
async fn begin(stage: &Stage, request: &str, headers: &str) -> (BufReader<OwnedReadHalf>, OwnedWriteHalf) {
    let socket = TcpStream::connect(stage.url.trim_start_matches("http://")).await.unwrap();
    let (reads, mut writes) = socket.into_split();
    let head = format!("{request} HTTP/1.1\r\nhost: x\r\n{headers}\r\n\r\n");
    writes.write_all(head.as_bytes()).await.unwrap();
    (BufReader::new(reads), writes)
}

/// The lines before an answer's body.
async fn head(reads: &mut BufReader<OwnedReadHalf>) -> Vec<String> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reads.read_line(&mut line).await.unwrap();
        match line.trim_end() {
            "" => return head,
            line => head.push(line.to_string()),
        }
    }
}
