//! Questions about a service's outbox: how far it is published, and what somebody misses of it, to be published again.
//! They go to whichever replica's relay is there, over NATS or within the process, and never through a stream.

use std::{ops::RangeInclusive, time::Duration};

use anyhow::{Context as _, anyhow, bail};
use async_nats::Subscriber;
use futures_util::StreamExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

use super::{Backend, Bus, Durable, Lane, jetstream::JetStream};

/// A relay that says nothing for so long is taken for silent.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// What somebody misses of a service's events, as ranges of its gap-free numbers. On the wire:
/// `{"again": [[3, 5], [9, 9]]}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Again {
    /// Ranges of numbers, both ends included.
    again: Vec<(i64, i64)>,
}

impl Again {
    /// How many ranges one question may name; those behind are not answered.
    pub const RANGES: usize = 64;
    /// How many events one question brings at the most, those with the lowest numbers.
    pub const EVENTS: u64 = 2_000;

    /// Nothing: the question is only how far the outbox is published.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }

    /// These ranges, both ends included, in their order.
    pub fn of(ranges: impl IntoIterator<Item = RangeInclusive<i64>>) -> Self {
        Self { again: ranges.into_iter().map(RangeInclusive::into_inner).collect() }
    }

    /// The ranges, as many as are answered.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = (i64, i64)> {
        self.again.iter().copied().take(Self::RANGES)
    }
}

/// What an outbox holds of the numbers that its relay has given. On the wire: `{"oldest": 1, "published": 42}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutboxEnds {
    /// The lowest number that it still has; one more than the last when it has none. What is below is gone for good.
    pub oldest: i64,
    /// The last number that is safely published, and with it all that are below.
    pub published: i64,
}

/// How far a durable consumer has read, in the stream's own numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The last that the stream has given.
    pub end: u64,
    /// The last that was handed to the consumer; `end` when nothing waits for it.
    pub read: u64,
    /// The last up to which the consumer is done with all; `end` when nothing waits for it and nothing is under way.
    pub done: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Reply {
    Ends(OutboxEnds),
    Fault { error: String },
}

/// A question that waits for its answer.
pub(crate) struct Question {
    pub(crate) again: Again,
    to: To,
}

enum To {
    Here(oneshot::Sender<anyhow::Result<OutboxEnds>>),
    There(Box<JetStream>, async_nats::Subject),
}

impl Question {
    /// A question within the process, and where its answer comes.
    fn here(again: Again) -> (Self, oneshot::Receiver<anyhow::Result<OutboxEnds>>) {
        let (to, answer) = oneshot::channel();
        (Self { again, to: To::Here(to) }, answer)
    }

    /// Answers it. Whoever asked may have gone; they will ask again.
    pub(crate) async fn answer(self, answer: anyhow::Result<OutboxEnds>) {
        match self.to {
            To::Here(to) => drop(to.send(answer)),
            To::There(jetstream, subject) => {
                let reply = match answer {
                    Ok(ends) => Reply::Ends(ends),
                    Err(fault) => Reply::Fault { error: format!("{fault:#}") },
                };
                if let Err(fault) = jetstream.reply(subject, &reply).await {
                    tracing::debug!("a question about the outbox could not be answered: {fault:#}");
                }
            }
        }
    }
}

/// The questions about one outbox as they come.
pub(crate) struct Questions(Asked);

enum Asked {
    Here(mpsc::Receiver<Question>),
    There(Box<JetStream>, Subscriber),
}

impl Questions {
    /// The next one; `None` when another relay of this process answers from now on.
    pub(crate) async fn next(&mut self) -> Option<Question> {
        match &mut self.0 {
            Asked::Here(questions) => questions.recv().await,
            Asked::There(jetstream, questions) => loop {
                let message = questions.next().await?;
                let Some(subject) = message.reply else { continue };
                match serde_json::from_slice::<Again>(&message.payload) {
                    Ok(again) => return Some(Question { again, to: To::There(jetstream.clone(), subject) }),
                    Err(fault) => {
                        let nonsense =
                            Question { again: Again::nothing(), to: To::There(jetstream.clone(), subject) };
                        nonsense.answer(Err(anyhow!("the question cannot be read: {fault}"))).await;
                    }
                }
            },
        }
    }
}

