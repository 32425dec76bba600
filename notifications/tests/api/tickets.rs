//! The mails on tickets that are under way: who gets one, and what it says.

use reqwest::{Method, StatusCode};
use serde_json::json;
use shared::{
    events::{
        Event, FieldChange, TicketAssigned, TicketCommented, TicketCreated, TicketStatusChanged,
        TicketUpdated, UserDeleted, UserProfileUpdated,
    },
    ids::{CommentId, UserId},
    testing::TestCaller,
};

use crate::Service;

/// A helpdesk in which Alice has opened a ticket and Bob and Carol are agents.
pub struct Desk {
    pub service: Service,
    pub alice: TestCaller,
    pub bob: TestCaller,
    pub carol: TestCaller,
    pub ticket: TicketCreated,
}

impl Desk {
    pub async fn open() -> Self {
        let service = Service::start().await;
        let alice = service.registered("alice@example.com").await;
        let bob = service.registered_agent("bob@example.com").await;
        let carol = service.registered_agent("carol@example.com").await;
        let ticket = service.ticket(alice.id, "Écran noir");
        Self { service, alice, bob, carol, ticket }
    }

    pub fn assigned(&self, to: Option<UserId>) -> TicketAssigned {
        TicketAssigned {
            ticket_id: self.ticket.ticket_id,
            ticket_number: self.ticket.ticket_number.clone(),
            title: self.ticket.title.clone(),
            priority: self.ticket.priority.clone(),
            user_id: self.alice.id,
            previous: None,
            assigned_to: to,
            due_date: self.ticket.due_date,
        }
    }

    /// Under way again, with a word about it.
    pub fn moved(&self) -> TicketStatusChanged {
        self.moved_to("WAITING_USER", "IN_PROGRESS")
    }

    pub fn moved_to(&self, old: &str, new: &str) -> TicketStatusChanged {
        TicketStatusChanged {
            ticket_id: self.ticket.ticket_id,
            ticket_number: self.ticket.ticket_number.clone(),
            title: self.ticket.title.clone(),
            user_id: self.alice.id,
            assigned_to: Some(self.bob.id),
            old_status: old.into(),
            new_status: new.into(),
            comment: Some("Le câble était débranché.\r\nBonne journée !".into()),
            changes: vec![change("resolution", None, Some("Câble rebranché"))],
        }
    }

    pub fn updated(&self, changes: Vec<FieldChange>) -> TicketUpdated {
        TicketUpdated {
            ticket_id: self.ticket.ticket_id,
            ticket_number: self.ticket.ticket_number.clone(),
            title: self.ticket.title.clone(),
            status: "IN_PROGRESS".into(),
            user_id: self.alice.id,
            assigned_to: Some(self.bob.id),
            changes,
        }
    }

    pub fn commented(&self, is_internal: bool, content: Option<&str>) -> TicketCommented {
        TicketCommented {
            ticket_id: self.ticket.ticket_id,
            ticket_number: self.ticket.ticket_number.clone(),
            title: self.ticket.title.clone(),
            status: "IN_PROGRESS".into(),
            comment_id: CommentId::at(self.service.world.clock().now()),
            user_id: self.alice.id,
            assigned_to: Some(self.bob.id),
            is_internal,
            content: content.map(str::to_owned),
        }
    }

    /// Tells of an event, and who got which mail on it, and whose list it stands in.
    pub async fn told<E: Event>(&self, event: &E, by: Option<UserId>) -> Vec<(String, String, String)> {
        let event = self.service.world.deliver(event, 2, by).await;
        self.service.settled().await;
        let sql = "SELECT recipient_id, template, channel || ' ' || status FROM deliveries WHERE event_id = $1 \
                   ORDER BY channel, recipient_id";
        let tx = self.service.world.db("notifications").begin().await.unwrap();
        let rows = tx.rows(sql, [event.event_id.0.into()]).await.unwrap();
        let row = |row: &sea_orm::QueryResult| {
            let recipient = UserId(row.try_get_by_index(0).unwrap());
            let people = [(&self.alice, "alice"), (&self.bob, "bob"), (&self.carol, "carol")];
            let name = people.iter().find(|(person, _)| person.id == recipient).expect("one of the three").1;
            (name.to_owned(), row.try_get_by_index(1).unwrap(), row.try_get_by_index(2).unwrap())
        };
        rows.iter().map(row).collect()
    }
}

