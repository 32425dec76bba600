use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use shared::http::When;
use utoipa::{IntoParams, ToSchema};

use super::metrics_dto::BucketName;
use crate::domain::report::{Body, Column, Figure, Kind, Plot, Report, Row, Section, Table, Value};

/// Which report.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReportName {
    /// What was done, and by whom.
    Activity,
    /// Tickets from opening to closing.
    Tickets,
    /// Warnings and breaches of service levels.
    Sla,
    /// Sign-ins, accounts, sessions, infected files, alerts.
    Security,
}

/// What to write it as.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For programs.
    #[default]
    Json,
    /// For spreadsheets: a number a line.
    Csv,
    /// For people: one page with plots, that loads nothing and runs nothing.
    Html,
}

/// What a report is to be about, and what it is to be written as.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct ReportParams {
    /// From the hour or day on that this lies in; thirty days before `to` unless given, and at most 731.
    #[param(value_type = Option<DateTime<Utc>>)]
    pub from: Option<When>,
    /// To the end of the hour or day that this lies in; one that begins then is not in it. Now unless given.
    #[param(value_type = Option<DateTime<Utc>>)]
    pub to: Option<When>,
    /// `json` unless given.
    #[param(inline)]
    pub format: Option<Format>,
}

impl From<ReportName> for Kind {
    fn from(name: ReportName) -> Self {
        match name {
            ReportName::Activity => Self::Activity,
            ReportName::Tickets => Self::Tickets,
            ReportName::Sla => Self::Sla,
            ReportName::Security => Self::Security,
        }
    }
}

/// A report.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportOut {
    /// Which one.
    #[schema(example = "tickets")]
    report: &'static str,
    /// The first moment that it is about.
    from: When,
    /// The first moment that it is not about any more.
    to: When,
    /// What its plots are drawn by: hours up to three days, days up to half a year, weeks beyond. The first and the last week
    /// have only the days that the report is about.
    bucket: BucketName,
    /// When it was made.
    made_at: When,
    /// What it says.
    sections: Vec<SectionOut>,
}

/// A part of a report.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SectionOut {
    /// Its heading.
    title: String,
    /// What a reader has to know to read it right.
    note: Option<String>,
    /// A few numbers, where that is what it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    figures: Option<Vec<FigureOut>>,
    /// The course of things over the time, where that is what it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    plot: Option<PlotOut>,
    /// Rows of numbers, where that is what it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<TableOut>,
}

/// A number with its name.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FigureOut {
    /// What it is.
    label: &'static str,
    /// `count`, `ms` for a length of time, or `share` for a part of 1.
    unit: &'static str,
    /// How much; null where there is nothing that could be said.
    #[schema(value_type = Option<f64>)]
    value: Json,
}

/// The course of some counters.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlotOut {
    /// The beginnings of the buckets.
    at: Vec<When>,
    /// The counters.
    lines: Vec<LineOut>,
}

/// The course of one counter.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineOut {
    /// What it counts.
    label: &'static str,
    /// How many in each bucket.
    counts: Vec<i64>,
}

/// Rows of numbers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TableOut {
    /// What the rows are named by.
    key: &'static str,
    /// What their numbers are.
    columns: Vec<ColumnOut>,
    /// The rows.
    rows: Vec<RowOut>,
}

/// What the numbers below each other are.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ColumnOut {
    /// Its heading.
    label: &'static str,
    /// `count`, `ms` for a length of time, or `share` for a part of 1.
    unit: &'static str,
}

/// A row of numbers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RowOut {
    /// What it is about.
    key: String,
    /// One for each column; null where there is nothing that could be said.
    #[schema(value_type = Vec<Option<f64>>)]
    values: Vec<Json>,
}

impl From<Report> for ReportOut {
    fn from(report: Report) -> Self {
        Self {
            report: report.kind.as_str(),
            from: When(report.span.from()),
            to: When(report.span.to()),
            bucket: report.bucket.into(),
            made_at: When(report.made_at),
            sections: report.sections.into_iter().map(SectionOut::from).collect(),
        }
    }
}

impl From<Section> for SectionOut {
    fn from(section: Section) -> Self {
        let mut out =
            Self { title: section.title, note: section.note, figures: None, plot: None, table: None };
        match section.body {
            Body::Figures(figures) => {
                out.figures = Some(figures.into_iter().map(FigureOut::from).collect());
            }
            Body::Plot(plot) => out.plot = Some(plot.into()),
            Body::Table(table) => out.table = Some(table.into()),
        }
        out
    }
}

impl From<Figure> for FigureOut {
    fn from(figure: Figure) -> Self {
        Self { label: figure.label, unit: figure.value.unit().as_str(), value: number(figure.value) }
    }
}

fn number(value: Value) -> Json {
    match value {
        Value::Count(count) => json!(count),
        Value::Duration(ms) => json!(ms),
        Value::Share(share) => json!(share),
    }
}

impl From<Plot> for PlotOut {
    fn from(plot: Plot) -> Self {
        let lines = plot.lines.into_iter().map(|line| LineOut { label: line.label, counts: line.counts });
        Self { at: plot.at.into_iter().map(When).collect(), lines: lines.collect() }
    }
}

impl From<Table> for TableOut {
    fn from(table: Table) -> Self {
        let column = |column: Column| ColumnOut { label: column.label, unit: column.unit.as_str() };
        let row = |row: Row| RowOut { key: row.key, values: row.values.into_iter().map(number).collect() };
        Self {
            key: table.key,
            columns: table.columns.into_iter().map(column).collect(),
            rows: table.rows.into_iter().map(row).collect(),
        }
    }
}
