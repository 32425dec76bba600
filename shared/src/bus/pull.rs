//! A durable pull consumer: reads in batches, hands them to the intake, acknowledges what is committed.

use std::convert::Infallible;
use std::time::Duration;

use async_nats::jetstream::{AckKind, Message as Raw, consumer::PullConsumer};
use futures_util::{FutureExt, StreamExt, future::OptionFuture, join};
use sea_orm::DbErr;
use tokio::task::unconstrained;
use tokio_util::sync::CancellationToken;

use super::{
    Handler, Message,
    intake::{Claimed, Incoming, Intake, Outcome},
    jetstream::JetStream,
};
use crate::{
    ids::EventId,
    process::{Lifecycle, ReadyGate},
};

/// A consumer that has messages pending and delivers none for so long is rebuilt.
const WATCHDOG: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(1);
/// Messages that are read before what else is at work gets its turn.
const READ_AT_A_TIME: usize = 16;
/// How often the server is asked what it still has.
const MEASURE: Duration = Duration::from_secs(15);

pub(super) fn spawn<M: Message, H: Handler<M>>(
    jetstream: JetStream,
    intake: Intake<M, H>,
    lifecycle: &Lifecycle,
) {
    let stop = lifecycle.halting();
    let subscribed = lifecycle.ready_gate(intake.durable.name);
    lifecycle.spawn(intake.durable.name, run(jetstream, intake, subscribed, stop));
}

