//! Warnings and breaches of what was promised.

use super::{super::Aspect, Body, Column, Figure, Findings, Outline, Row, Section, Table, Unit, Value};

const OPENED: &str = "tickets_created";
const WARNED: &str = "tickets_sla_warning";
const BREACHED: &str = "tickets_sla_breached";

pub(super) const OUTLINE: Outline = Outline {
    lines: &[("Warnings", WARNED), ("Breaches", BREACHED)],
    parts: &[
        (WARNED, Aspect::Clock, 20),
        (BREACHED, Aspect::Clock, 20),
        (OPENED, Aspect::Priority, 20),
        (WARNED, Aspect::Priority, 20),
        (BREACHED, Aspect::Priority, 20),
    ],
};

pub(super) fn sections(found: &Findings) -> Vec<Section> {
    let (opened, breached) = (found.count(OPENED), found.count(BREACHED));
    let mut figures = found.figures(&[
        ("Tickets opened", OPENED),
        ("Warnings", WARNED),
        ("Breaches", BREACHED),
        ("Alerts", "sla_alert"),
    ]);
    let value = Value::share(breached, opened);
    figures.insert(3, Figure { label: "Breaches per ticket opened", key: "breaches_per_ticket", value });

    let of = |name: &str, aspect, value: &str| {
        found.parts(name, aspect).iter().find(|(it, _)| it == value).map_or(0, |(_, count)| *count)
    };
    let by_clock = ["response", "resolution"].map(|clock| {
        let (warned, breached) = (of(WARNED, Aspect::Clock, clock), of(BREACHED, Aspect::Clock, clock));
        let values = vec![Value::Count(warned), Value::Count(breached), Value::share(breached, opened)];
        Row { key: clock.to_owned(), values }
    });
    let by_priority = priorities(found).into_iter().map(|priority| {
        let [opened, warned, breached] =
            [OPENED, WARNED, BREACHED].map(|name| of(name, Aspect::Priority, &priority));
        let counts = [opened, warned, breached].map(Value::Count);
        let values = counts.into_iter().chain([Value::share(breached, opened)]).collect();
        Row { key: priority, values }
    });
    let clocks = Table { key: "Clock", columns: columns(&["Warnings", "Breaches"]), rows: by_clock.into() };
    let priorities = Table {
        key: "Priority",
        columns: columns(&["Tickets opened", "Warnings", "Breaches"]),
        rows: by_priority.collect(),
    };
    vec![
        Section::new("In short", Body::Figures(figures)).noting(
            "A ticket has two clocks and may breach both; a breach counts when it happens, whenever the ticket was opened.",
        ),
        found.plot("Warnings and breaches", OUTLINE),
        Section::new("By clock", Body::Table(clocks)),
        Section::new("By priority", Body::Table(priorities)),
    ]
}

fn columns(counts: &[&'static str]) -> Vec<Column> {
    let counts = counts.iter().map(|label| Unit::Count.column(label));
    counts.chain([Unit::Share.column("Per ticket")]).collect()
}

/// The priorities that were met, the most urgent first.
fn priorities(found: &Findings) -> Vec<String> {
    let names = [OPENED, WARNED, BREACHED];
    let met = names.iter().flat_map(|name| found.parts(name, Aspect::Priority));
    let mut met: Vec<_> = met.map(|(priority, _)| priority.clone()).collect();
    let urgency = ["URGENT", "HIGH", "MEDIUM", "LOW"];
    let rank = |name: &String| urgency.iter().position(|it| it == name).unwrap_or(urgency.len());
    met.sort_by(|one, other| rank(one).cmp(&rank(other)).then_with(|| one.cmp(other)));
    met.dedup();
    met
}
