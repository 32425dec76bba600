//! `GET /audit/metrics`: what was counted.

use chrono::TimeDelta;
use insta::assert_json_snapshot;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use shared::{
    clock::Timestamp,
    events::{SessionRevoked, TicketStatusChanged, UserLogin, UserLoginFailed, UserLogout},
    ids::{SessionId, TicketId, UserId},
    testing::World,
};

use super::{House, serve, ticket};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

async fn house(now: &str) -> House {
    House::within(World::at(at(now)).await).await
}

impl House {
    /// Moves this world's time on to a moment.
    fn wait_until(&self, moment: &str) {
        let clock = self.world.clock();
        clock.advance(at(moment) - clock.now());
    }

    /// Opens a ticket now.
    pub(super) async fn open_ticket(&self, priority: &str, category: &str, by: UserId) -> TicketId {
        let mut created = ticket(1, self.world.clock().now());
        created.priority = priority.to_owned();
        created.category = category.to_owned();
        self.world.deliver(&created, 1, Some(by)).await;
        created.ticket_id
    }

    /// Moves a ticket now.
    pub(super) async fn move_ticket(&self, ticket_id: TicketId, old: &str, new: &str, by: UserId) {
        let moved = TicketStatusChanged {
            ticket_id,
            ticket_number: "HD-000001".to_owned(),
            title: "The printer is on fire".to_owned(),
            user_id: by,
            assigned_to: None,
            old_status: old.to_owned(),
            new_status: new.to_owned(),
            comment: None,
            changes: Vec::new(),
        };
        self.world.deliver(&moved, 2, Some(by)).await;
    }
}

/// When there was anything, and how often.
fn counts(metrics: &Value) -> Vec<(String, i64)> {
    let points = metrics["metrics"][0]["points"].as_array().unwrap();
    let point = |point: &Value| (point["at"].as_str().unwrap().to_owned(), point["count"].as_i64().unwrap());
    points.iter().map(point).filter(|(_, count)| *count > 0).collect()
}

