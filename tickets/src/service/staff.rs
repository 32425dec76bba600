use sea_orm::DbErr;
use shared::db::Tx;
use shared::ids::UserId;

use super::App;
use crate::domain::News;
use crate::store;

impl App {
    /// Takes in what auth says of an account. Whoever works no tickets any more has none any more: a ticket in the hands
    /// of somebody who is gone would wait for ever.
    ///
    /// # Errors
    /// When the database refuses or is away.
    pub async fn learn(&self, tx: &Tx, user: UserId, news: News, version: i64) -> Result<(), DbErr> {
        let mut member = store::staff::lock(tx, user).await?;
        let worked = member.works();
        member.learn(news, version);
        store::staff::save(tx, &member).await?;
        if !worked || member.works() {
            return Ok(());
        }
        for ticket in store::lock_assigned(tx, user).await? {
            let ticket = self.ring(tx, ticket).await?;
            // Closed by its timer just now, it stays as it is.
            if let Ok(Some(change)) = ticket.assign(None, None, &self.rules, self.clock.now()) {
                store::save(tx, change).await?;
            }
        }
        Ok(())
    }
}
