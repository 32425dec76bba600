use std::{sync::Arc, time::Duration};

use sea_orm::DbErr;
use shared::{
    clock::Clock,
    db::{Db, Tx},
    events::{Envelope, NewEvent},
    ids::AlertId,
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
        let of = |event| self.rules.entries(event).into_iter().map(move |entry| (event, entry));
        let (causes, entries): (Vec<_>, Vec<_>) = events.into_iter().flat_map(of).unzip();
        if entries.is_empty() {
            return Ok(());
        }
        store::enter(tx, &entries).await?;
        let busy = store::busy(tx, &entries).await?;
        for (event, entry) in causes.iter().zip(&entries) {
            if !entry.is_hit() || !busy.contains(&(entry.rule().name, entry.key().to_owned())) {
                continue;
            }
            if let Some((end, alert_id, alert)) = self.judge(tx, entry).await? {
                // What tipped the scale is what happened at the end of the window; it may have been recorded before.
                let is_end = |it: &Entry| it.at() == end && it.is_like(entry);
                let cause = entries.iter().position(is_end).map_or(*event, |place| causes[place]);
                tx.answering(cause.correlation_id.clone(), Some(cause.event_id));
                tx.emit(alert).await?;
                let rule = entry.rule().name.as_str();
                tracing::warn!(%alert_id, rule, key = entry.key(), "an alert was raised");
                metrics::counter!("audit_alerts_total", "rule" => rule).increment(1);
            }
        }
        Ok(())
    }

    /// The alert that an event gives cause for, if it does, and the end of the window that it speaks of.
    async fn judge(&self, tx: &Tx, entry: &Entry) -> Result<Option<(i64, AlertId, NewEvent)>, DbErr> {
        store::forget_older(tx, entry).await?;
        let Some(ends) = entry.open_ends(&store::spoken_of(tx, entry).await?) else { return Ok(None) };
        let Some(end) = store::overflowing(tx, entry, ends).await? else { return Ok(None) };
        let found = store::finding(tx, entry, end).await?;
        let (alert_id, alert) = entry.alert(found, self.clock.now());
        store::speak_of(tx, entry, end, alert_id).await?;
        Ok(Some((end, alert_id, alert)))
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
