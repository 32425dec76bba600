use chrono::TimeDelta;

use super::*;
use crate::domain::{
    Parts, Span, Tally,
    report::{Findings, Kind},
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A report on so many days in which everything was said to be in one place.
fn report(kind: Kind, days: i64, value: &str) -> Report {
    let to = at("2026-03-11T00:00:00Z");
    let (span, bucket) = Span::of_report(None, Some(to), TimeDelta::days(days), to).unwrap();
    let outline = kind.outline();
    let names: Vec<_> = outline.lines.iter().map(|(_, name)| (*name).to_owned()).collect();
    let totals = names.iter().map(|name| (name.clone(), Tally::once(Some(90_000)))).collect();
    let course = names.into_iter().map(|name| (name, span.from(), Tally::once(None))).collect();
    let mut findings = Findings::new(span, bucket, totals).over_time(course);
    for (name, aspect, _) in outline.parts.iter().filter(|_| !value.is_empty()) {
        findings = findings.apart(name, *aspect, Parts { greatest: vec![(value.to_owned(), 1)], count: 1 });
    }
    Report::of(kind, &findings, to)
}

#[test]
fn every_report_becomes_a_page_however_long_its_time_and_also_when_there_is_nothing_to_tell() {
    let pages = Pages::new();
    for kind in Kind::ALL {
        for (days, value) in [(1, "x"), (30, "x"), (365, "x"), (30, "")] {
            let page = pages.page(&report(kind, days, value)).unwrap();
            assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
            assert_eq!(page.matches("<svg viewBox=\"0 0 1000 200\"").count(), 1, "{kind:?} in {days} days");
            assert_eq!(page.matches("<section").count(), page.matches("</section>").count());
        }
    }
}

#[test]
fn whole_days_are_told_as_people_count_them() {
    let pages = Pages::new();
    let days = pages.page(&report(Kind::Sla, 10, "x")).unwrap();
    assert!(days.contains("1 March 2026</time> to <time datetime=\"2026-03-10\">10 March 2026</time>"));
    let mut hours = report(Kind::Sla, 1, "x");
    let (from, to) = (at("2026-03-10T08:00:00Z"), at("2026-03-11T00:00:00Z"));
    hours.span = Span::of_report(Some(from), Some(to), TimeDelta::days(1), to).unwrap().0;
    let hours = pages.page(&hours).unwrap();
    assert!(hours.contains(
        "10 March 2026, 08:00</time> to <time datetime=\"2026-03-11T00:00:00Z\">11 March 2026, 00:00<"
    ));
}

#[test]
fn what_people_wrote_stays_text() {
    let pages = Pages::new();
    let page =
        pages.page(&report(Kind::Tickets, 30, "<script>alert('x')</script>\" onload={{7*7}}")).unwrap();
    assert!(
        page.contains("&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;&quot; onload&#x3D;{{7*7}}"),
        "{page}"
    );
    assert!(!page.contains("<script"));
}

/// Neither the page's own policy nor the header allows a script, a source, or another style than this one.
#[test]
fn a_page_loads_nothing_and_runs_nothing() {
    let pages = Pages::new();
    let page = pages.page(&report(Kind::Activity, 30, "x")).unwrap();
    for word in ["<script", "<link", "<img", "<iframe", "http://", "https://", "url(", "@import", " style="] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(!page.split_whitespace().any(|word| word.starts_with("on") && word.contains('=')));
    let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(style));
    assert_eq!(
        pages.policy(),
        format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
    );
    assert!(page.contains(&format!("content=\"{}\"", html_escape(pages.policy()))));
}

#[test]
fn numbers_stand_in_a_table_under_each_plot() {
    let page = Pages::new().page(&report(Kind::Sla, 10, "x")).unwrap();
    let (_, table) = page.split_once("<div class=\"numbers long\"").unwrap();
    let table = table.split_once("</table>").unwrap().0;
    assert!(table.contains("<th scope=\"col\">Day</th><th scope=\"col\" class=\"number\">Warnings</th>"));
    assert!(table.contains("<th scope=\"row\">1 Mar</th><td class=\"number\">1</td>"));
    assert_eq!(table.matches("<tr>").count(), 11);
}

#[test]
fn a_table_for_machines_has_a_number_a_line() {
    let mut report = report(Kind::Sla, 10, "=cmd|' /C calc'!A0");
    report.sections.truncate(3);
    let csv = super::super::csv(&report);
    let lines: Vec<_> = csv.split("\r\n").collect();
    assert_eq!(lines[0], "section,time,item,measure,unit,value");
    assert!(lines.contains(&"In short,,,Breaches per ticket opened,share,"));
    assert!(lines.contains(&"Warnings and breaches by day,2026-03-01T00:00:00Z,,Warnings,count,1"));
    assert!(lines.contains(&"By clock,,response,Warnings,count,0"));
    assert_eq!(lines.last(), Some(&""));
    assert_eq!(lines.len(), 1 + 5 + 2 * 10 + 2 * 3 + 1);
    let tickets = super::super::csv(&self::report(Kind::Tickets, 10, "=cmd|' /C calc'!A0"));
    assert!(
        tickets.contains("\r\n\"Opened, by category\",,'=cmd|' /C calc'!A0,Opened,count,1\r\n"),
        "{tickets}"
    );
}
