//! What happens to a message once it is here, whichever way it came: inbox and effect in one transaction, retry,
//! dead letter.

use std::{collections::HashSet, time::Duration};

use sea_orm::{DbErr, TryGetable};
use tracing::Instrument;
use uuid::Uuid;

use super::{
    Durable, Fault, Handler, Lane, Message,
    failed::{UNREADABLE, id_of_text, no_envelope, storable},
};
use crate::{
    db::{Cause, Db, Tx},
    ids::EventId,
    rows::Insert,
    telemetry::{self, Measure, Unit},
};

/// After so many deliveries a message that still fails becomes a failed event.
pub const MAX_DELIVERIES: u32 = 10;

const CLAIM: Insert<3> = Insert {
    into: "inbox",
    columns: [("consumer", "text"), ("event_id", "uuid"), ("received_at", "timestamptz")],
    then: "ON CONFLICT DO NOTHING RETURNING event_id",
};

/// A message as it arrived.
pub(super) struct Incoming<M> {
    pub id: EventId,
    pub subject: String,
    /// The raw text, kept for the dead letter.
    pub payload: String,
    pub message: Result<M, String>,
    pub traceparent: Option<String>,
    /// 1 at the first delivery.
    pub attempt: u32,
}

impl<M: Message> Incoming<M> {
    pub(super) fn decode(
        id: Option<EventId>,
        subject: String,
        payload: String,
        traceparent: Option<String>,
        attempt: u32,
    ) -> Self {
        let message = serde_json::from_str::<M>(&payload).map_err(|error| no_envelope(&error).to_string());
        let own = message.as_ref().ok().map(Message::id).or(id);
        let id = own.unwrap_or_else(|| id_of_text(&subject, &payload));
        Self { id, subject, payload, message, traceparent, attempt }
    }
}

/// A message that its consumer had not taken before, on its way to the handler.
pub struct Taken<'a, M> {
    message: &'a M,
    consumer: &'static str,
    traceparent: Option<&'a str>,
}

impl<'a, M: Message> Taken<'a, M> {
    /// The message.
    #[must_use]
    pub fn message(&self) -> &'a M {
        self.message
    }

    /// Lets `effect` be the effect of this message: what it emits through `tx` names it as the cause, and its trace goes
    /// on there.
    pub async fn causes<T>(&self, tx: &Tx, effect: impl Future<Output = T>) -> T {
        let (id, kind) = (self.message.id(), self.message.kind());
        let correlation_id = self.message.correlation_id().map(str::to_owned);
        tx.set_cause(Cause { correlation_id: correlation_id.clone(), causation_id: Some(id) });
        let span = tracing::info_span!("consume", otel.name = %format!("{} {kind}", self.consumer),
            otel.kind = "consumer", consumer = self.consumer, event_type = kind, event_id = %id, correlation_id);
        telemetry::continue_trace(&span, self.traceparent);
        effect.instrument(span).await
    }
}

/// A batch that is in the inbox, in a transaction that is not committed yet.
pub(super) struct Claimed {
    tx: Tx,
    /// Those that were not in it before.
    fresh: HashSet<EventId>,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Its effect is committed, now or at an earlier delivery.
    Done,
    /// It shall come again after that long.
    Retry(Duration),
    /// It is kept as a failed event and shall not come again.
    Dead,
}

/// A durable consumer's receiving end.
pub(super) struct Intake<M, H> {
    pub durable: Durable,
    db: Db,
    handler: H,
    kind: std::marker::PhantomData<fn(M)>,
}

impl<M: Message, H: Handler<M>> Intake<M, H> {
    pub(super) fn new(durable: Durable, db: Db, handler: H) -> Self {
        begin(durable.name);
        Self { durable, db, handler, kind: std::marker::PhantomData }
    }

    /// Takes a batch in its order, in one transaction; when something in it fails, one by one. An error means that the
    /// database is away: nothing is known of the batch and it shall be offered again.
    pub(super) async fn take(&self, batch: &[Incoming<M>]) -> Result<Vec<Outcome>, DbErr> {
        match self.finish(batch, self.claim(batch).await).await {
            Ok(outcomes) => Ok(outcomes),
            Err(_) => self.take_one_by_one(batch).await,
        }
    }

