use std::{sync::Arc, time::Duration};

use sea_orm::DbErr;
use shared::{
    clock::Timestamp,
    db::{Db, Tx},
    events::{NewEvent, NotificationFailed, NotificationSent},
    ids::DeliveryId,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{App, compose::Parcel};
use crate::{
    config::WorkerConfig,
    domain::{Channel, Delivery, Outcome, Priority, Settlement, Status},
    gateway::Gateway,
    mail::{Mailer, SendFault},
    store::{
        deliveries::{self, Only},
        preferences, recipients,
    },
};

/// What is done waits so long for company before it is written down: a turn costs much the same for one as for all, and
/// the mail server has the better use for the time of the machine. When nothing else is under way there is no wait.
const LINGER: Duration = Duration::from_millis(5);

/// Sends what is due. Any number of them work on one database, in as many replicas, and none waits for another: a
/// delivery belongs to who has claimed it, until the claim runs out.
pub struct Worker {
    app: App,
    db: Db,
    post: Arc<Post>,
    config: WorkerConfig,
}

/// Whoever carries what is sent.
pub struct Post {
    /// Mails.
    pub mailer: Mailer,
    /// Text messages.
    pub sms: Option<Gateway>,
    /// Push messages.
    pub push: Option<Gateway>,
}

impl Post {
    /// The channels that it serves.
    #[must_use]
    pub fn channels(&self) -> Vec<Channel> {
        let gateways = [(Channel::Sms, &self.sms), (Channel::Push, &self.push)];
        let open = gateways.into_iter().filter(|(_, gateway)| gateway.is_some()).map(|(channel, _)| channel);
        [Channel::Email].into_iter().chain(open).collect()
    }

    async fn carry(&self, channel: Channel, parcel: &Parcel) -> Result<(), SendFault> {
        let gateway = if channel == Channel::Sms { &self.sms } else { &self.push };
        match (parcel, gateway) {
            (Parcel::Mail(mail), _) => self.mailer.send(mail).await,
            (Parcel::Message(message), Some(gateway)) => gateway.send(message).await,
            (Parcel::Message(_), None) => Err(SendFault::Passing("no gateway is configured here".to_owned())),
        }
    }
}

/// A delivery whose attempt is over, to be written down.
type Done = (Delivery, Outcome);

impl Worker {
    /// `db` is the pool for background tasks.
    #[must_use]
    pub fn new(app: App, db: Db, post: Arc<Post>, config: WorkerConfig) -> Self {
        Self { app, db, post, config }
    }

    /// Works until `halting`, then finishes what is under way.
    ///
    /// # Errors
    /// Never by itself: a database that is away is waited for.
    pub async fn run(self, halting: CancellationToken) -> anyhow::Result<()> {
        let mut under_way: JoinSet<Done> = JoinSet::new();
        let mut done: Vec<Done> = Vec::new();
        // What was left behind by the last run is due at once.
        let mut more_is_due = true;
        let mut poll = tokio::time::interval(self.config.poll);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let halted = halting.is_cancelled();
            let free = self.config.concurrency.saturating_sub(under_way.len());
            let wanted = if more_is_due && !halted { free } else { 0 };
            let mut stuck = false;
            if !done.is_empty() || wanted > 0 {
                match self.turn(&done, wanted).await {
                    Ok((mails, claimed)) => {
                        done.clear();
                        more_is_due &= wanted == 0 || claimed == wanted;
                        for (delivery, mail) in mails {
                            under_way.spawn(self.attempt(delivery, mail));
                        }
                    }
                    Err(error) => {
                        // What was sent stays in `done` and is written down when the database is back.
                        tracing::warn!(
                            waiting = done.len(),
                            "deliveries cannot be settled or claimed: {error}"
                        );
                        stuck = true;
                    }
                }
            }
            if halted && under_way.is_empty() && done.is_empty() {
                self.post.mailer.close().await;
                return Ok(());
            }
            if more_is_due && !stuck && under_way.len() < self.config.concurrency && !halted {
                continue;
            }
            tokio::select! {
                Some(finished) = under_way.join_next() => {
                    done.extend(finished.map_err(lost).ok());
                    let company = async {
                        while let Some(finished) = under_way.join_next().await {
                            done.extend(finished.map_err(lost).ok());
                        }
                    };
                    // Whether all have come or some are left under way, now it is time to write down what is done.
                    let _ = tokio::time::timeout(LINGER, company).await;
                }
                () = self.app.wake.notified() => more_is_due = true,
                _ = poll.tick() => {
                    self.app.send_digests(&self.db).await;
                    more_is_due |= self.look().await;
                    self.post.mailer.tidy().await;
                }
                () = halting.cancelled(), if !halted => {}
            }
        }
    }

    /// One transaction: writes down what is done, and claims `wanted` new ones. Answers what is to be sent now, and how
    /// many were claimed.
    async fn turn(&self, done: &[Done], wanted: usize) -> Result<(Vec<(Delivery, Parcel)>, usize), DbErr> {
        let shares = self.app.queue.shares(wanted);
        let hints = if wanted > 0 { self.app.queue.take(shares).await } else { Vec::new() };
        let now = self.app.clock.now();
        let tx = self.db.begin().await?;
        let mut settled = Vec::with_capacity(done.len());
        for (delivery, outcome) in done {
            settled.extend(self.settle(&tx, delivery, outcome.clone(), now).await?);
        }
        let claimed = match wanted {
            0 => Vec::new(),
            _ => self.claim(&tx, hints, shares, now).await?,
        };
        let count = claimed.len();
        let (known, preferences) = match count {
            0 => Default::default(),
            _ => {
                let readers = claimed.iter().map(|delivery| delivery.recipient);
                let people = claimed.iter().flat_map(Delivery::people);
                (recipients::find_all(&*tx, people).await?, preferences::find_all(&*tx, readers).await?)
            }
        };
        let mut mails = Vec::with_capacity(count);
        for delivery in claimed {
            let wishes = preferences.get(&delivery.recipient).cloned().unwrap_or_default();
            match self.app.parcel(&delivery, &known, &wishes, now) {
                Ok(mail) => mails.push((delivery, mail)),
                Err(outcome) => settled.extend(self.settle(&tx, &delivery, outcome, now).await?),
            }
        }
        tx.commit().await?;
        settled.into_iter().for_each(count_and_log);
        Ok((mails, count))
    }

    /// What the hints name; without any, what a look through the database finds, to each priority its share.
    async fn claim(
        &self,
        tx: &Tx,
        hints: Vec<DeliveryId>,
        shares: [(Priority, usize); 3],
        now: Timestamp,
    ) -> Result<Vec<Delivery>, DbErr> {
        let (channels, lease) = (self.post.channels(), self.lease());
        let wanted: usize = shares.iter().map(|(_, count)| count).sum();
        let mut claimed = Vec::new();
        if !hints.is_empty() {
            claimed =
                deliveries::claim(tx, &channels, &Only::These(hints), wanted as u64, lease, now).await?;
        }
        for (priority, count) in shares {
            let free = count.min(wanted - claimed.len());
            if free > 0 && priority != Priority::High {
                let only = Only::Of(priority);
                claimed.extend(deliveries::claim(tx, &channels, &only, free as u64, lease, now).await?);
            }
        }
        let free = wanted - claimed.len();
        if free > 0 {
            claimed.extend(deliveries::claim(tx, &channels, &Only::Due, free as u64, lease, now).await?);
        }
        Ok(claimed)
    }

    async fn settle(
        &self,
        tx: &Tx,
        delivery: &Delivery,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<Option<(Delivery, Settlement)>, DbErr> {
        let settlement = delivery.settle(outcome, now);
        if !deliveries::settle(tx, delivery, &settlement, now).await? {
            tracing::warn!(delivery_id = %delivery.id, "the claim on a delivery was lost while it was under way");
            return Ok(None);
        }
        tx.answering(delivery.correlation_id.clone(), Some(delivery.cause));
        match settlement.status {
            Status::Sent => tx.emit(NewEvent::of(&sent(delivery), 1, None, now)).await?,
            Status::Failed => tx.emit(NewEvent::of(&failed(delivery, &settlement), 1, None, now)).await?,
            Status::Pending | Status::Suppressed | Status::Collected | Status::Digested => {}
        }
        Ok(Some((delivery.clone(), settlement)))
    }

    /// One attempt. It owns what it needs, since it outlives the turn that began it.
    fn attempt(&self, delivery: Delivery, parcel: Parcel) -> impl Future<Output = Done> + Send + 'static {
        let (post, timeout) = (self.post.clone(), self.config.timeout);
        let span = tracing::info_span!("deliver", delivery_id = %delivery.id, template = %delivery.template,
            correlation_id = delivery.correlation_id);
        async move {
            let outcome = match tokio::time::timeout(timeout, post.carry(delivery.channel, &parcel)).await {
                Ok(Ok(())) => Outcome::Accepted,
                Ok(Err(SendFault::Passing(why))) => Outcome::Passing(why),
                Ok(Err(SendFault::Permanent(why))) => Outcome::Refused(why),
                Err(_) => Outcome::Passing(format!("not taken over within {} ms", timeout.as_millis())),
            };
            (delivery, outcome)
        }
        .instrument(span)
    }

    /// Whether something is due. A database that is away has nothing.
    async fn look(&self) -> bool {
        let now = self.app.clock.now();
        match deliveries::oldest_due(self.db.conn(), now).await {
            Ok(oldest) => {
                let age = oldest.map_or(Duration::ZERO, |since| (now - since).to_std().unwrap_or_default());
                metrics::gauge!("delivery_queue_age_seconds").set(age.as_secs_f64());
                oldest.is_some()
            }
            Err(error) => {
                tracing::warn!("deliveries cannot be looked for: {error}");
                false
            }
        }
    }

    /// Longer than any attempt with its settlement, so that only a dead claimant loses a claim.
    fn lease(&self) -> chrono::Duration {
        let lease = self.config.timeout * 2 + Duration::from_secs(30);
        chrono::Duration::from_std(lease).unwrap_or_else(|_| chrono::Duration::minutes(10))
    }
}