impl Bus {
    /// Asks the relay of `service` what its outbox holds, and lets it publish again what is missed: as much as the outbox
    /// still has and one question may bring. When the answer is there, that is published; consumers that had it drop it.
    ///
    /// # Errors
    /// In words, when NATS is away, no replica of the service answers in 5 s, or it could not publish.
    pub async fn ask_outbox(&self, service: &str, again: &Again) -> anyhow::Result<OutboxEnds> {
        let answer = async {
            match &self.backend {
                Backend::Local(local) => {
                    let (question, answer) = Question::here(again.clone());
                    let asked = match local.outbox(service) {
                        Some(relay) => relay.send(question).await.is_ok(),
                        None => false,
                    };
                    anyhow::ensure!(asked, "no relay of {service} is here to be asked");
                    answer.await.with_context(|| format!("the relay of {service} has stopped"))?
                }
                Backend::JetStream(jetstream) => match jetstream.ask(service, again).await? {
                    Reply::Ends(ends) => Ok(ends),
                    Reply::Fault { error } => bail!("{service} answers: {error}"),
                },
            }
        };
        tokio::time::timeout(ANSWER_WITHIN, answer)
            .await
            .with_context(|| format!("{service} did not answer within {ANSWER_WITHIN:?}"))?
    }

    /// Begins to hear the questions about this service's outbox; one replica of it hears each.
    pub(crate) async fn questions(&self, service: &'static str) -> anyhow::Result<Questions> {
        match &self.backend {
            Backend::Local(local) => Ok(Questions(Asked::Here(local.answer_for(service)))),
            Backend::JetStream(jetstream) => {
                let questions = jetstream.questions(service).await?;
                Ok(Questions(Asked::There(jetstream.clone(), questions)))
            }
        }
    }

    /// How far a durable consumer has read: what was published before a number of the stream and has not come, although
    /// the consumer has read so far, is not on its way. On the local bus nothing ever is: what is published was taken.
    ///
    /// # Errors
    /// When the server is away, or stream or consumer are not made.
    pub async fn progress(&self, durable: &Durable) -> anyhow::Result<Progress> {
        match &self.backend {
            Backend::Local(_) => Ok(Progress { end: 0, read: 0, done: 0 }),
            Backend::JetStream(jetstream) => {
                jetstream.ping().map_err(anyhow::Error::msg)?;
                let stream = jetstream.stream(Lane::Events).await?;
                let end = stream.cached_info().state.last_sequence;
                let consumer = stream.consumer_info(durable.name).await?;
                let read = if consumer.num_pending == 0 { end } else { consumer.delivered.stream_sequence };
                let is_done = consumer.num_pending == 0 && consumer.num_ack_pending == 0;
                let done = if is_done { end } else { consumer.ack_floor.stream_sequence };
                Ok(Progress { end, read, done })
            }
        }
    }
}

impl JetStream {
    async fn ask(&self, service: &str, again: &Again) -> anyhow::Result<Reply> {
        self.ping().map_err(anyhow::Error::msg)?;
        let subject = self.outbox_subject(service);
        let answer = self
            .client
            .request(subject, serde_json::to_vec(again)?.into())
            .await
            .with_context(|| format!("{service} does not answer for its outbox"))?;
        serde_json::from_slice(&answer.payload)
            .with_context(|| format!("the answer of {service} cannot be read"))
    }

    async fn questions(&self, service: &str) -> anyhow::Result<Subscriber> {
        Ok(self.client.queue_subscribe(self.outbox_subject(service), service.to_owned()).await?)
    }

    async fn reply(&self, subject: async_nats::Subject, reply: &Reply) -> anyhow::Result<()> {
        Ok(self.client.publish(subject, serde_json::to_vec(reply)?.into()).await?)
    }
}
