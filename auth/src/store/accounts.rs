//! The table `users`: the accounts.

use sea_orm::{
    ActiveValue::Set,
    IntoActiveModel, QuerySelect,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait},
};
use shared::{auth::Role, clock::Timestamp, db::Tx, ids::UserId};

use super::broken;
use crate::domain::{Account, AccountState, Email, PasswordHash};

mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        #[sea_orm(unique)]
        pub email: String,
        pub password_hash: String,
        pub role: String,
        pub is_active: bool,
        pub email_verified: bool,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
        pub last_login: Option<DateTimeUtc>,
        pub failed_login_attempts: i32,
        pub locked_until: Option<DateTimeUtc>,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use entity::{ActiveModel, Column, Entity, Model};

impl TryFrom<Model> for Account {
    type Error = DbErr;

    fn try_from(row: Model) -> Result<Self, DbErr> {
        Ok(Account::restore(AccountState {
            id: row.id.into(),
            email: Email::parse(&row.email).map_err(|_| broken("e-mail address"))?,
            password_hash: PasswordHash::of(row.password_hash),
            role: row.role.parse().map_err(|_| broken("role"))?,
            is_active: row.is_active,
            email_verified: row.email_verified,
            created_at: row.created_at,
            updated_at: row.updated_at,
            last_login: row.last_login,
            version: row.version,
        }))
    }
}

/// The account of an address.
///
/// # Errors
/// When the database refuses.
pub async fn by_email(conn: &impl ConnectionTrait, email: &Email) -> Result<Option<Account>, DbErr> {
    let row = Entity::find().filter(Column::Email.eq(email.as_str())).one(conn).await?;
    row.map(Account::try_from).transpose()
}

/// The account of an id.
///
/// # Errors
/// When the database refuses.
pub async fn by_id(conn: &impl ConnectionTrait, id: UserId) -> Result<Option<Account>, DbErr> {
    Entity::find_by_id(id.0).one(conn).await?.map(Account::try_from).transpose()
}

/// The account of an id, kept from other transactions until the end of this one. Whoever changes an account, begins
/// or ends one of its sessions, or uses one of its tokens takes this lock first; so all of that happens in turn.
///
/// # Errors
/// When the database refuses.
pub async fn lock(tx: &Tx, id: UserId) -> Result<Option<Account>, DbErr> {
    Entity::find_by_id(id.0).lock_exclusive().one(&**tx).await?.map(Account::try_from).transpose()
}

/// The ids of the active administrators, when nobody else administers until the end of this transaction: of two who
/// would each take away the last but one, the second sees what the first has done.
///
/// One lock for all of it, and not the administrators' rows: whose rows those are changes while one waits for them, and
/// two who wait for each other's would never end. (On SQLite there is one writer anyway.)
///
/// # Errors
/// When the database refuses.
pub async fn admins_alone(tx: &Tx) -> Result<Vec<UserId>, DbErr> {
    if tx.db().is_postgres() {
        tx.run("SELECT pg_advisory_xact_lock(hashtext('helpdesk auth administration'))", []).await?;
    }
    let rows = Entity::find()
        .filter(Column::Role.eq(Role::Admin.to_string()))
        .filter(Column::IsActive.eq(true))
        .all(&**tx)
        .await?;
    Ok(rows.into_iter().map(|row| row.id.into()).collect())
}

/// Whether there is an administrator who may sign in.
///
/// # Errors
/// When the database refuses.
pub async fn has_admin(conn: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let admins = Entity::find()
        .filter(Column::Role.eq(Role::Admin.to_string()))
        .filter(Column::IsActive.eq(true))
        .limit(1)
        .all(conn)
        .await?;
    Ok(!admins.is_empty())
}

/// Shows the operator what counts against an address, on the account's own row as the specification has it. The
/// throttle itself goes by `login_attempts`, which knows strangers too; so this runs for them as well, and takes as
/// long. The account and its version, when there is one.
///
/// # Errors
/// When the database refuses.
pub async fn note_failures(
    tx: &Tx,
    email: &str,
    failures: usize,
    locked_until: Option<Timestamp>,
) -> Result<Option<(UserId, i64)>, DbErr> {
    let rows = Entity::update_many()
        .col_expr(Column::FailedLoginAttempts, Expr::value(i32::try_from(failures).unwrap_or(i32::MAX)))
        .col_expr(Column::LockedUntil, Expr::value(locked_until))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Email.eq(email))
        .exec_with_returning(&**tx)
        .await?;
    Ok(rows.into_iter().next().map(|row| (row.id.into(), row.version)))
}

pub(super) async fn insert(tx: &Tx, account: &Account) -> Result<(), DbErr> {
    Entity::insert(row(account).into_active_model()).exec_without_returning(&**tx).await.map(|_| ())
}

pub(super) async fn update(tx: &Tx, account: &Account) -> Result<(), DbErr> {
    let state = account.state();
    let changed = ActiveModel {
        password_hash: Set(state.password_hash.as_str().to_owned()),
        role: Set(state.role.to_string()),
        is_active: Set(state.is_active),
        email_verified: Set(state.email_verified),
        updated_at: Set(state.updated_at),
        last_login: Set(state.last_login),
        version: Set(state.version),
        ..Default::default()
    };
    let updated = Entity::update_many().set(changed).filter(Column::Id.eq(state.id.0)).exec(&**tx).await?;
    if updated.rows_affected == 1 { Ok(()) } else { Err(DbErr::RecordNotUpdated) }
}

pub(super) async fn delete(tx: &Tx, id: UserId) -> Result<(), DbErr> {
    Entity::delete_by_id(id.0).exec(&**tx).await.map(|_| ())
}

/// Strikes out what [`note_failures`] wrote.
pub(super) async fn forget_failures(tx: &Tx, email: &Email) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::FailedLoginAttempts, Expr::value(0))
        .col_expr(Column::LockedUntil, Expr::value(Option::<Timestamp>::None))
        .filter(Column::Email.eq(email.as_str()))
        .filter(Column::FailedLoginAttempts.ne(0))
        .exec(&**tx)
        .await
        .map(|_| ())
}

fn row(account: &Account) -> Model {
    let state = account.state();
    Model {
        id: state.id.0,
        email: state.email.to_string(),
        password_hash: state.password_hash.as_str().to_owned(),
        role: state.role.to_string(),
        is_active: state.is_active,
        email_verified: state.email_verified,
        created_at: state.created_at,
        updated_at: state.updated_at,
        last_login: state.last_login,
        failed_login_attempts: 0,
        locked_until: None,
        version: state.version,
    }
}
