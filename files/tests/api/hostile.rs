//! Uploads that mean harm.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::bucket::TestBucket;
use crate::harness::{Site, refusal, sample, text_of};
use crate::samples::archive;

const MIB: u64 = 1024 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn ten_gigabytes_are_refused_by_their_length_or_after_the_first_of_them() {
    let bucket = TestBucket::start().await;
    let site = Site::over(&bucket).await;
    let part = format!(
        "--b\r\ncontent-disposition: form-data; name=\"ticketId\"\r\n\r\n{}\r\n--b\r\ncontent-disposition: \
         form-data; name=\"file\"; filename=\"a.txt\"\r\ncontent-type: text/plain\r\n\r\n",
        site.ticket
    );
    let head = |length: &str| {
        format!(
            "POST /files HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n{length}\r\n\
             content-type: multipart/form-data; boundary=b\r\n\r\n",
            site.alice.token
        )
    };
    let mut told = TcpStream::connect(site.url.trim_start_matches("http://")).await.unwrap();
    told.write_all((head("content-length: 10000000000") + &part).as_bytes()).await.unwrap();
    assert_eq!(first_line(&mut told).await, "HTTP/1.1 413");

    let mut endless = TcpStream::connect(site.url.trim_start_matches("http://")).await.unwrap();
    let begin = format!("{}{:x}\r\n{part}\r\n", head("transfer-encoding: chunked"), part.len());
    endless.write_all(begin.as_bytes()).await.unwrap();
    let (mut reads, mut writes) = endless.into_split();
    let page = text_of(64 * 1024);
    let chunk = [b"10000\r\n", &page[..], b"\r\n"].concat();
    let mut sent = 0;
    let sending = async {
        while sent < 10_000 * MIB && writes.write_all(&chunk).await.is_ok() {
            sent += page.len() as u64;
        }
    };
    let mut line = [0; 12];
    let heard = tokio::select! {
        heard = reads.read_exact(&mut line) => heard.is_ok(),
        () = sending => reads.read_exact(&mut line).await.is_ok(),
    };
    assert!(!heard || &line == b"HTTP/1.1 413", "{}", line.escape_ascii());
    // Twice the limit is listened to. What the kernels hold, and what still comes while the answer is on its way, is the machine's affair.
    assert!(sent < 1_000 * MIB, "{sent} bytes were taken");
    let mut rest = Vec::new();
    let ending = timeout(Duration::from_secs(30), reads.read_to_end(&mut rest)).await;
    assert!(ending.is_ok(), "the connection stays open for more");
    assert_eq!((site.count("files").await, site.count("uploads").await), (0, 0));
    assert_eq!(bucket.keys().await, Vec::<String>::new());
}

async fn first_line(socket: &mut TcpStream) -> String {
    let mut line = [0; 12];
    socket.read_exact(&mut line).await.unwrap();
    String::from_utf8_lossy(&line).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_of_clients_that_send_a_byte_now_and_then_keeps_nobody_out_for_long() {
    let world = shared::testing::World::start().await;
    let site = Site::with(world, &[("UPLOAD_GRACE", "1s"), ("UPLOAD_SLOTS", "4")]).await;
    let head = format!(
        "POST /files HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: 5000000\r\n\
         content-type: multipart/form-data; boundary=b\r\n\r\n--b\r\ncontent-disposition: form-data; \
         name=\"file\"; filename=\"a.txt\"\r\ncontent-type: text/plain\r\n\r\n",
        site.alice.token
    );
    let began = Instant::now();
    let dawdle = || async {
        let mut socket = TcpStream::connect(site.url.trim_start_matches("http://")).await.unwrap();
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut line = [0; 12];
        // A byte, then a tenth of a second of listening.
        while socket.write_all(b"x").await.is_ok() {
            let heard = timeout(Duration::from_millis(100), socket.read(&mut line)).await;
            if heard.is_ok() {
                break;
            }
        }
        String::from_utf8_lossy(&line).into_owned()
    };
    let answers = futures_util::future::join_all((0..8).map(|_| dawdle())).await;
    // Four had a place and lost it; four found none.
    assert!(answers.iter().filter(|line| *line == "HTTP/1.1 408").count() >= 4, "{answers:?}");
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
    site.upload_text("somebody honest").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_gets_in_under_another_name_or_inside_of_something_else() {
    let site = Site::start().await;
    let png = sample("png");
    let page = b"<!doctype html><script>alert(1)</script>";
    let mut commented = sample("gif");
    let end = commented.len() - 1;
    commented.splice(end..end, [&[0x21, 0xfe, page.len() as u8][..], page, &[0]].concat());
    for (name, mime, bytes, expected) in [
        ("../../etc/passwd.txt", "text/plain", b"x".to_vec(), StatusCode::UNPROCESSABLE_ENTITY),
        ("..\\..\\boot.txt", "text/plain", b"x".to_vec(), StatusCode::UNPROCESSABLE_ENTITY),
        ("a.php.png", "image/png", png.clone(), StatusCode::UNPROCESSABLE_ENTITY),
        ("a.\u{200b}php.png", "image/png", png.clone(), StatusCode::UNPROCESSABLE_ENTITY),
        ("a.png\u{200b}", "image/png", png.clone(), StatusCode::UNPROCESSABLE_ENTITY),
        ("a\u{202e}gnp.exe", "image/png", png.clone(), StatusCode::UNPROCESSABLE_ENTITY),
        ("a.svg", "image/svg+xml", b"<svg/>".to_vec(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("a.png", "image/png", b"<svg/>".to_vec(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("a.txt", "text/plain", page.to_vec(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("a.png", "image/png", [&png[..], page].concat(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (
            "a.gif",
            "image/gif",
            [sample("gif"), archive(&["A.class"])].concat(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        // A page within a remark is a picture by every rule: it is an attachment, sandboxed, and its thumbnail has no remarks.
        ("a.gif", "image/gif", commented, StatusCode::CREATED),
    ] {
        let answer = site.post(site.form(name, mime, bytes)).await;
        let status = answer.status();
        if status != StatusCode::CREATED {
            refusal(answer).await;
        }
        assert_eq!(status, expected, "{name:?} as {mime}");
    }
    assert_eq!((site.count("files").await, site.count("uploads").await), (1, 0));
}
