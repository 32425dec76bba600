use chrono::TimeDelta;

use super::{
    super::{Aspect, Parts, Tally},
    *,
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Ten days with these totals: how often, and how long some of them took.
fn findings(totals: &[(&str, i64, &[i64])]) -> Findings {
    let (from, to) = (at("2026-03-01T00:00:00Z"), at("2026-03-11T00:00:00Z"));
    let (span, bucket) = Span::of_report(Some(from), Some(to), TimeDelta::days(1), to).unwrap();
    let total = |(name, count, ms): &(&str, i64, &[i64])| {
        let timed = ms.iter().map(|ms| Tally::once(Some(*ms))).fold(Tally::default(), Tally::and);
        ((*name).to_owned(), Tally { count: *count, ..timed })
    };
    Findings::new(span, bucket, totals.iter().map(total).collect())
}

fn parts(greatest: &[(&str, i64)]) -> Parts {
    let part = |(value, count): &(&str, i64)| ((*value).to_owned(), *count);
    Parts { greatest: greatest.iter().map(part).collect(), count: greatest.len() as i64 }
}

fn section<'a>(report: &'a Report, title: &str) -> &'a Body {
    &report.sections.iter().find(|section| section.title == title).expect("the report has it").body
}

fn figure(report: &Report, label: &str) -> Value {
    let Body::Figures(figures) = section(report, "In short") else { panic!("these are figures") };
    figures.iter().find(|figure| figure.label == label).expect("the report has it").value
}

fn rows(report: &Report, title: &str) -> Vec<(String, Vec<Value>)> {
    let Body::Table(table) = section(report, title) else { panic!("{title} is a table") };
    let units: Vec<_> = table.columns.iter().map(|column| column.unit).collect();
    for row in &table.rows {
        assert_eq!(row.values.iter().map(|value| value.unit()).collect::<Vec<_>>(), units, "{}", row.key);
    }
    table.rows.iter().map(|row| (row.key.clone(), row.values.clone())).collect()
}

fn row(key: &str, values: &[Value]) -> (String, Vec<Value>) {
    (key.to_owned(), values.to_vec())
}

use Value::{Count, Duration, Share};

#[test]
fn activity_says_what_was_done_and_by_whom_and_counts_nothing_twice() {
    let found = findings(&[
        ("events_recorded", 10, &[]),
        ("tickets_status_changed", 6, &[]),
        ("tickets_resolved", 6, &[5]),
        ("users_login", 3, &[]),
        ("robot_moved", 1, &[]),
    ])
    .apart("events_recorded", Aspect::User, Parts { count: 52, ..parts(&[("ada", 7), ("bob", 1)]) });
    let report = Report::of(Kind::Activity, &found, at("2026-03-12T00:00:00Z"));
    assert_eq!(figure(&report, "Events"), Count(10));
    assert_eq!(figure(&report, "People"), Count(52));
    assert_eq!(figure(&report, "Comments"), Count(0));
    assert_eq!(
        rows(&report, "By action"),
        [
            row("tickets_status_changed", &[Count(6), Share(Some(0.6))]),
            row("users_login", &[Count(3), Share(Some(0.3))]),
            row("robot_moved", &[Count(1), Share(Some(0.1))]),
        ]
    );
    assert_eq!(
        rows(&report, "Busiest people"),
        [row("ada", &[Count(7), Share(Some(0.7))]), row("bob", &[Count(1), Share(Some(0.1))])]
    );
}

#[test]
fn tickets_are_told_by_priority_category_and_time_and_what_is_beyond_the_greatest_is_one_row() {
    let found = findings(&[
        ("tickets_created", 8, &[]),
        ("tickets_resolved", 3, &[1_000, 3_000]),
        ("tickets_deleted", 1, &[]),
    ])
    .apart("tickets_created", Aspect::Priority, parts(&[("HIGH", 8)]))
    .apart("tickets_created", Aspect::Category, parts(&[("=1+1", 5), ("network", 1)]));
    let report = Report::of(Kind::Tickets, &found, at("2026-03-12T00:00:00Z"));
    assert_eq!(figure(&report, "Opened"), Count(8));
    assert_eq!(figure(&report, "Withdrawn"), Count(1));
    assert_eq!(figure(&report, "Mean time to resolution"), Duration(Some(2_000)));
    assert_eq!(rows(&report, "Opened, by priority"), [row("HIGH", &[Count(8), Share(Some(1.0))])]);
    assert_eq!(
        rows(&report, "Opened, by category"),
        [
            row("=1+1", &[Count(5), Share(Some(0.625))]),
            row("network", &[Count(1), Share(Some(0.125))]),
            row("(all others)", &[Count(2), Share(Some(0.25))]),
        ]
    );
    assert_eq!(
        rows(&report, "Time from opening"),
        [
            row(
                "Resolution",
                &[Count(2), Duration(Some(2_000)), Duration(Some(1_000)), Duration(Some(3_000))]
            ),
            row("Closing", &[Count(0), Duration(None), Duration(None), Duration(None)]),
        ]
    );
}

