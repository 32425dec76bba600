use shared::{clock::Timestamp, events::FieldChange};

use super::variables::{NOTHING, moment_in_words};
use crate::domain::{Language, TicketField, one_line};

/// The longest value of a change that a mail shows, in characters: a description has 20,000, and the ticket itself shows
/// them all.
const LONGEST: usize = 160;

/// Each change on a line of its own, as in `Titre: avant → après`. A field that the reader is not told about is left out.
pub(super) fn in_words(changes: &[FieldChange], language: Language) -> Vec<String> {
    let known = changes.iter().filter_map(|change| Some((TicketField::named(&change.field)?, change)));
    known.map(|(field, change)| line(field, change, language)).collect()
}

fn line(field: TicketField, change: &FieldChange, language: Language) -> String {
    let shown = |value: &Option<String>| {
        let value = value.as_deref().map(|value| self::value(field, value, language));
        value.filter(|value| !value.is_empty())
    };
    let (name, new) = (name(field, language), shown(&change.new).unwrap_or_else(|| NOTHING.to_owned()));
    match shown(&change.old) {
        // There was none, or the two differ only behind the cut.
        None => format!("{name}: {new}"),
        Some(old) if old == new => format!("{name}: {new}"),
        Some(old) => format!("{name}: {old} → {new}"),
    }
}

fn value(field: TicketField, value: &str, language: Language) -> String {
    match (field, value.parse::<Timestamp>()) {
        (TicketField::DueDate, Ok(at)) => moment_in_words(at, language),
        _ => one_line(value, LONGEST),
    }
}

fn name(field: TicketField, language: Language) -> &'static str {
    match (language, field) {
        (Language::Fr, TicketField::Title) => "Titre",
        (Language::Fr, TicketField::Category) => "Catégorie",
        (Language::Fr, TicketField::Priority) => "Priorité",
        (Language::Fr, TicketField::Resolution) => "Résolution",
        (Language::Fr, TicketField::DueDate) => "Échéance",
        (Language::En, TicketField::Title) => "Title",
        (Language::En, TicketField::Category) => "Category",
        (Language::En, TicketField::Priority) => "Priority",
        (Language::En, TicketField::Resolution) => "Resolution",
        (Language::En, TicketField::DueDate) => "Due",
        (Language::Fr | Language::En, TicketField::Description) => "Description",
    }
}

#[cfg(test)]
mod tests {
    use shared::events::FieldChange;

    use super::in_words;
    use crate::domain::Language;

    fn change(field: &str, old: Option<&str>, new: Option<&str>) -> FieldChange {
        FieldChange { field: field.into(), old: old.map(str::to_owned), new: new.map(str::to_owned) }
    }

    #[test]
    fn every_change_is_a_line_in_the_readers_language() {
        let changes = [
            change("title", Some("Imprimante"), Some("Imprimante en\r\npanne")),
            change("description", Some("a"), Some("b")),
            change("category", Some("hardware"), None),
            change("priority", Some("LOW"), Some("HIGH")),
            change("resolution", None, Some("Redémarrée")),
            change("resolution", Some(""), Some("Remplacée")),
            change("dueDate", Some("2026-01-31T18:00:00Z"), Some("2026-02-01T09:05:00.123456Z")),
            change("dueDate", None, Some("soon")),
            change("assignedTo", None, Some("0199")),
        ];
        assert_eq!(
            in_words(&changes, Language::Fr),
            [
                "Titre: Imprimante → Imprimante en panne",
                "Description: a → b",
                "Catégorie: hardware → —",
                "Priorité: LOW → HIGH",
                "Résolution: Redémarrée",
                "Résolution: Remplacée",
                "Échéance: 31/01/2026 à 18:00 (UTC) → 01/02/2026 à 09:05 (UTC)",
                "Échéance: soon",
            ]
        );
        assert_eq!(
            in_words(&changes[4..7], Language::En),
            [
                "Resolution: Redémarrée",
                "Resolution: Remplacée",
                "Due: 31 January 2026 at 18:00 (UTC) → 1 February 2026 at 09:05 (UTC)",
            ]
        );
    }

    #[test]
    fn a_long_text_is_cut_and_one_that_differs_behind_the_cut_is_shown_once() {
        let long = |end: &str| "é".repeat(20_000) + end;
        let lines = in_words(
            &[
                change("description", Some("short"), Some(&long("a"))),
                change("description", Some(&long("a")), Some(&long("b"))),
            ],
            Language::Fr,
        );
        let cut = "é".repeat(159) + "…";
        assert_eq!(lines, [format!("Description: short → {cut}"), format!("Description: {cut}")]);
    }
}
