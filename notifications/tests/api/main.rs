//! The notifications service over HTTP, events and mail.

mod audience;
mod digest;
mod eml;
mod export;
mod gateway;
mod hostile;
mod ledger;
mod list;
mod mails;
mod preferences;
mod queues;
mod recipients;
mod replicas;
mod reports;
mod retries;
mod smtp;
mod stream;
mod templates;
mod tickets;

use std::{fs, path::PathBuf};

use chrono::Duration;
use notifications::Config;
use reqwest::{Client, Method, StatusCode};
use sea_orm::Value;
use serde_json::Value as Json;
use shared::{
    events::{Envelope, Event, TicketCreated, UserRegistered},
    ids::{EventId, TicketId, UserId},
    testing::{TestCaller, World},
};

use crate::eml::Eml;

/// A notifications service of this test's own.
pub struct Service {
    pub world: World,
    pub url: String,
    /// Where its mails arrive: its own folder, or the one of the SMTP server that the tests were given.
    folder: PathBuf,
    /// Tells its mails from those of other tests.
    domain: String,
    client: Client,
    config: Config,
}

impl Service {
    /// The service in a world whose time stands still; mails go to `TEST_SMTP_URL` if there is one, else to files.
    pub async fn start() -> Self {
        #[allow(clippy::disallowed_methods, reason = "tests are told their servers by the environment")]
        let given = |key| std::env::var(key).ok().filter(|value| !value.is_empty());
        match (given("TEST_SMTP_URL"), given("TEST_SMTP_MAILDIR")) {
            (Some(url), Some(folder)) => Self::with(&[("SMTP_URL", &url)], Some(folder.into())).await,
            _ => Self::with(&[], None).await,
        }
    }

    /// The service with settings of its own.
    pub async fn with(settings: &[(&str, &str)], folder: Option<PathBuf>) -> Self {
        let world = World::at("2026-01-31T10:00:00Z".parse().unwrap()).await;
        let domain = format!("{}.test", UserId::at(world.clock().now()));
        let mut sources = world.sources("notifications").await;
        let fixed = [
            ("MAIL_DOMAIN", domain.as_str()),
            ("MAIL_POLL", "20ms"),
            ("APP_URL", "https://help.example.com"),
        ];
        for (key, value) in fixed.iter().chain(settings) {
            sources = sources.with(key, *value);
        }
        let config = Config::read(&sources).unwrap();
        let (common, kept) = (config.common.clone(), config.clone());
        let run = |listener, process: shared::process::Process| async move {
            notifications::run(config, listener, &process).await
        };
        let url = world.serve(&common, run).await;
        let folder = folder.unwrap_or_else(|| world.data_dir().join("mail"));
        Self { world, url, folder, domain, client: Client::new(), config: kept }
    }

    /// Somebody of whom `user.registered` has told.
    pub async fn registered(&self, email: &str) -> TestCaller {
        let caller = self.world.user(email);
        self.register(caller.id, email).await;
        caller
    }

    /// Somebody who works tickets, of whom `user.registered` has told.
    pub async fn registered_agent(&self, email: &str) -> TestCaller {
        let caller = self.world.agent(email);
        self.register_as(caller.id, email, "agent").await;
        caller
    }

    /// Somebody who administers, of whom `user.registered` has told.
    pub async fn registered_admin(&self, email: &str) -> TestCaller {
        let caller = self.world.admin(email);
        self.register_as(caller.id, email, "admin").await;
        caller
    }

    /// Tells of an account.
    pub async fn register(&self, user_id: UserId, email: &str) {
        self.register_as(user_id, email, "user").await;
    }

