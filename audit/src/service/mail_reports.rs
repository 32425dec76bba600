use std::time::Duration;

use shared::{
    bus::{Bus, Durable},
    db::Db,
    events::NewEvent,
    ids::ReportId,
};
use tokio_util::sync::CancellationToken;

use super::App;
use crate::{
    domain::{
        Bucket, Derived,
        report::mailing::{Mail, Schedule, Step},
    },
    store,
};

/// Tells of reports that are due, by events that become mails elsewhere. Any number of replicas do, without a leader: the
/// primary key of `report_mails` lets one of them.
pub struct ReportMails {
    app: App,
    db: Db,
    bus: Bus,
    durable: Durable,
    schedule: Schedule,
    every: Duration,
    /// How far the stream had come when a report was first found due.
    awaited: Option<u64>,
}

impl ReportMails {
    /// `durable` is the consumer that brings the events.
    #[must_use]
    pub fn new(app: App, bus: Bus, durable: Durable, schedule: Schedule, every: Duration) -> Self {
        let db = app.db.background();
        Self { app, db, bus, durable, schedule, every, awaited: None }
    }

    /// Looks now and then until `halting`.
    ///
    /// # Errors
    /// Never by itself: what is away is waited for.
    pub async fn run(mut self, halting: CancellationToken) -> anyhow::Result<()> {
        // Not at once: at a start there is enough to do, and what waited for it comes first.
        while halting.run_until_cancelled(tokio::time::sleep(self.every)).await.is_some() {
            if let Some(Err(error)) = halting.run_until_cancelled(self.look()).await {
                tracing::warn!("reports that are due could not be told of; it is tried again: {error:#}");
            }
        }
        Ok(())
    }

    async fn look(&mut self) -> anyhow::Result<()> {
        let settled = store::settled_reports(self.db.conn()).await?;
        let mut waits = false;
        for step in self.schedule.steps(&settled, self.app.clock.now()) {
            match step {
                Step::Begin(mail) => self.begin(mail).await?,
                Step::Send(mail) if self.all_is_counted().await? => self.send(mail).await?,
                Step::Send(_) => waits = true,
            }
        }
        if !waits {
            self.awaited = None;
        }
        Ok(())
    }

    /// Whether what had happened when a report was first found due is counted. After an outage of audit alone it is not at
    /// once, nor while everything is counted anew; the numbers would be too small, and nobody would correct the mail.
    async fn all_is_counted(&mut self) -> anyhow::Result<bool> {
        let rebuilds = store::rebuilds(self.db.conn()).await?;
        if rebuilds.iter().any(|it| it.derived == Derived::Metrics && it.finished_at.is_none()) {
            return Ok(false);
        }
        let progress = self.bus.progress(&self.durable).await?;
        let awaited = *self.awaited.get_or_insert(progress.end);
        // A stream that was made anew begins anew.
        Ok(progress.done >= awaited.min(progress.end))
    }

    async fn begin(&self, mail: Mail) -> anyhow::Result<()> {
        let tx = self.db.begin().await?;
        store::settle_report(&tx, &mail, None, self.app.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    async fn send(&self, mail: Mail) -> anyhow::Result<()> {
        let report = self.app.report_on(&self.db, mail.kind, mail.span, Bucket::Day).await?;
        let before = self.app.report_on(&self.db, mail.kind, mail.before(), Bucket::Day).await?;
        let now = self.app.clock.now();
        let id = ReportId::at(now);
        let tx = self.db.begin().await?;
        if !store::settle_report(&tx, &mail, Some(id), now).await? {
            return Ok(());
        }
        tx.emit(NewEvent::of(&mail.event(id, &report, &before), 1, None, now)).await?;
        tx.commit().await?;
        let (report, period) = (mail.kind.as_str(), mail.period.as_str());
        tracing::info!(report_id = %id, report, period, from = %mail.span.from(), "a report is ready");
        metrics::counter!("audit_report_mails_total", "report" => report, "period" => period).increment(1);
        Ok(())
    }
}
