use chrono::TimeDelta;
use insta::assert_json_snapshot;
use serde_json::json;

use crate::peers::Mood;
use crate::service::Users;

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_one_document_of_all_six() {
    let users = Users::start().await;
    let ada = users.user("ada@example.com").await;
    users.edit(&ada, json!({"firstName": "Ada"})).await;
    users.world.clock().advance(TimeDelta::seconds(1));
    users.edit(&ada, json!({"lastName": "Lovelace"})).await;

    let export = users.get(&ada, "/users/profile/export").await;

    assert_eq!(export.header("content-disposition"), "attachment; filename=\"helpdesk-export.json\"");
    assert_eq!(export.body["userId"], json!(ada.id));
    let redacted = [".userId", ".profile.id", ".profile.userId", ".activities[].id"];
    let [whose, profile, user, activities] = redacted;
    assert_json_snapshot!(export.body, {whose => "[ada]", profile => "[id]", user => "[ada]", activities => "[id]"}, @r#"
    {
      "activities": [
        {
          "activityData": {
            "fields": [
              "firstName"
            ]
          },
          "activityType": "PROFILE_UPDATED",
          "createdAt": "2026-03-02T09:00:00Z",
          "id": "[id]"
        },
        {
          "activityData": {
            "fields": [
              "lastName"
            ]
          },
          "activityType": "PROFILE_UPDATED",
          "createdAt": "2026-03-02T09:00:01Z",
          "id": "[id]"
        }
      ],
      "audit": {
        "number": 1,
        "of": "audit"
      },
      "auth": {
        "number": 1,
        "of": "auth"
      },
      "exportedAt": "2026-03-02T09:00:01Z",
      "files": {
        "number": 1,
        "of": "files"
      },
      "notifications": {
        "number": 1,
        "of": "notifications"
      },
      "profile": {
        "avatarUrl": null,
        "createdAt": "2026-03-02T09:00:00Z",
        "department": null,
        "email": "ada@example.com",
        "firstName": "Ada",
        "id": "[id]",
        "isActive": true,
        "jobTitle": null,
        "lastName": "Lovelace",
        "phone": null,
        "preferences": {},
        "role": "user",
        "updatedAt": "2026-03-02T09:00:01Z",
        "userId": "[ada]"
      },
      "tickets": {
        "number": 1,
        "of": "tickets"
      },
      "userId": "[ada]"
    }
    "#);
    let mut asked = users.peers.calls();
    asked.sort_unstable();
    let all = ["audit", "auth", "files", "notifications", "tickets"];
    assert_eq!(asked, all.map(|service| format!("GET /{service}/export")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_with_one_of_them_away_is_none() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let users = Users::with(|sources, _| sources.with("AUDIT_SERVICE_URL", format!("http://{free}"))).await;
    let ada = users.user("ada@example.com").await;

    let reply = users.get(&ada, "/users/profile/export").await;

    assert_eq!(reply.refusal(), (503, "dependency_unavailable"));
    assert_eq!(reply.header("retry-after"), "1");
    assert!(!reply.body.to_string().contains("ada@"), "nothing partial");
    users.peers.turn(Mood::Refusing(401, "token_revoked"));
    assert!([401, 503].contains(&users.get(&ada, "/users/profile/export").await.status));
}
