//! The table `sessions`: the truth on who is signed in.

use sea_orm::{
    IntoActiveModel, QueryOrder, QuerySelect,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait},
};
use shared::{
    clock::Timestamp,
    db::{Db, Tx},
    events::{Envelope, Event, SessionRevoked},
    ids::{SessionId, UserId},
};

use super::{broken, refresh_tokens};
use crate::domain::{Session, session::EndedSession};

mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "sessions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub user_id: Uuid,
        pub created_at: DateTimeUtc,
        pub last_seen_at: DateTimeUtc,
        pub ip: Option<String>,
        pub user_agent: Option<String>,
        pub expires_at: DateTimeUtc,
        pub revoked_at: Option<DateTimeUtc>,
        pub revoked_reason: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use entity::{Column, Entity, Model};

/// The most sessions that are shown: the newest.
const SHOWN: u64 = 200;

impl From<Model> for Session {
    fn from(row: Model) -> Self {
        Session {
            id: row.id.into(),
            user_id: row.user_id.into(),
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            expires_at: row.expires_at,
            ended_at: row.revoked_at,
            ip: row.ip.and_then(|ip| ip.parse().ok()),
            user_agent: row.user_agent,
        }
    }
}

impl From<&Session> for Model {
    fn from(session: &Session) -> Self {
        Model {
            id: session.id.0,
            user_id: session.user_id.0,
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
            ip: session.ip.map(|ip| ip.to_string()),
            user_agent: session.user_agent.clone(),
            expires_at: session.expires_at,
            revoked_at: session.ended_at,
            revoked_reason: None,
        }
    }
}

fn live(user_id: UserId, now: Timestamp) -> Select<Entity> {
    Entity::find()
        .filter(Column::UserId.eq(user_id.0))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
}

/// A session, alive or not.
///
/// # Errors
/// When the database refuses.
pub async fn by_id(conn: &impl ConnectionTrait, id: SessionId) -> Result<Option<Session>, DbErr> {
    Ok(Entity::find_by_id(id.0).one(conn).await?.map(Session::from))
}

/// All sessions of a user that are alive, in the order of their ids: whoever writes several does so in that order.
///
/// # Errors
/// When the database refuses.
pub async fn all_live(
    conn: &impl ConnectionTrait,
    user_id: UserId,
    now: Timestamp,
) -> Result<Vec<Session>, DbErr> {
    Ok(live(user_id, now).order_by_asc(Column::Id).all(conn).await?.into_iter().map(Session::from).collect())
}

/// The newest sessions of a user that are alive, the newest first.
///
/// # Errors
/// When the database refuses.
pub async fn shown(
    conn: &impl ConnectionTrait,
    user_id: UserId,
    now: Timestamp,
) -> Result<Vec<Session>, DbErr> {
    let rows = live(user_id, now).order_by_desc(Column::Id).limit(SHOWN).all(conn).await?;
    Ok(rows.into_iter().map(Session::from).collect())
}

/// All sessions of a user that are remembered, alive or not, the oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn all(conn: &impl ConnectionTrait, user_id: UserId) -> Result<Vec<Session>, DbErr> {
    let rows = Entity::find().filter(Column::UserId.eq(user_id.0)).order_by_asc(Column::Id).all(conn).await?;
    Ok(rows.into_iter().map(Session::from).collect())
}

/// The sessions that were ended after `since`, and until when each has to be remembered: their access tokens may still
/// be out there. The outbox tells, for the sessions of a deleted account are in no table.
///
/// # Errors
/// When the database refuses.
pub async fn ended_since(db: &Db, since: Timestamp) -> Result<Vec<(SessionId, Timestamp)>, DbErr> {
    let sql = "SELECT envelope FROM outbox WHERE created_at > $1 AND subject LIKE $2";
    let subject = format!("{}.%", SessionRevoked::TYPE);
    let rows = db.conn().query_all_raw(db.sql(sql, [since.into(), subject.into()])).await?;
    let ended = rows.iter().map(|row| {
        let envelope: String = row.try_get("", "envelope")?;
        let envelope: Envelope = serde_json::from_str(&envelope).map_err(|_| broken("envelope"))?;
        let event: SessionRevoked = envelope.data().map_err(|_| broken("event"))?;
        Ok((event.session_id, event.until))
    });
    ended.collect()
}

/// Writes down that a session was refreshed.
///
/// # Errors
/// When the database refuses.
pub async fn renew(tx: &Tx, session: &Session) -> Result<(), DbErr> {
    let row = Model::from(session);
    Entity::update_many()
        .col_expr(Column::LastSeenAt, Expr::value(row.last_seen_at))
        .col_expr(Column::ExpiresAt, Expr::value(row.expires_at))
        .col_expr(Column::Ip, Expr::value(row.ip))
        .col_expr(Column::UserAgent, Expr::value(row.user_agent))
        .filter(Column::Id.eq(row.id))
        .exec(&**tx)
        .await
        .map(|_| ())
}

/// Writes down when sessions were last used; an older moment never replaces a newer one.
///
/// # Errors
/// When the database refuses.
pub async fn seen(tx: &Tx, seen: &[(SessionId, Timestamp)]) -> Result<(), DbErr> {
    for (id, at) in seen {
        Entity::update_many()
            .col_expr(Column::LastSeenAt, Expr::value(*at))
            .filter(Column::Id.eq(id.0))
            .filter(Column::LastSeenAt.lt(*at))
            .exec(&**tx)
            .await?;
    }
    Ok(())
}

/// Forgets sessions that have been over for long. Their refresh tokens go with them.
///
/// # Errors
/// When the database refuses.
pub async fn purge(tx: &Tx, over_before: Timestamp) -> Result<u64, DbErr> {
    let over = Entity::delete_many()
        .filter(Column::ExpiresAt.lt(over_before).or(Column::RevokedAt.lt(over_before)))
        .exec(&**tx)
        .await?;
    Ok(over.rows_affected)
}

pub(super) async fn insert(tx: &Tx, session: &Session) -> Result<(), DbErr> {
    Entity::insert(Model::from(session).into_active_model()).exec_without_returning(&**tx).await.map(|_| ())
}

pub(super) async fn end(tx: &Tx, ended: &[EndedSession]) -> Result<(), DbErr> {
    for session in ended {
        Entity::update_many()
            .col_expr(Column::RevokedAt, Expr::value(session.ended_at))
            .col_expr(Column::RevokedReason, Expr::value(session.reason.as_str()))
            .filter(Column::Id.eq(session.id.0))
            .filter(Column::RevokedAt.is_null())
            .exec(&**tx)
            .await?;
        refresh_tokens::revoke(tx, session.id).await?;
    }
    Ok(())
}
