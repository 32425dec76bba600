//! `GET /notifications/stream`.

use std::time::Duration;

use futures_util::{Stream, StreamExt};
use serde_json::Value;
use shared::testing::TestCaller;

use crate::Service;

/// What an event stream says: the id, and the notification if there is one.
type Said = (String, Option<Value>);

async fn follow(url: &str, by: &TestCaller, last: Option<&str>) -> impl Stream<Item = Said> + Unpin + use<> {
    let mut request =
        reqwest::Client::new().get(format!("{url}/notifications/stream")).bearer_auth(&by.token);
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let text = answer.bytes_stream().scan(String::new(), |open, bytes| {
        open.push_str(std::str::from_utf8(&bytes.expect("the stream goes on")).unwrap());
        let end = open.rfind("\n\n").map_or(0, |at| at + 2);
        let whole: Vec<String> =
            open.drain(..end).collect::<String>().split("\n\n").map(str::to_owned).collect();
        std::future::ready(Some(futures_util::stream::iter(whole)))
    });
    Box::pin(text.flatten().filter_map(|message| async move {
        let id = message.lines().find_map(|line| line.strip_prefix("id: "))?.to_owned();
        let data = message.lines().find_map(|line| line.strip_prefix("data: "));
        Some((id, data.map(|data| serde_json::from_str(data).unwrap())))
    }))
}

async fn next(stream: &mut (impl Stream<Item = Said> + Unpin)) -> Option<Said> {
    tokio::time::timeout(Duration::from_secs(10), stream.next()).await.expect("the stream says something")
}

/// The title of the next notification, and its id.
async fn title(stream: &mut (impl Stream<Item = Said> + Unpin)) -> (String, String) {
    let (id, line) = next(stream).await.expect("the stream goes on");
    let line = line.expect("a notification");
    let title = line["title"].as_str().unwrap();
    (id, title.rsplit(" - ").next().unwrap().to_owned())
}

async fn open_ticket(service: &Service, by: &TestCaller, title: &str) {
    service.world.deliver(&service.ticket(by.id, title), 1, Some(by.id)).await;
}

