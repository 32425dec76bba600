use std::time::Duration;

use futures_util::future::join_all;
use shared::{
    bus::{Again, Bus, Durable, OutboxEnds},
    clock::Clock,
    config::SERVICES,
    db::Db,
};
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{Arrivals, Holes, Reading},
    store,
};

/// Compares what the services have published with what has arrived, and asks for what is missing. Any number of replicas
/// do, each for itself: what arrives twice is recorded once.
pub struct Reconciler {
    db: Db,
    bus: Bus,
    durable: Durable,
    clock: Clock,
    every: Duration,
    watched: Vec<Watched>,
}

/// What is known of one service.
struct Watched {
    service: &'static str,
    /// As it was told last.
    ends: Option<OutboxEnds>,
    is_silent: bool,
    holes: Holes,
}

impl Reconciler {
    /// `db` is the pool for background tasks, `durable` the consumer that brings the events.
    #[must_use]
    pub fn new(db: Db, bus: Bus, durable: Durable, clock: Clock, every: Duration) -> Self {
        let watched = SERVICES
            .map(|service| Watched { service, ends: None, is_silent: false, holes: Holes::default() })
            .into();
        Self { db, bus, durable, clock, every, watched }
    }

    /// Looks now and then until `halting`.
    ///
    /// # Errors
    /// Never by itself: what is away is waited for.
    pub async fn run(mut self, halting: CancellationToken) -> anyhow::Result<()> {
        let mut looks = interval_at(Instant::now() + self.every, self.every);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while halting.run_until_cancelled(looks.tick()).await.is_some() {
            if let Some(Err(error)) = halting.run_until_cancelled(self.look()).await {
                tracing::debug!("what has arrived is not compared with the outboxes: {error:#}");
            }
        }
        Ok(())
    }

    /// One look. How far the services have published is asked first, how far audit has read next, and what has arrived
    /// last: so what is found missing was published, and read or not read, before.
    async fn look(&mut self) -> anyhow::Result<()> {
        let nothing = Again::nothing();
        let ask = |watched: &Watched| self.bus.ask_outbox(watched.service, &nothing);
        let answers = join_all(self.watched.iter().map(ask)).await;
        for (watched, answer) in self.watched.iter_mut().zip(answers) {
            watched.hear(answer);
        }
        let progress = self.bus.progress(&self.durable).await?;
        let reading = Reading { end: progress.end, read: progress.read };
        let mut arrived = store::arrivals::all(self.db.conn()).await?;
        for watched in &mut self.watched {
            let arrivals = arrived.remove(watched.service).unwrap_or_default();
            watched.compare(&arrivals, reading, &self.clock);
            watched.fill(&self.bus, &self.clock).await;
        }
        Ok(())
    }
}

impl Watched {
    /// Takes a service's answer. Its silence is said once.
    fn hear(&mut self, answer: anyhow::Result<OutboxEnds>) {
        let service = self.service;
        match answer {
            Ok(ends) => {
                if std::mem::take(&mut self.is_silent) {
                    tracing::info!(service, "{service} answers for its outbox again");
                }
                self.ends = Some(ends);
            }
            Err(error) => {
                if !std::mem::replace(&mut self.is_silent, true) {
                    tracing::warn!(service, "it is not known what {service} has published: {error:#}");
                }
            }
        }
    }

    fn compare(&mut self, arrivals: &Arrivals, reading: Reading, clock: &Clock) {
        let Some(ends) = self.ends else { return };
        let (service, now) = (self.service, clock.now());
        let filled = self.holes.look(arrivals.holes(ends.published), reading, now);
        metrics::counter!("audit_holes_filled_total", "service" => service).increment(filled);
        metrics::gauge!("audit_holes_open", "service" => service).set(self.holes.open() as f64);
        for hole in self.holes.overdue(now) {
            let (first, last) = hole.into_inner();
            let hope =
                if last < ends.oldest { "its outbox no longer has them" } else { "they are asked for again" };
            tracing::warn!(
                service,
                first,
                last,
                "the events {first} to {last} of {service} have been missing for over 120 s; {hope}"
            );
        }
    }

    /// Asks for what is due. A service that does not answer is asked at the next look.
    async fn fill(&mut self, bus: &Bus, clock: &Clock) {
        let Some(ends) = self.ends.filter(|_| !self.is_silent) else { return };
        let due = self.holes.due(ends.oldest, Again::RANGES, Again::EVENTS, clock.now());
        if due.is_empty() {
            return;
        }
        match bus.ask_outbox(self.service, &Again::of(due.iter().cloned())).await {
            Ok(_) => self.holes.asked(&due, clock.now()),
            Err(error) => {
                tracing::warn!(
                    service = self.service,
                    "{}: what is missing could not be asked for: {error:#}",
                    self.service
                );
            }
        }
    }
}
