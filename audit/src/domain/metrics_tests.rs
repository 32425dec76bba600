use serde_json::{Value, json};
use shared::ids::uuid_at;

use super::*;

const USER: &str = "01999b1e-0000-7000-8000-00000000000a";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn envelope(event_type: &str, data: &Value) -> Envelope {
    let opened = uuid_at(at("2026-03-01T06:59:58Z"));
    let envelope = json!({
        "eventId": "01999b1e-0000-7000-8000-000000000001",
        "eventType": event_type,
        "schemaVersion": 1,
        "source": "tickets",
        "timestamp": "2026-03-01T08:59:59.999999Z",
        "userId": USER,
        "aggregateId": opened,
        "aggregateVersion": 3,
        "sequence": 7,
        "correlationId": null,
        "causationId": null,
        "data": data,
    });
    serde_json::from_value(envelope).unwrap()
}

/// What the event adds to, other than what every event does: the counter, its part, the milliseconds.
fn counted(event: &Envelope) -> Vec<(String, String, Option<i64>)> {
    let told = |measure: Measure| {
        assert_eq!(measure.hour, at("2026-03-01T08:00:00Z"));
        assert_eq!(measure.tally.count, 1);
        let part = measure.dimension.map(|part| format!("{}={}", part.aspect().as_str(), part.value()));
        let duration = measure.tally.durations.map(|durations| durations.total_ms);
        (measure.name.into_owned(), part.unwrap_or_default(), duration)
    };
    let mut all: Vec<_> = measures([event]).into_iter().map(told).collect();
    for part in [String::new(), format!("user={USER}")] {
        let of_all = (counters::EVENTS.to_owned(), part, None);
        let place = all.iter().position(|measure| *measure == of_all).expect("every event counts as one");
        all.remove(place);
    }
    all
}

fn moved(old: &str, new: &str) -> Value {
    json!({
        "ticketId": uuid_at(at("2026-03-01T06:59:58Z")), "ticketNumber": "HD-000042", "title": "Printer",
        "userId": USER, "assignedTo": null, "oldStatus": old, "newStatus": new, "comment": null, "changes": [],
    })
}

#[test]
fn each_event_adds_to_its_counter_and_to_the_parts_that_a_report_needs() {
    let ticket = |clock: &str| {
        json!({
            "ticketId": USER, "ticketNumber": "HD-000042", "title": "Printer", "priority": "HIGH",
            "category": "<b>=1", "userId": USER, "dueDate": "2026-03-02T08:00:00Z", "dueAt": "2026-03-02T08:00:00Z",
            "clock": clock, "assignedTo": null,
        })
    };
    let session = json!({
        "userId": USER, "sessionId": uuid_at(at("2026-03-01T08:29:59.999Z")), "allSessions": false,
        "reason": "logout", "until": "2026-03-02T08:00:00Z",
    });
    let notice = json!({
        "deliveryId": USER, "eventId": uuid_at(at("2026-03-01T08:59:58.5Z")), "template": "ticket_created",
        "channel": "email", "userId": USER, "reason": "gone", "attempts": 3,
    });
    let two_hours = Some(2 * 3_600_000 + 1_999);
    for (event_type, data, expected) in [
        (
            "ticket.created",
            ticket("response"),
            vec![
                ("tickets_created", "", None),
                ("tickets_created", "priority=HIGH", None),
                ("tickets_created", "category=<b>=1", None),
            ],
        ),
        (
            "ticket.status_changed",
            moved("IN_PROGRESS", "RESOLVED"),
            vec![
                ("tickets_status_changed", "", None),
                ("tickets_resolved", "", two_hours),
                ("tickets_status_changed", "status=RESOLVED", None),
            ],
        ),
        (
            "ticket.status_changed",
            moved("RESOLVED", "CLOSED"),
            vec![
                ("tickets_status_changed", "", None),
                ("tickets_closed", "", two_hours),
                ("tickets_status_changed", "status=CLOSED", None),
            ],
        ),
        (
            "ticket.status_changed",
            moved("CLOSED", "OPEN"),
            vec![
                ("tickets_status_changed", "", None),
                ("tickets_reopened", "", None),
                ("tickets_status_changed", "status=OPEN", None),
            ],
        ),
        (
            "ticket.status_changed",
            moved("OPEN", "IN_PROGRESS"),
            vec![
                ("tickets_status_changed", "", None),
                ("tickets_status_changed", "status=IN_PROGRESS", None),
            ],
        ),
        (
            "ticket.sla_breached",
            ticket("resolution"),
            vec![
                ("tickets_sla_breached", "", None),
                ("tickets_sla_breached", "clock=resolution", None),
                ("tickets_sla_breached", "priority=HIGH", None),
            ],
        ),
        (
            "ticket.sla_warning",
            ticket("response"),
            vec![
                ("tickets_sla_warning", "", None),
                ("tickets_sla_warning", "clock=response", None),
                ("tickets_sla_warning", "priority=HIGH", None),
            ],
        ),
        ("user.logout", session.clone(), vec![("users_logout", "", Some(30 * 60_000))]),
        (
            "session.revoked",
            session,
            vec![("sessions_revoked", "", None), ("sessions_revoked", "reason=logout", None)],
        ),
        (
            "notification.sent",
            notice.clone(),
            vec![
                ("notifications_sent", "", Some(1_499)),
                ("notifications_sent", "template=ticket_created", None),
                ("notifications_sent", "channel=email", None),
            ],
        ),
        (
            "notification.failed",
            notice,
            vec![
                ("notifications_failed", "", None),
                ("notifications_failed", "template=ticket_created", None),
                ("notifications_failed", "channel=email", None),
            ],
        ),
        (
            "user.status_changed",
            json!({ "userId": USER, "isActive": false }),
            vec![("users_status_changed", "", None), ("users_status_changed", "status=inactive", None)],
        ),
        (
            "user.role_changed",
            json!({ "userId": USER, "oldRole": "user", "newRole": "agent" }),
            vec![("users_role_changed", "", None), ("users_role_changed", "role=agent", None)],
        ),
        ("user.password_changed", json!({ "userId": USER }), vec![("users_password_changed", "", None)]),
        ("security.alert", json!({ "whatever": 1 }), vec![("security_alert", "", None)]),
    ] {
        let told = counted(&envelope(event_type, &data));
        let told: Vec<_> = told.iter().map(|(name, part, ms)| (name.as_str(), part.as_str(), *ms)).collect();
        assert_eq!(told, expected, "{event_type}");
    }
}

