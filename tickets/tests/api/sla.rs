use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::service::Tickets;

async fn kinds(tickets: &Tickets, ticket: &str) -> Vec<(String, String)> {
    let alerts = tickets.told(ticket).await.into_iter().filter(|(kind, _)| kind.contains("sla"));
    alerts.map(|(kind, data)| (kind, data["clock"].as_str().unwrap().to_owned())).collect()
}

fn alert(kind: &str, clock: &str) -> (String, String) {
    (format!("ticket.sla_{kind}"), clock.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_warning_and_each_breach_makes_one_event() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");
    let ticket = tickets.opened(&alice, json!({"priority": "URGENT"})).await;

    let mut expected = Vec::new();
    for (minutes, kind, clock) in [
        (24, "warning", "response"),
        (6, "breached", "response"),
        (66, "warning", "resolution"),
        (24, "breached", "resolution"),
    ] {
        tickets.pass(TimeDelta::minutes(minutes) - TimeDelta::seconds(1)).await;
        assert_eq!(kinds(&tickets, &ticket).await, expected, "a second before the {kind} of the {clock}");
        tickets.pass(TimeDelta::seconds(1)).await;
        expected.push(alert(kind, clock));
        assert_eq!(kinds(&tickets, &ticket).await, expected);
    }
    tickets.pass(TimeDelta::hours(12)).await;
    assert_eq!(kinds(&tickets, &ticket).await, expected, "and no more");
    let (_, data) = tickets.told(&ticket).await.pop().unwrap();
    assert_eq!((&data["dueAt"], &data["priority"]), (&json!("2026-03-02T11:00:00Z"), &json!("URGENT")));
    let lines = tickets.all(&alice, &format!("{ticket}/history")).await;
    let alerts: Vec<_> =
        lines.iter().filter(|line| line["action"].as_str().unwrap().starts_with("SLA")).collect();
    assert_eq!(alerts.len(), 4);
    assert!(alerts.iter().all(|line| line["userId"].is_null()), "nobody did it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_and_solved_in_time_is_not_warned_of() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    let ticket = tickets.opened(&alice, json!({"priority": "URGENT"})).await;
    tickets.wrote(&agent, &ticket, "On it.", false).await;
    tickets.pass(TimeDelta::minutes(40)).await;
    tickets.brought_to(&agent, &ticket, "RESOLVED").await;
    tickets.pass(TimeDelta::hours(20)).await;
    assert_eq!(kinds(&tickets, &ticket).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_late_does_not_hide_the_breach() {
    let tickets = Tickets::with(&[("TIMER_POLL", "1h")]).await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    let ticket = tickets.opened(&alice, json!({"priority": "URGENT"})).await;
    tickets.world.clock().advance(TimeDelta::minutes(31));
    tickets.wrote(&agent, &ticket, "Sorry!", false).await;
    assert_eq!(kinds(&tickets, &ticket).await, [alert("warning", "response"), alert("breached", "response")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clocks_stand_still_while_the_ticket_waits_for_its_user() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    let ticket = tickets.opened(&alice, json!({"priority": "URGENT"})).await;
    tickets.pass(TimeDelta::minutes(10)).await;
    tickets.brought_to(&agent, &ticket, "WAITING_USER").await;
    tickets.pass(TimeDelta::hours(5)).await;
    let waiting = tickets.get(&alice, &ticket).await.body;
    assert_eq!(
        (&waiting["sla"]["remainingSeconds"], &waiting["sla"]["pausedSeconds"], &waiting["sla"]["overdue"]),
        (&json!(6599), &json!(17999), &json!(false))
    );
    let overdue = tickets.get(&agent, "/admin/tickets?overdue=true").await.body;
    assert_eq!(overdue["items"], json!([]), "the list says the same");
    tickets.wrote(&alice, &ticket, "Here.", false).await;
    let running = tickets.get(&alice, &ticket).await.body;
    assert_eq!(running["dueDate"], "2026-03-02T16:00:00Z", "later by as much: {running}");
    assert_eq!(kinds(&tickets, &ticket).await, []);
    tickets.pass(TimeDelta::minutes(15)).await;
    assert_eq!(kinds(&tickets, &ticket).await, [alert("warning", "response")], "10 and 15 of 30 minutes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_is_explained_by_intervals_that_add_up() {
    let calendar = [
        ("BUSINESS_CALENDAR", "true"),
        ("BUSINESS_TIME_ZONE", "Europe/Paris"),
        ("BUSINESS_HOURS", "mon-fri 09:00-12:00, mon-fri 13:00-18:00"),
        ("BUSINESS_HOLIDAYS", "2026-03-03"),
    ];
    let tickets = Tickets::with(&calendar).await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    // Monday, ten in the morning in Paris.
    let ticket = tickets.opened(&alice, json!({"priority": "HIGH"})).await;
    let sla = tickets.get(&alice, &ticket).await.body["sla"].clone();
    assert_eq!(
        (&sla["responseDueAt"], &sla["resolutionDueAt"], &sla["remainingSeconds"]),
        (&json!("2026-03-02T11:00:00Z"), &json!("2026-03-02T14:00:00Z"), &json!(4 * 3600))
    );
    tickets.pass(TimeDelta::hours(1)).await;
    tickets.brought_to(&agent, &ticket, "WAITING_USER").await;
    tickets.pass(TimeDelta::hours(23)).await;
    let agent = tickets.world.agent("agent@example.com");
    tickets.moved(&agent, &ticket, "IN_PROGRESS").await;
    tickets.pass(TimeDelta::hours(24)).await;
    let agent = tickets.world.agent("agent@example.com");

    let clock = tickets.get(&agent, &format!("{ticket}/sla")).await.body["resolution"].clone();
    let intervals = clock["intervals"].as_array().unwrap();
    let seconds = |state: Option<&str>| -> f64 {
        let of = intervals.iter().filter(|it| state.is_none_or(|state| it["state"] == state));
        of.map(|it| it["seconds"].as_f64().unwrap()).sum()
    };
    let states: Vec<_> = intervals.iter().map(|it| it["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["running", "paused", "off_hours", "running"]);
    assert!((seconds(None) - 48.0 * 3600.0).abs() < 0.001, "all of the time since its start");
    assert!((seconds(Some("running")) - clock["elapsedSeconds"].as_f64().unwrap()).abs() < 1e-6);
    let left = clock["targetSeconds"].as_f64().unwrap() - clock["elapsedSeconds"].as_f64().unwrap();
    assert!((clock["remainingSeconds"].as_f64().unwrap() - left).abs() < 1e-6);
    assert_eq!(clock["startedAt"], "2026-03-02T09:00:00Z");
    assert_eq!(intervals[0]["from"], clock["startedAt"]);
    for pair in intervals.windows(2) {
        assert_eq!(pair[0]["to"], pair[1]["from"]);
    }
    assert_eq!(clock["breached"], json!(false));
    let due = clock["dueAt"].as_str().unwrap();
    assert!(due.starts_with("2026-03-04T10:59:59.99") || due.starts_with("2026-03-04T11:00:00"), "{due}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_on_the_wall_that_jumps_does_no_harm() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    // Tokens hold from when they were given.
    tickets.pass(TimeDelta::hours(4)).await;
    let ticket = tickets.opened(&alice, json!({"priority": "URGENT"})).await;
    tickets.pass(TimeDelta::minutes(24)).await;
    for _ in 0..3 {
        tickets.pass(TimeDelta::hours(-3)).await;
        tickets.moved(&agent, &ticket, "IN_PROGRESS").await;
        tickets.moved(&agent, &ticket, "WAITING_USER").await;
        tickets.wrote(&alice, &ticket, "Here.", false).await;
        tickets.moved(&agent, &ticket, "RESOLVED").await;
        tickets.moved(&agent, &ticket, "CLOSED").await;
        tickets.moved(&agent, &ticket, "OPEN").await;
        tickets.pass(TimeDelta::hours(3)).await;
    }
    let told = kinds(&tickets, &ticket).await;
    let warnings = told.iter().filter(|it| **it == alert("warning", "response")).count();
    assert!((1..=4).contains(&warnings), "once for each time that its clocks were started: {told:?}");
    let lines = tickets.all(&alice, &format!("{ticket}/history")).await;
    assert!(
        lines.is_sorted_by_key(|line| line["createdAt"]
            .as_str()
            .unwrap()
            .parse::<shared::clock::Timestamp>()
            .unwrap()),
        "one order"
    );
    let sla = tickets.get(&alice, &ticket).await.body["sla"].clone();
    assert!(sla["pausedSeconds"].as_i64().unwrap() >= 0, "{sla}");
    let explained: Value = tickets.get(&alice, &format!("{ticket}/sla")).await.body;
    for clock in ["response", "resolution"] {
        assert!(explained[clock]["elapsedSeconds"].as_f64().unwrap() >= 0.0, "{explained}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn overdue_tickets_are_found_by_the_same_rule_that_calls_them_so() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    for (index, status) in
        ["OPEN", "IN_PROGRESS", "WAITING_USER", "RESOLVED", "CLOSED"].iter().cycle().take(10).enumerate()
    {
        let priority = if index < 5 { "URGENT" } else { "HIGH" };
        let ticket = tickets.opened(&alice, json!({ "priority": priority })).await;
        tickets.brought_to(&agent, &ticket, status).await;
    }
    tickets.pass(TimeDelta::hours(3)).await;
    let late = tickets.opened(&alice, json!({"priority": "URGENT"})).await;
    tickets.pass(TimeDelta::hours(3)).await;
    tickets.brought_to(&agent, &late, "WAITING_USER").await;

    let all = tickets.all(&agent, "/admin/tickets?sort=dueDate").await;
    for (query, overdue) in [("overdue=true", true), ("overdue=false", false)] {
        let found = tickets.all(&agent, &format!("/admin/tickets?sort=dueDate&{query}")).await;
        let expected: Vec<_> = all.iter().filter(|it| it["sla"]["overdue"] == overdue).cloned().collect();
        assert!(!expected.is_empty());
        assert_eq!(found, expected, "{query}");
    }
    assert_eq!(
        all.iter().filter(|it| it["sla"]["overdue"] == true).count(),
        5,
        "four that run, and one that was late before it waited"
    );
}
