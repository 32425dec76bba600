//! Texts that want to be more than texts.

use chrono::Duration;
use shared::{
    events::{
        FieldChange, SendPasswordResetMail, TicketAssigned, TicketCommented, TicketStatusChanged,
        UserProfileUpdated,
    },
    ids::{CommentId, UserId},
};

use crate::{
    Service,
    eml::Eml,
    smtp::{Mood, SmtpServer},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_user_writes_stays_a_text() {
    let server = SmtpServer::start(Mood::Takes).await;
    let service = Service::with(&[("SMTP_URL", &server.url())], None).await;
    let titles = [
        "{{7*7}}",
        "{{{userName}}} {{#each this}}{{/each}}",
        "<script>alert(1)</script>",
        "a\r\nBcc: victim@example.com",
        "a\nRCPT TO:<victim@example.com>",
        "a\r\n.\r\nMAIL FROM:<evil@example.com>",
        ".",
        "=?utf-8?b?QmNjOiB4?=",
        "\u{202E}gnp.exe \u{2028} next",
    ];
    let alice = service.registered("alice@example.com").await;
    let profile = UserProfileUpdated {
        user_id: alice.id,
        first_name: Some("{{title}}<b>\r\nBcc: victim@example.com".into()),
        last_name: Some("\r\n\r\n--boundary".into()),
        language: Some("../../etc".into()),
        changes: Vec::new(),
    };
    service.world.deliver(&profile, 1, Some(alice.id)).await;
    for title in titles {
        service.world.deliver(&service.ticket(alice.id, title), 1, Some(alice.id)).await;
    }
    service.settled().await;

    assert_eq!(server.mails().len(), titles.len());
    assert!(server.recipients().iter().all(|recipient| recipient.contains("<alice@example.com>")));
    for raw in server.mails() {
        let mail = Eml::parse(&raw);
        assert_eq!(mail.count("Bcc") + mail.count("Cc"), 0, "{:?}", mail.headers);
        assert_eq!(mail.header("To"), "alice@example.com");
        assert_eq!(mail.headers.len(), 12, "{:?}", mail.headers);
        assert!(
            mail.text.starts_with("Bonjour {{title}}<b> Bcc: victim@example.com --boundary,\n"),
            "{}",
            mail.text
        );
        assert!(!mail.html.contains("<script") && !mail.html.contains("<b>"), "{}", mail.html);
        assert!(!mail.text.contains("49"), "{}", mail.text);
    }
    let subjects: Vec<_> = server.mails().iter().map(|raw| Eml::parse(raw).header("Subject")).collect();
    assert!(subjects.iter().any(|subject| subject == "Ticket #HD-000042 créé - {{7*7}}"), "{subjects:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_on_a_ticket_stays_a_text_in_the_mails_that_follow() {
    let server = SmtpServer::start(Mood::Takes).await;
    let service = Service::with(&[("SMTP_URL", &server.url())], None).await;
    let alice = service.registered("alice@example.com").await;
    let bob = service.registered("bob@example.com").await;
    let text = "{{7*7}} <script>alert(1)</script>\r\nBcc: victim@example.com\r\n.\r\nRCPT TO:<evil@example.com>\
                \r\n\r\n--helpdesk";
    let on_one_line =
        "{{7*7}} <script>alert(1)</script> Bcc: victim@example.com . RCPT TO:<evil@example.com> --helpdesk";
    for person in [&alice, &bob] {
        let profile = UserProfileUpdated {
            user_id: person.id,
            first_name: Some(text.into()),
            last_name: None,
            language: None,
            changes: Vec::new(),
        };
        service.world.deliver(&profile, 1, Some(person.id)).await;
    }
    let ticket = service.ticket(alice.id, text);
    let assigned = TicketAssigned {
        ticket_id: ticket.ticket_id,
        ticket_number: ticket.ticket_number.clone(),
        title: text.into(),
        priority: text.into(),
        user_id: alice.id,
        previous: None,
        assigned_to: Some(bob.id),
        due_date: ticket.due_date,
    };
    service.world.deliver(&assigned, 2, None).await;
    let change =
        |field: &str| FieldChange { field: field.into(), old: Some("a".into()), new: Some(text.into()) };
    let moved = TicketStatusChanged {
        ticket_id: ticket.ticket_id,
        ticket_number: ticket.ticket_number.clone(),
        title: text.into(),
        user_id: alice.id,
        assigned_to: Some(bob.id),
        old_status: text.into(),
        new_status: text.into(),
        comment: Some(text.into()),
        changes: vec![change("title"), change("dueDate"), change(text)],
    };
    service.world.deliver(&moved, 3, Some(bob.id)).await;
    let commented = TicketCommented {
        ticket_id: ticket.ticket_id,
        ticket_number: ticket.ticket_number,
        title: text.into(),
        status: "OPEN".into(),
        comment_id: CommentId::at(service.world.clock().now()),
        user_id: alice.id,
        assigned_to: Some(bob.id),
        is_internal: false,
        content: Some(text.into()),
    };
    service.world.deliver(&commented, 4, Some(bob.id)).await;
    service.settled().await;

    let mails: Vec<_> = server.mails().iter().map(|raw| Eml::parse(raw)).collect();
    assert_eq!(mails.len(), 3);
    let ours = |recipient: &String| {
        recipient.contains("<alice@example.com>") || recipient.contains("<bob@example.com>")
    };
    assert!(server.recipients().iter().all(ours), "{:?}", server.recipients());
    for mail in &mails {
        assert_eq!(mail.count("Bcc") + mail.count("Cc"), 0, "{:?}", mail.headers);
        assert_eq!(mail.headers.len(), 12, "{:?}", mail.headers);
        assert!(mail.text.starts_with(&format!("Bonjour {on_one_line},\n")), "{}", mail.text);
        assert!(!mail.text.contains("49"), "{}", mail.text);
        assert!(!mail.html.contains("<script") && mail.html.contains("&lt;script&gt;"), "{}", mail.html);
        // Only what the agent wrote has lines of its own, and nothing of ours comes after it.
        let ours = before_the_comment(&mail.text).0;
        assert!(!ours.lines().any(|line| line.starts_with("Bcc") || line == "."), "{ours}");
    }
    let comments: Vec<_> = mails.iter().filter_map(|mail| before_the_comment(&mail.text).1).collect();
    assert_eq!(comments.len(), 2);
    for comment in comments {
        assert_eq!(comment.trim_end(), text.replace("\r\n", "\n"));
    }
    let mut told = mails.iter().filter_map(|mail| mail.text.split_once("Changements:\n"));
    let (_, told) = told.next().expect("the status changed");
    assert!(told.contains(&format!("- Titre: a → {on_one_line}\n")), "{told}");
    assert!(told.contains(&format!("- Échéance: a → {on_one_line}\n")), "{told}");
}

/// What stands before the comment that a mail quotes, and the comment.
fn before_the_comment(text: &str) -> (&str, Option<&str>) {
    let cut = ["Commentaire de l'agent:\n", "Commentaire:\n"].iter().find_map(|head| text.split_once(head));
    cut.map_or((text, None), |(before, comment)| (before, Some(comment)))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_could_break_out_gets_no_mail() {
    let server = SmtpServer::start(Mood::Takes).await;
    let service = Service::with(&[("SMTP_URL", &server.url())], None).await;
    let now = service.world.clock().now();
    let addresses = [
        "alice@example.com\r\nBcc: victim@example.com",
        "alice@example.com>\r\nRCPT TO:<victim@example.com",
        "alice@example.com, victim@example.com",
        "alice\n@example.com",
        "nobody",
        "",
    ];
    for email in addresses {
        let command = SendPasswordResetMail {
            user_id: UserId::at(now),
            email: email.to_owned(),
            token: "s3cret".into(),
            expires_at: now + Duration::minutes(30),
        };
        service.world.command(&command).await;
    }
    service.settled().await;
    assert!(server.mails().is_empty() && server.recipients().is_empty());
    let left = service.texts("SELECT DISTINCT status || ' ' || payload FROM deliveries").await;
    assert_eq!(left, [Some("failed {}".to_owned())]);
}
