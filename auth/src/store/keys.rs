//! The table `signing_keys`: the private halves sealed, the public ones as they are published.

use sea_orm::{ActiveValue::Set, QueryOrder, entity::prelude::*, sea_query::OnConflict};
use shared::{clock::Timestamp, db::Tx};

use crate::domain::key::Generation;

mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "signing_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kid: String,
        #[sea_orm(unique)]
        pub generation: i64,
        pub private_key: String,
        pub public_key: String,
        pub created_at: DateTimeUtc,
        pub signs_from: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use entity::{ActiveModel, Column, Entity};

/// A key as it is stored.
#[derive(Clone)]
pub struct StoredKey {
    /// Its id in the tokens' headers.
    pub kid: String,
    /// Its place in the timetable.
    pub generation: Generation,
    /// The private half, sealed.
    pub sealed: String,
    /// The public half, in base64url.
    pub public: String,
}

/// All keys, the oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn all(conn: &impl ConnectionTrait) -> Result<Vec<StoredKey>, DbErr> {
    let rows = Entity::find().order_by_asc(Column::Generation).all(conn).await?;
    Ok(rows
        .into_iter()
        .map(|row| StoredKey {
            kid: row.kid,
            generation: Generation { number: row.generation, signs_from: row.signs_from },
            sealed: row.private_key,
            public: row.public_key,
        })
        .collect())
}

/// Writes a key, unless another replica was faster with this generation.
///
/// # Errors
/// When the database refuses.
pub async fn offer(tx: &Tx, key: &StoredKey, now: Timestamp) -> Result<(), DbErr> {
    let row = ActiveModel {
        kid: Set(key.kid.clone()),
        generation: Set(key.generation.number),
        private_key: Set(key.sealed.clone()),
        public_key: Set(key.public.clone()),
        created_at: Set(now),
        signs_from: Set(key.generation.signs_from),
    };
    let on_conflict = OnConflict::column(Column::Generation).do_nothing().to_owned();
    Entity::insert(row).on_conflict(on_conflict).exec_without_returning(&**tx).await.map(|_| ())
}

/// Deletes a key that no token needs any more.
///
/// # Errors
/// When the database refuses.
pub async fn delete(tx: &Tx, kid: &str) -> Result<(), DbErr> {
    Entity::delete_by_id(kid).exec(&**tx).await.map(|_| ())
}
