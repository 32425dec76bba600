//! The OpenAPI document of all six services, as a collection needs it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use serde_json::{Map, Value, json};

const SCRIPT: &str = include_str!("contract.js");
const SCHEMAS: &str = "#/components/schemas/";
/// What a schema says to people, or to other programs than those that check answers.
const UNCHECKED: [&str; 6] =
    ["description", "example", "default", "propertyNames", "contentMediaType", "contentEncoding"];

/// The document.
pub struct Contract(Value);

/// An operation of the document.
#[derive(Clone, Copy)]
pub struct Operation<'a> {
    pub method: &'a str,
    pub path: &'a str,
    about: &'a Value,
}

impl Contract {
    pub const fn new(document: Value) -> Self {
        Self(document)
    }

    /// All operations of a service, as in `GET /tickets/{id}`. Those of `operations` are every service's.
    pub fn of<'a>(&'a self, service: &'a str) -> impl Iterator<Item = String> + 'a {
        let paths = self.0["paths"].as_object().into_iter().flatten();
        let all = paths.flat_map(|(path, methods)| {
            methods.as_object().into_iter().flatten().map(move |(method, about)| (path, method, about))
        });
        all.filter(move |(.., about)| [service, "operations"].contains(&tag(about)))
            .map(|(path, method, _)| format!("{} {path}", method.to_uppercase()))
    }

    /// An operation by its method and path.
    ///
    /// # Errors
    /// When the document does not have it.
    pub fn operation<'a>(&'a self, name: &'a str) -> anyhow::Result<Operation<'a>> {
        let (method, path) = name.split_once(' ').with_context(|| format!("{name} has no method"))?;
        let about = &self.0["paths"][path][method.to_lowercase()];
        anyhow::ensure!(about.is_object(), "{name} is not in the OpenAPI document");
        Ok(Operation { method, path, about })
    }

    /// The script that holds every answer of these operations against the document.
    pub fn script(&self, operations: &[Operation]) -> anyhow::Result<String> {
        let mut schemas = BTreeMap::new();
        self.gather(&json!({ "$ref": format!("{SCHEMAS}Problem") }), &mut schemas);
        let mut answers = BTreeMap::new();
        for operation in operations {
            let mut statuses = Map::new();
            for (status, answer) in operation.about["responses"].as_object().into_iter().flatten() {
                if !status.starts_with(['2', '3']) {
                    continue;
                }
                let mut types = Map::new();
                for (media_type, content) in answer["content"].as_object().into_iter().flatten() {
                    // The rest is text or bytes, of whatever form.
                    let schema = match media_type.as_str() {
                        "application/json" => self.checked(&content["schema"]),
                        _ => Value::Null,
                    };
                    self.gather(&schema, &mut schemas);
                    types.insert(media_type.clone(), schema);
                }
                statuses.insert(status.clone(), Value::Object(types));
            }
            answers.insert(
                format!("{} {}", operation.method, operation.postman_path()),
                Value::Object(statuses),
            );
        }
        Ok(SCRIPT
            .replace("{OPERATIONS}", &line_by_line(&answers)?)
            .replace("{SCHEMAS}", &line_by_line(&schemas)?))
    }

    /// This schema's and those that it refers to.
    fn gather(&self, schema: &Value, into: &mut BTreeMap<String, Value>) {
        for name in references(schema) {
            let found = self.checked(&self.0["components"]["schemas"][&name]);
            if into.insert(name, found.clone()).is_none() {
                self.gather(&found, into);
            }
        }
    }

    /// A schema without what does not check anything, and closed: what the document does not name must not be sent.
    fn checked(&self, schema: &Value) -> Value {
        let Some(fields) = schema.as_object() else { return schema.clone() };
        if let Some(parts) = fields.get("allOf").and_then(Value::as_array) {
            return self.joined(parts);
        }
        let mut checked = Map::new();
        for (key, value) in fields.iter().filter(|(key, _)| !UNCHECKED.contains(&key.as_str())) {
            let value = match (key.as_str(), value) {
                ("properties", Value::Object(properties)) => properties
                    .iter()
                    .map(|(name, schema)| (name.clone(), self.checked(schema)))
                    .collect::<Map<_, _>>()
                    .into(),
                ("enum" | "const" | "required", _) => value.clone(),
                (_, Value::Array(items)) => items.iter().map(|it| self.checked(it)).collect(),
                (_, value) => self.checked(value),
            };
            checked.insert(key.clone(), value);
        }
        if checked.contains_key("properties") && !checked.contains_key("additionalProperties") {
            checked.insert("additionalProperties".into(), false.into());
        }
        checked.into()
    }

    /// One object of several that are said to be one.
    fn joined(&self, parts: &[Value]) -> Value {
        let (mut properties, mut required) = (Map::new(), BTreeSet::new());
        for part in parts {
            let part = match part["$ref"].as_str().and_then(|it| it.strip_prefix(SCHEMAS)) {
                Some(name) => self.checked(&self.0["components"]["schemas"][name]),
                None => self.checked(part),
            };
            properties.extend(part["properties"].as_object().cloned().unwrap_or_default());
            let names = part["required"].as_array().into_iter().flatten();
            required.extend(names.filter_map(Value::as_str).map(ToOwned::to_owned));
        }
        json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
    }
}

impl<'a> Operation<'a> {
    /// Whose it is.
    pub fn service(&self) -> &'a str {
        tag(self.about)
    }

    /// The path with its parameters as Postman has them.
    pub fn postman_path(&self) -> String {
        self.path.replace('{', ":").replace('}', "")
    }

    /// What the document says of it.
    pub fn description(&self) -> String {
        let words = ["summary", "description"].map(|key| self.about[key].as_str().unwrap_or_default().trim());
        words.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join("\n\n")
    }

    /// Its parameters of a place (`path`, `query`, `header`): name and description.
    pub fn parameters(&self, place: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let all = self.about["parameters"].as_array().into_iter().flatten();
        all.filter(move |it| it["in"] == place).map(|it| {
            (it["name"].as_str().unwrap_or_default(), it["description"].as_str().unwrap_or_default())
        })
    }
}

fn tag(about: &Value) -> &str {
    about["tags"][0].as_str().unwrap_or_default()
}

fn references(schema: &Value) -> BTreeSet<String> {
    match schema {
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix(SCHEMAS));
            own.map(ToOwned::to_owned).into_iter().chain(fields.values().flat_map(references)).collect()
        }
        _ => BTreeSet::new(),
    }
}

/// As JSON, one line for each, so that a difference can be read.
fn line_by_line(of: &BTreeMap<String, Value>) -> anyhow::Result<String> {
    let mut text = String::from("{\n");
    for (name, value) in of {
        text.push_str(&format!("    {}: {},\n", json!(name), serde_json::to_string(value)?));
    }
    Ok(text + "}")
}
