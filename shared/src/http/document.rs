//! The OpenAPI document of a server: what its modules' routes declare, merged, and what all answers have in common.

use std::collections::BTreeSet;

use actix_web::App;
use serde_json::{Map, Value, json};
use utoipa::OpenApi;
use utoipa_actix_web::AppExt;

use super::error::{FieldError, Problem};
use super::health::{Health, Readiness};
use super::module::Module;

/// Every server has these besides its modules' routes.
#[derive(OpenApi)]
#[openapi(
    paths(super::health::health, super::health::ready, super::health::metrics_text),
    components(schemas(Problem, FieldError, Health, Readiness))
)]
struct Base;

/// The OpenAPI 3.1 document of a server that carries these modules.
pub fn document(title: &str, modules: &[Module]) -> Value {
    let mut document = as_json(&Base::openapi());
    let mut tags = Vec::new();
    for module in modules {
        let (_, declared) =
            App::new().into_utoipa_app().configure(|cfg| (module.configure)(cfg)).split_for_parts();
        let mut declared = as_json(&declared);
        name_operations(module.name, &mut declared);
        rename_conflicts(module.name, &document, &mut declared);
        merge(&mut document, "/paths", &mut declared);
        merge(&mut document, "/components/schemas", &mut declared);
        tags.push(json!({"name": module.name}));
    }
    document["info"] = json!({
        "title": title,
        "version": env!("CARGO_PKG_VERSION"),
        "description": "Errors are application/problem+json with a stable `code`. Lists go on at `nextCursor`. \
                        Creating calls take `Idempotency-Key`.",
    });
    document["servers"] = json!([{"url": "/"}]);
    document["tags"] = Value::Array(tags);
    document["components"]["securitySchemes"] = json!({
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    });
    for operation in operations(&mut document) {
        complete(operation);
    }
    document
}

fn as_json(openapi: &utoipa::openapi::OpenApi) -> Value {
    serde_json::to_value(openapi).expect("an OpenAPI document is JSON")
}

fn merge(into: &mut Value, pointer: &str, from: &mut Value) {
    let Some(Value::Object(more)) = from.pointer_mut(pointer).map(Value::take) else { return };
    if let Some(Value::Object(known)) = into.pointer_mut(pointer) {
        for (name, value) in more {
            match (known.get_mut(&name), value) {
                (Some(Value::Object(known)), Value::Object(value)) => known.extend(value),
                (_, value) => drop(known.insert(name, value)),
            }
        }
    }
}

fn operations(document: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let paths = document["paths"].as_object_mut().into_iter().flat_map(|paths| paths.values_mut());
    let items = paths.filter_map(Value::as_object_mut).flat_map(|item| item.values_mut());
    items.filter_map(Value::as_object_mut).filter(|operation| operation.contains_key("responses"))
}

/// An operation's id is its function's name, which is `list` in more than one place: the service goes before it, and
/// a number behind where that is not enough.
fn name_operations(module: &str, declared: &mut Value) {
    let mut taken = BTreeSet::new();
    for operation in operations(declared) {
        let function = operation.get("operationId").and_then(Value::as_str).unwrap_or("operation");
        let first = format!("{module}_{function}");
        let names = std::iter::once(first.clone()).chain((2..).map(|number| format!("{first}_{number}")));
        let Some(name) = names.into_iter().find(|name| taken.insert(name.clone())) else { continue };
        operation.insert("operationId".into(), name.into());
    }
}

/// Two services may each have a type of the same name: the second one's gets the service's name in front.
fn rename_conflicts(module: &str, document: &Value, declared: &mut Value) {
    let Some(Value::Object(known)) = document.pointer("/components/schemas") else { return };
    let Some(Value::Object(new)) = declared.pointer("/components/schemas") else { return };
    let conflicts: Vec<String> = new
        .iter()
        .filter(|(name, schema)| known.get(*name).is_some_and(|known| known != *schema))
        .map(|(name, _)| name.clone())
        .collect();
    for name in conflicts {
        let (first, rest) = module.split_at(module.len().min(1));
        let renamed = format!("{}{rest}{name}", first.to_ascii_uppercase());
        let (from, to) = (format!("#/components/schemas/{name}"), format!("#/components/schemas/{renamed}"));
        point_elsewhere(declared, &from, &to);
        if let Some(Value::Object(schemas)) = declared.pointer_mut("/components/schemas")
            && let Some(schema) = schemas.remove(&name)
        {
            schemas.insert(renamed, schema);
        }
    }
}

fn point_elsewhere(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text == from => *text = to.to_string(),
        Value::Array(items) => items.iter_mut().for_each(|item| point_elsewhere(item, from, to)),
        Value::Object(fields) => fields.values_mut().for_each(|field| point_elsewhere(field, from, to)),
        _ => {}
    }
}

/// What every operation has: problems for whatever is not said, and each error body as what it is.
fn complete(operation: &mut Map<String, Value>) {
    let problem = json!({"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}});
    let Some(Value::Object(responses)) = operation.get_mut("responses") else { return };
    for (status, response) in responses.iter_mut() {
        if status.starts_with(['4', '5']) && status != "503"
            || status == "503" && response.get("content").is_none()
        {
            response["content"] = problem.clone();
        }
    }
    responses
        .entry("default")
        .or_insert_with(|| json!({"description": "What went wrong", "content": problem}));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_the_same_name_are_told_apart() {
        let known =
            json!({"components": {"schemas": {"Stats": {"type": "object"}, "Same": {"type": "string"}}}});
        let mut declared = json!({
            "paths": {"/a": {"get": {"responses": {"200": {"$ref": "#/components/schemas/Stats"}}}}},
            "components": {"schemas": {"Stats": {"type": "array"}, "Same": {"type": "string"}}},
        });
        rename_conflicts("users", &known, &mut declared);
        assert_eq!(declared["components"]["schemas"]["UsersStats"]["type"], "array");
        assert_eq!(declared["components"]["schemas"]["Same"]["type"], "string");
        assert_eq!(
            declared["paths"]["/a"]["get"]["responses"]["200"]["$ref"],
            "#/components/schemas/UsersStats"
        );
    }

    #[test]
    fn operations_have_names_of_their_own() {
        let mut declared = json!({"paths": {
            "/a": {"get": {"operationId": "list", "responses": {}}},
            "/b": {"get": {"operationId": "list", "responses": {}}},
        }});
        name_operations("tickets", &mut declared);
        assert_eq!(declared["paths"]["/a"]["get"]["operationId"], "tickets_list");
        assert_eq!(declared["paths"]["/b"]["get"]["operationId"], "tickets_list_2");
    }

    #[test]
    fn error_bodies_are_problems() {
        let mut document = json!({"paths": {"/a": {"get": {"responses": {
            "200": {"description": "ok"},
            "404": {"description": "none", "content": {"application/json": {}}},
        }}}}});
        operations(&mut document).for_each(complete);
        let responses = &document["paths"]["/a"]["get"]["responses"];
        assert!(responses["404"]["content"]["application/problem+json"].is_object());
        assert!(responses["404"]["content"]["application/json"].is_null());
        assert!(responses["default"].is_object() && responses["200"]["content"].is_null());
    }
}
