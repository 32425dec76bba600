use std::time::Duration;

use chrono::TimeDelta;
use sea_orm::DbErr;
use shared::db::Db;
use tokio_util::sync::CancellationToken;

use super::App;
use crate::store;

/// Tickets in one transaction.
const BATCH: u64 = 50;
/// A replica whose clock is further from the database's makes nothing happen: the others' clocks are right.
const CLOCKS_APART: TimeDelta = TimeDelta::seconds(30);

/// Makes happen what is due: warnings, breaches, automatic closings. Any number of them work on one database and none
/// leads: a ticket is locked while it is rung, those that are locked are passed over, and what has happened is written in
/// the ticket itself, so it happens once.
pub struct Timers {
    app: App,
    db: Db,
    poll: Duration,
}

impl Timers {
    /// `db` is the pool for background tasks.
    #[must_use]
    pub fn new(app: App, db: Db, poll: Duration) -> Self {
        Self { app, db, poll }
    }

    /// Works until `halting`.
    ///
    /// # Errors
    /// Never by itself: a database that is away is waited for.
    pub async fn run(self, halting: CancellationToken) -> anyhow::Result<()> {
        let mut poll = tokio::time::interval(self.poll);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while halting.run_until_cancelled(poll.tick()).await.is_some() {
            loop {
                match self.turn().await {
                    Ok(rung) if rung as u64 == BATCH && !halting.is_cancelled() => {}
                    Ok(_) => break,
                    Err(error) => {
                        tracing::warn!("timers cannot be rung: {error}");
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// One transaction; how many tickets it rang.
    async fn turn(&self) -> Result<usize, DbErr> {
        let now = self.app.clock.now();
        let due = store::next_timer(self.db.conn()).await?.filter(|at| *at <= now);
        metrics::gauge!("ticket_timers_late_seconds").set(due.map_or(0.0, |at| (now - at).as_seconds_f64()));
        if due.is_none() || !self.clock_is_right().await? {
            return Ok(0);
        }
        let tx = self.db.begin().await?;
        let tickets = store::lock_due(&tx, now, BATCH).await?;
        let count = tickets.len();
        for ticket in tickets {
            self.app.ring(&tx, ticket).await?;
        }
        tx.commit().await?;
        Ok(count)
    }

    async fn clock_is_right(&self) -> Result<bool, DbErr> {
        let apart = self.db.clock_skew().await?;
        metrics::gauge!("clock_skew_seconds").set(apart.as_seconds_f64());
        let is_right = apart.abs() <= CLOCKS_APART;
        if !is_right {
            tracing::error!(
                seconds = apart.num_seconds(),
                "this clock is not the database's: no timers are rung here"
            );
        }
        Ok(is_right)
    }
}
