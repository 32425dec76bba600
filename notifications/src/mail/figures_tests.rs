use super::*;

fn figure(unit: ReportUnit, value: Option<i64>, before: Option<i64>) -> ReportFigure {
    ReportFigure { key: "users_login".into(), unit, value, before }
}

fn told(figure: ReportFigure, language: Language) -> [String; 3] {
    let line = &in_words(&[figure], language)[0];
    ["value", "before", "change"].map(|name| line[name].as_str().unwrap().to_owned())
}

#[test]
fn a_number_its_predecessor_and_the_change_as_they_are_written_in_each_language() {
    use ReportUnit::{BasisPoints, Count, Milliseconds};
    for (unit, value, before, french, english) in [
        (Count, Some(128), Some(96), ["128", "96", "+32, +33 %"], ["128", "96", "+32, +33%"]),
        (Count, Some(1), Some(3), ["1", "3", "−2, −67 %"], ["1", "3", "−2, −67%"]),
        (Count, Some(0), Some(0), ["0", "0", "±0"], ["0", "0", "±0"]),
        (Count, Some(5), Some(0), ["5", "0", "+5"], ["5", "0", "+5"]),
        (Count, Some(0), Some(5), ["0", "5", "−5, −100 %"], ["0", "5", "−5, −100%"]),
        (
            Count,
            Some(1_234_567),
            Some(1_000),
            ["1\u{202F}234\u{202F}567", "1\u{202F}000", "+1\u{202F}233\u{202F}567, +123\u{202F}357 %"],
            ["1,234,567", "1,000", "+1,233,567, +123,357%"],
        ),
        (Milliseconds, Some(59_999), None, ["59 s", "—", "—"], ["59 s", "—", "—"]),
        (
            Milliseconds,
            Some(97_200_000),
            Some(5_460_000),
            ["1 j 3 h", "1 h 31 min", "+1 j 1 h, +1\u{202F}680 %"],
            ["1 d 3 h", "1 h 31 min", "+1 d 1 h, +1,680%"],
        ),
        (Milliseconds, None, Some(600_000), ["—", "10 min", "—"], ["—", "10 min", "—"]),
        (
            BasisPoints,
            Some(3_333),
            Some(5_000),
            ["33,33 %", "50,00 %", "−16,67 pt"],
            ["33.33%", "50.00%", "−16.67 pt"],
        ),
        (BasisPoints, Some(5), Some(0), ["0,05 %", "0,00 %", "+0,05 pt"], ["0.05%", "0.00%", "+0.05 pt"]),
    ] {
        assert_eq!(told(figure(unit, value, before), Language::Fr), french);
        assert_eq!(told(figure(unit, value, before), Language::En), english);
    }
    // Whatever may come in an event, something is written.
    for extreme in [i64::MIN, i64::MAX] {
        told(figure(Count, Some(extreme), Some(-extreme.saturating_add(1))), Language::Fr);
    }
}

#[test]
fn the_time_is_its_days_or_its_month() {
    let facts = |period, from: &str, to: &str| ReportFacts {
        kind: "sla".into(),
        period,
        from: format!("{from}T00:00:00Z").parse().unwrap(),
        to: format!("{to}T00:00:00Z").parse().unwrap(),
        figures: vec![],
    };
    for (facts, french, english) in [
        (facts(ReportPeriod::Daily, "2028-02-29", "2028-03-01"), "29/02/2028", "29 February 2028"),
        (
            facts(ReportPeriod::Weekly, "2025-12-29", "2026-01-05"),
            "du 29/12/2025 au 04/01/2026",
            "29 December 2025 to 4 January 2026",
        ),
        (facts(ReportPeriod::Monthly, "2026-08-01", "2026-09-01"), "août 2026", "August 2026"),
        (facts(ReportPeriod::Monthly, "2025-12-01", "2026-01-01"), "décembre 2025", "December 2025"),
    ] {
        assert_eq!(span_in_words(&facts, Language::Fr), french);
        assert_eq!(span_in_words(&facts, Language::En), english);
    }
}

#[test]
fn what_a_newer_audit_counts_is_called_by_its_key_on_one_line() {
    for language in Language::ALL {
        assert_eq!(name("coffees_brewed", language), "coffees brewed");
        assert_eq!(name("a\r\nBcc: x", language), "a Bcc: x");
        assert_eq!(report_name("weather\n", language), "weather");
    }
    assert!(NAMES.iter().enumerate().all(|(at, one)| NAMES[..at].iter().all(|other| other.0 != one.0)));
}
