//! What the AsyncAPI document says of messages, held against AsyncAPI's own schema, the files that it names, and real events.

use std::{collections::BTreeSet, path::PathBuf};

use compose::services::Service;
use futures_util::StreamExt;
use jsonschema::{Draft, Retrieve, Uri, Validator};
use reqwest::multipart::{Form, Part};
use serde_json::{Map, Value, json};

use super::house::House;

const DOCUMENT: &str = "repository:/nats/asyncapi/asyncapi.yaml";

/// What a reference leads to: files of the repository, and nothing from elsewhere.
struct Repository;

impl Repository {
    fn read(uri: &str) -> Result<Value, String> {
        let path =
            uri.strip_prefix("repository:/").ok_or_else(|| format!("{uri} is not of the repository"))?;
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(path);
        let text = std::fs::read_to_string(file).map_err(|error| format!("{uri}: {error}"))?;
        serde_norway::from_str(&text).map_err(|error| format!("{uri}: {error}"))
    }
}

impl Retrieve for Repository {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let mut found = Self::read(uri.as_str())?;
        if uri.as_str() == DOCUMENT {
            // The schemas within are AsyncAPI's, which are those of this draft.
            found["$schema"] = "http://json-schema.org/draft-07/schema#".into();
        }
        Ok(found)
    }
}

/// A schema within the document, as in `components/messages/ticket.created/payload`.
fn described(at: &str) -> Validator {
    jsonschema::options()
        .with_draft(Draft::Draft7)
        .with_retriever(Repository)
        .should_validate_formats(true)
        .build(&json!({ "$ref": format!("{DOCUMENT}#/{at}") }))
        .unwrap_or_else(|error| panic!("{at}: {error}"))
}

