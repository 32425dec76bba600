use std::time::Duration;

use futures_util::{Stream, StreamExt};
use serde_json::Value;

use super::{House, ticket};

/// The messages of an event stream as they come: number and event.
async fn follow(house: &House, path: &str, last: Option<u32>) -> impl Stream<Item = (String, Value)> + Unpin {
    let mut request = reqwest::Client::new()
        .get(format!("{}{path}", house.url))
        .bearer_auth(&house.admin.token)
        .header("accept", "text/event-stream");
    if let Some(last) = last {
        request = request.header("last-event-id", last.to_string());
    }
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let text = answer.bytes_stream().scan(String::new(), |open, bytes| {
        open.push_str(std::str::from_utf8(&bytes.expect("the stream goes on")).unwrap());
        let end = open.rfind("\n\n").map_or(0, |at| at + 2);
        let whole: Vec<String> =
            open.drain(..end).collect::<String>().split("\n\n").map(str::to_owned).collect();
        std::future::ready(Some(futures_util::stream::iter(whole)))
    });
    Box::pin(text.flatten().filter_map(|message| async move {
        let id = message.lines().find_map(|line| line.strip_prefix("id: "))?.to_owned();
        let data = message.lines().find_map(|line| line.strip_prefix("data: "))?;
        Some((id, serde_json::from_str(data).unwrap()))
    }))
}

async fn next(stream: &mut (impl Stream<Item = (String, Value)> + Unpin)) -> Option<(String, Value)> {
    tokio::time::timeout(Duration::from_secs(10), stream.next()).await.expect("the stream says something")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_live_feed_begins_with_what_is_there_and_goes_on() {
    let house = House::open().await;
    house.world.deliver(&ticket(1, house.world.clock().now()), 1, None).await;
    let mut stream = follow(&house, "/audit/events", None).await;
    let (id, event) = next(&mut stream).await.unwrap();
    assert_eq!((id.as_str(), event["data"]["ticketNumber"].as_str()), ("1", Some("HD-000001")));
    for number in 2..=3 {
        house.world.deliver(&ticket(number, house.world.clock().now()), 1, None).await;
        assert_eq!(next(&mut stream).await.unwrap().0, number.to_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_live_feed_resumes_behind_the_last_event_seen() {
    let house = House::open().await;
    for number in 1..=3 {
        house.world.deliver(&ticket(number, house.world.clock().now()), 1, None).await;
    }
    let mut by_header = follow(&house, "/audit/events?after=0", Some(2)).await;
    assert_eq!(next(&mut by_header).await.unwrap().0, "3");
    let mut by_query = follow(&house, "/audit/events?after=1", None).await;
    assert_eq!(next(&mut by_query).await.unwrap().0, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_live_feed_ends_with_the_session() {
    let house = House::open().await;
    let mut stream = follow(&house, "/audit/events", None).await;
    let until = house.world.clock().now() + chrono::Duration::hours(1);
    house.world.process().revocations.revoke(house.admin.session_id, until);
    assert_eq!(next(&mut stream).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_live_feed_ends_when_the_service_stops() {
    let house = House::open().await;
    let mut stream = follow(&house, "/audit/events", None).await;
    house.world.process().lifecycle.begin_stop();
    assert_eq!(next(&mut stream).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_last_event_id_is_refused() {
    let house = House::open().await;
    let request =
        reqwest::Client::new().get(format!("{}/audit/events", house.url)).bearer_auth(&house.admin.token);
    let request = request.header("accept", "text/event-stream").header("last-event-id", "yesterday");
    assert_eq!(request.send().await.unwrap().status(), 400);
}
