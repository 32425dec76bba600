use std::borrow::Cow;

use shared::{
    clock::Timestamp,
    events::{
        Envelope, Event, FileDeleted, FileDownloaded, FileInfected, FileUploaded, NotificationFailed,
        NotificationSent, ReportReady, SecurityAlert, SessionRevoked, SlaAlert, SlaClock, TicketAssigned,
        TicketCommented, TicketCreated, TicketDeleted, TicketSlaBreached, TicketSlaWarning,
        TicketStatusChanged, TicketUpdated, UserAvatarChanged, UserDeleted, UserEmailVerified, UserLocked,
        UserLogin, UserLoginFailed, UserLogout, UserPasswordChanged, UserPasswordReset, UserProfileUpdated,
        UserRegistered, UserRoleChanged, UserStatusChanged,
    },
};
use uuid::Uuid;

use super::{Aspect, Dimension};
use Aspect::{Category, Channel, Clock, Priority, Reason, Role, Rule, Status, Template, User, Visibility};

/// All events, of whatever type.
pub const EVENTS: &str = "events_recorded";
/// A ticket was said to be done; timed from its opening.
pub const RESOLVED: &str = "tickets_resolved";
/// A ticket was closed; timed from its opening.
pub const CLOSED: &str = "tickets_closed";
/// A closed ticket was opened again.
pub const REOPENED: &str = "tickets_reopened";

/// The longest name of a counter, in characters.
const LONGEST_NAME: usize = 64;

/// A counter: what it counts and by what it can be taken apart.
#[derive(Clone, Copy, Debug)]
pub struct Counter {
    /// Its name, as in `tickets_created`.
    pub name: &'static str,
    /// The events that it counts; those that count some events of a type, or of all types, have no type of their own.
    pub event_type: Option<&'static str>,
    /// By what it can be taken apart.
    pub aspects: &'static [Aspect],
}

const fn each<E: Event>(name: &'static str, aspects: &'static [Aspect]) -> Counter {
    Counter { name, event_type: Some(E::TYPE), aspects }
}

const fn some(name: &'static str, aspects: &'static [Aspect]) -> Counter {
    Counter { name, event_type: None, aspects }
}

/// Every counter that this build knows.
pub const COUNTERS: &[Counter] = &[
    each::<UserRegistered>("users_registered", &[Role]),
    each::<UserLogin>("users_login", &[]),
    each::<UserLoginFailed>("users_login_failed", &[Reason]),
    each::<UserLogout>("users_logout", &[]),
    each::<UserLocked>("users_locked", &[]),
    each::<UserEmailVerified>("users_email_verified", &[]),
    each::<UserPasswordChanged>("users_password_changed", &[]),
    each::<UserPasswordReset>("users_password_reset", &[]),
    each::<UserRoleChanged>("users_role_changed", &[Role]),
    each::<UserStatusChanged>("users_status_changed", &[Status]),
    each::<UserProfileUpdated>("users_profile_updated", &[]),
    each::<UserAvatarChanged>("users_avatar_changed", &[]),
    each::<UserDeleted>("users_deleted", &[]),
    each::<SessionRevoked>("sessions_revoked", &[Reason]),
    each::<TicketCreated>("tickets_created", &[Priority, Category]),
    each::<TicketUpdated>("tickets_updated", &[]),
    each::<TicketAssigned>("tickets_assigned", &[]),
    each::<TicketStatusChanged>("tickets_status_changed", &[Status]),
    each::<TicketCommented>("tickets_commented", &[Visibility]),
    each::<TicketDeleted>("tickets_deleted", &[]),
    each::<TicketSlaWarning>("tickets_sla_warning", &[Clock, Priority]),
    each::<TicketSlaBreached>("tickets_sla_breached", &[Clock, Priority]),
    each::<FileUploaded>("files_uploaded", &[]),
    each::<FileDownloaded>("files_downloaded", &[]),
    each::<FileDeleted>("files_deleted", &[]),
    each::<FileInfected>("files_infected", &[]),
    each::<NotificationSent>("notifications_sent", &[Template, Channel]),
    each::<NotificationFailed>("notifications_failed", &[Template, Channel]),
    each::<SecurityAlert>("security_alert", &[Rule]),
    each::<SlaAlert>("sla_alert", &[Clock]),
    each::<ReportReady>("reports_ready", &[]),
    some(EVENTS, &[User]),
    some(RESOLVED, &[]),
    some(CLOSED, &[]),
    some(REOPENED, &[]),
];

