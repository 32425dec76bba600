use serde_json::Value;

use crate::stage::{json_of, stage};

#[tokio::test]
async fn the_document_describes_every_route_and_the_errors() {
    let stage = stage().await;
    let document = json_of(stage.request("GET", "/openapi.json")).await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for path in ["/notes", "/notes/{id}", "/health", "/ready", "/metrics", "/admin/notes"] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
    let create = &document["paths"]["/notes"]["post"];
    assert_eq!(create["operationId"], "notes_open");
    assert_eq!(create["security"][0]["bearer"], serde_json::json!([]));
    let default = &create["responses"]["default"]["content"]["application/problem+json"]["schema"]["$ref"];
    assert_eq!(default, "#/components/schemas/Problem");
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    for schema in ["Problem", "FieldError", "NoteIn", "NoteOut", "TicketId"] {
        assert!(document["components"]["schemas"][schema].is_object(), "{schema}");
    }
    no_loose_reference(&document, &document);
}

fn no_loose_reference(document: &Value, value: &Value) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(target)) = fields.get("$ref") {
                assert!(document.pointer(target.trim_start_matches('#')).is_some(), "{target}");
            }
            fields.values().for_each(|field| no_loose_reference(document, field));
        }
        Value::Array(items) => items.iter().for_each(|item| no_loose_reference(document, item)),
        _ => {}
    }
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere() {
    let stage = stage().await;
    let entrance = stage.request("GET", "/docs").send().await.unwrap();
    assert_eq!(
        (entrance.status().as_u16(), entrance.headers()["location"].to_str().unwrap()),
        (308, "docs/")
    );
    let page = stage.request("GET", "/docs/").send().await.unwrap().text().await.unwrap();
    let loaded: Vec<&str> = page
        .split(['"', '\''])
        .filter(|text| [".js", ".css", ".png"].iter().any(|end| text.ends_with(end)))
        .collect();
    assert!(loaded.len() >= 3, "{page}");
    for file in loaded {
        assert!(!file.contains("//"), "{file}");
        let response =
            stage.request("GET", &format!("/docs/{}", file.trim_start_matches("./"))).send().await.unwrap();
        assert_eq!(response.status(), 200, "{file}");
    }
    let start =
        stage.request("GET", "/docs/swagger-initializer.js").send().await.unwrap().text().await.unwrap();
    assert!(
        start.contains("../openapi.json") && !start.contains("http://") && !start.contains("https://"),
        "{start}"
    );
    assert_eq!(stage.request("GET", "/docs/nothing.js").send().await.unwrap().status(), 404);
}
