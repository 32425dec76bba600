use chrono::{NaiveDate, TimeDelta};
use shared::clock::Timestamp;

use super::{Bucket, Grain};

/// The longest time that a report may be about.
const LONGEST_REPORT: TimeDelta = TimeDelta::days(731);

/// A stretch of time in whole hours: `from` is in it, `to` is not, and the latter is later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    from: Timestamp,
    to: Timestamp,
}

/// A part of a span that consists of whole hours, days or months.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Which of them.
    pub grain: Grain,
    /// The beginning of the first.
    pub from: Timestamp,
    /// The end of the last.
    pub to: Timestamp,
}

/// Why a time that was asked for is none to count in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanFault {
    /// It ends before it begins.
    #[error("must be later than from")]
    Backwards,
    /// It is too long to be shown by these.
    #[error("must be at most {} days before to, by {bucket}", .bucket.longest().num_days())]
    TooLong {
        /// What it was to be shown by.
        bucket: Bucket,
    },
    /// It is too long for a report.
    #[error("must be at most {} days before to", LONGEST_REPORT.num_days())]
    TooLongForReport,
}

/// The first of a kind that begins at `at` or later, where `start` is the beginning of the one that `at` lies in.
fn upwards(at: Timestamp, start: Timestamp, next: impl Fn(Timestamp) -> Timestamp) -> Timestamp {
    if start < at { next(start) } else { start }
}

impl Span {
    /// What is to be shown by `bucket`, from the beginning of its first to the end of its last; when nothing is said, it
    /// ends with the bucket of `now` and began `length` before.
    ///
    /// # Errors
    /// When it has no length or too much of it.
    pub fn by(
        bucket: Bucket,
        (from, to): (Option<Timestamp>, Option<Timestamp>),
        length: TimeDelta,
        now: Timestamp,
    ) -> Result<Self, SpanFault> {
        let (from, to) = asked(from, to, length, now)?;
        let span =
            Self { from: bucket.start(from), to: upwards(to, bucket.start(to), |start| bucket.next(start)) };
        if to - from > bucket.longest() { Err(SpanFault::TooLong { bucket }) } else { Ok(span) }
    }

    /// What a report is about, and what it is shown by: hours where the time is short, else days, which a long one is
    /// shown by the week. It is cut to whole hours or days, outwards.
    ///
    /// # Errors
    /// When it has no length or too much of it.
    pub fn of_report(
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        length: TimeDelta,
        now: Timestamp,
    ) -> Result<(Self, Bucket), SpanFault> {
        let (from, to) = asked(from, to, length, now)?;
        if to - from > LONGEST_REPORT {
            return Err(SpanFault::TooLongForReport);
        }
        let bucket = Bucket::fitting(to - from);
        let grain = bucket.grain();
        let to = upwards(to, grain.start(to), |start| grain.next(start));
        Ok((Self { from: grain.start(from), to }, bucket))
    }

    /// From one whole hour to a later one; `None` where there is nothing between them.
    #[must_use]
    pub fn between(from: Timestamp, to: Timestamp) -> Option<Self> {
        (from < to).then_some(Self { from, to })
    }

    /// The whole hour, day, week or month that `at` lies in.
    #[must_use]
    pub fn whole(grain: Grain, at: Timestamp) -> Self {
        let from = grain.start(at);
        Self { from, to: grain.next(from) }
    }

    /// The first moment in it.
    #[must_use]
    pub const fn from(&self) -> Timestamp {
        self.from
    }

    /// The first moment after it.
    #[must_use]
    pub const fn to(&self) -> Timestamp {
        self.to
    }

    /// The day on which it ends, which it has something of.
    #[must_use]
    pub fn last_day(&self) -> NaiveDate {
        (self.to - TimeDelta::hours(1)).date_naive()
    }

    /// The beginnings of the buckets that it touches, in order.
    #[must_use]
    pub fn buckets(&self, bucket: Bucket) -> Vec<Timestamp> {
        let starts = std::iter::successors(Some(bucket.start(self.from)), |start| Some(bucket.next(*start)));
        starts.take_while(|start| *start < self.to).collect()
    }

    /// The same time in few pieces: whole months as far as they go, then weeks, days, hours.
    #[must_use]
    pub fn pieces(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        cut(self.from, self.to, Grain::Month, &mut pieces);
        pieces
    }
}

fn asked(
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    length: TimeDelta,
    now: Timestamp,
) -> Result<(Timestamp, Timestamp), SpanFault> {
    let to = to.unwrap_or(now);
    let from = from.unwrap_or(to - length);
    if from < to { Ok((from, to)) } else { Err(SpanFault::Backwards) }
}