pub fn change(field: &str, old: Option<&str>, new: Option<&str>) -> FieldChange {
    FieldChange { field: field.into(), old: old.map(str::to_owned), new: new.map(str::to_owned) }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_reads_whose_ticket_it_is_and_until_when() {
    let desk = Desk::open().await;
    let profile = UserProfileUpdated {
        user_id: desk.alice.id,
        first_name: Some("Alice".into()),
        last_name: Some("Archer".into()),
        language: Some("en".into()),
        changes: Vec::new(),
    };
    desk.service.world.deliver(&profile, 1, Some(desk.alice.id)).await;
    desk.told(&desk.assigned(Some(desk.bob.id)), Some(desk.carol.id)).await;

    let mail = &desk.service.mails_are(1).await[0];
    assert_eq!(mail.header("To"), "bob@example.com");
    assert_eq!(mail.header("Subject"), "Nouveau ticket assigné - #HD-000042");
    assert_eq!(mail.header("Content-Language"), "fr", "it is the reader's language that counts");
    assert!(mail.header("References").starts_with(&format!("<ticket-{}@", desk.ticket.ticket_id)));
    insta::assert_snapshot!(mail.text, @"
    Bonjour bob,

    Un nouveau ticket vous a été assigné.

    Détails:
    - Numéro: #HD-000042
    - Titre: Écran noir
    - Priorité: HIGH
    - SLA: 31/01/2026 à 18:00 (UTC)
    - Créé par: Alice Archer

    Merci de le prendre en charge rapidement.
    ");
    let list = desk.service.get("/notifications", &desk.bob).await;
    assert_eq!(list["items"][0]["title"], "Nouveau ticket assigné - #HD-000042");
    assert_eq!(list["items"][0]["template"], "ticket_assigned");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requester_who_is_not_known_or_no_longer_holds_up_no_mail_and_is_not_named() {
    let desk = Desk::open().await;
    desk.service.world.deliver(&UserDeleted { user_id: desk.alice.id }, 2, None).await;
    desk.told(&desk.assigned(Some(desk.bob.id)), None).await;
    let stranger = TicketAssigned {
        user_id: UserId::at(desk.service.world.clock().now()),
        ..desk.assigned(Some(desk.bob.id))
    };
    desk.told(&stranger, None).await;
    for mail in desk.service.mails_are(2).await {
        assert_eq!(mail.header("To"), "bob@example.com");
        assert!(mail.text.contains("\n- Créé par: —\n"), "{}", mail.text);
    }
    // Nor is an account that has ended told anything.
    assert_eq!(desk.told(&desk.moved(), None).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_requester_reads_what_happened_in_their_own_language() {
    let desk = Desk::open().await;
    desk.told(&desk.moved(), Some(desk.bob.id)).await;
    let french = &desk.service.mails_are(1).await[0];
    assert_eq!(french.header("Subject"), "Mise à jour ticket #HD-000042");
    assert!(french.header("References").starts_with(&format!("<ticket-{}@", desk.ticket.ticket_id)));
    insta::assert_snapshot!(french.text, @"
    Bonjour alice,

    Votre ticket #HD-000042 a été mis à jour.

    Changements:
    - Statut: WAITING_USER → IN_PROGRESS
    - Résolution: Câble rebranché

    Commentaire de l'agent:
    Le câble était débranché.
    Bonne journée !
    ");

    let english = Some(json!({"language": "en"}));
    let path = "/notifications/preferences";
    assert_eq!(desk.service.call(Method::PUT, path, &desk.alice, english).await.0, StatusCode::OK);
    let later = "2026-02-01T09:05:00Z";
    let changes = vec![
        change("title", Some("Écran noir"), Some("Écran bleu")),
        change("description", Some("a"), Some(&"long ".repeat(4_000))),
        change("dueDate", Some("2026-01-31T18:00:00Z"), Some(later)),
    ];
    desk.told(&desk.updated(changes), Some(desk.bob.id)).await;
    let mails = desk.service.mails_are(2).await;
    let mail = mails.iter().find(|mail| mail.header("Content-Language") == "en").unwrap();
    assert_eq!(mail.header("Subject"), "Update on ticket #HD-000042");
    let cut = "long ".repeat(31) + "long…";
    let expected = format!(
        "Hello alice,\n\nYour ticket #HD-000042 has been updated.\n\nChanges:\n\
         - Title: Écran noir → Écran bleu\n- Description: a → {cut}\n\
         - Due: 31 January 2026 at 18:00 (UTC) → 1 February 2026 at 09:05 (UTC)"
    );
    assert_eq!(mail.text.trim_end(), expected);
    let list = desk.service.get("/notifications", &desk.alice).await;
    assert_eq!(list["items"][0]["title"], "Update on ticket #HD-000042");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_want_these_mails_gets_none_and_finds_them_in_the_list() {
    let desk = Desk::open().await;
    let off = json!({"email": {"ticket_assigned": false, "ticket_updated": false}});
    for person in [&desk.alice, &desk.bob] {
        let path = "/notifications/preferences";
        let (status, _) = desk.service.call(Method::PUT, path, person, Some(off.clone())).await;
        assert_eq!(status, StatusCode::OK);
    }
    let quiet = |name: &str, template: &str| {
        ["email suppressed", "in_app sent"].map(|way| (name.to_owned(), template.to_owned(), way.to_owned()))
    };
    let assigned = desk.told(&desk.assigned(Some(desk.bob.id)), None).await;
    assert_eq!(assigned, quiet("bob", "ticket_assigned"));
    assert_eq!(desk.told(&desk.moved(), None).await, quiet("alice", "ticket_updated"));
    assert!(desk.service.mails().is_empty());
    for person in [&desk.alice, &desk.bob] {
        let count = desk.service.get("/notifications/unread-count", person).await;
        assert_eq!(count, json!({"count": 1}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_tells_nobody_twice() {
    let desk = Desk::open().await;
    let world = &desk.service.world;
    let bob = Some(desk.bob.id);
    let events = [
        world.deliver(&desk.assigned(bob), 2, None).await,
        world.deliver(&desk.moved(), 3, bob).await,
        world.deliver(&desk.updated(vec![change("title", None, Some("b"))]), 4, bob).await,
        world.deliver(&desk.commented(false, Some("Bonjour")), 5, bob).await,
    ];
    desk.service.mails_are(4).await;
    for event in &events {
        world.deliver_again(event).await;
    }
    // A replay may come after the inbox was purged: the delivery's own key must hold then.
    let forgotten = desk.service.alter("DELETE FROM inbox WHERE consumer = 'notifications'", []).await;
    assert!(forgotten >= 4);
    for event in &events {
        world.deliver_again(event).await;
    }
    desk.service.mails_are(4).await;
    assert_eq!(desk.service.number("SELECT count(*) FROM deliveries WHERE status = 'sent'").await, 8);
    let withheld = "SELECT count(*) FROM deliveries WHERE status = 'suppressed'";
    assert_eq!(desk.service.number(withheld).await, 1, "Bob's own comment is not told to Bob");
}

/// A replica of before left this behind.
#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_from_before_is_still_sent() {
    let desk = Desk::open().await;
    let path = "/notifications/preferences";
    let off = json!({"email": {"ticket_created": false}});
    desk.service.call(Method::PUT, path, &desk.alice, Some(off)).await;
    desk.told(&desk.ticket, Some(desk.alice.id)).await;
    let stored = json!({
        "ticketId": desk.ticket.ticket_id,
        "ticketNumber": "HD-000007",
        "title": "Avant",
        "priority": "LOW",
        "category": "hardware",
    });
    let on = json!({"email": {"ticket_created": true}});
    desk.service.call(Method::PUT, path, &desk.alice, Some(on)).await;
    let sql = "UPDATE deliveries SET payload = $1, status = 'pending' \
               WHERE channel = 'email' AND template = 'ticket_created'";
    assert_eq!(desk.service.alter(sql, [stored.to_string().into()]).await, 1);
    // And two went to the agents before.
    let mails = desk.service.mails_are(3).await;
    assert!(
        mails.iter().any(|mail| mail.header("Subject") == "Ticket #HD-000007 créé - Avant"),
        "{mails:#?}"
    );
}
