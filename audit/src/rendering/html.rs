use std::borrow::Cow;

use base64::Engine;
use chrono::{NaiveDate, NaiveTime};
use handlebars::{Handlebars, html_escape};
use serde::Serialize;
use sha2::{Digest, Sha256};
use shared::clock::Timestamp;

use super::{
    drawing::{self, Drawing},
    numbers,
};
use crate::domain::{
    Bucket, Span,
    report::{Body, Plot, Report, Row, Section, Table, Value},
};

const TEMPLATE: &str = include_str!("../../templates/report.html.hbs");
const STYLE: &str = include_str!("../../templates/report.css");

/// Writes reports as pages: one file each, which loads nothing and runs nothing.
pub struct Pages {
    templates: Handlebars<'static>,
    policy: String,
}

/// A page could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the page of a report: {0}")]
pub struct RenderFault(#[from] Box<handlebars::RenderError>);

/// What the template names.
#[derive(Serialize)]
struct Page<'a> {
    policy: &'a str,
    style: &'static str,
    title: &'static str,
    from: Time,
    /// Nothing where it is one day.
    to: Option<Time>,
    made_at: Time,
    sections: Vec<Part<'a>>,
}

#[derive(Serialize)]
struct Time {
    machine: String,
    human: String,
}

#[derive(Serialize)]
struct Part<'a> {
    id: usize,
    title: &'a str,
    note: Option<&'a str>,
    figures: Option<Vec<Figure>>,
    drawing: Option<Drawing>,
    table: Option<Grid<'a>>,
}

#[derive(Serialize)]
struct Figure {
    label: &'static str,
    value: String,
}

#[derive(Serialize)]
struct Grid<'a> {
    key: &'a str,
    columns: Vec<&'static str>,
    rows: Vec<Line<'a>>,
    /// It may be longer than is good for a screen.
    is_long: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    key: Cow<'a, str>,
    cells: Vec<String>,
    /// How much of the greatest it is, in per cent, where that is to be seen.
    bar: Option<i64>,
}

impl Pages {
    /// Compiles the template. Strict: what it names has to be there, and every value is escaped.
    #[must_use]
    pub fn new() -> Self {
        let mut templates = Handlebars::new();
        templates.set_strict_mode(true);
        templates.register_escape_fn(html_escape);
        templates.register_template_string("report", TEMPLATE).expect("it compiles, as a test has seen");
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE));
        let policy =
            format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
        Self { templates, policy }
    }

    /// What a page may do (`Content-Security-Policy`): have its own style, and nothing else. It says so itself as well, for
    /// a page that is kept as a file or sent by mail.
    #[must_use]
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// The report as a page.
    ///
    /// # Errors
    /// When the template names what is not there, which no report can bring about.
    pub fn page(&self, report: &Report) -> Result<String, RenderFault> {
        let sections = report.sections.iter().enumerate();
        let (from, to) = ends(&report.span);
        let page = Page {
            policy: &self.policy,
            style: STYLE,
            title: report.kind.title(),
            from,
            to,
            made_at: time(report.made_at),
            sections: sections.map(|(id, section)| part(id, section, report.bucket)).collect(),
        };
        Ok(self.templates.render("report", &page).map_err(Box::new)?)
    }
}

/// Whole days are told as people count them, the last one included.
fn ends(span: &Span) -> (Time, Option<Time>) {
    let day = |day: NaiveDate| Time { machine: day.to_string(), human: numbers::day(day) };
    if [span.from(), span.to()].iter().all(|end| end.time() == NaiveTime::MIN) {
        let (first, last) = (span.from().date_naive(), span.last_day());
        (day(first), (first != last).then(|| day(last)))
    } else {
        (time(span.from()), Some(time(span.to())))
    }
}

fn time(at: Timestamp) -> Time {
    Time { machine: numbers::machine_time(at), human: numbers::moment(at) }
}

fn part(id: usize, section: &Section, bucket: Bucket) -> Part<'_> {
    let (mut figures, mut drawing, mut table) = (None, None, None);
    match &section.body {
        Body::Figures(told) => {
            let figure = |figure: &crate::domain::report::Figure| Figure {
                label: figure.label,
                value: numbers::of(figure.value),
            };
            figures = Some(told.iter().map(figure).collect());
        }
        Body::Plot(plot) => {
            drawing = Some(drawing::draw(plot, bucket));
            table = Some(course(plot, bucket));
        }
        Body::Table(rows) => table = Some(grid(rows)),
    }
    Part { id, title: &section.title, note: section.note.as_deref(), figures, drawing, table }
}

/// The numbers behind a plot, for those who cannot see it or want to know exactly.
fn course(plot: &Plot, bucket: Bucket) -> Grid<'static> {
    let key = match bucket {
        Bucket::Hour => "Hour from",
        Bucket::Day => "Day",
        Bucket::Week => "Week from",
    };
    let row = |(index, at): (usize, &Timestamp)| {
        let cells = plot.lines.iter().map(|line| numbers::thousands(line.counts[index])).collect();
        Line { key: numbers::bucket(*at, bucket).into(), cells, bar: None }
    };
    let rows = plot.at.iter().enumerate().map(row).collect();
    Grid { key, columns: plot.lines.iter().map(|line| line.label).collect(), rows, is_long: true }
}

fn grid(table: &Table) -> Grid<'_> {
    let count = |row: &Row| match row.values.first() {
        Some(Value::Count(count)) => *count,
        _ => 0,
    };
    let columns = table.columns.iter().map(|column| column.label).collect();
    let most = table.rows.iter().map(count).max().unwrap_or(0).max(1);
    let rows = table.rows.iter().map(|row| Line {
        key: row.key.as_str().into(),
        cells: row.values.iter().copied().map(numbers::of).collect(),
        bar: Some(count(row) * 100 / most),
    });
    Grid { key: table.key, columns, rows: rows.collect(), is_long: false }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
