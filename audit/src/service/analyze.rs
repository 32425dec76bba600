use std::{sync::Arc, time::Duration};

use sea_orm::DbErr;
use shared::{
    clock::Clock,
    db::{Db, Tx},
    events::Envelope,
};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::rules::{Entry, Rules},
    store,
};

/// How often is looked for what is too old to be counted.
const SWEEP: Duration = Duration::from_secs(600);

/// Holds the rules against the events that are recorded, and raises an alert where one finds too much.
#[derive(Clone)]
pub struct Analyzer {
    rules: Arc<Rules>,
    clock: Clock,
}

impl Analyzer {
    pub(super) fn new(rules: Arc<Rules>, clock: Clock) -> Self {
        Self { rules, clock }
    }

    /// Looks at events that are being recorded in this transaction, and emits the alerts that they give cause for. What
    /// concerns no rule costs no statement.
    ///
    /// It is to be called while the head of the trail is locked: so recorders come one after the other, and each counts what
    /// those before it have entered.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn look(&self, tx: &Tx, events: impl IntoIterator<Item = &Envelope>) -> Result<(), DbErr> {
        for event in events {
            let entries = self.rules.entries(event);
            if entries.is_empty() {
                continue;
            }
            store::enter(tx, &entries).await?;
            for entry in entries.iter().filter(|entry| entry.is_hit()) {
                self.judge(tx, event, entry).await?;
            }
        }
        Ok(())
    }

    async fn judge(&self, tx: &Tx, event: &Envelope, entry: &Entry) -> Result<(), DbErr> {
        store::forget_older(tx, entry).await?;
        let Some(ends) = entry.open_ends(&store::spoken_of(tx, entry).await?) else { return Ok(()) };
        let Some(end) = store::overflowing(tx, entry, ends).await? else { return Ok(()) };
        let found = store::finding(tx, entry, end).await?;
        let (rule, count) = (entry.rule().name.as_str(), found.events);
        let (alert_id, alert) = entry.alert(found, self.clock.now());
        store::speak_of(tx, entry, end, alert_id).await?;
        tx.answering(event.correlation_id.clone(), Some(event.event_id));
        tx.emit(alert).await?;
        tracing::warn!(%alert_id, rule, key = entry.key(), events = count, "an alert was raised");
        metrics::counter!("audit_alerts_total", "rule" => rule).increment(1);
        Ok(())
    }
}

/// Forgets what the rules need no more, for as long as the process lives; any number of replicas may.
///
/// # Errors
/// None: a database that is away is tried again at the next turn.
pub async fn sweep(
    db: Db,
    rules: Arc<Rules>,
    clock: Clock,
    halting: CancellationToken,
) -> anyhow::Result<()> {
    loop {
        match turn(&db, &rules, &clock).await {
            Ok(0) => {}
            Ok(swept) => tracing::debug!(swept, "what the rules need no more is forgotten"),
            Err(error) => tracing::warn!(%error, "what the rules need no more could not be forgotten"),
        }
        tokio::select! {
            () = halting.cancelled() => return Ok(()),
            () = tokio::time::sleep(SWEEP) => {}
        }
    }
}

async fn turn(db: &Db, rules: &Rules, clock: &Clock) -> Result<u64, DbErr> {
    let tx = db.begin().await?;
    let swept = store::sweep(&tx, rules, clock.now()).await?;
    tx.commit().await?;
    Ok(swept)
}
