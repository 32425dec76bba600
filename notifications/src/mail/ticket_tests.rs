//! The mails on tickets that are under way.

use chrono::{TimeZone, Utc};
use shared::{events::FieldChange, ids::UserId};
use uuid::Uuid;

use super::{
    Letter, Links, Names, Renderer,
    samples::samples,
    tests::{composed, headers, label, letter},
};
use crate::domain::{Assignment, Language, Move, Notice, Overrides, Template, TicketNews};

/// The specification's "Templates de Notifications", as it stands there.
const ASSIGNED: &str = "\
Bonjour {adminName},

Un nouveau ticket vous a été assigné.

Détails:
- Numéro: #{ticketNumber}
- Titre: {title}
- Priorité: {priority}
- SLA: {dueTime}
- Créé par: {userName}

Merci de le prendre en charge rapidement.
";
const UPDATED: &str = "\
Bonjour {userName},

Votre ticket #{ticketNumber} a été mis à jour.

Changements:
- Statut: {oldStatus} → {newStatus}
{additionalChanges}

Commentaire de l'agent:
{comment}
";

fn assignment(title: &str) -> Notice {
    Notice::TicketAssigned(Assignment {
        label: label(title),
        priority: "HIGH".into(),
        requester: UserId::from(Uuid::from_u128(1)),
        due_at: Utc.with_ymd_and_hms(2026, 1, 31, 18, 5, 0).unwrap(),
    })
}

fn change(field: &str, old: Option<&str>, new: Option<&str>) -> FieldChange {
    FieldChange { field: field.into(), old: old.map(str::to_owned), new: new.map(str::to_owned) }
}

fn news(moved: Option<(&str, &str)>, changes: &[FieldChange], comment: Option<&str>) -> Notice {
    Notice::TicketUpdated(TicketNews {
        label: label("Imprimante"),
        moved: moved.map(|(from, to)| Move { from: from.into(), to: to.into() }),
        changes: changes.to_vec(),
        comment: comment.map(str::to_owned),
        is_internal: false,
    })
}

fn everything() -> Notice {
    let changes =
        [change("resolution", None, Some("Toner remplacé")), change("priority", Some("LOW"), Some("HIGH"))];
    news(Some(("IN_PROGRESS", "RESOLVED")), &changes, Some("Le toner était vide.\r\n\r\nBonne journée !"))
}

/// A letter to Bob the agent about a ticket of Alice's.
fn to_bob(notice: &Notice, language: Language, requester: Option<&str>) -> Letter {
    let names = Names { reader: "Bob Baker", other: requester };
    let links = Links::new("https://help.example.com".into());
    let renderer = Renderer::new(&Overrides::new()).unwrap();
    let variables = renderer.variables(notice, language, names, &links);
    renderer.letter(notice.template(), language, &variables).unwrap()
}

fn filled(specification: &str, values: &[(&str, &str)]) -> String {
    let filled = values
        .iter()
        .fold(specification.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value));
    assert!(!filled.contains('{'), "a variable of the specification has no value: {filled}");
    filled
}

