//! Tickets.

use serde_json::{Value, json};
use shared::events::{
    TicketAssigned, TicketCommented, TicketCreated, TicketDeleted, TicketSlaBreached, TicketSlaWarning,
    TicketStatusChanged, TicketUpdated,
};

use super::handlers::Audited;

impl Audited for TicketCreated {
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
    fn details(self) -> Value {
        json!({ "ticketNumber": self.ticket_number, "changes": self.changes })
    }
}

impl Audited for TicketAssigned {
    fn details(self) -> Value {
        json!({
            "ticketNumber": self.ticket_number,
            "previous": self.previous,
            "assignedTo": self.assigned_to,
        })
    }
}

impl Audited for TicketStatusChanged {
    fn details(self) -> Value {
        json!({
            "ticketNumber": self.ticket_number,
            "oldStatus": self.old_status,
            "newStatus": self.new_status,
            "comment": self.comment,
        })
    }
}

impl Audited for TicketCommented {
    fn details(self) -> Value {
        json!({
            "ticketNumber": self.ticket_number,
            "commentId": self.comment_id,
            "isInternal": self.is_internal,
        })
    }
}

impl Audited for TicketDeleted {
    fn details(self) -> Value {
        json!({ "ticketNumber": self.ticket_number })
    }
}

impl Audited for TicketSlaWarning {
    fn details(self) -> Value {
        json!({
            "ticketNumber": self.ticket_number,
            "clock": self.clock,
            "dueAt": self.due_at,
            "assignedTo": self.assigned_to,
        })
    }
}

impl Audited for TicketSlaBreached {
    fn details(self) -> Value {
        json!({
            "ticketNumber": self.ticket_number,
            "clock": self.clock,
            "dueAt": self.due_at,
            "assignedTo": self.assigned_to,
        })
    }
}