/// By what the counter of this name can be taken apart.
#[must_use]
pub fn aspects(name: &str) -> &'static [Aspect] {
    COUNTERS.iter().find(|counter| counter.name == name).map_or(&[], |counter| counter.aspects)
}

/// What one event is counted as.
pub(super) struct Found {
    /// The counter of its type.
    pub(super) name: Cow<'static, str>,
    /// The parts of that counter which it adds to as well.
    pub(super) dimensions: Vec<Dimension>,
    /// How long it took, where the event is the end of something whose beginning it names.
    pub(super) duration_ms: Option<i64>,
    /// What else it was, and how long that took.
    pub(super) outcome: Option<(&'static str, Option<i64>)>,
}

/// What was read in an event's data.
#[derive(Default)]
struct Particulars {
    dimensions: Vec<Dimension>,
    /// What it is the end of: ids carry their time.
    ends: Option<Uuid>,
    outcome: Option<&'static str>,
}

/// Every event counts. One of a type that this build does not know counts under a name made from its type; so does, without
/// its particulars, one whose data cannot be read: whether such an event may be recorded is not decided here.
pub(super) fn read(event: &Envelope) -> Found {
    let counter = COUNTERS.iter().find(|counter| counter.event_type == Some(&event.event_type));
    let name = counter.map_or_else(|| name_of(&event.event_type).into(), |counter| counter.name.into());
    let found = particulars(event).unwrap_or_default();
    let age = |id| age_ms(id, event.timestamp);
    Found {
        name,
        dimensions: found.dimensions,
        duration_ms: found.ends.and_then(age),
        outcome: found.outcome.map(|name| match name {
            REOPENED => (name, None),
            _ => (name, age(event.aggregate_id)),
        }),
    }
}

fn particulars(event: &Envelope) -> Result<Particulars, serde_json::Error> {
    let by = |dimensions| Particulars { dimensions, ..Particulars::default() };
    Ok(match event.event_type.as_str() {
        UserRegistered::TYPE => by(vec![Role.of(&event.data::<UserRegistered>()?.role)]),
        UserLoginFailed::TYPE => by(vec![Reason.of(&event.data::<UserLoginFailed>()?.reason)]),
        UserLogout::TYPE => {
            let session = event.data::<UserLogout>()?.session_id;
            Particulars { ends: Some(session.into()), ..Particulars::default() }
        }
        UserRoleChanged::TYPE => by(vec![Role.of(&event.data::<UserRoleChanged>()?.new_role)]),
        UserStatusChanged::TYPE => {
            let is_active = event.data::<UserStatusChanged>()?.is_active;
            by(vec![Status.of(if is_active { "active" } else { "inactive" })])
        }
        SessionRevoked::TYPE => by(vec![Reason.of(&event.data::<SessionRevoked>()?.reason)]),
        TicketCreated::TYPE => {
            let ticket: TicketCreated = event.data()?;
            by(vec![Priority.of(&ticket.priority), Category.of(&ticket.category)])
        }
        TicketStatusChanged::TYPE => {
            let moved: TicketStatusChanged = event.data()?;
            let outcome = match (moved.old_status.as_str(), moved.new_status.as_str()) {
                (_, "RESOLVED") => Some(RESOLVED),
                (_, "CLOSED") => Some(CLOSED),
                ("CLOSED", _) => Some(REOPENED),
                _ => None,
            };
            Particulars { outcome, ..by(vec![Status.of(&moved.new_status)]) }
        }
        TicketCommented::TYPE => {
            let is_internal = event.data::<TicketCommented>()?.is_internal;
            by(vec![Visibility.of(if is_internal { "internal" } else { "public" })])
        }
        TicketSlaWarning::TYPE => {
            let warning: TicketSlaWarning = event.data()?;
            by(vec![Clock.of(clock_name(warning.clock)), Priority.of(&warning.priority)])
        }
        TicketSlaBreached::TYPE => {
            let breach: TicketSlaBreached = event.data()?;
            by(vec![Clock.of(clock_name(breach.clock)), Priority.of(&breach.priority)])
        }
        SecurityAlert::TYPE => by(vec![Rule.of(&event.data::<SecurityAlert>()?.rule)]),
        SlaAlert::TYPE => by(vec![Clock.of(clock_name(event.data::<SlaAlert>()?.clock))]),
        NotificationSent::TYPE => {
            let sent: NotificationSent = event.data()?;
            let dimensions = vec![Template.of(&sent.template), Channel.of(&sent.channel)];
            Particulars { ends: Some(sent.event_id.into()), ..by(dimensions) }
        }
        NotificationFailed::TYPE => {
            let failed: NotificationFailed = event.data()?;
            by(vec![Template.of(&failed.template), Channel.of(&failed.channel)])
        }
        _ => Particulars::default(),
    })
}

const fn clock_name(clock: SlaClock) -> &'static str {
    match clock {
        SlaClock::Response => "response",
        SlaClock::Resolution => "resolution",
    }
}

