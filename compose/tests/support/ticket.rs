//! A ticket through all six services, wherever each of them is.

use std::path::Path;

use compose::services::Service;
use reqwest::Client;
use serde_json::{Value, json};

use crate::waiting::until;

/// The mails that lie below a folder.
pub fn mails(folder: &Path) -> Vec<String> {
    let mut mails = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => mails.extend(self::mails(&path)),
            path => mails.extend(std::fs::read_to_string(path)),
        }
    }
    mails
}

/// Those that have arrived for somebody.
pub fn mails_to(folder: &Path, address: &str) -> usize {
    let to = format!("To: {address}");
    mails(folder).iter().filter(|mail| mail.contains(&to)).count()
}

pub async fn post(client: &Client, url: String, token: Option<&str>, body: Value) -> Value {
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

/// Opens one for somebody who has signed up, and waits until each of the others has done its part.
pub async fn goes_through_all_six(
    at: impl Fn(Service) -> String,
    maildir: &Path,
    (ada, token): (&str, &str),
    admin: &str,
) {
    let client = Client::new();
    let before = mails_to(maildir, ada);
    let ticket = json!({ "title": "The printer is on fire", "description": "Since this morning.",
                         "category": "hardware", "priority": "HIGH" });
    let ticket = post(&client, at(Service::Tickets) + "/tickets", Some(token), ticket).await;
    let id = ticket["id"].as_str().unwrap();
    until("the ticket is on record", async || {
        let url = at(Service::Audit) + &format!("/audit/logs?resourceType=ticket&resourceId={id}");
        get(&client, url, admin).await.contains("TICKET_CREATED")
    })
    .await;
    until("she has a profile", async || {
        get(&client, at(Service::Users) + "/users/profile", token).await.contains(ada)
    })
    .await;
    until("she has her mail", async || mails_to(maildir, ada) > before).await;
    until("her list has it", async || {
        get(&client, at(Service::Notifications) + "/notifications", token).await.contains(id)
    })
    .await;
    let part = reqwest::multipart::Part::bytes(b"Smoke, then flames.".to_vec()).file_name("report.txt");
    let form = reqwest::multipart::Form::new()
        .text("ticketId", id.to_owned())
        .part("file", part.mime_str("text/plain").unwrap());
    let upload = client.post(at(Service::Files) + "/files").bearer_auth(token).multipart(form);
    let upload = upload.send().await.unwrap();
    assert_eq!(upload.status(), 201, "{}", upload.text().await.unwrap());
    until("the ticket knows its file", async || {
        let url = at(Service::Tickets) + &format!("/tickets/{id}/attachments");
        get(&client, url, token).await.contains("report.txt")
    })
    .await;
}
