use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use shared::testing::{TestCaller, World};

/// A running tickets service in a world of its own, where it is Monday morning until the clock is advanced.
pub struct Tickets {
    pub world: World,
    url: String,
    client: Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    /// Null where the body is empty.
    pub body: Value,
}

impl Tickets {
    pub async fn start() -> Self {
        let world = World::at("2026-03-02T09:00:00Z".parse().unwrap()).await;
        let config = tickets::Config::read(&world.sources("tickets").await).unwrap();
        let common = config.common.clone();
        let url = world
            .serve(&common, |listener, process| async move { tickets::run(config, listener, &process).await })
            .await;
        Self { world, url, client: Client::new() }
    }

    /// A request without a token.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub fn request(&self, caller: &TestCaller, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, path).bearer_auth(&caller.token)
    }

    pub async fn get(&self, caller: &TestCaller, path: &str) -> Reply {
        Reply::to(self.request(caller, Method::GET, path)).await
    }

    pub async fn post(&self, caller: &TestCaller, ticket: &Value) -> Reply {
        Reply::to(self.request(caller, Method::POST, "/tickets").json(ticket)).await
    }

    /// Opens a ticket that differs from [`printer`] in these fields, and gives its body.
    pub async fn open(&self, caller: &TestCaller, fields: Value) -> Value {
        let mut ticket = printer();
        for (field, value) in fields.as_object().unwrap() {
            ticket[field] = value.clone();
        }
        let reply = self.post(caller, &ticket).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        reply.body
    }

    /// How many rows a table of the service's database has.
    pub async fn count(&self, table: &str) -> i64 {
        use sea_orm::ConnectionTrait;
        let db = self.world.db("tickets");
        let count = db.sql(&format!("SELECT count(*) AS rows FROM {table}"), []);
        db.conn().query_one_raw(count).await.unwrap().unwrap().try_get("", "rows").unwrap()
    }
}

impl Reply {
    pub async fn to(request: RequestBuilder) -> Self {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        let body = match text.is_empty() {
            true => Value::Null,
            false => serde_json::from_str(&text).unwrap_or_else(|fault| panic!("{fault}: {text}")),
        };
        Self { status, headers, body }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers)).to_str().unwrap()
    }

    /// The status and the code of a refusal.
    pub fn refusal(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_else(|| panic!("no problem: {self:?}")))
    }

    /// The fields found at fault, each with its code, in the order of their names.
    pub fn faults(&self) -> Vec<(&str, &str)> {
        let errors = self.body["errors"].as_array().unwrap_or_else(|| panic!("no errors: {self:?}"));
        let mut faults: Vec<_> = errors
            .iter()
            .map(|error| (error["field"].as_str().unwrap(), error["code"].as_str().unwrap()))
            .collect();
        faults.sort_unstable();
        faults
    }
}

/// A ticket that nothing is wrong with.
pub fn printer() -> Value {
    json!({"title": "The printer is on fire", "description": "Second floor, by the lift.", "category": "Hardware"})
}