fn expected(points: &[(&str, i64)]) -> Vec<(String, i64)> {
    points.iter().map(|(at, count)| ((*at).to_owned(), *count)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_is_shown_by_hour_day_and_week_each_event_in_its_own() {
    let house = house("2026-02-28T23:59:59.999Z").await;
    let admin = house.admin.id;
    // A Saturday, a Sunday, and the Monday after.
    for moment in [
        "2026-02-28T23:59:59.999999Z",
        "2026-03-01T00:00:00Z",
        "2026-03-01T00:59:59.999999Z",
        "2026-03-01T01:00:00Z",
        "2026-03-02T00:00:00Z",
    ] {
        house.wait_until(moment);
        house.open_ticket("HIGH", "hardware", admin).await;
    }
    let ask = |span: &str, bucket: &str| {
        let path = format!("/audit/metrics?name=tickets_created&bucket={bucket}&{span}");
        // Those who were there two days ago have been signed out.
        let (house, reader) = (&house, house.world.admin("reader@example.com"));
        async move { house.ask(&reader, &path).await.json::<Value>().await.unwrap() }
    };
    let span = "from=2026-02-28T00:00:00Z&to=2026-03-03T00:00:00Z";
    let by_hour = ask(span, "hour").await;
    assert_eq!(by_hour["metrics"][0]["points"].as_array().unwrap().len(), 72);
    assert_eq!(by_hour["metrics"][0]["count"], 5);
    assert_eq!(
        counts(&by_hour),
        expected(&[
            ("2026-02-28T23:00:00Z", 1),
            ("2026-03-01T00:00:00Z", 2),
            ("2026-03-01T01:00:00Z", 1),
            ("2026-03-02T00:00:00Z", 1),
        ])
    );
    assert_eq!(
        counts(&ask(span, "day").await),
        expected(&[("2026-02-28T00:00:00Z", 1), ("2026-03-01T00:00:00Z", 3), ("2026-03-02T00:00:00Z", 1)])
    );
    assert_eq!(
        counts(&ask(span, "week").await),
        expected(&[("2026-02-23T00:00:00Z", 4), ("2026-03-02T00:00:00Z", 1)])
    );
    // `from` is in it and `to` is not; both are cut outwards to whole buckets.
    let narrow = "from=2026-03-01T00:30:00Z&to=2026-03-01T01:00:00Z";
    assert_eq!(counts(&ask(narrow, "hour").await), expected(&[("2026-03-01T00:00:00Z", 2)]));
    assert_eq!(counts(&ask(narrow, "day").await), expected(&[("2026-03-01T00:00:00Z", 3)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_has_its_parts_and_each_can_be_asked_for() {
    let house = house("2026-03-01T08:00:00Z").await;
    for (priority, category) in [("HIGH", "hardware"), ("HIGH", "network"), ("LOW", "hardware")] {
        house.open_ticket(priority, category, house.admin.id).await;
    }
    let whole = house.get("/audit/metrics?name=tickets_created&from=2026-03-01T00:00:00Z").await;
    assert_json_snapshot!(whole, @r#"
    {
      "bucket": "day",
      "from": "2026-03-01T00:00:00Z",
      "metrics": [
        {
          "count": 3,
          "duration": null,
          "name": "tickets_created",
          "parts": [
            {
              "count": 2,
              "dimension": "priority=HIGH"
            },
            {
              "count": 1,
              "dimension": "priority=LOW"
            },
            {
              "count": 2,
              "dimension": "category=hardware"
            },
            {
              "count": 1,
              "dimension": "category=network"
            }
          ],
          "points": [
            {
              "at": "2026-03-01T00:00:00Z",
              "count": 3,
              "duration": null
            }
          ]
        }
      ],
      "to": "2026-03-02T00:00:00Z"
    }
    "#);
    let part = house
        .get("/audit/metrics?name=tickets_created&dimension=priority=HIGH&from=2026-03-01T00:00:00Z")
        .await;
    assert_eq!((&part["metrics"][0]["count"], &part["metrics"][0]["parts"]), (&json!(2), &json!([])));
    assert_eq!(counts(&part), expected(&[("2026-03-01T00:00:00Z", 2)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_took_time_has_exact_means_and_extremes() {
    let house = house("2026-03-01T08:00:00Z").await;
    let admin = house.admin.id;
    let first = house.open_ticket("HIGH", "hardware", admin).await;
    house.world.clock().advance(TimeDelta::hours(1));
    let second = house.open_ticket("LOW", "hardware", admin).await;
    house.world.clock().advance(TimeDelta::hours(2));
    house.move_ticket(first, "IN_PROGRESS", "RESOLVED", admin).await;
    house.move_ticket(second, "IN_PROGRESS", "RESOLVED", admin).await;
    house.move_ticket(second, "RESOLVED", "CLOSED", admin).await;
    house.move_ticket(second, "CLOSED", "OPEN", admin).await;
    let resolved = house.get("/audit/metrics?name=tickets_resolved").await;
    let hour = 3_600_000;
    let duration = json!({
        "count": 2, "totalMs": 5 * hour, "meanMs": 5 * hour / 2, "minMs": 2 * hour, "maxMs": 3 * hour,
    });
    assert_eq!(resolved["metrics"][0]["duration"], duration);
    let all = house.get("/audit/metrics").await;
    let count = |name: &str| {
        let metrics = all["metrics"].as_array().unwrap();
        metrics.iter().find(|metric| metric["name"] == name).map(|metric| metric["count"].as_i64().unwrap())
    };
    for (name, expected) in [
        ("events_recorded", Some(6)),
        ("tickets_created", Some(2)),
        ("tickets_status_changed", Some(4)),
        ("tickets_resolved", Some(2)),
        ("tickets_closed", Some(1)),
        ("tickets_reopened", Some(1)),
        ("tickets_deleted", None),
    ] {
        assert_eq!(count(name), expected, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_counters_are_listed_by_name_with_their_totals() {
    let house = house("2026-03-01T08:00:00Z").await;
    let now = house.world.clock().now();
    let user_id = UserId::at(now);
    let session_id = SessionId::at(now);
    let login = UserLogin { user_id, session_id, ip: None, user_agent: None };
    house.world.deliver(&login, 1, Some(user_id)).await;
    let failed = UserLoginFailed {
        user_id: None,
        email_hash: "ab".to_owned(),
        reason: "bad_credentials".to_owned(),
        ip: None,
        user_agent: None,
    };
    house.world.deliver(&failed, 1, None).await;
    house.world.clock().advance(TimeDelta::minutes(90));
    let logout = UserLogout { user_id, session_id, all_sessions: false };
    house.world.deliver(&logout, 2, Some(user_id)).await;
    let until = house.world.clock().now();
    let revoked = SessionRevoked { session_id, user_id, reason: "logout".to_owned(), until };
    house.world.deliver(&revoked, 1, Some(user_id)).await;
    assert_json_snapshot!(house.get("/audit/metrics?bucket=hour").await, @r#"
    {
      "bucket": "hour",
      "from": "2026-02-22T09:00:00Z",
      "metrics": [
        {
          "count": 4,
          "duration": null,
          "name": "events_recorded"
        },
        {
          "count": 1,
          "duration": null,
          "name": "sessions_revoked"
        },
        {
          "count": 1,
          "duration": null,
          "name": "users_login"
        },
        {
          "count": 1,
          "duration": null,
          "name": "users_login_failed"
        },
        {
          "count": 1,
          "duration": {
            "count": 1,
            "maxMs": 5400000,
            "meanMs": 5400000,
            "minMs": 5400000,
            "totalMs": 5400000
          },
          "name": "users_logout"
        }
      ],
      "to": "2026-03-01T10:00:00Z"
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_did_how_much_is_read_from_what_is_added_up_when_days_are_over() {
    let mut house = house("2026-03-01T08:00:00Z").await;
    let [ada, bob] = [house.world.user("ada@example.com").id, house.world.user("bob@example.com").id];
    for (number, by) in [ada, bob, ada].into_iter().enumerate() {
        let now = house.world.clock().now();
        house.world.deliver(&ticket(number as u32, now), 1, Some(by)).await;
        house.world.clock().advance(TimeDelta::days(1));
    }
    // The one that signed in before is out by then.
    house.admin = house.world.admin("admin@example.com");
    let path = "/audit/metrics?name=events_recorded&from=2026-03-01T00:00:00Z&to=2026-03-04T00:00:00Z";
    let before = house.get(path).await;
    let part = |user: UserId, count: i64| json!({ "dimension": format!("user={user}"), "count": count });
    assert_eq!(before["metrics"][0]["parts"], json!([part(ada, 2), part(bob, 1)]));

    // A replica looks when it starts.
    serve(&house.world).await;
    let db = house.world.db("audit");
    let are_added_up = || async {
        let rows = db.conn().query_all_raw(db.sql("SELECT until FROM standings", [])).await.unwrap();
        rows.len() == 4
    };
    house.world.until("three days are added up", are_added_up).await;
    db.run("DELETE FROM metrics WHERE dimension = 'user' AND starts_at < '2026-03-04'", []).await.unwrap();
    assert_eq!(house.get(path).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_again_is_counted_once() {
    let house = house("2026-03-01T08:00:00Z").await;
    let created = ticket(1, house.world.clock().now());
    let envelope = house.world.deliver(&created, 1, Some(created.user_id)).await;
    let path = "/audit/metrics?name=tickets_created";
    let once = house.get(path).await;
    assert_eq!(once["metrics"][0]["count"], 1);
    house.world.deliver_again(&envelope).await;
    house.world.deliver_again(&envelope).await;
    assert_eq!(house.get(path).await, once);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_type_of_a_newer_service_counts_too() {
    let house = house("2026-03-01T08:00:00Z").await;
    let mut envelope = house.world.deliver(&ticket(1, house.world.clock().now()), 1, None).await;
    envelope.event_id = shared::ids::EventId::at(house.world.clock().now());
    envelope.event_type = "weather.changed".to_owned();
    house.world.deliver_again(&envelope).await;
    assert_eq!(house.get("/audit/metrics?name=weather_changed").await["metrics"][0]["count"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_that_nothing_was_counted_under_is_empty_and_no_fault() {
    let house = house("2026-03-01T08:00:00Z").await;
    let found = house.get("/audit/metrics?name=never_heard_of").await;
    assert_eq!((&found["metrics"][0]["count"], counts(&found)), (&json!(0), vec![]));
    assert_eq!(found["metrics"][0]["points"].as_array().unwrap().len(), 8);
    assert_eq!(house.get("/audit/metrics").await["metrics"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_parameter_is_named() {
    let house = house("2026-03-01T08:00:00Z").await;
    for (query, name) in [
        ("name=Tickets", "name"),
        ("name=", "name"),
        ("name=a%27--", "name"),
        ("bucket=month", "bucket"),
        ("name=a&dimension=colour%3Dred", "dimension"),
        ("dimension=priority=HIGH", "dimension"),
        ("from=yesterday", "from"),
        ("from=2026-03-02T00:00:00Z", "to"),
        ("from=2026-02-01T00:00:00Z&to=2026-02-01T00:00:00Z", "to"),
        ("bucket=hour&from=2026-01-01T00:00:00Z", "from"),
        ("bucket=day&from=2020-01-01T00:00:00Z", "from"),
        ("bucket=week&from=1970-01-01T00:00:00Z&to=9999-12-31T23:59:59Z", "from"),
        ("colour=red", "colour"),
    ] {
        let answer = house.ask(&house.admin, &format!("/audit/metrics?{query}")).await;
        assert_eq!(answer.status(), 400, "{query}");
        let problem: Value = answer.json().await.unwrap();
        let told = (problem["code"].as_str().unwrap(), problem["errors"][0]["field"].as_str().unwrap());
        assert_eq!(told, ("bad_query", name), "{query}");
    }
    // As far as time goes.
    let path = "/audit/metrics?name=a&from=9999-12-31T00:00:00Z&to=9999-12-31T23:59:59Z&bucket=";
    for bucket in ["hour", "day", "week"] {
        house.get(&format!("{path}{bucket}")).await;
    }
}
