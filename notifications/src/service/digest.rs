use sea_orm::DbErr;
use shared::{db::Db, ids::UserId};

use super::{App, Cause};
use crate::{
    domain::{Audience, Collection, Notice, Telling},
    store::digests,
};

/// The most that one mail lists; it says how many more there are.
const MOST: usize = 50;

impl App {
    /// Puts together the mails whose readers' hour or day is over: one a person. A database that is away has none.
    pub(super) async fn send_digests(&self, db: &Db) {
        let due = match digests::due(db, self.clock.now()).await {
            Ok(due) => due,
            Err(error) => return tracing::debug!(%error, "whether digests are due is not known"),
        };
        for person in due {
            if let Err(error) = self.send_digest(db, person).await {
                tracing::warn!(%error, "a digest could not be put together and is tried again");
            }
        }
    }

    async fn send_digest(&self, db: &Db, person: UserId) -> Result<(), DbErr> {
        let tx = db.begin().await?;
        let Some(gathered) = digests::gather(&tx, person, self.clock.now()).await? else { return Ok(()) };
        let (count, mut items) = (gathered.items.len(), gathered.items);
        items.truncate(MOST);
        let cause = Cause { id: gathered.cause, correlation_id: gathered.correlation_id.as_deref() };
        let notice = Notice::Digest(Collection { items, count });
        self.tell(&tx, cause, vec![Telling { to: Audience::Person(person), notice }]).await?;
        digests::mark(&tx, person, gathered.cause).await?;
        tx.commit().await
    }
}