async fn run<M: Message, H: Handler<M>>(
    jetstream: JetStream,
    intake: Intake<M, H>,
    subscribed: ReadyGate,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let name = intake.durable.name;
    loop {
        let ready = async {
            jetstream.connected().await;
            jetstream.consumer(&intake.durable).await
        };
        let consumer = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            consumer = ready => consumer,
        };
        let ended = match consumer {
            Ok(consumer) => {
                subscribed.open();
                tokio::select! {
                    ended = read(&consumer, &intake, &stop) => ended,
                    never = measure(&consumer, name) => match never {},
                }
            }
            Err(error) => Err(error),
        };
        if stop.is_cancelled() {
            // What was acknowledged leaves before the process does.
            let _ = tokio::time::timeout(PAUSE, jetstream.client.flush()).await;
            return Ok(());
        }
        if let Err(error) = ended {
            tracing::warn!(consumer = name, "the consumer is rebuilt: {error:#}");
            metrics::counter!("consumer_rebuilds_total", "consumer" => name).increment(1);
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// What the server still has for this consumer, as metrics, also while the reading waits for the database.
async fn measure(consumer: &PullConsumer, name: &'static str) -> Infallible {
    let mut ticks = tokio::time::interval(MEASURE);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // Without an answer the last figures stay; that NATS is away is told by others.
        if let Ok(info) = consumer.get_info().await {
            let labels = [("consumer", name)];
            metrics::gauge!("consumer_pending_messages", &labels).set(info.num_pending as f64);
            metrics::gauge!("consumer_unacknowledged_messages", &labels).set(info.num_ack_pending as f64);
        }
    }
}

/// What came together.
struct Received<M> {
    messages: Vec<Raw>,
    batch: Vec<Incoming<M>>,
    /// What was wrong with the subscription after them.
    fault: Option<anyhow::Error>,
}

/// What came, told apart from what was wrong with the subscription after it.
fn told_apart<E: Into<anyhow::Error>>(results: Vec<Result<Raw, E>>) -> (Vec<Raw>, Option<anyhow::Error>) {
    let (mut messages, mut fault) = (Vec::with_capacity(results.len()), None);
    for result in results {
        match result {
            Ok(message) => messages.push(message),
            Err(error) => fault = Some(error.into()),
        }
    }
    (messages, fault)
}

impl<M: Message> Received<M> {
    /// Reads it, giving way every so often to what else is at work.
    async fn of<E: Into<anyhow::Error>>(results: Vec<Result<Raw, E>>) -> Self {
        let (messages, fault) = told_apart(results);
        let mut batch = Vec::with_capacity(messages.len());
        for some in messages.chunks(READ_AT_A_TIME) {
            batch.extend(some.iter().map(decode));
            tokio::task::yield_now().await;
        }
        Self { batch, messages, fault }
    }
}

/// Reads until something is wrong with the subscription or the process stops.
async fn read<M: Message, H: Handler<M>>(
    consumer: &PullConsumer,
    intake: &Intake<M, H>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let most = intake.durable.batch();
    let stream = consumer
        .stream()
        // The next ones are here when a batch is committed.
        .max_messages_per_batch(2 * most)
        .heartbeat(Duration::from_secs(5))
        .expires(Duration::from_secs(30))
        .messages()
        .await?;
    let mut batches = stream.ready_chunks(most);
    let mut following: Option<(Received<M>, _)> = None;
    loop {
        if stop.is_cancelled() {
            let claimed = following.map(|(received, _)| received.messages);
            let waiting = batches.next().now_or_never().flatten().map(|results| told_apart(results).0);
            give_back(claimed.into_iter().chain(waiting).flatten()).await;
            return Ok(());
        }
        let (received, claimed) = match following.take() {
            Some(following) => following,
            None => tokio::select! {
                () = stop.cancelled() => continue,
                // A task has a budget of 128 messages before it is to let others run: a batch would end there.
                results = tokio::time::timeout(WATCHDOG, unconstrained(batches.next())) => match results {
                    Ok(Some(results)) => claim(Received::of(results).await, intake).await,
                    Ok(None) => anyhow::bail!("the subscription ended"),
                    Err(_) => {
                        let pending = consumer.get_info().await?.num_pending;
                        anyhow::ensure!(
                            pending == 0,
                            "{pending} messages are pending and none came for {WATCHDOG:?}"
                        );
                        continue;
                    }
                }
            },
        };
        // While a batch is at work the next one is read and claimed, if it is here.
        let here = if received.fault.is_none() {
            unconstrained(batches.next()).now_or_never().flatten()
        } else {
            None
        };
        let here = here.map(|results| async { claim(Received::of(results).await, intake).await });
        let here = OptionFuture::from(here);
        let (finished, claimed) = join!(intake.finish(&received.batch, claimed), here);
        following = match finished {
            Ok(outcomes) => {
                acknowledge(&received.messages, outcomes).await;
                claimed
            }
            Err(_) => {
                // What the next one has claimed is not to be waited for.
                let waiting = claimed.map(|(received, _)| received);
                take_one_by_one(&received, intake, stop).await;
                OptionFuture::from(waiting.map(|received| claim(received, intake))).await
            }
        };
        if let Some(fault) = received.fault {
            return Err(fault);
        }
    }
}

async fn claim<M: Message, H: Handler<M>>(
    received: Received<M>,
    intake: &Intake<M, H>,
) -> (Received<M>, Result<Claimed, DbErr>) {
    let claimed = intake.claim(&received.batch).await;
    (received, claimed)
}

/// Takes what could not be taken together, and acknowledges it; nothing when the process stops while the database is away.
async fn take_one_by_one<M: Message, H: Handler<M>>(
    received: &Received<M>,
    intake: &Intake<M, H>,
    stop: &CancellationToken,
) {
    let mut taken = intake.take_one_by_one(&received.batch).await;
    while let Err(error) = taken {
        tracing::warn!(consumer = intake.durable.name, %error, "the database is away; the events wait");
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
        answer(received.messages.iter().map(|message| (message, AckKind::Progress))).await;
        taken = intake.take(&received.batch).await;
    }
    acknowledge(&received.messages, taken.unwrap_or_default()).await;
}

async fn acknowledge(messages: &[Raw], outcomes: Vec<Outcome>) {
    let kinds = outcomes.into_iter().map(|outcome| match outcome {
        Outcome::Done => AckKind::Ack,
        Outcome::Retry(after) => AckKind::Nak(Some(after)),
        Outcome::Dead => AckKind::Term,
    });
    answer(messages.iter().zip(kinds)).await;
}

/// No answer is waited for: an acknowledgement that is lost costs a redelivery, which the inbox takes as done.
async fn answer(acks: impl Iterator<Item = (&Raw, AckKind)>) {
    let mut failed = 0;
    for (message, kind) in acks {
        failed += usize::from(message.ack_with(kind).await.is_err());
    }
    if failed > 0 {
        tracing::debug!(failed, "acknowledgements did not leave; the messages will come again");
    }
}

/// At a stop, what was fetched ahead goes back at once instead of after the acknowledgement deadline.
async fn give_back(messages: impl Iterator<Item = Raw>) {
    let messages: Vec<Raw> = messages.collect();
    answer(messages.iter().map(|message| (message, AckKind::Nak(None)))).await;
}

fn decode<M: Message>(raw: &Raw) -> Incoming<M> {
    let header = |name: &str| {
        raw.headers.as_ref().and_then(|headers| headers.get(name)).map(|value| value.as_str().to_owned())
    };
    let id = header("Nats-Msg-Id").and_then(|id| id.parse::<EventId>().ok());
    let subject = raw.subject.split_once('.').map_or("", |(_, subject)| subject).to_owned();
    let attempt = raw.info().map_or(1, |info| u32::try_from(info.delivered).unwrap_or(1));
    let payload = String::from_utf8_lossy(&raw.payload).into_owned();
    Incoming::decode(id, subject, payload, header("traceparent"), attempt)
}
