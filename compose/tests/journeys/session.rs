use std::time::{Duration, Instant};

use compose::services::Service;
use reqwest::StatusCode;
use serde_json::json;

use super::house::{House, Person};

/// A route of each service that anybody who is signed in may call, or that says 403 or 404: what matters is 401.
const ROUTES: [(Service, &str); 6] = [
    (Service::Auth, "/auth/me"),
    (Service::Users, "/users/profile"),
    (Service::Tickets, "/tickets"),
    (Service::Files, "/files/01999b1e-0000-7000-8000-000000000001"),
    (Service::Notifications, "/notifications"),
    (Service::Audit, "/audit/logs"),
];

async fn status(house: &House, person: &Person, service: Service, path: &str) -> StatusCode {
    let url = format!("{}{path}", house.at(service));
    house.client.get(url).bearer_auth(&person.token).send().await.unwrap().status()
}

/// Waits until all six services refuse the token; how long that took.
async fn until_refused(house: &House, person: &Person) -> Duration {
    let since = Instant::now();
    for (service, path) in ROUTES {
        house
            .world
            .until(&format!("{service} refuses"), || async {
                status(house, person, service, path).await == StatusCode::UNAUTHORIZED
            })
            .await;
    }
    since.elapsed()
}

async fn assert_taken(house: &House, person: &Person) {
    for (service, path) in ROUTES {
        assert_ne!(status(house, person, service, path).await, StatusCode::UNAUTHORIZED, "{service}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_logout_the_session_is_dead_in_all_six_within_a_second() {
    let house = House::open().await;
    let (alice, bob) = (house.register("alice@example.com").await, house.register("bob@example.com").await);
    assert_taken(&house, &alice).await;
    let answer = house.client.post(format!("{}/auth/logout", house.url)).bearer_auth(&alice.token);
    assert_eq!(answer.send().await.unwrap().status(), 204);

    let took = until_refused(&house, &alice).await;
    assert!(took <= Duration::from_secs(1), "it took {took:?}");
    let refresh = house.client.post(format!("{}/auth/refresh", house.url));
    let refresh = refresh.json(&json!({ "refreshToken": alice.refresh_token })).send().await.unwrap();
    assert_eq!(refresh.status(), 401);
    assert_taken(&house, &bob).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_is_dead_in_all_six_within_a_second() {
    let house = House::open().await;
    let (alice, admin) = (house.register("alice@example.com").await, house.admin().await);
    assert_taken(&house, &alice).await;
    let close =
        house.client.put(format!("{}/auth/users/{}/status", house.url, alice.id)).bearer_auth(&admin.token);
    assert_eq!(close.json(&json!({ "isActive": false })).send().await.unwrap().status(), 200);
    let took = until_refused(&house, &alice).await;
    assert!(took <= Duration::from_secs(1), "it took {took:?}");
}