fn faults(validator: &Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn the_document_is_as_asyncapi_wants_it() {
    let schema: Value = serde_json::from_str(include_str!("asyncapi_3/schema.json")).unwrap();
    let schema = jsonschema::options().with_draft(Draft::Draft7).build(&schema).unwrap();
    let document = Repository::read(DOCUMENT).unwrap();
    assert_eq!(faults(&schema, &document), [""; 0]);
    for (at, wrong) in [
        ("/channels/ticket.created/address", json!(1)),
        ("/channels/ticket.created/parameters/aggregateId", json!({ "type": "string" })),
        ("/operations/audit.asks.outbox/action", json!("ask")),
        ("/components/messages/ticket.created/payload", json!({ "type": "text" })),
    ] {
        let mut broken = document.clone();
        *broken.pointer_mut(at).unwrap() = wrong;
        assert!(!schema.is_valid(&broken), "{at}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = Repository::read(DOCUMENT).unwrap();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for reference in &found {
        let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let target = match file.strip_prefix("../") {
            None => document.clone(),
            Some(file) => Repository::read(&format!("repository:/nats/{file}")).unwrap(),
        };
        assert!(target.pointer(pointer).is_some(), "{reference}");
    }
    for kind in shared::events::ALL {
        assert!(found.contains(&format!("../schemas/{}.json", kind.name)), "{}", kind.name);
        described(&format!("components/messages/{}/payload", kind.name));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_is_as_the_document_says() {
    let house = House::open().await;
    happen(&house).await;
    let mut seen = BTreeSet::new();
    for service in Service::ALL {
        for event in house.world.emitted(service.name()).await {
            let event = serde_json::to_value(&event).unwrap();
            holds(&mut seen, &event, None);
        }
    }
    for kind in [
        "file.downloaded",
        "file.uploaded",
        "notification.sent",
        "ticket.assigned",
        "ticket.commented",
        "ticket.created",
        "ticket.status_changed",
        "ticket.updated",
        "user.login",
        "user.login_failed",
        "user.profile_updated",
        "user.registered",
        "user.role_changed",
    ] {
        assert!(seen.contains(kind), "{kind} did not happen: {seen:?}");
    }
    // As they lie on the stream, headers and all, where there is one.
    let Some(stream) = house.world.stream().await else { return };
    let from_the_start = async_nats::jetstream::consumer::pull::OrderedConfig::default();
    let last = stream.cached_info().state.last_sequence;
    let mut messages = stream.create_consumer(from_the_start).await.unwrap().messages().await.unwrap();
    let mut number = 0;
    while number < last {
        let message = messages.next().await.unwrap().unwrap();
        number = message.info().unwrap().stream_sequence;
        let headers = message.headers.as_ref().unwrap();
        let headers: Map<String, Value> = headers
            .iter()
            .map(|(name, values)| (name.to_string(), Value::from(values[0].as_str())))
            .collect();
        let event: Value = serde_json::from_slice(&message.payload).unwrap();
        let subject = format!(
            "helpdesk.{}.{}",
            event["eventType"].as_str().unwrap(),
            event["aggregateId"].as_str().unwrap()
        );
        assert!(message.subject.ends_with(&subject), "{}", message.subject);
        holds(&mut seen, &event, Some(headers.into()));
    }
}

/// Whether an event is as described, with its headers where they are known.
fn holds(seen: &mut BTreeSet<String>, event: &Value, headers: Option<Value>) {
    let name = event["eventType"].as_str().unwrap().to_owned();
    let payload = described(&format!("components/messages/{name}/payload"));
    assert_eq!(faults(&payload, event), [""; 0], "{event}");
    let mut broken = event.clone();
    broken["source"] = "nobody".into();
    assert!(!payload.is_valid(&broken), "{name}");
    broken = event.clone();
    broken["data"].as_object_mut().unwrap().clear();
    assert!(!payload.is_valid(&broken), "{name}");
    if let Some(headers) = headers {
        let schema = described(&format!("components/messages/{name}/headers"));
        assert_eq!(faults(&schema, &headers), [""; 0], "{name}: {headers}");
    }
    seen.insert(name);
}

/// A day at the desk, so that there is something of most kinds.
async fn happen(house: &House) {
    let (admin, alice) = (house.admin().await, house.register("alice@example.com").await);
    let wrong = json!({ "email": "alice@example.com", "password": "not the one" });
    let refused = house.client.post(format!("{}/auth/login", house.url)).json(&wrong).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    house.world.drain().await;
    let ticket = house.open_ticket(&alice, "The printer is on fire").await;
    let id = ticket["id"].as_str().unwrap();
    let file = Part::text("lp0 on fire").file_name("log.txt").mime_str("text/plain").unwrap();
    let form = Form::new().text("ticketId", id.to_owned()).part("file", file);
    let upload = house.client.post(format!("{}/files", house.url)).bearer_auth(&alice.token).multipart(form);
    let file: Value = upload.send().await.unwrap().json().await.unwrap();
    let download = format!("/files/{}/download", file["id"].as_str().unwrap());
    assert_eq!(house.get(&alice, &download).send().await.unwrap().status(), 200);
    for (method, path, body, by) in [
        ("PUT", format!("/tickets/{id}"), json!({ "title": "The printer burns" }), &alice),
        ("PUT", "/users/profile".to_owned(), json!({ "firstName": "Alice" }), &alice),
        ("PUT", format!("/admin/tickets/{id}/assign"), json!({ "assignedTo": admin.id }), &admin),
        ("PUT", format!("/admin/tickets/{id}/status"), json!({ "status": "IN_PROGRESS" }), &admin),
        ("POST", format!("/tickets/{id}/comments"), json!({ "content": "At once." }), &admin),
        ("PUT", format!("/users/{}/role", alice.id), json!({ "role": "agent" }), &admin),
    ] {
        let call = house.client.request(method.parse().unwrap(), format!("{}{path}", house.url));
        let answer = call.bearer_auth(&by.token).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
    }
    let is_sent = || async {
        let sent = house.world.emitted("notifications").await;
        sent.iter().any(|event| event.event_type == "notification.sent")
    };
    house.world.until("a mail is sent", is_sent).await;
    house.world.drain().await;
}

#[test]
fn questions_and_answers_are_as_the_document_says() {
    let again = shared::bus::Again::of([3..=5, 9..=9]);
    let question = described("components/schemas/outbox.question");
    assert_eq!(faults(&question, &serde_json::to_value(&again).unwrap()), [""; 0]);
    assert!(!question.is_valid(&json!({ "again": [[3]] })));
    let ends = shared::bus::OutboxEnds { oldest: 1, published: 42 };
    let answer = described("components/schemas/outbox.answer");
    assert_eq!(faults(&answer, &serde_json::to_value(ends).unwrap()), [""; 0]);
    assert!(!answer.is_valid(&json!({ "error": "no" })));
}
