use sea_orm::DbErr;
use shared::{
    db::Tx,
    ids::{EventId, UserId},
};

use super::App;
use crate::{
    domain::{Audience, Channel, News, Notice, Order, Preferences, Telling, reason},
    store::{deliveries, orders, preferences, recipients},
};

/// What a delivery is an answer to.
#[derive(Clone, Copy, Debug)]
pub struct Cause<'a> {
    /// The event or command.
    pub id: EventId,
    /// The request that it all began with.
    pub correlation_id: Option<&'a str>,
}

impl Cause<'_> {
    fn order(self, recipient: UserId, channel: Channel, notice: Notice) -> Order {
        Order {
            cause: self.id,
            correlation_id: self.correlation_id.map(str::to_owned),
            recipient,
            channel,
            address: None,
            notice,
            withheld: None,
        }
    }
}

impl App {
    /// Orders what is to be told, in the transaction of the message that asks for it. Whom to write to is looked up when
    /// it is sent, so a mail that is ordered before its recipient is known waits and is not lost.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn tell(&self, tx: &Tx, cause: Cause<'_>, tellings: Vec<Telling>) -> Result<(), DbErr> {
        let mut told = Vec::new();
        for Telling { to, notice } in tellings {
            match to {
                Audience::Person(person) => told.push((person, None, notice)),
                Audience::Actor(person) => told.push((person, Some(reason::OWN_ACT), notice)),
                Audience::AgentsBut(requester) => {
                    let staff = recipients::staff(&**tx).await?;
                    let others = staff.into_iter().map(|agent| agent.user_id).filter(|id| *id != requester);
                    told.extend(others.map(|agent| (agent, None, notice.clone())));
                }
                Audience::Administrators => {
                    let administrators = recipients::administrators(&**tx).await?;
                    told.extend(administrators.into_iter().map(|it| (it.user_id, None, notice.clone())));
                }
            }
        }
        let people = || told.iter().map(|(person, ..)| *person);
        let known = recipients::find_all(&**tx, people()).await?;
        let wishes = preferences::find_all(&**tx, people()).await?;
        let mut orders = Vec::new();
        for (person, withheld, notice) in told {
            let recipient = super::known(known.get(&person).cloned(), person);
            // An account that has ended gets nothing, nor does a replay bring back what was erased with it.
            if recipient.erased {
                continue;
            }
            let wishes = wishes.get(&person).cloned().unwrap_or_default();
            orders.extend(self.orders(
                cause,
                person,
                withheld.or(notice.withheld_from(&recipient)),
                &wishes,
                &notice,
            ));
        }
        self.order(tx, orders).await
    }

    /// Orders one mail to an address that the message itself names.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn write_to(
        &self,
        tx: &Tx,
        cause: Cause<'_>,
        recipient: UserId,
        address: &str,
        notice: Notice,
    ) -> Result<(), DbErr> {
        if recipients::find(&**tx, recipient).await?.is_some_and(|known| known.erased) {
            return Ok(());
        }
        let order =
            Order { address: Some(address.to_owned()), ..cause.order(recipient, Channel::Email, notice) };
        self.order(tx, vec![order]).await
    }

    /// One order a channel. What is withheld is written down once, as the mail that was not sent.
    fn orders(
        &self,
        cause: Cause<'_>,
        person: UserId,
        withheld: Option<&'static str>,
        wishes: &Preferences,
        notice: &Notice,
    ) -> Vec<Order> {
        let template = notice.template();
        let channels = Channel::ALL.into_iter().filter(|channel| match channel {
            Channel::Email => true,
            Channel::InApp => withheld.is_none() && template.is_optional(),
            Channel::Sms | Channel::Push => {
                withheld.is_none() && self.gateways.contains(channel) && wishes.wants(*channel, template)
            }
        });
        let order = |channel| {
            let unwanted = channel == Channel::InApp && !wishes.wants(channel, template);
            let withheld = withheld.or(unwanted.then_some(reason::UNWANTED));
            Order { withheld, ..cause.order(person, channel, notice.clone()) }
        };
        channels.map(order).collect()
    }

    async fn order(&self, tx: &Tx, orders: Vec<Order>) -> Result<(), DbErr> {
        if orders.is_empty() {
            return Ok(());
        }
        self.queue.note(orders::order(tx, orders, self.clock.now()).await?);
        tx.wake_after_commit(&self.wake);
        self.feeds.wake_after(tx);
        Ok(())
    }

    /// Takes in what an event says about a recipient. `version` is that of the event's aggregate.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn learn(&self, tx: &Tx, user: UserId, news: News, version: i64) -> Result<(), DbErr> {
        let now = self.clock.now();
        let mut recipient = recipients::lock(tx, user, now).await?;
        let was_reachable = recipient.address.value().is_some();
        recipient.apply(news, version);
        recipients::save(tx, &recipient, now).await?;
        if recipient.erased {
            deliveries::erase(tx, user).await?;
            preferences::forget(tx, user).await?;
        } else if !was_reachable && recipient.address.value().is_some() {
            deliveries::release(tx, user, now).await?;
            tx.wake_after_commit(&self.wake);
        }
        Ok(())
    }
}
