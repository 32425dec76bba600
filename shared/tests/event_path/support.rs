use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use sea_orm::ConnectionTrait;
use shared::{
    bus::{Durable, Fault, Handler},
    clock::Timestamp,
    db::{Db, Tx},
    events::{Envelope, NewEvent, TicketDeleted},
    ids::{TicketId, UserId},
    testing::World,
};

/// The audit consumer's definition: it wants every event.
pub fn everything() -> Durable {
    Durable::new("audit", include_str!("../../../nats/consumers/audit.json"))
        .expect("the definition is sound")
}

/// Writes one row per event, so that a doubled effect shows.
#[derive(Clone, Default)]
pub struct Recorder {
    pub seen: Arc<Mutex<Vec<Envelope>>>,
    /// How many times the next handling fails in passing.
    pub passing_faults: Arc<AtomicU32>,
    /// The ticket number that no handling will ever take.
    pub poison: Option<&'static str>,
}

impl Handler for Recorder {
    async fn handle(&self, tx: &Tx, event: &Envelope) -> Result<(), Fault> {
        let deleted: TicketDeleted = event.data()?;
        if self.poison == Some(deleted.ticket_number.as_str()) {
            return Err(Fault::Poison("it is poison".to_owned()));
        }
        if self
            .passing_faults
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
            .is_ok()
        {
            return Err(Fault::Passing(anyhow::anyhow!("not now")));
        }
        let sql = "INSERT INTO effects (event_id, number) VALUES ($1, $2)";
        tx.run(sql, [event.event_id.0.into(), deleted.ticket_number.into()]).await?;
        self.seen.lock().unwrap().push(event.clone());
        Ok(())
    }
}

/// Two databases: one that emits, and one of a consumer with a table for its effects.
pub async fn databases(world: &World) -> (Db, Db) {
    let tickets = world.open::<migrations::tickets::Migrator>("tickets").await;
    let audit = world.open::<migrations::audit::Migrator>("audit").await;
    let make = "CREATE TABLE effects (event_id UUID, number TEXT)";
    audit.conn().execute_unprepared(make).await.expect("a table can be made");
    (tickets, audit)
}

/// An event about a ticket of that number.
pub fn event(number: &str, now: Timestamp) -> NewEvent {
    let deleted = TicketDeleted {
        ticket_id: TicketId::at(now),
        ticket_number: number.to_owned(),
        user_id: UserId::at(now),
    };
    NewEvent::of(&deleted, 1, Some(deleted.user_id), now)
}

/// Commits one event of that number.
pub async fn emit(db: &Db, number: &str) {
    let tx = db.begin().await.expect("a transaction begins");
    tx.emit(event(number, db.clock().now())).await.expect("the outbox takes it");
    tx.commit().await.expect("it commits");
}

/// The effects' numbers, in the order of the table.
pub async fn effects(db: &Db) -> Vec<String> {
    let rows = db
        .conn()
        .query_all_raw(db.sql("SELECT number FROM effects ORDER BY number", []))
        .await
        .expect("readable");
    rows.iter().map(|row| row.try_get("", "number").expect("a text")).collect()
}

/// The one number that a query answers.
pub async fn count(db: &Db, sql: &str) -> i64 {
    let row = db.conn().query_one_raw(db.sql(sql, [])).await.expect("readable").expect("one row");
    row.try_get_by_index(0).expect("a number")
}

/// `000` … as many as asked.
pub fn numbers(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{number:03}")).collect()
}
