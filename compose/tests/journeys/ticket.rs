use std::path::PathBuf;

use compose::services::Service;
use reqwest::RequestBuilder;
use reqwest::multipart::{Form, Part};
use sea_orm::{ConnectionTrait, QueryResult};
use serde_json::{Value, json};

use super::house::{House, Person};

/// The mails that were sent so far.
fn mails(house: &House) -> Vec<String> {
    let folder: PathBuf = house.world.data_dir().join("mail");
    let files = std::fs::read_dir(folder).into_iter().flatten().map(|file| file.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|end| end == "eml"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

/// The administrator's view of what happened, oldest first.
async fn actions(house: &House, admin: &Person, filter: &str) -> Vec<Value> {
    let page = house.read(admin, &format!("/audit/logs?sort=timestamp&limit=100&{filter}")).await;
    page["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_goes_all_the_way() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;

    let profile = house.read(&alice, "/users/profile").await;
    assert_eq!((&profile["userId"], &profile["email"]), (&json!(alice.id), &json!("alice@example.com")));

    let ticket = house.open_ticket(&alice, "The printer is on fire").await;
    let (id, number) = (ticket["id"].as_str().unwrap(), ticket["ticketNumber"].as_str().unwrap());

    settle(&house).await;
    assert!(mails(&house).iter().any(|mail| mail.contains("alice@example.com") && mail.contains(number)));
    let notifications = house.read(&alice, "/notifications").await;
    let about: Vec<_> =
        notifications["items"].as_array().unwrap().iter().filter(|item| item["ticketId"] == id).collect();
    assert_eq!(about.len(), 1, "{notifications}");

    let admin = house.admin().await;
    let trail = actions(&house, &admin, &format!("resourceType=ticket&resourceId={id}")).await;
    assert_eq!(trail.len(), 1, "one event, one line");
    assert_eq!(
        (&trail[0]["action"], &trail[0]["userId"], &trail[0]["details"]["ticketNumber"]),
        (&json!("TICKET_CREATED"), &json!(alice.id), &json!(number))
    );
    let sent = actions(&house, &admin, "action=NOTIFICATION_SENT").await;
    assert!(
        sent.iter().any(|line| line["correlationId"] == trail[0]["correlationId"]),
        "one request all the way"
    );
}

/// Who was mailed what, sorted, and as often as it was sent: by the notifications' own account, and by the mails.
async fn mailed(house: &House) -> Vec<String> {
    let db = house.world.db("notifications");
    let sent = "SELECT email, template FROM deliveries JOIN recipients ON user_id = recipient_id \
                WHERE channel = 'email' AND status = 'sent'";
    let rows = db.conn().query_all_raw(db.sql(sent, [])).await.unwrap();
    let text = |row: &QueryResult, column: &str| row.try_get::<String>("", column).unwrap();
    let (mut mailed, mut addresses): (Vec<_>, Vec<_>) = rows
        .iter()
        .map(|row| (text(row, "email"), text(row, "template")))
        .map(|(address, template)| (format!("{address} {template}"), address))
        .unzip();
    mailed.sort_unstable();
    addresses.sort_unstable();
    let to = |mail: &str| mail.lines().find_map(|line| Some(line.strip_prefix("To: ")?.trim().to_owned()));
    let mut reached: Vec<_> = mails(house).iter().map(|mail| to(mail).unwrap()).collect();
    reached.sort_unstable();
    assert_eq!(reached, addresses, "what it says it sent, it sent");
    mailed
}

/// Waits until all that was done is told, mailed, and told of being mailed.
async fn settle(house: &House) {
    house.world.drain().await;
    let waiting = "SELECT count(*) AS number FROM deliveries WHERE channel = 'email' AND status = 'pending'";
    let db = house.world.db("notifications");
    house
        .world
        .until("every mail is sent", || async {
            let row = db.conn().query_one_raw(db.sql(waiting, [])).await.unwrap().unwrap();
            row.try_get::<i64>("", "number").unwrap() == 0
        })
        .await;
    house.world.drain().await;
}

/// Somebody whom the administrator has made an agent, signed in since.
async fn hired(house: &House, admin: &Person, email: &str) -> Person {
    let newcomer = house.register(email).await;
    house.world.drain().await;
    let path = format!("/users/{}/role", newcomer.id);
    done(house.client.put(format!("{}{path}", house.url)), admin, json!({ "role": "agent" })).await;
    let body = json!({ "email": email, "password": "correct horse battery staple" });
    let login = house.client.post(format!("{}/auth/login", house.url)).json(&body).send().await.unwrap();
    let token = login.json::<Value>().await.unwrap()["accessToken"].as_str().unwrap().to_owned();
    Person { token, ..newcomer }
}

/// A call that is to succeed; what it answers.
async fn done(call: RequestBuilder, by: &Person, body: Value) -> Value {
    let answer = call.bearer_auth(&by.token).json(&body).send().await.unwrap();
    let (status, said) = (answer.status(), answer.json::<Value>().await.unwrap_or_default());
    assert!(status.is_success(), "{body}: {status} {said}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_lives_its_whole_life_and_each_who_is_to_know_is_told_once() {
    let house = House::open().await;
    let (admin, alice) = (house.admin().await, house.register("alice@example.com").await);
    let bob = hired(&house, &admin, "bob@example.com").await;
    // That he is an agent has to have reached those who ask.
    house.world.drain().await;
    let ticket = house.open_ticket(&alice, "The printer is on fire").await;
    let id = ticket["id"].as_str().unwrap();
    let put = |path: &str| house.client.put(format!("{}/admin/tickets/{id}{path}", house.url));
    let post = |path: &str| house.client.post(format!("{}/tickets/{id}{path}", house.url));

    done(put("/assign"), &admin, json!({ "assignedTo": bob.id })).await;
    done(post("/comments"), &bob, json!({ "content": "I am on my way." })).await;
    done(post("/comments"), &bob, json!({ "content": "Again her.", "isInternal": true })).await;
    done(put("/status"), &bob, json!({ "status": "IN_PROGRESS" })).await;
    done(put("/status"), &bob, json!({ "status": "WAITING_USER", "comment": "Which floor?" })).await;
    done(post("/comments"), &alice, json!({ "content": "The second." })).await;
    let answered = house.read(&alice, &format!("/tickets/{id}")).await;
    assert_eq!(answered["status"], "IN_PROGRESS", "her answer takes it up again");
    done(put("/status"), &bob, json!({ "status": "RESOLVED", "resolution": "Put out." })).await;
    done(post("/close"), &alice, json!({})).await;
    let reopened = done(post("/reopen"), &alice, json!({})).await;
    assert_eq!((&reopened["status"], &reopened["resolution"]), (&json!("OPEN"), &Value::Null), "{reopened}");

    settle(&house).await;
    assert_eq!(
        mailed(&house).await,
        [
            "admin@example.com ticket_unassigned",
            "admin@example.com welcome",
            "alice@example.com email_verification",
            "alice@example.com ticket_commented",
            "alice@example.com ticket_created",
            "alice@example.com ticket_resolved",
            // It is taken up, and she is asked; that her answer takes it up again is her own doing.
            "alice@example.com ticket_updated",
            "alice@example.com ticket_updated",
            "alice@example.com welcome",
            "bob@example.com email_verification",
            "bob@example.com role_changed",
            "bob@example.com ticket_assigned",
            "bob@example.com ticket_closed",
            "bob@example.com ticket_commented",
            "bob@example.com ticket_reopened",
            "bob@example.com ticket_unassigned",
            "bob@example.com welcome",
        ]
    );
    let written = |words: &str| mails(&house).iter().filter(|mail| mail.contains(words)).count();
    assert_eq!(written("I am on my way."), 1);
    assert_eq!(written("Again her."), 0, "what agents say to agents stays there");

    let trail = actions(&house, &admin, &format!("resourceType=ticket&resourceId={id}")).await;
    let who = |line: &Value| match line["userId"].as_str() {
        Some(id) if id == alice.id => "alice",
        Some(id) if id == bob.id => "bob",
        Some(id) if id == admin.id => "admin",
        _ => "nobody",
    };
    let trail: Vec<String> = trail
        .iter()
        .map(|line| {
            let to = line["details"]["newStatus"].as_str().unwrap_or_default();
            format!("{} {} {to}", who(line), line["action"].as_str().unwrap()).trim().to_owned()
        })
        .collect();
    assert_eq!(
        trail,
        [
            "alice TICKET_CREATED",
            "admin TICKET_ASSIGNED",
            "bob TICKET_COMMENTED",
            "bob TICKET_COMMENTED",
            "bob TICKET_STATUS_CHANGED IN_PROGRESS",
            "bob TICKET_STATUS_CHANGED WAITING_USER",
            "alice TICKET_COMMENTED",
            "alice TICKET_STATUS_CHANGED IN_PROGRESS",
            "bob TICKET_STATUS_CHANGED RESOLVED",
            "alice TICKET_STATUS_CHANGED CLOSED",
            "alice TICKET_STATUS_CHANGED OPEN",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_belongs_to_those_who_see_its_ticket() {
    let house = House::open().await;
    let (alice, bob) = (house.register("alice@example.com").await, house.register("bob@example.com").await);
    let ticket = house.open_ticket(&alice, "The printer is on fire").await;
    let id = ticket["id"].as_str().unwrap().to_owned();
    let text = "the printer says: lp0 on fire\n";
    let form = || {
        let file = Part::text(text).file_name("log.txt").mime_str("text/plain").unwrap();
        Form::new().text("ticketId", id.clone()).part("file", file)
    };
    let upload = |person: &Person| {
        house.client.post(format!("{}/files", house.url)).bearer_auth(&person.token).multipart(form()).send()
    };

    let answer = upload(&alice).await.unwrap();
    assert_eq!(answer.status(), 201);
    let file: Value = answer.json().await.unwrap();
    let path = format!("/files/{}/download", file["id"].as_str().unwrap());
    assert_eq!(house.get(&alice, &path).send().await.unwrap().text().await.unwrap(), text);

    assert_eq!(upload(&bob).await.unwrap().status(), 404, "a stranger's ticket does not exist");
    assert_eq!(house.get(&bob, &path).send().await.unwrap().status(), 404);
    assert_eq!(house.get(&bob, &format!("/tickets/{id}")).send().await.unwrap().status(), 404);

    house.world.drain().await;
    let admin = house.admin().await;
    let trail = actions(&house, &admin, "action=FILE_UPLOADED").await;
    assert_eq!(trail.len(), 1);
    assert_eq!(trail[0]["details"]["fileName"], "log.txt");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_service_answers_on_its_own_port_as_on_the_common_one() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;
    house.open_ticket(&alice, "The printer is on fire").await;
    house.world.drain().await;
    for (service, path) in [
        (Service::Auth, "/auth/me"),
        (Service::Users, "/users/profile"),
        (Service::Tickets, "/tickets"),
        (Service::Notifications, "/notifications"),
    ] {
        let own = house.client.get(format!("{}{path}", house.at(service))).bearer_auth(&alice.token);
        let own: Value = own.send().await.unwrap().json().await.unwrap();
        assert_eq!(own, house.read(&alice, path).await, "{service}");
    }
    let elsewhere =
        house.client.get(format!("{}/tickets", house.at(Service::Users))).bearer_auth(&alice.token);
    assert_eq!(elsewhere.send().await.unwrap().status(), 404, "each on its port has its own routes only");
}