    /// Tells of an account that was made the day before yesterday: nobody is welcomed any more.
    async fn register_as(&self, user_id: UserId, email: &str, role: &str) {
        let now = self.world.clock().now();
        let event = UserRegistered { user_id, email: email.to_owned(), role: role.to_owned() };
        let envelope = Envelope {
            event_id: EventId::at(now),
            event_type: UserRegistered::TYPE.to_owned(),
            schema_version: UserRegistered::VERSION,
            source: "auth".into(),
            timestamp: now - Duration::days(2),
            user_id: Some(user_id),
            aggregate_id: user_id.into(),
            aggregate_version: 1,
            sequence: 0,
            correlation_id: None,
            causation_id: None,
            data: serde_json::value::to_raw_value(&event).unwrap(),
        };
        self.world.deliver_again(&envelope).await;
    }

    /// A ticket as the tickets service would tell of it.
    pub fn ticket(&self, requester: UserId, title: &str) -> TicketCreated {
        let now = self.world.clock().now();
        TicketCreated {
            ticket_id: TicketId::at(now),
            ticket_number: "HD-000042".to_owned(),
            title: title.to_owned(),
            priority: "HIGH".to_owned(),
            category: "hardware".to_owned(),
            user_id: requester,
            due_date: now + Duration::hours(8),
        }
    }

    /// The mails that arrived so far, of this test only.
    pub fn mails(&self) -> Vec<Eml> {
        let mut files = Vec::new();
        collect(&self.folder, &mut files);
        let ours = format!("@{}>", self.domain);
        let mails = files.iter().map(|file| fs::read(file).unwrap());
        mails.filter(|raw| String::from_utf8_lossy(raw).contains(&ours)).map(|raw| Eml::parse(&raw)).collect()
    }

    /// Waits for the mails to be that many, and for the deliveries to be settled.
    pub async fn mails_are(&self, count: usize) -> Vec<Eml> {
        self.world
            .until(&format!("{count} mails have arrived"), || async { self.mails().len() >= count })
            .await;
        self.settled().await;
        let mails = self.mails();
        assert_eq!(mails.len(), count, "{mails:#?}");
        mails
    }

    /// Waits until no mail is pending, and everything that was emitted is published.
    pub async fn settled(&self) {
        self.world.until("every delivery is settled", || async { self.pending().await == 0 }).await;
        self.world.drain().await;
    }

    /// How many mails are pending.
    pub async fn pending(&self) -> i64 {
        self.number("SELECT count(*) FROM deliveries WHERE status = 'pending'").await
    }

    /// A number out of the database.
    pub async fn number(&self, sql: &str) -> i64 {
        let tx = self.world.db("notifications").begin().await.unwrap();
        let rows = tx.rows(sql, []).await.unwrap();
        rows[0].try_get_by_index(0).unwrap()
    }

    /// A column of texts out of the database.
    pub async fn texts(&self, sql: &str) -> Vec<Option<String>> {
        let tx = self.world.db("notifications").begin().await.unwrap();
        let rows = tx.rows(sql, []).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }

    /// Changes the database behind the service's back, as another replica or a death could have left it.
    pub async fn alter<const N: usize>(&self, sql: &str, values: [Value; N]) -> u64 {
        let tx = self.world.db("notifications").begin().await.unwrap();
        let touched = tx.run(sql, values).await.unwrap();
        tx.commit().await.unwrap();
        touched
    }

    /// Calls the service as somebody.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        by: &TestCaller,
        body: Option<Json>,
    ) -> (StatusCode, Json) {
        let mut request = self.client.request(method, format!("{}{path}", self.url)).bearer_auth(&by.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or(Json::Null))
    }

    /// Reads as somebody; anything but 200 is a failure.
    pub async fn get(&self, path: &str, by: &TestCaller) -> Json {
        let (status, body) = self.call(Method::GET, path, by, None).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body
    }

    /// Calls the service as nobody.
    pub async fn stranger(&self, method: Method, path: &str) -> StatusCode {
        self.client.request(method, format!("{}{path}", self.url)).send().await.unwrap().status()
    }
}

/// Every finished file in a folder and the folders in it, as in a Maildir.
fn collect(folder: &std::path::Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        match path.is_dir() {
            true if entry.file_name() != "tmp" => collect(&path, files),
            false if !hidden => files.push(path),
            _ => {}
        }
    }
}
