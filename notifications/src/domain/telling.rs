use shared::{
    events::{
        FieldChange, FileInfected, ReportReady, SlaClock, TicketAssigned, TicketCommented, TicketCreated,
        TicketSlaBreached, TicketSlaWarning, TicketStatusChanged, TicketUpdated,
    },
    ids::UserId,
};

use super::{
    Alarm, Assignment, Move, Notice, Refusal, ReportFacts, TicketFacts, TicketField, TicketLabel, TicketNews,
};

/// What is to be said, and to whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Telling {
    /// Who is told.
    pub to: Audience,
    /// What they are told.
    pub notice: Notice,
}

/// Who is told something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// One person.
    Person(UserId),
    /// Somebody who did it themselves: the ledger has a line that says so, and nothing is sent.
    Actor(UserId),
    /// Everybody who works tickets, but for whoever opened this one.
    AgentsBut(UserId),
    /// Everybody who administers.
    Administrators,
}

/// To the requester, also when nobody else did it: the mail says that the ticket has arrived. And to the agents, for
/// nobody has it yet.
#[must_use]
pub fn created(event: TicketCreated) -> Vec<Telling> {
    let TicketCreated { ticket_id, ticket_number, title, priority, category, user_id, due_date } = event;
    let label = TicketLabel { ticket_id, ticket_number, title };
    let arrived =
        Assignment { label: label.clone(), priority: priority.clone(), requester: user_id, due_at: due_date };
    vec![
        Telling {
            to: Audience::Person(user_id),
            notice: Notice::TicketCreated(TicketFacts { label, priority, category }),
        },
        Telling { to: Audience::AgentsBut(user_id), notice: Notice::TicketUnassigned(arrived) },
    ]
}

/// To whoever has the ticket now, unless they took it themselves; a ticket that nobody has any more is told to nobody.
#[must_use]
pub fn assigned(event: TicketAssigned, by: Option<UserId>) -> Vec<Telling> {
    let TicketAssigned { ticket_id, ticket_number, title, priority, user_id, assigned_to, due_date, .. } =
        event;
    let label = TicketLabel { ticket_id, ticket_number, title };
    let assignment = Assignment { label, priority, requester: user_id, due_at: due_date };
    people([assigned_to], by, &Notice::TicketAssigned(assignment))
}

/// To the requester. That it was closed or reopened also to the agent who has it, when somebody did it; what the system
/// closes by itself is no news to them.
#[must_use]
pub fn moved(event: TicketStatusChanged, by: Option<UserId>) -> Vec<Telling> {
    let TicketStatusChanged { ticket_id, ticket_number, title, user_id, assigned_to, .. } = event;
    let (from, to) = (event.old_status, event.new_status);
    let kind = match (from.as_str(), to.as_str()) {
        (_, "RESOLVED") => Notice::TicketResolved,
        (_, "CLOSED") => Notice::TicketClosed,
        ("CLOSED", "OPEN") => Notice::TicketReopened,
        _ => Notice::TicketUpdated,
    };
    let agent = assigned_to.filter(|_| by.is_some() && begins_or_ends_work(&from, &to));
    let news = TicketNews {
        label: TicketLabel { ticket_id, ticket_number, title },
        moved: Some(Move { from, to }),
        changes: for_the_requester(event.changes),
        comment: event.comment,
        is_internal: false,
    };
    people([Some(user_id), agent], by, &kind(news))
}

fn begins_or_ends_work(from: &str, to: &str) -> bool {
    to == "CLOSED" || (from, to) == ("CLOSED", "OPEN")
}

/// To the requester, unless nothing that concerns them was changed.
#[must_use]
pub fn updated(event: TicketUpdated, by: Option<UserId>) -> Vec<Telling> {
    let TicketUpdated { ticket_id, ticket_number, title, user_id, .. } = event;
    let news = TicketNews {
        label: TicketLabel { ticket_id, ticket_number, title },
        moved: None,
        changes: for_the_requester(event.changes),
        comment: None,
        is_internal: false,
    };
    if news.changes.is_empty() {
        return Vec::new();
    }
    people([Some(user_id)], by, &Notice::TicketUpdated(news))
}

