//! The table `refresh_tokens`: hashes only.

use sea_orm::{IntoActiveModel, entity::prelude::*, sea_query::Expr};
use shared::{
    clock::Timestamp,
    db::Tx,
    ids::{RefreshTokenId, SessionId},
};

use crate::domain::{RefreshToken, TokenHash};

mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "refresh_tokens")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub user_id: Uuid,
        pub session_id: Uuid,
        #[sea_orm(unique)]
        pub token_hash: String,
        pub expires_at: DateTimeUtc,
        pub is_revoked: bool,
        pub rotated_at: Option<DateTimeUtc>,
        pub replaced_by: Option<Uuid>,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use entity::{Column, Entity, Model};

impl From<Model> for RefreshToken {
    fn from(row: Model) -> Self {
        RefreshToken {
            id: row.id.into(),
            user_id: row.user_id.into(),
            session_id: row.session_id.into(),
            hash: TokenHash::restore(row.token_hash),
            created_at: row.created_at,
            expires_at: row.expires_at,
            rotated_at: row.rotated_at,
            is_revoked: row.is_revoked,
        }
    }
}

/// The token of a hash, spent or not.
///
/// # Errors
/// When the database refuses.
pub async fn by_hash(conn: &impl ConnectionTrait, hash: &TokenHash) -> Result<Option<RefreshToken>, DbErr> {
    let row = Entity::find().filter(Column::TokenHash.eq(hash.as_str())).one(conn).await?;
    Ok(row.map(RefreshToken::from))
}

/// Spends a token for its successor. Of any number of transactions at once this is true in exactly one, whatever the
/// others believed before.
///
/// # Errors
/// When the database refuses.
pub async fn rotate(
    tx: &Tx,
    token: RefreshTokenId,
    successor: &RefreshToken,
    now: Timestamp,
) -> Result<bool, DbErr> {
    let spent = Entity::update_many()
        .col_expr(Column::RotatedAt, Expr::value(now))
        .col_expr(Column::ReplacedBy, Expr::value(successor.id.0))
        .filter(Column::Id.eq(token.0))
        .filter(Column::RotatedAt.is_null())
        .filter(Column::IsRevoked.eq(false))
        .filter(Column::ExpiresAt.gt(now))
        .exec(&**tx)
        .await?;
    if spent.rows_affected != 1 {
        return Ok(false);
    }
    insert(tx, successor).await.map(|()| true)
}

/// Forgets tokens that expired before `before`.
///
/// # Errors
/// When the database refuses.
pub async fn purge(tx: &Tx, before: Timestamp) -> Result<u64, DbErr> {
    let purged = Entity::delete_many().filter(Column::ExpiresAt.lt(before)).exec(&**tx).await?;
    Ok(purged.rows_affected)
}

pub(super) async fn insert(tx: &Tx, token: &RefreshToken) -> Result<(), DbErr> {
    let row = Model {
        id: token.id.0,
        user_id: token.user_id.0,
        session_id: token.session_id.0,
        token_hash: token.hash.as_str().to_owned(),
        expires_at: token.expires_at,
        is_revoked: token.is_revoked,
        rotated_at: token.rotated_at,
        replaced_by: None,
        created_at: token.created_at,
    };
    Entity::insert(row.into_active_model()).exec_without_returning(&**tx).await.map(|_| ())
}

pub(super) async fn revoke(tx: &Tx, session: SessionId) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::IsRevoked, Expr::value(true))
        .filter(Column::SessionId.eq(session.0))
        .exec(&**tx)
        .await
        .map(|_| ())
}
