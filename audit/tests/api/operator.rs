//! The feed, read on the machine itself beside the service.

use audit::{Config, FeedReader, domain::FeedItem};
use shared::{events::UserRegistered, ids::UserId, live::Next};

use crate::{House, ticket};

async fn reader(house: &House) -> FeedReader {
    let config = Config::read(&house.world.sources("audit").await).unwrap();
    FeedReader::open(&config, house.world.process()).await.unwrap()
}

fn places(items: &[FeedItem]) -> Vec<i64> {
    items.iter().map(|item| item.sequence).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_reads_the_feed_as_the_api_gives_it() {
    let house = House::open().await;
    let now = house.world.clock().now();
    let ada = UserId::at(now);
    let event = UserRegistered { user_id: ada, email: "ada@example.com".into(), role: "user".into() };
    house.world.deliver(&event, 1, Some(ada)).await;
    for number in 2..=5 {
        house.world.deliver(&ticket(number, house.world.clock().now()), 1, None).await;
    }
    let reader = reader(&house).await;
    assert_eq!((reader.beginning().await.unwrap(), reader.end().await.unwrap()), (0, 5));
    let items = reader.events(0, 100).await.unwrap();
    assert_eq!(places(&items), [1, 2, 3, 4, 5]);
    assert_eq!(places(&reader.events(2, 2).await.unwrap()), [3, 4]);
    // Every time has its place, between any two that were recorded.
    assert_eq!(reader.before(now).await.unwrap(), 0);
    for item in &items {
        let older = items.iter().filter(|other| other.received_at < item.received_at).count();
        assert_eq!(reader.before(item.received_at).await.unwrap(), i64::try_from(older).unwrap());
    }
    assert_eq!(reader.before(items[4].received_at + chrono::Duration::microseconds(1)).await.unwrap(), 5);
    let told: Vec<_> = items
        .into_iter()
        .map(|item| serde_json::to_value(audit::FeedEventOut::from(item)).unwrap())
        .collect();
    assert_eq!(told[0]["data"]["email"], "ada@example.com");
    assert_eq!(told, house.items("/audit/events").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_follows_what_another_process_records() {
    let house = House::open().await;
    house.world.deliver(&ticket(1, house.world.clock().now()), 1, None).await;
    let reader = reader(&house).await;
    let mut following = reader.follow(0);
    for number in 1..=3 {
        if number > 1 {
            house.world.deliver(&ticket(number, house.world.clock().now()), 1, None).await;
        }
        let Next::Found(items) = following.next().await.unwrap() else { panic!("{number} has come") };
        assert_eq!(places(&items), [i64::from(number)]);
    }
    house.world.process().lifecycle.begin_stop();
    assert!(matches!(following.next().await.unwrap(), Next::End));
}
