use std::path::PathBuf;

use compose::services::Service;
use reqwest::multipart::{Form, Part};
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

async fn until_mailed(house: &House, to: &str, about: &str) {
    house
        .world
        .until(&format!("a mail to {to} about {about}"), || async {
            mails(house).iter().any(|mail| mail.contains(to) && mail.contains(about))
        })
        .await;
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

    until_mailed(&house, "alice@example.com", number).await;
    house.world.drain().await;
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
