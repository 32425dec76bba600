use std::{collections::BTreeMap, sync::Arc, time::Duration};

use sea_orm::DbErr;
use shared::{
    clock::Clock,
    db::{Db, Tx},
    events::Envelope,
};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::rules::{Entry, Rule, Rules},
    store,
};

/// How often is looked for what is too old to be counted.
const SWEEP: Duration = Duration::from_secs(600);

/// Events that are counted under one key of a rule, each with what it is to that rule.
type Concerned<'a> = Vec<(&'a Envelope, &'a Entry)>;

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
        for (rule, keys) in store::busy(tx, &entries).await? {
            let mut concerned: BTreeMap<&str, Concerned<'_>> = BTreeMap::new();
            for (cause, entry) in causes.iter().zip(&entries) {
                if entry.rule().name == rule.name && keys.contains(entry.key()) {
                    concerned.entry(entry.key()).or_default().push((cause, entry));
                }
            }
            self.judge(tx, &rule, concerned).await?;
        }
        Ok(())
    }

    /// Raises the alerts that a rule finds cause for in what happened under some keys.
    async fn judge(
        &self,
        tx: &Tx,
        rule: &Rule,
        concerned: BTreeMap<&str, Concerned<'_>>,
    ) -> Result<(), DbErr> {
        let times = || concerned.values().flatten().map(|(_, entry)| entry.at());
        let (Some(first), Some(last)) = (times().min(), times().max()) else { return Ok(()) };
        // Where a window can end that has one of them in it. In order, the newest is the end of its own; one that comes late may
        // complete the window of a later one.
        let ends = first..=last + rule.window_micros() - 1;
        let keys = concerned.keys().copied().collect();
        let spoken_of = store::spoken_of(tx, rule, &keys, &ends).await?;
        let open = |key| rule.open_ends(ends.clone(), spoken_of.get(key).map_or(&[], Vec::as_slice));
        let mut open: BTreeMap<&str, _> = keys.iter().map(|key| (*key, open(*key))).collect();
        open.retain(|_, ends| !ends.is_empty());
        let moments = store::moments(tx, rule, &open.keys().copied().collect(), &ends).await?;
        for (key, moments) in &moments {
            for end in rule.overflowing(moments, &open[&**key]) {
                self.raise(tx, &concerned[&**key], end).await?;
            }
        }
        store::forget_older(tx, rule, &keys, first).await
    }

    /// Raises the alert over the window that ends then.
    async fn raise(&self, tx: &Tx, concerned: &Concerned<'_>, end: i64) -> Result<(), DbErr> {
        // What tipped the scale is what happened at the end of the window; where that was recorded before, the last of these in it.
        let up_to_end = concerned.iter().filter(|(_, entry)| entry.at() <= end);
        let cause = up_to_end.max_by_key(|(_, entry)| entry.at()).or(concerned.first());
        let Some((cause, entry)) = cause else { return Ok(()) };
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
