//! The connection to NATS JetStream, and publishing through it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use async_nats::{
    Client, ConnectOptions, Event, HeaderMap,
    connection::State,
    header::NATS_MESSAGE_ID,
    jetstream::{
        Context, ErrorCode,
        consumer::{self, PullConsumer, pull},
        context::{ConsumerInfoErrorKind, ContextBuilder, GetStreamError, GetStreamErrorKind},
        stream,
    },
};
use futures_util::future::join_all;
use tokio::sync::watch;

use super::{
    Durable, Lane, Outgoing, Published,
    definitions::{outbox_subject, prefix, stream_definitions},
};
use crate::{
    config::{EventsConfig, NatsIdentity},
    ids::EventId,
};

/// How many publications may wait for their acknowledgement at once.
const WINDOW: usize = 1024;
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// A connection of one service.
#[derive(Clone)]
pub(super) struct JetStream {
    pub(super) client: Client,
    context: Context,
    namespace: Arc<str>,
    connections: Arc<AtomicU64>,
    connected: watch::Receiver<bool>,
}

impl JetStream {
    pub(super) async fn connect(service: &'static str, config: &EventsConfig) -> anyhow::Result<Self> {
        let connections = Arc::new(AtomicU64::new(0));
        let counted = connections.clone();
        let (up, connected) = watch::channel(false);
        let mut options = ConnectOptions::new()
            .name(format!("helpdesk-{service}"))
            // Its own, so that a user may be kept from reading the answers that others get.
            .custom_inbox_prefix(format!("_INBOX_{service}"))
            .retry_on_initial_connect()
            .max_reconnects(None)
            .connection_timeout(Duration::from_secs(2))
            .ping_interval(Duration::from_secs(2))
            .reconnect_delay_callback(|attempt| Duration::from_millis((100 << attempt.min(5)).min(2_000)))
            .event_callback(move |event| {
                let (up, counted) = (up.clone(), counted.clone());
                async move {
                    match event {
                        Event::Connected => {
                            counted.fetch_add(1, Ordering::SeqCst);
                            up.send_replace(true);
                            tracing::info!("connected to NATS");
                        }
                        Event::Disconnected => {
                            up.send_replace(false);
                            tracing::warn!("NATS is away; events wait in the outbox");
                        }
                        // Above all a right that its user has not.
                        Event::ServerError(error) => tracing::warn!(%error, "NATS refuses"),
                        other => tracing::debug!(event = %other, "NATS"),
                    }
                }
            });
        options = match &config.identity {
            NatsIdentity::Nobody => options,
            NatsIdentity::User { name, password } => {
                options.user_and_password(name.clone(), password.expose().to_owned())
            }
            NatsIdentity::Credentials(credentials) => options
                .credentials(credentials.expose())
                .context("NATS_CREDENTIALS is no credentials file")?,
        };
        // As one text they would be taken for one server.
        let servers: Vec<&str> = config.nats_url.split(',').collect();
        let client = options.connect(servers).await.context("NATS_URL")?;
        let context = ContextBuilder::new()
            .timeout(ANSWER_WITHIN)
            .ack_timeout(ANSWER_WITHIN)
            .max_ack_inflight(2 * WINDOW)
            .build(client.clone());
        Ok(Self { client, context, namespace: config.namespace.as_str().into(), connections, connected })
    }

    pub(super) fn ping(&self) -> Result<(), String> {
        match self.client.connection_state() {
            State::Connected => Ok(()),
            _ => Err("NATS is away; events wait in the outbox".to_owned()),
        }
    }

    pub(super) async fn connected(&self) {
        // The sender lives as long as the client, which `self` holds.
        let _ = self.connected.clone().wait_for(|connected| *connected).await;
    }

