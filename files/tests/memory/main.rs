//! What many uploads at once cost in memory, each shown to the scanner: in a process of its own, where nothing else takes any.

#![allow(
    clippy::disallowed_methods,
    dead_code,
    reason = "the harness is that of the API's tests, of which this one needs a part"
)]

#[path = "../api/bucket.rs"]
mod bucket;
#[path = "../api/clamd.rs"]
mod clamd;
#[path = "../api/harness.rs"]
mod harness;
#[path = "../api/peer.rs"]
mod peer;
#[path = "../api/samples.rs"]
mod samples;

use shared::ids::TicketId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const MIB: usize = 1024 * 1024;
const UPLOADS: usize = 16;
static PAGE: [u8; 32 * 1024] = [b'a'; 32 * 1024];

/// Uploads ten megabytes, by hand: a client's buffers would count too. The status line of the answer.
async fn upload(site: &harness::Site) -> String {
    let ticket = TicketId::at(site.world.clock().now());
    site.tickets.show(&site.alice.token, ticket);
    let before = format!(
        "--b\r\ncontent-disposition: form-data; name=\"ticketId\"\r\n\r\n{ticket}\r\n--b\r\n\
         content-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\ncontent-type: text/plain\r\n\r\n"
    );
    let after = "\r\n--b--\r\n";
    let head = format!(
        "POST /files HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: multipart/form-data; boundary=b\r\ncontent-length: {}\r\n\r\n",
        site.alice.token,
        before.len() + 10 * MIB + after.len()
    );
    let mut socket = TcpStream::connect(site.url.trim_start_matches("http://")).await.unwrap();
    socket.write_all((head + &before).as_bytes()).await.unwrap();
    for _ in 0..10 * MIB / PAGE.len() {
        socket.write_all(&PAGE).await.unwrap();
    }
    socket.write_all(after.as_bytes()).await.unwrap();
    let mut answer = [0; 20];
    socket.read_exact(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// The most memory that this process ever held, in bytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn sixteen_uploads_of_ten_megabytes_at_once_add_little_memory() {
    let scanner = clamd::TestScanner::start().await;
    // A machine that is busy with other tests is no scanner that stands still.
    let settings: Vec<_> = scanner.settings().into_iter().chain([("CLAMD_PATIENCE", "20s")]).collect();
    let site = harness::Site::with(shared::testing::World::start().await, &settings).await;
    // The first brings what every later one finds: connections, statements, threads.
    upload(&site).await;
    let before = peak();
    let answers = futures_util::future::join_all((0..UPLOADS).map(|_| upload(&site))).await;
    let added = peak() - before;
    assert!(answers.iter().all(|answer| answer == "HTTP/1.1 201 Created"), "{answers:?}");
    println!("{UPLOADS} uploads of 10 MiB at once added {:.1} MiB", added as f64 / MIB as f64);
    // The embedded S3 server lives in this process too, and the scanner's gate: they have buffers of their own.
    let limit = if std::env::var("TEST_S3_URL").is_ok() { 32 } else { 48 };
    assert!(added <= limit * MIB, "{added} bytes");
}
