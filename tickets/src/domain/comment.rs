use shared::auth::{Caller, Role};
use shared::clock::Timestamp;
use shared::events::{NewEvent, TicketCommented};
use shared::ids::{CommentId, HistoryId, TicketId, UserId};

use super::change::Step;
use super::{Action, Change, Content, HistoryEntry, Rules, Status, Ticket, TicketError};

/// Something written on a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its id.
    pub id: CommentId,
    /// The ticket that it stands on.
    pub ticket_id: TicketId,
    /// Who wrote it.
    pub user_id: UserId,
    /// What it says.
    pub content: Content,
    /// It is for agents only.
    pub is_internal: bool,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What somebody wants to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewComment {
    /// What it says.
    pub content: Content,
    /// It is for agents only.
    pub is_internal: bool,
}

impl Ticket {
    /// Somebody writes on it. An agent's first public word is the response; the requester's word answers WAITING_USER.
    ///
    /// A word among agents changes nothing that a requester can see, not even the version.
    ///
    /// # Errors
    /// [`TicketError::InternalByRequester`].
    pub fn comment(
        &self,
        wanted: NewComment,
        caller: &Caller,
        rules: &Rules,
        now: Timestamp,
    ) -> Result<(Change, Comment), TicketError> {
        if wanted.is_internal && !caller.is(Role::Agent) {
            return Err(TicketError::InternalByRequester);
        }
        let is_requester = caller.user_id == self.user_id;
        let now = self.next_moment(now);
        let comment = Comment {
            id: CommentId::at(now),
            ticket_id: self.id,
            user_id: caller.user_id,
            content: wanted.content,
            is_internal: wanted.is_internal,
            created_at: now,
            updated_at: now,
        };
        let (id, by) = (comment.id, Some(caller.user_id));
        let content = (!comment.is_internal).then(|| comment.content.as_str().to_owned());
        let event = |ticket: &Ticket| TicketCommented {
            ticket_id: ticket.id,
            ticket_number: ticket.number.to_string(),
            title: ticket.title.as_str().to_owned(),
            status: ticket.status.as_str().to_owned(),
            comment_id: id,
            user_id: ticket.user_id,
            assigned_to: ticket.assigned_to,
            is_internal: wanted.is_internal,
            content,
        };
        let change = Change::of(self).with_comment(comment.clone());
        if wanted.is_internal {
            let line = HistoryEntry {
                id: HistoryId::at(now),
                ticket_id: self.id,
                user_id: by,
                action: Action::Commented,
                field: Some("comment".to_owned()),
                old: None,
                new: Some(id.to_string()),
                comment: None,
                version: self.version,
                is_internal: true,
                created_at: now,
            };
            let event = NewEvent::of(&event(self), self.version, by, now);
            return Ok((change.aside(line, Some(event)), comment));
        }
        let mut step = Step::new(Action::Commented, by, rules, now);
        step.says = Some(("comment", None, Some(id.to_string())));
        let responds = !is_requester && caller.is(Role::Agent) && self.sla.responded_at.is_none();
        let written = change.step(
            step,
            |ticket, now| {
                if responds {
                    ticket.sla.responded_at = Some(now);
                }
            },
            |_, after, _| event(after),
        );
        if is_requester && self.status == Status::WaitingUser {
            return Ok((written.moved(Status::InProgress, by, None, None, rules, now), comment));
        }
        Ok((written, comment))
    }
}
