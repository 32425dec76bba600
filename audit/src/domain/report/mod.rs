//! Reports: what was counted over a time, arranged to be read. How one looks on paper is none of its business.

mod activity;
mod findings;
pub mod mailing;
mod security;
mod sla;
mod tickets;

use std::str::FromStr;

use shared::clock::Timestamp;

use super::{Bucket, Span};
pub use findings::{Findings, Outline};

/// Which report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// What was done, and by whom.
    Activity,
    /// Tickets from opening to closing.
    Tickets,
    /// Warnings and breaches of what was promised.
    Sla,
    /// Sign-ins, accounts, sessions, infected files, alerts.
    Security,
}

/// A report, whatever it is going to be written as.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Which one.
    pub kind: Kind,
    /// What time it is about.
    pub span: Span,
    /// What its plots are drawn by.
    pub bucket: Bucket,
    /// When it was made.
    pub made_at: Timestamp,
    /// What it says.
    pub sections: Vec<Section>,
}

/// A part of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// What a reader has to know to read it right.
    pub note: Option<String>,
    /// What it says.
    pub body: Body,
}

/// What a section says.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A few numbers.
    Figures(Vec<Figure>),
    /// The course of things over the time.
    Plot(Plot),
    /// Rows of numbers.
    Table(Table),
}

/// A number with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What it is.
    pub label: &'static str,
    /// The same for programs: a counter's name where it is one. It keeps its meaning.
    pub key: &'static str,
    /// How many.
    pub value: Value,
}

/// The course of some counters.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// The beginnings of the buckets.
    pub at: Vec<Timestamp>,
    /// The counters.
    pub lines: Vec<Line>,
}

/// The course of one counter.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What it counts.
    pub label: &'static str,
    /// How many in each bucket.
    pub counts: Vec<i64>,
}

/// Rows of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What the rows are named by.
    pub key: &'static str,
    /// What their numbers are.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// What the numbers below each other are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub label: &'static str,
    /// Of which kind they are.
    pub unit: Unit,
}

/// A kind of number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// How many.
    Count,
    /// How long, in milliseconds.
    Duration,
    /// A part of a whole, 1 being all of it.
    Share,
}

/// A row of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it is about. People's words may stand here.
    pub key: String,
    /// One for each column.
    pub values: Vec<Value>,
}

/// A number of some kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// How many.
    Count(i64),
    /// How long, in milliseconds; nothing when none was timed.
    Duration(Option<i64>),
    /// A part of a whole, 1 being all of it; nothing when there is no whole.
    Share(Option<f64>),
}

/// Why a text names no report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a report is activity, tickets, sla or security")]
pub struct KindFault;

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Activity, Self::Tickets, Self::Sla, Self::Security];

    /// Its name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Activity => "activity",
            Self::Tickets => "tickets",
            Self::Sla => "sla",
            Self::Security => "security",
        }
    }

    /// Its name for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Activity => "Activity",
            Self::Tickets => "Tickets",
            Self::Sla => "Service levels",
            Self::Security => "Security",
        }
    }

    /// What has to be known to make it.
    #[must_use]
    pub const fn outline(self) -> Outline {
        match self {
            Self::Activity => activity::OUTLINE,
            Self::Tickets => tickets::OUTLINE,
            Self::Sla => sla::OUTLINE,
            Self::Security => security::OUTLINE,
        }
    }
}

impl FromStr for Kind {
    type Err = KindFault;

    fn from_str(name: &str) -> Result<Self, KindFault> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or(KindFault)
    }
}

impl Report {
    /// Makes one of what was found.
    #[must_use]
    pub fn of(kind: Kind, findings: &Findings, made_at: Timestamp) -> Self {
        let sections = match kind {
            Kind::Activity => activity::sections(findings),
            Kind::Tickets => tickets::sections(findings),
            Kind::Sla => sla::sections(findings),
            Kind::Security => security::sections(findings),
        };
        Self { kind, span: findings.span(), bucket: findings.bucket(), made_at, sections }
    }

    /// Its key numbers, in their order.
    pub fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.sections.iter().flat_map(|section| match &section.body {
            Body::Figures(figures) => figures.as_slice(),
            Body::Plot(_) | Body::Table(_) => &[],
        })
    }
}

impl Section {
    fn new(title: impl Into<String>, body: Body) -> Self {
        Self { title: title.into(), note: None, body }
    }

    fn noting(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }
}

impl Unit {
    /// Its name for programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Duration => "ms",
            Self::Share => "share",
        }
    }

    const fn column(self, label: &'static str) -> Column {
        Column { label, unit: self }
    }
}

impl Value {
    /// Of which kind it is.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::Count(_) => Unit::Count,
            Self::Duration(_) => Unit::Duration,
            Self::Share(_) => Unit::Share,
        }
    }

    /// A part of a whole, to the hundredth of a per cent.
    fn share(part: i64, whole: i64) -> Self {
        let share = |whole| (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0;
        Self::Share((whole != 0).then_some(whole).map(share))
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
