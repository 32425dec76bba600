use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use shared::events::UserRegistered;
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
        Self::with(&[]).await
    }

    /// The same with settings of its own.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let world = World::at("2026-03-02T09:00:00Z".parse().unwrap()).await;
        let mut sources = world.sources("tickets").await.with("TIMER_POLL", "20ms");
        for (key, value) in settings {
            sources = sources.with(key, *value);
        }
        let config = tickets::Config::read(&sources).unwrap();
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

    pub async fn put(&self, caller: &TestCaller, path: &str, body: Value) -> Reply {
        Reply::to(self.request(caller, Method::PUT, path).json(&body)).await
    }

    /// An agent of whom auth has told.
    pub async fn staffed(&self, email: &str) -> TestCaller {
        let agent = self.world.agent(email);
        let event = UserRegistered { user_id: agent.id, email: email.to_owned(), role: "agent".to_owned() };
        self.world.deliver(&event, 1, Some(agent.id)).await;
        agent
    }

    /// Opens a ticket and gives its path.
    pub async fn opened(&self, caller: &TestCaller, fields: Value) -> String {
        format!("/tickets/{}", self.open(caller, fields).await["id"].as_str().unwrap())
    }

    /// Moves a ticket as an agent, which must go well; its body.
    pub async fn moved(&self, agent: &TestCaller, ticket: &str, status: &str) -> Value {
        let reply = self.put(agent, &format!("/admin{ticket}/status"), json!({ "status": status })).await;
        assert_eq!(reply.status, 200, "to {status}: {reply:?}");
        reply.body
    }

    /// Moves a ticket along the whole way to a status.
    pub async fn brought_to(&self, agent: &TestCaller, ticket: &str, status: &str) {
        let way: &[&str] = match status {
            "OPEN" => &[],
            "IN_PROGRESS" => &["IN_PROGRESS"],
            "WAITING_USER" => &["IN_PROGRESS", "WAITING_USER"],
            "RESOLVED" => &["IN_PROGRESS", "RESOLVED"],
            "CLOSED" => &["IN_PROGRESS", "RESOLVED", "CLOSED"],
            other => panic!("{other} is no status"),
        };
        for step in way {
            self.moved(agent, ticket, step).await;
        }
    }

    /// Writes on a ticket, which must go well; the comment.
    pub async fn wrote(&self, caller: &TestCaller, ticket: &str, content: &str, is_internal: bool) -> Value {
        let body = json!({ "content": content, "isInternal": is_internal });
        let request = self.request(caller, Method::POST, &format!("{ticket}/comments")).json(&body);
        let reply = Reply::to(request).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        reply.body
    }

    /// All items of a list, page by page.
    pub async fn all(&self, caller: &TestCaller, path: &str) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let mark = if path.contains('?') { '&' } else { '?' };
            let page = self.get(caller, &format!("{path}{mark}limit=3{cursor}")).await;
            assert_eq!(page.status, 200, "{page:?}");
            items.extend(page.body["items"].as_array().unwrap().iter().cloned());
            match page.body["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }

    /// What was told of a ticket so far: event types and their data, in their order.
    pub async fn told(&self, ticket: &str) -> Vec<(String, Value)> {
        let events = self.world.emitted("tickets").await;
        let of_it = events.into_iter().filter(|event| ticket.ends_with(&event.aggregate_id.to_string()));
        of_it
            .map(|event| (event.event_type.clone(), serde_json::from_str(event.data.get()).unwrap()))
            .collect()
    }

    /// Lets time pass and waits until all that became due has happened.
    pub async fn pass(&self, time: chrono::TimeDelta) {
        self.world.clock().advance(time);
        let now = self.world.clock().now();
        let due = "SELECT count(*) AS rows FROM tickets WHERE next_timer_at <= $1";
        self.world
            .until("what is due has happened", || async { self.number(due, [now.into()]).await == 0 })
            .await;
    }

    /// A number out of the database.
    pub async fn number<const N: usize>(&self, sql: &str, values: [sea_orm::Value; N]) -> i64 {
        use sea_orm::ConnectionTrait;
        let db = self.world.db("tickets");
        db.conn().query_one_raw(db.sql(sql, values)).await.unwrap().unwrap().try_get("", "rows").unwrap()
    }

    /// How many rows a table of the service's database has.
    pub async fn count(&self, table: &str) -> i64 {
        self.number(&format!("SELECT count(*) AS rows FROM {table}"), []).await
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
