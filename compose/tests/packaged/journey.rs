use std::{
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use compose::services::Service;
use reqwest::Client;
use serde_json::{Value, json};

use crate::{
    installed::{ADMIN, Machine, named},
    supervisor::Supervised,
    waiting::until,
};

async fn post(client: &Client, url: String, token: Option<&str>, body: Value) -> Value {
    let call = client.post(&url).json(&body);
    let answer = token.into_iter().fold(call, |call, token| call.bearer_auth(token)).send().await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert!(status.is_success(), "{url}: {status} {text}");
    serde_json::from_str(&text).unwrap()
}

async fn get(client: &Client, url: String, token: &str) -> String {
    client.get(url).bearer_auth(token).send().await.unwrap().text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_six_of_the_package_open_record_and_mail_a_ticket_and_are_restarted_unnoticed() {
    let Some(machine) = Machine::install().await else { return };
    let mut services = machine.start();
    let client = Client::new();
    let ada = format!("ada-{}@example.com", machine.prefix);
    let account = json!({ "email": ada, "password": "correct horse battery" });
    let registered = post(&client, machine.at(Service::Auth) + "/auth/register", None, account).await;
    let token = registered["accessToken"].as_str().unwrap();
    let admin = json!({ "email": ADMIN.0, "password": ADMIN.1 });
    let admin = post(&client, machine.at(Service::Auth) + "/auth/login", None, admin).await;
    let admin = admin["accessToken"].as_str().unwrap();

    journey(&machine, &client, &ada, token, admin).await;
    restarts(&machine, &mut services, token).await;
    journey(&machine, &client, &ada, token, admin).await;
    postman(&machine);

    let mut logs = Vec::new();
    for service in services {
        logs.push(service.stop().await);
    }
    for log in &logs {
        assert!(!log.contains("NATS refuses"), "{log}");
    }
    for secret in [ADMIN.1, &"j".repeat(32), &"a".repeat(32)] {
        assert!(logs.iter().all(|log| !log.contains(secret)), "a secret is in a log");
    }
    machine.clean().await;
}

/// A ticket through all six.
async fn journey(machine: &Machine, client: &Client, ada: &str, token: &str, admin: &str) {
    let mails = machine.mails_to(ada);
    let ticket = json!({ "title": "The printer is on fire", "description": "Since this morning.",
                         "category": "hardware", "priority": "HIGH" });
    let ticket = post(client, machine.at(Service::Tickets) + "/tickets", Some(token), ticket).await;
    let id = ticket["id"].as_str().unwrap();
    until("the ticket is on record", async || {
        let url = machine.at(Service::Audit) + &format!("/audit/logs?resourceType=ticket&resourceId={id}");
        get(client, url, admin).await.contains("TICKET_CREATED")
    })
    .await;
    until("she has a profile", async || {
        get(client, machine.at(Service::Users) + "/users/profile", token).await.contains(ada)
    })
    .await;
    until("she has her mail", async || machine.mails_to(ada) > mails).await;
    until("her list has it", async || {
        get(client, machine.at(Service::Notifications) + "/notifications", token).await.contains(id)
    })
    .await;
    let part = reqwest::multipart::Part::bytes(b"Smoke, then flames.".to_vec()).file_name("report.txt");
    let form = reqwest::multipart::Form::new()
        .text("ticketId", id.to_owned())
        .part("file", part.mime_str("text/plain").unwrap());
    let upload = client.post(machine.at(Service::Files) + "/files").bearer_auth(token).multipart(form);
    let upload = upload.send().await.unwrap();
    assert_eq!(upload.status(), 201, "{}", upload.text().await.unwrap());
    until("the ticket knows its file", async || {
        let url = machine.at(Service::Tickets) + &format!("/tickets/{id}/attachments");
        get(client, url, token).await.contains("report.txt")
    })
    .await;
}

/// Every collection of `compose/postman`, where `cargo xtask test --postman` has fetched newman and its script is named.
fn postman(machine: &Machine) {
    let Some(script) = named("TEST_NEWMAN") else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("postman");
    for collection in std::fs::read_dir(folder.join("collections")).unwrap() {
        let mut newman = Command::new("node");
        newman.arg(&script).env("COLLECTION", collection.unwrap().path()).env("FOLDER", &folder);
        newman.env("ENVIRONMENT", "compose");
        newman.env("VARIABLE_adminEmail", ADMIN.0).env("VARIABLE_adminPassword", ADMIN.1);
        newman.envs(Service::ALL.map(|service| (format!("VARIABLE_{service}Url"), machine.at(service))));
        let output = newman.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

/// Each of them once, while requests go on, a new connection each: none fails.
#[allow(clippy::disallowed_methods, reason = "the test joins what it spawns")]
async fn restarts(machine: &Machine, services: &mut [Supervised], token: &str) {
    let done = Arc::new(AtomicBool::new(false));
    let paths = [
        (Service::Auth, "/auth/me"),
        (Service::Users, "/users/profile"),
        (Service::Tickets, "/tickets"),
        (Service::Files, "/health"),
        (Service::Notifications, "/notifications"),
        (Service::Audit, "/health"),
    ];
    let asking: Vec<_> = paths
        .into_iter()
        .map(|(service, path)| {
            let (done, url, token) = (done.clone(), machine.at(service) + path, token.to_owned());
            tokio::spawn(async move {
                let client = Client::builder().pool_max_idle_per_host(0).build().unwrap();
                let mut answered = 0;
                while !done.load(Ordering::SeqCst) {
                    let answer = client.get(&url).bearer_auth(&token).send().await;
                    let answer = answer.unwrap_or_else(|fault| panic!("{url}, after {answered}: {fault:?}"));
                    assert!(answer.status().is_success(), "{url}: {}", answer.status());
                    answer.bytes().await.unwrap();
                    answered += 1;
                }
                answered
            })
        })
        .collect();
    for service in services {
        service.restart().await;
    }
    done.store(true, Ordering::SeqCst);
    for task in asking {
        assert!(task.await.unwrap() > 10);
    }
}
