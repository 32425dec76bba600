//! Who is told what: every event on a ticket, by everybody who may cause it.

use chrono::{TimeZone, Utc};
use shared::{
    events::{
        FieldChange, TicketAssigned, TicketCommented, TicketCreated, TicketStatusChanged, TicketUpdated,
    },
    ids::{CommentId, TicketId, UserId},
};
use uuid::Uuid;

use super::{
    Notice, Template,
    telling::{Telling, assigned, commented, created, moved, updated},
};

const REQUESTER: u128 = 1;
const AGENT: u128 = 2;
const COLLEAGUE: u128 = 3;

fn person(number: u128) -> UserId {
    UserId::from(Uuid::from_u128(number))
}

fn ticket() -> TicketId {
    TicketId::from(Uuid::from_u128(42))
}

fn change(field: &str) -> FieldChange {
    FieldChange { field: field.into(), old: Some("a".into()), new: Some("b".into()) }
}

fn assigned_to(to: Option<u128>) -> TicketAssigned {
    TicketAssigned {
        ticket_id: ticket(),
        ticket_number: "HD-000042".into(),
        title: "Printer".into(),
        priority: "HIGH".into(),
        user_id: person(REQUESTER),
        previous: None,
        assigned_to: to.map(person),
        due_date: Utc.with_ymd_and_hms(2026, 1, 31, 18, 0, 0).unwrap(),
    }
}

fn status_changed() -> TicketStatusChanged {
    TicketStatusChanged {
        ticket_id: ticket(),
        ticket_number: "HD-000042".into(),
        title: "Printer".into(),
        user_id: person(REQUESTER),
        assigned_to: Some(person(AGENT)),
        old_status: "OPEN".into(),
        new_status: "IN_PROGRESS".into(),
        comment: Some("On it".into()),
        changes: vec![change("resolution"), change("assignedTo")],
    }
}

fn fields_changed(fields: &[&str]) -> TicketUpdated {
    TicketUpdated {
        ticket_id: ticket(),
        ticket_number: "HD-000042".into(),
        title: "Printer".into(),
        status: "OPEN".into(),
        user_id: person(REQUESTER),
        assigned_to: Some(person(AGENT)),
        changes: fields.iter().map(|field| change(field)).collect(),
    }
}

fn comment(is_internal: bool, content: Option<&str>) -> TicketCommented {
    TicketCommented {
        ticket_id: ticket(),
        ticket_number: "HD-000042".into(),
        title: "Printer".into(),
        status: "OPEN".into(),
        comment_id: CommentId::from(Uuid::nil()),
        user_id: person(REQUESTER),
        assigned_to: Some(person(AGENT)),
        is_internal,
        content: content.map(str::to_owned),
    }
}

/// One event, by everybody: who is told when the requester, the agent, a colleague of theirs, or the system did it.
fn told(
    what: &str,
    telling: impl Fn(Option<UserId>) -> Option<Telling>,
    expected: [Option<u128>; 4],
    template: Template,
) {
    let actors = [Some(REQUESTER), Some(AGENT), Some(COLLEAGUE), None];
    for (actor, expected) in actors.into_iter().zip(expected) {
        let telling = telling(actor.map(person));
        assert_eq!(
            telling.as_ref().map(|telling| telling.to),
            expected.map(person),
            "{what}, done by {actor:?}"
        );
        if let Some(telling) = telling {
            assert_eq!(telling.notice.template(), template, "{what}");
            assert_eq!(telling.notice.ticket(), Some(ticket()), "{what}");
        }
    }
}

#[test]
fn whoever_is_concerned_is_told_unless_they_did_it() {
    let (requester, agent) = (Some(REQUESTER), Some(AGENT));
    let nobody = [None; 4];
    let new = Template::TicketAssigned;
    let to_agent = |by| assigned(assigned_to(agent), by);
    told("a ticket was given to the agent", to_agent, [agent, None, agent, agent], new);
    let to_requester = |by| assigned(assigned_to(requester), by);
    told("the requester works on it", to_requester, [None, requester, requester, requester], new);
    told("a ticket was taken from the agent", |by| assigned(assigned_to(None), by), nobody, new);

    let news = Template::TicketUpdated;
    let unless_requester = [None, requester, requester, requester];
    told("the status changed", |by| moved(status_changed(), by), unless_requester, news);
    let field = |name: &'static str| move |by| updated(fields_changed(&[name]), by);
    for name in ["title", "description", "category", "priority", "resolution", "dueDate"] {
        told(name, field(name), unless_requester, news);
    }
    for name in ["assignedTo", "respondedAt", "internalNote", ""] {
        told(name, field(name), nobody, news);
    }
    told("an update of nothing", |by| updated(fields_changed(&[]), by), nobody, news);

    told("a comment", |by| commented(comment(false, Some("Hello")), by), unless_requester, news);
    told("an internal comment", |by| commented(comment(true, None), by), nobody, news);
    told(
        "an internal comment, sent with its text by mistake",
        |by| commented(comment(true, Some("He is a fool")), by),
        nobody,
        news,
    );
}

#[test]
fn the_requester_is_told_that_the_ticket_is_there() {
    let event = TicketCreated {
        ticket_id: ticket(),
        ticket_number: "HD-000042".into(),
        title: "Printer".into(),
        priority: "HIGH".into(),
        category: "hardware".into(),
        user_id: person(REQUESTER),
        due_date: Utc.with_ymd_and_hms(2026, 1, 31, 18, 0, 0).unwrap(),
    };
    let telling = created(event);
    assert_eq!((telling.to, telling.notice.template()), (person(REQUESTER), Template::TicketCreated));
}

#[test]
fn the_requester_is_told_only_what_concerns_them() {
    let Notice::TicketUpdated(news) = moved(status_changed(), None).unwrap().notice else { panic!() };
    assert_eq!(news.changes, [change("resolution")]);
    let mixed = updated(fields_changed(&["assignedTo", "title", "respondedAt"]), None).unwrap();
    let Notice::TicketUpdated(news) = mixed.notice else { panic!() };
    assert_eq!(news.changes, [change("title")]);
}
