//! The events of the whole system: one Rust type each, its wire name, its version, its JSON Schema.
//!
//! A type here is a contract between the service that emits it and those that consume it. Its schema lies under
//! `nats/schemas/`; `cargo xtask generate` writes it and CI compares.

mod alert;
mod command;
mod envelope;
mod file;
mod notification;
mod report;
mod ticket;
mod user;

use schemars::{JsonSchema, Schema};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

pub use alert::{AlertSubject, AlertSubjectKind, SecurityAlert, SlaAlert};
pub use command::{Command, CommandEnvelope, NewCommand, SendPasswordResetMail, SendVerificationMail};
pub use envelope::{Envelope, NewEvent};
pub use file::{FileDeleted, FileDownloaded, FileInfected, FileUploaded, FileWay};
pub use notification::{NotificationFailed, NotificationSent};
pub use report::{ReportFigure, ReportPeriod, ReportReady, ReportUnit};
pub use ticket::{
    FieldChange, SlaClock, TicketAssigned, TicketCommented, TicketCreated, TicketDeleted, TicketSlaBreached,
    TicketSlaWarning, TicketStatusChanged, TicketUpdated,
};
pub use user::{
    SessionRevoked, UserAvatarChanged, UserDeleted, UserEmailVerified, UserLocked, UserLogin,
    UserLoginFailed, UserLogout, UserPasswordChanged, UserPasswordReset, UserProfileUpdated, UserRegistered,
    UserRoleChanged, UserStatusChanged,
};

/// A fact that happened, as it travels.
pub trait Event: Serialize + DeserializeOwned + JsonSchema {
    /// The wire name, as in `ticket.created`.
    const TYPE: &'static str;
    /// Raised when the shape changes in a way that an old reader cannot take.
    const VERSION: u16;
    /// The thing whose life this event is a part of; order is kept per aggregate.
    fn aggregate_id(&self) -> Uuid;
}

/// What is known of an event type without an event at hand.
#[derive(Clone, Copy)]
pub struct EventType {
    /// The wire name.
    pub name: &'static str,
    /// The version that this build writes.
    pub version: u16,
    /// The service that emits it, and no other.
    pub source: &'static str,
    /// The JSON Schema of `data`.
    pub schema: fn() -> Schema,
}

macro_rules! events {
    ($($kind:ident = $name:literal, $version:literal, from $source:literal, by |$event:ident| $aggregate:expr;)*) => {
        $(impl Event for $kind {
            const TYPE: &'static str = $name;
            const VERSION: u16 = $version;
            fn aggregate_id(&self) -> Uuid {
                let $event = self;
                $aggregate.into()
            }
        })*
        /// Every event type, once.
        pub const ALL: &[EventType] = &[
            $(EventType {
                name: $name,
                version: $version,
                source: $source,
                schema: || schemars::schema_for!($kind),
            },)*
        ];
    };
}

events! {
    UserRegistered = "user.registered", 1, from "auth", by |event| event.user_id;
    UserLogin = "user.login", 1, from "auth", by |event| event.user_id;
    UserLoginFailed = "user.login_failed", 1, from "auth", by |event| event.user_id.map_or_else(Uuid::nil, Uuid::from);
    UserLogout = "user.logout", 1, from "auth", by |event| event.user_id;
    UserLocked = "user.locked", 1, from "auth", by |event| event.user_id.map_or_else(Uuid::nil, Uuid::from);
    UserEmailVerified = "user.email_verified", 1, from "auth", by |event| event.user_id;
    UserPasswordChanged = "user.password_changed", 1, from "auth", by |event| event.user_id;
    UserPasswordReset = "user.password_reset", 1, from "auth", by |event| event.user_id;
    UserRoleChanged = "user.role_changed", 1, from "auth", by |event| event.user_id;
    UserStatusChanged = "user.status_changed", 1, from "auth", by |event| event.user_id;
    UserProfileUpdated = "user.profile_updated", 1, from "users", by |event| event.user_id;
    UserAvatarChanged = "user.avatar_changed", 1, from "users", by |event| event.user_id;
    UserDeleted = "user.deleted", 1, from "auth", by |event| event.user_id;
    SessionRevoked = "session.revoked", 1, from "auth", by |event| event.session_id;
    TicketCreated = "ticket.created", 1, from "tickets", by |event| event.ticket_id;
    TicketUpdated = "ticket.updated", 1, from "tickets", by |event| event.ticket_id;
    TicketAssigned = "ticket.assigned", 1, from "tickets", by |event| event.ticket_id;
    TicketStatusChanged = "ticket.status_changed", 1, from "tickets", by |event| event.ticket_id;
    TicketCommented = "ticket.commented", 1, from "tickets", by |event| event.ticket_id;
    TicketDeleted = "ticket.deleted", 1, from "tickets", by |event| event.ticket_id;
    TicketSlaWarning = "ticket.sla_warning", 1, from "tickets", by |event| event.ticket_id;
    TicketSlaBreached = "ticket.sla_breached", 1, from "tickets", by |event| event.ticket_id;
    FileUploaded = "file.uploaded", 1, from "files", by |event| event.file_id;
    FileDownloaded = "file.downloaded", 1, from "files", by |event| event.file_id;
    FileDeleted = "file.deleted", 1, from "files", by |event| event.file_id;
    FileInfected = "file.infected", 1, from "files", by |event| event.file_id;
    NotificationSent = "notification.sent", 1, from "notifications", by |event| event.delivery_id;
    NotificationFailed = "notification.failed", 1, from "notifications", by |event| event.delivery_id;
    SecurityAlert = "security.alert", 1, from "audit", by |event| event.alert_id;
    SlaAlert = "sla.alert", 1, from "audit", by |event| event.alert_id;
    ReportReady = "report.ready", 1, from "audit", by |event| event.report_id;
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::ALL;

    #[test]
    fn every_event_type_stands_once_in_the_table() {
        let names: HashSet<_> = ALL.iter().map(|kind| kind.name).collect();
        assert_eq!(names.len(), ALL.len());
        assert!(ALL.iter().all(|kind| kind.name.split('.').count() == 2), "a wire name is <noun>.<verb>");
    }
}
