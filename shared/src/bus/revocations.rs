//! Every process follows `session.revoked`, from as far back as an access token may live, and refuses those sessions.

use std::time::Duration;

use async_nats::jetstream::consumer::{DeliverPolicy, pull::OrderedConfig};
use futures_util::StreamExt;

use super::{LocalBus, jetstream::JetStream};
use crate::{
    auth::Revocations,
    bus::Lane,
    events::{Envelope, Event, SessionRevoked},
    process::Process,
};

/// Longer than any access token lives (`JWT_EXPIRES_IN` is at most 24 h).
const LOOK_BACK: chrono::Duration = chrono::Duration::hours(25);
/// A feed that says nothing for so long, heartbeats included, is rebuilt.
const SILENCE: Duration = Duration::from_secs(60);

pub(super) fn follow_local(local: &LocalBus, process: &Process) {
    let mut queue = local.follow(SessionRevoked::TYPE);
    let (revocations, stop) = (process.revocations.clone(), process.lifecycle.halting());
    process.lifecycle.spawn("revocations", async move {
        loop {
            let handover = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                handover = queue.recv() => handover,
            };
            let Some(handover) = handover else { return Ok(()) };
            for message in &handover.messages {
                apply(&revocations, message.payload.as_bytes());
            }
            // The relay may have been stopped meanwhile.
            let _ = handover.taken.send(());
        }
    });
}

pub(super) fn follow_jetstream(jetstream: JetStream, process: &Process) {
    let (process, stop) = (process.clone(), process.lifecycle.halting());
    process.clone().lifecycle.spawn("revocations", async move {
        loop {
            let followed = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                followed = follow(&jetstream, &process) => followed,
            };
            if let Err(error) = followed {
                tracing::warn!("the feed of revoked sessions is rebuilt: {error:#}");
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
        }
    });
}

async fn follow(jetstream: &JetStream, process: &Process) -> anyhow::Result<()> {
    jetstream.connected().await;
    let stream = jetstream.stream(Lane::Events).await?;
    let since = process.clock.now() - LOOK_BACK;
    let consumer = stream
        .create_consumer(OrderedConfig {
            filter_subject: jetstream.subject(Lane::Events, "session.revoked.>"),
            deliver_policy: DeliverPolicy::ByStartTime { start_time: since },
            ..OrderedConfig::default()
        })
        .await?;
    let mut missing = consumer.cached_info().num_pending;
    let mut messages = consumer.messages().await?;
    if missing == 0 {
        process.revocations.set_loaded();
    }
    loop {
        let next = tokio::time::timeout(SILENCE, messages.next()).await;
        let message = match next {
            Ok(Some(message)) => message?,
            Ok(None) => anyhow::bail!("the subscription ended"),
            // A quiet helpdesk is no fault, but the cheapest proof of life is a new subscription.
            Err(_) => return Ok(()),
        };
        apply(&process.revocations, &message.payload);
        missing = missing.saturating_sub(1);
        if missing == 0 {
            process.revocations.set_loaded();
        }
    }
}

fn apply(revocations: &Revocations, payload: &[u8]) {
    let event =
        serde_json::from_slice::<Envelope>(payload).and_then(|envelope| envelope.data::<SessionRevoked>());
    match event {
        Ok(event) => revocations.revoke(event.session_id, event.until),
        Err(error) => tracing::error!(%error, "a session.revoked event cannot be read"),
    }
}
