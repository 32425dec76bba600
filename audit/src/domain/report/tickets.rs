//! Tickets from opening to closing.

use super::{
    super::{
        Aspect, Durations,
        counters::{CLOSED, REOPENED, RESOLVED},
    },
    Body, Figure, Findings, Outline, Section, Value,
};

const OPENED: &str = "tickets_created";
const MOVED: &str = "tickets_status_changed";

pub(super) const OUTLINE: Outline = Outline {
    lines: &[("Opened", OPENED), ("Resolved", RESOLVED), ("Closed", CLOSED), ("Opened again", REOPENED)],
    parts: &[(OPENED, Aspect::Priority, 20), (OPENED, Aspect::Category, 20), (MOVED, Aspect::Status, 20)],
};

pub(super) fn sections(found: &Findings) -> Vec<Section> {
    let mut figures = found.figures(&[
        ("Opened", OPENED),
        ("Resolved", RESOLVED),
        ("Closed", CLOSED),
        ("Opened again", REOPENED),
        ("Withdrawn", "tickets_deleted"),
        ("Comments", "tickets_commented"),
    ]);
    let to_resolution = found.durations(RESOLVED).as_ref().map(Durations::mean_ms);
    let value = Value::Duration(to_resolution);
    figures.push(Figure { label: "Mean time to resolution", key: "mean_time_to_resolution", value });
    let table = |title: &str, table| Section::new(title, Body::Table(table));
    vec![
        Section::new("In short", Body::Figures(figures)),
        found.plot("Tickets", OUTLINE),
        table("Opened, by priority", found.apart_by(OPENED, Aspect::Priority, ("Priority", "Opened"))),
        table("Opened, by category", found.apart_by(OPENED, Aspect::Category, ("Category", "Opened"))),
        table("Moves, by new status", found.apart_by(MOVED, Aspect::Status, ("Status", "Moves"))),
        table(
            "Time from opening",
            found.lengths(("Until", "Tickets"), &[("Resolution", RESOLVED), ("Closing", CLOSED)]),
        )
        .noting("Of the tickets that were resolved or closed in this time, whenever they were opened."),
    ]
}
