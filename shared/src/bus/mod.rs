//! The courier between a service's outbox and the others' consumers: JetStream, or the same semantics in one process.

mod asking;
mod definitions;
mod failed;
mod intake;
mod jetstream;
mod local;
mod pattern;
mod pull;
mod replay;
mod revocations;

use std::future::Future;

use sea_orm::DbErr;
use serde::de::DeserializeOwned;

use self::{asking::Question, intake::Intake, jetstream::JetStream};
pub use self::{
    asking::{Again, OutboxEnds, Progress},
    definitions::{Durable, stream_definitions},
    failed::{FailedEvent, FailedQuery, Retried, failed_events, retry_failed},
    intake::{MAX_DELIVERIES, Taken},
    local::LocalBus,
    pattern::{TypePattern, TypePatternFault},
    replay::{ConsumerName, ConsumerNameFault, Place, Reader, Replayed, replay},
};
use crate::{
    config::{EventBus, EventsConfig},
    db::{Db, Tx},
    events::{CommandEnvelope, Envelope},
    http::Check,
    ids::EventId,
    process::Process,
};

/// Why a message could not be handled.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It may work later: the message is tried again, with backoff.
    #[error("{0:#}")]
    Passing(anyhow::Error),
    /// It never will: the message becomes a failed event at once.
    #[error("{0}")]
    Poison(String),
}

impl From<DbErr> for Fault {
    fn from(error: DbErr) -> Self {
        Self::Passing(error.into())
    }
}

impl From<anyhow::Error> for Fault {
    fn from(error: anyhow::Error) -> Self {
        Self::Passing(error)
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::Poison(format!("the data does not have the expected shape: {error}"))
    }
}

/// What travels: an event or a command.
pub trait Message: DeserializeOwned + Send + Sync + 'static {
    /// What the inbox goes by.
    fn id(&self) -> EventId;
    /// The wire name.
    fn kind(&self) -> &str;
    /// The request that it began with.
    fn correlation_id(&self) -> Option<&str>;
    /// When it happened.
    fn timestamp(&self) -> crate::clock::Timestamp;
}

impl Message for Envelope {
    fn id(&self) -> EventId {
        self.event_id
    }
    fn kind(&self) -> &str {
        &self.event_type
    }
    fn correlation_id(&self) -> Option<&str> {
        self.correlation_id.as_deref()
    }
    fn timestamp(&self) -> crate::clock::Timestamp {
        self.timestamp
    }
}

impl Message for CommandEnvelope {
    fn id(&self) -> EventId {
        self.command_id
    }
    fn kind(&self) -> &str {
        &self.command_type
    }
    fn correlation_id(&self) -> Option<&str> {
        self.correlation_id.as_deref()
    }
    fn timestamp(&self) -> crate::clock::Timestamp {
        self.timestamp
    }
}

/// What a service does on a message. The inbox row is in `tx` already and the commit is the bus's: whatever is written
/// through `tx` happens exactly once.
pub trait Handler<M: Message = Envelope>: Send + Sync + 'static {
    /// Writes the effect of one message into `tx`; it must do nothing else.
    fn handle(&self, tx: &Tx, message: &M) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Writes the effects of messages that are committed together, in their order. One by one, unless a handler knows
    /// how to write many with few statements; when it fails, nothing of them is committed and each comes here alone.
    fn handle_all(&self, tx: &Tx, batch: &[Taken<'_, M>]) -> impl Future<Output = Result<(), Fault>> + Send {
        async move {
            for taken in batch {
                taken.causes(tx, self.handle(tx, taken.message())).await?;
            }
            Ok(())
        }
    }
}

/// Which of the two streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Facts, kept and replayable.
    Events,
    /// Orders with secrets, gone once taken.
    Commands,
}

/// One message on its way out of an outbox.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub id: EventId,
    /// What JetStream knows a repetition by: it would drop it by the event's own id.
    pub again: Option<EventId>,
    /// Without the namespace.
    pub subject: String,
    pub payload: String,
    pub traceparent: Option<String>,
    /// CloudEvents' `source` and `time`; commands have none.
    pub cloud: Option<(String, String)>,
}

/// How far a publication got.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Published {
    /// How many, from the first on, are safely taken.
    pub count: usize,
    /// The stream's number of the last of them; 0 on the local bus.
    pub stream_sequence: u64,
}

