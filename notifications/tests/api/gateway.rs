//! Text and push messages, against a real HTTP server.

use std::sync::{Arc, Mutex};

use chrono::Duration;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::Service;

/// What a gateway was told: the headers' names and values, and the body as it came.
#[derive(Clone, Debug)]
struct Told {
    headers: Vec<(String, String)>,
    body: String,
}

impl Told {
    fn header(&self, name: &str) -> &str {
        &self
            .headers
            .iter()
            .find(|(known, _)| known == name)
            .unwrap_or_else(|| panic!("no {name}: {self:?}"))
            .1
    }
}

/// A gateway that answers what it is set to; dropped, it is gone.
struct Gateway {
    url: String,
    status: Arc<Mutex<u16>>,
    told: Arc<Mutex<Vec<Told>>>,
    accepting: JoinHandle<()>,
}

impl Gateway {
    async fn start(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/send", listener.local_addr().unwrap());
        let (status, told) = (Arc::new(Mutex::new(status)), Arc::new(Mutex::new(Vec::new())));
        let (answer, kept) = (status.clone(), told.clone());
        #[allow(
            clippy::disallowed_methods,
            reason = "the server is the test's own, which no lifecycle knows"
        )]
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                one(stream, &answer, &kept).await;
            }
        });
        Self { url, status, told, accepting }
    }

    fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap().clone()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// One request on one connection.
async fn one(mut stream: TcpStream, status: &Mutex<u16>, told: &Mutex<Vec<Told>>) -> Option<()> {
    let (read, mut write) = stream.split();
    let mut read = BufReader::new(read);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if read.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.to_owned())),
            None if line.trim_end().is_empty() => break,
            None => assert!(line.starts_with("POST /send "), "{line}"),
        }
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    read.read_exact(&mut body).await.ok()?;
    told.lock().unwrap().push(Told { headers, body: String::from_utf8(body).unwrap() });
    let status = *status.lock().unwrap();
    let answer = format!(
        "HTTP/1.1 {status} x\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    write.write_all(answer.as_bytes()).await.ok()
}

const SECRET: &str = "a-key-of-thirty-two-characters-00";

async fn service(gateway: &Gateway) -> Service {
    Service::with(&[("SMS_GATEWAY_URL", &gateway.url), ("GATEWAY_SECRET", SECRET)], None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_text_messages_gets_them_signed_and_once() {
    let gateway = Gateway::start(202).await;
    let service = service(&gateway).await;
    let (alice, bob) =
        (service.registered("alice@example.com").await, service.registered("bob@example.com").await);
    let wish = json!({"sms": {"ticket_created": true}, "push": {"ticket_created": true}});
    service.call(Method::PUT, "/notifications/preferences", &alice, Some(wish)).await;
    for person in [&alice, &bob] {
        service.world.deliver(&service.ticket(person.id, "Écran \"noir\"\r\nX: y"), 1, Some(person.id)).await;
    }
    service.settled().await;

    let told = gateway.told();
    assert_eq!(told.len(), 1, "Bob did not ask, and there is no gateway for pushes");
    let message: Value = serde_json::from_str(&told[0].body).unwrap();
    let url = format!("https://help.example.com/tickets/{}", message["ticketId"].as_str().unwrap());
    assert_eq!(
        message,
        json!({
            "id": message["id"],
            "channel": "sms",
            "userId": alice.id,
            "template": "ticket_created",
            "language": "fr",
            "title": "Ticket #HD-000042 créé - Écran \"noir\" X: y",
            "ticketId": message["ticketId"],
            "url": url,
        })
    );
    assert_eq!(told[0].header("idempotency-key"), message["id"].as_str().unwrap());
    assert_eq!(told[0].header("content-type"), "application/json");
    let timestamp = told[0].header("x-helpdesk-timestamp");
    assert_eq!(timestamp, service.world.clock().now().timestamp().to_string());
    assert_eq!(told[0].header("x-helpdesk-signature"), signature(timestamp, &told[0].body));
    assert_eq!(service.number("SELECT count(*) FROM deliveries WHERE channel = 'push'").await, 0);
}

/// As the README describes it.
fn signature(timestamp: &str, body: &str) -> String {
    use hmac::{Hmac, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    format!("v1={}", hex::encode(mac.finalize().into_bytes()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_busy_is_asked_again_and_one_that_refuses_is_not() {
    let gateway = Gateway::start(503).await;
    let service = service(&gateway).await;
    let alice = service.registered("alice@example.com").await;
    let wish = json!({"sms": {"ticket_created": true}});
    service.call(Method::PUT, "/notifications/preferences", &alice, Some(wish)).await;
    service.world.deliver(&service.ticket(alice.id, "A"), 1, Some(alice.id)).await;
    let tried = |attempts: i64| {
        let sql = format!(
            "SELECT count(*) FROM deliveries WHERE channel = 'sms' AND attempts = {attempts} AND lease_until IS NULL"
        );
        let service = &service;
        async move { service.world.until("it was tried", || async { service.number(&sql).await == 1 }).await }
    };
    tried(1).await;
    // A redirect is not followed: it would carry the message to somebody else.
    *gateway.status.lock().unwrap() = 307;
    service.world.clock().advance(Duration::seconds(5));
    tried(2).await;
    *gateway.status.lock().unwrap() = 200;
    service.world.clock().advance(Duration::minutes(5));
    service.settled().await;
    let told = gateway.told();
    assert_eq!(told.len(), 3);
    assert!(told.iter().all(|again| again.header("idempotency-key") == told[0].header("idempotency-key")));
    assert_ne!(
        told[0].header("x-helpdesk-signature"),
        told[2].header("x-helpdesk-signature"),
        "of its own time"
    );

    *gateway.status.lock().unwrap() = 422;
    service.world.deliver(&service.ticket(alice.id, "B"), 1, Some(alice.id)).await;
    service.settled().await;
    let failed = "SELECT last_error FROM deliveries WHERE channel = 'sms' AND status = 'failed'";
    assert_eq!(
        service.texts(failed).await,
        [Some("the gateway answered 422 Unprocessable Entity".to_owned())]
    );
    assert_eq!(gateway.told().len(), 4);
}
