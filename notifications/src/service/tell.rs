use sea_orm::DbErr;
use shared::{
    db::Tx,
    ids::{EventId, UserId},
};

use super::App;
use crate::{
    domain::{Channel, News, Notice, Order},
    store::{deliveries, preferences, recipients},
};

/// What a delivery is an answer to.
#[derive(Clone, Copy, Debug)]
pub struct Cause<'a> {
    /// The event or command.
    pub id: EventId,
    /// The request that it all began with.
    pub correlation_id: Option<&'a str>,
}

impl App {
    /// Orders one delivery per channel, in the transaction of the message that asks for them. `address` is given where
    /// the message itself says where to; otherwise the worker looks it up when it sends, so a mail that is ordered
    /// before its recipient is known waits and is not lost.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn tell(
        &self,
        tx: &Tx,
        cause: Cause<'_>,
        recipient: UserId,
        address: Option<&str>,
        channels: &[Channel],
        notice: &Notice,
    ) -> Result<(), DbErr> {
        // An account that has ended gets nothing, nor does a replay bring back what was erased with it.
        if recipients::find(&**tx, recipient).await?.is_some_and(|known| known.erased) {
            return Ok(());
        }
        let orders = channels
            .iter()
            .map(|channel| Order {
                cause: cause.id,
                correlation_id: cause.correlation_id.map(str::to_owned),
                recipient,
                channel: *channel,
                address: address.map(str::to_owned),
                notice: notice.clone(),
            })
            .collect();
        deliveries::order(tx, orders, self.clock.now()).await?;
        tx.wake_after_commit(&self.wake);
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
