//! Texts that want to be more than texts.

use chrono::Duration;
use shared::{
    events::{SendPasswordResetMail, UserProfileUpdated},
    ids::UserId,
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
        assert_eq!(mail.headers.len(), 11, "{:?}", mail.headers);
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
