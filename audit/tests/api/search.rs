use futures_util::future::join_all;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use shared::{
    events::{TicketCreated, UserDeleted, UserLogin, UserRegistered},
    ids::{SessionId, UserId},
    testing::World,
};

use super::{House, numbers, ticket};

impl House {
    async fn titled(&self, number: u32, title: &str, priority: &str) -> TicketCreated {
        self.world.clock().advance(chrono::Duration::hours(1));
        let opened = ticket(number, self.world.clock().now());
        let opened = TicketCreated { title: title.to_owned(), priority: priority.to_owned(), ..opened };
        self.world.deliver(&opened, 1, Some(opened.user_id)).await;
        opened
    }

    /// The numbers of the tickets that are found, in order.
    async fn found(&self, question: &str) -> Vec<String> {
        let items = self.items(&format!("/audit/search?{question}")).await;
        items.iter().map(|item| item["details"]["ticketNumber"].as_str().unwrap_or("-").to_owned()).collect()
    }

    /// The numbers of the lines on all pages, in order.
    async fn walked(&self, question: &str, limit: usize) -> Vec<i64> {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("/audit/search?{question}&limit={limit}{cursor}")).await;
            seen.extend(numbers(page["items"].as_array().unwrap()));
            let Some(next) = page["nextCursor"].as_str() else { return seen };
            cursor = format!("&cursor={next}");
        }
    }

    async fn rebuilt(&self, derived: &str) {
        let answer = self.post(&format!("/audit/rebuilds/{derived}")).await;
        assert_eq!(answer.status(), 202);
        let asked: Value = answer.json().await.unwrap();
        assert_eq!((&asked["derived"], &asked["finishedAt"]), (&json!(derived), &Value::Null));
        self.world
            .until("it is made anew", async || {
                let items = self.items("/audit/rebuilds").await;
                items.iter().any(|item| item["derived"] == derived && !item["finishedAt"].is_null())
            })
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_found_by_what_was_done_and_by_their_details_the_best_first() {
    let house = House::within(World::at("2026-02-28T21:30:00Z".parse().unwrap()).await).await;
    house.titled(1, "Écran noir, toner vide", "HIGH").await;
    house.titled(2, "Imprimante sans toner", "LOW").await;
    // In another month: where that matters, the index is another.
    house.titled(3, "Toner, toner, toner", "LOW").await;
    for (question, numbers) in [
        ("q=ecran", &["HD-000001"][..]),
        ("q=%C3%89CRAN%20noir", &["HD-000001"]),
        ("q=ecran%20imprimante", &[]),
        ("q=impri*", &["HD-000002"]),
        ("q=impri", &[]),
        ("q=toner%20-vide&sort=-timestamp", &["HD-000003", "HD-000002"]),
        ("q=toner&sort=timestamp", &["HD-000001", "HD-000002", "HD-000003"]),
        ("q=toner%20-imprimante%20-ecran", &["HD-000003"]),
        ("q=HD-000002", &["HD-000002"]),
        ("q=ticket%20created%20low&sort=timestamp", &["HD-000002", "HD-000003"]),
        ("q=toner&to=2026-03-01T00:00:00Z&sort=timestamp", &["HD-000001", "HD-000002"]),
        ("q=toner&from=2026-03-01T00:00:00Z", &["HD-000003"]),
        ("q=toner&resourceType=user", &[]),
        ("q=high&resourceType=ticket&action=ticket_created", &["HD-000001"]),
    ] {
        assert_eq!(house.found(question).await, numbers, "{question}");
    }
    let best = &house.items("/audit/search?q=toner").await;
    assert_eq!(best.len(), 3);
    assert_eq!(best[0]["details"]["ticketNumber"], "HD-000003");
    let relevance: Vec<_> = best.iter().map(|item| item["relevance"].as_f64().unwrap()).collect();
    assert!(relevance.is_sorted_by(|a, b| a >= b), "{relevance:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_finds_what_was_done_by_somebody_or_to_something() {
    let house = House::open().await;
    let one = house.titled(1, "One", "LOW").await;
    house.titled(2, "Two", "LOW").await;
    assert_eq!(house.found(&format!("q={}", one.ticket_id)).await, ["HD-000001"]);
    assert_eq!(house.found(&format!("q={}", one.user_id)).await, ["HD-000001"]);
    assert_eq!(house.found(&format!("q=ticket&userId={}", one.user_id)).await, ["HD-000001"]);
    assert_eq!(house.found(&format!("q=ticket&resourceId={}", one.ticket_id)).await, ["HD-000001"]);
    assert_eq!(house.found(&format!("q={}", UserId::at(house.world.clock().now()))).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_either_order_show_each_line_once_though_lines_come_meanwhile() {
    let house = House::open().await;
    for number in 1..=23 {
        house.titled(number, &"printer ".repeat(number as usize % 4 + 1), "LOW").await;
    }
    for sort in ["-relevance", "-timestamp", "timestamp"] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = house.get(&format!("/audit/search?q=printer&limit=5&sort={sort}{cursor}")).await;
            seen.extend(
                page["items"].as_array().unwrap().iter().map(|item| item["sequence"].as_i64().unwrap()),
            );
            if seen.len() == 5 && sort != "timestamp" {
                house.titled(99, "printer printer printer printer printer", "LOW").await;
            }
            let Some(next) = page["nextCursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), count, "{sort} shows a line twice");
        assert!(seen.starts_with(&(1..=23).collect::<Vec<_>>()), "{sort} misses a line: {seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_typed_is_a_fault_and_what_says_nothing_is_refused_in_words() {
    let house = House::open().await;
    house.titled(1, "it's a \"quoted\" & <b>marked</b> title\\", "LOW").await;
    for typed in [
        "%27%22%5C%26%7C%21quoted%3A*%28%29%3C-%3E",
        "NEAR(quoted%20marked)",
        "quoted%20AND%20%20marked%27--",
        "title%5C",
    ] {
        let answer = house.ask(&house.admin, &format!("/audit/search?q={typed}")).await;
        assert_eq!(answer.status(), 200, "{typed}");
    }
    assert_eq!(house.found("q=%27quoted%27%20%26%20marked").await, ["HD-000001"]);
    let long = "q=".to_owned() + &"a".repeat(201);
    for question in [
        "q=",
        "q=%20-x",
        "q=%21%21",
        &long,
        "",
        "q=a&sort=relevance",
        "q=a&limit=0",
        "q=a&word=b",
        "q=a&cursor=x",
    ] {
        let answer = house.ask(&house.admin, &format!("/audit/search?{question}")).await;
        assert_eq!(answer.status(), 400, "{question}");
        let problem: Value = answer.json().await.unwrap();
        assert!(["bad_query", "bad_cursor"].contains(&problem["code"].as_str().unwrap()), "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_erased_is_found_by_nothing_and_also_not_when_the_index_is_made_anew() {
    let house = House::open().await;
    let ada = UserId::at(house.world.clock().now());
    let registered = UserRegistered { user_id: ada, email: "ada@example.com".into(), role: "user".into() };
    house.world.deliver(&registered, 1, Some(ada)).await;
    let login = UserLogin {
        user_id: ada,
        session_id: SessionId::at(house.world.clock().now()),
        ip: Some("192.0.2.7".to_owned()),
        user_agent: Some("curl/8".to_owned()),
    };
    house.world.deliver(&login, 2, Some(ada)).await;
    assert_eq!(house.found("q=ada%20example").await.len(), 1);
    assert_eq!(house.found("q=192.0.2.7").await.len(), 1);
    assert_eq!(house.found("q=192.0.2").await.len(), 0);
    house.world.deliver(&UserDeleted { user_id: ada }, 3, Some(ada)).await;
    house.world.deliver(&login, 4, Some(ada)).await;
    for rebuilt in [false, true] {
        if rebuilt {
            house.rebuilt("search").await;
        }
        for personal in ["q=ada", "q=192.0.2.7", "q=curl", "q=withheld"] {
            assert_eq!(house.found(personal).await.len(), 0, "{personal}, made anew: {rebuilt}");
        }
        assert_eq!(house.found("q=user%20login").await.len(), 2);
    }
    let db = house.world.db("audit");
    let text = if db.is_postgres() { "document::text" } else { "head || body || personal" };
    let rows = sea_orm::Statement::from_string(
        db.conn().get_database_backend(),
        format!("SELECT count(*) AS n FROM trail_search WHERE {text} LIKE '%curl%'"),
    );
    let row = db.conn().query_one_raw(rows).await.unwrap().unwrap();
    assert_eq!(row.try_get::<i64>("", "n").unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_of_the_trail_is_the_same_when_it_is_made_anew_while_events_come() {
    let house = House::open().await;
    for number in 1..=30 {
        house.titled(number, "printer", ["HIGH", "LOW"][number as usize % 2]).await;
    }
    let metrics = "/audit/metrics?name=tickets_created&bucket=hour";
    let before = (house.found("q=printer&limit=100").await, house.get(metrics).await);
    let db = house.world.db("audit");
    // As somebody might who restored only a part: nothing of it is true.
    for broken in [
        "DELETE FROM trail_search",
        "DELETE FROM metrics WHERE grain = 'hour'",
        "UPDATE metrics SET count = 7",
    ] {
        db.conn().execute_unprepared(broken).await.unwrap();
    }
    for derived in ["search", "metrics"] {
        house.rebuilt(derived).await;
    }
    assert_eq!((house.found("q=printer&limit=100").await, house.get(metrics).await), before);
    let (_, _) = tokio::join!(house.rebuilt("metrics"), house.titled(31, "printer", "HIGH"));
    house.rebuilt("search").await;
    assert_eq!(house.found("q=printer&limit=100").await.len(), 31);
    assert_eq!(house.get(metrics).await["metrics"][0]["count"], 31);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_an_administrator_has_anything_made_anew_and_nothing_else_can_be() {
    let house = House::open().await;
    let ada = house.world.user("ada@example.com");
    let post = async |token: &str, name: &str| {
        let url = format!("{}/audit/rebuilds/{name}", house.url);
        reqwest::Client::new().post(url).bearer_auth(token).send().await.unwrap().status()
    };
    assert_eq!(post(&ada.token, "search").await, 403);
    assert_eq!(post("nobody", "search").await, 401);
    assert_eq!(post(&house.admin.token, "trail").await, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_more_than_are_ranked_the_newest_are_and_by_time_all_are_given() {
    // All at one moment: the newest are those that came last.
    let house = House::within(World::at("2026-03-01T08:00:00Z".parse().unwrap()).await).await;
    let now = house.world.clock().now();
    let tickets: Vec<_> = (1..=205).map(|number| ticket(number, now)).collect();
    join_all(tickets.iter().map(|opened| house.world.deliver(opened, 1, None))).await;
    for words in ["q=printer", "q=printer%20ticket"] {
        for (sort, wanted) in [("-relevance", 200), ("timestamp", 205)] {
            let mut seen = house.walked(&format!("{words}&sort={sort}"), 100).await;
            seen.sort_unstable();
            assert_eq!(seen, (206 - wanted..=205).collect::<Vec<_>>(), "{words} by {sort}");
        }
    }
}

/// A common word is found among the newest lines, a rare one by the index of words, month by month: whichever way, in order.
#[tokio::test(flavor = "multi_thread")]
async fn what_lies_behind_thousands_of_other_lines_is_found_in_either_order() {
    let mut house = House::within(World::at("2024-01-15T08:00:00Z".parse().unwrap()).await).await;
    for (number, days) in [(1, 0), (2, 20), (3, 300), (4, 400), (5, 10)] {
        house.world.clock().advance(chrono::Duration::days(days));
        house.titled(number, "toner", "LOW").await;
    }
    // The token of years ago has run out.
    house.admin = house.world.admin("admin@example.com");
    let db = house.world.db("audit");
    if db.is_postgres() {
        for sql in [
            "SELECT make_search_partition(at) FROM generate_series('2024-01-01Z'::timestamptz, '2026-03-01Z', '1 month') at",
            "INSERT INTO trail_search SELECT -row_number() OVER (), at, NULL, '''paper'':1' \
             FROM generate_series('2024-01-01Z'::timestamptz, '2026-03-01Z', '4 hours') at",
            "INSERT INTO trail_search SELECT -10000 - row_number() OVER (), at, NULL, '''ink'':1' \
             FROM generate_series('2026-02-01Z'::timestamptz, '2026-03-01Z', '15 minutes') at",
            // More than are looked through at once, at the moment of a line that comes behind them.
            "INSERT INTO trail_search SELECT -20000 - number, \"timestamp\", NULL, '''glue'':1' \
             FROM generate_series(1, 2500) AS number, trail_search WHERE sequence = 3",
        ] {
            db.conn().execute_unprepared(sql).await.unwrap();
        }
    }
    for (question, numbers) in [
        ("q=toner&sort=-timestamp", &[5, 4, 3, 2, 1][..]),
        ("q=toner&sort=timestamp", &[1, 2, 3, 4, 5]),
        ("q=toner&sort=timestamp&from=2024-02-01T00:00:00Z", &[2, 3, 4, 5]),
        ("q=toner&sort=timestamp&from=2024-11-30T00:00:00Z", &[3, 4, 5]),
        ("q=toner&sort=-timestamp&to=2025-12-01T00:00:00Z", &[3, 2, 1]),
        ("q=toner&sort=timestamp&from=2024-02-01T00:00:00Z&to=2025-12-01T00:00:00Z", &[2, 3]),
    ] {
        for limit in [1, 2, 10] {
            assert_eq!(house.walked(question, limit).await, numbers, "{question}, {limit} a page");
        }
    }
    let mut by_relevance = house.walked("q=toner", 2).await;
    by_relevance.sort_unstable();
    assert_eq!(by_relevance, [1, 2, 3, 4, 5]);
}
