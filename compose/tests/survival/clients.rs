//! Clients that want their tickets opened, whatever happens to the server meanwhile.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{MissedTickBehavior, interval_at},
};

use crate::waiting::awaited;

const CLIENTS: usize = 8;
pub const PASSWORD: &str = "correct horse battery staple";

/// A ticket that was answered 201.
pub struct Opened {
    pub id: String,
    pub number: String,
    /// The requester's address.
    pub email: String,
    /// When that was.
    pub at: Instant,
    /// How often it was asked for until then.
    pub attempts: usize,
    /// It was there before: its opening had been committed and not answered.
    pub again: bool,
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

    /// The same at a steady rate: at each beat, each requester that is not busy opens one.
    pub async fn open_tickets_steadily(gateway: &str, tickets: usize, beat: Duration) -> Self {
        Self::begin(gateway, gateway, tickets, Some(beat)).await
    }

    /// The same where auth and tickets are at different places.
    pub async fn open_tickets_at(auth: &str, service: &str, tickets: usize) -> Self {
        Self::begin(auth, service, tickets, None).await
    }

    async fn begin(auth: &str, service: &str, tickets: usize, beat: Option<Duration>) -> Self {
        let (count, opened) = watch::channel(0);
        let (count, began) = (Arc::new(count), tokio::time::Instant::now());
        let mut work = JoinSet::new();
        for client in 0..CLIENTS {
            let share = (tickets + CLIENTS - 1 - client) / CLIENTS;
            let requester = Requester::sign_up(auth, service, client).await;
            let count = count.clone();
            let mut beats = beat.map(|beat| {
                let mut beats = interval_at(began, beat);
                // All at the same moments, and what was missed is not made up for.
                beats.set_missed_tick_behavior(MissedTickBehavior::Skip);
                beats
            });
            work.spawn(async move {
                let mut mine = Vec::new();
                for number in 0..share {
                    if let Some(beats) = &mut beats {
                        beats.tick().await;
                    }
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
    client: usize,
    tickets: String,
    email: String,
    token: String,
    http: reqwest::Client,
}

impl Requester {
    async fn sign_up(auth: &str, tickets: &str, client: usize) -> Self {
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
        Self { client, tickets: tickets.to_owned(), email, token, http }
    }

    /// Opens a ticket, repeating the same request under the same key until it is answered. Each key has a title of its own.
    async fn open(&self, number: usize) -> Opened {
        let key = format!("{}-{number}", self.email);
        let ticket = json!({
            "title": format!("Ticket {}.{number}", self.client), "description": "It burns.", "category": "hardware"
        });
        let mut attempts = 0;
        let opened = awaited("a ticket is opened", || {
            attempts += 1;
            self.attempt(&key, &ticket)
        })
        .await;
        Opened { attempts, ..opened }
    }

    /// `None` when the server was away. Any answer that is neither 201 nor 503 fails the test.
    async fn attempt(&self, key: &str, ticket: &Value) -> Option<Opened> {
        let sent = self
            .http
            .post(format!("{}/tickets", self.tickets))
            .bearer_auth(&self.token)
            .header("Idempotency-Key", key)
            .json(ticket)
            .send()
            .await;
        let answer = sent.ok()?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body: Value = answer.json().await.ok()?;
        if status == 503 {
            assert!(headers.contains_key("retry-after"), "{body}");
            return None;
        }
        assert_eq!(status, 201, "{body}");
        let text = |field: &str| body[field].as_str().expect("a text").to_owned();
        Some(Opened {
            id: text("id"),
            number: text("ticketNumber"),
            email: self.email.clone(),
            at: Instant::now(),
            attempts: 1,
            again: headers.contains_key("idempotency-replayed"),
        })
    }
}
