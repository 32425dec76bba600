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
        let of = |event| self.rules.entries(event).into_iter().map(move |entry| (event, entry));
        let (causes, entries): (Vec<_>, Vec<_>) = events.into_iter().flat_map(of).unzip();
        if entries.is_empty() {
            return Ok(());
        }
        store::enter(tx, &entries).await?;
        for (rule, key) in store::busy(tx, &entries).await? {
            let concern = |(_, entry): &(_, &Entry)| entry.rule().name == rule && entry.key() == key;
            let mut concerned: Vec<_> = causes.iter().copied().zip(&entries).filter(concern).collect();
            concerned.sort_by_key(|(_, entry)| entry.at());
            self.judge(tx, &concerned).await?;
        }
        Ok(())
    }

    /// Raises the alerts that some events give cause for, which are counted under one key and are in the order of their times.
    async fn judge(&self, tx: &Tx, concerned: &[(&Envelope, &Entry)]) -> Result<(), DbErr> {
        let (Some((_, first)), Some((_, last))) = (concerned.first(), concerned.last()) else {
            return Ok(());
        };
        let window = first.rule().window_micros();
        // Where a window can end that has one of them in it. In order, the newest is the end of its own; one that comes late may
        // complete the window of a later one.
        let mut ends = first.at()..=last.at() + window - 1;
        let spoken_of = store::spoken_of(tx, first, &ends).await?;
        let mut open = first.rule().open_ends(ends.clone(), &spoken_of).into_iter();
        while let Some(some) = open.next() {
            if let Some(end) = store::overflowing(tx, first, some).await? {
                self.raise(tx, concerned, end).await?;
                ends = end + window..=*ends.end();
                open = first.rule().open_ends(ends.clone(), &spoken_of).into_iter();
            }
        }
        store::forget_older(tx, last).await
    }

    /// Raises the alert over the window that ends then.
    async fn raise(&self, tx: &Tx, concerned: &[(&Envelope, &Entry)], end: i64) -> Result<(), DbErr> {
        // What tipped the scale is what happened at the end of the window; where that was recorded before, the last of these in it.
        let up_to_end = concerned.iter().rev().find(|(_, entry)| entry.at() <= end);
        let Some((cause, entry)) = up_to_end.or(concerned.first()) else { return Ok(()) };
        let found = store::finding(tx, entry, end).await?;
        let (alert_id, alert) = entry.alert(found, self.clock.now());
        store::speak_of(tx, entry, end, alert_id).await?;
        tx.answering(cause.correlation_id.clone(), Some(cause.event_id));
        tx.emit(alert).await?;
        let rule = entry.rule().name.as_str();
        tracing::warn!(%alert_id, rule, key = entry.key(), "an alert was raised");
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
