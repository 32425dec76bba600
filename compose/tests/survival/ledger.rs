//! What is there in the end: read from the databases and the mailboxes themselves.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use async_nats::jetstream::{self, stream::Stream};
use futures_util::TryStreamExt;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use serde_json::Value;
use shared::testing::published;

use crate::{
    clients::Opened,
    place::{Place, SERVICES},
    waiting::until,
};

const MAILS_TO_SEND: &str = "SELECT count(*) FROM deliveries WHERE channel = 'email' AND status = 'pending'";

/// The databases of one helpdesk, and where its mail goes.
pub struct Ledger {
    tickets: DatabaseConnection,
    audit: DatabaseConnection,
    notifications: DatabaseConnection,
    mail: PathBuf,
    services: Vec<DatabaseConnection>,
    nats: Option<String>,
}

impl Ledger {
    pub async fn of(place: &Place) -> Self {
        let connect = async |service: &str| {
            Database::connect(place.database(service)).await.expect("the database is there")
        };
        let mut services = Vec::new();
        for service in SERVICES {
            services.push(connect(service).await);
        }
        Self {
            tickets: connect("tickets").await,
            audit: connect("audit").await,
            notifications: connect("notifications").await,
            mail: place.mail(),
            services,
            nats: place.nats(),
        }
    }

    /// Waits until events flow.
    pub async fn until_more_is_audited(&self) {
        let before = count(&self.audit, "SELECT count(*) FROM trail").await;
        until("more is audited", || async {
            count(&self.audit, "SELECT count(*) FROM trail").await > before
        })
        .await;
    }

    /// Waits until all that was said was heard.
    pub async fn until_idle(&self) {
        until("nothing is on its way any more", || async {
            // They are looked at one after the other, and a consumer may emit where nobody looks any more: so nothing may
            // have moved meanwhile.
            let before = self.published().await;
            before.is_some() && self.consumers_are_idle().await && self.published().await == before
        })
        .await;
    }

    /// Waits until all that was said was heard, and every mail on it is sent.
    pub async fn until_all_is_mailed(&self) {
        self.until_idle().await;
        until("every mail is sent", || async { count(&self.notifications, MAILS_TO_SEND).await == 0 }).await;
        // A mail that was sent is told of, too.
        self.until_idle().await;
    }

    /// How far the streams and the outboxes have come; `None` while anything waits to be published.
    async fn published(&self) -> Option<Vec<i64>> {
        let mut positions: Vec<_> = self
            .streams()
            .await
            .iter()
            .map(|stream| stream.cached_info().state.last_sequence.cast_signed())
            .collect();
        for service in &self.services {
            positions.push(published(service).await?);
        }
        Some(positions)
    }

    /// Whether every consumer has acknowledged all that it was handed, and nothing is left to be.
    async fn consumers_are_idle(&self) -> bool {
        for stream in self.streams().await {
            let consumers: Vec<_> =
                stream.consumers().try_collect().await.expect("its consumers can be listed");
            if consumers.iter().any(|consumer| consumer.num_pending > 0 || consumer.num_ack_pending > 0) {
                return false;
            }
        }
        true
    }

    async fn streams(&self) -> Vec<Stream> {
        let Some(nats) = &self.nats else { return Vec::new() };
        let context = jetstream::new(async_nats::connect(nats).await.expect("NATS answers"));
        let mut streams = Vec::new();
        for stream in ["HELPDESK", "HELPDESK_COMMANDS"] {
            streams.push(context.get_stream(stream).await.expect("the stream is there"));
        }
        streams
    }

    /// Waits until all has been said and done, and compares, mails too.
    pub async fn agrees_with(&self, opened: &[Opened]) {
        self.has_tickets(opened).await;
        let arrived =
            "SELECT count(*) FROM deliveries WHERE channel = 'email' AND template = 'ticket_created'";
        until("every mail is sent", || async {
            count(&self.notifications, arrived).await >= opened.len() as i64
                && count(&self.notifications, MAILS_TO_SEND).await == 0
        })
        .await;
        self.has_each_once(opened).await;

        let answered: BTreeSet<String> = opened.iter().map(|ticket| ticket.number.clone()).collect();
        let requesters: BTreeSet<&str> = opened.iter().map(|ticket| ticket.email.as_str()).collect();
        let mails = mails_by_ticket(&self.mail, &requesters);
        assert_eq!(BTreeSet::from_iter(mails.keys().cloned()), answered, "every ticket has its mail");
        for (ticket, message_ids) in mails {
            assert_eq!(
                message_ids.len(),
                1,
                "{ticket} has mails with different Message-IDs: {message_ids:?}"
            );
        }
        let mut sources: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
        let trail = self.trail().await;
        for event in &trail {
            let numbers = sources.entry(event["source"].as_str().unwrap()).or_default();
            assert!(numbers.insert(event["sequence"].as_i64().unwrap()), "{event} has a number of its own");
        }
        for (source, numbers) in sources {
            assert!(numbers.iter().copied().eq(1..=numbers.len() as i64), "{source}'s sequence has a hole");
        }
    }

