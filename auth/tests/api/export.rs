//! Everything that auth keeps on somebody, for them alone.

use reqwest::Method;
use serde_json::json;

use super::house::House;

#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_the_account_and_every_session_and_no_secret() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;
    house.register("bob@example.com").await;
    let phone = house.login("alice@example.com").await;
    assert_eq!(house.post_as(&phone.access, "/auth/logout", json!({})).await.status, 204);

    let export = house.get_as(&alice.access, "/auth/export").await;

    assert_eq!(export.status, 200);
    assert_eq!(export.body["account"], house.get_as(&alice.access, "/auth/me").await.body);
    let sessions = export.body["sessions"].as_array().unwrap();
    let ended: Vec<_> = sessions.iter().map(|session| !session["endedAt"].is_null()).collect();
    assert_eq!(ended, [false, true], "the oldest first, and those that are over too");
    let text = export.body.to_string();
    for secret in house.texts("users", "password_hash").await {
        assert!(!text.contains(&secret));
    }
    for hash in house.texts("refresh_tokens", "token_hash").await {
        assert!(!text.contains(&hash));
    }
    assert!(!text.contains("bob@example.com"));
    assert_eq!(house.send(Method::GET, "/auth/export", None, None, &[]).await.status, 401);
    assert_eq!(house.get_as(&phone.access, "/auth/export").await.status, 401);
}
