use std::collections::BTreeMap;

use shared::clock::Timestamp;

use super::{
    super::{Aspect, Bucket, Durations, Point, Span, Sum, Tally, series},
    Body, Figure, Line, Plot, Row, Section, Table, Unit, Value,
};

/// What has to be found out for a report, besides what every counter came to.
#[derive(Clone, Copy, Debug)]
pub struct Outline {
    /// The counters whose course is told, and what they are called.
    pub lines: &'static [(&'static str, &'static str)],
    /// What is taken apart.
    pub parts: &'static [Parts],
}

/// Counters that are taken apart by an aspect.
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    /// These.
    pub names: &'static [&'static str],
    /// By this.
    pub aspect: Aspect,
    /// At most so many parts, the greatest.
    pub limit: u64,
}

/// What was found for a report.
#[derive(Clone, Debug)]
pub struct Findings {
    span: Span,
    bucket: Bucket,
    totals: BTreeMap<String, Tally>,
    parts: Vec<(Aspect, Vec<Sum>, i64)>,
    lines: BTreeMap<String, Vec<Point>>,
}

impl Findings {
    /// What all counters came to.
    #[must_use]
    pub fn new(span: Span, bucket: Bucket, totals: Vec<Sum>) -> Self {
        let totals = totals.into_iter().map(|sum| (sum.name, sum.tally)).collect();
        Self { span, bucket, totals, parts: Vec::new(), lines: BTreeMap::new() }
    }

    /// Counters taken apart by an aspect: the greatest parts, and how many there are.
    #[must_use]
    pub fn apart(mut self, aspect: Aspect, (parts, count): (Vec<Sum>, i64)) -> Self {
        self.parts.push((aspect, parts, count));
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
    pub(super) fn parts<'a>(
        &'a self,
        name: &'a str,
        aspect: Aspect,
    ) -> impl Iterator<Item = (&'a str, i64)> + 'a {
        let of_aspect = self.parts.iter().filter(move |(of, ..)| *of == aspect).flat_map(|(_, sums, _)| sums);
        of_aspect.filter(move |sum| sum.name == name).map(|sum| (sum.value.as_str(), sum.tally.count))
    }

    /// How many values of an aspect there are, where one counter alone is taken apart by it.
    pub(super) fn values(&self, aspect: Aspect) -> i64 {
        self.parts.iter().find(|(of, ..)| *of == aspect).map_or(0, |(_, _, count)| *count)
    }

    /// A few counters and what they came to.
    pub(super) fn figures(&self, named: &[(&'static str, &str)]) -> Vec<Figure> {
        named.iter().map(|(label, name)| Figure { label, value: Value::Count(self.count(name)) }).collect()
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
        let mut rows: Vec<_> = self.parts(name, aspect).map(|(value, count)| row(value, count)).collect();
        let others = all - self.parts(name, aspect).map(|(_, count)| count).sum::<i64>();
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