fn said(id: &str, title: &str) -> (String, String) {
    (id.to_owned(), title.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_is_told_live_and_to_its_owner_only() {
    let service = Service::start().await;
    let (alice, bob) =
        (service.registered("alice@example.com").await, service.registered("bob@example.com").await);
    open_ticket(&service, &alice, "before").await;
    let mut stream = follow(&service.url, &alice, None).await;
    let mut other_tab = follow(&service.url, &alice, None).await;
    let mut bobs = follow(&service.url, &bob, None).await;
    assert_eq!(next(&mut stream).await, Some(("1".to_owned(), None)), "where the list ends");
    assert_eq!(next(&mut other_tab).await, Some(("1".to_owned(), None)));
    assert_eq!(next(&mut bobs).await, Some(("0".to_owned(), None)));
    open_ticket(&service, &bob, "Bob's").await;
    for number in 2..5 {
        open_ticket(&service, &alice, &format!("a{number}")).await;
        let expected = said(&number.to_string(), &format!("a{number}"));
        assert_eq!(title(&mut stream).await, expected);
        assert_eq!(title(&mut other_tab).await, expected);
    }
    assert_eq!(title(&mut bobs).await, said("1", "Bob's"));
    open_ticket(&service, &bob, "Bob's second").await;
    assert_eq!(title(&mut bobs).await, said("2", "Bob's second"), "and nothing of Alice's in between");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_back_misses_nothing_and_sees_nothing_twice() {
    let service = Service::start().await;
    let alice = service.registered("alice@example.com").await;
    for number in 1..=3 {
        open_ticket(&service, &alice, &number.to_string()).await;
    }
    let mut stream = follow(&service.url, &alice, Some("1")).await;
    assert_eq!(title(&mut stream).await, said("2", "2"));
    assert_eq!(title(&mut stream).await, said("3", "3"));
    drop(stream);
    open_ticket(&service, &alice, "4").await;
    let mut stream = follow(&service.url, &alice, Some("3")).await;
    assert_eq!(title(&mut stream).await, said("4", "4"));
    open_ticket(&service, &alice, "5").await;
    assert_eq!(title(&mut stream).await, said("5", "5"));
    let mut everything = follow(&service.url, &alice, Some("0")).await;
    for number in 1..=5 {
        assert_eq!(title(&mut everything).await, said(&number.to_string(), &number.to_string()));
    }
}

/// Many events at once, taken by several consumers: what is read is never overtaken by what is committed later.
#[tokio::test(flavor = "multi_thread")]
async fn a_burst_comes_whole_and_in_order() {
    const COUNT: usize = 60;
    let service = Service::start().await;
    let alice = service.registered("alice@example.com").await;
    let mut stream = follow(&service.url, &alice, Some("0")).await;
    let burst = (0..COUNT).map(|number| {
        let ticket = service.ticket(alice.id, &format!("b{number}"));
        let world = &service.world;
        async move { world.deliver(&ticket, 1, Some(alice.id)).await }
    });
    let read = async {
        let (mut titles, mut last) = (std::collections::BTreeSet::new(), 0);
        while titles.len() < COUNT {
            let (id, title) = title(&mut stream).await;
            let id: i64 = id.parse().unwrap();
            assert!(id > last, "{id} after {last}");
            assert!(titles.insert(title), "nothing twice");
            last = id;
        }
    };
    tokio::join!(futures_util::future::join_all(burst), read);
}

/// Another replica writes into the database; nothing in this process is woken.
#[tokio::test(flavor = "multi_thread")]
async fn what_another_replica_wrote_is_told_here_too() {
    let service = Service::start().await;
    let alice = service.registered("alice@example.com").await;
    open_ticket(&service, &alice, "here").await;
    let mut stream = follow(&service.url, &alice, None).await;
    assert_eq!(next(&mut stream).await, Some(("1".to_owned(), None)));
    let id = shared::ids::uuid_at(service.world.clock().now());
    let copy = "INSERT INTO deliveries (id, event_id, recipient_id, channel, template, priority, payload, ticket_id, \
                status, attempts, claim, next_attempt_at, created_at, sent_at, place) \
                SELECT $1, $1, recipient_id, channel, template, priority, payload, ticket_id, status, attempts, claim, \
                next_attempt_at, created_at, sent_at, 2 FROM deliveries WHERE channel = 'in_app'";
    let tx = service.world.db("notifications").begin().await.unwrap();
    tx.run(copy, [id.into()]).await.unwrap();
    tx.run("UPDATE feeds SET last = 2", []).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(title(&mut stream).await, said("2", "here"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_ends_with_the_session_and_with_the_service() {
    let service = Service::start().await;
    let (alice, bob) =
        (service.registered("alice@example.com").await, service.registered("bob@example.com").await);
    let mut stream = follow(&service.url, &alice, Some("0")).await;
    let mut bobs = follow(&service.url, &bob, Some("0")).await;
    let until = service.world.clock().now() + chrono::Duration::hours(1);
    service.world.process().revocations.revoke(alice.session_id, until);
    assert_eq!(next(&mut stream).await, None);
    service.world.process().lifecycle.begin_stop();
    assert_eq!(next(&mut bobs).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_and_a_bad_id_are_turned_away() {
    let service = Service::start().await;
    let alice = service.registered("alice@example.com").await;
    let path = format!("{}/notifications/stream", service.url);
    assert_eq!(service.stranger(reqwest::Method::GET, "/notifications/stream").await, 401);
    let client = reqwest::Client::new();
    for bad in ["yesterday", "-1", "99999999999999999999"] {
        let request = client.get(&path).bearer_auth(&alice.token).header("last-event-id", bad);
        assert_eq!(request.send().await.unwrap().status(), 400, "{bad}");
    }
    assert_eq!(
        client.get(format!("{path}?userId=1")).bearer_auth(&alice.token).send().await.unwrap().status(),
        400
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_too_many_streams_of_one_person_the_oldest_ends() {
    let service = Service::start().await;
    let alice = service.registered("alice@example.com").await;
    let mut open = Vec::new();
    for _ in 0..21 {
        let mut stream = follow(&service.url, &alice, None).await;
        assert_eq!(next(&mut stream).await, Some(("0".to_owned(), None)));
        open.push(stream);
    }
    assert_eq!(next(&mut open[0]).await, None);
    open_ticket(&service, &alice, "new").await;
    for stream in &mut open[1..] {
        assert_eq!(title(stream).await, said("1", "new"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_all_places_are_taken_the_next_one_is_told_to_come_back() {
    let service = Service::with(&[("STREAM_LIMIT", "1")], None).await;
    let alice = service.registered("alice@example.com").await;
    let _open = follow(&service.url, &alice, None).await;
    let bob = service.registered("bob@example.com").await;
    let path = format!("{}/notifications/stream", service.url);
    let answer = reqwest::Client::new().get(path).bearer_auth(&bob.token).send().await.unwrap();
    assert_eq!(answer.status(), 429);
    assert!(answer.headers().contains_key("retry-after"));
}