fn cut(from: Timestamp, to: Timestamp, grain: Grain, pieces: &mut Vec<Piece>) {
    if from >= to {
        return;
    }
    let (first, last) = (upwards(from, grain.start(from), |start| grain.next(start)), grain.start(to));
    match grain.finer() {
        Some(finer) if first >= last => cut(from, to, finer, pieces),
        Some(finer) => {
            cut(from, first, finer, pieces);
            pieces.push(Piece { grain, from: first, to: last });
            cut(last, to, finer, pieces);
        }
        // A span is made of whole hours.
        None => pieces.push(Piece { grain, from, to }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const WEEK: TimeDelta = TimeDelta::days(7);

    #[test]
    fn a_span_is_cut_outwards_to_whole_buckets() {
        let (from, to) = (at("2026-03-04T10:30:00Z"), at("2026-03-11T00:00:00Z"));
        for (bucket, expected) in [
            (Bucket::Hour, ("2026-03-04T10:00:00Z", "2026-03-11T00:00:00Z")),
            (Bucket::Day, ("2026-03-04T00:00:00Z", "2026-03-11T00:00:00Z")),
            // From a Monday to a Monday.
            (Bucket::Week, ("2026-03-02T00:00:00Z", "2026-03-16T00:00:00Z")),
        ] {
            let span = Span::by(bucket, (Some(from), Some(to)), WEEK, at("2027-01-01T00:00:00Z")).unwrap();
            assert_eq!((span.from(), span.to()), (at(expected.0), at(expected.1)), "{bucket}");
        }
    }

    #[test]
    fn what_is_not_said_is_the_time_up_to_now() {
        let now = at("2026-03-11T10:30:00Z");
        let ends = |from: Option<&str>, to: Option<&str>| {
            let span = Span::by(Bucket::Day, (from.map(at), to.map(at)), WEEK, now).unwrap();
            (span.from().to_string(), span.to().to_string())
        };
        let days = |from: &str, to: &str| (format!("{from} 00:00:00 UTC"), format!("{to} 00:00:00 UTC"));
        assert_eq!(ends(None, None), days("2026-03-04", "2026-03-12"));
        assert_eq!(ends(Some("2026-03-10T00:00:00Z"), None), days("2026-03-10", "2026-03-12"));
        assert_eq!(ends(None, Some("2026-02-08T00:00:00Z")), days("2026-02-01", "2026-02-08"));
    }

    #[test]
    fn no_span_is_backwards_or_too_long() {
        let to = at("2026-03-11T00:00:00Z");
        let by = |bucket, days| Span::by(bucket, (Some(to - TimeDelta::days(days)), Some(to)), WEEK, to);
        assert_eq!(by(Bucket::Day, 0), Err(SpanFault::Backwards));
        assert_eq!(by(Bucket::Day, -1), Err(SpanFault::Backwards));
        for (bucket, days) in [(Bucket::Hour, 31), (Bucket::Day, 731), (Bucket::Week, 3_660)] {
            assert!(by(bucket, days).is_ok());
            let fault = by(bucket, days + 1).unwrap_err();
            assert_eq!(fault.to_string(), format!("must be at most {days} days before to, by {bucket}"));
        }
        let report = |days| Span::of_report(Some(to - TimeDelta::days(days)), Some(to), WEEK, to);
        assert!(report(731).is_ok());
        assert_eq!(report(732), Err(SpanFault::TooLongForReport));
    }

    #[test]
    fn a_report_is_shown_by_what_fits_its_length() {
        let to = at("2026-03-11T10:30:00Z");
        for (days, bucket, from, until) in [
            (1, Bucket::Hour, "2026-03-10T10:00:00Z", "2026-03-11T11:00:00Z"),
            (30, Bucket::Day, "2026-02-09T00:00:00Z", "2026-03-12T00:00:00Z"),
            (365, Bucket::Week, "2025-03-11T00:00:00Z", "2026-03-12T00:00:00Z"),
        ] {
            let (span, shown_by) = Span::of_report(None, Some(to), TimeDelta::days(days), to).unwrap();
            assert_eq!((shown_by, span.from(), span.to()), (bucket, at(from), at(until)));
        }
    }

    #[test]
    fn weeks_begin_on_monday_also_where_years_meet() {
        let (from, to) = (at("2024-12-29T23:00:00Z"), at("2025-01-06T01:00:00Z"));
        let starts = Span { from, to }.buckets(Bucket::Week);
        let expected = ["2024-12-23T00:00:00Z", "2024-12-30T00:00:00Z", "2025-01-06T00:00:00Z"].map(at);
        assert_eq!(starts, expected);
    }

    #[test]
    fn a_long_span_is_few_pieces() {
        let span = Span { from: at("2025-01-30T22:00:00Z"), to: at("2026-03-02T01:00:00Z") };
        let piece = |grain, from, to| Piece { grain, from: at(from), to: at(to) };
        assert_eq!(
            span.pieces(),
            [
                piece(Grain::Hour, "2025-01-30T22:00:00Z", "2025-01-31T00:00:00Z"),
                piece(Grain::Day, "2025-01-31T00:00:00Z", "2025-02-01T00:00:00Z"),
                piece(Grain::Month, "2025-02-01T00:00:00Z", "2026-03-01T00:00:00Z"),
                piece(Grain::Day, "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"),
                piece(Grain::Hour, "2026-03-02T00:00:00Z", "2026-03-02T01:00:00Z"),
            ]
        );
        let span = Span { from: at("2026-02-28T00:00:00Z"), to: at("2026-03-11T00:00:00Z") };
        assert_eq!(
            span.pieces(),
            [
                piece(Grain::Day, "2026-02-28T00:00:00Z", "2026-03-02T00:00:00Z"),
                piece(Grain::Week, "2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z"),
                piece(Grain::Day, "2026-03-09T00:00:00Z", "2026-03-11T00:00:00Z"),
            ]
        );
    }

    proptest! {
        #[test]
        fn the_pieces_of_a_span_are_whole_and_make_it_up(start in 0..500_000_i64, hours in 1..20_000_i64) {
            let from = at("1999-12-31T00:00:00Z") + TimeDelta::hours(start);
            let span = Span { from, to: from + TimeDelta::hours(hours) };
            let pieces = span.pieces();
            prop_assert!(pieces.len() <= 11);
            let mut reached = span.from();
            for Piece { grain, from, to } in pieces {
                prop_assert_eq!(from, reached);
                prop_assert!(from < to && grain.start(from) == from && grain.start(to) == to);
                reached = to;
            }
            prop_assert_eq!(reached, span.to());
        }
    }
}
