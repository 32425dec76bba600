//! Who is told what: every event on a ticket, by everybody who may cause it.

use chrono::{TimeZone, Utc};
use shared::{
    events::{
        FieldChange, FileInfected, ReportPeriod, ReportReady, SlaClock, TicketAssigned, TicketCommented,
        TicketCreated, TicketSlaBreached, TicketSlaWarning, TicketStatusChanged, TicketUpdated,
    },
    ids::{CommentId, FileId, ReportId, TicketId, UserId},
};
use uuid::Uuid;

use super::{
    Audience, News, Notice, Recipient, Template,
    telling::{
        Telling, assigned, clock_nearly_out, clock_out, commented, created, file_refused, moved,
        report_ready, updated,
    },
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

fn status_changed(old: &str, new: &str) -> TicketStatusChanged {
    TicketStatusChanged {
        ticket_id: ticket(),
        ticket_number: "HD-000042".into(),
        title: "Printer".into(),
        user_id: person(REQUESTER),
        assigned_to: Some(person(AGENT)),
        old_status: old.into(),
        new_status: new.into(),
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
    tellings: impl Fn(Option<UserId>) -> Vec<Telling>,
    expected: [&[Audience]; 4],
    template: Template,
) {
    let actors = [Some(REQUESTER), Some(AGENT), Some(COLLEAGUE), None];
    for (actor, expected) in actors.into_iter().zip(expected) {
        let tellings = tellings(actor.map(person));
        let audiences: Vec<_> = tellings.iter().map(|telling| telling.to).collect();
        assert_eq!(audiences, expected, "{what}, done by {actor:?}");
        for telling in tellings {
            assert_eq!(telling.notice.template(), template, "{what}");
            assert_eq!(telling.notice.ticket(), Some(ticket()), "{what}");
        }
    }
}

fn to(number: u128) -> Audience {
    Audience::Person(person(number))
}

fn not(number: u128) -> Audience {
    Audience::Actor(person(number))
}

#[test]
fn whoever_is_concerned_is_told_unless_they_did_it() {
    let (requester, agent) = (Some(REQUESTER), Some(AGENT));
    let nobody: [&[Audience]; 4] = [&[]; 4];
    let new = Template::TicketAssigned;
    let to_agent = |by| assigned(assigned_to(agent), by);
    let agent_alone: [&[Audience]; 4] = [&[to(AGENT)], &[not(AGENT)], &[to(AGENT)], &[to(AGENT)]];
    told("a ticket was given to the agent", to_agent, agent_alone, new);
    let to_requester = |by| assigned(assigned_to(requester), by);
    let requester_alone: [&[Audience]; 4] =
        [&[not(REQUESTER)], &[to(REQUESTER)], &[to(REQUESTER)], &[to(REQUESTER)]];
    told("the requester works on it", to_requester, requester_alone, new);
    told("a ticket was taken from the agent", |by| assigned(assigned_to(None), by), nobody, new);

    for (from, status, template) in [
        ("OPEN", "IN_PROGRESS", Template::TicketUpdated),
        ("IN_PROGRESS", "WAITING_USER", Template::TicketUpdated),
        ("WAITING_USER", "IN_PROGRESS", Template::TicketUpdated),
        ("IN_PROGRESS", "RESOLVED", Template::TicketResolved),
    ] {
        told(status, |by| moved(status_changed(from, status), by), requester_alone, template);
    }
    let both: [&[Audience]; 4] = [
        &[not(REQUESTER), to(AGENT)],
        &[to(REQUESTER), not(AGENT)],
        &[to(REQUESTER), to(AGENT)],
        &[to(REQUESTER)],
    ];
    told("closed", |by| moved(status_changed("RESOLVED", "CLOSED"), by), both, Template::TicketClosed);
    told("reopened", |by| moved(status_changed("CLOSED", "OPEN"), by), both, Template::TicketReopened);

    let news = Template::TicketUpdated;
    let field = |name: &'static str| move |by| updated(fields_changed(&[name]), by);
    for name in ["title", "description", "category", "priority", "resolution", "dueDate"] {
        told(name, field(name), requester_alone, news);
    }
    for name in ["assignedTo", "respondedAt", "internalNote", ""] {
        told(name, field(name), nobody, news);
    }
    told("an update of nothing", |by| updated(fields_changed(&[]), by), nobody, news);
}

#[test]
fn of_an_internal_comment_only_the_agent_hears_and_not_what_it_says() {
    let template = Template::TicketCommented;
    let everybody: [&[Audience]; 4] = [
        &[not(REQUESTER), to(AGENT)],
        &[to(REQUESTER), not(AGENT)],
        &[to(REQUESTER), to(AGENT)],
        &[to(REQUESTER), to(AGENT)],
    ];
    told("a comment", |by| commented(comment(false, Some("Hello")), by), everybody, template);
    let agent: [&[Audience]; 4] = [&[to(AGENT)], &[not(AGENT)], &[to(AGENT)], &[to(AGENT)]];
    for content in [None, Some("He is a fool")] {
        told("an internal comment", |by| commented(comment(true, content), by), agent, template);
        for telling in commented(comment(true, content), None) {
            assert!(telling.notice.is_for_agents());
            assert!(!telling.notice.payload().contains("fool"), "sent with its text by mistake");
        }
    }
    let own = TicketCommented { assigned_to: Some(person(REQUESTER)), ..comment(true, None) };
    assert_eq!(commented(own, None), [], "a requester who has the ticket is still its requester");
}

#[test]
fn a_new_ticket_is_told_to_its_requester_and_to_the_agents() {
    let event = TicketCreated {
        ticket_id: ticket(),
        ticket_number: "HD-000042".into(),
        title: "Printer".into(),
        priority: "HIGH".into(),
        category: "hardware".into(),
        user_id: person(REQUESTER),
        due_date: Utc.with_ymd_and_hms(2026, 1, 31, 18, 0, 0).unwrap(),
    };
    let told: Vec<_> =
        created(event).into_iter().map(|telling| (telling.to, telling.notice.template())).collect();
    assert_eq!(
        told,
        [
            (to(REQUESTER), Template::TicketCreated),
            (Audience::AgentsBut(person(REQUESTER)), Template::TicketUnassigned)
        ]
    );
}

#[test]
fn a_clock_is_told_to_the_agent_or_to_all_where_there_is_none() {
    let due_at = Utc.with_ymd_and_hms(2026, 1, 31, 18, 0, 0).unwrap();
    for (agent, audience) in
        [(Some(person(AGENT)), to(AGENT)), (None, Audience::AgentsBut(person(REQUESTER)))]
    {
        let warning = TicketSlaWarning {
            ticket_id: ticket(),
            ticket_number: "HD-000042".into(),
            title: "Printer".into(),
            priority: "HIGH".into(),
            user_id: person(REQUESTER),
            clock: SlaClock::Response,
            due_at,
            assigned_to: agent,
        };
        let TicketSlaWarning { ticket_number, title, priority, .. } = warning.clone();
        let breach = TicketSlaBreached {
            ticket_id: ticket(),
            ticket_number,
            title,
            priority,
            user_id: person(REQUESTER),
            clock: SlaClock::Resolution,
            due_at,
            assigned_to: agent,
        };
        for (tellings, template) in
            [(clock_nearly_out(warning), Template::SlaWarning), (clock_out(breach), Template::SlaBreach)]
        {
            assert_eq!(tellings.len(), 1);
            assert_eq!((tellings[0].to, tellings[0].notice.template()), (audience, template));
        }
    }
}

#[test]
fn a_refused_file_is_told_to_whoever_brought_it() {
    let told = file_refused(FileInfected {
        file_id: FileId::from(Uuid::nil()),
        ticket_id: ticket(),
        file_name: "a.exe".into(),
        uploaded_by: person(COLLEAGUE),
        signature: "Eicar".into(),
    });
    assert_eq!((told.len(), told[0].to), (1, to(COLLEAGUE)));
}

#[test]
fn the_requester_is_told_only_what_concerns_them() {
    let told = moved(status_changed("OPEN", "IN_PROGRESS"), None).remove(0);
    let Notice::TicketUpdated(news) = told.notice else { panic!() };
    assert_eq!(news.changes, [change("resolution")]);
    let mixed = updated(fields_changed(&["assignedTo", "title", "respondedAt"]), None).remove(0);
    let Notice::TicketUpdated(news) = mixed.notice else { panic!() };
    assert_eq!(news.changes, [change("title")]);
}

#[test]
fn a_report_is_told_to_administrators_and_withheld_from_whoever_is_none() {
    let at = Utc.with_ymd_and_hms(2026, 3, 2, 0, 0, 0).unwrap();
    let event = ReportReady {
        report_id: ReportId::from(Uuid::nil()),
        kind: "security".into(),
        period: ReportPeriod::Daily,
        from: at - chrono::TimeDelta::days(1),
        to: at,
        figures: Vec::new(),
    };
    let tellings = report_ready(event);
    assert_eq!(tellings.iter().map(|telling| telling.to).collect::<Vec<_>>(), [Audience::Administrators]);
    let reader = |role: Option<&str>| {
        let mut reader = Recipient::unknown(person(REQUESTER));
        if let Some(role) = role {
            reader.apply(News::Role(role.to_owned()), 1);
        }
        reader
    };
    for role in [None, Some("user"), Some("agent")] {
        assert_eq!(
            tellings[0].notice.withheld_from(&reader(role)),
            Some("for administrators only"),
            "{role:?}"
        );
    }
    assert_eq!(tellings[0].notice.withheld_from(&reader(Some("admin"))), None);
}
