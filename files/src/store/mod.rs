//! The tables of files and the few functions that touch them.

mod accesses;
mod avatars;
mod people;
mod purge;
mod rows;
mod tickets;
mod uploads;

use sea_orm::ActiveValue::Set;
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect};
use shared::clock::Timestamp;
use shared::db::{Db, Tx};
use shared::ids::{FileId, TicketId, UserId};

use crate::domain::{Change, File, FileName};
pub use accesses::{Access, Noted, accesses_of, accesses_to, has_read, note};
pub use avatars::{avatar, hang, sit, take_down};
pub use people::{erase, is_erased, uploaded_by};
pub use purge::{purge, to_purge};
use rows::file;
pub use tickets::{hold, is_gone, leave_ticket, left_in};
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

/// A file, deleted or not.
///
/// # Errors
/// When the database refuses.
pub async fn find_any(db: &Db, id: FileId) -> Result<Option<File>, DbErr> {
    Ok(file::Entity::find_by_id(id.0).one(db.conn()).await?.map(File::from))
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
    let order = if descending { Order::Desc } else { Order::Asc };
    let rows = file::Entity::find()
        .filter(file::Column::TicketId.eq(ticket.0))
        .filter(file::Column::IsDeleted.eq(false))
        .filter(beyond(CreatedAt, Id, after.map(|(at, id)| (at, id.0)), descending))
        .order_by(CreatedAt, order.clone())
        .order_by(Id, order)
        .limit(limit)
        .all(db.conn())
        .await?;
    Ok(rows.into_iter().map(File::from).collect())
}

/// What comes behind a row on the pages of a list that is ordered by time, then by id.
fn beyond<C: ColumnTrait>(time: C, id: C, after: Option<(Timestamp, Uuid)>, descending: bool) -> Condition {
    let Some((at, last)) = after else { return Condition::all() };
    let (later, same) = match descending {
        false => (time.gt(at), id.gt(last)),
        true => (time.lt(at), id.lt(last)),
    };
    Condition::any().add(later).add(Condition::all().add(time.eq(at)).add(same))
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
