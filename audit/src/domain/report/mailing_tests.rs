use proptest::prelude::*;

use super::{super::Findings, *};
use crate::domain::{Aspect, Bucket, Durations, Parts, Tally};

fn at(text: &str) -> Timestamp {
    let text = if text.contains('T') { format!("{text}:00Z") } else { format!("{text}T00:00:00Z") };
    text.parse().unwrap()
}

/// All periods of one report, at six.
fn schedule() -> Schedule {
    Schedule::new(|_| vec![Kind::Security], 6)
}

fn days(span: Span) -> (String, String) {
    (span.from().date_naive().to_string(), span.to().date_naive().to_string())
}

/// What is sent at a time, by whoever has settled these beginnings of days, weeks and months.
fn sent(settled: [&str; 3], now: &str) -> Vec<(Period, (String, String))> {
    let settled = Period::ALL.into_iter().zip(settled);
    let settled = settled.map(|(period, start)| ((Kind::Security, period), at(start))).collect();
    let steps = schedule().steps(&settled, at(now));
    let sent = steps.into_iter().map(|step| match step {
        Step::Send(mail) => (mail.period, days(mail.span)),
        Step::Begin(mail) => panic!("{mail:?} began long ago"),
    });
    sent.collect()
}

#[test]
fn a_period_is_due_at_its_hour_of_the_day_after_it_and_not_before() {
    let none: [(Period, (&str, &str)); 0] = [];
    // The first of June 2026 is a Monday: a day, a week and a month end at once.
    let settled = ["2026-05-30", "2026-05-18", "2026-04-01"];
    for (now, expected) in [
        ("2026-05-31T23:59", none.to_vec()),
        ("2026-06-01T00:00", none.to_vec()),
        ("2026-06-01T05:59", none.to_vec()),
        (
            "2026-06-01T06:00",
            vec![
                (Period::Daily, ("2026-05-31", "2026-06-01")),
                (Period::Weekly, ("2026-05-25", "2026-06-01")),
                (Period::Monthly, ("2026-05-01", "2026-06-01")),
            ],
        ),
    ] {
        let expected: Vec<_> =
            expected.into_iter().map(|(it, (from, to))| (it, (from.to_owned(), to.to_owned()))).collect();
        assert_eq!(sent(settled, now), expected, "at {now}");
    }
    assert_eq!(sent(["2026-05-31", "2026-05-25", "2026-05-01"], "2026-06-01T06:01"), [], "once");
}

#[test]
fn months_and_weeks_end_where_the_calendar_says() {
    for (now, month, week) in [
        // A leap year, and none.
        ("2028-03-01T06:00", ("2028-02-01", "2028-03-01"), ("2028-02-21", "2028-02-28")),
        ("2028-02-29T06:00", ("2028-01-01", "2028-02-01"), ("2028-02-21", "2028-02-28")),
        ("2026-03-01T06:00", ("2026-02-01", "2026-03-01"), ("2026-02-16", "2026-02-23")),
        ("2100-03-01T06:00", ("2100-02-01", "2100-03-01"), ("2100-02-22", "2100-03-01")),
        // Where years meet.
        ("2026-01-01T06:00", ("2025-12-01", "2026-01-01"), ("2025-12-22", "2025-12-29")),
        // The clocks of Europe are changed on the night before: not in UTC.
        ("2026-03-30T06:00", ("2026-02-01", "2026-03-01"), ("2026-03-23", "2026-03-30")),
        ("2026-10-26T06:00", ("2026-09-01", "2026-10-01"), ("2026-10-19", "2026-10-26")),
        ("2026-08-01T05:59", ("2026-06-01", "2026-07-01"), ("2026-07-20", "2026-07-27")),
    ] {
        let sent = sent(["2000-01-01"; 3], now);
        let owned = |(from, to): (&str, &str)| (from.to_owned(), to.to_owned());
        assert_eq!(sent[2], (Period::Monthly, owned(month)), "{now}");
        assert_eq!(sent[1], (Period::Weekly, owned(week)), "{now}");
    }
}

#[test]
fn after_an_outage_only_the_last_of_each_is_made_up_for() {
    // Away from the tenth of January on.
    let sent = sent(["2026-01-09", "2025-12-29", "2025-12-01"], "2026-03-18T14:30");
    assert_eq!(
        sent.into_iter().map(|(period, (from, _))| (period, from)).collect::<Vec<_>>(),
        [
            (Period::Daily, "2026-03-17".to_owned()),
            (Period::Weekly, "2026-03-09".to_owned()),
            (Period::Monthly, "2026-02-01".to_owned()),
        ]
    );
}

#[test]
fn what_ended_before_it_was_switched_on_is_not_sent() {
    // At three in the morning yesterday is over already, though its mail would go out at six.
    let now = at("2026-03-18T03:00");
    let steps = schedule().steps(&Settled::new(), now);
    let mut settled = Settled::new();
    for step in &steps {
        let Step::Begin(mail) = step else { panic!("{step:?} although it is new") };
        settled.insert((mail.kind, mail.period), mail.span.from());
    }
    assert_eq!(settled[&(Kind::Security, Period::Daily)], at("2026-03-17"));
    for later in ["2026-03-18T03:01", "2026-03-18T06:00", "2026-03-19T05:59"] {
        assert_eq!(schedule().steps(&settled, at(later)), [], "{later}");
    }
    let first = schedule().steps(&settled, at("2026-03-19T06:00"));
    assert_eq!(first.len(), 1);
    assert!(matches!(first[0], Step::Send(mail) if days(mail.span).0 == "2026-03-18"));
}

