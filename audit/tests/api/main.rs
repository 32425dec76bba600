//! Audit over HTTP, on the embedded backends or on those that the environment names.

mod access;
mod alerts;
mod archives;
mod decay;
mod export;
mod failed;
mod feed;
mod kept;
mod log;
mod metrics;
mod operator;
mod order;
mod reconcile;
mod report_mails;
mod reports;
mod search;
mod stream;
mod trust;

use audit::Config;
use reqwest::Response;
use serde_json::Value;
use shared::{
    clock::Timestamp,
    events::TicketCreated,
    ids::{TicketId, UserId},
    testing::{TestCaller, World},
};

/// A world in which audit is served.
struct House {
    world: World,
    url: String,
    admin: TestCaller,
}

impl House {
    async fn open() -> Self {
        Self::within(World::start().await).await
    }

    async fn within(world: World) -> Self {
        Self::with(world, &[]).await
    }

    async fn with(world: World, settings: &[(&str, &str)]) -> Self {
        let url = serve_with(&world, settings).await;
        let admin = world.admin("admin@example.com");
        Self { world, url, admin }
    }

    /// What an administrator gets.
    async fn get(&self, path: &str) -> Value {
        let answer = self.ask(&self.admin, path).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }

    async fn ask(&self, caller: &TestCaller, path: &str) -> Response {
        reqwest::Client::new()
            .get(format!("{}{path}", self.url))
            .bearer_auth(&caller.token)
            .send()
            .await
            .unwrap()
    }

    /// What an administrator does.
    async fn post(&self, path: &str) -> Response {
        reqwest::Client::new()
            .post(format!("{}{path}", self.url))
            .bearer_auth(&self.admin.token)
            .send()
            .await
            .unwrap()
    }

    /// The items of a page.
    async fn items(&self, path: &str) -> Vec<Value> {
        self.get(path).await["items"].as_array().unwrap().clone()
    }
}

async fn serve(world: &World) -> String {
    serve_with(world, &[]).await
}

async fn serve_with(world: &World, settings: &[(&str, &str)]) -> String {
    let config = configured(world, settings).await;
    let common = config.common.clone();
    world
        .serve(&common, |listener, process| async move { audit::run(config, listener, &process).await })
        .await
}

async fn configured(world: &World, settings: &[(&str, &str)]) -> Config {
    let sources = world.sources("audit").await.with("RECONCILE_INTERVAL", "250ms");
    // No test is to be surprised by a week that ends in it.
    let sources = sources.with("REPORT_MAIL_WEEKLY", "").with("REPORT_MAIL_POLL", "100ms");
    // Nor by what was counted before something happened.
    let sources = sources.with("ANSWERS_KEPT", "0s");
    let sources = settings.iter().fold(sources, |sources, (key, value)| sources.with(key, *value));
    Config::read(&sources).unwrap()
}

fn ticket(number: u32, now: Timestamp) -> TicketCreated {
    TicketCreated {
        ticket_id: TicketId::at(now),
        ticket_number: format!("HD-{number:06}"),
        title: "The printer is on fire".to_owned(),
        priority: "HIGH".to_owned(),
        category: "hardware".to_owned(),
        user_id: UserId::at(now),
        due_date: now + chrono::Duration::hours(24),
    }
}

fn numbers(items: &[Value]) -> Vec<i64> {
    items.iter().map(|item| item["sequence"].as_i64().unwrap()).collect()
}
