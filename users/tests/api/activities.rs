use chrono::TimeDelta;
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::service::Users;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_to_a_profile_is_listed_and_not_its_values() {
    let users = Users::start().await;
    let (admin, ada) = (users.admin().await, users.user("ada@example.com").await);
    users.edit(&ada, json!({"firstName": "Ada", "phone": "12345"})).await;
    users.world.clock().advance(TimeDelta::minutes(1));
    let path = format!("/users/{}", ada.id);
    assert_eq!(users.put_to(&admin, &path, &json!({"jobTitle": "Analyst"})).await.status, 200);

    let own = users.get(&ada, "/users/profile/activities").await;

    let by = admin.id.to_string();
    assert_eq!(own.body["items"][0]["activityData"]["by"], json!(by));
    assert_json_snapshot!(own.body, {".items[].id" => "[id]", ".items[].activityData.by" => "[admin]"}, @r#"
    {
      "items": [
        {
          "activityData": {
            "by": "[admin]",
            "fields": [
              "jobTitle"
            ]
          },
          "activityType": "PROFILE_UPDATED",
          "createdAt": "2026-03-02T09:01:00Z",
          "id": "[id]"
        },
        {
          "activityData": {
            "fields": [
              "firstName",
              "phone"
            ]
          },
          "activityType": "PROFILE_UPDATED",
          "createdAt": "2026-03-02T09:00:00Z",
          "id": "[id]"
        }
      ],
      "nextCursor": null
    }
    "#);
    assert_eq!(users.get(&admin, &format!("{path}/activities")).await.body, own.body);
    assert_eq!(
        users.get(&admin, "/users/profile/activities").await.items(),
        [] as [Value; 0],
        "hers, not his"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn activities_are_paged_both_ways_without_a_gap() {
    let users = Users::start().await;
    let ada = users.user("ada@example.com").await;
    // Several at one moment, so that the id has to break ties.
    for n in 0..11 {
        users.edit(&ada, json!({"firstName": format!("Ada {n}")})).await;
        users.world.clock().advance(TimeDelta::seconds(n % 3));
    }
    let path = "/users/profile/activities?limit=4&sort=";

    let newest = users.pages(&ada, &format!("{path}-createdAt")).await;
    let mut oldest = users.pages(&ada, &format!("{path}createdAt")).await;

    assert_eq!(newest.len(), 11);
    assert!(newest.is_sorted_by_key(|item| std::cmp::Reverse(item["createdAt"].as_str())));
    oldest.reverse();
    assert_eq!(oldest, newest);

    let first = users.get(&ada, &format!("{path}-createdAt")).await;
    users.edit(&ada, json!({"lastName": "In between"})).await;
    let cursor = first.body["nextCursor"].as_str().unwrap();
    let second = users.get(&ada, &format!("{path}-createdAt&cursor={cursor}")).await;
    assert_eq!(second.items(), &newest[4..8], "what comes in between moves nothing");
}