    /// The same of a batch that could not be taken together.
    pub(super) async fn take_one_by_one(&self, batch: &[Incoming<M>]) -> Result<Vec<Outcome>, DbErr> {
        self.db.ping().await?;
        let mut outcomes = Vec::with_capacity(batch.len());
        for incoming in batch {
            outcomes.push(self.take_alone(incoming).await?);
        }
        self.count(batch, &outcomes);
        Ok(outcomes)
    }

    async fn take_alone(&self, incoming: &Incoming<M>) -> Result<Outcome, DbErr> {
        let alone = std::slice::from_ref(incoming);
        let Err(fault) = self.handle(alone, self.claim(alone).await).await else { return Ok(Outcome::Done) };
        self.db.ping().await?;
        let (consumer, id) = (self.durable.name, incoming.id);
        match fault {
            Fault::Passing(error) if incoming.attempt < MAX_DELIVERIES => {
                let pause = backoff(incoming.attempt);
                tracing::warn!(consumer, event_id = %id, subject = %incoming.subject, attempt = incoming.attempt,
                    retry_in = ?pause, "an event could not be handled: {error:#}");
                Ok(Outcome::Retry(pause))
            }
            fault => {
                tracing::error!(consumer, event_id = %id, subject = %incoming.subject, attempt = incoming.attempt,
                    "an event was put among the failed ones: {fault}");
                self.bury(incoming, &fault.to_string()).await?;
                Ok(Outcome::Dead)
            }
        }
    }

    /// Enters a batch into the inbox, in a transaction that is to be finished.
    pub(super) async fn claim(&self, batch: &[Incoming<M>]) -> Result<Claimed, DbErr> {
        let now = self.db.clock().now();
        let readable = batch.iter().filter(|incoming| incoming.message.is_ok());
        let rows = readable.map(|it| [self.durable.name.into(), Uuid::from(it.id).into(), now.into()]);
        let tx = self.db.begin().await?;
        let rows = CLAIM.returning(&tx, rows.collect()).await?;
        let id = |row| Ok::<_, DbErr>(EventId::from(Uuid::try_get_by(row, "event_id")?));
        let fresh = rows.iter().map(id).collect::<Result<_, _>>()?;
        Ok(Claimed { tx, fresh })
    }

    /// Has the messages of a batch handled that it was the first to claim, and commits. After an error nothing of it was done.
    pub(super) async fn finish(
        &self,
        batch: &[Incoming<M>],
        claimed: Result<Claimed, DbErr>,
    ) -> Result<Vec<Outcome>, Fault> {
        self.handle(batch, claimed).await?;
        let outcomes = vec![Outcome::Done; batch.len()];
        self.count(batch, &outcomes);
        Ok(outcomes)
    }

    async fn handle(&self, batch: &[Incoming<M>], claimed: Result<Claimed, DbErr>) -> Result<(), Fault> {
        let Claimed { tx, mut fresh } = claimed?;
        let mut taken = Vec::with_capacity(fresh.len());
        for incoming in batch {
            let message = incoming.message.as_ref().map_err(|error| Fault::Poison(error.clone()))?;
            if fresh.remove(&incoming.id) {
                let traceparent = incoming.traceparent.as_deref();
                taken.push(Taken { message, consumer: self.durable.name, traceparent });
            }
        }
        if !taken.is_empty() {
            self.handler.handle_all(&tx, &taken).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn bury(&self, incoming: &Incoming<M>, error: &str) -> Result<(), DbErr> {
        let now = self.db.clock().now();
        let kind = incoming.message.as_ref().map_or(UNREADABLE, Message::kind);
        let tx = self.db.begin().await?;
        tx.run(
            "INSERT INTO failed_events (id, consumer, event_id, event_type, subject, envelope, error, attempts, failed_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (consumer, event_id) DO UPDATE SET \
             error = excluded.error, attempts = excluded.attempts, failed_at = excluded.failed_at, resolved_at = NULL",
            [
                Uuid::from(EventId::at(now)).into(),
                self.durable.name.into(),
                Uuid::from(incoming.id).into(),
                storable(kind).into_owned().into(),
                storable(&incoming.subject).into_owned().into(),
                storable(self.kept(incoming)).into_owned().into(),
                storable(error).into_owned().into(),
                i32::try_from(incoming.attempt).unwrap_or(i32::MAX).into(),
                now.into(),
            ],
        )
        .await?;
        tx.commit().await
    }

    /// What a failed event keeps of its message: all of it, but nothing of a command, whose secret would lie there.
    fn kept<'a>(&self, incoming: &'a Incoming<M>) -> &'a str {
        if self.durable.lane() == Lane::Commands { "{}" } else { &incoming.payload }
    }

