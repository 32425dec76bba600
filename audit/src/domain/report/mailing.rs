//! Which reports are due to be mailed. All days, weeks and months are of UTC, which has no summer.

use std::{collections::BTreeMap, str::FromStr};

use chrono::TimeDelta;
use shared::{
    clock::Timestamp,
    events::{ReportFigure, ReportPeriod, ReportReady, ReportUnit},
    ids::ReportId,
};

use super::{
    super::{Grain, Span},
    Figure, Kind, Report, Value,
};

/// How often a report is mailed, and so how long the time is that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Period {
    /// A calendar day.
    Daily,
    /// Seven days from Monday on.
    Weekly,
    /// A calendar month.
    Monthly,
}

/// Which reports are mailed how often, and when.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    reports: Vec<(Kind, Period)>,
    hour: TimeDelta,
}

/// Of each report that was ever mailed, or ever to be: the beginning of the last period that nothing is to be done about
/// any more.
pub type Settled = BTreeMap<(Kind, Period), Timestamp>;

/// A report on one period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Which report.
    pub kind: Kind,
    /// How often it comes.
    pub period: Period,
    /// What time it is about.
    pub span: Span,
}

/// What is to be done about a report at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It was switched on for the first time: what has ended by now is over, and the next period is the first to be mailed.
    Begin(Mail),
    /// It is due.
    Send(Mail),
}

/// There is no such period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a period is daily, weekly or monthly")]
pub struct PeriodFault;

impl Period {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Daily, Self::Weekly, Self::Monthly];

    /// Its name in the database and in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
        }
    }

    const fn grain(self) -> Grain {
        match self {
            Self::Daily => Grain::Day,
            Self::Weekly => Grain::Week,
            Self::Monthly => Grain::Month,
        }
    }

    /// The last one that has ended by then.
    #[must_use]
    pub fn ended(self, by: Timestamp) -> Span {
        self.before(self.grain().start(by))
    }

    /// The one that ends where one begins.
    fn before(self, start: Timestamp) -> Span {
        Span::whole(self.grain(), start - TimeDelta::hours(1))
    }
}

impl FromStr for Period {
    type Err = PeriodFault;

    fn from_str(name: &str) -> Result<Self, PeriodFault> {
        Self::ALL.into_iter().find(|period| period.as_str() == name).ok_or(PeriodFault)
    }
}

impl From<Period> for ReportPeriod {
    fn from(period: Period) -> Self {
        match period {
            Period::Daily => Self::Daily,
            Period::Weekly => Self::Weekly,
            Period::Monthly => Self::Monthly,
        }
    }
}

impl Schedule {
    /// `kinds_of` names the reports of each period; they go out at this hour of the day after it. Named twice is named once.
    #[must_use]
    pub fn new(mut kinds_of: impl FnMut(Period) -> Vec<Kind>, hour: u8) -> Self {
        let mut reports = Vec::new();
        for period in Period::ALL {
            for kind in kinds_of(period) {
                if !reports.contains(&(kind, period)) {
                    reports.push((kind, period));
                }
            }
        }
        Self { reports, hour: TimeDelta::hours(hour.into()) }
    }

    /// Whether no report is mailed at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.reports.is_empty()
    }

    /// What is to be done now. Of what was missed for days only the last period is made up for.
    #[must_use]
    pub fn steps(&self, settled: &Settled, now: Timestamp) -> Vec<Step> {
        self.reports.iter().filter_map(|report| self.step(*report, settled.get(report), now)).collect()
    }

    fn step(
        &self,
        (kind, period): (Kind, Period),
        settled: Option<&Timestamp>,
        now: Timestamp,
    ) -> Option<Step> {
        let mail = |span| Mail { kind, period, span };
        let Some(settled) = settled else {
            return Some(Step::Begin(mail(period.ended(now))));
        };
        let due = period.ended(now - self.hour);
        (due.from() > *settled).then(|| Step::Send(mail(due)))
    }
}

impl Mail {
    /// The period before.
    #[must_use]
    pub fn before(&self) -> Span {
        self.period.before(self.span.from())
    }

    /// The event that tells of it, made of the report and the one on the period before.
    #[must_use]
    pub fn event(&self, report_id: ReportId, report: &Report, before: &Report) -> ReportReady {
        let then =
            |key| before.figures().find(|figure| figure.key == key).and_then(|figure| figure.value.number());
        let figure = |figure: &Figure| ReportFigure {
            key: figure.key.to_owned(),
            unit: figure.value.told_unit(),
            value: figure.value.number(),
            before: then(figure.key),
        };
        ReportReady {
            report_id,
            kind: self.kind.as_str().to_owned(),
            period: self.period.into(),
            from: self.span.from(),
            to: self.span.to(),
            figures: report.figures().map(figure).collect(),
        }
    }
}

impl Value {
    const fn told_unit(self) -> ReportUnit {
        match self {
            Self::Count(_) => ReportUnit::Count,
            Self::Duration(_) => ReportUnit::Milliseconds,
            Self::Share(_) => ReportUnit::BasisPoints,
        }
    }

    /// As a whole number of its unit.
    fn number(self) -> Option<i64> {
        match self {
            Self::Count(count) => Some(count),
            Self::Duration(ms) => ms,
            // A share is kept to this very precision.
            Self::Share(share) => share.map(|share| (share * 10_000.0).round() as i64),
        }
    }
}

#[cfg(test)]
#[path = "mailing_tests.rs"]
mod tests;
