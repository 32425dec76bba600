use std::time::{Duration, Instant};

use sea_orm::DbErr;
use shared::{db::Tx, process::Lifecycle};

use super::{App, index};
use crate::{
    Error,
    domain::{Derived, Rebuild, measures},
    store,
};

/// Rows that are read again in one transaction. Nothing is recorded meanwhile.
const BATCH: u64 = 2_000;

/// How often is looked whether another replica was asked for something.
const LOOK: Duration = Duration::from_secs(10);

impl App {
    /// What is made of the trail, and when it was made anew.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn rebuilds(&self) -> Result<Vec<Rebuild>, Error> {
        Ok(store::rebuilds(self.db.conn()).await?)
    }

    /// Has one of them dropped and made anew, while everything else goes on.
    ///
    /// # Errors
    /// [`Error::Archived`] for what would be lost, when the database is away.
    pub async fn rebuild(&self, derived: Derived) -> Result<Rebuild, Error> {
        let tx = self.db.begin().await?;
        if derived == Derived::Metrics && store::retained(&*tx).await?.is_some() {
            return Err(Error::Archived);
        }
        let requested = store::request_rebuild(&tx, derived, self.clock.now()).await?;
        tx.commit().await?;
        self.rebuilder.notify_one();
        Ok(requested)
    }

    /// Makes anew what was asked for, and adds up the days that are over, for as long as the process lives; any number of replicas may.
    /// One that dies leaves the rest to the others.
    pub fn keep_rebuilding(&self, lifecycle: &Lifecycle) {
        let (app, stop) = (self.clone(), lifecycle.halting());
        lifecycle.spawn("audit rebuilder", async move {
            while !stop.is_cancelled() {
                match app.make_some().await {
                    Ok(true) => continue,
                    Ok(false) => {}
                    Err(error) => tracing::warn!(%error, "what is made of the trail could not be made anew; it is tried again"),
                }
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = app.rebuilder.notified() => {}
                    () = tokio::time::sleep(LOOK) => {}
                }
            }
            Ok(())
        });
    }

    /// One batch, or one day; whether there was anything to do.
    async fn make_some(&self) -> Result<bool, DbErr> {
        Ok(self.rebuild_some().await? || self.advance_standings().await?)
    }

    /// One batch; whether there was anything to do.
    pub(super) async fn rebuild_some(&self) -> Result<bool, DbErr> {
        let db = self.db.background();
        if store::rebuilds(db.conn()).await?.iter().all(|it| it.finished_at.is_some()) {
            return Ok(false);
        }
        let began = Instant::now();
        let tx = db.begin().await?;
        // Whoever records waits, and so does whoever else makes anew: what is read is all there is, and nobody is erased between
        // the reading of a key and the writing of what it opened.
        let head = store::lock_head(&tx).await?;
        let Some(rebuild) = store::open_rebuild(&tx).await? else { return Ok(true) };
        let moved = match rebuild.until {
            None => self.begin(&tx, rebuild, head.sequence).await?,
            Some(until) => self.go_on(&tx, rebuild, until).await?,
        };
        tx.commit().await?;
        tracing::debug!(
            derived = moved.derived.as_str(),
            done = moved.done,
            until = moved.until,
            took_ms = began.elapsed().as_millis(),
            "made anew so far"
        );
        if moved.finished_at.is_some() {
            tracing::info!(derived = moved.derived.as_str(), rows = moved.done, "made anew of the trail");
        }
        Ok(true)
    }

    async fn begin(&self, tx: &Tx, rebuild: Rebuild, until: i64) -> Result<Rebuild, DbErr> {
        match rebuild.derived {
            Derived::Metrics => store::metrics::clear(tx).await?,
            Derived::Search => index(tx.db()).clear(tx).await?,
        }
        self.note(tx, Rebuild { until: Some(until), ..rebuild }).await
    }

    async fn go_on(&self, tx: &Tx, rebuild: Rebuild, until: i64) -> Result<Rebuild, DbErr> {
        let mut rows = store::links(&**tx, rebuild.done, BATCH).await?;
        rows.retain(|(link, _)| link.sequence <= until);
        let Some((last, _)) = rows.last() else {
            return self.note(tx, Rebuild { done: until, ..rebuild }).await;
        };
        let done = last.sequence;
        let persons = rows.iter().filter_map(|(link, _)| link.person_id.filter(|_| link.sealed.is_some()));
        let seals = store::seals(&**tx, persons).await?;
        let mut lines = Vec::with_capacity(rows.len());
        for (link, facts) in &rows {
            let seal = link.person_id.and_then(|person| seals.get(&person)?.as_ref());
            let parts = link.parts(seal).map_err(|fault| DbErr::Type(fault.to_string()))?;
            lines.push((link, facts, parts));
        }
        match rebuild.derived {
            Derived::Metrics => {
                store::metrics::add(tx, &measures(lines.iter().map(|(.., parts)| &parts.kept))).await?;
            }
            Derived::Search => {
                let indexed = lines.iter().map(|(link, facts, parts)| {
                    store::Indexed::of(link.sequence, link.person_id, facts, parts)
                });
                index(tx.db()).add(tx, &indexed.collect::<Vec<_>>()).await?;
            }
        }
        self.note(tx, Rebuild { done, ..rebuild }).await
    }

    async fn note(&self, tx: &Tx, mut moved: Rebuild) -> Result<Rebuild, DbErr> {
        moved.finished_at = (Some(moved.done) >= moved.until).then(|| self.clock.now());
        store::move_rebuild(tx, &moved).await?;
        Ok(moved)
    }
}
