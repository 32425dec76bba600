use chrono::TimeDelta;
use serde_json::json;
use shared::events::UserStatusChanged;

use crate::service::Users;

#[tokio::test(flavor = "multi_thread")]
async fn people_are_counted_by_what_they_are_and_when_they_came() {
    let users = Users::start().await;
    let admin = users.admin().await;
    for email in ["ada@example.com", "bob@example.com"] {
        let person = users.user(email).await;
        users.edit(&person, json!({"department": "Engines"})).await;
    }
    users.world.clock().advance(TimeDelta::days(28));
    let agent = users.world.agent("eve@example.com");
    users.registered(&agent, "agent").await;
    users.edit(&agent, json!({"department": "Été & \"Co\""})).await;
    users.world.clock().advance(TimeDelta::days(1));
    // A minute before midnight is another day than a minute after.
    users.world.clock().advance(TimeDelta::hours(14) + TimeDelta::minutes(59));
    let late = users.user("late@example.com").await;
    users.world.deliver(&UserStatusChanged { user_id: late.id, is_active: false }, 2, None).await;

    let admin = users.world.admin(&admin.email);
    let stats = users.get(&admin, "/users/stats").await.body;

    let mut days = stats["registeredLast30Days"].as_array().unwrap().clone();
    assert_eq!(days.len(), 30);
    assert_eq!(days[0], json!({"date": "2026-03-02", "count": 3}));
    days.retain(|day| day["count"] != 0);
    assert_eq!(
        days[1..],
        [json!({"date": "2026-03-30", "count": 1}), json!({"date": "2026-03-31", "count": 1})]
    );
    let mut rest = stats;
    rest.as_object_mut().unwrap().remove("registeredLast30Days");
    assert_eq!(
        rest,
        json!({
            "total": 5, "active": 4, "byRole": {"user": 3, "agent": 1, "admin": 1},
            "byDepartment": {"Engines": 2, "Été & \"Co\"": 1},
        })
    );

    users.world.clock().advance(TimeDelta::minutes(2));
    let next = users.get(&admin, "/users/stats").await.body;
    assert_eq!(next["registeredLast30Days"][0]["date"], json!("2026-03-03"), "UTC has another day");
}
