//! Clients that want their tickets opened, whatever happens to the server meanwhile.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinSet};

use crate::waiting::awaited;

const CLIENTS: usize = 8;
pub const PASSWORD: &str = "correct horse battery staple";

/// A ticket that was answered 201.
pub struct Opened {
    pub id: String,
    pub number: String,
    /// The requester's address.
    pub email: String,
}

/// Several requesters at work.
pub struct Clients {
    work: tokio::sync::Mutex<JoinSet<Vec<Opened>>>,
    opened: watch::Receiver<usize>,
}

impl Clients {
    /// Signs up the requesters and lets them begin; together they open `tickets`.
    pub async fn open_tickets(gateway: &str, tickets: usize) -> Self {
        Self::open_tickets_at(gateway, gateway, tickets).await
    }

    /// The same where auth and tickets are at different places.
    pub async fn open_tickets_at(auth: &str, service: &str, tickets: usize) -> Self {
        let (count, opened) = watch::channel(0);
        let count = Arc::new(count);
        let mut work = JoinSet::new();
        for client in 0..CLIENTS {
            let share = (tickets + CLIENTS - 1 - client) / CLIENTS;
            let requester = Requester::sign_up(auth, service).await;
            let count = count.clone();
            work.spawn(async move {
                let mut mine = Vec::new();
                for number in 0..share {
                    mine.push(requester.open(number).await);
                    count.send_modify(|count| *count += 1);
                }
                mine
            });
        }
        Self { work: tokio::sync::Mutex::new(work), opened }
    }

    /// Waits until so many tickets were answered 201.
    pub async fn until_opened(&self, count: usize) {
        self.opened.clone().wait_for(|opened| *opened >= count).await.expect("the clients are at work");
    }

    /// Waits for all of them.
    pub async fn finish(&self) -> Vec<Opened> {
        let work = std::mem::take(&mut *self.work.lock().await);
        work.join_all().await.into_iter().flatten().collect()
    }
}

struct Requester {
    tickets: String,
    email: String,
    token: String,
    http: reqwest::Client,
}

impl Requester {
    async fn sign_up(auth: &str, tickets: &str) -> Self {
        #[allow(
            clippy::disallowed_methods,
            reason = "the mail server is shared: an address is to be nobody else's"
        )]
        let email = format!("{}@example.com", uuid::Uuid::new_v4().simple());
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(10))
            .build()
            .expect("a client can be made");
        let registration = http
            .post(format!("{auth}/auth/register"))
            .json(&json!({"email": email, "password": PASSWORD}))
            .send()
            .await
            .expect("nothing was killed yet");
        assert_eq!(registration.status(), 201);
        let answer: Value = registration.json().await.expect("JSON");
        let token = answer["accessToken"].as_str().expect("a token").to_owned();
        Self { tickets: tickets.to_owned(), email, token, http }
    }

    /// Opens a ticket, repeating the same request under the same key until it is answered.
    async fn open(&self, number: usize) -> Opened {
        let key = format!("{}-{number}", self.email);
        awaited("a ticket is opened", || self.attempt(&key, number)).await
    }

    /// `None` when the server was away. Any answer that is neither 201 nor 503 fails the test.
    async fn attempt(&self, key: &str, number: usize) -> Option<Opened> {
        let sent = self
            .http
            .post(format!("{}/tickets", self.tickets))
            .bearer_auth(&self.token)
            .header("Idempotency-Key", key)
            .json(&json!({"title": format!("Ticket {number}"), "description": "It burns.", "category": "hardware"}))
            .send()
            .await;
        let answer = sent.ok()?;
        let status = answer.status();
        let body: Value = answer.json().await.ok()?;
        if status == 503 {
            return None;
        }
        assert_eq!(status, 201, "{body}");
        let text = |field: &str| body[field].as_str().expect("a text").to_owned();
        Some(Opened { id: text("id"), number: text("ticketNumber"), email: self.email.clone() })
    }
}
