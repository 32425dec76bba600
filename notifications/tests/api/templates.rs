//! Templates that an administrator rewrites at run time.

use chrono::Duration;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use shared::testing::TestCaller;

use crate::Service;

const PATH: &str = "/admin/notifications/templates/ticket_created";

async fn put(service: &Service, admin: &TestCaller, body: Value) -> (StatusCode, Value) {
    service.call(Method::PUT, PATH, admin, Some(body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_administrator_writes_is_in_force_until_it_is_taken_back() {
    let service = Service::start().await;
    let admin = service.world.admin("admin@example.com");
    let alice = service.registered("alice@example.com").await;
    let built_in = service.get(PATH, &admin).await;
    assert_eq!(built_in["fr"]["isOverridden"], json!(false));
    assert_eq!(
        built_in["variables"],
        json!(["category", "language", "priority", "ticketNumber", "ticketUrl", "title", "userName"])
    );

    let words =
        json!({"fr": {"subject": "Reçu : {{title}}", "html": "{{#> layout}}<p>{{title}}</p>{{/layout}}"}});
    let (status, changed) = put(&service, &admin, words).await;
    assert_eq!(status, StatusCode::OK, "{changed}");
    assert_eq!(
        (&changed["fr"]["isOverridden"], &changed["fr"]["updatedBy"]),
        (&json!(true), &json!(admin.id))
    );
    assert_eq!((&changed["fr"]["text"], &changed["en"]), (&built_in["fr"]["text"], &built_in["en"]));
    service.world.deliver(&service.ticket(alice.id, "<b>Écran</b>"), 1, Some(alice.id)).await;
    let mail = &service.mails_are(1).await[0];
    assert_eq!(mail.header("Subject"), "Reçu : <b>Écran</b>");
    assert!(mail.html.contains("<p>&lt;b&gt;Écran&lt;/b&gt;</p>"), "{}", mail.html);
    let list = service.get("/notifications", &alice).await;
    assert_eq!(list["items"][0]["title"], "Reçu : <b>Écran</b>");

    service.world.clock().advance(Duration::seconds(1));
    let (status, _) = service.call(Method::DELETE, PATH, &admin, None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(service.get(PATH, &admin).await, built_in);
    let list = service.get("/notifications", &alice).await;
    assert_eq!(list["items"][0]["title"], "Ticket #HD-000042 créé - <b>Écran</b>");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_used_is_refused_with_its_place_and_changes_nothing() {
    let service = Service::start().await;
    let admin = service.world.admin("admin@example.com");
    let before = service.get(PATH, &admin).await;
    for (words, field, code, message) in [
        (
            json!({"fr": {"text": "Bonjour\n\n{{#if title}}x"}}),
            "fr.text",
            "does_not_compile",
            "line 3, column ",
        ),
        (
            json!({"fr": {"text": "{{title}}\n  {{titel}}"}}),
            "fr.text",
            "unknown_variable",
            "line 2, column 3: ",
        ),
        (
            json!({"en": {"subject": "{{#if priority}}a{{else}}b{{/if}}{{secret}}"}}),
            "en.subject",
            "unknown_variable",
            "`secret`",
        ),
        (json!({"fr": {"html": "<p>\n{{{title}}}</p>"}}), "fr.html", "not_allowed", "line 2, column 1: "),
        (json!({"fr": {"html": "{{#if title}}{{& title}}{{/if}}"}}), "fr.html", "not_allowed", "unescaped"),
        (
            json!({"fr": {"html": "{{#> layout}}{{#*inline \"x\"}}y{{/inline}}{{/layout}}"}}),
            "fr.html",
            "not_allowed",
            "decorator",
        ),
        (json!({"fr": {"text": "{{> nothing}}"}}), "fr.text", "does_not_render", "line 1"),
        (json!({"fr": {"text": "{{log title}}"}}), "fr.text", "does_not_render", "line 1"),
        (json!({"fr": {"subject": "a\r\nBcc: x@example.com"}}), "fr.subject", "control_character", ""),
        (json!({"fr": {"subject": " "}}), "fr.subject", "blank", ""),
        (json!({"fr": {"text": "x".repeat(20_001)}}), "fr.text", "too_long", "20000"),
        (json!({}), "fr", "required", ""),
    ] {
        let (status, problem) = put(&service, &admin, words.clone()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{words}: {problem}");
        let fault = &problem["errors"][0];
        assert_eq!((&fault["field"], &fault["code"]), (&json!(field), &json!(code)), "{words}: {problem}");
        assert!(fault["message"].as_str().unwrap().contains(message), "{words}: {fault}");
    }
    let (status, problem) = put(&service, &admin, json!({"de": {"text": "Hallo"}})).await;
    assert_eq!((status, &problem["code"]), (StatusCode::BAD_REQUEST, &json!("unknown_field")));
    // The good half of a bad change is not kept either.
    let half = json!({"fr": {"subject": "Bon"}, "en": {"subject": "{{bad}}"}});
    assert_eq!(put(&service, &admin, half).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(service.get(PATH, &admin).await, before);
    let unknown = "/admin/notifications/templates/horoscope";
    assert_eq!(service.call(Method::GET, unknown, &admin, None).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_shows_an_example_and_keeps_nothing() {
    let service = Service::start().await;
    let admin = service.world.admin("admin@example.com");
    let path = format!("{PATH}/preview");
    let words = json!({"language": "fr", "subject": "{{ticketNumber}}: {{title}}"});
    let (status, shown) = service.call(Method::POST, &path, &admin, Some(words)).await;
    assert_eq!(
        (status, &shown["subject"]),
        (StatusCode::OK, &json!("HD-000042: Imprimante <3e étage> & scanner"))
    );
    assert!(shown["html"].as_str().unwrap().contains("&lt;3e étage&gt; &amp; scanner"), "{shown}");
    assert!(shown["text"].as_str().unwrap().starts_with("Bonjour Alice Archer,"), "{shown}");
    assert_eq!(service.get(PATH, &admin).await["fr"]["isOverridden"], json!(false));
    for (words, code) in [
        (json!({"language": "de"}), "unknown_language"),
        (json!({"language": "fr", "subject": "{{x}}"}), "unknown_variable"),
    ] {
        let (status, problem) = service.call(Method::POST, &path, &admin, Some(words)).await;
        assert_eq!((status.as_u16(), &problem["errors"][0]["code"]), (422, &json!(code)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_built_in_template_may_be_written_as_it_is() {
    let service = Service::start().await;
    let admin = service.world.admin("admin@example.com");
    let all = service.get("/admin/notifications/templates", &admin).await;
    let items = all["items"].as_array().unwrap();
    assert_eq!(items.len(), 18);
    for item in items {
        let part = |language: &str| {
            let words = &item[language];
            json!({"subject": words["subject"], "text": words["text"], "html": words["html"]})
        };
        let path = format!("/admin/notifications/templates/{}", item["name"].as_str().unwrap());
        let body = json!({"fr": part("fr"), "en": part("en")});
        let (status, answer) = service.call(Method::PUT, &path, &admin, Some(body)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_replica_s_change_is_in_force_within_seconds() {
    let service = Service::start().await;
    let alice = service.registered("alice@example.com").await;
    service.world.deliver(&service.ticket(alice.id, "Écran"), 1, Some(alice.id)).await;
    service.mails_are(1).await;
    // What another replica leaves in the database when its administrator wrote something.
    let words = "INSERT INTO template_overrides (template, language, subject, text, html, updated_by, updated_at) \
                 VALUES ('ticket_created', 'fr', 'Ailleurs', 'x', 'y', $1, $2)";
    service.alter(words, [alice.id.0.into(), service.world.clock().now().into()]).await;
    service.alter("UPDATE template_revision SET revision = revision + 1", []).await;
    service
        .world
        .until("the list is titled anew", || async {
            service.get("/notifications", &alice).await["items"][0]["title"] == "Ailleurs"
        })
        .await;
    // One that a newer version took and this one cannot read leaves the built-in one in force.
    service.alter("UPDATE template_overrides SET subject = '{{#if'", []).await;
    service.alter("UPDATE template_revision SET revision = revision + 1", []).await;
    service
        .world
        .until("the built-in one is back", || async {
            service.get("/notifications", &alice).await["items"][0]["title"]
                == "Ticket #HD-000042 créé - Écran"
        })
        .await;
}
