//! The table `user_activities`.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect,
};
use shared::db::Tx;
use shared::ids::UserId;

use super::activity_row::{ActiveModel, Column, Entity};
use crate::domain::{Activity, ListActivities, PastActivity};

pub(super) async fn insert(tx: &Tx, activity: Activity) -> Result<(), DbErr> {
    Entity::insert(ActiveModel::from(activity)).exec_without_returning(&**tx).await.map(|_| ())
}

pub(super) async fn delete(tx: &Tx, user_id: UserId) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::UserId.eq(user_id.0)).exec(&**tx).await.map(|_| ())
}

/// Somebody's activities, in the order wanted, by keyset.
///
/// # Errors
/// The database is away.
pub async fn list(db: &impl ConnectionTrait, wanted: &ListActivities) -> Result<Vec<PastActivity>, DbErr> {
    let direction = if wanted.descending { Order::Desc } else { Order::Asc };
    let mut activities = Entity::find().filter(Column::UserId.eq(wanted.user_id.0));
    if let Some((at, id)) = wanted.after {
        let row = Expr::tuple([Expr::col(Column::CreatedAt), Expr::col(Column::Id)]);
        let from = Expr::tuple([Expr::val(at), Expr::val(id.0)]);
        activities = activities.filter(if wanted.descending { row.lt(from) } else { row.gt(from) });
    }
    let rows = activities
        .order_by(Column::CreatedAt, direction.clone())
        .order_by(Column::Id, direction)
        .limit(wanted.limit)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(PastActivity::from).collect())
}

/// All of somebody's activities, the oldest first.
///
/// # Errors
/// The database is away.
pub async fn all(db: &impl ConnectionTrait, user_id: UserId) -> Result<Vec<PastActivity>, DbErr> {
    let all = Entity::find().filter(Column::UserId.eq(user_id.0));
    let rows = all.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).all(db).await?;
    Ok(rows.into_iter().map(PastActivity::from).collect())
}
