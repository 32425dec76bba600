//! What happens next in the house, as often as it does in one.

use chrono::TimeDelta;
use shared::{
    clock::Timestamp,
    events::{
        Envelope, FieldChange, FileDownloaded, FileUploaded, FileWay, NotificationFailed, NotificationSent,
        SessionRevoked, SlaClock, TicketAssigned, TicketCommented, TicketCreated, TicketSlaBreached,
        TicketSlaWarning, TicketStatusChanged, TicketUpdated, UserLogin, UserLoginFailed, UserLogout,
        UserPasswordChanged, UserProfileUpdated, UserRegistered,
    },
    ids::{CommentId, DeliveryId, EventId, FileId, SessionId, TicketId},
};

use crate::{
    words,
    world::{Source, Ticket, World},
};

const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

impl World {
    /// The next thing that happens.
    pub fn happen(&mut self, at: Timestamp) -> Envelope {
        // Of a thousand.
        match self.random.below(1_000) {
            ..60 => self.created(at),
            60..600 => self.worked(at),
            600..840 => self.notified(at),
            840..960 => self.signed(at),
            960..990 => self.filed(at),
            _ => self.known(at),
        }
    }

    fn created(&mut self, at: Timestamp) -> Envelope {
        let ticket = self.open(at);
        let event = TicketCreated {
            ticket_id: TicketId(ticket.id),
            ticket_number: ticket.number.clone(),
            title: ticket.title.clone(),
            priority: ticket.priority.to_owned(),
            category: ticket.category.to_owned(),
            user_id: ticket.requester,
            due_date: ticket.due,
        };
        let by = Some(event.user_id);
        self.tell(Source::Tickets, &event, 1, by, at)
    }

    /// Something on a ticket; where there is none, one is opened.
    fn worked(&mut self, at: Timestamp) -> Envelope {
        let (what, agent) = (self.random.below(540), self.agent());
        let said = words::say(&mut self.random, 12);
        let comment_id = CommentId(self.random.id_at(at));
        let (internal, late) = (self.random.below(5) == 0, self.random.below(3) == 0);
        let Some(ticket) = self.ticket() else { return self.created(at) };
        ticket.version += 1;
        let version = ticket.version;
        let (ticket_id, ticket_number, title) =
            (TicketId(ticket.id), ticket.number.clone(), ticket.title.clone());
        let (user_id, priority, due_at) = (ticket.requester, ticket.priority.to_owned(), ticket.due);
        let clock = if internal { SlaClock::Response } else { SlaClock::Resolution };
        let by = Some(ticket.agent.unwrap_or(agent));
        match what {
            ..70 => {
                let previous = ticket.agent.replace(agent);
                let assigned_to = ticket.agent;
                let due_date = ticket.due;
                let event = TicketAssigned {
                    ticket_id,
                    ticket_number,
                    title,
                    priority,
                    user_id,
                    previous,
                    assigned_to,
                    due_date,
                };
                self.tell(Source::Tickets, &event, version, by, at)
            }
            70..110 => {
                let changes = vec![change("description", None, Some(said))];
                let (status, assigned_to) = (ticket.status.to_owned(), ticket.agent);
                let event =
                    TicketUpdated { ticket_id, ticket_number, title, status, user_id, assigned_to, changes };
                self.tell(Source::Tickets, &event, version, Some(user_id), at)
            }
            110..280 => {
                let (old_status, new_status) = step(ticket, internal);
                let event = TicketStatusChanged {
                    ticket_id,
                    ticket_number,
                    title,
                    user_id,
                    assigned_to: ticket.agent,
                    old_status: old_status.to_owned(),
                    new_status: new_status.to_owned(),
                    comment: None,
                    changes: Vec::new(),
                };
                self.tell(Source::Tickets, &event, version, by, at)
            }
            280..525 => {
                let event = TicketCommented {
                    ticket_id,
                    ticket_number,
                    title,
                    status: ticket.status.to_owned(),
                    comment_id,
                    user_id,
                    assigned_to: ticket.agent,
                    is_internal: internal,
                    content: Some(said).filter(|_| !internal),
                };
                self.tell(Source::Tickets, &event, version, by, at)
            }
            _ if late => {
                let assigned_to = ticket.agent;
                let event = TicketSlaBreached {
                    ticket_id,
                    ticket_number,
                    title,
                    priority,
                    user_id,
                    clock,
                    due_at,
                    assigned_to,
                };
                self.tell(Source::Tickets, &event, version, None, at)
            }
            _ => {
                let assigned_to = ticket.agent;
                let event = TicketSlaWarning {
                    ticket_id,
                    ticket_number,
                    title,
                    priority,
                    user_id,
                    clock,
                    due_at,
                    assigned_to,
                };
                self.tell(Source::Tickets, &event, version, None, at)
            }
        }
    }

