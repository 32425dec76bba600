//! Examples of every notice: what a preview shows, and what a wording is tried on.

use chrono::{DateTime, TimeDelta};
use shared::{
    clock::Timestamp,
    events::{FieldChange, ReportFigure, ReportPeriod, ReportUnit},
    ids::{TicketId, UserId},
};
use uuid::Uuid;

use crate::domain::{
    Alarm, Assignment, Collected, Collection, Moment, Move, Notice, Refusal, ReportFacts, RoleChange,
    SecretLink, Template, TicketFacts, TicketLabel, TicketNews,
};

/// Examples of one kind: the first has everything in it, and together they take every branch of the built-in template.
#[must_use]
pub(super) fn samples(template: Template) -> Vec<Notice> {
    match template {
        Template::TicketCreated => vec![Notice::TicketCreated(TicketFacts {
            label: label(),
            priority: "HIGH".to_owned(),
            category: "hardware".to_owned(),
        })],
        Template::TicketUnassigned => vec![Notice::TicketUnassigned(assignment())],
        Template::TicketAssigned => vec![Notice::TicketAssigned(assignment())],
        Template::TicketUpdated => news().map(Notice::TicketUpdated).to_vec(),
        Template::TicketCommented => news().map(Notice::TicketCommented).to_vec(),
        Template::TicketResolved => news().map(Notice::TicketResolved).to_vec(),
        Template::TicketClosed => news().map(Notice::TicketClosed).to_vec(),
        Template::TicketReopened => news().map(Notice::TicketReopened).to_vec(),
        Template::SlaWarning => alarms().map(Notice::SlaWarning).to_vec(),
        Template::SlaBreach => alarms().map(Notice::SlaBreach).to_vec(),
        Template::FileRefused => vec![Notice::FileRefused(Refusal {
            ticket_id: label().ticket_id,
            file_name: "facture.pdf.exe".to_owned(),
            signature: "Win.Test.EICAR_HDB-1".to_owned(),
        })],
        Template::Welcome => vec![Notice::Welcome(Moment { at: at() })],
        Template::EmailVerification => vec![Notice::EmailVerification(link())],
        Template::PasswordReset => vec![Notice::PasswordReset(link())],
        Template::PasswordChanged => vec![Notice::PasswordChanged(Moment { at: at() })],
        Template::RoleChanged => {
            let (from, to) = ("user".to_owned(), "agent".to_owned());
            vec![Notice::RoleChanged(RoleChange { from, to, at: at() })]
        }
        Template::ReportReady => reports().map(Notice::ReportReady).to_vec(),
        Template::Digest => collections(),
    }
}

/// The last day of January 2026, ten o'clock.
fn at() -> Timestamp {
    DateTime::from_timestamp(1_769_853_600, 0).unwrap_or_default()
}

fn label() -> TicketLabel {
    TicketLabel {
        ticket_id: TicketId::from(Uuid::from_u128(42)),
        ticket_number: "HD-000042".to_owned(),
        title: "Imprimante <3e étage> & scanner".to_owned(),
    }
}

fn assignment() -> Assignment {
    Assignment {
        label: label(),
        priority: "HIGH".to_owned(),
        requester: UserId::from(Uuid::from_u128(1)),
        due_at: at() + TimeDelta::hours(8),
    }
}

fn news() -> [TicketNews; 3] {
    let change = |field: &str, old: &str, new: &str| FieldChange {
        field: field.to_owned(),
        old: Some(old.to_owned()),
        new: Some(new.to_owned()),
    };
    let full = TicketNews {
        label: label(),
        moved: Some(Move { from: "IN_PROGRESS".to_owned(), to: "RESOLVED".to_owned() }),
        changes: vec![change("priority", "LOW", "HIGH"), change("category", "software", "hardware")],
        comment: Some("Le toner était vide.\nBonne journée !".to_owned()),
        is_internal: false,
    };
    let bare =
        TicketNews { moved: None, changes: Vec::new(), comment: None, is_internal: false, ..full.clone() };
    let internal = TicketNews { is_internal: true, ..bare.clone() };
    [full, bare, internal]
}

fn alarms() -> [Alarm; 2] {
    [true, false].map(|is_response| Alarm { ticket: assignment(), is_response })
}

fn link() -> SecretLink {
    SecretLink { token: "example-and-no-secret".to_owned(), expires_at: at() + TimeDelta::hours(1) }
}

/// A week, a month and a day before the sample's time, each with another report.
fn reports() -> [ReportFacts; 3] {
    let figure = |key: &str, unit, value, before| ReportFigure { key: key.to_owned(), unit, value, before };
    let report = |kind: &str, period, days: [i64; 2], figures| ReportFacts {
        kind: kind.to_owned(),
        period,
        from: at() - TimeDelta::hours(10) - TimeDelta::days(days[0]),
        to: at() - TimeDelta::hours(10) - TimeDelta::days(days[1]),
        figures,
    };
    let (count, part) = (ReportUnit::Count, ReportUnit::BasisPoints);
    let week = vec![
        figure("tickets_created", count, Some(1_284), Some(963)),
        figure("tickets_sla_warning", count, Some(12), Some(12)),
        figure("tickets_sla_breached", count, Some(3), Some(5)),
        figure("breaches_per_ticket", part, Some(23), Some(52)),
        figure("sla_alert", count, Some(1), Some(0)),
    ];
    let resolution =
        figure("mean_time_to_resolution", ReportUnit::Milliseconds, Some(97_200_000), Some(5_400_000));
    [
        report("sla", ReportPeriod::Weekly, [12, 5], week),
        report("tickets", ReportPeriod::Monthly, [61, 30], vec![resolution]),
        report("security", ReportPeriod::Daily, [1, 0], Vec::new()),
    ]
}

fn collections() -> Vec<Notice> {
    let notices = [Template::TicketCreated, Template::TicketCommented, Template::TicketResolved];
    let collected = |notice: Notice| Collected {
        template: notice.template().as_str().to_owned(),
        payload: notice.payload(),
        at: at(),
    };
    let items: Vec<_> = notices.into_iter().map(|kind| collected(samples(kind).swap_remove(0))).collect();
    [items.len() + 4, items.len()]
        .map(|count| Notice::Digest(Collection { items: items.clone(), count }))
        .to_vec()
}
