use chrono::TimeDelta;
use futures_util::future::join_all;
use insta::{assert_json_snapshot, assert_snapshot};
use reqwest::Method;
use serde_json::{Value, json};

use crate::service::{Reply, Users};

fn whole() -> Value {
    json!({
        "firstName": " Ada ", "lastName": "Lovelace", "phone": "+33 1 23 45 67 89", "department": "Accounting",
        "jobTitle": "Accountant", "preferences": {"language": "fr", "screen": {"dark": true, "rows": [10, 2.5, null]}},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_profile_is_answered_and_kept() {
    let users = Users::start().await;
    let ada = users.world.user("ada@example.com");
    users.profile(&ada).await;
    users.world.clock().advance(TimeDelta::minutes(5));

    let edited = users.edit(&ada, whole()).await;

    assert_json_snapshot!(edited, {".id" => "[id]", ".userId" => "[ada]"}, @r#"
    {
      "avatarUrl": null,
      "createdAt": "2026-03-02T09:00:00Z",
      "department": "Accounting",
      "email": "ada@example.com",
      "firstName": "Ada",
      "id": "[id]",
      "jobTitle": "Accountant",
      "lastName": "Lovelace",
      "phone": "+33 1 23 45 67 89",
      "preferences": {
        "language": "fr",
        "screen": {
          "dark": true,
          "rows": [
            10,
            2.5,
            null
          ]
        }
      },
      "updatedAt": "2026-03-02T09:05:00Z",
      "userId": "[ada]"
    }
    "#);
    assert_eq!(users.profile(&ada).await, edited);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_told_to_the_others() {
    let users = Users::start().await;
    let ada = users.world.user("ada@example.com");

    users.edit(&ada, whole()).await;
    users
        .edit(&ada, json!({"phone": null, "department": "Engines", "preferences": {"language": "en"}}))
        .await;

    let emitted = users.world.emitted("users").await;
    let versions: Vec<_> =
        emitted.iter().map(|event| (event.event_type.as_str(), event.aggregate_version)).collect();
    assert_eq!(versions, [("user.profile_updated", 2), ("user.profile_updated", 3)]);
    assert!(
        emitted
            .iter()
            .all(|event| event.user_id == Some(ada.id) && json!(event.aggregate_id) == json!(ada.id))
    );
    let data: Value = serde_json::from_str(emitted[1].data.get()).unwrap();
    assert_eq!(data["userId"], json!(ada.id));
    assert_json_snapshot!(data, {".userId" => "[ada]"}, @r#"
    {
      "changes": [
        {
          "field": "phone",
          "new": null,
          "old": "+33 1 23 45 67 89"
        },
        {
          "field": "department",
          "new": "Engines",
          "old": "Accounting"
        },
        {
          "field": "preferences",
          "new": "{\"language\":\"en\"}",
          "old": "{\"language\":\"fr\",\"screen\":{\"dark\":true,\"rows\":[10,2.5,null]}}"
        }
      ],
      "firstName": "Ada",
      "language": "en",
      "lastName": "Lovelace",
      "userId": "[ada]"
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_remembered_as_an_activity_without_its_values() {
    let users = Users::start().await;
    let ada = users.world.user("ada@example.com");

    users.edit(&ada, json!({"lastName": "Lovelace", "phone": "12345"})).await;

    let activities = users.rows("SELECT activity_type, activity_data FROM user_activities").await;
    let [activity] = activities.as_slice() else { panic!("one activity, not {}", activities.len()) };
    assert_eq!(activity.try_get::<String>("", "activity_type").unwrap(), "PROFILE_UPDATED");
    assert_eq!(
        activity.try_get::<Value>("", "activity_data").unwrap(),
        json!({"fields": ["lastName", "phone"]})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_edit_does_not_name_stays_and_null_takes_away() {
    let users = Users::start().await;
    let ada = users.world.user("ada@example.com");
    users.edit(&ada, whole()).await;

    let edited = users.edit(&ada, json!({"lastName": "Byron", "phone": null})).await;
    assert_eq!(edited["firstName"], "Ada");
    assert_eq!(edited["lastName"], "Byron");
    assert_eq!(edited["phone"], Value::Null);
    assert_eq!(edited["preferences"], whole()["preferences"]);

    let cleared = users.edit(&ada, json!({"firstName": null, "lastName": null, "department": null, "jobTitle": null, "preferences": null})).await;
    for field in ["firstName", "lastName", "phone", "department", "jobTitle"] {
        assert_eq!(cleared[field], Value::Null, "{field}");
    }
    assert_eq!(cleared["preferences"], json!({}));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_changes_nothing_leaves_no_trace() {
    let users = Users::start().await;
    let ada = users.world.user("ada@example.com");
    let before = users.edit(&ada, whole()).await;
    users.world.clock().advance(TimeDelta::minutes(5));

    for patch in [json!({}), whole()] {
        assert_eq!(users.edit(&ada, patch).await, before);
    }

    assert_eq!(users.world.emitted("users").await.len(), 1);
    assert_eq!(users.rows("SELECT 1 AS one FROM user_activities").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_at_once_lose_none() {
    let users = Users::start().await;
    let ada = users.world.user("ada@example.com");
    let patches = [
        json!({"firstName": "Ada"}),
        json!({"lastName": "Lovelace"}),
        json!({"phone": "12345"}),
        json!({"department": "Engines"}),
        json!({"jobTitle": "Analyst"}),
        json!({"preferences": {"language": "en"}}),
    ];

    join_all(patches.iter().map(|patch| users.edit(&ada, patch.clone()))).await;

    let profile = users.profile(&ada).await;
    for patch in &patches {
        for (field, value) in patch.as_object().unwrap() {
            assert_eq!(&profile[field], value, "{field}");
        }
    }
    let mut versions: Vec<_> =
        users.world.emitted("users").await.iter().map(|event| event.aggregate_version).collect();
    versions.sort_unstable();
    assert_eq!(versions, [2, 3, 4, 5, 6, 7]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_an_edit_is_named_at_once() {
    let users = Users::start().await;
    let ada = users.world.user("ada@example.com");
    let long = "é".repeat(101);

    for (patch, faults) in [
        (
            json!({"firstName": "", "lastName": "a\r\nBcc: b", "phone": "call me", "department": long, "jobTitle": long, "preferences": {"language": "de"}}),
            vec![
                ("department", "too_long"),
                ("firstName", "blank"),
                ("jobTitle", "too_long"),
                ("lastName", "control_character"),
                ("phone", "not_a_phone_number"),
                ("preferences", "unknown_language"),
            ],
        ),
        (json!({"preferences": {"a": [[[[[[[[]]]]]]]]}}), vec![("preferences", "too_deep")]),
        (json!({"preferences": {"a": "x".repeat(17 * 1024)}}), vec![("preferences", "too_large")]),
    ] {
        let reply = users.put(&ada, &patch).await;
        assert_eq!(reply.refusal(), (422, "validation_failed"), "{patch}");
        assert_eq!(reply.faults(), faults, "{patch}");
    }
    assert_eq!(users.world.emitted("users").await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_the_fields_of_an_edit_can_be_set() {
    let users = Users::start().await;
    let ada = users.world.user("ada@example.com");

    for field in
        ["id", "userId", "email", "role", "isActive", "avatarUrl", "createdAt", "version", "__proto__"]
    {
        assert_eq!(
            users.put(&ada, &json!({field: "admin"})).await.refusal(),
            (400, "unknown_field"),
            "{field}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_edit_at_all_is_refused() {
    let users = Users::start().await;
    let ada = users.world.user("ada@example.com");

    let mut refused = String::new();
    for (name, body) in [
        ("no body", String::new()),
        ("half a body", r#"{"firstName": "#.to_owned()),
        ("no object", "[]".to_owned()),
        ("an object for a text", r#"{"firstName": {"$ne": null}}"#.to_owned()),
        ("a number for a text", r#"{"phone": 12345}"#.to_owned()),
        ("a text for preferences", r#"{"preferences": "dark"}"#.to_owned()),
        ("a list for preferences", r#"{"preferences": []}"#.to_owned()),
        ("a NUL in preferences", r#"{"preferences": {"a": "\u0000"}}"#.to_owned()),
        ("a NUL in a key", r#"{"preferences": {"\u0000": 1}}"#.to_owned()),
        ("a number out of range", r#"{"preferences": {"a": 1e999}}"#.to_owned()),
        ("a deep well", format!(r#"{{"preferences": {{"a": {}{}}}}}"#, "[".repeat(200), "]".repeat(200))),
        ("a field twice", r#"{"firstName": "a", "firstName": "b"}"#.to_owned()),
    ] {
        let reply =
            Reply::to(users.request(&ada, Method::PUT).header("content-type", "application/json").body(body))
                .await;
        let (status, code) = reply.refusal();
        refused.push_str(&format!("{name}: {status} {code}\n"));
    }
    assert_snapshot!(refused, @r#"
    no body: 400 malformed_json
    half a body: 400 malformed_json
    no object: 422 validation_failed
    an object for a text: 422 validation_failed
    a number for a text: 422 validation_failed
    a text for preferences: 422 validation_failed
    a list for preferences: 422 validation_failed
    a NUL in preferences: 422 validation_failed
    a NUL in a key: 422 validation_failed
    a number out of range: 400 malformed_json
    a deep well: 400 malformed_json
    a field twice: 400 duplicate_field
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_numbers_in_preferences_do_no_harm() {
    let users = Users::start().await;
    let ada = users.world.user("ada@example.com");

    for number in ["1e308", "-0.0", "0.1", "18446744073709551615", "1e-300"] {
        let body = format!(r#"{{"preferences": {{"n": {number}}}}}"#);
        let request = users.request(&ada, Method::PUT).header("content-type", "application/json").body(body);
        assert_eq!(Reply::to(request).await.status, 200, "{number}");
        let expected: f64 = number.parse().unwrap();
        assert_eq!(users.profile(&ada).await["preferences"]["n"].as_f64(), Some(expected), "{number}");
    }
}
