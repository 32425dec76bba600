use std::collections::HashMap;

use sea_orm::{
    ConnectionTrait, DbErr, IntoActiveModel, QuerySelect, entity::prelude::*, sea_query::OnConflict,
};
use shared::{auth::Role, clock::Timestamp, db::Tx, ids::UserId, stamped::Stamped};

use super::entities::recipient::{ActiveModel, Column, Entity, Model};
use crate::domain::{Profile, Recipient};

/// The recipient, locked until the transaction ends, so that two events about the same person cannot overwrite each
/// other; made if there is none yet.
///
/// # Errors
/// When the database refuses.
pub async fn lock(tx: &Tx, user: UserId, now: Timestamp) -> Result<Recipient, DbErr> {
    let fresh = row(&Recipient::unknown(user), now);
    Entity::insert(fresh.into_active_model())
        .on_conflict(OnConflict::column(Column::UserId).do_nothing().to_owned())
        .exec_without_returning(&**tx)
        .await?;
    // SQLite has no row locks and needs none: there is one writer.
    let found = Entity::find_by_id(user.0).lock_exclusive().one(&**tx).await?;
    found.map(Recipient::from).ok_or_else(|| DbErr::RecordNotFound(format!("recipient {user}")))
}

/// Writes a recipient that [`lock`] gave.
///
/// # Errors
/// When the database refuses.
pub async fn save(tx: &Tx, recipient: &Recipient, now: Timestamp) -> Result<(), DbErr> {
    let changed: ActiveModel = row(recipient, now).into_active_model().reset_all();
    Entity::update(changed).exec(&**tx).await?;
    Ok(())
}

/// One recipient, if anything is known.
///
/// # Errors
/// When the database refuses.
pub async fn find(conn: &impl ConnectionTrait, user: UserId) -> Result<Option<Recipient>, DbErr> {
    Ok(Entity::find_by_id(user.0).one(conn).await?.map(Recipient::from))
}

/// Those of several that something is known of.
///
/// # Errors
/// When the database refuses.
pub async fn find_all(
    conn: &impl ConnectionTrait,
    users: impl IntoIterator<Item = UserId>,
) -> Result<HashMap<UserId, Recipient>, DbErr> {
    let rows =
        Entity::find().filter(Column::UserId.is_in(users.into_iter().map(|user| user.0))).all(conn).await?;
    Ok(rows.into_iter().map(|row| (UserId(row.user_id), row.into())).collect())
}

/// Everybody who works tickets at this moment.
///
/// # Errors
/// When the database refuses.
pub async fn staff(conn: &impl ConnectionTrait) -> Result<Vec<Recipient>, DbErr> {
    active(conn, &[Role::Agent, Role::Admin]).await
}

/// Everybody who administers at this moment.
///
/// # Errors
/// When the database refuses.
pub async fn administrators(conn: &impl ConnectionTrait) -> Result<Vec<Recipient>, DbErr> {
    active(conn, &[Role::Admin]).await
}

async fn active(conn: &impl ConnectionTrait, roles: &[Role]) -> Result<Vec<Recipient>, DbErr> {
    let active = Entity::find()
        .filter(Column::Role.is_in(roles.iter().map(|role| role.as_str())))
        .filter(Column::IsActive.eq(true))
        .filter(Column::Erased.eq(false));
    Ok(active.all(conn).await?.into_iter().map(Recipient::from).collect())
}

fn row(recipient: &Recipient, now: Timestamp) -> Model {
    let profile = recipient.profile.value();
    Model {
        user_id: recipient.user_id.0,
        email: recipient.address.value().clone(),
        email_version: recipient.address.version(),
        role: recipient.role.value().clone(),
        role_version: recipient.role.version(),
        is_active: *recipient.active.value(),
        active_version: recipient.active.version(),
        first_name: profile.first_name.clone(),
        last_name: profile.last_name.clone(),
        language: profile.language.map(|language| language.as_str().to_owned()),
        profile_version: recipient.profile.version(),
        erased: recipient.erased,
        updated_at: now,
    }
}

impl From<Model> for Recipient {
    fn from(row: Model) -> Self {
        Self {
            user_id: UserId(row.user_id),
            address: Stamped::new(row.email, row.email_version),
            role: Stamped::new(row.role, row.role_version),
            active: Stamped::new(row.is_active, row.active_version),
            profile: Stamped::new(
                Profile {
                    first_name: row.first_name,
                    last_name: row.last_name,
                    language: row.language.and_then(|language| language.parse().ok()),
                },
                row.profile_version,
            ),
            erased: row.erased,
        }
    }
}
