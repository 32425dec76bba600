use chrono::Duration;
use futures_util::future::join_all;
use serde_json::json;

use super::house::{ADMIN, House, OTHER_PASSWORD, PASSWORD};

async fn forget(house: &House, email: &str) {
    let reply = house.post("/auth/forgot-password", json!({"email": email})).await;
    assert_eq!((reply.status.as_u16(), reply.body), (202, serde_json::Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_set_anew_through_the_mail() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;
    let phone = house.login("alice@example.com").await;
    forget(&house, "ALICE@example.com").await;
    let token = house.reset_token("alice@example.com", 1).await;
    let body = json!({"token": token, "password": OTHER_PASSWORD, "confirmPassword": OTHER_PASSWORD});
    assert_eq!(house.post("/auth/reset-password", body.clone()).await.status, 204);
    assert_eq!(house.try_login("alice@example.com", PASSWORD).await.status, 401);
    assert_eq!(house.try_login("alice@example.com", OTHER_PASSWORD).await.status, 200);
    for guest in [&alice, &phone] {
        assert!(!house.is_let_in(&guest.access).await, "all sessions have ended");
        assert_eq!(house.post("/auth/refresh", json!({"refreshToken": guest.refresh})).await.status, 401);
    }
    let again = house.post("/auth/reset-password", body).await;
    assert_eq!(
        (again.status.as_u16(), again.code()),
        (422, "invalid_or_expired_link_token"),
        "good for one use"
    );
    let types = house.event_types().await;
    assert_eq!(types.iter().filter(|kind| *kind == "user.password_reset").count(), 1);
    assert_eq!(types.iter().filter(|kind| *kind == "session.revoked").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_who_has_an_account_by_forgetting() {
    let house = House::open().await;
    house.register("alice@example.com").await;
    house.world.drain().await;
    let mails = house.mailbox.len();
    let events = house.event_types().await;
    let known = house.post("/auth/forgot-password", json!({"email": "alice@example.com"})).await;
    let unknown = house.post("/auth/forgot-password", json!({"email": "nobody@example.com"})).await;
    assert_eq!((known.status, &known.body), (unknown.status, &unknown.body));
    let shape = |reply: &super::house::Reply| {
        let mut names: Vec<String> = reply.headers.keys().map(ToString::to_string).collect();
        names.sort();
        names
    };
    assert_eq!(shape(&known), shape(&unknown));
    house.no_request_waits().await;
    assert_eq!(house.mailbox.len(), mails + 1);
    assert_eq!(house.event_types().await, events, "a request is no event; its secret travels as a command");
    assert_eq!(
        house.post("/auth/forgot-password", json!({"email": "nobody"})).await.faults(),
        ["email invalid_email"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_link_voids_the_one_before() {
    let house = House::open().await;
    house.register("alice@example.com").await;
    forget(&house, "alice@example.com").await;
    let first = house.reset_token("alice@example.com", 1).await;
    forget(&house, "alice@example.com").await;
    let second = house.reset_token("alice@example.com", 2).await;
    let reset =
        |token: &str| house.post("/auth/reset-password", json!({"token": token, "password": OTHER_PASSWORD}));
    assert_eq!(reset(&first).await.status, 422);
    assert_eq!(reset(&second).await.status, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_link_works_for_half_an_hour() {
    let house = House::standing_still().await;
    house.register("alice@example.com").await;
    forget(&house, "alice@example.com").await;
    let token = house.reset_token("alice@example.com", 1).await;
    house.clock().advance(Duration::minutes(30));
    let late = house.post("/auth/reset-password", json!({"token": token, "password": OTHER_PASSWORD})).await;
    assert_eq!((late.status.as_u16(), late.code()), (422, "invalid_or_expired_link_token"));
    house.login("alice@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_token_is_answered_like_an_unknown_one_and_matches_nobody() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;
    house.world.drain().await;
    forget(&house, "alice@example.com").await;
    house.reset_token("alice@example.com", 1).await;
    let verification = house.mailbox.verifications("alice@example.com").pop().unwrap();
    for token in [
        "",
        "null",
        "0",
        "%",
        "*",
        " ",
        &"A".repeat(43),
        &"A".repeat(4000),
        &alice.refresh,
        &alice.access,
        &verification,
    ] {
        let reply =
            house.post("/auth/reset-password", json!({"token": token, "password": OTHER_PASSWORD})).await;
        assert_eq!(
            (reply.status.as_u16(), reply.code()),
            (422, "invalid_or_expired_link_token"),
            "{token:?}"
        );
    }
    for token in [json!(null), json!(true), json!(0), json!([]), json!({"$gt": ""})] {
        let reply =
            house.post("/auth/reset-password", json!({"token": token, "password": OTHER_PASSWORD})).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (422, "validation_failed"), "{token}");
    }
    for email in ["alice@example.com", ADMIN] {
        assert_eq!(house.try_login(email, OTHER_PASSWORD).await.status, 401);
        house.login(email).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_password_leaves_the_link_good() {
    let house = House::open().await;
    house.register("somebody.else@example.com").await;
    forget(&house, "somebody.else@example.com").await;
    let token = house.reset_token("somebody.else@example.com", 1).await;
    for (password, fault) in [
        ("short", "password too_short"),
        ("password1234", "password common_password"),
        ("somebody.else@example.com", "password password_is_email"),
    ] {
        let reply = house.post("/auth/reset-password", json!({"token": token, "password": password})).await;
        assert_eq!(reply.faults(), [fault]);
    }
    let mismatch = json!({"token": token, "password": OTHER_PASSWORD, "confirmPassword": PASSWORD});
    assert_eq!(house.post("/auth/reset-password", mismatch).await.faults(), ["confirmPassword mismatch"]);
    let right = json!({"token": token, "password": OTHER_PASSWORD});
    assert_eq!(house.post("/auth/reset-password", right).await.status, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_uses_of_a_link_at_once_one_works() {
    let house = House::open().await;
    house.register("alice@example.com").await;
    forget(&house, "alice@example.com").await;
    let token = house.reset_token("alice@example.com", 1).await;
    let bodies: Vec<_> =
        (0..8).map(|n| json!({"token": token, "password": format!("{n} {OTHER_PASSWORD}")})).collect();
    let replies = join_all(bodies.iter().map(|body| house.post("/auth/reset-password", body.clone()))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 204).count(), 1);
    assert_eq!(replies.iter().filter(|reply| reply.status == 422).count(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_gets_so_many_reset_mails_an_hour_and_nobody_can_tell() {
    let house = House::standing_still().await;
    house.register("alice@example.com").await;
    for _ in 0..8 {
        forget(&house, "alice@example.com").await;
        house.no_request_waits().await;
    }
    assert_eq!(house.mailbox.resets("alice@example.com").len(), 5);
    house.clock().advance(Duration::hours(1));
    forget(&house, "alice@example.com").await;
    house.reset_token("alice@example.com", 6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_lifts_the_lock() {
    let house = House::standing_still().await;
    house.register("alice@example.com").await;
    for _ in 0..7 {
        house.try_login("alice@example.com", OTHER_PASSWORD).await;
    }
    forget(&house, "alice@example.com").await;
    let token = house.reset_token("alice@example.com", 1).await;
    house.post("/auth/reset-password", json!({"token": token, "password": OTHER_PASSWORD})).await;
    assert_eq!(house.try_login("alice@example.com", OTHER_PASSWORD).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_gets_no_mail_and_its_links_are_void() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;
    forget(&house, "alice@example.com").await;
    let token = house.reset_token("alice@example.com", 1).await;
    let admin = house.admin().await;
    let status = format!("/auth/users/{}/status", alice.id);
    house.put_as(&admin.access, &status, json!({"isActive": false})).await;
    forget(&house, "alice@example.com").await;
    house.no_request_waits().await;
    assert_eq!(house.mailbox.resets("alice@example.com").len(), 1);
    let reset = json!({"token": token, "password": OTHER_PASSWORD});
    assert_eq!(house.post("/auth/reset-password", reset.clone()).await.status, 422);
    house.put_as(&admin.access, &status, json!({"isActive": true})).await;
    assert_eq!(house.post("/auth/reset-password", reset).await.status, 422, "it stays void");
}

#[tokio::test(flavor = "multi_thread")]
async fn changing_the_password_ends_the_other_sessions() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;
    let phone = house.login("alice@example.com").await;
    forget(&house, "alice@example.com").await;
    let link = house.reset_token("alice@example.com", 1).await;
    let body = json!({"currentPassword": PASSWORD, "newPassword": OTHER_PASSWORD});
    assert_eq!(house.post_as(&alice.access, "/auth/change-password", body).await.status, 204);
    assert!(house.is_let_in(&alice.access).await && !house.is_let_in(&phone.access).await);
    assert_eq!(house.post("/auth/refresh", json!({"refreshToken": phone.refresh})).await.status, 401);
    assert_eq!(house.post("/auth/refresh", json!({"refreshToken": alice.refresh})).await.status, 200);
    assert_eq!(house.try_login("alice@example.com", PASSWORD).await.status, 401);
    assert_eq!(house.try_login("alice@example.com", OTHER_PASSWORD).await.status, 200);
    let reset = json!({"token": link, "password": PASSWORD});
    assert_eq!(house.post("/auth/reset-password", reset).await.status, 422, "links that were out are void");
    assert!(house.event_types().await.contains(&"user.password_changed".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_new_password_must_be_by_the_rules() {
    let house = House::open().await;
    let alice = house.register("alice.in.wonderland@example.com").await;
    for (new, fault) in [
        ("short", "newPassword too_short"),
        ("qwertyuiop123", "newPassword common_password"),
        ("Alice.In.Wonderland@example.com", "newPassword password_is_email"),
        (&"é".repeat(37), "newPassword too_long"),
    ] {
        let body = json!({"currentPassword": PASSWORD, "newPassword": new});
        let reply = house.post_as(&alice.access, "/auth/change-password", body).await;
        assert_eq!((reply.status.as_u16(), reply.faults()), (422, vec![fault.to_owned()]));
    }
    assert_eq!(house.post_as(&alice.access, "/auth/change-password", json!({})).await.faults().len(), 2);
    house.login("alice.in.wonderland@example.com").await;
}
