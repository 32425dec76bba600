//! What the AsyncAPI document says of the events, held against its own specification, the files it names, and real events.

use std::{collections::BTreeSet, path::PathBuf};

use compose::services::Service;
use futures_util::StreamExt;
use jsonschema::{Draft, Registry, Validator};
use reqwest::multipart::{Form, Part};
use serde_json::{Map, Value, json};

use super::house::House;

/// Where the document and what it refers to are found; the folders are those of the repository.
const BASE: &str = "json-schema:///nats/";
const DOCUMENT: &str = "json-schema:///nats/asyncapi/asyncapi.yaml";

fn nats() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("nats")
}

fn document() -> Value {
    let text = std::fs::read_to_string(nats().join("asyncapi/asyncapi.yaml")).unwrap();
    serde_norway::from_str(&text).unwrap()
}

/// Every `$ref` of a value.
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