/// `security.alert` counts as `security_alert`.
fn name_of(event_type: &str) -> String {
    let word = |character: char| match character.to_ascii_lowercase() {
        character if character.is_ascii_alphanumeric() => character,
        _ => '_',
    };
    event_type.chars().map(word).take(LONGEST_NAME).collect()
}

/// How old a thing was at a time: its id, a UUID of version 7, begins with the time of its making. Clocks that differ may
/// put the end before the beginning; then it took no time.
fn age_ms(id: Uuid, at: Timestamp) -> Option<i64> {
    let (seconds, nanos) = Some(id).filter(|id| id.get_version_num() == 7)?.get_timestamp()?.to_unix();
    let made_ms = i64::try_from(seconds).ok()?.checked_mul(1_000)? + i64::from(nanos / 1_000_000);
    Some((at.timestamp_millis() - made_ms).max(0))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_event_type_of_the_system_has_its_counter_and_only_one() {
        let wanted: BTreeSet<_> = shared::events::ALL.iter().map(|kind| kind.name).collect();
        let counted: Vec<_> = COUNTERS.iter().filter_map(|counter| counter.event_type).collect();
        assert_eq!(counted.iter().copied().collect::<BTreeSet<_>>(), wanted);
        assert_eq!(counted.len(), wanted.len(), "an event type has two counters");
    }

    #[test]
    fn no_two_counters_have_the_same_name_and_none_is_too_long() {
        let names: BTreeSet<_> = COUNTERS.iter().map(|counter| counter.name).collect();
        assert_eq!(names.len(), COUNTERS.len());
        assert!(names.iter().all(|name| name.len() <= LONGEST_NAME));
    }

    #[test]
    fn a_type_of_a_newer_service_makes_its_own_name() {
        for (event_type, name) in [
            ("security.alert", "security_alert"),
            ("Robot'; DROP TABLE metrics", "robot___drop_table_metrics"),
            (&"é".repeat(100), &*"_".repeat(64)),
        ] {
            assert_eq!(name_of(event_type), name);
        }
    }

    #[test]
    fn an_id_that_does_not_carry_its_time_has_no_age() {
        let at = "2026-03-01T08:00:00Z".parse().unwrap();
        assert_eq!(age_ms(Uuid::nil(), at), None);
        assert_eq!(age_ms(Uuid::from_u128(u128::MAX), at), None);
        let made = shared::ids::uuid_at("2026-03-01T07:59:58.5Z".parse().unwrap());
        assert_eq!(age_ms(made, at), Some(1_500));
        assert_eq!(age_ms(made, "2026-03-01T07:00:00Z".parse().unwrap()), Some(0));
    }
}