    /// Waits until nothing is on its way: what was answered 201 is there once, with one audit row, and nothing else is.
    pub async fn has_each_once(&self, opened: &[Opened]) {
        self.has_tickets(opened).await;
        self.until_idle().await;
        for service in &self.services {
            let failed = count(service, "SELECT count(*) FROM failed_events").await;
            assert_eq!(failed, 0, "no consumer was handed anything twice, or gave up on anything");
        }

        let trail = self.trail().await;
        let opening = trail.iter().filter(|event| event["eventType"] == "ticket.created");
        let audited: Vec<String> =
            opening.map(|event| event["aggregateId"].as_str().unwrap().to_owned()).collect();
        let ids: BTreeSet<String> = opened.iter().map(|ticket| ticket.id.clone()).collect();
        assert_eq!(audited.len(), opened.len(), "no audit row is doubled");
        assert_eq!(BTreeSet::from_iter(audited), ids, "every ticket has its audit row");
    }

    /// These are there and no others; waits until all of them are audited.
    async fn has_tickets(&self, opened: &[Opened]) {
        let tickets = texts(&self.tickets, "SELECT ticket_number FROM tickets").await;
        let answered: BTreeSet<String> = opened.iter().map(|ticket| ticket.number.clone()).collect();
        assert_eq!(answered.len(), opened.len(), "no two answers name the same ticket");
        assert_eq!(
            BTreeSet::from_iter(tickets.clone()),
            answered,
            "what was answered 201 is there, and nothing else"
        );
        assert_eq!(tickets.len(), opened.len());
        until("every ticket is audited", || async {
            count(&self.audit, "SELECT count(*) FROM trail WHERE action = 'TICKET_CREATED'").await
                >= opened.len() as i64
        })
        .await;
    }

    async fn trail(&self) -> Vec<Value> {
        let trail = texts(&self.audit, "SELECT envelope AS id FROM trail").await;
        trail.iter().map(|event| serde_json::from_str(event).unwrap()).collect()
    }
}

/// Whether everything that a service has emitted is published.
pub async fn is_published(service: &DatabaseConnection) -> bool {
    published(service).await.is_some()
}

/// The Message-IDs of the mails that tell of a ticket's opening, by ticket number.
fn mails_by_ticket(folder: &Path, requesters: &BTreeSet<&str>) -> BTreeMap<String, BTreeSet<String>> {
    let mut by_ticket: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for mail in mails(folder) {
        let is_ours = requesters.iter().any(|requester| mail.to.contains(requester));
        if let (Some(number), true) = (mail.ticket(), is_ours) {
            by_ticket.entry(number).or_default().insert(mail.message_id);
        }
    }
    by_ticket
}

/// One mail as it arrived.
pub struct Mail {
    pub to: String,
    pub message_id: String,
    pub subject: String,
    body: String,
}

impl Mail {
    /// The number of the ticket that it is about.
    pub fn ticket(&self) -> Option<String> {
        self.body.find("HD-").map(|at| self.body[at..].chars().take(9).collect())
    }
}

/// All mails that lie here, other tests' too.
pub fn mails(folder: &Path) -> impl Iterator<Item = Mail> {
    files(folder).into_iter().map(|file| {
        let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap_or_default()).replace("\r\n", "\n");
        let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
        let header = |name: &str| {
            let line = head
                .lines()
                .find(|line| line.to_lowercase().starts_with(&format!("{}:", name.to_lowercase())));
            line.map(|line| line[name.len() + 1..].trim().to_owned())
        };
        let [to, message_id, subject] =
            ["To", "Message-ID", "Subject"].map(|name| header(name).unwrap_or_default());
        Mail { to, message_id, subject, body: body.to_owned() }
    })
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found
}

/// One number.
pub async fn count(db: &DatabaseConnection, sql: &str) -> i64 {
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await;
    row.expect("the database can be read").expect("one row").try_get_by_index(0).expect("a number")
}

/// One column of texts.
pub async fn texts(db: &DatabaseConnection, sql: &str) -> Vec<String> {
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await;
    rows.expect("the database can be read")
        .iter()
        .map(|row| row.try_get_by_index(0).expect("a text"))
        .collect()
}