    fn count(&self, batch: &[Incoming<M>], outcomes: &[Outcome]) {
        let consumer = self.durable.name;
        let now = self.db.clock().now();
        for (incoming, outcome) in batch.iter().zip(outcomes) {
            let outcome = match outcome {
                Outcome::Done => "done",
                Outcome::Retry(_) => "retry",
                Outcome::Dead => "dead",
            };
            metrics::counter!("consumer_messages_total", "consumer" => consumer, "outcome" => outcome)
                .increment(1);
            if incoming.attempt > 1 {
                metrics::counter!("consumer_redeliveries_total", "consumer" => consumer).increment(1);
            }
            if let Ok(message) = &incoming.message {
                let lag = (now - message.timestamp()).to_std().unwrap_or_default();
                metrics::histogram!("consumer_lag_seconds", "consumer" => consumer).record(lag.as_secs_f64());
            }
        }
    }
}

/// Describes what is counted of a consumer, all of it at zero.
fn begin(consumer: &'static str) {
    let own = [("consumer", consumer)];
    let messages = Measure::counter("consumer_messages_total", Unit::Count, "Messages that a consumer took.");
    ["done", "retry", "dead"].iter().for_each(|outcome| messages.series(&[own[0], ("outcome", outcome)]));
    Measure::counter("consumer_redeliveries_total", Unit::Count, "Messages that had been delivered before.")
        .series(&own);
    Measure::histogram("consumer_lag_seconds", Unit::Seconds, "From an event to the end of its handling.")
        .series(&own);
    Measure::counter("consumer_rebuilds_total", Unit::Count, "Times that a subscription was made anew.")
        .series(&own);
    Measure::gauge("consumer_pending_messages", Unit::Count, "Messages in JetStream not delivered yet.")
        .series(&own);
    Measure::gauge(
        "consumer_unacknowledged_messages",
        Unit::Count,
        "Messages delivered and not yet done with.",
    )
    .series(&own);
}

/// How long a message rests after its nth failed delivery: from 1 s, doubling, to 5 min.
fn backoff(attempt: u32) -> Duration {
    Duration::from_secs((1_u64 << attempt.saturating_sub(1).min(9)).min(300))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Envelope;

    #[test]
    fn what_has_no_id_is_known_by_its_text() {
        let id = |id, subject: &str, payload: &str| {
            Incoming::<Envelope>::decode(id, subject.to_owned(), payload.to_owned(), None, 1).id
        };
        let one = id(None, "helpdesk.ticket.created", "no envelope");
        assert_eq!(one, id(None, "helpdesk.ticket.created", "no envelope"));
        assert_ne!(one, id(None, "helpdesk.ticket.created", "nor is this"));
        assert_ne!(one, id(None, "helpdesk.ticket.deleted", "no envelope"));
        let named = EventId::at(crate::clock::Clock::system().now());
        assert_eq!(id(Some(named), "helpdesk.ticket.created", "no envelope"), named);
    }

    #[test]
    fn the_backoff_doubles_up_to_five_minutes() {
        let seconds: Vec<u64> = (1..=MAX_DELIVERIES).map(|attempt| backoff(attempt).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
    }
}
