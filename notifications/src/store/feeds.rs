use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbErr, QueryOrder, QuerySelect, Statement, Value, entity::prelude::*};
use shared::ids::UserId;

use super::{entities::delivery::Column, list};
use crate::domain::Notification;

/// Lists in one question.
const LISTS: usize = 500;

/// The last place that was given in somebody's list.
///
/// # Errors
/// When the database refuses.
pub async fn end(conn: &impl ConnectionTrait, owner: UserId) -> Result<i64, DbErr> {
    Ok(ends(conn, &[owner]).await?.get(&owner).copied().unwrap_or(0))
}

/// The last places that were given in several lists.
///
/// # Errors
/// When the database refuses.
pub async fn ends(conn: &impl ConnectionTrait, owners: &[UserId]) -> Result<HashMap<UserId, i64>, DbErr> {
    let mut ends = HashMap::with_capacity(owners.len());
    for some in owners.chunks(LISTS) {
        let places: Vec<_> = (1..=some.len()).map(|number| format!("${number}")).collect();
        let text = format!("SELECT user_id, last FROM feeds WHERE user_id IN ({})", places.join(", "));
        let values = some.iter().map(|owner| Value::from(owner.0));
        let statement = Statement::from_sql_and_values(conn.get_database_backend(), &text, values);
        for row in conn.query_all_raw(statement).await? {
            ends.insert(UserId(row.try_get::<Uuid>("", "user_id")?), row.try_get("", "last")?);
        }
    }
    Ok(ends)
}

/// What stands in somebody's list behind a place, in order, with its place.
///
/// # Errors
/// When the database refuses.
pub async fn after(
    conn: &impl ConnectionTrait,
    owner: UserId,
    place: i64,
    limit: u64,
) -> Result<Vec<(i64, Notification)>, DbErr> {
    let rows = list::of(owner)
        .filter(Column::Place.gt(place))
        .order_by_asc(Column::Place)
        .limit(limit)
        .all(conn)
        .await?;
    rows.into_iter().map(|row| Ok((row.place.unwrap_or(0), list::notification(row)?))).collect()
}
