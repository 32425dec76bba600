//! Who is told of what, who is not, and what the ledger says about it.

use reqwest::StatusCode;
use serde_json::json;
use shared::{
    events::{
        FileInfected, SlaClock, TicketCreated, TicketDeleted, TicketSlaBreached, TicketSlaWarning,
        UserRegistered, UserRoleChanged,
    },
    ids::{FileId, UserId},
};

use crate::{
    Service,
    tickets::{Desk, change},
};

type Told = Vec<(String, String, String)>;

/// A mail and a line of the list, both gone out, to each of these.
fn both(names: &[&str], template: &str) -> Told {
    let way = |way: &str| {
        let line = |name: &&str| ((*name).to_owned(), template.to_owned(), way.to_owned());
        names.iter().map(line).collect::<Vec<_>>()
    };
    sorted([way("email sent"), way("in_app sent")].concat())
}

/// Not told, for they did it.
fn withheld(name: &str, template: &str) -> Told {
    vec![(name.to_owned(), template.to_owned(), "email suppressed".to_owned())]
}

fn sorted(mut told: Told) -> Told {
    told.sort();
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_concerned_is_told_and_never_the_one_who_acted() {
    let desk = Desk::open().await;
    let (alice, bob, carol) = (Some(desk.alice.id), Some(desk.bob.id), Some(desk.carol.id));
    for (by, updated, closed, commented) in [
        (
            alice,
            withheld("alice", "ticket_updated"),
            [withheld("alice", "ticket_closed"), both(&["bob"], "ticket_closed")].concat(),
            [withheld("alice", "ticket_commented"), both(&["bob"], "ticket_commented")].concat(),
        ),
        (
            bob,
            both(&["alice"], "ticket_updated"),
            [both(&["alice"], "ticket_closed"), withheld("bob", "ticket_closed")].concat(),
            [both(&["alice"], "ticket_commented"), withheld("bob", "ticket_commented")].concat(),
        ),
        (
            carol,
            both(&["alice"], "ticket_updated"),
            both(&["alice", "bob"], "ticket_closed"),
            both(&["alice", "bob"], "ticket_commented"),
        ),
        (
            None,
            both(&["alice"], "ticket_updated"),
            both(&["alice"], "ticket_closed"),
            both(&["alice", "bob"], "ticket_commented"),
        ),
    ] {
        let priority = vec![change("priority", Some("LOW"), Some("HIGH"))];
        assert_eq!(sorted(desk.told(&desk.moved(), by).await), updated, "status by {by:?}");
        assert_eq!(sorted(desk.told(&desk.updated(priority), by).await), updated, "update by {by:?}");
        let over = desk.moved_to("RESOLVED", "CLOSED");
        assert_eq!(sorted(desk.told(&over, by).await), sorted(closed), "closed by {by:?}");
        let comment = desk.commented(false, Some("Bonjour"));
        assert_eq!(sorted(desk.told(&comment, by).await), sorted(commented), "comment by {by:?}");
    }
    for (by, to, expected) in [
        (carol, bob, both(&["bob"], "ticket_assigned")),
        (None, bob, both(&["bob"], "ticket_assigned")),
        (bob, bob, withheld("bob", "ticket_assigned")),
        (bob, carol, both(&["carol"], "ticket_assigned")),
        (bob, None, vec![]),
    ] {
        assert_eq!(sorted(desk.told(&desk.assigned(to), by).await), expected, "given to {to:?} by {by:?}");
    }
    let sent =
        desk.service.number("SELECT count(*) FROM deliveries WHERE channel = 'email' AND status = 'sent'");
    let sent = usize::try_from(sent.await).unwrap();
    desk.service.mails_are(sent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_turn_of_a_ticket_has_its_own_mail() {
    let desk = Desk::open().await;
    for (from, to, template, subject) in [
        ("IN_PROGRESS", "RESOLVED", "ticket_resolved", "Ticket #HD-000042 résolu"),
        ("RESOLVED", "CLOSED", "ticket_closed", "Ticket #HD-000042 fermé"),
        ("CLOSED", "OPEN", "ticket_reopened", "Ticket #HD-000042 rouvert"),
        ("OPEN", "IN_PROGRESS", "ticket_updated", "Mise à jour ticket #HD-000042"),
    ] {
        let told = desk.told(&desk.moved_to(from, to), Some(desk.bob.id)).await;
        assert!(told.iter().any(|(name, kind, _)| name == "alice" && kind == template), "{told:?}");
        let mails = desk.service.mails();
        let mail = mails.iter().find(|mail| mail.header("Subject") == subject).expect(subject);
        assert_eq!(mail.header("To"), "alice@example.com");
        assert_eq!(mail.header("List-Unsubscribe"), "<https://help.example.com/preferences>");
        assert!(mail.text.contains("Le câble était débranché.\nBonne journée !"), "{}", mail.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_ticket_is_told_to_all_active_agents() {
    let desk = Desk::open().await;
    let dave = desk.service.registered_agent("dave@example.com").await;
    let closed = shared::events::UserStatusChanged { user_id: dave.id, is_active: false };
    desk.service.world.deliver(&closed, 2, None).await;
    let told = desk.told(&desk.ticket, Some(desk.alice.id)).await;
    let expected =
        [both(&["alice"], "ticket_created"), both(&["bob", "carol"], "ticket_unassigned")].concat();
    assert_eq!(sorted(told), sorted(expected));
    let mails = desk.service.mails_are(3).await;
    let to_bob = mails.iter().find(|mail| mail.header("To") == "bob@example.com").unwrap();
    assert!(to_bob.text.contains("n'est assigné à personne"), "{}", to_bob.text);
    assert!(to_bob.text.contains("- Créé par: alice\n"), "{}", to_bob.text);

    // An agent's own ticket is not news to them.
    let own = TicketCreated { user_id: desk.bob.id, ..desk.service.ticket(desk.bob.id, "Mine") };
    let told = desk.told(&own, Some(desk.bob.id)).await;
    let expected = [both(&["bob"], "ticket_created"), both(&["carol"], "ticket_unassigned")].concat();
    assert_eq!(sorted(told), sorted(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_runs_out_is_told_to_the_agent_or_to_all() {
    let desk = Desk::open().await;
    let TicketCreated { ticket_id, ticket_number, title, priority, .. } = desk.ticket.clone();
    let due_at = desk.ticket.due_date;
    for (assigned_to, people) in [(Some(desk.bob.id), &["bob"] as &[&str]), (None, &["bob", "carol"])] {
        let warning = TicketSlaWarning {
            ticket_id,
            ticket_number: ticket_number.clone(),
            title: title.clone(),
            priority: priority.clone(),
            user_id: desk.alice.id,
            clock: SlaClock::Response,
            due_at,
            assigned_to,
        };
        assert_eq!(sorted(desk.told(&warning, None).await), both(people, "sla_warning"));
        let breach = TicketSlaBreached {
            ticket_id,
            ticket_number: ticket_number.clone(),
            title: title.clone(),
            priority: priority.clone(),
            user_id: desk.alice.id,
            clock: SlaClock::Resolution,
            due_at,
            assigned_to,
        };
        assert_eq!(sorted(desk.told(&breach, None).await), both(people, "sla_breach"));
    }
    let mails = desk.service.mails_are(6).await;
    assert!(mails.iter().any(|mail| mail.text.contains("Le délai de première réponse")));
    assert!(mails.iter().any(|mail| mail.text.contains("Le délai de résolution de ce ticket est dépassé")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_internal_comment_reaches_the_agent_without_its_words_and_the_requester_not_at_all() {
    let desk = Desk::open().await;
    let told = desk.told(&desk.commented(true, Some("He is a fool")), Some(desk.carol.id)).await;
    assert_eq!(sorted(told), both(&["bob"], "ticket_commented"));
    let mail = &desk.service.mails_are(1).await[0];
    assert!(mail.text.contains("Une note interne") && !mail.text.contains("fool"), "{}", mail.text);
    let export = desk.service.get("/notifications/export", &desk.alice).await;
    assert_eq!(export["notifications"], json!([]), "not even the ledger tells the requester");

    // Should it ever be the requester, or somebody who is no agent any more, that the event names.
    let demoted = UserRoleChanged { user_id: desk.bob.id, old_role: "agent".into(), new_role: "user".into() };
    desk.service.world.deliver(&demoted, 2, None).await;
    let told = desk.told(&desk.commented(true, None), Some(desk.carol.id)).await;
    assert_eq!(told, withheld("bob", "ticket_commented"));
    let mine =
        shared::events::TicketCommented { assigned_to: Some(desk.alice.id), ..desk.commented(true, None) };
    assert_eq!(desk.told(&mine, Some(desk.carol.id)).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_nobodys_business_is_told_to_nobody() {
    let desk = Desk::open().await;
    let reassigned = vec![change("assignedTo", None, Some("0199"))];
    assert_eq!(desk.told(&desk.updated(reassigned), Some(desk.bob.id)).await, []);
    let TicketCreated { ticket_id, ticket_number, .. } = desk.ticket.clone();
    let deleted = TicketDeleted { ticket_id, ticket_number, user_id: desk.alice.id };
    assert_eq!(desk.told(&deleted, Some(desk.alice.id)).await, []);
    assert_eq!(desk.service.number("SELECT count(*) FROM deliveries").await, 0);
    assert_eq!(desk.service.number("SELECT count(*) FROM failed_events").await, 0);
    assert!(desk.service.mails().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_account_is_welcomed_once_and_an_old_one_not_at_all() {
    let service = Service::start().await;
    let now = service.world.clock().now();
    let event =
        UserRegistered { user_id: UserId::at(now), email: "new@example.com".into(), role: "user".into() };
    let registered = service.world.deliver(&event, 1, Some(event.user_id)).await;
    let mail = &service.mails_are(1).await[0];
    assert_eq!(
        (mail.header("To").as_str(), mail.header("Subject").as_str()),
        ("new@example.com", "Bienvenue")
    );
    service.alter("DELETE FROM inbox WHERE consumer = 'notifications'", []).await;
    service.world.deliver_again(&registered).await;
    service.registered("old@example.com").await;
    service.mails_are(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_role_is_told_even_to_those_who_want_no_mails() {
    let service = Service::start().await;
    let alice = service.registered("alice@example.com").await;
    let event = UserRoleChanged { user_id: alice.id, old_role: "user".into(), new_role: "admin".into() };
    service.world.deliver(&event, 2, None).await;
    let mail = &service.mails_are(1).await[0];
    assert!(mail.text.contains("user → admin"), "{}", mail.text);
    assert_eq!(mail.count("List-Unsubscribe"), 0, "one cannot do without it");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_brought_an_infected_file_is_told() {
    let desk = Desk::open().await;
    let event = FileInfected {
        file_id: FileId::at(desk.service.world.clock().now()),
        ticket_id: desk.ticket.ticket_id,
        file_name: "<b>{{7*7}}</b>\r\nBcc: victim@example.com".into(),
        uploaded_by: desk.alice.id,
        signature: "Eicar".into(),
    };
    assert_eq!(sorted(desk.told(&event, Some(desk.alice.id)).await), both(&["alice"], "file_refused"));
    let mail = &desk.service.mails_are(1).await[0];
    assert!(mail.text.contains("- Fichier: <b>{{7*7}}</b> Bcc: victim@example.com\n"), "{}", mail.text);
    assert!(!mail.html.contains("<b>") && mail.count("Bcc") == 0, "{}", mail.html);
    let list = desk.service.get("/notifications", &desk.alice).await;
    assert_eq!(list["items"][0]["title"], "Fichier refusé");
    let (status, _) =
        desk.service.call(reqwest::Method::GET, "/admin/notifications", &desk.alice, None).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}