#[test]
fn what_an_event_is_taken_apart_by_is_what_its_counter_says() {
    for (event_type, data) in [
        ("ticket.status_changed", moved("OPEN", "IN_PROGRESS")),
        ("user.registered", json!({ "userId": USER, "email": "a@example.com", "role": "user" })),
        (
            "user.login_failed",
            json!({ "userId": null, "emailHash": "ab", "reason": "locked", "ip": null, "userAgent": null }),
        ),
    ] {
        let measures = measures([&envelope(event_type, &data)]);
        let parts = measures.iter().filter_map(|measure| Some((&measure.name, measure.dimension.as_ref()?)));
        for (name, part) in parts {
            assert!(counters::aspects(name).contains(&part.aspect()), "{name} by {:?}", part.aspect());
        }
    }
}

#[test]
fn the_house_itself_is_nobody_and_a_stranger_too() {
    let mut event = envelope("user.locked", &json!({}));
    event.user_id = None;
    let parts: Vec<_> = measures([&event]).into_iter().filter_map(|measure| measure.dimension).collect();
    assert_eq!(parts, []);
}

#[test]
fn a_dimension_is_read_as_it_is_written() {
    for (text, aspect, value) in [
        ("priority=HIGH", Aspect::Priority, "HIGH"),
        ("category=a=b", Aspect::Category, "a=b"),
        ("reason=", Aspect::Reason, ""),
    ] {
        assert_eq!(text.parse(), Ok(aspect.of(value)));
    }
    for text in ["", "priority", "colour=red", "Priority=HIGH"] {
        assert_eq!(text.parse::<Dimension>(), Err(DimensionFault), "{text}");
    }
    assert_eq!(Aspect::Category.of(&"é\0".repeat(150)).value(), "é\u{fffd}".repeat(100));
}

#[test]
fn a_tally_is_the_same_in_whatever_order_it_is_added_up() {
    let all = [Tally::once(Some(7)), Tally::once(None), Tally::once(Some(0)), Tally::once(Some(20))];
    let forwards = all.into_iter().fold(Tally::default(), Tally::and);
    let backwards = all.into_iter().rev().fold(Tally::default(), Tally::and);
    let durations = Durations { count: 3, total_ms: 27, least_ms: 0, most_ms: 20 };
    assert_eq!(forwards, Tally { count: 4, durations: Some(durations) });
    assert_eq!(backwards, forwards);
    assert_eq!(durations.mean_ms(), 9);
}
