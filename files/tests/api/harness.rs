use reqwest::header::HeaderMap;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use shared::config::Sources;
use shared::ids::{TicketId, UserId};
use shared::testing::{TestCaller, World};

use crate::bucket::TestBucket;
use crate::peer::Tickets;
use crate::samples;

/// Files, served, with one ticket that alice sees.
pub struct Site {
    pub world: World,
    pub url: String,
    pub tickets: Tickets,
    pub alice: TestCaller,
    pub ticket: TicketId,
    pub http: reqwest::Client,
}

impl Site {
    /// On the embedded store, or on the real one when a test server is named.
    pub async fn start() -> Self {
        Self::with(World::start().await, &[]).await
    }

    /// On a bucket that the test holds in its hands.
    pub async fn over(bucket: &TestBucket) -> Self {
        Self::over_in(World::start().await, bucket, &[]).await
    }

    pub async fn over_in(world: World, bucket: &TestBucket, more: &[(&str, &str)]) -> Self {
        let mut settings = vec![
            ("S3_ENDPOINT", bucket.endpoint.as_str()),
            ("S3_ACCESS_KEY", &bucket.access_key),
            ("S3_SECRET_KEY", &bucket.secret_key),
            ("S3_BUCKET_TICKETS", &bucket.name),
            ("S3_BUCKET_AVATARS", &bucket.avatars),
        ];
        settings.extend(more);
        Self::with(world, &settings).await
    }

    pub async fn with(world: World, settings: &[(&str, &str)]) -> Self {
        let (tickets, url) = Tickets::start().await;
        let mut sources = world.sources("files").await.with("TICKET_SERVICE_URL", &url);
        let own_bucket = format!("test-{}", uuid::Uuid::new_v4().simple());
        if let Ok(server) = std::env::var("TEST_S3_URL") {
            let env = |name| std::env::var(name).unwrap_or_default();
            sources = sources
                .with("S3_ENDPOINT", &server)
                .with("S3_ACCESS_KEY", env("TEST_S3_ACCESS_KEY"))
                .with("S3_SECRET_KEY", env("TEST_S3_SECRET_KEY"))
                .with("S3_BUCKET_TICKETS", &own_bucket)
                .with("S3_BUCKET_AVATARS", format!("{own_bucket}-avatars"));
        }
        let sources: Sources =
            settings.iter().fold(sources, |sources, &(key, value)| sources.with(key, value));
        let config = files::Config::read(&sources).unwrap();
        let common = config.common.clone();
        let url = world
            .serve(
                &common,
                move |listener, process| async move { files::run(config, listener, &process).await },
            )
            .await;
        let alice = world.user("alice@example.com");
        let ticket = TicketId::at(world.clock().now());
        tickets.show(&alice.token, ticket);
        Self { world, url, tickets, alice, ticket, http: reqwest::Client::new() }
    }

    /// Somebody else who sees the ticket.
    pub fn sees(&self, caller: TestCaller) -> TestCaller {
        self.tickets.show(&caller.token, self.ticket);
        caller
    }

    pub async fn call(&self, method: Method, path: &str, caller: &TestCaller) -> Response {
        self.call_with(method, path, caller, &[]).await
    }

    pub async fn call_with(
        &self,
        method: Method,
        path: &str,
        caller: &TestCaller,
        headers: &[(&str, &str)],
    ) -> Response {
        let mut request = self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&caller.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Response {
        self.call(Method::GET, path, &self.alice).await
    }

    /// Uploads a form as alice.
    pub async fn post(&self, form: Form) -> Response {
        self.post_as(&self.alice, form, &[]).await
    }

    pub async fn post_as(&self, caller: &TestCaller, form: Form, headers: &[(&str, &str)]) -> Response {
        let mut request =
            self.http.post(format!("{}/files", self.url)).bearer_auth(&caller.token).multipart(form);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    /// A form for the ticket with this file.
    pub fn form(&self, name: &str, mime: &str, bytes: impl Into<Vec<u8>>) -> Form {
        Form::new().text("ticketId", self.ticket.to_string()).part("file", part(name, mime, bytes))
    }

    /// A file of alice's; what the service said of it.
    pub async fn upload(&self, name: &str, mime: &str, bytes: impl Into<Vec<u8>>) -> Value {
        let answer = self.post(self.form(name, mime, bytes)).await;
        assert_eq!(answer.status(), StatusCode::CREATED, "{}", answer.text().await.unwrap());
        answer.json().await.unwrap()
    }

    pub async fn upload_text(&self, text: &str) -> Value {
        self.upload("note.txt", "text/plain", text).await
    }

    /// Sends a picture of somebody.
    pub async fn put_avatar(
        &self,
        caller: &TestCaller,
        of: UserId,
        mime: &str,
        bytes: impl Into<reqwest::Body>,
    ) -> Response {
        let request = self.http.put(format!("{}/files/avatars/{of}", self.url)).bearer_auth(&caller.token);
        request.header("content-type", mime).body(bytes).send().await.unwrap()
    }

    /// A picture of alice; what the service said of it.
    pub async fn hang(&self, bytes: Vec<u8>) -> Value {
        let answer = self.put_avatar(&self.alice, self.alice.id, "image/png", bytes).await;
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
        answer.json().await.unwrap()
    }

    /// Where alice's picture is served.
    pub fn avatar_path(&self) -> String {
        format!("/files/avatars/{}", self.alice.id)
    }

    /// Rows of the service's database.
    pub async fn rows(&self, sql: &str) -> Vec<sea_orm::QueryResult> {
        use sea_orm::ConnectionTrait;
        let db = self.world.db("files");
        db.conn().query_all_raw(db.sql(sql, [])).await.unwrap()
    }

    /// How many rows a table has.
    pub async fn count(&self, table: &str) -> i64 {
        self.rows(&format!("SELECT count(*) FROM {table}")).await[0].try_get_by_index(0).unwrap()
    }

    pub async fn event_types(&self) -> Vec<String> {
        self.world.emitted("files").await.into_iter().map(|event| event.event_type).collect()
    }
}

pub fn part(name: &str, mime: &str, bytes: impl Into<Vec<u8>>) -> Part {
    Part::bytes(bytes.into()).file_name(name.to_owned()).mime_str(mime).unwrap()
}

/// A text of so many bytes.
pub fn text_of(size: usize) -> Vec<u8> {
    b"All work and no play makes Jack a dull boy.\n".iter().copied().cycle().take(size).collect()
}

pub fn sample(extension: &str) -> Vec<u8> {
    samples::of(extension)
}

/// A picture in PNG of so many bytes: zeros may follow one.
pub fn picture_of(size: usize) -> Vec<u8> {
    let mut bytes = sample("png");
    bytes.resize(size, 0);
    bytes
}

pub fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).unwrap_or_else(|| panic!("{name} is missing in {headers:?}")).to_str().unwrap()
}

/// The status and the code of a refusal.
pub async fn refusal(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let problem: Value = answer.json().await.expect("a refusal is a problem document");
    (status, problem["code"].as_str().unwrap_or_default().to_owned())
}
