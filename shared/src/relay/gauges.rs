//! What waits in a service's database, as metrics. Every replica looks for itself, also while NATS is away and whether or
//! not it leads: that is when somebody wants to know.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbErr};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Timestamp,
    db::Db,
    events,
    telemetry::{Measure, Unit},
};

const EVERY: Duration = Duration::from_secs(5);

/// Describes what the relay of a service counts, all of it at zero.
pub(super) fn begin(service: &'static str) {
    let own = [("service", service)];
    Measure::gauge("outbox_oldest_age_seconds", Unit::Seconds, "Age of the oldest event not published yet.")
        .series(&own);
    Measure::gauge(
        "failed_events_waiting",
        Unit::Count,
        "Events that a consumer gave up on, not resolved yet.",
    )
    .series(&own);
    for (name, about) in [
        ("db_pool_connections", "Connections to the database that are open."),
        ("db_pool_connections_used", "Connections to the database that somebody holds."),
        ("db_pool_connections_max", "Connections to the database that may be open."),
    ] {
        let pools = Measure::gauge(name, Unit::Count, about);
        ["http", "background"].iter().for_each(|pool| pools.series(&[own[0], ("pool", pool)]));
    }
    Measure::counter("relay_errors_total", Unit::Count, "Rounds of the relay that failed.").series(&own);
    Measure::counter(
        "relay_rewinds_total",
        Unit::Count,
        "Times that JetStream had lost acknowledged events.",
    )
    .series(&own);
    Measure::counter(
        "relay_published_again_total",
        Unit::Count,
        "Events published again because audit asked.",
    )
    .series(&own);
    let published = Measure::counter("relay_published_total", Unit::Count, "Messages that were published.");
    ["events", "commands"].iter().for_each(|lane| published.series(&[own[0], ("lane", lane)]));
    let by_type =
        Measure::counter("events_published_total", Unit::Count, "Events that were published, by type.");
    events::ALL.iter().for_each(|it| by_type.series(&[own[0], ("event", it.name)]));
}

/// Counts what was published, by type. A subject is the type and the aggregate's id.
pub(super) fn published(service: &'static str, kinds: &[Option<&'static str>]) {
    for kind in kinds.iter().flatten() {
        metrics::counter!("events_published_total", "service" => service, "event" => *kind).increment(1);
    }
}

/// The type in a subject.
pub(super) fn kind(subject: &str) -> Option<&'static str> {
    let (kind, _) = subject.rsplit_once('.')?;
    events::ALL.iter().map(|it| it.name).find(|name| *name == kind)
}

/// Looks again and again, until the stop. A database that is away leaves what was seen last.
pub(super) async fn run(db: Db, stop: CancellationToken) -> anyhow::Result<()> {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        db.measure_pools();
        match stop.run_until_cancelled(look(&db)).await {
            Some(Err(error)) => {
                tracing::debug!(service = db.service(), %error, "the outbox cannot be looked at")
            }
            Some(Ok(())) => {}
            None => break,
        }
    }
    Ok(())
}

async fn look(db: &Db) -> Result<(), DbErr> {
    // Two look-ups by index: one condition with OR would walk through all that is retained.
    let numbered = "SELECT created_at FROM outbox WHERE sequence > \
                    (SELECT published_sequence FROM relay WHERE name = 'outbox') ORDER BY sequence LIMIT 1";
    let waiting = "SELECT created_at FROM outbox WHERE sequence IS NULL ORDER BY position LIMIT 1";
    let mut oldest = None;
    for text in [numbered, waiting] {
        if let Some(row) = db.conn().query_one_raw(db.sql(text, [])).await? {
            let at: Timestamp = row.try_get("", "created_at")?;
            oldest = Some(oldest.map_or(at, |known: Timestamp| known.min(at)));
        }
    }
    let age = oldest.and_then(|oldest| (db.clock().now() - oldest).to_std().ok()).unwrap_or_default();
    metrics::gauge!("outbox_oldest_age_seconds", "service" => db.service()).set(age.as_secs_f64());

    let failed = "SELECT COUNT(*) AS waiting FROM failed_events WHERE resolved_at IS NULL";
    if let Some(row) = db.conn().query_one_raw(db.sql(failed, [])).await? {
        let count: i64 = row.try_get("", "waiting")?;
        metrics::gauge!("failed_events_waiting", "service" => db.service()).set(count as f64);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::kind;

    #[test]
    fn a_subject_tells_the_type_of_an_event_that_is_known() {
        assert_eq!(kind("ticket.sla_breached.0199a5d0"), Some("ticket.sla_breached"));
        assert_eq!(kind("ticket.exploded.0199a5d0"), None);
        assert_eq!(kind("nonsense"), None);
    }
}
