//! What happened to each ticket, as the outbox, the history and the audit trail tell it.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use crate::ledger::count;

/// What nobody did.
const BY_ITSELF: &str = " by itself";

const OF_THE_OUTBOX: &str = "\
    SELECT event->>'aggregateId', (event->>'aggregateVersion')::bigint, \
    concat_ws(' ', split_part(event->>'eventType', '.', 2), event->'data'->>'clock', event->'data'->>'newStatus', \
    CASE WHEN event->>'userId' IS NULL THEN 'by itself' END) \
    FROM (SELECT sequence, envelope::json AS event FROM outbox) AS events ORDER BY sequence";

/// Of the lines that one change makes, the one that names it.
const OF_THE_HISTORY: &str = "\
    SELECT ticket_id::text, version, \
    concat_ws(' ', lower(action), CASE field_name WHEN 'responseAlert' THEN 'response' \
    WHEN 'resolutionAlert' THEN 'resolution' WHEN 'status' THEN new_value END, \
    CASE WHEN user_id IS NULL THEN 'by itself' END) \
    FROM ticket_history WHERE field_name IS NULL OR field_name NOT IN ('resolvedAt', 'closedAt') \
    ORDER BY created_at, id";

const OF_THE_TRAIL: &str = "\
    SELECT resource_id::text, (event->>'aggregateVersion')::bigint, \
    concat_ws(' ', replace(lower(action), 'ticket_', ''), event->'data'->>'clock', event->'data'->>'newStatus', \
    CASE WHEN user_id IS NULL THEN 'by itself' END) \
    FROM trail, LATERAL (SELECT envelope::json AS event) AS read WHERE event->>'source' = 'tickets' \
    ORDER BY sequence";

/// Of each ticket: which version it came to, and by what.
type Told = BTreeMap<String, Vec<(i64, String)>>;

/// The stories of all tickets, which the three tell alike, and what the tickets themselves say.
pub struct Stories {
    told: Told,
    versions: BTreeMap<String, i64>,
}

impl Stories {
    /// Reads them, and fails the test where two differ.
    pub async fn read(tickets: &DatabaseConnection, audit: &DatabaseConnection) -> Self {
        let told = read(tickets, OF_THE_OUTBOX).await;
        assert_alike(&told, &read(tickets, OF_THE_HISTORY).await, "the history");
        assert_alike(&told, &read(audit, OF_THE_TRAIL).await, "the audit trail");
        let lines = "SELECT count(*) FROM ticket_history WHERE field_name = 'closedAt'";
        let closed = "SELECT count(*) FROM tickets WHERE closed_at IS NOT NULL";
        assert_eq!(count(tickets, lines).await, count(tickets, closed).await, "each is closed once");
        let versions = read(tickets, "SELECT id::text, version, status FROM tickets").await;
        let versions = versions.into_iter().map(|(id, row)| (id, row[0].0)).collect();
        Self { told, versions }
    }

    /// Nothing else happened to a ticket by itself but this, in this order, and it was edited so often.
    pub fn assert_of(&self, ticket: &str, by_itself: &[&str], edits: usize) {
        let story = self.told.get(ticket).unwrap_or_else(|| panic!("nobody tells of {ticket}"));
        let versions: Vec<i64> = story.iter().map(|(version, _)| *version).collect();
        let expected: Vec<i64> = (1..=self.versions[ticket]).collect();
        assert_eq!(versions, expected, "no version is missing, none is doubled: {story:?}");
        let happened: Vec<_> = story.iter().filter_map(|(_, what)| what.strip_suffix(BY_ITSELF)).collect();
        assert_eq!(happened, by_itself, "{story:?}");
        let edited = story.iter().filter(|(_, what)| what == "updated").count();
        assert_eq!(edited, edits, "{story:?}");
    }
}

async fn read(db: &DatabaseConnection, sql: &str) -> Told {
    let mut told = Told::new();
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await;
    for row in rows.expect("the database can be read") {
        let ticket: String = row.try_get_by_index(0).expect("an id");
        let version = row.try_get_by_index(1).expect("a version");
        let what = row.try_get_by_index(2).expect("a text");
        told.entry(ticket).or_default().push((version, what));
    }
    told
}

fn assert_alike(events: &Told, others: &Told, name: &str) {
    assert_eq!(others.len(), events.len(), "{name} tells of as many tickets");
    for (ticket, story) in events {
        assert_eq!(others.get(ticket), Some(story), "{name} tells of {ticket} what the events do");
    }
}
