use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::ids::UserId;

use super::house::{ADMIN, Guest, House, PASSWORD, noon};

async fn set_role(house: &House, by: &Guest, whose: &str, role: &str) -> super::house::Reply {
    house.put_as(&by.access, &format!("/auth/users/{whose}/role"), json!({"role": role})).await
}

async fn set_status(house: &House, by: &Guest, whose: &str, is_active: bool) -> super::house::Reply {
    house.put_as(&by.access, &format!("/auth/users/{whose}/status"), json!({"isActive": is_active})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_given_and_the_tokens_that_say_the_old_one_are_dead() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;
    let phone = house.login("alice@example.com").await;
    let admin = house.admin().await;
    let reply = set_role(&house, &admin, &alice.id, "agent").await;
    assert_eq!(reply.status, 200);
    let shown = ["id", "email", "role", "isActive", "emailVerified", "createdAt", "lastLogin", "version"];
    assert!(shown.iter().all(|field| reply.body.get(field).is_some()), "{reply:?}");
    assert_eq!((&reply.body["role"], reply.body.as_object().unwrap().len()), (&json!("agent"), 8));
    for guest in [&alice, &phone] {
        assert!(!house.is_let_in(&guest.access).await);
        assert_eq!(house.post("/auth/refresh", json!({"refreshToken": guest.refresh})).await.status, 401);
    }
    let again = house.login("alice@example.com").await;
    assert_eq!(house.get_as(&again.access, "/auth/verify").await.body["role"], "agent");

    let events = house.events().await;
    let changed = events.iter().find(|event| event.event_type == "user.role_changed").unwrap();
    let data: Value = serde_json::from_str(changed.data.get()).unwrap();
    assert_eq!(data, json!({"userId": alice.id, "oldRole": "user", "newRole": "agent"}));
    assert_eq!(changed.user_id.unwrap().to_string(), admin.id);
    assert_eq!(events.iter().filter(|event| event.event_type == "session.revoked").count(), 2);

    let same = set_role(&house, &admin, &alice.id, "agent").await;
    assert_eq!(same.status, 200);
    assert!(house.is_let_in(&again.access).await, "what is so already changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_is_out_until_it_is_opened_again() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;
    let admin = house.admin().await;
    let reply = set_status(&house, &admin, &alice.id, false).await;
    assert_eq!((reply.status.as_u16(), &reply.body["isActive"]), (200, &json!(false)));
    assert!(!house.is_let_in(&alice.access).await);
    assert_eq!(house.post("/auth/refresh", json!({"refreshToken": alice.refresh})).await.status, 401);
    assert_eq!(house.try_login("alice@example.com", PASSWORD).await.status, 401);
    assert_eq!(set_status(&house, &admin, &alice.id, true).await.status, 200);
    assert!(!house.is_let_in(&alice.access).await, "what has ended stays so");
    house.login("alice@example.com").await;
    let types = house.event_types().await;
    assert_eq!(types.iter().filter(|kind| *kind == "user.status_changed").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_administer() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;
    let bob = house.register("bob@example.com").await;
    let admin = house.admin().await;
    set_role(&house, &admin, &bob.id, "agent").await;
    let bob = house.login("bob@example.com").await;
    for caller in [&alice, &bob] {
        for whose in [&alice.id, &bob.id, &admin.id] {
            assert_eq!(set_role(&house, caller, whose, "admin").await.code(), "forbidden");
            assert_eq!(set_status(&house, caller, whose, false).await.code(), "forbidden");
        }
    }
    let unknown = UserId::at(noon()).to_string();
    for id in [unknown.as_str(), "nonsense"] {
        assert_eq!(set_role(&house, &admin, id, "agent").await.code(), "not_found");
        assert_eq!(set_status(&house, &admin, id, false).await.code(), "not_found");
        assert_eq!(set_role(&house, &alice, id, "agent").await.code(), "forbidden");
    }
    for body in [
        json!({}),
        json!({"role": "root"}),
        json!({"role": "ADMIN"}),
        json!({"role": 3}),
        json!({"role": null}),
    ] {
        let reply =
            house.put_as(&admin.access, &format!("/auth/users/{}/role", alice.id), body.clone()).await;
        assert_eq!(reply.status, 422, "{body}");
    }
    let reply = house
        .put_as(&admin.access, &format!("/auth/users/{}/status", alice.id), json!({"isActive": "no"}))
        .await;
    assert_eq!(reply.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_changes_the_own_role_or_status() {
    let house = House::open().await;
    let admin = house.admin().await;
    for reply in [
        set_role(&house, &admin, &admin.id, "user").await,
        set_role(&house, &admin, &admin.id, "admin").await,
        set_status(&house, &admin, &admin.id, false).await,
    ] {
        assert_eq!((reply.status.as_u16(), reply.code()), (409, "own_account"));
    }
    assert!(house.is_let_in(&admin.access).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_an_administrator_a_moment_ago_is_none() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;
    let admin = house.admin().await;
    set_role(&house, &admin, &alice.id, "admin").await;
    let alice = house.login("alice@example.com").await;
    assert_eq!(set_role(&house, &alice, &admin.id, "user").await.status, 200);
    assert_eq!(set_role(&house, &admin, &alice.id, "user").await.status, 401);
    assert_eq!(house.get_as(&alice.access, "/auth/me").await.body["role"], "admin");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_administrators_who_take_each_other_away_one_remains() {
    let house = House::open().await;
    let replica = house.replica().await;
    let first = house.admin().await;
    let mut admins = vec![];
    for n in 0..5 {
        let email = format!("admin{n}@example.com");
        let guest = house.register(&email).await;
        set_role(&house, &first, &guest.id, "admin").await;
        admins.push(house.login(&email).await);
    }
    admins.push(first);
    let mut moves = Vec::new();
    for (n, by) in admins.iter().enumerate() {
        for whose in admins.iter().filter(|whose| whose.id != by.id) {
            let base = if n % 2 == 0 { house.url.clone() } else { replica.clone() };
            let (path, body) = match n % 3 {
                0 => (format!("{base}/auth/users/{}/status", whose.id), json!({"isActive": false})),
                _ => (format!("{base}/auth/users/{}/role", whose.id), json!({"role": "user"})),
            };
            let token = by.access.clone();
            let house = &house;
            moves.push(async move { house.put_as(&token, &path, body).await });
        }
    }
    let replies = join_all(moves).await;
    let statuses: Vec<u16> = replies.iter().map(|reply| reply.status.as_u16()).collect();
    assert!(statuses.iter().all(|status| [200, 401, 403, 409].contains(status)), "{statuses:?}");
    let left = house.texts("users", "CASE WHEN role = 'admin' AND is_active THEN email END").await;
    assert!(!left.is_empty(), "somebody must be left");
    // And whoever is left still can do it.
    let survivor = house.login(&left[0]).await;
    assert_eq!(
        set_role(&house, &survivor, &admins.iter().find(|a| a.email != left[0]).unwrap().id, "agent")
            .await
            .status,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_in_a_request_but_the_token_says_who_asks() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;
    let path = format!("/auth/users/{}/role", alice.id);
    let headers = [
        ("X-User-Id", ADMIN),
        ("X-User-Role", "admin"),
        ("X-Forwarded-User", ADMIN),
        ("X-Remote-User", ADMIN),
    ];
    let body = Some(json!({"role": "admin"}));
    let reply = house.send(reqwest::Method::PUT, &path, Some(&alice.access), body.clone(), &headers).await;
    assert_eq!(reply.status, 403);
    assert_eq!(house.send(reqwest::Method::PUT, &path, None, body, &headers).await.status, 401);
}
