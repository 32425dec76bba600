//! The bus of a process that holds all six services. The outbox is its log: a row counts as published when every
//! consumer that wants it has committed, so a crash loses nothing here either.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::{
    Durable, Handler, Lane, Message, Outgoing, Published, Question,
    intake::{Incoming, Intake, Outcome},
};
use crate::process::Lifecycle;

/// The consumers of one process, and a gate that opens once all of them are there.
#[derive(Clone)]
pub struct LocalBus(Arc<Inner>);

struct Inner {
    subscribers: Mutex<Vec<Subscriber>>,
    /// Who answers for the outbox of a service.
    outboxes: Mutex<HashMap<&'static str, mpsc::Sender<Question>>>,
    open: watch::Sender<bool>,
}

#[derive(Clone)]
struct Subscriber {
    lane: Lane,
    wants: Wants,
    queue: mpsc::Sender<Handover>,
}

#[derive(Clone)]
enum Wants {
    Defined(Box<Durable>),
    Subjects(&'static str),
}

/// Some messages for one consumer, and where to say that they are taken.
pub(super) struct Handover {
    pub(super) messages: Vec<Outgoing>,
    pub(super) taken: oneshot::Sender<()>,
}

impl Default for LocalBus {
    fn default() -> Self {
        Self(Arc::new(Inner {
            subscribers: Mutex::default(),
            outboxes: Mutex::default(),
            open: watch::Sender::new(false),
        }))
    }
}

impl LocalBus {
    /// A bus without consumers, not open yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says that every consumer of the process has subscribed: relays may begin. Before that they hold their rows,
    /// since a row handed to nobody would be lost for those who come later.
    pub fn open(&self) {
        self.0.open.send_replace(true);
    }

    pub(super) async fn opened(&self) {
        // The sender lives in `self`, so this cannot fail while we wait.
        let _ = self.0.open.subscribe().wait_for(|open| *open).await;
    }

    pub(super) fn subscribe<M: Message, H: Handler<M>>(&self, intake: Intake<M, H>, lifecycle: &Lifecycle) {
        let wants = Wants::Defined(Box::new(intake.durable.clone()));
        let queue = self.add(intake.durable.lane(), wants);
        let stop = lifecycle.halting();
        lifecycle.spawn(intake.durable.name, run(intake, queue, stop));
    }

    /// A follower that keeps nothing: it hears every event whose subject begins so.
    pub(super) fn follow(&self, subjects: &'static str) -> mpsc::Receiver<Handover> {
        self.add(Lane::Events, Wants::Subjects(subjects))
    }

    fn add(&self, lane: Lane, wants: Wants) -> mpsc::Receiver<Handover> {
        let (queue, receiver) = mpsc::channel(8);
        self.subscribers().push(Subscriber { lane, wants, queue });
        receiver
    }

    fn subscribers(&self) -> std::sync::MutexGuard<'_, Vec<Subscriber>> {
        self.0.subscribers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The questions about a service's outbox come here from now on, and no longer to whoever had them before.
    pub(super) fn answer_for(&self, service: &'static str) -> mpsc::Receiver<Question> {
        let (ask, questions) = mpsc::channel(8);
        self.0.outboxes.lock().unwrap_or_else(PoisonError::into_inner).insert(service, ask);
        questions
    }

    /// Who answers for a service's outbox.
    pub(super) fn outbox(&self, service: &str) -> Option<mpsc::Sender<Question>> {
        self.0.outboxes.lock().unwrap_or_else(PoisonError::into_inner).get(service).cloned()
    }

    pub(super) async fn publish(
        &self,
        lane: Lane,
        batch: Vec<Outgoing>,
    ) -> (Published, Option<anyhow::Error>) {
        let subscribers = self.subscribers().clone();
        let mut waiting = Vec::new();
        for subscriber in subscribers.iter().filter(|subscriber| subscriber.lane == lane) {
            let messages: Vec<_> =
                batch.iter().filter(|message| subscriber.wants.subject(&message.subject)).cloned().collect();
            if messages.is_empty() {
                continue;
            }
            let (taken, done) = oneshot::channel();
            // A closed queue shows below, as `done` that never comes.
            let _ = subscriber.queue.send(Handover { messages, taken }).await;
            waiting.push(done);
        }
        for done in waiting {
            if done.await.is_err() {
                return (Published::default(), Some(anyhow::anyhow!("a consumer has stopped")));
            }
        }
        (Published { count: batch.len(), stream_sequence: 0 }, None)
    }
}

impl Wants {
    fn subject(&self, subject: &str) -> bool {
        match self {
            Self::Defined(durable) => durable.wants(subject),
            Self::Subjects(start) => subject.starts_with(start),
        }
    }
}

async fn run<M: Message, H: Handler<M>>(
    intake: Intake<M, H>,
    mut queue: mpsc::Receiver<Handover>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    loop {
        let handover = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            handover = queue.recv() => handover,
        };
        let Some(Handover { messages, taken }) = handover else { return Ok(()) };
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = take_all(&intake, messages) => {}
        }
        // Nobody listens any more when the relay was stopped meanwhile; it will offer them again.
        let _ = taken.send(());
    }
}

/// Offers the messages until each is done or dead.
async fn take_all<M: Message, H: Handler<M>>(intake: &Intake<M, H>, messages: Vec<Outgoing>) {
    let mut batch: Vec<Incoming<M>> = messages
        .into_iter()
        .map(|message| {
            Incoming::decode(Some(message.id), message.subject, message.payload, message.traceparent, 1)
        })
        .collect();
    while !batch.is_empty() {
        match intake.take(&batch).await {
            Ok(outcomes) => {
                let mut pause = Duration::ZERO;
                let mut outcomes = outcomes.into_iter();
                batch.retain_mut(|incoming| match outcomes.next() {
                    Some(Outcome::Retry(after)) => {
                        incoming.attempt += 1;
                        pause = pause.max(after);
                        true
                    }
                    _ => false,
                });
                // Here a failing message holds up its relay, so its whole life is shorter than on JetStream.
                tokio::time::sleep(pause.min(Duration::from_secs(2))).await;
            }
            Err(error) => {
                tracing::warn!(consumer = intake.durable.name, %error, "the database is away; the events wait");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}
