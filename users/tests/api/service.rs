use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use sea_orm::{ConnectionTrait, QueryResult};
use serde_json::Value;
use shared::config::Sources;
use shared::events::UserRegistered;
use shared::testing::{TestCaller, World};

use crate::peers::Peers;

/// A running users service in a world of its own, where it is Monday morning until the clock is advanced.
pub struct Users {
    pub world: World,
    /// The others, as far as they are asked.
    pub peers: Peers,
    url: String,
    pub sources: Sources,
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

impl Users {
    pub async fn start() -> Self {
        Self::with(|sources, _| sources).await
    }

    /// With settings of its own; the others are known by then.
    pub async fn with(settings: impl FnOnce(Sources, &Peers) -> Sources) -> Self {
        let world = World::at("2026-03-02T09:00:00Z".parse().unwrap()).await;
        let sources = world.sources("users").await;
        let keys = users::Config::read(&sources).unwrap().peers.auth;
        let peers = Peers::start(&keys).await;
        let sources = [
            "AUTH_SERVICE_URL",
            "TICKET_SERVICE_URL",
            "FILE_SERVICE_URL",
            "NOTIFICATION_SERVICE_URL",
            "AUDIT_SERVICE_URL",
        ]
        .into_iter()
        .fold(sources, |sources, key| sources.with(key, &peers.url));
        let sources = settings(sources, &peers);
        let url = Self::serve(&world, &sources).await;
        Self { world, peers, url, sources, client: Client::new() }
    }

    /// One replica; its URL.
    pub async fn serve(world: &World, sources: &Sources) -> String {
        let config = users::Config::read(sources).unwrap();
        let common = config.common.clone();
        world
            .serve(&common, |listener, process| async move { users::run(config, listener, &process).await })
            .await
    }

    /// For calls to other replicas.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A request without a token.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub fn request(&self, caller: &TestCaller, method: Method) -> RequestBuilder {
        self.anonymous(method, "/users/profile").bearer_auth(&caller.token)
    }

    /// A call by somebody, read to its end.
    pub async fn call(&self, caller: &TestCaller, method: Method, path: &str) -> Reply {
        Reply::to(self.anonymous(method, path).bearer_auth(&caller.token)).await
    }

    pub async fn get(&self, caller: &TestCaller, path: &str) -> Reply {
        self.call(caller, Method::GET, path).await
    }

    pub async fn put_to(&self, caller: &TestCaller, path: &str, body: &Value) -> Reply {
        Reply::to(self.anonymous(Method::PUT, path).bearer_auth(&caller.token).json(body)).await
    }

    /// All items of a list, page by page. The path has its query already.
    pub async fn pages(&self, caller: &TestCaller, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(caller, &format!("{path}{cursor}")).await;
            items.extend_from_slice(page.items());
            match page.body["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }

    /// Auth's event of somebody's registration, taken; auth's stage knows them too.
    pub async fn registered(&self, caller: &TestCaller, role: &str) {
        self.peers.account(caller, role);
        let email = caller.email.clone();
        let event = UserRegistered { user_id: caller.id, email, role: role.to_owned() };
        self.world.deliver(&event, 1, Some(caller.id)).await;
    }

    /// Somebody who is registered.
    pub async fn user(&self, email: &str) -> TestCaller {
        let user = self.world.user(email);
        self.registered(&user, "user").await;
        user
    }

    /// An administrator who is registered.
    pub async fn admin(&self) -> TestCaller {
        let admin = self.world.admin("admin@example.com");
        self.registered(&admin, "admin").await;
        admin
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
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        let body = match text.is_empty() {
            true => Value::Null,
            false => serde_json::from_str(&text).unwrap_or_else(|fault| panic!("{fault}: {text}")),
        };
        Self { status, headers, body }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The items of a page.
    pub fn items(&self) -> &[Value] {
        assert_eq!(self.status, 200, "{self:?}");
        self.body["items"].as_array().unwrap()
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
