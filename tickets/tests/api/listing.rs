use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::testing::TestCaller;

use crate::service::Tickets;

/// Twelve tickets of every priority, in threes that were opened at the same moment.
async fn dozen(tickets: &Tickets, caller: &TestCaller) -> Vec<Value> {
    let mut opened = Vec::new();
    for (number, priority) in
        ["LOW", "URGENT", "MEDIUM", "HIGH", "HIGH", "LOW"].into_iter().cycle().take(12).enumerate()
    {
        if number % 3 == 0 {
            tickets.world.clock().advance(TimeDelta::minutes(7));
        }
        let category = if number % 2 == 0 { "Network" } else { "Hardware" };
        opened.push(tickets.open(caller, json!({"priority": priority, "category": category})).await);
    }
    opened
}

/// All items of a list, read page by page; between two pages something else may happen.
async fn read_through(
    tickets: &Tickets,
    caller: &TestCaller,
    query: &str,
    mut between: impl AsyncFnMut(),
) -> Vec<Value> {
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = tickets.get(caller, &format!("/tickets?{query}{cursor}")).await;
        assert_eq!(page.status, 200, "{page:?}");
        items.extend(page.body["items"].as_array().unwrap().iter().cloned());
        match page.body["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
        between().await;
    }
}

fn ids(items: &[Value]) -> Vec<&str> {
    items.iter().map(|ticket| ticket["id"].as_str().unwrap()).collect()
}

/// What a list sorted by `field` goes by: a time as it is written, a priority by its rank; then the id.
fn sort_key<'a>(ticket: &'a Value, field: &str) -> (String, &'a str) {
    let value = ticket[field].as_str().unwrap();
    let rank = ["LOW", "MEDIUM", "HIGH", "URGENT"].iter().position(|priority| *priority == value);
    (rank.map_or(value.to_owned(), |rank| rank.to_string()), ticket["id"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_lists_their_own_tickets_and_no_others() {
    let tickets = Tickets::start().await;
    let (alice, bob) = (tickets.world.user("alice@example.com"), tickets.world.user("bob@example.com"));
    let agent = tickets.world.agent("agent@example.com");
    let mine = tickets.open(&alice, json!({})).await;

    assert_eq!(tickets.get(&alice, "/tickets").await.body, json!({"items": [mine], "nextCursor": null}));
    for other in [&bob, &agent] {
        assert_eq!(tickets.get(other, "/tickets").await.body, json!({"items": [], "nextCursor": null}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_ticket_comes_first() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");
    let mut opened = dozen(&tickets, &alice).await;

    let listed = tickets.get(&alice, "/tickets").await.body;

    opened.sort_by(|a, b| sort_key(b, "createdAt").cmp(&sort_key(a, "createdAt")));
    assert_eq!(ids(listed["items"].as_array().unwrap()), ids(&opened));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sort_goes_both_ways_and_every_page_size_shows_each_ticket_once() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");
    let mut expected = dozen(&tickets, &alice).await;

    for field in ["createdAt", "updatedAt", "dueDate", "priority"] {
        for (sign, descending) in [("", false), ("-", true)] {
            expected.sort_by(|a, b| sort_key(a, field).cmp(&sort_key(b, field)));
            if descending {
                expected.reverse();
            }
            for limit in [1, 2, 3, 5, 12, 100] {
                let query = format!("sort={sign}{field}&limit={limit}");
                let listed = read_through(&tickets, &alice, &query, async || ()).await;
                assert_eq!(ids(&listed), ids(&expected), "{query}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_opened_meanwhile_neither_double_nor_hide_any() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");
    let mut before = dozen(&tickets, &alice).await;
    before.sort_by(|a, b| sort_key(a, "priority").cmp(&sort_key(b, "priority")));

    let listed = read_through(&tickets, &alice, "sort=priority&limit=2", async || {
        for priority in ["LOW", "URGENT"] {
            tickets.open(&alice, json!({"priority": priority})).await;
            if tickets.count("tickets").await > 60 {
                panic!("the list does not end");
            }
        }
    })
    .await;

    let known = ids(&before);
    let seen: Vec<_> = ids(&listed).into_iter().filter(|id| known.contains(id)).collect();
    assert_eq!(seen, known);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_can_be_narrowed() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");
    dozen(&tickets, &alice).await;

    for (query, count) in [
        ("status=OPEN", 12),
        ("status=CLOSED", 0),
        ("priority=HIGH", 4),
        ("category=Network", 6),
        ("category=network", 0),
        ("category=Network&priority=LOW&status=OPEN", 2),
        ("category=%27%20OR%201%3D1%20--", 0),
    ] {
        for limit in [1, 100] {
            let query = format!("{query}&limit={limit}");
            assert_eq!(read_through(&tickets, &alice, &query, async || ()).await.len(), count, "{query}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_holds_25_tickets_unless_told_otherwise() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");
    for _ in 0..26 {
        tickets.open(&alice, json!({})).await;
    }

    let page = tickets.get(&alice, "/tickets").await.body;

    assert_eq!(page["items"].as_array().unwrap().len(), 25);
    assert!(page["nextCursor"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_makes_no_sense_is_refused() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");
    dozen(&tickets, &alice).await;
    let by_time =
        tickets.get(&alice, "/tickets?limit=1").await.body["nextCursor"].as_str().unwrap().to_owned();

    for (query, code) in [
        (format!("q={}", "x".repeat(201)), "bad_query"),
        ("sort=relevance".to_owned(), "bad_query"),
        ("assignedTo=0199aaaa-0000-7000-8000-000000000000".to_owned(), "bad_query"),
        ("userId=0199aaaa-0000-7000-8000-000000000000".to_owned(), "bad_query"),
        ("status=open".to_owned(), "bad_query"),
        ("priority=1".to_owned(), "bad_query"),
        ("sort=title".to_owned(), "bad_query"),
        ("sort=--priority".to_owned(), "bad_query"),
        ("limit=0".to_owned(), "bad_query"),
        ("limit=101".to_owned(), "bad_query"),
        ("limit=ten".to_owned(), "bad_query"),
        ("cursor=nonsense".to_owned(), "bad_cursor"),
        (format!("cursor={by_time}&sort=priority"), "bad_cursor"),
    ] {
        let reply = tickets.get(&alice, &format!("/tickets?{query}")).await;
        assert_eq!(reply.refusal(), (400, code), "{query}");
    }
}
