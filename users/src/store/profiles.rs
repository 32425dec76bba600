//! The table `user_profiles`, a row at a time. Every write raises `revision`, by which a cached reading knows its age.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};
use shared::clock::Timestamp;
use shared::db::{Db, Tx};
use shared::ids::{ProfileId, UserId};

use super::profile_row::{ActiveModel, Column, Entity, Model};
use super::{activities, profile_row};
use crate::domain::{Change, Known, Person};

/// What is known of a user, if anything is yet.
///
/// # Errors
/// The database is away.
pub async fn find(db: &impl ConnectionTrait, user_id: UserId) -> Result<Option<Known>, DbErr> {
    let row = Entity::find().filter(Column::UserId.eq(user_id.0)).one(db).await?;
    row.map(Known::try_from).transpose()
}

/// The same, and nobody else writes it before the transaction ends: PostgreSQL locks the row, SQLite has one writer.
///
/// # Errors
/// The database is away.
pub async fn lock(tx: &Tx, user_id: UserId) -> Result<Option<Known>, DbErr> {
    let row = Entity::find().filter(Column::UserId.eq(user_id.0)).lock_exclusive().one(&**tx).await?;
    row.map(Known::try_from).transpose()
}

/// Inserts somebody new and locks them. Of several at once one inserts, and the others find what it made.
///
/// # Errors
/// The database refuses or is away.
pub async fn make(tx: &Tx, person: &Person) -> Result<Known, DbErr> {
    let there = OnConflict::column(Column::UserId).do_nothing().to_owned();
    let row = Model::from(person).into_active_model();
    Entity::insert(row).on_conflict(there).exec_without_returning(&**tx).await?;
    let made = lock(tx, person.profile.user_id).await?;
    made.ok_or_else(|| DbErr::RecordNotFound("the profile that was just made".into()))
}

/// Saves an edit: the profile, the activity and the events, all or nothing. The person was locked.
///
/// # Errors
/// The database refuses or is away.
pub async fn save(tx: &Tx, person: Person, change: Change) -> Result<Person, DbErr> {
    let (profile, activity, events) = change.into_parts();
    let saved = write(tx, Person { profile, ..person }).await?;
    activities::insert(tx, activity).await?;
    tx.emit_all(events).await?;
    Ok(saved)
}

/// Saves what was learned of somebody's account. The person was locked.
///
/// # Errors
/// The database refuses or is away.
pub async fn note(tx: &Tx, person: Person) -> Result<Person, DbErr> {
    write(tx, person).await
}

async fn write(tx: &Tx, person: Person) -> Result<Person, DbErr> {
    let person = Person { revision: person.revision + 1, ..person };
    let row = Model::from(&person).into_active_model().reset_all();
    Entity::update(row).exec_without_returning(&**tx).await?;
    Ok(person)
}

/// Empties a row and keeps it, as the mark that nobody comes back here; where there is none, it is made. What was
/// done to the person is forgotten too.
///
/// # Errors
/// The database refuses or is away.
pub async fn erase(tx: &Tx, user_id: UserId, now: Timestamp) -> Result<Known, DbErr> {
    tx.run(
        "INSERT INTO user_profiles (id, user_id, email, is_active, preferences, erased_at, created_at, updated_at) \
         VALUES ($1, $2, '', false, $3, $4, $4, $4) \
         ON CONFLICT (user_id) DO UPDATE SET email = '', first_name = NULL, last_name = NULL, phone = NULL, \
         department = NULL, job_title = NULL, avatar_url = NULL, preferences = excluded.preferences, role = 'user', \
         is_active = false, search_text = '', sort_name = '', updated_at = excluded.updated_at, \
         erased_at = excluded.erased_at, revision = user_profiles.revision + 1 \
         WHERE user_profiles.erased_at IS NULL",
        [
            ProfileId::at(now).0.into(),
            user_id.0.into(),
            profile_row::no_preferences().into(),
            now.into(),
        ],
    )
    .await?;
    // Only now that nobody can add another.
    activities::delete(tx, user_id).await?;
    let erased = lock(tx, user_id).await?;
    erased.ok_or_else(|| DbErr::RecordNotFound("the profile that was just erased".into()))
}

/// So many rows are brought up to date in one transaction.
const A_BATCH: u64 = 500;

/// Makes rows findable that were stored before there was a search.
///
/// # Errors
/// The database refuses or is away.
pub async fn fill_search(db: &Db) -> Result<u64, DbErr> {
    let mut filled = 0;
    let mut last = None;
    loop {
        let tx = db.begin().await?;
        let mut wanting = Entity::find().filter(Column::SearchText.eq("")).filter(Column::ErasedAt.is_null());
        if let Some(last) = last {
            wanting = wanting.filter(Column::Id.gt(last));
        }
        let rows = wanting.order_by_asc(Column::Id).limit(A_BATCH).lock_exclusive().all(&*tx).await?;
        let Some(end) = rows.last().map(|row| row.id) else { return Ok(filled) };
        for row in rows {
            let id = row.id;
            let Some(person) = Known::try_from(row)?.living() else { continue };
            let texts = ActiveModel {
                search_text: sea_orm::Set(person.search_text()),
                sort_name: sea_orm::Set(person.sort_name()),
                ..Default::default()
            };
            Entity::update_many().set(texts).filter(Column::Id.eq(id)).exec(&*tx).await?;
            filled += 1;
        }
        tx.commit().await?;
        last = Some(end);
    }
}
