use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{clock::Timestamp, ids::ReportId};

/// A day, a week or a month is over, and what was counted in it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportReady {
    /// This telling of it.
    pub report_id: ReportId,
    /// Which report: `activity`, `tickets`, `sla` or `security`.
    pub kind: String,
    /// How long the time is that it is about.
    pub period: ReportPeriod,
    /// The first moment that it is about.
    pub from: Timestamp,
    /// The first moment that it is not about any more.
    pub to: Timestamp,
    /// Its key numbers, the most telling first.
    pub figures: Vec<ReportFigure>,
}

/// How long the time is that a report is about, all in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportPeriod {
    /// A calendar day.
    Daily,
    /// Seven days from Monday on.
    Weekly,
    /// A calendar month.
    Monthly,
}

/// A key number of a report, and the same of the period before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportFigure {
    /// What it is, for programs, as in `tickets_created`: a counter's name where it is one. A key keeps its meaning.
    pub key: String,
    /// Of which kind it is.
    pub unit: ReportUnit,
    /// The number; nothing where there was nothing to measure.
    pub value: Option<i64>,
    /// The number of the period before.
    pub before: Option<i64>,
}

/// A kind of number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportUnit {
    /// How many.
    Count,
    /// How long, in milliseconds.
    Milliseconds,
    /// A part of a whole, in hundredths of a per cent.
    BasisPoints,
}
