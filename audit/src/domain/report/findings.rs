use std::collections::BTreeMap;

use shared::clock::Timestamp;

use super::{
    super::{Aspect, Bucket, Durations, Parts, Point, Span, Tally, series},
    Body, Figure, Line, Plot, Row, Section, Table, Unit, Value,
};

/// What has to be found out for a report, besides what every counter came to.
#[derive(Clone, Copy, Debug)]
pub struct Outline {
    /// The counters whose course is told, and what they are called.
    pub lines: &'static [(&'static str, &'static str)],
    /// What is taken apart, by what, and how many parts are told, the greatest.
    pub parts: &'static [(&'static str, Aspect, u32)],
}

/// What was found for a report.
#[derive(Clone, Debug)]
pub struct Findings {
    span: Span,
    bucket: Bucket,
    totals: BTreeMap<String, Tally>,
    parts: BTreeMap<(String, Aspect), Parts>,
    lines: BTreeMap<String, Vec<Point>>,
}

impl Findings {
    /// What all counters came to.
    #[must_use]
    pub fn new(span: Span, bucket: Bucket, totals: Vec<(String, Tally)>) -> Self {
        let totals = totals.into_iter().collect();
        Self { span, bucket, totals, parts: BTreeMap::new(), lines: BTreeMap::new() }
    }

    /// A counter taken apart.
    #[must_use]
    pub fn apart(mut self, name: &str, aspect: Aspect, parts: Parts) -> Self {
        self.parts.insert((name.to_owned(), aspect), parts);
        self
    }

    /// The course of some counters, as far as there is anything to tell.
    #[must_use]
    pub fn over_time(mut self, course: Vec<(String, Timestamp, Tally)>) -> Self {
        let mut found: BTreeMap<String, Vec<(Timestamp, Tally)>> = BTreeMap::new();
        for (name, at, tally) in course {
            found.entry(name).or_default().push((at, tally));
        }
        let filled = |(name, points)| (name, series(&self.span, self.bucket, points));
        self.lines = found.into_iter().map(filled).collect();
        self
    }

    pub(super) fn span(&self) -> Span {
        self.span
    }

    pub(super) fn bucket(&self) -> Bucket {
        self.bucket
    }

    /// All counters and what they came to.
    pub(super) fn totals(&self) -> impl Iterator<Item = (&str, Tally)> {
        self.totals.iter().map(|(name, tally)| (name.as_str(), *tally))
    }

    pub(super) fn count(&self, name: &str) -> i64 {
        self.totals.get(name).map_or(0, |tally| tally.count)
    }

    pub(super) fn durations(&self, name: &str) -> Option<Durations> {
        self.totals.get(name).and_then(|tally| tally.durations)
    }

    /// The greatest parts of a counter.
    pub(super) fn parts(&self, name: &str, aspect: Aspect) -> &[(String, i64)] {
        self.parts.get(&(name.to_owned(), aspect)).map_or(&[], |parts| &parts.greatest)
    }

    /// How many parts a counter has.
    pub(super) fn part_count(&self, name: &str, aspect: Aspect) -> i64 {
        self.parts.get(&(name.to_owned(), aspect)).map_or(0, |parts| parts.count)
    }

    /// A few counters and what they came to.
    pub(super) fn figures(&self, named: &[(&'static str, &'static str)]) -> Vec<Figure> {
        let figure = |(label, key): &(&'static str, &'static str)| {
            let value = Value::Count(self.count(key));
            Figure { label, key, value }
        };
        named.iter().map(figure).collect()
    }

    /// The course of the counters of an outline.
    pub(super) fn plot(&self, what: &str, outline: Outline) -> Section {
        let at = self.span.buckets(self.bucket);
        let line = |(label, name): &(&'static str, &str)| {
            let counts = self.lines.get(*name).map_or_else(
                || vec![0; at.len()],
                |points| points.iter().map(|point| point.tally.count).collect(),
            );
            Line { label, counts }
        };
        let lines = outline.lines.iter().map(line).collect();
        Section::new(format!("{what} by {}", self.bucket), Body::Plot(Plot { at, lines }))
    }

    /// A counter taken apart, with what is beyond its greatest parts in one row.
    pub(super) fn apart_by(
        &self,
        name: &str,
        aspect: Aspect,
        (key, column): (&'static str, &'static str),
    ) -> Table {
        let all = self.count(name);
        let row = |key: &str, count: i64| Row {
            key: key.to_owned(),
            values: vec![Value::Count(count), Value::share(count, all)],
        };
        let parts = self.parts(name, aspect);
        let mut rows: Vec<_> = parts.iter().map(|(value, count)| row(value, *count)).collect();
        let others = all - parts.iter().map(|(_, count)| count).sum::<i64>();
        if others > 0 {
            rows.push(row("(all others)", others));
        }
        Table { key, columns: vec![Unit::Count.column(column), Unit::Share.column("Share")], rows }
    }

    /// How long things took.
    pub(super) fn lengths(
        &self,
        (key, column): (&'static str, &'static str),
        named: &[(&str, &str)],
    ) -> Table {
        let row = |(label, name): &(&str, &str)| {
            let durations = self.durations(name);
            let length = |of: fn(&Durations) -> i64| Value::Duration(durations.as_ref().map(of));
            let values = vec![
                Value::Count(durations.map_or(0, |durations| durations.count)),
                length(Durations::mean_ms),
                length(|durations| durations.least_ms),
                length(|durations| durations.most_ms),
            ];
            Row { key: (*label).to_owned(), values }
        };
        let rows = named.iter().map(row).collect();
        let lengths = ["Mean", "Shortest", "Longest"].map(|label| Unit::Duration.column(label));
        let columns = [Unit::Count.column(column)].into_iter().chain(lengths).collect();
        Table { key, columns, rows }
    }
}
