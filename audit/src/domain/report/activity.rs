//! What was done, and by whom.

use std::cmp::Reverse;

use super::{
    super::{
        Aspect,
        counters::{COUNTERS, EVENTS},
    },
    Body, Column, Figure, Findings, Outline, Row, Section, Table, Unit, Value,
};

pub(super) const OUTLINE: Outline =
    Outline { lines: &[("Events", EVENTS)], parts: &[(EVENTS, Aspect::User, 10)] };

pub(super) fn sections(found: &Findings) -> Vec<Section> {
    let people = found.part_count(EVENTS, Aspect::User);
    let mut figures = found.figures(&[
        ("Events", EVENTS),
        ("Sign-ins", "users_login"),
        ("Tickets opened", "tickets_created"),
        ("Comments", "tickets_commented"),
        ("Files uploaded", "files_uploaded"),
        ("Notifications sent", "notifications_sent"),
    ]);
    figures.insert(1, Figure { label: "People", key: "people", value: Value::Count(people) });

    let all = found.count(EVENTS);
    // A counter of some events of a type, or of all types, counts again what another one has counted.
    let again = |name: &str| COUNTERS.iter().any(|it| it.name == name && it.event_type.is_none());
    let mut actions: Vec<_> = found.totals().filter(|(name, _)| !again(name)).collect();
    actions.sort_by_key(|(_, tally)| Reverse(tally.count));
    let row = |(name, tally): (&str, super::super::Tally)| Row {
        key: name.to_owned(),
        values: vec![Value::Count(tally.count), Value::share(tally.count, all)],
    };
    let rows = actions.into_iter().map(row).collect();
    let actions = Table { key: "Counter", columns: columns(), rows };

    let rows = found
        .parts(EVENTS, Aspect::User)
        .iter()
        .map(|(person, count)| Row {
            key: person.to_owned(),
            values: vec![Value::Count(*count), Value::share(*count, all)],
        })
        .collect();
    let busiest = Table { key: "Person", columns: columns(), rows };
    vec![
        Section::new("In short", Body::Figures(figures)),
        found.plot("Events", OUTLINE),
        Section::new("By action", Body::Table(actions)),
        Section::new("Busiest people", Body::Table(busiest))
            .noting("By their ids. What the system does by itself, and what strangers do, is nobody's."),
    ]
}

fn columns() -> Vec<Column> {
    vec![Unit::Count.column("Events"), Unit::Share.column("Share")]
}
