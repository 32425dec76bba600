//! Putting a durable consumer back to an earlier place in the stream of events.
//!
//! Where a consumer begins cannot be changed, so it is deleted and made anew at once. Whoever reads from it is told that it
//! was deleted, and finds the new one.

use std::{fmt, str::FromStr, time::Duration};

use anyhow::{Context as _, bail, ensure};
use async_nats::jetstream::{
    consumer::{AckPolicy, DeliverPolicy, FromConsumer, Info, pull},
    stream::{ConsumerCreateStrictErrorKind, RawMessageErrorKind, Stream},
};

use super::{
    Durable, Lane, TypePattern,
    jetstream::{JetStream, found_consumer},
};
use crate::{
    clock::Timestamp,
    config::{EventBus, EventsConfig, redacted},
};

const CONNECTED_WITHIN: Duration = Duration::from_secs(5);
/// Between its deletion and its making the service may be faster and make it with its own beginning.
const TRIES: usize = 10;
/// A consumer that somebody made for a look, and forgot, is gone after so long: as long as the stream keeps its events.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(7 * 24 * 60 * 60);

const LOCAL: &str = "EVENTS is local: that bus keeps no stream to go back in. Each event lies in its service's outbox until all \
                     consumers have taken it, and those that failed can be tried again (POST /audit/events/failed/{id}/retry). \
                     Set NATS_URL where the services run on NATS";

/// The name of a durable consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerName(String);

/// A text that no consumer can be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a consumer's name is 1 to 64 letters, digits, dashes and underscores")]
pub struct ConsumerNameFault;

impl FromStr for ConsumerName {
    type Err = ConsumerNameFault;

    fn from_str(text: &str) -> Result<Self, ConsumerNameFault> {
        let sound = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if sound && (1..=64).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ConsumerNameFault)
        }
    }
}

impl fmt::Display for ConsumerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who is to read again.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one of it, once")]
pub enum Reader {
    /// A service, by the consumer that the house defines for it. Its definition stays; only its beginning is another.
    Service(Durable),
    /// Somebody who looks at events. The consumer is made where there is none of that name; else it keeps what it was, but for
    /// the types, if any are named.
    Onlooker {
        /// What it is called.
        name: ConsumerName,
        /// Which types of events it gets; all of them when none is named.
        types: Vec<TypePattern>,
    },
}

/// A place in the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The first event that the stream still has.
    Start,
    /// The first event that the stream took at that time or later.
    Time(Timestamp),
    /// The event with that number of the stream's own.
    Number(u64),
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// The stream, with its namespace.
    pub stream: String,
    /// The consumer.
    pub consumer: String,
    /// Whether there was none of that name before.
    pub is_new: bool,
    /// Where it begins.
    pub begins: Place,
    /// Whether that is earlier than was asked for: it had not read so far yet, and what lies between would have been lost to it.
    pub had_unread: bool,
    /// How many events come to it from there on.
    pub events: u64,
    /// The number of the last event that the stream has.
    pub last: u64,
}

/// Puts a durable consumer back to a place in the stream of events, or makes a new one that begins there. A service goes on
/// reading by itself; its inbox keeps everything from happening twice. `service` is whose rights on the server this takes.
///
/// # Errors
/// In words: on the local bus; when the server does not answer, there is no such place, or the consumer is none that is pulled.
pub async fn replay(
    service: &'static str,
    config: &EventsConfig,
    reader: &Reader,
    place: Place,
    now: Timestamp,
) -> anyhow::Result<Replayed> {
    ensure!(config.bus == EventBus::JetStream, LOCAL);
    if let Place::Time(time) = place {
        ensure!(
            time <= now,
            "{} is still to come: nothing can be replayed from there",
            crate::clock::rfc3339(time)
        );
    }
    // By its name, for its user may hear answers in its own inbox alone.
    let jetstream = JetStream::connect(service, config).await?;
    tokio::time::timeout(CONNECTED_WITHIN, jetstream.connected()).await.with_context(|| {
        let servers: Vec<_> = config.nats_url.split(',').map(redacted).collect();
        format!("NATS at {} does not answer", servers.join(", "))
    })?;
    jetstream.replay(reader, place).await
}

