//! People across the six services: their roles, their pictures, what is kept on them, and their end.

use std::time::{Duration, Instant};

use compose::services::Service;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::house::{House, Person};

const PASSWORD: &str = "correct horse battery staple";
const EMAIL: &str = "alicia.quetzal@example.com";

/// A route of each service that anybody who is signed in may call, or that says 403 or 404: what matters is 401.
const ROUTES: [(Service, &str); 6] = [
    (Service::Auth, "/auth/me"),
    (Service::Users, "/users/profile"),
    (Service::Tickets, "/tickets"),
    (Service::Files, "/files/01999b1e-0000-7000-8000-000000000001"),
    (Service::Notifications, "/notifications"),
    (Service::Audit, "/audit/logs"),
];

/// The smallest picture that there is.
const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0,
    0, 1, 8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 0x0d, b'I', b'D', b'A', b'T', 0x78, 0x9c, 0x63,
    0xf8, 0xcf, 0xc0, 0xf0, 0x1f, 0, 5, 0, 1, 0xff, 0x56, 0xc7, 0x2f, 0x0d, 0, 0, 0, 0, b'I', b'E', b'N',
    b'D', 0xae, 0x42, 0x60, 0x82,
];

impl House {
    async fn call(&self, by: &Person, method: Method, path: &str, body: &Value) -> (StatusCode, Value) {
        let call = self.client.request(method, format!("{}{path}", self.url)).bearer_auth(&by.token);
        let answer = if body.is_null() { call.send().await } else { call.json(body).send().await };
        let answer = answer.unwrap();
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    async fn login(&self, email: &str) -> Person {
        let body = json!({ "email": email, "password": PASSWORD });
        let answer = self.client.post(format!("{}/auth/login", self.url)).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{email}");
        let answer: Value = answer.json().await.unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Person {
            id: text(&answer["user"]["id"]),
            token: text(&answer["accessToken"]),
            refresh_token: text(&answer["refreshToken"]),
        }
    }

    async fn upload(&self, by: &Person, path: &str, form: Form) -> Value {
        let call = self.client.post(format!("{}{path}", self.url)).bearer_auth(&by.token);
        let answer = call.multipart(form).send().await.unwrap();
        let (status, body) = (answer.status(), answer.json::<Value>().await.unwrap());
        assert!(status.is_success(), "{path}: {body}");
        body
    }

    async fn give_picture(&self, to: &Person) -> Value {
        let picture = Part::bytes(PNG).file_name("me.png").mime_str("image/png").unwrap();
        self.upload(to, "/users/avatar", Form::new().part("file", picture)).await
    }

    /// Waits until all six services refuse the token; how long that took.
    async fn until_refused(&self, person: &Person) -> Duration {
        let since = Instant::now();
        for (service, path) in ROUTES {
            let url = format!("{}{path}", self.at(service));
            self.world
                .until(&format!("{service} refuses"), || async {
                    let answer = self.client.get(&url).bearer_auth(&person.token).send().await.unwrap();
                    answer.status() == StatusCode::UNAUTHORIZED
                })
                .await;
        }
        since.elapsed()
    }
}

/// What somebody leaves in a helpdesk in time.
struct Traces {
    ticket: String,
    comment: String,
    file: String,
}

/// Alicia has told of herself, has a picture, a ticket with a comment and a file, and has been notified.
async fn live_a_while(house: &House, alicia: &Person) -> Traces {
    let told = json!({
        "firstName": "Alicia", "lastName": "Quetzal", "phone": "+33 1 99 88 77 66", "department": "Aviary",
        "jobTitle": "Ornithologist",
    });
    assert_eq!(house.call(alicia, Method::PUT, "/users/profile", &told).await.0, 200);
    house.give_picture(alicia).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let ticket = text(&house.open_ticket(alicia, "The printer is on fire").await["id"]);
    let said = json!({ "content": "It is still on fire." });
    let (status, comment) =
        house.call(alicia, Method::POST, &format!("/tickets/{ticket}/comments"), &said).await;
    assert_eq!(status, 201, "{comment}");
    let log = Part::text("lp0 on fire\n").file_name("log.txt").mime_str("text/plain").unwrap();
    let form = Form::new().text("ticketId", ticket.clone()).part("file", log);
    let file = house.upload(alicia, "/files", form).await;
    house.world.drain().await;
    Traces { ticket, comment: text(&comment["id"]), file: text(&file["id"]) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_in_force_in_all_six_within_a_second() {
    let house = House::open().await;
    let (alicia, admin) = (house.register(EMAIL).await, house.admin().await);
    let path = format!("/users/{}", alicia.id);
    house.world.drain().await;
    assert_eq!(house.get(&alicia, "/admin/tickets").send().await.unwrap().status(), 403);

    let (status, given) =
        house.call(&admin, Method::PUT, &format!("{path}/role"), &json!({ "role": "agent" })).await;

    assert_eq!((status, &given["role"]), (StatusCode::OK, &json!("agent")));
    let took = house.until_refused(&alicia).await;
    assert!(took <= Duration::from_secs(1), "it took {took:?}");
    assert_eq!(house.read(&admin, &path).await["role"], json!("agent"));
    let again = house.login(EMAIL).await;
    for path in ["/admin/tickets", "/auth/me", path.as_str()] {
        house.read(&again, path).await;
    }
    house.world.drain().await;
    assert_eq!(house.read(&admin, &path).await, given, "the event says nothing else");

    // What auth does not agree to reaches the administrator as auth says it.
    let (own, nobody) = (format!("/users/{}", admin.id), "/users/01999b1e-0000-7000-8000-000000000001");
    for (method, path, body, status, code) in [
        (Method::PUT, format!("{own}/role"), json!({ "role": "user" }), 409, "own_account"),
        (Method::PUT, own.clone(), json!({ "isActive": false, "lastName": "Root" }), 409, "own_account"),
        (Method::DELETE, own.clone(), Value::Null, 409, "own_account"),
        (Method::PUT, format!("{nobody}/role"), json!({ "role": "user" }), 404, "not_found"),
        (Method::DELETE, nobody.to_owned(), Value::Null, 404, "not_found"),
    ] {
        let (answered, problem) = house.call(&admin, method.clone(), &path, &body).await;
        assert_eq!((answered.as_u16(), &problem["code"]), (status, &json!(code)), "{method} {path}");
    }
    assert_eq!(house.read(&admin, "/users/profile").await["lastName"], Value::Null, "not even half of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_is_closed_for_all_six() {
    let house = House::open().await;
    let (alicia, admin) = (house.register(EMAIL).await, house.admin().await);
    house.world.drain().await;
    let path = format!("/users/{}", alicia.id);

    let closed = json!({ "isActive": false, "department": "Former" });
    let (status, person) = house.call(&admin, Method::PUT, &path, &closed).await;

    assert_eq!(
        (status, &person["isActive"], &person["department"]),
        (StatusCode::OK, &json!(false), &json!("Former"))
    );
    let took = house.until_refused(&alicia).await;
    assert!(took <= Duration::from_secs(1), "it took {took:?}");
    let stats = house.read(&admin, "/users/stats").await;
    assert_eq!((&stats["total"], &stats["active"]), (&json!(2), &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_kept_by_files_and_shown_in_the_profile() {
    let house = House::open().await;
    let (alicia, admin) = (house.register(EMAIL).await, house.admin().await);

    let profile = house.give_picture(&alicia).await;

    let url = profile["avatarUrl"].as_str().unwrap();
    assert!(url.starts_with(&format!("/files/avatars/{}?v=", alicia.id)), "{url}");
    let shown = house.get(&admin, url).send().await.unwrap();
    assert_eq!(shown.headers()["content-type"], "image/png");
    assert_eq!(shown.bytes().await.unwrap(), PNG);
    assert_eq!(house.read(&alicia, "/users/profile").await, profile);
    assert_eq!(house.give_picture(&alicia).await, profile, "the same picture is no change");

    for _ in 0..2 {
        assert_eq!(house.call(&alicia, Method::DELETE, "/users/avatar", &Value::Null).await.0, 204);
    }
    assert_eq!(house.read(&alicia, "/users/profile").await["avatarUrl"], Value::Null);
    assert_eq!(house.get(&admin, url).send().await.unwrap().status(), 404);
    let broken = Part::bytes(&PNG[..20]).file_name("me.png").mime_str("image/png").unwrap();
    let call = house.client.post(format!("{}/users/avatar", house.url)).bearer_auth(&alicia.token);
    let refused = call.multipart(Form::new().part("file", broken)).send().await.unwrap();
    assert_eq!(refused.status(), 415, "files looks closer than users, and what it says is passed on");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_what_somebody_left_and_nothing_of_others() {
    let house = House::open().await;
    let (alicia, bob) = (house.register(EMAIL).await, house.register("bob@example.com").await);
    let foreign = house.open_ticket(&bob, "A ticket of bob's").await;
    let traces = live_a_while(&house, &alicia).await;

    let export = house.read(&alicia, "/users/profile/export").await;

    assert_eq!(export["profile"]["lastName"], json!("Quetzal"));
    for (part, known) in [
        ("auth", alicia.id.as_str()),
        ("auth", EMAIL),
        ("tickets", &traces.ticket),
        ("tickets", &traces.comment),
        ("files", &traces.file),
        ("notifications", &traces.ticket),
        ("audit", &traces.ticket),
    ] {
        assert!(export[part].to_string().contains(known), "{known} in {part}: {}", export[part]);
    }
    let text = export.to_string();
    for foreign in
        [foreign["id"].as_str().unwrap(), "bob@example.com", "passwordHash", "password_hash", "$2b$"]
    {
        assert!(!text.contains(foreign), "{foreign}");
    }
}

/// Every row of a service's tables, as text; but the logs of what was said, which are kept for their time.
async fn rows(house: &House, service: Service) -> Vec<(String, String)> {
    let db = house.world.db(service.name());
    let tables = match db.is_postgres() {
        true => "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()",
        false => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    };
    let read = async |sql: &str, column: &str| -> Vec<String> {
        let rows = db.conn().query_all_raw(db.sql(sql, [])).await.unwrap();
        rows.iter().map(|row| row.try_get("", column).unwrap()).collect()
    };
    let mut all = Vec::new();
    for table in read(tables, "name").await {
        if ["outbox", "command_outbox"].contains(&table.as_str()) {
            continue;
        }
        let text = match db.is_postgres() {
            true => "t::text".to_owned(),
            false => {
                let columns = read(&format!("SELECT name FROM pragma_table_info('{table}')"), "name").await;
                columns
                    .iter()
                    .map(|name| format!("quote(\"{name}\")"))
                    .collect::<Vec<_>>()
                    .join(" || ' ' || ")
            }
        };
        let rows = read(&format!("SELECT {text} AS row FROM \"{table}\" AS t"), "row").await;
        all.extend(rows.into_iter().map(|row| (format!("{service}.{table}"), row.to_lowercase())));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_deleted_is_out_within_a_second_and_leaves_nothing_personal() {
    let house = House::open().await;
    let (alicia, admin) = (house.register(EMAIL).await, house.admin().await);
    let traces = live_a_while(&house, &alicia).await;
    let path = format!("/users/{}", alicia.id);
    let picture = house.read(&admin, &path).await["avatarUrl"].as_str().unwrap().to_owned();
    let personal = [EMAIL, "quetzal", "ornithologist", "aviary", "99 88 77 66"];
    let live = [Service::Auth, Service::Users, Service::Tickets, Service::Files, Service::Notifications];
    for (service, needle) in
        [(Service::Auth, EMAIL), (Service::Users, "quetzal"), (Service::Notifications, EMAIL)]
    {
        let rows = rows(&house, service).await;
        assert!(
            rows.iter().any(|(_, row)| row.contains(needle)),
            "{needle} was in {service}: this looks at nothing"
        );
    }

    assert_eq!(house.call(&admin, Method::DELETE, &path, &Value::Null).await.0, 204);

    let took = house.until_refused(&alicia).await;
    assert!(took <= Duration::from_secs(1), "it took {took:?}");
    house.world.drain().await;
    for service in live {
        for (table, row) in rows(&house, service).await {
            for needle in personal {
                assert!(!row.contains(needle), "{needle} is left in {table}: {row}");
            }
        }
    }
    for path in [path.as_str(), &picture] {
        assert_eq!(house.get(&admin, path).send().await.unwrap().status(), 404, "{path}");
    }
    assert_eq!(house.call(&admin, Method::DELETE, &path, &Value::Null).await.0, 404);
    for list in ["/users", "/users?q=quetzal", "/users?department=Aviary"] {
        assert!(!house.read(&admin, list).await.to_string().contains(&alicia.id), "{list}");
    }

    // What happened with the ticket can still be read by those who work here.
    let ticket = format!("/tickets/{}", traces.ticket);
    assert_eq!(house.read(&admin, &ticket).await["title"], json!("The printer is on fire"));
    for part in ["comments", "history", "attachments"] {
        house.read(&admin, &format!("{ticket}/{part}")).await;
    }
    let comments = house.read(&admin, &format!("{ticket}/comments")).await;
    assert!(comments.to_string().contains(&traces.comment), "{comments}");
    let trail = house.read(&admin, "/audit/logs?action=USER_DELETED").await;
    assert_eq!(trail["items"][0]["userId"], json!(admin.id));

    let anew = house.register(EMAIL).await;
    assert_ne!(anew.id, alicia.id);
    assert_eq!(house.read(&anew, "/users/profile").await["lastName"], Value::Null);
    assert_eq!(house.read(&anew, "/tickets").await["items"], json!([]), "somebody else");
}
