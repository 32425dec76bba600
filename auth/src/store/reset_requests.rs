//! The table `reset_requests`: forgotten passwords as they were asked for, until somebody has looked who it is.

use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect, entity::prelude::*};
use shared::{clock::Timestamp, db::Tx, ids::uuid_at};

use super::broken;
use crate::domain::Email;

mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "reset_requests")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub email: String,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use entity::{ActiveModel, Column, Entity};

/// Writes a request down.
///
/// # Errors
/// When the database refuses.
pub async fn insert(tx: &Tx, email: &Email, now: Timestamp) -> Result<(), DbErr> {
    let row = ActiveModel { id: Set(uuid_at(now)), email: Set(email.to_string()), created_at: Set(now) };
    Entity::insert(row).exec_without_returning(&**tx).await.map(|_| ())
}

/// Strikes out what was asked for an address that is nobody's any more.
pub(super) async fn forget(tx: &Tx, email: &Email) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::Email.eq(email.as_str())).exec(&**tx).await.map(|_| ())
}

/// The ids of some requests that wait, the oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn waiting(conn: &impl ConnectionTrait, limit: u64) -> Result<Vec<Uuid>, DbErr> {
    let rows = Entity::find().order_by_asc(Column::CreatedAt).limit(limit).all(conn).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Takes a request: of any number of replicas one gets it, and gives it back by not committing.
///
/// # Errors
/// When the database refuses.
pub async fn take(tx: &Tx, id: Uuid) -> Result<Option<Email>, DbErr> {
    let taken = Entity::delete_many().filter(Column::Id.eq(id)).exec_with_returning(&**tx).await?;
    let row = taken.into_iter().next();
    row.map(|row| Email::parse(&row.email).map_err(|_| broken("e-mail address"))).transpose()
}
