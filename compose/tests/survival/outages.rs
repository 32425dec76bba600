//! A part is away and the rest goes on: nothing hangs, nothing fails open.

use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::{
    left_out,
    place::{Nats, Place, Redis, free_port},
    waiting::until,
};

const PASSWORD: &str = "correct horse battery staple";
/// The promise is one second; the rest is what a busy machine takes for itself.
const NOTHING_HANGS: Duration = Duration::from_secs(2);

struct Desk {
    http: Client,
    auth: String,
    tickets: String,
}

impl Desk {
    fn new(auth: String, tickets: String) -> Self {
        Self {
            http: Client::builder().timeout(NOTHING_HANGS).build().expect("a client can be made"),
            auth,
            tickets,
        }
    }

    async fn post(&self, url: String, token: &str, body: Value) -> (StatusCode, Value) {
        let sent = self.http.post(url).bearer_auth(token).json(&body).send().await;
        let answer = sent.expect("it answers in time");
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    async fn register(&self, email: &str) -> String {
        let body = json!({"email": email, "password": PASSWORD});
        let (status, answer) = self.post(format!("{}/auth/register", self.auth), "", body).await;
        assert_eq!(status, 201, "{answer}");
        answer["accessToken"].as_str().expect("a token").to_owned()
    }

    async fn login(&self, email: &str, password: &str) -> StatusCode {
        let body = json!({"email": email, "password": password});
        self.post(format!("{}/auth/login", self.auth), "", body).await.0
    }

    async fn open_ticket(&self, token: &str) -> StatusCode {
        let body = json!({"title": "It burns", "description": "Still.", "category": "hardware"});
        self.post(format!("{}/tickets", self.tickets), token, body).await.0
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_auth_is_away_tickets_are_opened_with_the_tokens_that_are_known() {
    let Some(place) = Place::real().await else { return left_out() };
    let _nats = Nats::start(&place).await;
    let launch = place.launch();
    let (auth_url, tickets_url) = (launch.url("auth"), launch.url("tickets"));
    let of = |service: &str| {
        let folder = place.folder(service);
        launch
            .clone()
            .moved(&folder)
            .arguments(&["serve", "--only", service])
            .with("AUTH_SERVICE_URL", &auth_url)
    };
    let (auth, tickets) = (of("auth").start(), of("tickets").start());
    let desk = Desk::new(auth_url.clone(), tickets_url.clone());
    for url in [&auth_url, &tickets_url] {
        until("both are ready", || async {
            reqwest::get(format!("{url}/ready")).await.is_ok_and(|answer| answer.status() == 200)
        })
        .await;
    }
    let token = desk.register("ada@example.com").await;
    assert_eq!(desk.open_ticket(&token).await, 201);
    auth.kill();
    assert_eq!(desk.open_ticket(&token).await, 201, "tickets verifies tokens by itself");
    assert_eq!(desk.open_ticket("no token at all").await, 401, "and still refuses what is none");
    drop(tickets);
    place.clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_nothing_hangs_and_nothing_fails_open() {
    let Some(redis_server) = Place::redis_server() else { return left_out() };
    let place = Place::embedded();
    let port = free_port();
    let redis = Redis::start(&redis_server, port);
    let helpdesk = place.launch().with("REDIS_URL", format!("redis://127.0.0.1:{port}")).ready().await;
    let desk = Desk::new(helpdesk.url().to_owned(), helpdesk.url().to_owned());
    let ada = desk.register("ada@example.com").await;
    desk.register("bob@example.com").await;
    for _ in 0..3 {
        assert_eq!(desk.login("bob@example.com", "a wrong one altogether").await, 401);
    }
    drop(redis);

    assert_eq!(desk.open_ticket(&ada).await, 201, "tickets are opened");
    assert_eq!(desk.login("ada@example.com", PASSWORD).await, 200, "the right password lets in");
    for _ in 0..2 {
        assert_eq!(desk.login("bob@example.com", "a wrong one altogether").await, 401);
    }
    assert_eq!(
        desk.login("bob@example.com", PASSWORD).await,
        429,
        "five failures lock, those before the outage counted"
    );
    let logout = desk.post(format!("{}/auth/logout", desk.auth), &ada, json!({})).await;
    assert_eq!(logout.0, 204);
    until("the session is dead", || async { desk.open_ticket(&ada).await == 401 }).await;
    assert!(helpdesk.stop().await.status.success());
}
