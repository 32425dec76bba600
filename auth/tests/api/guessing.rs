use chrono::Duration;
use futures_util::future::join_all;
use serde_json::json;
use shared::testing::World;

use super::house::{House, OTHER_PASSWORD, PASSWORD, noon};

async fn fail(house: &House, email: &str, times: usize) {
    for n in 0..times {
        let reply = house.try_login(email, OTHER_PASSWORD).await;
        assert_eq!(reply.status, 401, "failure {n} for {email}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_failures_lock_an_address_whether_anybody_has_it_or_not() {
    let house = House::standing_still().await;
    house.register("alice@example.com").await;
    for email in ["alice@example.com", "nobody@example.com", "no address at all"] {
        fail(&house, email, 5).await;
        let right = house.try_login(email, PASSWORD).await;
        assert_eq!(
            (right.status.as_u16(), right.code(), right.retry_after()),
            (429, "too_many_attempts", 30),
            "{email}"
        );
        let spelled = house.try_login(&email.to_uppercase(), PASSWORD).await;
        assert_eq!(spelled.status, 429, "another spelling is the same address");
    }
    house.register("bob@example.com").await;
    house.login("bob@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_lock_lasts_longer_and_a_success_forgives() {
    let house = House::standing_still().await;
    house.register("alice@example.com").await;
    let refused = async |seconds: u64| {
        let locked = house.try_login("alice@example.com", PASSWORD).await;
        assert_eq!((locked.status.as_u16(), locked.retry_after()), (429, seconds));
        house.clock().advance(Duration::seconds(i64::try_from(seconds).unwrap()));
    };
    fail(&house, "alice@example.com", 4).await;
    for seconds in [30, 60, 120, 240, 480] {
        fail(&house, "alice@example.com", 1).await;
        refused(seconds).await;
    }
    // By now the first failures are older than a quarter of an hour: it takes two for five to be within one.
    fail(&house, "alice@example.com", 2).await;
    refused(900).await;
    house.login("alice@example.com").await;
    fail(&house, "alice@example.com", 5).await;
    assert_eq!(house.try_login("alice@example.com", PASSWORD).await.retry_after(), 30, "it begins anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn four_failures_and_a_success_count_nothing() {
    let house = House::standing_still().await;
    house.register("alice@example.com").await;
    for _ in 0..3 {
        fail(&house, "alice@example.com", 4).await;
        house.login("alice@example.com").await;
    }
    assert_eq!(house.count("login_attempts").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_of_long_ago_do_not_count() {
    let house = House::standing_still().await;
    house.register("alice@example.com").await;
    fail(&house, "alice@example.com", 4).await;
    house.clock().advance(Duration::minutes(15));
    fail(&house, "alice@example.com", 4).await;
    house.login("alice@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_is_told_once_and_its_refusals_without_end_are_not() {
    let house = House::standing_still().await;
    let alice = house.register("alice@example.com").await;
    fail(&house, "alice@example.com", 5).await;
    for _ in 0..10 {
        assert_eq!(house.try_login("alice@example.com", PASSWORD).await.status, 429);
    }
    let events = house.events().await;
    let count = |kind: &str| events.iter().filter(|event| event.event_type == kind).count();
    assert_eq!(
        (count("user.locked"), count("user.login_failed")),
        (1, 6),
        "five wrong, and one while locked"
    );
    let locked = events.iter().find(|event| event.event_type == "user.locked").unwrap();
    let data: serde_json::Value = serde_json::from_str(locked.data.get()).unwrap();
    assert_eq!((&data["userId"], &data["failures"]), (&json!(alice.id), &json!(5)));
    assert_eq!(
        data["until"].as_str().unwrap().parse::<shared::clock::Timestamp>().unwrap(),
        noon() + Duration::seconds(30)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_made_at_the_same_moment_do_not_beat_the_limit() {
    let house = House::open().await;
    house.register("alice@example.com").await;
    let replica = house.replica().await;
    for email in ["alice@example.com", "nobody@example.com"] {
        let body = json!({"email": email, "password": OTHER_PASSWORD});
        let paths = ["/auth/login".to_owned(), format!("{replica}/auth/login")];
        let guesses = join_all((0..40).map(|n| house.post(&paths[n % 2], body.clone()))).await;
        let looked_at = guesses.iter().filter(|reply| reply.status == 401).count();
        let refused = guesses.iter().filter(|reply| reply.status == 429).count();
        assert_eq!((looked_at, refused), (5, 35), "{email}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn right_passwords_at_the_same_moment_do_not_count_against_each_other() {
    let house = House::open().await;
    house.register("alice@example.com").await;
    let logins = join_all((0..20).map(|_| house.try_login("alice@example.com", PASSWORD))).await;
    assert!(logins.iter().all(|reply| reply.status == 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_holds_without_the_cache_and_after_a_restart_of_it() {
    // Nobody listens there: every call to the cache fails.
    let house = House::with(World::at(noon()).await, &[("REDIS_URL", "redis://127.0.0.1:1")]).await;
    house.register("alice@example.com").await;
    fail(&house, "alice@example.com", 5).await;
    for _ in 0..3 {
        assert_eq!(house.try_login("alice@example.com", PASSWORD).await.status, 429);
    }
    // A replica that has counted nothing itself goes by the database.
    let replica = house.replica().await;
    let body = json!({"email": "alice@example.com", "password": PASSWORD});
    assert_eq!(house.post(&format!("{replica}/auth/login"), body).await.status, 429);
    house.clock().advance(Duration::seconds(30));
    house.login("alice@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_keeps_nobody_out_who_is_in() {
    let house = House::standing_still().await;
    let alice = house.register("alice@example.com").await;
    fail(&house, "alice@example.com", 5).await;
    assert!(house.is_let_in(&alice.access).await);
    assert_eq!(house.post("/auth/refresh", json!({"refreshToken": alice.refresh})).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_the_current_password_counts_like_guessing_at_login() {
    let house = House::standing_still().await;
    let alice = house.register("alice@example.com").await;
    let guess = json!({"currentPassword": "not it", "newPassword": OTHER_PASSWORD});
    for _ in 0..5 {
        let reply = house.post_as(&alice.access, "/auth/change-password", guess.clone()).await;
        assert_eq!(
            (reply.status.as_u16(), reply.faults()),
            (422, vec!["currentPassword wrong_password".to_owned()])
        );
    }
    let right = json!({"currentPassword": PASSWORD, "newPassword": OTHER_PASSWORD});
    assert_eq!(
        house.post_as(&alice.access, "/auth/change-password", right).await.code(),
        "too_many_attempts"
    );
    assert_eq!(house.try_login("alice@example.com", PASSWORD).await.code(), "too_many_attempts");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_sees_the_lock_on_the_account() {
    let house = House::standing_still().await;
    house.register("alice@example.com").await;
    fail(&house, "alice@example.com", 5).await;
    let shown = house.texts("users", "failed_login_attempts || ' ' || (locked_until IS NOT NULL)").await;
    assert!(
        shown.iter().any(|text| text.starts_with("5 ") && ["1", "t", "true"].contains(&&text[2..])),
        "{shown:?}"
    );
    house.clock().advance(Duration::seconds(30));
    house.login("alice@example.com").await;
    let shown = house.texts("users", "failed_login_attempts || ' ' || (locked_until IS NOT NULL)").await;
    assert!(shown.iter().all(|text| text.starts_with("0 ")), "{shown:?}");
}
