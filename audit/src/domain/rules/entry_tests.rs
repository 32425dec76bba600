use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{super::Measure, *};

const ALICE: &str = "01999b1e-0000-7000-8000-00000000000a";
const ADMIN: &str = "01999b1e-0000-7000-8000-0000000000ad";
const TICKET: &str = "01999b1e-0000-7000-8000-000000000042";

fn envelope(event_type: &str, by: Value, causation: Value, data: Value) -> Envelope {
    let envelope = json!({
        "eventId": "01999b1e-0000-7000-8000-000000000001", "eventType": event_type, "schemaVersion": 1,
        "source": "x", "timestamp": "1970-01-01T00:00:01Z", "userId": by,
        "aggregateId": "00000000-0000-0000-0000-000000000000", "aggregateVersion": 0, "sequence": 7,
        "correlationId": null, "causationId": causation, "data": data,
    });
    serde_json::from_value(envelope).unwrap()
}

fn rules(threshold: impl Fn(RuleName) -> u32) -> Rules {
    Rules::of(|name| Rule { name, window: TimeDelta::minutes(10), measure: Measure::Events(threshold(name)) })
}

/// The entries as (rule, key, value, whether it is a hit).
fn entries(rules: &Rules, event: &Envelope) -> Vec<(&'static str, String, String, bool)> {
    let entries = rules.entries(event);
    assert!(entries.iter().all(|entry| (entry.at(), entry.event_id()) == (1_000_000, event.event_id)));
    let told = |entry: &Entry| {
        (entry.rule().name.as_str(), entry.key().to_owned(), entry.value().to_owned(), entry.is_hit())
    };
    entries.iter().map(told).collect()
}

fn failed(hash: &str, ip: Option<&str>) -> Envelope {
    let data = json!({ "userId": null, "emailHash": hash, "reason": "bad_credentials", "ip": ip, "userAgent": null });
    envelope("user.login_failed", Value::Null, Value::Null, data)
}

fn login(ip: Option<&str>) -> Envelope {
    let data = json!({ "userId": ALICE, "sessionId": TICKET, "ip": ip, "userAgent": null });
    envelope("user.login", json!(ALICE), Value::Null, data)
}

fn clock(event_type: &str, clock: &str) -> Envelope {
    let data = json!({
        "ticketId": TICKET, "ticketNumber": "HD-000042", "title": "Printer", "priority": "HIGH", "userId": ALICE,
        "clock": clock, "dueAt": "2026-03-01T08:00:00Z", "assignedTo": null,
    });
    envelope(event_type, Value::Null, Value::Null, data)
}

fn deed(event_type: &str, by: Value, causation: Value) -> Envelope {
    envelope(event_type, by, causation, json!({ "is not read": true }))
}

#[test]
fn a_rule_knows_the_events_that_concern_it_and_what_to_count_them_under() {
    let all = rules(|_| 5);
    let entry = |rule: &'static str, key: &str, value: &str, is_hit: bool| {
        (rule, key.to_owned(), value.to_owned(), is_hit)
    };
    let (nobody, alice, admin) = (Value::Null, json!(ALICE), json!(ADMIN));
    let network = "2001:db8:1:2::/64";
    for (event, expected) in [
        (
            failed("ab", Some("192.0.2.7")),
            vec![
                entry("failed_logins", "ab", "", true),
                entry("failed_logins_address", "192.0.2.7", "", true),
            ],
        ),
        (failed("ab", None), vec![entry("failed_logins", "ab", "", true)]),
        (failed("ab", Some("nonsense")), vec![entry("failed_logins", "ab", "", true)]),
        (failed("\u{0}", Some("192.0.2.7")), vec![entry("failed_logins_address", "192.0.2.7", "", true)]),
        (
            failed("ab", Some("2001:db8:1:2:3:4:5:6")),
            vec![entry("failed_logins", "ab", "", true), entry("failed_logins_address", network, "", true)],
        ),
        (login(Some("192.0.2.7")), vec![entry("many_addresses", ALICE, "192.0.2.7", true)]),
        (login(Some("::ffff:192.0.2.7")), vec![entry("many_addresses", ALICE, "192.0.2.7", true)]),
        (login(Some("2001:db8:1:2::9")), vec![entry("many_addresses", ALICE, network, true)]),
        (login(None), vec![]),
        (
            deed("file.downloaded", alice.clone(), nobody.clone()),
            vec![entry("mass_download", ALICE, "", true)],
        ),
        (deed("file.downloaded", nobody.clone(), nobody.clone()), vec![]),
        (deed("file.deleted", alice.clone(), nobody.clone()), vec![entry("mass_deletion", ALICE, "", true)]),
        (
            deed("ticket.deleted", alice.clone(), nobody.clone()),
            vec![entry("mass_deletion", ALICE, "", true)],
        ),
        (deed("user.deleted", admin, nobody.clone()), vec![entry("mass_deletion", ADMIN, "", true)]),
        // It went with its ticket.
        (deed("file.deleted", alice.clone(), json!(TICKET)), vec![]),
        (clock("ticket.sla_warning", "response"), vec![entry("sla_decay", "response", TICKET, false)]),
        (clock("ticket.sla_breached", "response"), vec![entry("sla_decay", "response", TICKET, true)]),
        (clock("ticket.sla_breached", "resolution"), vec![entry("sla_decay", "resolution", TICKET, true)]),
        (deed("ticket.created", alice.clone(), nobody.clone()), vec![]),
        (deed("weather.changed", alice.clone(), nobody.clone()), vec![]),
        // What a rule made is food for none.
        (deed("security.alert", alice.clone(), nobody.clone()), vec![]),
        (deed("sla.alert", alice, nobody), vec![]),
    ] {
        assert_eq!(entries(&all, &event), expected, "{event:?}");
    }
}

#[test]
fn a_rule_that_is_off_is_concerned_by_nothing() {
    let events = [
        (RuleName::FailedLogins, failed("ab", Some("192.0.2.7"))),
        (RuleName::FailedLoginsAddress, failed("ab", Some("192.0.2.7"))),
        (RuleName::ManyAddresses, login(Some("192.0.2.7"))),
        (RuleName::MassDownload, deed("file.downloaded", json!(ALICE), Value::Null)),
        (RuleName::MassDeletion, deed("ticket.deleted", json!(ALICE), Value::Null)),
        (RuleName::SlaDecay, clock("ticket.sla_breached", "response")),
    ];
    for (off, event) in events {
        let named = |rules: &Rules| entries(rules, &event).iter().any(|entry| entry.0 == off.as_str());
        assert!(named(&rules(|_| 5)), "{off:?}");
        assert!(!named(&rules(|name| if name == off { 0 } else { 5 })), "{off:?}");
        assert_eq!(entries(&rules(|_| 0), &event), [], "{off:?}");
    }
}

#[test]
fn what_may_still_be_counted_is_kept_for_two_windows_and_an_hour() {
    let rule = rules(|_| 5).on(RuleName::MassDownload).unwrap();
    assert_eq!((rule.window_micros(), rule.kept_micros()), (600_000_000, 4_800_000_000));
}