/// A service's connection to the others.
#[derive(Clone)]
pub struct Bus {
    backend: Backend,
    process: Process,
}

#[derive(Clone)]
enum Backend {
    JetStream(Box<JetStream>),
    Local(LocalBus),
}

impl Bus {
    /// Connects in the background: a server that is away delays events and nothing else.
    ///
    /// # Errors
    /// When the settings cannot work at all (bad URL or credentials).
    pub async fn open(
        service: &'static str,
        config: &EventsConfig,
        process: &Process,
    ) -> anyhow::Result<Self> {
        let backend = match config.bus {
            EventBus::Local => Backend::Local(process.local.clone()),
            EventBus::JetStream => Backend::JetStream(Box::new(JetStream::connect(service, config).await?)),
        };
        Ok(Self { backend, process: process.clone() })
    }

    /// Starts a durable consumer: every message that its definition names reaches `handler`, once.
    ///
    /// # Errors
    /// When the definition is faulty.
    pub fn subscribe<M: Message>(
        &self,
        durable: Durable,
        db: Db,
        handler: impl Handler<M>,
    ) -> anyhow::Result<()> {
        let intake = Intake::new(durable, db, handler);
        match &self.backend {
            Backend::Local(local) => local.subscribe(intake, &self.process.lifecycle),
            Backend::JetStream(jetstream) => {
                pull::spawn((**jetstream).clone(), intake, &self.process.lifecycle)
            }
        }
        Ok(())
    }

    /// Starts the relay of this service's outbox; any number of replicas may: one of them leads, and any of them answers
    /// what [`Bus::ask_outbox`] asks.
    pub fn relay(&self, db: Db) {
        crate::relay::spawn(self.clone(), db, &self.process);
    }

    /// Keeps the process's set of revoked sessions up to date; further calls in the same process do nothing.
    pub fn follow_revocations(&self) {
        if !self.process.revocations.begin_following() {
            return;
        }
        match &self.backend {
            Backend::Local(local) => revocations::follow_local(local, &self.process),
            Backend::JetStream(jetstream) => {
                revocations::follow_jetstream((**jetstream).clone(), &self.process)
            }
        }
    }

    /// Whether the courier is there; words when not.
    ///
    /// # Errors
    /// When the server is away.
    pub fn ping(&self) -> Result<(), String> {
        match &self.backend {
            Backend::Local(_) => Ok(()),
            Backend::JetStream(jetstream) => jetstream.ping(),
        }
    }

    /// For `/ready`: while the courier is away events wait, and requests are answered as ever.
    #[must_use]
    pub fn check(&self) -> Check {
        let bus = self.clone();
        Check::wanted(move || std::future::ready(bus.ping()))
    }

    /// Waits until publishing makes sense: the local bus is open, the server connected.
    pub(crate) async fn ready_to_publish(&self) {
        match &self.backend {
            Backend::Local(local) => local.opened().await,
            Backend::JetStream(jetstream) => jetstream.connected().await,
        }
    }

    pub(crate) async fn publish(
        &self,
        lane: Lane,
        batch: Vec<Outgoing>,
    ) -> (Published, Option<anyhow::Error>) {
        match &self.backend {
            Backend::Local(local) => local.publish(lane, batch).await,
            Backend::JetStream(jetstream) => jetstream.publish(lane, batch).await,
        }
    }

    /// What tells one stream of events from another of the same name, made after it was lost. `None` on the local bus,
    /// which has no store to lose.
    pub(crate) async fn stream_identity(&self) -> anyhow::Result<Option<String>> {
        match &self.backend {
            Backend::Local(_) => Ok(None),
            Backend::JetStream(jetstream) => jetstream.identity().await.map(Some),
        }
    }

    /// Whether the stream still holds the event that it acknowledged as number `stream_sequence`.
    pub(crate) async fn still_holds(&self, stream_sequence: u64, id: EventId) -> anyhow::Result<bool> {
        match &self.backend {
            Backend::Local(_) => Ok(true),
            Backend::JetStream(jetstream) => jetstream.still_holds(stream_sequence, id).await,
        }
    }

    /// How often the server was connected to so far; `None` on the local bus.
    pub(crate) fn connections(&self) -> Option<u64> {
        match &self.backend {
            Backend::Local(_) => None,
            Backend::JetStream(jetstream) => Some(jetstream.connections()),
        }
    }
}
