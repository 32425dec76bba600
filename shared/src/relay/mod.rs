//! The relay: takes committed events from the outbox to the bus, in order, at least once.
//!
//! One relay leads per database, by a lease. It gives each row the next number of the service's gap-free sequence,
//! durably, before it publishes; so "published up to n" is one number, and a hole downstream shows. It also verifies
//! that the stream still holds what it acknowledged: after JetStream has lost its store, the relay publishes again what
//! the outbox retains, and the consumers' inboxes drop what they already had.

mod desk;
mod gauges;
mod ledger;

use std::time::Duration;

use rand::Rng;
use tokio_util::sync::CancellationToken;

use self::ledger::{Ledger, Term};
use crate::{
    bus::{Bus, Lane},
    db::Db,
    process::Process,
};

/// How many rows go out together. Numbering and marking are one statement each, so larger batches are cheaper.
const BATCH: u64 = 2_000;
/// The safety net under the wake-up after commit.
const POLL: Duration = Duration::from_millis(250);
/// How often the stream is asked whether it still holds the last event, reconnections aside.
const VERIFY: Duration = Duration::from_secs(10);
/// After a round that was not full, the next one waits this long for company: a round costs two commits, whether it moves
/// one event or two thousand. The first event after a quiet time does not wait.
const LINGER: Duration = Duration::from_millis(20);
const PAUSE: Duration = Duration::from_secs(1);
const TIDY: Duration = Duration::from_secs(3_600);

pub(crate) fn spawn(bus: Bus, db: Db, process: &Process) {
    let stop = process.lifecycle.halting();
    process.lifecycle.spawn("outbox desk", desk::run(bus.clone(), db.clone(), stop.clone()));
    gauges::begin(db.service());
    process.lifecycle.spawn("outbox gauges", gauges::run(db.clone(), stop.clone()));
    let relay = Relay { ledger: Ledger::new(db.clone()), db, bus, verified: None };
    process.lifecycle.spawn("relay", relay.run(stop));
}

struct Relay {
    ledger: Ledger,
    db: Db,
    bus: Bus,
    /// When the stream was last verified, and on which connection.
    verified: Option<(tokio::time::Instant, u64)>,
}

impl Relay {
    async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let mut tidied = tokio::time::Instant::now();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.bus.ready_to_publish() => {}
            }
            let moved = match self.round().await {
                Ok(moved) => moved,
                Err(error) => {
                    metrics::counter!("relay_errors_total", "service" => self.db.service()).increment(1);
                    tracing::warn!(service = self.db.service(), "the relay could not go on: {error:#}");
                    pause(PAUSE, &stop).await;
                    0
                }
            };
            if stop.is_cancelled() {
                break;
            }
            if tidied.elapsed() > TIDY {
                tidied = tokio::time::Instant::now();
                if let Err(error) = self.ledger.tidy().await {
                    tracing::warn!(service = self.db.service(), %error, "old outbox and inbox rows could not be removed");
                }
            }
            match moved {
                0 => tokio::select! {
                    () = stop.cancelled() => break,
                    () = self.db.outbox_wake().notified() => {}
                    () = tokio::time::sleep(jittered(POLL)) => {}
                },
                few if few < BATCH => pause(LINGER, &stop).await,
                _ => {}
            }
        }
        // Another replica need not wait for the lease to run out. The database may be gone already.
        let _ = self.ledger.resign().await;
        Ok(())
    }

    /// Moves one batch of events and one of commands; how many there were.
    async fn round(&mut self) -> anyhow::Result<u64> {
        let Some(term) = self.ledger.lead().await? else {
            return Ok(0);
        };
        let term = self.verify(term).await?;
        let events = self.events(&term).await;
        if events.is_err() {
            self.verified = None;
        }
        let commands = self.commands().await?;
        Ok(events? + commands)
    }

    async fn events(&self, term: &Term) -> anyhow::Result<u64> {
        let (batch, numbers) = self.ledger.next_events(term, BATCH).await?;
        if batch.is_empty() {
            return Ok(0);
        }
        let kinds: Vec<_> = batch.iter().map(|event| gauges::kind(&event.subject)).collect();
        let (published, fault) = self.bus.publish(Lane::Events, batch).await;
        // What was acknowledged over a connection that began after the verification proves nothing of what came before.
        let verified_on = self.verified.map(|(_, connection)| connection);
        anyhow::ensure!(
            verified_on == self.bus.connections(),
            "NATS was connected anew in the middle of a batch"
        );
        if published.count > 0 {
            let last = numbers[published.count - 1];
            anyhow::ensure!(
                self.ledger.mark_published(last, published.stream_sequence).await?,
                "another replica leads now"
            );
            metrics::counter!("relay_published_total", "service" => self.db.service(), "lane" => "events")
                .increment(published.count as u64);
            gauges::published(self.db.service(), &kinds[..published.count]);
        }
        fault.map_or(Ok(published.count as u64), Err)
    }

    async fn commands(&self) -> anyhow::Result<u64> {
        let (batch, positions) = self.ledger.next_commands(BATCH).await?;
        if batch.is_empty() {
            return Ok(0);
        }
        let (published, fault) = self.bus.publish(Lane::Commands, batch).await;
        self.ledger.forget_commands(&positions[..published.count]).await?;
        metrics::counter!("relay_published_total", "service" => self.db.service(), "lane" => "commands")
            .increment(published.count as u64);
        fault.map_or(Ok(published.count as u64), Err)
    }

    /// After each connection, each fault, and now and then: is this the same stream, and does it hold the last event
    /// that it acknowledged? Nothing is published before that is known, or a new acknowledgement would hide the loss.
    async fn verify(&mut self, term: Term) -> anyhow::Result<Term> {
        let Some(connection) = self.bus.connections() else { return Ok(term) };
        if self.verified.is_some_and(|(at, on)| on == connection && at.elapsed() < VERIFY) {
            return Ok(term);
        }
        let mut term = term;
        if let Some(identity) = self.bus.stream_identity().await?
            && term.stream_identity.as_ref() != Some(&identity)
        {
            if term.stream_identity.is_some() {
                term = self.rewind(term).await?;
            }
            term = self.ledger.settle_on(term, identity).await?;
        } else if term.stream_sequence > 0
            && let Some(last) = self.ledger.last_published(&term).await?
            && !self.bus.still_holds(term.stream_sequence, last).await?
        {
            term = self.rewind(term).await?;
        }
        self.verified = Some((tokio::time::Instant::now(), connection));
        Ok(term)
    }

    async fn rewind(&self, term: Term) -> anyhow::Result<Term> {
        tracing::error!(
            service = self.db.service(),
            "JetStream has lost events that it had acknowledged; they are published again"
        );
        metrics::counter!("relay_rewinds_total", "service" => self.db.service()).increment(1);
        self.ledger.rewind(term).await
    }
}

async fn pause(time: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(jittered(time)) => {}
    }
}

/// Replicas that poll in step would all ask at once.
fn jittered(time: Duration) -> Duration {
    time.mul_f64(rand::rng().random_range(0.75..1.25))
}
