use std::collections::{BTreeSet, HashMap};

use sea_orm::{
    ActiveValue::Set, ConnectionTrait, DbErr, QuerySelect, entity::prelude::*, sea_query::OnConflict,
};
use shared::{clock::Timestamp, db::Tx, ids::UserId};

use super::entities::preference::{ActiveModel, Column, Entity, Model};
use crate::domain::{Preferences, Template};

/// What somebody prefers; the defaults when they never said.
///
/// # Errors
/// When the database refuses.
pub async fn find(conn: &impl ConnectionTrait, user: UserId) -> Result<Preferences, DbErr> {
    Ok(Entity::find_by_id(user.0).one(conn).await?.map(Preferences::from).unwrap_or_default())
}

/// The preferences of those among several who have said something.
///
/// # Errors
/// When the database refuses.
pub async fn find_all(
    conn: &impl ConnectionTrait,
    users: impl IntoIterator<Item = UserId>,
) -> Result<HashMap<UserId, Preferences>, DbErr> {
    let rows =
        Entity::find().filter(Column::UserId.is_in(users.into_iter().map(|user| user.0))).all(conn).await?;
    Ok(rows.into_iter().map(|row| (UserId(row.user_id), row.into())).collect())
}

/// What somebody prefers, locked until the transaction ends, so that two changes at once both count.
///
/// # Errors
/// When the database refuses.
pub async fn lock(tx: &Tx, user: UserId, now: Timestamp) -> Result<Preferences, DbErr> {
    let keep = OnConflict::column(Column::UserId).do_nothing().to_owned();
    Entity::insert(row(user, &Preferences::default(), now))
        .on_conflict(keep)
        .exec_without_returning(&**tx)
        .await?;
    // SQLite has no row locks and needs none: there is one writer.
    let found = Entity::find_by_id(user.0).lock_exclusive().one(&**tx).await?;
    Ok(found.map(Preferences::from).unwrap_or_default())
}

/// Writes what [`lock`] gave.
///
/// # Errors
/// When the database refuses.
pub async fn save(tx: &Tx, user: UserId, preferences: &Preferences, now: Timestamp) -> Result<(), DbErr> {
    Entity::update(row(user, preferences, now)).exec(&**tx).await?;
    Ok(())
}

/// Forgets them.
///
/// # Errors
/// When the database refuses.
pub async fn forget(tx: &Tx, user: UserId) -> Result<(), DbErr> {
    Entity::delete_by_id(user.0).exec(&**tx).await?;
    Ok(())
}

fn row(user: UserId, preferences: &Preferences, now: Timestamp) -> ActiveModel {
    let object = |names: &BTreeSet<&'static str>, value: bool| {
        Json::Object(names.iter().map(|name| ((*name).to_owned(), Json::Bool(value))).collect())
    };
    ActiveModel {
        user_id: Set(user.0),
        language: Set(preferences.language.map(|language| language.as_str().to_owned())),
        email: Set(object(&preferences.mail_off, false)),
        in_app: Set(object(&preferences.list_off, false)),
        sms: Set(object(&preferences.sms_on, true)),
        push: Set(object(&preferences.push_on, true)),
        digest: Set(preferences.rhythm.as_str().to_owned()),
        updated_at: Set(now),
    }
}

impl From<Model> for Preferences {
    fn from(row: Model) -> Self {
        Self {
            language: row.language.and_then(|language| language.parse().ok()),
            mail_off: chosen(&row.email, false),
            list_off: chosen(&row.in_app, false),
            sms_on: chosen(&row.sms, true),
            push_on: chosen(&row.push, true),
            rhythm: row.digest.parse().unwrap_or_default(),
        }
    }
}

/// A template that is no more is forgotten here.
fn chosen(choices: &Json, value: bool) -> BTreeSet<&'static str> {
    let chosen =
        choices.as_object().into_iter().flatten().filter(|(_, choice)| **choice == Json::Bool(value));
    chosen.filter_map(|(name, _)| name.parse().ok()).map(Template::as_str).collect()
}