#[test]
fn service_levels_are_told_by_clock_and_priority_among_the_tickets_opened() {
    let found = findings(&[
        ("tickets_created", 8, &[]),
        ("tickets_sla_warning", 4, &[]),
        ("tickets_sla_breached", 2, &[]),
        ("sla_alert", 1, &[]),
    ])
    .apart("tickets_sla_warning", Aspect::Clock, parts(&[("response", 4)]))
    .apart("tickets_sla_breached", Aspect::Clock, parts(&[("resolution", 2)]))
    .apart("tickets_created", Aspect::Priority, parts(&[("LOW", 6), ("URGENT", 2)]))
    .apart("tickets_sla_warning", Aspect::Priority, parts(&[("URGENT", 4)]))
    .apart("tickets_sla_breached", Aspect::Priority, parts(&[("URGENT", 2)]));
    let report = Report::of(Kind::Sla, &found, at("2026-03-12T00:00:00Z"));
    assert_eq!(figure(&report, "Breaches per ticket opened"), Share(Some(0.25)));
    assert_eq!(figure(&report, "Alerts"), Count(1));
    assert_eq!(
        rows(&report, "By clock"),
        [
            row("response", &[Count(4), Count(0), Share(Some(0.0))]),
            row("resolution", &[Count(0), Count(2), Share(Some(0.25))]),
        ]
    );
    assert_eq!(
        rows(&report, "By priority"),
        [
            row("URGENT", &[Count(2), Count(4), Count(2), Share(Some(1.0))]),
            row("LOW", &[Count(6), Count(0), Count(0), Share(Some(0.0))]),
        ]
    );
}

#[test]
fn security_is_told_by_reason_role_and_status() {
    let found = findings(&[
        ("users_login_failed", 4, &[]),
        ("sessions_revoked", 2, &[]),
        ("users_role_changed", 1, &[]),
        ("users_logout", 2, &[60_000]),
        ("security_alert", 3, &[]),
    ])
    .apart("users_login_failed", Aspect::Reason, parts(&[("bad_credentials", 4)]))
    .apart("sessions_revoked", Aspect::Reason, parts(&[("logout", 2)]))
    .apart("users_role_changed", Aspect::Role, parts(&[("agent", 1)]));
    let report = Report::of(Kind::Security, &found, at("2026-03-12T00:00:00Z"));
    assert_eq!(figure(&report, "Failed sign-ins"), Count(4));
    assert_eq!(figure(&report, "Alerts"), Count(3));
    assert_eq!(
        rows(&report, "Failed sign-ins, by reason"),
        [row("bad_credentials", &[Count(4), Share(Some(1.0))])]
    );
    assert_eq!(rows(&report, "Sessions revoked, by reason"), [row("logout", &[Count(2), Share(Some(1.0))])]);
    assert_eq!(rows(&report, "Roles given"), [row("agent", &[Count(1), Share(Some(1.0))])]);
    let minute = Duration(Some(60_000));
    assert_eq!(
        rows(&report, "Length of sessions"),
        [row("Signing out", &[Count(1), minute, minute, minute])]
    );
}

#[test]
fn a_plot_has_every_bucket_of_the_time_whether_or_not_anything_was_in_it() {
    let course = vec![("tickets_created".to_owned(), at("2026-03-03T00:00:00Z"), Tally::once(None))];
    let found = findings(&[]).over_time(course);
    let report = Report::of(Kind::Tickets, &found, at("2026-03-12T00:00:00Z"));
    let Body::Plot(plot) = section(&report, "Tickets by day") else { panic!("this is a plot") };
    assert_eq!((plot.at.len(), plot.at[2]), (10, at("2026-03-03T00:00:00Z")));
    let lines: Vec<_> = plot.lines.iter().map(|line| (line.label, line.counts.iter().sum::<i64>())).collect();
    assert_eq!(lines, [("Opened", 1), ("Resolved", 0), ("Closed", 0), ("Opened again", 0)]);
    assert!(plot.lines.iter().all(|line| line.counts.len() == 10));
    assert_eq!(plot.lines[0].counts[2], 1);
}

/// What a report tells is what its outline had found out.
#[test]
fn every_report_finds_out_what_it_tells() {
    for kind in Kind::ALL {
        let outline = kind.outline();
        for (name, aspect, _) in outline.parts {
            assert!(super::super::aspects(name).contains(aspect), "{name} by {aspect:?}");
        }
        let known = |name: &str| super::super::COUNTERS.iter().any(|counter| counter.name == name);
        assert!(outline.lines.iter().all(|(_, name)| known(name)), "{kind:?}");
    }
}
