//! Who may be given tickets: a projection of auth's accounts.

use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, QuerySelect};
use shared::db::Tx;
use shared::ids::UserId;
use shared::stamped::Stamped;

use crate::domain::Member;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staff")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        pub role: String,
        pub role_version: i64,
        pub is_active: bool,
        pub active_version: i64,
        pub is_erased: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What is known of an account.
///
/// # Errors
/// The database is away, or holds a role that is none.
pub async fn find(db: &impl ConnectionTrait, id: UserId) -> Result<Option<Member>, DbErr> {
    row::Entity::find_by_id(id.0).one(db).await?.map(read).transpose()
}

/// What is known of an account, nobody else's to change until the transaction ends; made if need be.
///
/// # Errors
/// The database refuses or is away.
pub async fn lock(tx: &Tx, id: UserId) -> Result<Member, DbErr> {
    let nothing = OnConflict::column(row::Column::UserId).do_nothing().to_owned();
    row::Entity::insert(active(&Member::unknown(id), true))
        .on_conflict(nothing)
        .exec_without_returning(&**tx)
        .await?;
    let found = row::Entity::find_by_id(id.0).lock_exclusive().one(&**tx).await?;
    found.map(read).transpose()?.ok_or_else(|| DbErr::RecordNotFound("the member that was just made".into()))
}

/// Writes what is known of an account.
///
/// # Errors
/// The database refuses or is away.
pub async fn save(tx: &Tx, member: &Member) -> Result<(), DbErr> {
    row::Entity::update(active(member, false)).exec_without_returning(&**tx).await.map(drop)
}

fn active(member: &Member, is_new: bool) -> row::ActiveModel {
    row::ActiveModel {
        user_id: if is_new { Set(member.user_id.0) } else { Unchanged(member.user_id.0) },
        role: Set(member.role.value().to_string()),
        role_version: Set(member.role.version()),
        is_active: Set(*member.active.value()),
        active_version: Set(member.active.version()),
        is_erased: Set(member.is_erased),
    }
}

fn read(row: row::Model) -> Result<Member, DbErr> {
    let role = row.role.parse().map_err(|_| DbErr::Type(format!("there is no role {:?}", row.role)))?;
    Ok(Member {
        user_id: row.user_id.into(),
        role: Stamped::new(role, row.role_version),
        active: Stamped::new(row.is_active, row.active_version),
        is_erased: row.is_erased,
    })
}