/// To the requester and to the agent who has the ticket. Of what agents write for agents the requester hears nothing, not
/// even in the ledger, and the agent only that it is there, even if an event should carry it.
#[must_use]
pub fn commented(event: TicketCommented, by: Option<UserId>) -> Vec<Telling> {
    let TicketCommented { ticket_id, ticket_number, title, user_id, assigned_to, is_internal, .. } = event;
    let comment = event.content.filter(|_| !is_internal);
    if comment.is_none() && !is_internal {
        return Vec::new();
    }
    let news = TicketNews {
        label: TicketLabel { ticket_id, ticket_number, title },
        moved: None,
        changes: Vec::new(),
        comment,
        is_internal,
    };
    let requester = Some(user_id).filter(|_| !is_internal);
    // Nor does a requester who has the ticket themselves.
    let agent = assigned_to.filter(|agent| !(is_internal && *agent == user_id));
    people([requester, agent], by, &Notice::TicketCommented(news))
}

/// To the agent who has the ticket; where there is none, to all.
#[must_use]
pub fn clock_nearly_out(event: TicketSlaWarning) -> Vec<Telling> {
    let TicketSlaWarning { ticket_id, ticket_number, title, priority, user_id, clock, due_at, assigned_to } =
        event;
    let label = TicketLabel { ticket_id, ticket_number, title };
    let ticket = Assignment { label, priority, requester: user_id, due_at };
    alarm(assigned_to, Notice::SlaWarning(Alarm { ticket, is_response: clock == SlaClock::Response }))
}

/// To the agent who has the ticket; where there is none, to all.
#[must_use]
pub fn clock_out(event: TicketSlaBreached) -> Vec<Telling> {
    let TicketSlaBreached { ticket_id, ticket_number, title, priority, user_id, clock, due_at, assigned_to } =
        event;
    let label = TicketLabel { ticket_id, ticket_number, title };
    let ticket = Assignment { label, priority, requester: user_id, due_at };
    alarm(assigned_to, Notice::SlaBreach(Alarm { ticket, is_response: clock == SlaClock::Response }))
}

fn alarm(agent: Option<UserId>, notice: Notice) -> Vec<Telling> {
    let requester = notice.names().expect("an alarm names the requester");
    let to = agent.map_or(Audience::AgentsBut(requester), Audience::Person);
    vec![Telling { to, notice }]
}

/// To whoever brought it, who saw no more than that it was refused.
#[must_use]
pub fn file_refused(event: FileInfected) -> Vec<Telling> {
    let FileInfected { ticket_id, file_name, signature, uploaded_by, .. } = event;
    let notice = Notice::FileRefused(Refusal { ticket_id, file_name, signature });
    vec![Telling { to: Audience::Person(uploaded_by), notice }]
}

/// To all who administer: what is counted over everybody is theirs to see.
#[must_use]
pub fn report_ready(event: ReportReady) -> Vec<Telling> {
    let ReportReady { kind, period, from, to, figures, .. } = event;
    let notice = Notice::ReportReady(ReportFacts { kind, period, from, to, figures });
    vec![Telling { to: Audience::Administrators, notice }]
}

/// Each once; whoever did it is not told of it.
fn people<const N: usize>(
    concerned: [Option<UserId>; N],
    by: Option<UserId>,
    notice: &Notice,
) -> Vec<Telling> {
    let mut told: Vec<Telling> = Vec::new();
    for person in concerned.into_iter().flatten() {
        let to = if by == Some(person) { Audience::Actor(person) } else { Audience::Person(person) };
        if told.iter().all(|telling| telling.to != to) {
            told.push(Telling { to, notice: notice.clone() });
        }
    }
    told
}

/// The rest is the house's own business; who has the ticket, for one, is an event by itself.
fn for_the_requester(changes: Vec<FieldChange>) -> Vec<FieldChange> {
    changes.into_iter().filter(|change| TicketField::named(&change.field).is_some()).collect()
}
