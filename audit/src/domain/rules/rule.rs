use std::ops::RangeInclusive;

use chrono::TimeDelta;

use super::span;

/// An event that is so late is still counted with those of its time.
const LATENESS: TimeDelta = TimeDelta::hours(1);

/// The rules there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleName {
    /// Sign-ins to one account that failed.
    FailedLogins,
    /// Sign-ins from one address that failed, to whichever accounts.
    FailedLoginsAddress,
    /// Different addresses from which one account was signed in to.
    ManyAddresses,
    /// Downloads by one person.
    MassDownload,
    /// Deletions by one person: files, tickets, accounts.
    MassDeletion,
    /// The share of the tickets near the end of a clock that go past it.
    SlaDecay,
}

impl RuleName {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::FailedLogins,
        Self::FailedLoginsAddress,
        Self::ManyAddresses,
        Self::MassDownload,
        Self::MassDeletion,
        Self::SlaDecay,
    ];

    /// Its name in alerts and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FailedLogins => "failed_logins",
            Self::FailedLoginsAddress => "failed_logins_address",
            Self::ManyAddresses => "many_addresses",
            Self::MassDownload => "mass_download",
            Self::MassDeletion => "mass_deletion",
            Self::SlaDecay => "sla_decay",
        }
    }
}

/// What is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// So many events.
    Events(u32),
    /// Events with so many different values.
    Values(u32),
    /// Of at least `minimum` different values, so many in a hundred that were hit.
    Share {
        /// How many in a hundred.
        percent: u32,
        /// Of how many at least.
        minimum: u32,
    },
}

impl Measure {
    /// How many are too many; of a share, in a hundred. 0 means that nobody asks.
    #[must_use]
    pub const fn threshold(self) -> u32 {
        match self {
            Self::Events(count) | Self::Values(count) => count,
            Self::Share { percent, .. } => percent,
        }
    }

    /// With fewer events than these there is never too much.
    #[must_use]
    pub const fn least(self) -> u32 {
        match self {
            Self::Events(count) | Self::Values(count) => count,
            Self::Share { minimum, .. } => minimum,
        }
    }
}

/// A rule as it is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Which one.
    pub name: RuleName,
    /// Within what time is counted.
    pub window: TimeDelta,
    /// What is too much.
    pub measure: Measure,
}

impl Rule {
    /// Whether anybody asks.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.measure.threshold() > 0
    }

    /// The window in microseconds.
    #[must_use]
    pub fn window_micros(&self) -> i64 {
        micros(self.window)
    }

    /// Those of these moments at which a window may end that overlaps none which an alert has spoken of; `alerts` are the ends of
    /// those. All in microseconds since 1970.
    #[must_use]
    pub fn open_ends(&self, ends: RangeInclusive<i64>, alerts: &[i64]) -> Vec<RangeInclusive<i64>> {
        span::open_ends(ends, self.window_micros(), alerts)
    }

    /// For so many microseconds an event may still be counted: those that come late look a window back and a window ahead.
    #[must_use]
    pub fn kept_micros(&self) -> i64 {
        micros(self.window * 2 + LATENESS)
    }
}

/// No window is longer than a few weeks, so it is never cut.
fn micros(span: TimeDelta) -> i64 {
    span.num_microseconds().unwrap_or(i64::MAX)
}

/// All rules, those that are off as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules([Rule; RuleName::ALL.len()]);

impl Rules {
    /// Asks for each rule as it is configured.
    #[must_use]
    pub fn of(configured: impl FnMut(RuleName) -> Rule) -> Self {
        Self(RuleName::ALL.map(configured))
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter()
    }

    /// One that is on.
    #[must_use]
    pub fn on(&self, name: RuleName) -> Option<Rule> {
        self.0.iter().copied().find(|rule| rule.name == name && rule.is_on())
    }
}
