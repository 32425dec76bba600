use shared::{
    clock::Timestamp,
    events::{NewEvent, SecurityAlert, SlaAlert},
    ids::{AlertId, EventId},
};

use super::{Entry, Measure, Subject};

/// An alert names so many events at most.
pub const MOST_NAMED: u64 = 100;

/// What was found in a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How many events there are that speak for an alert.
    pub events: u64,
    /// How many different values those have.
    pub values: u64,
    /// How many different values there are in all.
    pub of: u64,
    /// When the first of the events happened.
    pub first_at: Timestamp,
    /// When the last of them happened.
    pub last_at: Timestamp,
    /// Which events those are, [`MOST_NAMED`] at most, in the order of their happening.
    pub event_ids: Vec<EventId>,
}

impl Entry {
    /// The alert that its rule raises over what was found.
    #[must_use]
    pub fn alert(&self, found: Finding, now: Timestamp) -> (AlertId, NewEvent) {
        let alert_id = AlertId::at(now);
        let rule = self.rule.name.as_str().to_owned();
        let window_seconds = self.rule.window.num_seconds().unsigned_abs();
        let threshold = self.rule.measure.threshold();
        let Finding { events: event_count, values, of, first_at, last_at, event_ids } = found;
        let (count, minimum) = match self.rule.measure {
            Measure::Events(_) => (event_count, 0),
            Measure::Values(_) => (values, 0),
            Measure::Share { minimum, .. } => (values, minimum),
        };
        let event = match &self.subject {
            Subject::Of(subject) => {
                let (subject, user_id) = (subject.clone(), self.user_id);
                let alert = SecurityAlert {
                    alert_id,
                    rule,
                    subject,
                    user_id,
                    window_seconds,
                    count,
                    threshold,
                    event_count,
                    first_at,
                    last_at,
                    event_ids,
                };
                NewEvent::of(&alert, 1, None, now)
            }
            Subject::Clock(clock) => {
                let alert = SlaAlert {
                    alert_id,
                    rule,
                    clock: *clock,
                    window_seconds,
                    count,
                    of,
                    threshold,
                    minimum,
                    event_count,
                    first_at,
                    last_at,
                    event_ids,
                };
                NewEvent::of(&alert, 1, None, now)
            }
        };
        (alert_id, event)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use serde_json::{Value, json};

    use super::{
        super::{Rule, RuleName, Rules},
        *,
    };

    fn raised(event_type: &str, data: &Value, measure: Measure) -> NewEvent {
        let event = json!({
            "eventId": "01999b1e-0000-7000-8000-000000000001", "eventType": event_type, "schemaVersion": 1,
            "source": "x", "timestamp": "2026-03-01T08:00:00Z",
            "userId": "01999b1e-0000-7000-8000-000000000009",
            "aggregateId": "00000000-0000-0000-0000-000000000000", "aggregateVersion": 0, "sequence": 7,
            "correlationId": null, "causationId": null, "data": data,
        });
        let rules = Rules::of(|name| Rule { name, window: TimeDelta::minutes(15), measure });
        let now: Timestamp = "2026-03-01T08:00:01Z".parse().unwrap();
        let found = Finding {
            events: 7,
            values: 3,
            of: 4,
            first_at: "2026-03-01T07:50:00Z".parse().unwrap(),
            last_at: "2026-03-01T08:00:00Z".parse().unwrap(),
            event_ids: vec!["01999b1e-0000-7000-8000-000000000001".parse().unwrap()],
        };
        let entries = rules.entries(&serde_json::from_value(event).unwrap());
        let (alert_id, event) = entries[0].alert(found, now);
        assert_eq!(event.json()["alertId"], json!(alert_id));
        event
    }

    #[test]
    fn an_alert_says_which_rule_of_whom_how_many_of_how_many_and_which() {
        let login = json!({
            "userId": "01999b1e-0000-7000-8000-000000000009",
            "sessionId": "01999b1e-0000-7000-8000-000000000002", "ip": "192.0.2.7", "userAgent": null,
        });
        let event = raised("user.login", &login, Measure::Values(3));
        let mut told = event.json();
        told.as_object_mut().unwrap().remove("alertId");
        assert_eq!(event.event_type(), "security.alert");
        assert_eq!(
            told,
            json!({
                "rule": RuleName::ManyAddresses.as_str(),
                "subject": { "kind": "account", "id": "01999b1e-0000-7000-8000-000000000009" },
                "userId": "01999b1e-0000-7000-8000-000000000009",
                "windowSeconds": 900,
                "count": 3,
                "threshold": 3,
                "eventCount": 7,
                "firstAt": "2026-03-01T07:50:00Z",
                "lastAt": "2026-03-01T08:00:00Z",
                "eventIds": ["01999b1e-0000-7000-8000-000000000001"],
            })
        );
    }

    #[test]
    fn an_alert_over_a_clock_says_how_many_of_how_many_ran_out() {
        let breach = json!({
            "ticketId": "01999b1e-0000-7000-8000-000000000003", "ticketNumber": "HD-000042", "title": "Printer",
            "priority": "HIGH", "userId": "01999b1e-0000-7000-8000-000000000009", "clock": "response",
            "dueAt": "2026-03-01T08:00:00Z", "assignedTo": null,
        });
        let event = raised("ticket.sla_breached", &breach, Measure::Share { percent: 50, minimum: 4 });
        let mut told = event.json();
        told.as_object_mut().unwrap().remove("alertId");
        assert_eq!(event.event_type(), "sla.alert");
        assert_eq!(
            told,
            json!({
                "rule": "sla_decay",
                "clock": "response",
                "windowSeconds": 900,
                "count": 3,
                "of": 4,
                "threshold": 50,
                "minimum": 4,
                "eventCount": 7,
                "firstAt": "2026-03-01T07:50:00Z",
                "lastAt": "2026-03-01T08:00:00Z",
                "eventIds": ["01999b1e-0000-7000-8000-000000000001"],
            })
        );
    }
}