/// A panic inside one attempt; the delivery comes again when its claim has run out.
fn lost(error: tokio::task::JoinError) {
    tracing::error!("an attempt to deliver broke off: {error}");
}

fn sent(delivery: &Delivery) -> NotificationSent {
    NotificationSent {
        delivery_id: delivery.id,
        event_id: delivery.cause,
        template: delivery.template.to_string(),
        channel: delivery.channel.as_str().to_owned(),
        user_id: delivery.recipient,
    }
}

fn failed(delivery: &Delivery, settlement: &Settlement) -> NotificationFailed {
    NotificationFailed {
        delivery_id: delivery.id,
        event_id: delivery.cause,
        template: delivery.template.to_string(),
        channel: delivery.channel.as_str().to_owned(),
        user_id: delivery.recipient,
        reason: settlement.reason.clone().unwrap_or_default(),
        attempts: settlement.attempts,
    }
}

fn count_and_log((delivery, settlement): (Delivery, Settlement)) {
    let status = match settlement.status {
        Status::Pending if settlement.attempts > delivery.attempts => "retried",
        Status::Pending => "waiting",
        other => other.as_str(),
    };
    metrics::counter!("deliveries_total", "status" => status, "template" => delivery.template.as_str(),
        "channel" => delivery.channel.as_str())
    .increment(1);
    let (id, template, attempts) = (delivery.id, delivery.template, settlement.attempts);
    match (settlement.status, settlement.reason) {
        (Status::Failed, why) => {
            tracing::error!(delivery_id = %id, %template, attempts, reason = why, "a delivery was given up");
        }
        (Status::Pending, Some(why)) if status == "retried" => {
            tracing::warn!(delivery_id = %id, %template, attempts, reason = why,
                next_attempt_at = %settlement.next_attempt_at, "a delivery did not go and is tried again");
        }
        (_, why) => {
            tracing::debug!(delivery_id = %id, %template, status, reason = why, "a delivery was settled")
        }
    }
}
