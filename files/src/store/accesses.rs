use sea_orm::{ColumnTrait, DbErr, EntityTrait, Order, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use shared::clock::Timestamp;
use shared::db::{Db, Tx};
use shared::ids::{FileAccessId, FileId, UserId};

use super::beyond;
use super::rows::access;

/// An access to a file, for the log of accesses.
pub struct Access<'a> {
    /// The file.
    pub file: FileId,
    /// Who.
    pub user: UserId,
    /// What was done, as in `download`.
    pub action: &'a str,
    /// From where.
    pub ip_address: String,
    /// With what.
    pub user_agent: &'a str,
}

/// Notes an access; of somebody who was forgotten, neither from where nor with what.
///
/// # Errors
/// When the database refuses.
pub async fn note(tx: &Tx, of: Access<'_>, now: Timestamp) -> Result<(), DbErr> {
    let user_agent: String = of.user_agent.chars().filter(|c| *c != '\0').take(512).collect();
    tx.run(
        "INSERT INTO file_access_logs (id, file_id, user_id, action, ip_address, user_agent, created_at) \
         SELECT $1, $2, $3, $4, CASE WHEN known THEN $5 END, CASE WHEN known THEN $6 END, $7 \
         FROM (SELECT NOT EXISTS (SELECT 1 FROM erased_people WHERE user_id = $3) AS known) AS person",
        [
            FileAccessId::at(now).0.into(),
            of.file.0.into(),
            of.user.0.into(),
            of.action.into(),
            of.ip_address.into(),
            user_agent.into(),
            now.into(),
        ],
    )
    .await
    .map(drop)
}

/// Whether somebody did this with a file since then.
///
/// # Errors
/// When the database refuses.
pub async fn has_read(
    tx: &Tx,
    file: FileId,
    user: UserId,
    action: &str,
    since: Timestamp,
) -> Result<bool, DbErr> {
    access::Entity::find()
        .filter(access::Column::FileId.eq(file.0))
        .filter(access::Column::CreatedAt.gt(since))
        .filter(access::Column::UserId.eq(user.0))
        .filter(access::Column::Action.eq(action))
        .limit(1)
        .count(&**tx)
        .await
        .map(|count| count > 0)
}

/// A line of the log of accesses.
pub struct Noted {
    /// The line.
    pub id: FileAccessId,
    /// The file.
    pub file: FileId,
    /// Who.
    pub user: UserId,
    /// What was done with it.
    pub action: String,
    /// From where.
    pub ip_address: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// All that somebody did with files, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn accesses_of(db: &Db, user: UserId) -> Result<Vec<Noted>, DbErr> {
    let rows = access::Entity::find()
        .filter(access::Column::UserId.eq(user.0))
        .order_by_asc(access::Column::CreatedAt)
        .order_by_asc(access::Column::Id)
        .all(db.conn())
        .await?;
    Ok(rows.into_iter().map(Noted::from).collect())
}

/// What was done with a file, in the order of the doing, from behind `after` on.
///
/// # Errors
/// When the database refuses.
pub async fn accesses_to(
    db: &Db,
    file: FileId,
    after: Option<(Timestamp, FileAccessId)>,
    descending: bool,
    limit: u64,
) -> Result<Vec<Noted>, DbErr> {
    use access::Column::{CreatedAt, Id};
    let order = if descending { Order::Desc } else { Order::Asc };
    let rows = access::Entity::find()
        .filter(access::Column::FileId.eq(file.0))
        .filter(beyond(CreatedAt, Id, after.map(|(at, id)| (at, id.0)), descending))
        .order_by(CreatedAt, order.clone())
        .order_by(Id, order)
        .limit(limit)
        .all(db.conn())
        .await?;
    Ok(rows.into_iter().map(Noted::from).collect())
}

impl From<access::Model> for Noted {
    fn from(row: access::Model) -> Self {
        Noted {
            id: FileAccessId(row.id),
            file: FileId(row.file_id),
            user: UserId(row.user_id),
            action: row.action,
            ip_address: row.ip_address,
            user_agent: row.user_agent,
            at: row.created_at,
        }
    }
}
