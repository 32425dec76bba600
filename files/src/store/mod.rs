//! The tables of files and the few functions that touch them.

mod avatars;
mod people;
mod rows;
mod uploads;

use sea_orm::ActiveValue::Set;
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use shared::clock::Timestamp;
use shared::db::{Db, Tx};
use shared::ids::{FileAccessId, FileId, TicketId, UserId};

use crate::domain::{Change, File, FileName};
pub use avatars::{avatar, hang, sit, take_down};
pub use people::{Noted, accesses_of, erase, is_erased, uploaded_by};
use rows::{access, file};
pub use uploads::{Stale, abandon, announce, forget, release, reserve, stale, usage};

/// Writes a change of a file and its events.
///
/// # Errors
/// When the database refuses; [`DbErr::RecordNotUpdated`] when the file was changed by somebody else meanwhile.
pub async fn save(tx: &Tx, change: Change) -> Result<File, DbErr> {
    let (file, events) = change.into_parts();
    if file.version == 1 {
        file::Entity::insert(new_row(&file)).exec_without_returning(&**tx).await?;
    } else {
        let updated = file::Entity::update_many()
            .col_expr(file::Column::IsDeleted, Expr::value(file.deleted_at.is_some()))
            .col_expr(file::Column::DeletedAt, Expr::value(file.deleted_at))
            .col_expr(file::Column::Version, Expr::value(file.version))
            .filter(file::Column::Id.eq(file.id.0))
            .filter(file::Column::Version.eq(file.version - 1))
            .exec(&**tx)
            .await?;
        if updated.rows_affected == 0 {
            return Err(DbErr::RecordNotUpdated);
        }
    }
    tx.emit_all(events).await?;
    Ok(file)
}

/// A file that is not deleted.
///
/// # Errors
/// When the database refuses.
pub async fn find(db: &Db, id: FileId) -> Result<Option<File>, DbErr> {
    let row = file::Entity::find_by_id(id.0).filter(file::Column::IsDeleted.eq(false)).one(db.conn()).await?;
    Ok(row.map(File::from))
}

/// The files of a ticket that are not deleted, in the order of their making, from behind `after` on.
///
/// # Errors
/// When the database refuses.
pub async fn of_ticket(
    db: &Db,
    ticket: TicketId,
    after: Option<(Timestamp, FileId)>,
    descending: bool,
    limit: u64,
) -> Result<Vec<File>, DbErr> {
    use file::Column::{CreatedAt, Id};
    let order = if descending { sea_orm::Order::Desc } else { sea_orm::Order::Asc };
    let beyond = |(at, id): (Timestamp, FileId)| {
        let (later, same) = match descending {
            false => (CreatedAt.gt(at), Id.gt(id.0)),
            true => (CreatedAt.lt(at), Id.lt(id.0)),
        };
        Condition::any().add(later).add(Condition::all().add(CreatedAt.eq(at)).add(same))
    };
    let rows = file::Entity::find()
        .filter(file::Column::TicketId.eq(ticket.0))
        .filter(file::Column::IsDeleted.eq(false))
        .filter(after.map_or_else(Condition::all, beyond))
        .order_by(CreatedAt, order.clone())
        .order_by(Id, order)
        .limit(limit)
        .all(db.conn())
        .await?;
    Ok(rows.into_iter().map(File::from).collect())
}

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
    let known = !is_erased(tx, of.user).await?;
    let user_agent = || of.user_agent.chars().filter(|c| *c != '\0').take(512).collect();
    let row = access::ActiveModel {
        id: Set(FileAccessId::at(now).0),
        file_id: Set(of.file.0),
        user_id: Set(of.user.0),
        action: Set(of.action.to_owned()),
        ip_address: Set(Some(of.ip_address).filter(|_| known)),
        user_agent: Set(known.then(user_agent)),
        created_at: Set(now),
    };
    access::Entity::insert(row).exec_without_returning(&**tx).await.map(drop)
}

/// Makes transactions about one ticket or one person wait for each other. SQLite has one writer anyway.
async fn one_at_a_time(tx: &Tx, about: Uuid) -> Result<(), DbErr> {
    if tx.db().is_postgres() {
        // The random half of the id is its lock's number.
        let lock = about.as_u64_pair().1 as i64;
        tx.run("SELECT pg_advisory_xact_lock($1)", [lock.into()]).await?;
    }
    Ok(())
}

fn new_row(file: &File) -> file::ActiveModel {
    file::ActiveModel {
        id: Set(file.id.0),
        original_name: Set(file.name.as_str().to_owned()),
        stored_name: Set(file.id.to_string()),
        file_path: Set(file.key.clone()),
        bucket_name: Set(file.bucket.clone()),
        file_size: Set(file.size as i64),
        mime_type: Set(file.mime_type.clone()),
        file_hash: Set(file.hash.clone()),
        ticket_id: Set(Some(file.ticket_id.0)),
        uploaded_by: Set(file.uploaded_by.0),
        is_deleted: Set(false),
        deleted_at: Set(None),
        virus_scanned: Set(file.virus_scanned),
        virus_status: Set(file.virus_status.clone()),
        created_at: Set(file.created_at),
        version: Set(file.version),
    }
}

impl From<file::Model> for File {
    fn from(row: file::Model) -> Self {
        File {
            id: FileId(row.id),
            // The column may be empty for what belongs to no ticket; of such there is none here.
            ticket_id: TicketId(row.ticket_id.unwrap_or_default()),
            name: FileName::stored(row.original_name),
            bucket: row.bucket_name,
            key: row.file_path,
            mime_type: row.mime_type,
            size: row.file_size as u64,
            hash: row.file_hash,
            uploaded_by: UserId(row.uploaded_by),
            virus_scanned: row.virus_scanned,
            virus_status: row.virus_status,
            created_at: row.created_at,
            deleted_at: row.deleted_at,
            version: row.version,
        }
    }
}
