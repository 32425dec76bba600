//! Events that are written straight into an outbox: what a service would have said, much faster than it could be asked to.

use sea_orm::{ConnectionTrait, DatabaseConnection};

/// How many people those events are about.
pub const READERS: i64 = 100;

/// Where the readers of this test live.
pub fn town() -> String {
    #[allow(
        clippy::disallowed_methods,
        reason = "the mail server is shared: an address is to be nobody else's"
    )]
    let name = uuid::Uuid::new_v4().simple();
    format!("{name}.example")
}

/// Says that so many tickets were opened, as tickets would have.
pub async fn open_tickets(tickets: &DatabaseConnection, town: &str, count: i64) {
    let data = "'ticketId', event, 'ticketNumber', 'HD-' || lpad(number::text, 6, '0'), 'title', 'It burns', \
                'priority', 'HIGH', 'category', 'hardware', 'userId', reader, 'dueDate', '2030-01-31T10:00:00.000000Z'";
    emit(tickets, town, count, ["tickets", "ticket.created", "event", "interval '0'", data]).await;
}

/// Writes events into a service's outbox, whence its relay takes them.
pub async fn emit(db: &DatabaseConnection, town: &str, count: i64, of: [&str; 5]) {
    let [source, kind, aggregate, age, data] = of;
    let sql = format!(
        "INSERT INTO outbox (event_id, subject, envelope, created_at) \
         SELECT event, '{kind}.' || {aggregate}, json_build_object('eventId', event, 'eventType', '{kind}', \
             'schemaVersion', 1, 'source', '{source}', 'userId', reader, 'aggregateId', {aggregate}, \
             'timestamp', to_char((now() - {age}) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), \
             'aggregateVersion', 1, 'sequence', 0, 'correlationId', event, 'causationId', NULL, \
             'data', json_build_object({data}))::text, now() \
         FROM (SELECT number, gen_random_uuid() AS event, md5('{town}' || number % {READERS})::uuid AS reader \
               FROM generate_series(1, {count}) AS number) AS new"
    );
    db.execute_unprepared(&sql).await.expect("events can be written");
}