#[test]
fn what_is_switched_off_is_none_of_the_schedule_s_business_and_named_twice_is_named_once() {
    let kinds = |period| match period {
        Period::Weekly => vec![Kind::Sla, Kind::Tickets, Kind::Sla],
        Period::Daily | Period::Monthly => Vec::new(),
    };
    let schedule = Schedule::new(kinds, 0);
    let begun: Vec<_> = schedule
        .steps(&Settled::new(), at("2026-03-18"))
        .into_iter()
        .map(|step| match step {
            Step::Begin(mail) | Step::Send(mail) => (mail.kind, mail.period),
        })
        .collect();
    assert_eq!(begun, [(Kind::Sla, Period::Weekly), (Kind::Tickets, Period::Weekly)]);
    assert!(!schedule.is_empty() && Schedule::new(|_| Vec::new(), 6).is_empty());
}

#[test]
fn the_period_before_a_month_is_a_month_however_long() {
    let mail = |period: Period, now| Mail { kind: Kind::Sla, period, span: period.ended(at(now)) };
    for (period, now, expected) in [
        (Period::Monthly, "2028-04-01", ("2028-02-01", "2028-03-01")),
        (Period::Monthly, "2026-01-31", ("2025-11-01", "2025-12-01")),
        (Period::Weekly, "2026-01-05", ("2025-12-22", "2025-12-29")),
        (Period::Daily, "2028-03-02", ("2028-02-29", "2028-03-01")),
    ] {
        let (from, to) = expected;
        assert_eq!(days(mail(period, now).before()), (from.to_owned(), to.to_owned()));
    }
}

/// Every figure of every report has a key of its own, and its number of the period before beside it.
#[test]
fn an_event_has_the_figures_of_both_periods_by_their_keys() {
    let (span, before) = (Period::Weekly.ended(at("2026-03-02")), Period::Weekly.ended(at("2026-02-23")));
    let report = |kind, span, opened, breached| {
        let durations = Some(Durations { count: 2, total_ms: 90_001 * opened, least_ms: 1, most_ms: 90_000 });
        let totals = vec![
            ("events_recorded".to_owned(), Tally { count: 40 * opened, durations: None }),
            ("tickets_created".to_owned(), Tally { count: opened, durations: None }),
            ("tickets_resolved".to_owned(), Tally { count: 2, durations }),
            ("tickets_sla_breached".to_owned(), Tally { count: breached, durations: None }),
        ];
        let parts = Parts { greatest: vec![("ada".to_owned(), opened)], count: opened };
        let findings = Findings::new(span, Bucket::Day, totals).apart("events_recorded", Aspect::User, parts);
        Report::of(kind, &findings, at("2026-03-02"))
    };
    let mut told = Vec::new();
    for kind in Kind::ALL {
        let mail = Mail { kind, period: Period::Weekly, span };
        let event = mail.event(
            ReportId::at(at("2026-03-02")),
            &report(kind, span, 3, 1),
            &report(kind, before, 0, 2),
        );
        assert_eq!((event.kind.as_str(), event.period), (kind.as_str(), ReportPeriod::Weekly));
        assert_eq!((event.from, event.to), (at("2026-02-23"), at("2026-03-02")));
        let mut keys: Vec<_> = event.figures.iter().map(|figure| figure.key.clone()).collect();
        keys.sort();
        keys.dedup();
        assert!(!keys.is_empty() && keys.len() == event.figures.len(), "{kind:?}");
        told.extend(event.figures.into_iter().filter(|it| it.value != Some(0) || it.before != Some(0)));
    }
    let told: Vec<_> =
        told.iter().map(|it| format!("{} {:?} {:?} {:?}", it.key, it.unit, it.value, it.before)).collect();
    assert_eq!(
        told,
        [
            "events_recorded Count Some(120) Some(0)",
            "people Count Some(3) Some(0)",
            "tickets_created Count Some(3) Some(0)",
            "tickets_created Count Some(3) Some(0)",
            "tickets_resolved Count Some(2) Some(2)",
            "mean_time_to_resolution Milliseconds Some(135001) Some(0)",
            "tickets_created Count Some(3) Some(0)",
            "tickets_sla_breached Count Some(1) Some(2)",
            "breaches_per_ticket BasisPoints Some(3333) None",
        ]
    );
}

proptest! {
    /// Whoever looks now and then, however seldom, never sends a period twice and never goes back.
    #[test]
    fn periods_are_sent_in_their_order_and_each_once(
        hour in 0..24_u8,
        gaps in prop::collection::vec(1..60_000_i64, 1..60),
    ) {
        let schedule = Schedule::new(|_| vec![Kind::Tickets], hour);
        let (mut now, mut settled) = (at("2027-12-30"), Settled::new());
        let start = now;
        for minutes in gaps {
            for step in schedule.steps(&settled, now) {
                let (Step::Begin(mail) | Step::Send(mail)) = step;
                let is_sent = matches!(step, Step::Send(_));
                prop_assert!(mail.span.to() <= now);
                prop_assert!(!is_sent || mail.span.to() > start, "it ended before it was switched on");
                prop_assert!(!is_sent || mail.span.to() + TimeDelta::hours(hour.into()) <= now);
                let former = settled.insert((mail.kind, mail.period), mail.span.from());
                prop_assert!(former.is_none_or(|former| former < mail.span.from()));
            }
            prop_assert!(schedule.steps(&settled, now).is_empty());
            now += TimeDelta::minutes(minutes);
        }
    }
}