    pub(super) fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }

    /// A subject as it is on the wire.
    pub(super) fn subject(&self, lane: Lane, subject: &str) -> String {
        format!("{}.{subject}", prefix(lane, &self.namespace))
    }

    /// Where the questions about a service's outbox go, on the wire.
    pub(super) fn outbox_subject(&self, service: &str) -> String {
        outbox_subject(service, &self.namespace)
    }

    fn lane(&self, lane: Lane) -> anyhow::Result<stream::Config> {
        let [events, commands] = stream_definitions(&self.namespace)?;
        Ok(if lane == Lane::Events { events } else { commands })
    }

    /// The stream of a lane, made when it is missing and compared with its definition.
    pub(super) async fn stream(&self, lane: Lane) -> anyhow::Result<stream::Stream> {
        let version = self.client.server_info().version;
        ensure!(at_least_2_10(&version), "the NATS server is version {version}; at least 2.10 is needed");
        let asked = self.lane(lane)?;
        let cannot_make = || format!("cannot make the stream {} (is JetStream on?)", asked.name);
        let stream = match self.context.get_stream(&asked.name).await {
            Ok(stream) => stream,
            // To make one takes another right than to change one, and a service needs but the first.
            Err(error) if is_missing(&error) => {
                self.context.create_stream(asked.clone()).await.with_context(cannot_make)?
            }
            Err(error) => return Err(error).with_context(cannot_make),
        };
        let differ = differences(&asked, &stream.cached_info().config);
        if differ.is_empty() {
            return Ok(stream);
        }
        let told = || format!("the stream {} differs from nats/streams/*.json in {differ}", asked.name);
        let changed = self.context.update_stream(asked.clone()).await.with_context(told)?;
        ensure!(differences(&asked, &changed.config).is_empty(), told());
        Ok(self.context.get_stream(&asked.name).await?)
    }

    /// The stream of events, only looked at.
    pub(super) async fn found_stream(&self) -> anyhow::Result<stream::Stream> {
        let name = self.lane(Lane::Events)?.name;
        let found = self.context.get_stream(&name).await;
        found.with_context(|| format!("there is no stream {name} yet, or JetStream does not answer"))
    }

    /// A definition as it is on this server.
    pub(super) fn defined(&self, durable: &Durable) -> pull::Config {
        durable.config(&self.namespace)
    }

    /// A durable consumer, made when it is missing and compared with its definition.
    pub(super) async fn consumer(&self, durable: &Durable) -> anyhow::Result<PullConsumer> {
        let stream = self.stream(durable.lane()).await?;
        let mut asked = self.defined(durable);
        if let Some(known) = found_consumer(&stream, durable.name).await? {
            // Where a consumer begins cannot be changed, and was another place if somebody has put it back.
            asked.deliver_policy = known.config.deliver_policy;
        }
        let consumer: PullConsumer = stream
            .create_consumer(asked.clone())
            .await
            .with_context(|| format!("cannot make the consumer {}", durable.name))?;
        let got = &consumer.cached_info().config;
        if got.filter_subjects != asked.filter_subjects
            && [got.filter_subject.clone()] != asked.filter_subjects[..]
        {
            bail!(
                "the consumer {} filters {:?} instead of {:?}",
                durable.name,
                got.filter_subjects,
                asked.filter_subjects
            );
        }
        ensure!(
            (got.ack_wait, got.max_deliver, got.max_ack_pending)
                == (asked.ack_wait, asked.max_deliver, asked.max_ack_pending),
            "the consumer {} differs from nats/consumers/{}.json",
            durable.name,
            durable.name
        );
        Ok(consumer)
    }

    /// Publishes in order, many in flight, and waits for every acknowledgement. The count is of the unbroken run from
    /// the first on: what comes after a failure is published again, and the server drops it by its id.
    pub(super) async fn publish(
        &self,
        lane: Lane,
        batch: Vec<Outgoing>,
    ) -> (Published, Option<anyhow::Error>) {
        let mut published = Published::default();
        let mut batch = batch.into_iter().peekable();
        while batch.peek().is_some() {
            let window: Vec<_> = batch.by_ref().take(WINDOW).collect();
            let mut acks = Vec::with_capacity(window.len());
            let mut fault = None;
            for message in window {
                let subject = self.subject(lane, &message.subject);
                let headers = headers(&message);
                #[allow(clippy::disallowed_methods, reason = "only the relay calls this")]
                match self.context.publish_with_headers(subject, headers, message.payload.into()).await {
                    Ok(ack) => acks.push(std::future::IntoFuture::into_future(ack)),
                    Err(error) => {
                        fault = Some(anyhow::Error::new(error));
                        break;
                    }
                }
            }
            for ack in join_all(acks).await {
                match ack {
                    Ok(ack) if fault.is_none() => {
                        published.count += 1;
                        published.stream_sequence = ack.sequence;
                    }
                    Ok(_) => {}
                    Err(error) => {
                        fault.get_or_insert(anyhow::Error::new(error));
                    }
                }
            }
            if let Some(fault) = fault {
                // The command stream may be missing, which nobody else would notice; that of events the relay verifies.
                let fault = self.stream(lane).await.err().unwrap_or(fault);
                return (published, Some(fault));
            }
        }
        (published, None)
    }

    /// When the stream of events was made; it is made when it is missing.
    pub(super) async fn identity(&self) -> anyhow::Result<String> {
        Ok(self.stream(Lane::Events).await?.cached_info().created.to_rfc3339())
    }

    pub(super) async fn still_holds(&self, stream_sequence: u64, id: EventId) -> anyhow::Result<bool> {
        match self.stream(Lane::Events).await?.get_raw_message(stream_sequence).await {
            Ok(message) => {
                Ok(message.headers.get(NATS_MESSAGE_ID).is_some_and(|held| held.as_str() == id.to_string()))
            }
            Err(error) if error.kind() == stream::RawMessageErrorKind::NoMessageFound => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// What a stream knows of a consumer, where there is one of that name.
pub(super) async fn found_consumer(
    stream: &stream::Stream,
    name: &str,
) -> anyhow::Result<Option<consumer::Info>> {
    match stream.consumer_info(name).await {
        Ok(info) => Ok(Some(info)),
        Err(fault) if fault.kind() == ConsumerInfoErrorKind::NotFound => Ok(None),
        Err(fault) => Err(fault).with_context(|| format!("nothing is known of the consumer {name}")),
    }
}

fn headers(message: &Outgoing) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(NATS_MESSAGE_ID, message.again.unwrap_or(message.id).to_string());
    if let Some(trace) = &message.traceparent {
        headers.insert("traceparent", trace.as_str());
    }
    if let Some((source, time)) = &message.cloud {
        headers.insert("ce-specversion", "1.0");
        headers.insert("ce-id", message.id.to_string());
        headers.insert("ce-source", format!("/helpdesk/{source}"));
        headers.insert("ce-type", message.subject.rsplit_once('.').map_or("", |(kind, _)| kind));
        headers.insert("ce-time", time.as_str());
        headers.insert("ce-datacontenttype", "application/json");
    }
    headers
}

/// What a server left out or changed of what was asked of it (an old one drops what it does not know).
fn differences(asked: &stream::Config, got: &stream::Config) -> String {
    let pairs = [
        ("subjects", asked.subjects == got.subjects),
        ("retention", asked.retention == got.retention),
        ("storage", asked.storage == got.storage),
        ("max_age", asked.max_age == got.max_age),
        ("duplicate_window", asked.duplicate_window == got.duplicate_window),
        ("max_msg_size", asked.max_message_size == got.max_message_size),
        ("deny_delete", asked.deny_delete == got.deny_delete),
        ("deny_purge", asked.deny_purge == got.deny_purge),
    ];
    pairs.iter().filter(|(_, same)| !same).map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

fn is_missing(error: &GetStreamError) -> bool {
    matches!(error.kind(), GetStreamErrorKind::JetStream(told) if told.error_code() == ErrorCode::STREAM_NOT_FOUND)
}

fn at_least_2_10(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (2, 10)
}

#[cfg(test)]
mod tests {
    use super::at_least_2_10;

    #[test]
    fn a_server_older_than_2_10_is_refused() {
        assert!(!at_least_2_10("2.9.10"));
        assert!(at_least_2_10("2.10.0"));
        assert!(at_least_2_10("2.12.8-beta"));
        assert!(at_least_2_10("3.0.0"));
    }
}