    fn notified(&mut self, at: Timestamp) -> Envelope {
        const TEMPLATES: [&str; 5] =
            ["ticket_created", "ticket_assigned", "ticket_commented", "ticket_status_changed", "sla_warning"];
        let delivery_id = DeliveryId(self.random.id_at(at));
        let event_id = self.last().unwrap_or(EventId(delivery_id.0));
        let template = self.random.of_these(&TEMPLATES).to_owned();
        let (user_id, channel) = (self.somebody(), "email".to_owned());
        if self.random.below(100) == 0 {
            let (reason, attempts) = ("550 mailbox unavailable".to_owned(), 12);
            let event =
                NotificationFailed { delivery_id, event_id, template, channel, user_id, reason, attempts };
            return self.tell(Source::Notifications, &event, 2, None, at);
        }
        let event = NotificationSent { delivery_id, event_id, template, channel, user_id };
        self.tell(Source::Notifications, &event, 2, None, at)
    }

    fn signed(&mut self, at: Timestamp) -> Envelope {
        let (what, user_id) = (self.random.below(120), self.somebody());
        // An office has few addresses, and everybody has one at home.
        let ip = Some(match self.random.below(3) {
            0 => format!("198.51.100.{}", self.random.below(8)),
            _ => format!("2001:db8:{:x}::1", user_id.0.as_u128() as u16),
        });
        let (by, user_agent) = (Some(user_id), Some(BROWSER.to_owned()));
        match what {
            ..80 => {
                let session_id = SessionId(self.random.id_at(at));
                let event = UserLogin { user_id, session_id, ip, user_agent };
                self.tell(Source::Auth, &event, 1, by, at)
            }
            80..90 => {
                let event = UserLoginFailed {
                    user_id: by,
                    email_hash: format!("{:064x}", user_id.0.as_u128()),
                    reason: "bad_credentials".to_owned(),
                    ip,
                    user_agent,
                };
                self.tell(Source::Auth, &event, 1, None, at)
            }
            _ => {
                let begun = at - TimeDelta::minutes(5 + i64::try_from(self.random.below(480)).unwrap_or(0));
                let session_id = SessionId(self.random.id_at(begun));
                if what < 105 {
                    let event = UserLogout { user_id, session_id, all_sessions: false };
                    return self.tell(Source::Auth, &event, 1, by, at);
                }
                let (reason, until) = ("logout".to_owned(), at + TimeDelta::minutes(15));
                let event = SessionRevoked { session_id, user_id, reason, until };
                self.tell(Source::Auth, &event, 1, by, at)
            }
        }
    }

    fn filed(&mut self, at: Timestamp) -> Envelope {
        let (who, brought) = (self.somebody(), self.random.below(3) > 0);
        let (id, size) = (self.random.id_at(at), self.random.skewed(10_000_000));
        let Some(ticket) = self.ticket() else { return self.created(at) };
        let (file_id, ticket_id) = (FileId(id), TicketId(ticket.id));
        if brought {
            let event = FileUploaded {
                file_id,
                ticket_id,
                file_name: format!("capture-{}.png", ticket.number),
                file_size: i64::try_from(size).unwrap_or(0),
                mime_type: "image/png".to_owned(),
                file_hash: format!("{:064x}", id.as_u128()),
                uploaded_by: ticket.requester,
            };
            let by = Some(event.uploaded_by);
            return self.tell(Source::Files, &event, 1, by, at);
        }
        let event = FileDownloaded { file_id, ticket_id, downloaded_by: who, via: FileWay::Direct };
        self.tell(Source::Files, &event, 1, Some(who), at)
    }

    /// What happens to accounts.
    fn known(&mut self, at: Timestamp) -> Envelope {
        let (what, user_id) = (self.random.below(10), self.somebody());
        let by = Some(user_id);
        match what {
            ..4 => {
                let email = format!("{}@example.com", user_id.0.simple());
                let event = UserRegistered { user_id, email, role: "user".to_owned() };
                self.tell(Source::Auth, &event, 1, by, at)
            }
            4..8 => {
                let changes = vec![change("language", Some("fr".to_owned()), Some("en".to_owned()))];
                let (first_name, last_name) = (Some("Ada".to_owned()), Some("Lovelace".to_owned()));
                let language = Some("en".to_owned());
                let event = UserProfileUpdated { user_id, first_name, last_name, language, changes };
                self.tell(Source::Users, &event, 2, by, at)
            }
            _ => self.tell(Source::Auth, &UserPasswordChanged { user_id }, 2, by, at),
        }
    }
}

fn change(field: &str, old: Option<String>, new: Option<String>) -> FieldChange {
    FieldChange { field: field.to_owned(), old, new }
}

/// Along the arrows of the workflow.
fn step(ticket: &mut Ticket, aside: bool) -> (&'static str, &'static str) {
    let next = match ticket.status {
        "OPEN" | "WAITING_USER" => "IN_PROGRESS",
        "IN_PROGRESS" if aside => "WAITING_USER",
        "IN_PROGRESS" => "RESOLVED",
        "RESOLVED" => "CLOSED",
        _ => "OPEN",
    };
    (std::mem::replace(&mut ticket.status, next), next)
}
