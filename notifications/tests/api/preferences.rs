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
    let on = json!({"ticket_assigned": true, "ticket_created": true, "ticket_updated": true});
    let everything = json!({"language": "fr", "email": on});
    assert_eq!(service.get(PATH, &alice).await, everything);

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
    let off_alone = json!({"ticket_assigned": true, "ticket_created": false, "ticket_updated": true});
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
