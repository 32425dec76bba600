//! What lies in the database is read back.

use chrono::{TimeZone, Utc};
use shared::{
    events::{FieldChange, ReportFigure, ReportPeriod, ReportUnit},
    ids::{TicketId, UserId},
};
use uuid::Uuid;

use super::{
    Alarm, Assignment, Collected, Collection, Moment, Move, Notice, Refusal, ReportFacts, RoleChange,
    SCRUBBED, SecretLink, TicketFacts, TicketLabel, TicketNews,
};
use crate::domain::Template;

fn label() -> TicketLabel {
    TicketLabel {
        ticket_id: TicketId::from(Uuid::nil()),
        ticket_number: "HD-000042".into(),
        title: "\"quoted\"\r\n{{7*7}}".into(),
    }
}

fn opened() -> Notice {
    Notice::TicketCreated(TicketFacts {
        label: label(),
        priority: "HIGH".into(),
        category: "hardware".into(),
    })
}

#[test]
fn a_payload_reads_back_as_it_was_and_a_scrubbed_one_not_at_all() {
    let at = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap();
    let link = SecretLink { token: "t0ken".into(), expires_at: at };
    for notice in [
        opened(),
        Notice::TicketAssigned(Assignment {
            label: label(),
            priority: "HIGH".into(),
            requester: UserId::from(Uuid::nil()),
            due_at: at,
        }),
        Notice::TicketUpdated(TicketNews {
            label: label(),
            moved: Some(Move { from: "OPEN".into(), to: "IN_PROGRESS".into() }),
            changes: vec![FieldChange { field: "title".into(), old: None, new: Some("\0".into()) }],
            comment: Some("one\ntwo".into()),
            is_internal: false,
        }),
        Notice::TicketUpdated(TicketNews {
            label: label(),
            moved: None,
            changes: vec![],
            comment: None,
            is_internal: true,
        }),
        Notice::EmailVerification(link.clone()),
        Notice::PasswordReset(link),
        Notice::PasswordChanged(Moment { at }),
        Notice::RoleChanged(RoleChange { from: "user".into(), to: "agent".into(), at }),
        Notice::SlaBreach(Alarm {
            ticket: Assignment {
                label: label(),
                priority: "HIGH".into(),
                requester: UserId::from(Uuid::nil()),
                due_at: at,
            },
            is_response: true,
        }),
        Notice::FileRefused(Refusal {
            ticket_id: label().ticket_id,
            file_name: "a\r\n.exe".into(),
            signature: "Eicar".into(),
        }),
        Notice::ReportReady(ReportFacts {
            kind: "sla".into(),
            period: ReportPeriod::Monthly,
            from: at,
            to: at,
            figures: vec![ReportFigure {
                key: "sla_alert".into(),
                unit: ReportUnit::Count,
                value: Some(1),
                before: None,
            }],
        }),
        Notice::Digest(Collection {
            items: vec![Collected { template: "ticket_created".into(), payload: opened().payload(), at }],
            count: 1,
        }),
    ] {
        assert_eq!(Notice::read(notice.template(), &notice.payload()).unwrap(), notice);
        assert!(Notice::read(notice.template(), SCRUBBED).is_err());
        assert!(!format!("{notice:?}").contains("t0ken"));
    }
}

/// Deliveries outlive the build that ordered them.
#[test]
fn what_lay_in_the_database_before_comments_could_be_internal_is_still_read() {
    let stored = r#"{"ticketId":"00000000-0000-0000-0000-000000000000","ticketNumber":"HD-000042","title":"A","moved":null,"changes":[],"comment":"b"}"#;
    let Notice::TicketUpdated(news) = Notice::read(Template::TicketUpdated, stored).unwrap() else {
        panic!()
    };
    assert!(!news.is_internal && news.comment.as_deref() == Some("b"));
}

#[test]
fn what_lay_in_the_database_before_there_were_other_mails_on_tickets_is_still_read() {
    let stored = r#"{"ticketId":"00000000-0000-0000-0000-000000000000","ticketNumber":"HD-000042","title":"\"quoted\"\r\n{{7*7}}","priority":"HIGH","category":"hardware"}"#;
    assert_eq!(Notice::read(Template::TicketCreated, stored).unwrap(), opened());
    assert_eq!(opened().payload(), stored, "and a build of before reads what this one writes");
}
