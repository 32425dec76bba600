//! People at work: they sign up, open tickets, attach files and are answered; and later they want all of it back.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use reqwest::{Client, RequestBuilder, StatusCode, multipart};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::clients::PASSWORD;

/// Somebody, with what is theirs.
pub struct Person {
    pub email: String,
    token: String,
    ticket: String,
    file: File,
}

/// A file as it was uploaded.
pub struct File {
    pub id: String,
    content: String,
}

/// The helpdesk as its people see it.
#[derive(Clone)]
pub struct Desk {
    url: String,
    http: Client,
    admin: String,
}

impl Desk {
    /// At this address, with this administrator, who signs in.
    pub async fn enter(url: &str, admin: &str) -> Self {
        let http = Client::new();
        let mut desk = Self { url: url.to_owned(), http, admin: String::new() };
        desk.admin = desk.sign_in(admin).await;
        desk
    }

    /// Somebody comes, opens a ticket with a file, and is answered.
    pub async fn serve(&self, town: &str, number: usize) -> Person {
        let email = format!("person{number}@{town}");
        let account = self.post("/auth/register", "", &json!({"email": email, "password": PASSWORD})).await;
        let token = account["accessToken"].as_str().expect("a token").to_owned();
        let ticket =
            json!({"title": format!("Case {number}"), "description": "It burns.", "category": "hardware"});
        let ticket = self.post("/tickets", &token, &ticket).await;
        let ticket = ticket["id"].as_str().expect("an id").to_owned();
        let content = format!("What {email} has seen. ").repeat(200);
        let file = self.upload(&token, &ticket, content).await;
        self.post(&format!("/tickets/{ticket}/comments"), &self.admin, &json!({"content": "We are coming."}))
            .await;
        Person { email, token, ticket, file }
    }

    /// People come one after the other until this is over; all of them.
    pub fn keep_serving(&self, town: String, is_over: Arc<AtomicBool>) -> JoinSet<Vec<Person>> {
        let (mut work, desk) = (JoinSet::new(), self.clone());
        work.spawn(async move {
            let mut people = Vec::new();
            while !is_over.load(Ordering::SeqCst) {
                people.push(desk.serve(&town, people.len()).await);
            }
            people
        });
        work
    }

    /// All of somebody's is there: the password and the session of before, the ticket, the answer, the file.
    pub async fn has_all_of(&self, person: &Person) {
        let email = &person.email;
        let before = self.get("/auth/me", &person.token).await;
        assert_eq!(before.0, 200, "the session of {email} goes on: {}", before.1);
        let token = self.sign_in(email).await;
        let (status, ticket) = self.get(&format!("/tickets/{}", person.ticket), &token).await;
        assert!(status == 200 && ticket.contains("It burns."), "{email}: {status} {ticket}");
        let (_, comments) = self.get(&format!("/tickets/{}/comments", person.ticket), &token).await;
        assert!(comments.contains("We are coming."), "{email}: {comments}");
        let file = &person.file;
        let (_, attachments) = self.get(&format!("/tickets/{}/attachments", person.ticket), &token).await;
        assert!(attachments.contains(&file.id), "{email}: {attachments}");
        self.has(file).await;
    }

    /// A file has the bytes that it had.
    pub async fn has(&self, file: &File) {
        let (status, content) = self.get(&format!("/files/{}/download", file.id), &self.admin).await;
        assert_eq!(status, 200, "{}: {content}", file.id);
        assert!(content == file.content, "{} is another file", file.id);
    }

    /// What an administrator is told.
    pub async fn told(&self, path: &str) -> String {
        let (status, text) = self.get(path, &self.admin).await;
        assert_eq!(status, 200, "{path}: {text}");
        text
    }

    async fn sign_in(&self, email: &str) -> String {
        let answer = self.post("/auth/login", "", &json!({"email": email, "password": PASSWORD})).await;
        answer["accessToken"].as_str().expect("a token").to_owned()
    }

    async fn upload(&self, token: &str, ticket: &str, content: String) -> File {
        let part = multipart::Part::text(content.clone()).file_name("seen.txt");
        let part = part.mime_str("text/plain").expect("a media type");
        let form = multipart::Form::new().text("ticketId", ticket.to_owned()).part("file", part);
        let call = self.http.post(format!("{}/files", self.url)).bearer_auth(token).multipart(form);
        let (status, answer) = answered(call).await;
        assert_eq!(status, 201, "{answer}");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        File { id: answer["id"].as_str().expect("an id").to_owned(), content }
    }

    async fn post(&self, path: &str, token: &str, body: &Value) -> Value {
        let call = self.http.post(format!("{}{path}", self.url)).bearer_auth(token).json(body);
        let (status, answer) = answered(call).await;
        assert!(status.is_success(), "{path}: {status} {answer}");
        serde_json::from_str(&answer).expect("JSON")
    }

    async fn get(&self, path: &str, token: &str) -> (StatusCode, String) {
        answered(self.http.get(format!("{}{path}", self.url)).bearer_auth(token)).await
    }
}

impl Person {
    /// What they brought.
    pub fn file(&self) -> &File {
        &self.file
    }
}

async fn answered(call: RequestBuilder) -> (StatusCode, String) {
    let answer = call.send().await.expect("the helpdesk answers");
    let status = answer.status();
    (status, answer.text().await.expect("a whole answer"))
}
