//! Tickets.

use serde_json::{Value, json};
use shared::events::{
    TicketAssigned, TicketCommented, TicketCreated, TicketDeleted, TicketSlaBreached, TicketSlaWarning,
    TicketStatusChanged, TicketUpdated,
};
use shared::ids::UserId;

use super::handlers::Audited;

impl Audited for TicketCreated {
    const PERSONAL: &'static [&'static str] = &["title"];

    fn person(&self) -> Option<UserId> {
        Some(self.user_id)
    }

    fn details(self) -> Value {
        json!({
            "ticketNumber": self.ticket_number,
            "title": self.title,
            "priority": self.priority,
            "category": self.category,
        })
    }
}

impl Audited for TicketUpdated {
    const PERSONAL: &'static [&'static str] = &["title", "changes.*.old", "changes.*.new"];

    fn person(&self) -> Option<UserId> {
        Some(self.user_id)
    }

    fn details(self) -> Value {
        json!({ "ticketNumber": self.ticket_number, "title": self.title, "changes": self.changes })
    }
}

impl Audited for TicketAssigned {
    const PERSONAL: &'static [&'static str] = &["title"];

    fn person(&self) -> Option<UserId> {
        Some(self.user_id)
    }

    fn details(self) -> Value {
        json!({
            "ticketNumber": self.ticket_number,
            "title": self.title,
            "previous": self.previous,
            "assignedTo": self.assigned_to,
        })
    }
}

impl Audited for TicketStatusChanged {
    const PERSONAL: &'static [&'static str] = &["title", "comment", "changes.*.old", "changes.*.new"];

    fn person(&self) -> Option<UserId> {
        Some(self.user_id)
    }

    fn details(self) -> Value {
        json!({
            "ticketNumber": self.ticket_number,
            "title": self.title,
            "oldStatus": self.old_status,
            "newStatus": self.new_status,
            "comment": self.comment,
            "changes": self.changes,
        })
    }
}

/// That something was written, not what: the log says who did what, and is no second place to read a conversation in.
impl Audited for TicketCommented {
    const PERSONAL: &'static [&'static str] = &["title", "content"];

    fn person(&self) -> Option<UserId> {
        Some(self.user_id)
    }

    fn details(self) -> Value {
        json!({
            "ticketNumber": self.ticket_number,
            "commentId": self.comment_id,
            "isInternal": self.is_internal,
        })
    }
}

impl Audited for TicketDeleted {
    fn person(&self) -> Option<UserId> {
        Some(self.user_id)
    }

    fn details(self) -> Value {
        json!({ "ticketNumber": self.ticket_number })
    }
}

impl Audited for TicketSlaWarning {
    const PERSONAL: &'static [&'static str] = &["title"];

    fn person(&self) -> Option<UserId> {
        Some(self.user_id)
    }

    fn details(self) -> Value {
        json!({
            "ticketNumber": self.ticket_number,
            "title": self.title,
            "priority": self.priority,
            "clock": self.clock,
            "dueAt": self.due_at,
            "assignedTo": self.assigned_to,
        })
    }
}

impl Audited for TicketSlaBreached {
    const PERSONAL: &'static [&'static str] = &["title"];

    fn person(&self) -> Option<UserId> {
        Some(self.user_id)
    }

    fn details(self) -> Value {
        json!({
            "ticketNumber": self.ticket_number,
            "title": self.title,
            "priority": self.priority,
            "clock": self.clock,
            "dueAt": self.due_at,
            "assignedTo": self.assigned_to,
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};
    use serde_json::json;
    use shared::{
        events::{FieldChange, SlaClock},
        ids::{CommentId, TicketId, UserId},
    };
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_trail_keeps_of_each_event_on_a_ticket_what_was_done_and_no_conversation() {
        let ticket_id = TicketId::from(Uuid::nil());
        let user = |number| UserId::from(Uuid::from_u128(number));
        let due_date = Utc.with_ymd_and_hms(2026, 3, 2, 8, 0, 0).unwrap();
        let number = || "HD-000042".to_owned();
        let title = || "Printer".to_owned();
        let changes =
            || vec![FieldChange { field: "resolution".into(), old: None, new: Some("New toner".into()) }];
        let told = json!([{ "field": "resolution", "old": null, "new": "New toner" }]);
        let updated = TicketUpdated {
            ticket_id,
            ticket_number: number(),
            title: title(),
            status: "OPEN".into(),
            user_id: user(1),
            assigned_to: Some(user(2)),
            changes: changes(),
        };
        let expected = json!({ "ticketNumber": "HD-000042", "title": "Printer", "changes": told });
        assert_eq!(updated.details(), expected);
        let assigned = TicketAssigned {
            ticket_id,
            ticket_number: number(),
            title: title(),
            priority: "HIGH".into(),
            user_id: user(1),
            previous: Some(user(3)),
            assigned_to: Some(user(2)),
            due_date,
        };
        let expected = json!({
            "ticketNumber": "HD-000042", "title": "Printer", "previous": user(3), "assignedTo": user(2),
        });
        assert_eq!(assigned.details(), expected);
        let moved = TicketStatusChanged {
            ticket_id,
            ticket_number: number(),
            title: title(),
            user_id: user(1),
            assigned_to: Some(user(2)),
            old_status: "IN_PROGRESS".into(),
            new_status: "RESOLVED".into(),
            comment: Some("Done".into()),
            changes: changes(),
        };
        let expected = json!({
            "ticketNumber": "HD-000042", "title": "Printer", "oldStatus": "IN_PROGRESS", "newStatus": "RESOLVED",
            "comment": "Done", "changes": told,
        });
        assert_eq!(moved.details(), expected);
        let commented = TicketCommented {
            ticket_id,
            ticket_number: number(),
            title: title(),
            status: "OPEN".into(),
            comment_id: CommentId::from(Uuid::nil()),
            user_id: user(1),
            assigned_to: Some(user(2)),
            is_internal: false,
            content: Some("My password is hunter2".into()),
        };
        let expected = json!({
            "ticketNumber": "HD-000042", "commentId": Uuid::nil(), "isInternal": false,
        });
        assert_eq!(commented.details(), expected);
        let deleted = TicketDeleted { ticket_id, ticket_number: number(), user_id: user(1) };
        assert_eq!(deleted.details(), json!({ "ticketNumber": "HD-000042" }));
        let warning = TicketSlaWarning {
            ticket_id,
            ticket_number: number(),
            title: title(),
            priority: "HIGH".into(),
            user_id: user(1),
            clock: SlaClock::Response,
            due_at: due_date,
            assigned_to: None,
        };
        let mut expected = json!({
            "ticketNumber": "HD-000042", "title": "Printer", "priority": "HIGH", "clock": "response",
            "dueAt": "2026-03-02T08:00:00Z", "assignedTo": null,
        });
        assert_eq!(warning.details(), expected);
        let breached = TicketSlaBreached {
            ticket_id,
            ticket_number: number(),
            title: title(),
            priority: "HIGH".into(),
            user_id: user(1),
            clock: SlaClock::Resolution,
            due_at: due_date,
            assigned_to: None,
        };
        expected["clock"] = json!("resolution");
        assert_eq!(breached.details(), expected);
    }
}