#[test]
fn the_french_mail_to_the_agent_is_the_specification_word_for_word() {
    let letter = to_bob(&assignment("Imprimante en panne"), Language::Fr, Some("Alice Archer"));
    assert_eq!(letter.subject, "Nouveau ticket assigné - #HD-000042");
    let expected = filled(
        ASSIGNED,
        &[
            ("adminName", "Bob Baker"),
            ("ticketNumber", "HD-000042"),
            ("title", "Imprimante en panne"),
            ("priority", "HIGH"),
            ("dueTime", "31/01/2026 à 18:05 (UTC)"),
            ("userName", "Alice Archer"),
        ],
    );
    assert_eq!(letter.text, expected);
    insta::assert_snapshot!(letter.html, @r#"
    <!DOCTYPE html>
    <html lang="fr">
    <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>
    <body style="font-family: sans-serif; line-height: 1.5; color: #1f2933; max-width: 36em; margin: 1em auto; padding: 0 1em">
    <p>Bonjour Bob Baker,</p>
    <p>Un nouveau ticket vous a été assigné.</p>
    <p>Détails:</p>
    <ul>
    <li>Numéro: <a href="https://help.example.com/tickets/00000000-0000-0000-0000-00000000002a">#HD-000042</a></li>
    <li>Titre: Imprimante en panne</li>
    <li>Priorité: HIGH</li>
    <li>SLA: 31/01/2026 à 18:05 (UTC)</li>
    <li>Créé par: Alice Archer</li>
    </ul>
    <p>Merci de le prendre en charge rapidement.</p>
    </body>
    </html>
    "#);
}

#[test]
fn the_english_mail_to_the_agent() {
    let letter = to_bob(&assignment("Printer on fire"), Language::En, Some("Alice Archer"));
    insta::assert_snapshot!(letter.subject, @"New ticket assigned - #HD-000042");
    insta::assert_snapshot!(letter.text, @"
    Hello Bob Baker,

    A new ticket has been assigned to you.

    Details:
    - Number: #HD-000042
    - Title: Printer on fire
    - Priority: HIGH
    - SLA: 31 January 2026 at 18:05 (UTC)
    - Created by: Alice Archer

    Please take care of it soon.
    ");
}

#[test]
fn a_requester_of_whom_nothing_is_known_has_no_name_in_the_mail() {
    let letter = to_bob(&assignment("Imprimante"), Language::Fr, None);
    assert!(letter.text.contains("\n- Créé par: —\n"), "{}", letter.text);
}

#[test]
fn the_french_mail_on_news_is_the_specification_word_for_word() {
    let letter = letter(&everything(), Language::Fr, "Alice Archer");
    assert_eq!(letter.subject, "Mise à jour ticket #HD-000042");
    let expected = filled(
        UPDATED,
        &[
            ("userName", "Alice Archer"),
            ("ticketNumber", "HD-000042"),
            ("oldStatus", "IN_PROGRESS"),
            ("newStatus", "RESOLVED"),
            ("additionalChanges", "- Résolution: Toner remplacé\n- Priorité: LOW → HIGH"),
            ("comment", "Le toner était vide.\n\nBonne journée !"),
        ],
    );
    assert_eq!(letter.text, expected);
    insta::assert_snapshot!(letter.html, @r#"
    <!DOCTYPE html>
    <html lang="fr">
    <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>
    <body style="font-family: sans-serif; line-height: 1.5; color: #1f2933; max-width: 36em; margin: 1em auto; padding: 0 1em">
    <p>Bonjour Alice Archer,</p>
    <p>Votre ticket <a href="https://help.example.com/tickets/00000000-0000-0000-0000-00000000002a">#HD-000042</a> a été mis à jour.</p>
    <p>Changements:</p>
    <ul>
    <li>Statut: IN_PROGRESS → RESOLVED</li>
    <li>Résolution: Toner remplacé</li>
    <li>Priorité: LOW → HIGH</li>
    </ul>
    <p>Commentaire de l'agent:</p>
    <p>
    Le toner était vide.<br>
    <br>
    Bonne journée !<br>
    </p>
    </body>
    </html>
    "#);
}

#[test]
fn the_english_mail_on_news() {
    let letter = letter(&everything(), Language::En, "Alice Archer");
    insta::assert_snapshot!(letter.subject, @"Update on ticket #HD-000042");
    insta::assert_snapshot!(letter.text, @"
    Hello Alice Archer,

    Your ticket #HD-000042 has been updated.

    Changes:
    - Status: IN_PROGRESS → RESOLVED
    - Resolution: Toner remplacé
    - Priority: LOW → HIGH

    Comment by the agent:
    Le toner était vide.

    Bonne journée !
    ");
}

#[test]
fn what_there_is_nothing_to_say_about_is_left_out() {
    let moved = Some(("OPEN", "CLOSED"));
    let changes = [change("category", Some("hardware"), Some("network"))];
    for (notice, expected) in [
        (news(moved, &[], None), "\nChangements:\n- Statut: OPEN → CLOSED\n"),
        (news(None, &changes, None), "\nChangements:\n- Catégorie: hardware → network\n"),
        (news(None, &[], Some("Bonjour")), "\nCommentaire de l'agent:\nBonjour\n"),
        (
            news(moved, &[], Some("Bonjour")),
            "\nChangements:\n- Statut: OPEN → CLOSED\n\nCommentaire de l'agent:\nBonjour\n",
        ),
        (news(None, &[], Some(" \r\n ")), ""),
        (news(None, &[change("assignedTo", None, Some("0199"))], None), ""),
    ] {
        let letter = letter(&notice, Language::Fr, "Alice");
        let opening = "Bonjour Alice,\n\nVotre ticket #HD-000042 a été mis à jour.\n";
        assert_eq!(letter.text, format!("{opening}{expected}"));
        assert_eq!(letter.html.contains("<ul>"), expected.contains("Changements"), "{}", letter.html);
        assert_eq!(letter.html.contains("agent"), expected.contains("agent"), "{}", letter.html);
    }
}

#[test]
fn every_template_has_all_parts_in_every_language() {
    for template in Template::ALL.iter().copied() {
        for language in Language::ALL {
            for notice in samples(template) {
                assert_eq!(notice.template(), template);
                let letter = letter(&notice, language, "Zoë");
                assert!(!letter.subject.is_empty());
                assert!(letter.text.contains("Zoë"), "{}", letter.text);
                assert!(letter.html.contains("Zoë") && letter.html.contains(&format!("lang=\"{language}\"")));
                assert!(!letter.html.contains("<3e"), "{}", letter.html);
            }
        }
    }
}

/// What somebody who means harm may write wherever these mails show what people wrote.
fn hostile(text: &str) -> [Letter; 2] {
    let changes = [change("title", Some(text), Some(text)), change("description", None, Some(text))];
    [
        to_bob(&assignment(text), Language::Fr, Some(&crate::domain::one_line(text, 100))),
        letter(&news(Some((text, text)), &changes, Some(text)), Language::Fr, "Alice"),
    ]
}

/// ASVS 5.0, V1.3.7: what a user wrote is never evaluated.
#[test]
fn what_people_wrote_is_printed_and_not_evaluated() {
    for text in ["{{7*7}}", "{{userName}}", "{{{ticketUrl}}}", "{{#each this}}x{{/each}}", "{{> layout}}"] {
        for letter in hostile(text) {
            assert!(letter.text.matches(text).count() >= 2, "{}", letter.text);
            assert!(!letter.text.contains("49"), "{}", letter.text);
        }
    }
}

/// FreeScout 2026-32754: an unescaped body in a mail.
#[test]
fn html_of_people_is_escaped() {
    for letter in hostile("<script>alert(1)</script> \" onload='x' & <img src=x>") {
        assert!(letter.text.contains("<script>alert(1)</script> \" onload='x' & <img src=x>"));
        assert!(!letter.html.contains("<script") && !letter.html.contains("<img"), "{}", letter.html);
        assert!(letter.html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{}", letter.html);
    }
}

/// ASVS 5.0, V1.3.11: CR and LF add no header and no recipient; only a comment may have lines, and it stands last.
#[test]
fn line_ends_add_nothing() {
    let calm = hostile("calm").map(|letter| headers(&composed(letter, true)).len());
    for ending in ["\r\n", "\n", "\r", "\u{85}", "\u{2028}", "\0\n"] {
        let text = format!("calm{ending}Bcc: victim@example.com{ending}{ending}.{ending}body");
        for (letter, calm) in hostile(&text).into_iter().zip(calm) {
            assert!(!letter.subject.contains(char::is_control));
            let before = letter.text.split("Commentaire").next().unwrap();
            assert!(!before.lines().any(|line| line.starts_with("Bcc") || line == "."), "{before}");
            let message = composed(letter, true);
            let lines = headers(&message);
            assert_eq!(lines.len(), calm, "{lines:#?}");
            assert!(!lines.iter().any(|line| line.to_ascii_lowercase().starts_with("bcc")), "{lines:#?}");
            let recipients: Vec<_> = message.envelope().to().iter().map(ToString::to_string).collect();
            assert_eq!(recipients, ["alice@example.com"]);
        }
    }
}
