use std::collections::BTreeMap;

use shared::clock::Timestamp;

use super::{Bucket, Dimension, MetricName, Span, Tally};

/// Which counters are asked for, and how they are to be shown.
#[derive(Clone, Debug)]
pub struct MetricsQuery {
    /// This one, in full; without it all of them, in short.
    pub name: Option<MetricName>,
    /// Only this part of it.
    pub dimension: Option<Dimension>,
    /// Counted from here …
    pub from: Option<Timestamp>,
    /// … to here.
    pub to: Option<Timestamp>,
    /// Shown by these.
    pub bucket: Bucket,
}

/// Counters over a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metrics {
    /// Which time, in whole buckets.
    pub span: Span,
    /// What they are shown by.
    pub bucket: Bucket,
    /// The counters, by name.
    pub metrics: Vec<Metric>,
}

/// One counter over a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// Over the whole time.
    pub total: Tally,
    /// In detail, when it was asked for by its name.
    pub detail: Option<Detail>,
}

/// A counter bucket by bucket and part by part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// Every bucket of the time, the empty ones too.
    pub points: Vec<Point>,
    /// Its greatest parts over the whole time, and how often.
    pub parts: Vec<(Dimension, i64)>,
}

/// A bucket and what was counted in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Its beginning.
    pub at: Timestamp,
    /// What was counted.
    pub tally: Tally,
}

/// A counter over a time, taken apart by an aspect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The greatest parts, the greatest first: the value and how often.
    pub greatest: Vec<(String, i64)>,
    /// How many parts there are.
    pub count: i64,
}

/// The buckets of a time with what was found in them: none is missing, so that they can be drawn.
#[must_use]
pub fn series(
    span: &Span,
    bucket: Bucket,
    found: impl IntoIterator<Item = (Timestamp, Tally)>,
) -> Vec<Point> {
    let empty = span.buckets(bucket).into_iter().map(|at| (at, Tally::default()));
    let mut buckets: BTreeMap<Timestamp, Tally> = empty.collect();
    for (at, tally) in found {
        let bucket = buckets.entry(bucket.start(at)).or_default();
        *bucket = bucket.and(tally);
    }
    buckets.into_iter().map(|(at, tally)| Point { at, tally }).collect()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn weeks_are_their_days_added_up_and_none_is_missing() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let asked = (Some(at("2026-03-03T00:00:00Z")), Some(at("2026-03-20T00:00:00Z")));
        let span = Span::by(Bucket::Week, asked, TimeDelta::days(7), at("2026-04-01T00:00:00Z")).unwrap();
        let days = [
            ("2026-03-02T00:00:00Z", Tally::once(Some(5))),
            ("2026-03-08T00:00:00Z", Tally::once(Some(3))),
            ("2026-03-16T00:00:00Z", Tally::once(None)),
        ];
        let points = series(&span, Bucket::Week, days.map(|(day, tally)| (at(day), tally)));
        let told: Vec<_> = points
            .iter()
            .map(|point| (point.at.date_naive().to_string(), point.tally.count, point.tally.durations))
            .collect();
        let both = Tally::once(Some(5)).and(Tally::once(Some(3))).durations;
        assert_eq!(
            told,
            [
                ("2026-03-02".to_owned(), 2, both),
                ("2026-03-09".to_owned(), 0, None),
                ("2026-03-16".to_owned(), 1, None),
            ]
        );
    }
}
