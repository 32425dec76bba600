//! A durable pull consumer: reads in batches, hands them to the intake, acknowledges what is committed.

use std::convert::Infallible;
use std::time::Duration;

use async_nats::jetstream::{AckKind, Message as Raw, consumer::PullConsumer};
use futures_util::{FutureExt, StreamExt};
use tokio::task::unconstrained;
use tokio_util::sync::CancellationToken;

use super::{
    Handler, Message,
    intake::{Incoming, Intake, Outcome},
    jetstream::JetStream,
};
use crate::{
    ids::EventId,
    process::{Lifecycle, ReadyGate},
};

/// A consumer that has messages pending and delivers none for so long is rebuilt.
const WATCHDOG: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(1);
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

/// Reads until something is wrong with the subscription or the process stops.
async fn read<M: Message, H: Handler<M>>(
    consumer: &PullConsumer,
    intake: &Intake<M, H>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let batch = intake.durable.batch();
    let stream = consumer
        .stream()
        // The next ones are here when a batch is committed.
        .max_messages_per_batch(2 * batch)
        .heartbeat(Duration::from_secs(5))
        .expires(Duration::from_secs(30))
        .messages()
        .await?;
    let mut batches = stream.ready_chunks(batch);
    loop {
        let batch = tokio::select! {
            biased;
            () = stop.cancelled() => {
                give_back(batches.next().now_or_never().flatten().unwrap_or_default()).await;
                return Ok(());
            }
            // A task has a budget of 128 messages before it is to let others run: a batch would end there.
            batch = tokio::time::timeout(WATCHDOG, unconstrained(batches.next())) => batch,
        };
        match batch {
            Ok(Some(batch)) => {
                let mut fault = None;
                let mut messages = Vec::with_capacity(batch.len());
                for message in batch {
                    match message {
                        Ok(message) => messages.push(message),
                        Err(error) => fault = Some(error),
                    }
                }
                if !messages.is_empty() {
                    take(messages, intake, stop).await;
                }
                if let Some(fault) = fault {
                    return Err(fault.into());
                }
            }
            Ok(None) => anyhow::bail!("the subscription ended"),
            Err(_) => {
                let pending = consumer.get_info().await?.num_pending;
                anyhow::ensure!(
                    pending == 0,
                    "{pending} messages are pending and none came for {WATCHDOG:?}"
                );
            }
        }
    }
}

/// Takes a batch and acknowledges it.
async fn take<M: Message, H: Handler<M>>(
    messages: Vec<Raw>,
    intake: &Intake<M, H>,
    stop: &CancellationToken,
) {
    let batch: Vec<Incoming<M>> = messages.iter().map(decode).collect();
    let outcomes = loop {
        match intake.take(&batch).await {
            Ok(outcomes) => break outcomes,
            Err(error) => {
                tracing::warn!(consumer = intake.durable.name, %error, "the database is away; the events wait");
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(PAUSE) => {}
                }
                acknowledge(messages.iter().map(|message| (message, AckKind::Progress))).await;
            }
        }
    };
    let kinds = outcomes.into_iter().map(|outcome| match outcome {
        Outcome::Done => AckKind::Ack,
        Outcome::Retry(after) => AckKind::Nak(Some(after)),
        Outcome::Dead => AckKind::Term,
    });
    acknowledge(messages.iter().zip(kinds)).await;
}

/// No answer is waited for: an acknowledgement that is lost costs a redelivery, which the inbox takes as done.
async fn acknowledge(acks: impl Iterator<Item = (&Raw, AckKind)>) {
    let mut failed = 0;
    for (message, kind) in acks {
        failed += usize::from(message.ack_with(kind).await.is_err());
    }
    if failed > 0 {
        tracing::debug!(failed, "acknowledgements did not leave; the messages will come again");
    }
}

/// At a stop, what was fetched ahead goes back at once instead of after the acknowledgement deadline.
async fn give_back<E>(batch: Vec<Result<Raw, E>>) {
    let messages: Vec<Raw> = batch.into_iter().flatten().collect();
    acknowledge(messages.iter().map(|message| (message, AckKind::Nak(None)))).await;
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
