use std::net::{IpAddr, Ipv6Addr};

use shared::{
    events::{
        AlertSubject, AlertSubjectKind, Envelope, Event, FileDeleted, FileDownloaded, SlaClock,
        TicketDeleted, TicketSlaBreached, TicketSlaWarning, UserDeleted, UserLogin, UserLoginFailed,
    },
    ids::{EventId, TicketId, UserId},
};

use super::{Rule, RuleName, Rules};

/// What a rule counts events under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Somebody or somewhere.
    Of(AlertSubject),
    /// One of a ticket's clocks, at the whole desk.
    Clock(SlaClock),
}

impl Subject {
    fn of(kind: AlertSubjectKind, id: impl ToString) -> Self {
        Self::Of(AlertSubject { kind, id: id.to_string() })
    }

    /// Its name among the subjects of one rule.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Of(subject) => &subject.id,
            Self::Clock(SlaClock::Response) => "response",
            Self::Clock(SlaClock::Resolution) => "resolution",
        }
    }
}

/// That an event concerns a rule. It is only made by [`Rules::entries`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub(super) rule: Rule,
    pub(super) subject: Subject,
    pub(super) user_id: Option<UserId>,
    value: String,
    is_hit: bool,
    at: i64,
    event_id: EventId,
}

impl Entry {
    /// The rule.
    #[must_use]
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// What the event is counted under.
    #[must_use]
    pub fn key(&self) -> &str {
        self.subject.key()
    }

    /// What tells it apart where different values are counted; empty where events are.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether it speaks for an alert. What does not is there for the share that is taken of it.
    #[must_use]
    pub fn is_hit(&self) -> bool {
        self.is_hit
    }

    /// When the event happened, in microseconds since 1970.
    #[must_use]
    pub fn at(&self) -> i64 {
        self.at
    }

    /// The event.
    #[must_use]
    pub fn event_id(&self) -> EventId {
        self.event_id
    }
}

impl Rules {
    /// What an event is to the rules that are on. Most events are nothing to any, and that costs nothing.
    ///
    /// An alert is nothing to any rule: what raises alerts never feeds on them.
    #[must_use]
    pub fn entries(&self, event: &Envelope) -> Vec<Entry> {
        match event.event_type.as_str() {
            UserLoginFailed::TYPE => self.failed_login(event),
            UserLogin::TYPE => self.login(event).into_iter().collect(),
            FileDownloaded::TYPE => self.deed(RuleName::MassDownload, event).into_iter().collect(),
            FileDeleted::TYPE | TicketDeleted::TYPE | UserDeleted::TYPE => {
                // What goes with something else is no deletion of its own, as the files of a ticket are none.
                let own = event.causation_id.is_none();
                own.then(|| self.deed(RuleName::MassDeletion, event)).flatten().into_iter().collect()
            }
            TicketSlaWarning::TYPE => {
                let ticket = |warning: TicketSlaWarning| (warning.clock, warning.ticket_id, false);
                self.clock(event, ticket).into_iter().collect()
            }
            TicketSlaBreached::TYPE => {
                let ticket = |breach: TicketSlaBreached| (breach.clock, breach.ticket_id, true);
                self.clock(event, ticket).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn failed_login(&self, event: &Envelope) -> Vec<Entry> {
        let rules = [RuleName::FailedLogins, RuleName::FailedLoginsAddress].map(|name| self.on(name));
        if rules == [None, None] {
            return Vec::new();
        }
        let Some(failed) = data::<UserLoginFailed>(event) else { return Vec::new() };
        let [account, address] = rules;
        let is_hash = failed.email_hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        let account = account.filter(|_| is_hash).map(|rule| {
            let subject = Subject::of(AlertSubjectKind::EmailHash, &failed.email_hash);
            Entry { user_id: failed.user_id, ..entry(rule, subject, event) }
        });
        let address = address.and_then(|rule| {
            let subject = Subject::of(AlertSubjectKind::Address, network(failed.ip.as_deref()?)?);
            Some(entry(rule, subject, event))
        });
        account.into_iter().chain(address).collect()
    }

    fn login(&self, event: &Envelope) -> Option<Entry> {
        let rule = self.on(RuleName::ManyAddresses)?;
        let login: UserLogin = data(event)?;
        let value = network(login.ip.as_deref()?)?;
        let subject = Subject::of(AlertSubjectKind::Account, login.user_id);
        Some(Entry { value, user_id: Some(login.user_id), ..entry(rule, subject, event) })
    }

    /// Something that somebody did; what the system did by itself is nobody's.
    fn deed(&self, name: RuleName, event: &Envelope) -> Option<Entry> {
        let (rule, by) = (self.on(name)?, event.user_id?);
        let subject = Subject::of(AlertSubjectKind::Actor, by);
        Some(Entry { user_id: Some(by), ..entry(rule, subject, event) })
    }

    /// A ticket that comes near the end of a clock, or goes past it, which is a hit.
    fn clock<E: Event>(
        &self,
        event: &Envelope,
        ticket: impl FnOnce(E) -> (SlaClock, TicketId, bool),
    ) -> Option<Entry> {
        let rule = self.on(RuleName::SlaDecay)?;
        let (clock, ticket, is_hit) = ticket(data(event)?);
        Some(Entry { value: ticket.to_string(), is_hit, ..entry(rule, Subject::Clock(clock), event) })
    }
}

fn entry(rule: Rule, subject: Subject, event: &Envelope) -> Entry {
    Entry {
        rule,
        subject,
        user_id: None,
        value: String::new(),
        is_hit: true,
        at: event.timestamp.timestamp_micros(),
        event_id: event.event_id,
    }
}

/// What cannot be read is refused before it comes to any rule.
fn data<E: Event>(event: &Envelope) -> Option<E> {
    event.data().ok()
}

/// An address as it is counted. Within a network of IPv6 (/64) one client changes its address as often as it likes.
fn network(address: &str) -> Option<String> {
    Some(match address.parse::<IpAddr>().ok()?.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{}/64", Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    })
}

#[cfg(test)]
#[path = "entry_tests.rs"]
mod tests;
