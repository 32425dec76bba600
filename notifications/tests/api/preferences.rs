//! `GET|PUT /notifications/preferences`.

use reqwest::{Method, StatusCode};
use serde_json::json;
use shared::events::{UserPasswordChanged, UserProfileUpdated};

use crate::Service;

const PATH: &str = "/notifications/preferences";

#[tokio::test(flavor = "multi_thread")]
async fn the_chosen_language_goes_before_that_of_the_profile() {
    let service = Service::start().await;
    let alice = service.registered("alice@example.com").await;
    let everything = service.get(PATH, &alice).await;
    insta::assert_json_snapshot!(everything, @r#"
    {
      "digest": "immediately",
      "email": {
        "file_refused": true,
        "report_ready": true,
        "sla_breach": true,
        "sla_warning": true,
        "ticket_assigned": true,
        "ticket_closed": true,
        "ticket_commented": true,
        "ticket_created": true,
        "ticket_reopened": true,
        "ticket_resolved": true,
        "ticket_unassigned": true,
        "ticket_updated": true
      },
      "inApp": {
        "file_refused": true,
        "report_ready": true,
        "sla_breach": true,
        "sla_warning": true,
        "ticket_assigned": true,
        "ticket_closed": true,
        "ticket_commented": true,
        "ticket_created": true,
        "ticket_reopened": true,
        "ticket_resolved": true,
        "ticket_unassigned": true,
        "ticket_updated": true
      },
      "language": "fr",
      "push": {
        "file_refused": false,
        "report_ready": false,
        "sla_breach": false,
        "sla_warning": false,
        "ticket_assigned": false,
        "ticket_closed": false,
        "ticket_commented": false,
        "ticket_created": false,
        "ticket_reopened": false,
        "ticket_resolved": false,
        "ticket_unassigned": false,
        "ticket_updated": false
      },
      "sms": {
        "file_refused": false,
        "report_ready": false,
        "sla_breach": false,
        "sla_warning": false,
        "ticket_assigned": false,
        "ticket_closed": false,
        "ticket_commented": false,
        "ticket_created": false,
        "ticket_reopened": false,
        "ticket_resolved": false,
        "ticket_unassigned": false,
        "ticket_updated": false
      }
    }
    "#);

    let profile = UserProfileUpdated {
        user_id: alice.id,
        first_name: None,
        last_name: None,
        language: Some("en".into()),
        changes: Vec::new(),
    };
    service.world.deliver(&profile, 1, Some(alice.id)).await;
    assert_eq!(service.get(PATH, &alice).await["language"], "en");

    let (status, body) = service.call(Method::PUT, PATH, &alice, Some(json!({"language": "fr"}))).await;
    assert_eq!((status, body), (StatusCode::OK, everything));
    service.world.deliver(&service.ticket(alice.id, "Langue"), 1, Some(alice.id)).await;
    assert_eq!(service.mails_are(1).await[0].header("Content-Language"), "fr");
    let (_, _) = service.call(Method::PUT, PATH, &alice, Some(json!({"language": "en"}))).await;
    let list = service.get("/notifications", &alice).await;
    assert_eq!(list["items"][0]["title"], "Ticket #HD-000042 created - Langue");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_switched_off_is_not_sent_but_stands_in_the_list() {
    let service = Service::start().await;
    let alice = service.registered("alice@example.com").await;
    let off = json!({"email": {"ticket_created": false}});
    let mut off_alone = service.get(PATH, &alice).await["email"].clone();
    off_alone["ticket_created"] = json!(false);
    let (status, body) = service.call(Method::PUT, PATH, &alice, Some(off)).await;
    assert_eq!((status, &body["email"]), (StatusCode::OK, &off_alone));
    service.world.deliver(&service.ticket(alice.id, "Quiet"), 1, Some(alice.id)).await;
    service.settled().await;
    let rows = service.texts("SELECT last_error FROM deliveries WHERE status = 'suppressed'").await;
    assert_eq!(rows, [Some("switched off by the recipient".to_owned())]);
    assert_eq!(service.get("/notifications", &alice).await["items"].as_array().unwrap().len(), 1);

    // What guards the account comes all the same.
    service.world.deliver(&UserPasswordChanged { user_id: alice.id }, 2, Some(alice.id)).await;
    service.mails_are(1).await;
    assert_eq!(service.get(PATH, &alice).await["email"], off_alone);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_wishes_are_refused_and_change_nothing() {
    let service = Service::start().await;
    let alice = service.registered("alice@example.com").await;
    let before = service.get(PATH, &alice).await;
    for (wish, status, code) in [
        (json!({"language": "de"}), 422, "unknown_language"),
        (json!({"language": "en", "email": {"newsletter": true}}), 422, "unknown_template"),
        (json!({"language": "en", "email": {"password_changed": false}}), 422, "not_optional"),
        (json!({"language": "en", "email": {"digest": false}}), 422, "not_optional"),
        (json!({"language": "en", "sms": {"password_reset": true}}), 422, "not_optional"),
        (json!({"inApp": {"ticket_exploded": true}}), 422, "unknown_template"),
        (json!({"digest": "weekly"}), 422, "unknown_digest"),
    ] {
        let (answered, problem) = service.call(Method::PUT, PATH, &alice, Some(wish)).await;
        assert_eq!(
            (answered.as_u16(), problem["errors"][0]["code"].as_str()),
            (status, Some(code)),
            "{problem}"
        );
    }
    let (answered, problem) =
        service.call(Method::PUT, PATH, &alice, Some(json!({"userId": alice.id}))).await;
    assert_eq!((answered.as_u16(), problem["code"].as_str()), (400, Some("unknown_field")));
    assert_eq!(service.get(PATH, &alice).await, before);
    let (answered, _) =
        service.call(Method::PUT, PATH, &alice, Some(json!({"email": {"password_changed": true}}))).await;
    assert_eq!(answered, StatusCode::OK, "what is given out may be given back");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_switched_off_in_the_list_is_in_the_ledger_only() {
    let service = Service::start().await;
    let alice = service.registered("alice@example.com").await;
    let off = json!({"inApp": {"ticket_created": false}});
    let (status, body) = service.call(Method::PUT, PATH, &alice, Some(off)).await;
    assert_eq!((status, &body["inApp"]["ticket_created"]), (StatusCode::OK, &json!(false)));
    assert_eq!(body["email"]["ticket_created"], json!(true), "a mail is another matter");
    service.world.deliver(&service.ticket(alice.id, "Quiet"), 1, Some(alice.id)).await;
    service.mails_are(1).await;
    assert_eq!(service.get("/notifications/unread-count", &alice).await, json!({"count": 0}));
    let rows =
        service.texts("SELECT channel || ': ' || last_error FROM deliveries WHERE status = 'suppressed'");
    assert_eq!(rows.await, [Some("in_app: switched off by the recipient".to_owned())]);
}
