use chrono::{TimeZone, Utc};
use lettre::Message;
use shared::ids::{DeliveryId, TicketId};
use uuid::Uuid;

use super::{Letter, Letterhead, Links, Mail, Names, Renderer};
use crate::domain::{
    Language, MailAddress, Moment, Notice, Overrides, SecretLink, Template, TicketFacts, TicketLabel,
};

pub(super) fn label(title: &str) -> TicketLabel {
    TicketLabel {
        ticket_id: TicketId::from(Uuid::from_u128(42)),
        ticket_number: "HD-000042".into(),
        title: title.into(),
    }
}

fn ticket(title: &str) -> Notice {
    Notice::TicketCreated(TicketFacts {
        label: label(title),
        priority: "HIGH".into(),
        category: "hardware".into(),
    })
}

pub(super) fn letter(notice: &Notice, language: Language, user_name: &str) -> Letter {
    let links = Links::new("https://help.example.com".into());
    let names = Names { reader: user_name, other: None };
    let renderer = Renderer::new(&Overrides::new()).unwrap();
    let variables = renderer.variables(notice, language, names, &links);
    renderer.letter(notice.template(), language, &variables).unwrap()
}

pub(super) fn composed(letter: Letter, thread: bool) -> Message {
    let mail = Mail {
        delivery: DeliveryId::from(Uuid::from_u128(7)),
        to: MailAddress::parse("alice@example.com").unwrap(),
        letter,
        language: Language::Fr,
        unsubscribe: thread.then(|| "https://help.example.com/preferences".into()),
        thread: thread.then(|| TicketId::from(Uuid::from_u128(42))),
        at: Utc.with_ymd_and_hms(2026, 1, 31, 10, 0, 0).unwrap(),
    };
    Letterhead::new("Helpdesk <helpdesk@example.org>", None).unwrap().compose(&mail).unwrap()
}

/// The header lines of a mail, unfolded.
pub(super) fn headers(message: &Message) -> Vec<String> {
    let text = String::from_utf8(message.formatted()).unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    head.replace("\r\n ", " ").split("\r\n").map(str::to_owned).collect()
}

