//! A running auth with a world around it, and the calls that the tests are made of.

use auth::Config;
use reqwest::{Method, StatusCode, header::HeaderMap};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use shared::{
    clock::{Clock, Timestamp},
    events::Envelope,
    testing::World,
};

use super::mailbox::Mailbox;

/// The administrator that every house has.
pub const ADMIN: &str = "root@example.com";
/// A password that the rules allow.
pub const PASSWORD: &str = "seven green bicycles";
/// Another one.
pub const OTHER_PASSWORD: &str = "eleven blue umbrellas";

/// Auth on a port of its own.
pub struct House {
    pub world: World,
    pub url: String,
    pub mailbox: Mailbox,
    pub config: Config,
    http: reqwest::Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Guest {
    pub id: String,
    pub email: String,
    pub access: String,
    pub refresh: String,
}

impl House {
    /// With the defaults, but cheap hashes and no limit per address.
    pub async fn open() -> Self {
        Self::with(World::start().await, &[]).await
    }

    /// In a world whose time stands still.
    pub async fn standing_still() -> Self {
        Self::with(World::at(noon()).await, &[]).await
    }

    /// With settings of its own.
    pub async fn with(world: World, env: &[(&str, &str)]) -> Self {
        let cheap = [("BCRYPT_COST", "4"), ("PUBLIC_CALLS_PER_MINUTE", "1000000")];
        let mut sources = world.sources("auth").await;
        for (key, value) in cheap.iter().chain(env) {
            sources = sources.with(key, *value);
        }
        let config = Config::read(&sources).unwrap();
        auth::appoint_admin(&config, world.clock(), ADMIN, PASSWORD).await.unwrap();
        let mailbox = Mailbox::open(&world).await;
        let served = config.clone();
        let run = |listener, process: shared::process::Process| async move {
            auth::run(served, listener, &process).await
        };
        let url = world.serve(&config.common, run).await;
        Self { world, url, mailbox, config, http: reqwest::Client::new() }
    }

    /// A second replica on the same database; its URL.
    pub async fn replica(&self) -> String {
        let served = self.config.clone();
        let run = |listener, process: shared::process::Process| async move {
            auth::run(served, listener, &process).await
        };
        self.world.serve(&self.config.common, run).await
    }

    pub fn clock(&self) -> &Clock {
        self.world.clock()
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, None, Some(body), &[]).await
    }

    pub async fn get_as(&self, token: &str, path: &str) -> Reply {
        self.send(Method::GET, path, Some(token), None, &[]).await
    }

    pub async fn post_as(&self, token: &str, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, Some(token), Some(body), &[]).await
    }

    pub async fn put_as(&self, token: &str, path: &str, body: Value) -> Reply {
        self.send(Method::PUT, path, Some(token), Some(body), &[]).await
    }

    pub async fn delete_as(&self, token: &str, path: &str) -> Reply {
        self.send(Method::DELETE, path, Some(token), None, &[]).await
    }

    /// Any call. A path that is a URL goes there.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Reply {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.url) };
        let mut request = self.http.request(method, url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        };
        Reply { status, headers, body }
    }

    pub async fn register(&self, email: &str) -> Guest {
        let reply = self.post("/auth/register", json!({"email": email, "password": PASSWORD})).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        reply.guest()
    }

    pub async fn login(&self, email: &str) -> Guest {
        let reply = self.try_login(email, PASSWORD).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.guest()
    }

    pub async fn try_login(&self, email: &str, password: &str) -> Reply {
        self.post("/auth/login", json!({"email": email, "password": password})).await
    }

    pub async fn admin(&self) -> Guest {
        self.login(ADMIN).await
    }

    /// Whether a token is taken at all.
    pub async fn is_let_in(&self, token: &str) -> bool {
        let reply = self.get_as(token, "/auth/me").await;
        assert!([200, 401].contains(&reply.status.as_u16()), "{reply:?}");
        reply.status == 200
    }

    /// The events of auth so far, without those of the administrator's making.
    pub async fn events(&self) -> Vec<Envelope> {
        self.world.emitted("auth").await.into_iter().skip(1).collect()
    }

    /// Their types.
    pub async fn event_types(&self) -> Vec<String> {
        self.events().await.into_iter().map(|event| event.event_type).collect()
    }

    /// The token of the newest reset mail, once the worker has ordered it and `count` there are.
    pub async fn reset_token(&self, email: &str, count: usize) -> String {
        self.world
            .until("the reset mail is ordered", || async { self.mailbox.resets(email).len() >= count })
            .await;
        self.mailbox.resets(email).pop().unwrap()
    }

    /// Waits until every request for a reset was looked at.
    pub async fn no_request_waits(&self) {
        self.world
            .until("no request for a reset waits", || async { self.count("reset_requests").await == 0 })
            .await;
        self.world.drain().await;
    }

    /// How many rows a table has.
    pub async fn count(&self, table: &str) -> i64 {
        let db = self.world.db("auth");
        let row = db.conn().query_one_raw(db.sql(&format!("SELECT count(*) AS n FROM {table}"), [])).await;
        row.unwrap().unwrap().try_get("", "n").unwrap()
    }

    /// All text that a table holds, for looking what is not in it.
    pub async fn texts(&self, table: &str, column: &str) -> Vec<String> {
        let db = self.world.db("auth");
        let rows = db.conn().query_all_raw(db.sql(&format!("SELECT {column} AS t FROM {table}"), [])).await;
        rows.unwrap().iter().filter_map(|row| row.try_get::<Option<String>>("", "t").unwrap()).collect()
    }
}

impl Reply {
    pub fn guest(&self) -> Guest {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Guest {
            id: text(&self.body["user"]["id"]),
            email: text(&self.body["user"]["email"]),
            access: text(&self.body["accessToken"]),
            refresh: text(&self.body["refreshToken"]),
        }
    }

    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// `field code` of each fault of the input.
    pub fn faults(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        errors
            .iter()
            .map(|e| format!("{} {}", e["field"].as_str().unwrap(), e["code"].as_str().unwrap()))
            .collect()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub fn retry_after(&self) -> u64 {
        self.header("retry-after").parse().unwrap()
    }
}

pub fn noon() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}
