use reqwest::{Client, Method, RequestBuilder};
use sea_orm::{ConnectionTrait, QueryResult};
use serde_json::Value;
use shared::testing::{TestCaller, World};

/// A running users service in a world of its own, where it is Monday morning until the clock is advanced.
pub struct Users {
    pub world: World,
    url: String,
    client: Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    /// Null where the body is empty.
    pub body: Value,
}

impl Users {
    pub async fn start() -> Self {
        let world = World::at("2026-03-02T09:00:00Z".parse().unwrap()).await;
        let config = users::Config::read(&world.sources("users").await).unwrap();
        let common = config.common.clone();
        let url = world
            .serve(&common, |listener, process| async move { users::run(config, listener, &process).await })
            .await;
        Self { world, url, client: Client::new() }
    }

    /// A request without a token.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub fn request(&self, caller: &TestCaller, method: Method) -> RequestBuilder {
        self.anonymous(method, "/users/profile").bearer_auth(&caller.token)
    }

    /// The caller's profile.
    pub async fn profile(&self, caller: &TestCaller) -> Value {
        let reply = Reply::to(self.request(caller, Method::GET)).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.body
    }

    pub async fn put(&self, caller: &TestCaller, patch: &Value) -> Reply {
        Reply::to(self.request(caller, Method::PUT).json(patch)).await
    }

    /// An edit that nothing is wrong with; the profile that comes of it.
    pub async fn edit(&self, caller: &TestCaller, patch: Value) -> Value {
        let reply = self.put(caller, &patch).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.body
    }

    /// Rows of the service's database.
    pub async fn rows(&self, sql: &str) -> Vec<QueryResult> {
        let db = self.world.db("users");
        db.conn().query_all_raw(db.sql(sql, [])).await.unwrap()
    }
}

impl Reply {
    pub async fn to(request: RequestBuilder) -> Self {
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        let body = match text.is_empty() {
            true => Value::Null,
            false => serde_json::from_str(&text).unwrap_or_else(|fault| panic!("{fault}: {text}")),
        };
        Self { status, body }
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