#[test]
fn the_french_ticket_mail_is_the_specification_word_for_word() {
    let letter = letter(&ticket("Imprimante en panne"), Language::Fr, "Alice Archer");
    insta::assert_snapshot!(letter.subject, @"Ticket #HD-000042 créé - Imprimante en panne");
    insta::assert_snapshot!(letter.text, @"
    Bonjour Alice Archer,

    Votre ticket a été créé avec succès.

    Détails:
    - Numéro: #HD-000042
    - Titre: Imprimante en panne
    - Priorité: HIGH
    - Catégorie: hardware

    Vous pouvez suivre son évolution dans votre espace.

    Cordialement,
    L'équipe Support
    ");
    insta::assert_snapshot!(letter.html, @r#"
    <!DOCTYPE html>
    <html lang="fr">
    <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>
    <body style="font-family: sans-serif; line-height: 1.5; color: #1f2933; max-width: 36em; margin: 1em auto; padding: 0 1em">
    <p>Bonjour Alice Archer,</p>
    <p>Votre ticket a été créé avec succès.</p>
    <p>Détails:</p>
    <ul>
    <li>Numéro: #HD-000042</li>
    <li>Titre: Imprimante en panne</li>
    <li>Priorité: HIGH</li>
    <li>Catégorie: hardware</li>
    </ul>
    <p>Vous pouvez suivre son évolution dans <a href="https://help.example.com/tickets/00000000-0000-0000-0000-00000000002a">votre espace</a>.</p>
    <p>Cordialement,<br>L'équipe Support</p>
    </body>
    </html>
    "#);
}

#[test]
fn the_english_ticket_mail() {
    let letter = letter(&ticket("Printer on fire"), Language::En, "Alice Archer");
    insta::assert_snapshot!(letter.subject, @"Ticket #HD-000042 created - Printer on fire");
    insta::assert_snapshot!(letter.text, @"
    Hello Alice Archer,

    Your ticket has been created.

    Details:
    - Number: #HD-000042
    - Title: Printer on fire
    - Priority: HIGH
    - Category: hardware

    You can follow its progress in your account.

    Kind regards,
    The Support team
    ");
}

#[test]
fn the_verification_mail_in_both_languages() {
    let link = SecretLink {
        token: "t0-k_en".into(),
        expires_at: Utc.with_ymd_and_hms(2026, 2, 1, 9, 5, 0).unwrap(),
    };
    let notice = Notice::EmailVerification(link);
    insta::assert_snapshot!(letter(&notice, Language::Fr, "alice").text, @"
    Bonjour alice,

    Pour confirmer votre adresse e-mail, ouvrez ce lien :

    https://help.example.com/verify-email?token=t0-k_en

    Il est valable jusqu'au 01/02/2026 à 09:05 (UTC).

    Si vous n'avez pas créé de compte, ignorez ce message.

    Cordialement,
    L'équipe Support
    ");
    insta::assert_snapshot!(letter(&notice, Language::En, "alice").text, @"
    Hello alice,

    To confirm your e-mail address, open this link:

    https://help.example.com/verify-email?token=t0-k_en

    It is valid until 1 February 2026 at 09:05 (UTC).

    If you did not create an account, ignore this message.

    Kind regards,
    The Support team
    ");
}

#[test]
fn the_reset_mail_in_both_languages() {
    let link = SecretLink {
        token: "t0-k_en".into(),
        expires_at: Utc.with_ymd_and_hms(2026, 2, 1, 9, 5, 0).unwrap(),
    };
    let notice = Notice::PasswordReset(link);
    insta::assert_snapshot!(letter(&notice, Language::Fr, "alice").text, @"
    Bonjour alice,

    Pour choisir un nouveau mot de passe, ouvrez ce lien :

    https://help.example.com/reset-password?token=t0-k_en

    Il ne sert qu'une fois et est valable jusqu'au 01/02/2026 à 09:05 (UTC).

    Si vous n'avez rien demandé, ignorez ce message : votre mot de passe reste le même.

    Cordialement,
    L'équipe Support
    ");
    insta::assert_snapshot!(letter(&notice, Language::En, "alice").html, @r#"
    <!DOCTYPE html>
    <html lang="en">
    <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>
    <body style="font-family: sans-serif; line-height: 1.5; color: #1f2933; max-width: 36em; margin: 1em auto; padding: 0 1em">
    <p>Hello alice,</p>
    <p>To choose a new password, open this link:</p>
    <p><a href="https://help.example.com/reset-password?token&#x3D;t0-k_en">Choose a new password</a></p>
    <p>It works once and is valid until 1 February 2026 at 09:05 (UTC).</p>
    <p>If you did not ask for this, ignore this message: your password stays the same.</p>
    <p>Kind regards,<br>The Support team</p>
    </body>
    </html>
    "#);
}

#[test]
fn the_password_notice_in_both_languages() {
    let notice = Notice::PasswordChanged(Moment { at: Utc.with_ymd_and_hms(2026, 2, 1, 9, 5, 0).unwrap() });
    insta::assert_snapshot!(letter(&notice, Language::Fr, "alice").text, @"
    Bonjour alice,

    Le mot de passe de votre compte a été modifié le 01/02/2026 à 09:05 (UTC).

    Si ce n'était pas vous, demandez tout de suite un nouveau mot de passe : https://help.example.com/forgot-password

    Cordialement,
    L'équipe Support
    ");
    insta::assert_snapshot!(letter(&notice, Language::En, "alice").text, @"
    Hello alice,

    The password of your account was changed on 1 February 2026 at 09:05 (UTC).

    If this was not you, ask for a new password at once: https://help.example.com/forgot-password

    Kind regards,
    The Support team
    ");
}

/// ASVS 5.0, V1.3.7: what a user wrote is never evaluated.
#[test]
fn what_a_user_wrote_is_printed_and_not_evaluated() {
    for title in
        ["{{7*7}}", "{{userName}}", "{{{link}}}", "{{#each this}}x{{/each}}", "{{> layout}}", "\\{{x}}"]
    {
        let letter = letter(&ticket(title), Language::Fr, "{{title}}");
        assert!(letter.subject.ends_with(title), "{}", letter.subject);
        assert!(letter.text.contains(&format!("- Titre: {title}\n")), "{}", letter.text);
        assert!(letter.text.starts_with("Bonjour {{title}},"), "{}", letter.text);
    }
}

/// FreeScout 2026-32754: an unescaped body in a mail.
#[test]
fn html_of_a_user_is_escaped_in_html_and_left_alone_in_text() {
    let title = "<script>alert(1)</script> \" onload='x' & <img src=x>";
    let letter = letter(&ticket(title), Language::En, "<b>Alice</b>");
    assert!(letter.text.contains(title));
    assert!(letter.subject.ends_with(title));
    assert!(!letter.html.contains("<script"), "{}", letter.html);
    assert!(!letter.html.contains("<img") && !letter.html.contains("<b>"), "{}", letter.html);
    assert!(letter.html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{}", letter.html);
}

/// ASVS 5.0, V1.3.11: CR and LF add no header, no recipient, no line.
#[test]
fn line_ends_in_a_title_or_a_name_add_nothing() {
    let calm = headers(&composed(letter(&ticket("calm"), Language::Fr, "Alice"), true));
    for ending in ["\r\n", "\n", "\r", "\u{85}", "\u{2028}", "\0\n"] {
        let title = format!("calm{ending}Bcc: victim@example.com{ending}{ending}body");
        let name = format!("Alice{ending}Bcc: victim@example.com");
        let letter = letter(&ticket(&title), Language::Fr, &crate::domain::one_line(&name, 100));
        assert!(!letter.text.lines().any(|line| line.starts_with("Bcc")), "{}", letter.text);
        let message = composed(letter, true);
        let lines = headers(&message);
        assert_eq!(lines.len(), calm.len(), "{lines:#?}");
        assert!(!lines.iter().any(|line| line.to_ascii_lowercase().starts_with("bcc")), "{lines:#?}");
        let recipients: Vec<_> = message.envelope().to().iter().map(ToString::to_string).collect();
        assert_eq!(recipients, ["alice@example.com"]);
        let bytes = message.formatted();
        let bare = bytes
            .windows(2)
            .any(|pair| pair[1] == b'\n' && pair[0] != b'\r' || pair[0] == b'\r' && pair[1] != b'\n');
        assert!(!bare, "a bare CR or LF is left");
    }
}

#[test]
fn a_mail_on_a_ticket_has_these_headers() {
    let message = composed(letter(&ticket("Écran noir"), Language::Fr, "Alice"), true);
    insta::assert_snapshot!(headers(&message).join("\n"), @r#"
    From: Helpdesk <helpdesk@example.org>
    To: alice@example.com
    Subject: Ticket #HD-000042 =?utf-8?b?Y3LDqcOp?= - =?utf-8?b?w4ljcmFu?= noir
    Date: Sat, 31 Jan 2026 10:00:00 +0000
    Message-ID: <00000000-0000-0000-0000-000000000007@example.org>
    Auto-Submitted: auto-generated
    Content-Language: fr
    List-Unsubscribe: <https://help.example.com/preferences>
    In-Reply-To: <ticket-00000000-0000-0000-0000-00000000002a@example.org>
    References: <ticket-00000000-0000-0000-0000-00000000002a@example.org>
    MIME-Version: 1.0
    Content-Type: multipart/alternative; boundary="helpdesk-00000000-0000-0000-0000-000000000007"
    "#);
}

#[test]
fn a_mail_is_the_same_bytes_at_every_attempt() {
    let once = composed(letter(&ticket("A"), Language::Fr, "Alice"), true).formatted();
    let again = composed(letter(&ticket("A"), Language::Fr, "Alice"), true).formatted();
    assert_eq!(once, again);
}

#[test]
fn a_missing_variable_is_a_fault_and_no_gap_in_a_mail() {
    let renderer = Renderer::new(&Overrides::new()).unwrap();
    let fault = renderer.letter(Template::TicketCreated, Language::Fr, &serde_json::json!({})).unwrap_err();
    assert!(fault.to_string().starts_with("template ticket_created (fr): "), "{fault}");
}

#[test]
fn a_sender_or_domain_that_could_break_a_header_is_refused() {
    for from in ["a@b.c\r\nBcc: x@y.z", "Helpdesk", "Help\n<a@b.c>", ""] {
        assert!(Letterhead::new(from, None).is_err(), "{from:?}");
    }
    for domain in ["", "a b", "x>\r\n", ".a", "a/b"] {
        assert!(Letterhead::new("a@b.c", Some(domain)).is_err(), "{domain:?}");
    }
    let letterhead = Letterhead::new("Support <a@mail.example.com>", None).unwrap();
    assert_eq!(
        letterhead.message_id(DeliveryId::from(Uuid::nil())),
        format!("{}@mail.example.com", Uuid::nil())
    );
}
