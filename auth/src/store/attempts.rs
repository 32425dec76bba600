//! The table `login_attempts`: failures by the hash of the address, whether anybody has it or not.

use sea_orm::{ActiveValue::Set, QuerySelect, entity::prelude::*, sea_query::OnConflict};
use shared::{clock::Timestamp, db::Tx};

use super::{accounts, broken};
use crate::domain::{Attempts, Email, EmailHash};

mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "login_attempts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub email_hash: String,
        pub recent: String,
        pub locks: i32,
        pub locked_until: Option<DateTimeUtc>,
        pub updated_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use entity::{ActiveModel, Column, Entity, Model};

impl TryFrom<Model> for Attempts {
    type Error = DbErr;

    fn try_from(row: Model) -> Result<Self, DbErr> {
        let moment = |text: &str| text.parse().ok().and_then(Timestamp::from_timestamp_micros);
        let recent =
            row.recent.split(',').filter(|text| !text.is_empty()).map(moment).collect::<Option<Vec<_>>>();
        let recent = recent.ok_or_else(|| broken("list of failures"))?;
        Ok(Attempts::restore(recent, row.locks.unsigned_abs(), row.locked_until))
    }
}

/// What counts against an address, kept from other transactions until the end of this one. The row is made first if
/// there is none, since what is not there cannot be locked.
///
/// # Errors
/// When the database refuses.
pub async fn lock(tx: &Tx, hash: &EmailHash, now: Timestamp) -> Result<Attempts, DbErr> {
    let empty = ActiveModel {
        email_hash: Set(hash.as_str().to_owned()),
        recent: Set(String::new()),
        locks: Set(0),
        locked_until: Set(None),
        updated_at: Set(now),
    };
    let on_conflict = OnConflict::column(Column::EmailHash).do_nothing().to_owned();
    Entity::insert(empty).on_conflict(on_conflict).exec_without_returning(&**tx).await?;
    let row = Entity::find_by_id(hash.as_str()).lock_exclusive().one(&**tx).await?;
    row.map_or_else(|| Ok(Attempts::default()), Attempts::try_from)
}

/// Writes what counts against an address.
///
/// # Errors
/// When the database refuses.
pub async fn write(tx: &Tx, hash: &EmailHash, attempts: &Attempts, now: Timestamp) -> Result<(), DbErr> {
    let recent: Vec<String> = attempts.recent().iter().map(|at| at.timestamp_micros().to_string()).collect();
    let row = ActiveModel {
        recent: Set(recent.join(",")),
        locks: Set(i32::try_from(attempts.locks()).unwrap_or(i32::MAX)),
        locked_until: Set(attempts.locked_until()),
        updated_at: Set(now),
        ..Default::default()
    };
    Entity::update_many().set(row).filter(Column::EmailHash.eq(hash.as_str())).exec(&**tx).await.map(|_| ())
}

/// Forgets addresses on which nothing happened since `before`.
///
/// # Errors
/// When the database refuses.
pub async fn purge(tx: &Tx, before: Timestamp) -> Result<u64, DbErr> {
    let purged = Entity::delete_many().filter(Column::UpdatedAt.lt(before)).exec(&**tx).await?;
    Ok(purged.rows_affected)
}

pub(super) async fn forget(tx: &Tx, email: &Email) -> Result<(), DbErr> {
    Entity::delete_by_id(email.hash().as_str()).exec(&**tx).await?;
    accounts::forget_failures(tx, email).await
}
