//! The table `one_time_tokens`: the links that mails carry, as hashes.

use sea_orm::{IntoActiveModel, entity::prelude::*, sea_query::Expr};
use shared::{clock::Timestamp, db::Tx, ids::UserId};

use crate::domain::{
    TokenHash,
    token::{OneTimeToken, Purpose},
};

mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "one_time_tokens")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub user_id: Uuid,
        pub purpose: String,
        #[sea_orm(unique)]
        pub token_hash: String,
        pub expires_at: DateTimeUtc,
        pub used_at: Option<DateTimeUtc>,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use entity::{Column, Entity, Model};

/// Whose link it is, if it is good for `purpose` at `now`. Looking does not spend it.
///
/// # Errors
/// When the database refuses.
pub async fn owner(
    conn: &impl ConnectionTrait,
    purpose: Purpose,
    hash: &TokenHash,
    now: Timestamp,
) -> Result<Option<UserId>, DbErr> {
    let row = Entity::find()
        .filter(Column::TokenHash.eq(hash.as_str()))
        .filter(Column::Purpose.eq(purpose.as_str()))
        .filter(Column::UsedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .one(conn)
        .await?;
    Ok(row.map(|row| row.user_id.into()))
}

/// Spends a link. Of any number of transactions at once this is true in exactly one.
///
/// # Errors
/// When the database refuses.
pub async fn spend(tx: &Tx, purpose: Purpose, hash: &TokenHash, now: Timestamp) -> Result<bool, DbErr> {
    let spent = Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(now))
        .filter(Column::TokenHash.eq(hash.as_str()))
        .filter(Column::Purpose.eq(purpose.as_str()))
        .filter(Column::UsedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .exec(&**tx)
        .await?;
    Ok(spent.rows_affected == 1)
}

/// The moments at which links for `purpose` were made for a user after `since`.
///
/// # Errors
/// When the database refuses.
pub async fn made_since(
    conn: &impl ConnectionTrait,
    user_id: UserId,
    purpose: Purpose,
    since: Timestamp,
) -> Result<Vec<Timestamp>, DbErr> {
    let rows = Entity::find()
        .filter(Column::UserId.eq(user_id.0))
        .filter(Column::Purpose.eq(purpose.as_str()))
        .filter(Column::CreatedAt.gt(since))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.created_at).collect())
}

/// Forgets links that expired before `before`.
///
/// # Errors
/// When the database refuses.
pub async fn purge(tx: &Tx, before: Timestamp) -> Result<u64, DbErr> {
    let purged = Entity::delete_many().filter(Column::ExpiresAt.lt(before)).exec(&**tx).await?;
    Ok(purged.rows_affected)
}

/// Writes a link, and makes the earlier ones of its purpose worth nothing.
pub(super) async fn insert(tx: &Tx, token: &OneTimeToken) -> Result<(), DbErr> {
    void(tx, token.user_id, token.purpose).await?;
    let row = Model {
        id: token.id.0,
        user_id: token.user_id.0,
        purpose: token.purpose.as_str().to_owned(),
        token_hash: token.hash.as_str().to_owned(),
        expires_at: token.expires_at,
        used_at: None,
        created_at: token.created_at,
    };
    Entity::insert(row.into_active_model()).exec_without_returning(&**tx).await.map(|_| ())
}

/// A link that was not used yet is over at once; the row stays, for mails are counted by it.
pub(super) async fn void(tx: &Tx, user_id: UserId, purpose: Purpose) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::UsedAt, Expr::col(Column::CreatedAt))
        .filter(Column::UserId.eq(user_id.0))
        .filter(Column::Purpose.eq(purpose.as_str()))
        .filter(Column::UsedAt.is_null())
        .exec(&**tx)
        .await
        .map(|_| ())
}
