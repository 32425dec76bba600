//! The rule over the clocks of tickets.

use serde_json::{Value, json};
use shared::{
    events::{SlaClock, TicketSlaBreached, TicketSlaWarning},
    ids::{TicketId, UserId},
};

use super::{
    House,
    alerts::{ids, start},
};

fn warning(ticket_id: TicketId, clock: SlaClock) -> TicketSlaWarning {
    TicketSlaWarning {
        ticket_id,
        ticket_number: "HD-000042".to_owned(),
        title: "Printer".to_owned(),
        priority: "HIGH".to_owned(),
        user_id: UserId::at(start()),
        clock,
        due_at: start(),
        assigned_to: None,
    }
}

fn breach(ticket_id: TicketId, clock: SlaClock) -> TicketSlaBreached {
    let TicketSlaWarning { ticket_number, title, priority, user_id, due_at, assigned_to, .. } =
        warning(ticket_id, clock);
    TicketSlaBreached { ticket_id, ticket_number, title, priority, user_id, clock, due_at, assigned_to }
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_run_out_more_often_than_not_raise_an_alert_and_one_in_a_quiet_night_does_not() {
    let house = House::strict().await;
    let tickets: Vec<_> = (0..4).map(|_| TicketId::at(start())).collect();
    let (response, resolution) = (SlaClock::Response, SlaClock::Resolution);
    // Three tickets, all of which run out: as bad as can be, and too few to say so.
    let mut breaches = Vec::new();
    for (minute, ticket) in [(1, tickets[0]), (2, tickets[1])] {
        house.happens(0, &warning(ticket, response), None).await;
        breaches.push(house.happens(minute, &breach(ticket, response), None).await);
    }
    // The other clock is another matter, and a ticket that comes near twice is one.
    house.happens(2, &warning(tickets[3], resolution), None).await;
    house.happens(3, &breach(tickets[3], resolution), None).await;
    house.happens(3, &warning(tickets[2], response), None).await;
    house.happens(3, &warning(tickets[2], response), None).await;
    assert_eq!(house.alerts("SLA_ALERT").await, Vec::<Value>::new());

    breaches.push(house.happens(4, &breach(tickets[3], response), None).await);
    let alerts = house.alerts("SLA_ALERT").await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert_eq!(
        alerts[0]["details"],
        json!({
            "rule": "sla_decay",
            "clock": "response",
            "windowSeconds": 3600,
            "count": 3,
            "of": 4,
            "threshold": 50,
            "minimum": 4,
            "eventCount": 3,
            "firstAt": "2026-03-01T08:01:00Z",
            "lastAt": "2026-03-01T08:04:00Z",
            "eventIds": ids(&breaches),
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_most_of_which_are_stopped_in_time_raise_nothing() {
    let house = House::strict().await;
    let tickets: Vec<_> = (0..5).map(|_| TicketId::at(start())).collect();
    for ticket in &tickets {
        house.happens(0, &warning(*ticket, SlaClock::Resolution), None).await;
    }
    for ticket in &tickets[..2] {
        house.happens(1, &breach(*ticket, SlaClock::Resolution), None).await;
    }
    assert_eq!(house.alerts("SLA_ALERT").await, Vec::<Value>::new());
}