impl JetStream {
    async fn replay(&self, reader: &Reader, place: Place) -> anyhow::Result<Replayed> {
        let stream = self.found_stream().await?;
        let name = match reader {
            Reader::Service(durable) => {
                ensure!(
                    durable.lane() == Lane::Events,
                    "{} takes commands, which are gone once taken: there is nothing to replay",
                    durable.name
                );
                durable.name
            }
            Reader::Onlooker { name, .. } => &name.0,
        };
        let last = stream.cached_info().state.last_sequence;
        if let Place::Number(number) = place {
            ensure!(
                number <= last,
                "the stream {} ends with number {last}",
                stream.cached_info().config.name
            );
        }
        let known = found_consumer(&stream, name).await?;
        let place = match place {
            // Whatever is published from this moment on comes, be this machine's clock ahead of the server's or not.
            Place::Time(time) if !has_taken_since(&stream, time).await? => Place::Number(last + 1),
            place => place,
        };
        let mut begins = place;
        if let (Reader::Service(_), Some(known)) = (reader, &known) {
            begins = not_behind_unread(&stream, known, place).await?;
        }
        let mut config = self.config_of(reader, known.as_ref())?;
        config.deliver_policy = match begins {
            Place::Start => DeliverPolicy::All,
            Place::Time(start_time) => DeliverPolicy::ByStartTime { start_time },
            Place::Number(start_sequence) => DeliverPolicy::ByStartSequence { start_sequence },
        };
        let made = make_anew(&stream, name, &config).await?;
        Ok(Replayed {
            stream: made.stream_name,
            consumer: made.name,
            is_new: known.is_none(),
            begins,
            had_unread: begins != place,
            events: made.num_pending,
            last,
        })
    }

    fn config_of(&self, reader: &Reader, known: Option<&Info>) -> anyhow::Result<pull::Config> {
        let (name, types) = match reader {
            Reader::Service(durable) => return Ok(self.defined(durable)),
            Reader::Onlooker { name, types } => (name, types),
        };
        let subjects: Vec<_> =
            types.iter().map(|pattern| self.subject(Lane::Events, &pattern.subject())).collect();
        let Some(known) = known else {
            let all = vec![self.subject(Lane::Events, ">")];
            return Ok(pull::Config {
                durable_name: Some(name.0.clone()),
                description: Some("Made by `helpdesk events replay`, to look at events".to_owned()),
                ack_policy: AckPolicy::Explicit,
                filter_subjects: if subjects.is_empty() { all } else { subjects },
                inactive_threshold: FORGOTTEN_AFTER,
                ..pull::Config::default()
            });
        };
        let mut config = pull::Config::try_from_consumer_config(known.config.clone())
            .map_err(|_| anyhow::anyhow!("{name} is a consumer that is pushed, which cannot be put back"))?;
        // What the server says of itself is not ours to say.
        config.metadata.retain(|key, _| !key.starts_with("_nats."));
        if !subjects.is_empty() {
            config.filter_subject = String::new();
            config.filter_subjects = subjects;
        }
        Ok(config)
    }
}

/// Whether the stream's last event is as young.
async fn has_taken_since(stream: &Stream, time: Timestamp) -> anyhow::Result<bool> {
    let last = stream.cached_info().state.last_sequence;
    if last == 0 {
        return Ok(false);
    }
    match stream.get_raw_message(last).await {
        Ok(last) => Ok(last.time >= time),
        Err(fault) if fault.kind() == RawMessageErrorKind::NoMessageFound => Ok(false),
        Err(fault) => Err(fault).context("the last event of the stream cannot be read"),
    }
}

/// The place, or an earlier one: the first event that the consumer has still to take, where that lies before.
async fn not_behind_unread(stream: &Stream, known: &Info, place: Place) -> anyhow::Result<Place> {
    if known.num_pending + known.num_ack_pending as u64 == 0 {
        return Ok(place);
    }
    let state = &stream.cached_info().state;
    // A consumer of which nothing was taken yet has its floor at 0, wherever it begins.
    let began = match known.config.deliver_policy {
        DeliverPolicy::ByStartSequence { start_sequence } => start_sequence,
        _ => 0,
    };
    let unread = (known.ack_floor.stream_sequence + 1).max(began).max(state.first_sequence);
    let is_behind = match place {
        Place::Start => false,
        Place::Number(number) => number > unread,
        // What it has still to take came after the look at the stream.
        Place::Time(_) if unread > state.last_sequence => false,
        Place::Time(time) => {
            let event = stream.get_raw_message(unread).await;
            event.with_context(|| format!("the event {unread} of the stream cannot be read"))?.time < time
        }
    };
    Ok(if is_behind { Place::Number(unread) } else { place })
}

async fn make_anew(stream: &Stream, name: &str, config: &pull::Config) -> anyhow::Result<Info> {
    for _ in 0..TRIES {
        if found_consumer(stream, name).await?.is_some() {
            stream
                .delete_consumer(name)
                .await
                .with_context(|| format!("the consumer {name} cannot be deleted"))?;
        }
        match stream.create_consumer_strict(config.clone()).await {
            Ok(made) => return Ok(made.cached_info().clone()),
            Err(fault) if fault.kind() == ConsumerCreateStrictErrorKind::AlreadyExists => {}
            Err(fault) => {
                return Err(fault).with_context(|| format!("the consumer {name} cannot be made anew"));
            }
        }
    }
    bail!("somebody makes the consumer {name} again whenever it is deleted")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consumer_has_a_name_that_nats_takes() {
        assert_eq!("notifications-test".parse(), Ok(ConsumerName("notifications-test".to_owned())));
        for text in ["", "a b", "a.b", "a*", "a>", "a/b", "é", &"a".repeat(65)] {
            assert_eq!(text.parse::<ConsumerName>(), Err(ConsumerNameFault), "{text}");
        }
    }
}
