use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::service::Tickets;

#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_are_those_of_the_tickets() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    let stats = async || tickets.get(&agent, "/admin/tickets/stats").await.body;

    let empty = stats().await;
    assert_eq!((&empty["total"], &empty["avgResolutionSeconds"]), (&json!(0), &Value::Null));
    assert_eq!(empty["slaCompliance"], json!({"response": null, "resolution": null}));

    tickets.pass(TimeDelta::seconds(6)).await;
    let kept = tickets.opened(&alice, json!({"priority": "URGENT", "category": "Network"})).await;
    let late = tickets.opened(&alice, json!({"priority": "URGENT"})).await;
    tickets.opened(&alice, json!({"priority": "LOW"})).await;
    for ticket in [&kept, &late] {
        tickets.put(&agent, &format!("/admin{ticket}/assign"), json!({"assignedTo": agent.id})).await;
    }
    tickets.pass(TimeDelta::minutes(20)).await;
    tickets.wrote(&agent, &kept, "On it.", false).await;
    tickets.brought_to(&agent, &kept, "RESOLVED").await;
    tickets.pass(TimeDelta::minutes(160)).await;
    tickets.wrote(&agent, &late, "Sorry.", false).await;

    let all = stats().await;
    assert_eq!((&all["total"], &all["overdue"], &all["unassigned"]), (&json!(3), &json!(1), &json!(1)));
    assert_eq!(
        all["byStatus"],
        json!({"OPEN": 2, "IN_PROGRESS": 0, "WAITING_USER": 0, "RESOLVED": 1, "CLOSED": 0})
    );
    assert_eq!(all["byPriority"], json!({"LOW": 1, "MEDIUM": 0, "HIGH": 0, "URGENT": 2}));
    assert_eq!(all["byCategory"], json!({"Hardware": 2, "Network": 1}));
    assert_eq!(all["slaCompliance"], json!({"response": 0.5, "resolution": 0.5}));
    let near = |value: &Value, seconds: f64| (value.as_f64().unwrap() - seconds).abs() < 0.01;
    assert!(near(&all["avgFirstResponseSeconds"], 100.0 * 60.0), "20 and 180 minutes: {all}");
    assert!(near(&all["avgResolutionSeconds"], 20.0 * 60.0), "{all}");
    let of_agent = &all["byAgent"][0];
    assert_eq!(
        (&of_agent["userId"], &of_agent["active"], &of_agent["resolved"]),
        (&json!(agent.id), &json!(1), &json!(1))
    );
    let days = all["createdLast30Days"].as_array().unwrap();
    assert_eq!((days.len(), &days[29]), (30, &json!({"date": "2026-03-02", "count": 3})));
    assert_eq!(days[0], json!({"date": "2026-02-01", "count": 0}));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_at_most_five_seconds_old() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    let total = async || tickets.get(&agent, "/admin/tickets/stats").await.body["total"].clone();

    assert_eq!(total().await, json!(0));
    tickets.open(&alice, json!({})).await;
    assert_eq!(total().await, json!(0), "what was counted a moment ago");
    tickets.world.clock().advance(TimeDelta::seconds(5));
    assert_eq!(total().await, json!(1));
    tickets.open(&alice, json!({})).await;
    tickets.world.clock().advance(TimeDelta::seconds(-60));
    assert_eq!(total().await, json!(2), "a clock that was put back makes nothing fresh");
}
