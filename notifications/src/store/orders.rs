use std::collections::{BTreeSet, HashMap};

use sea_orm::{
    ActiveValue::Set, ConnectionTrait, DbErr, Statement, Value, entity::prelude::*, sea_query::OnConflict,
};
use shared::{
    clock::Timestamp,
    db::Tx,
    ids::{DeliveryId, UserId},
};

use super::entities::delivery::{ActiveModel, Entity};
use crate::domain::{Channel, Order, Priority, Status};

/// Rows in one statement; a database takes so many values and no more.
const ROWS: usize = 500;

/// Writes down deliveries; those that exist already (same cause, recipient, channel and template) stay as they are. Answers
/// what is to be sent, if it did not exist.
///
/// # Errors
/// When the database refuses.
pub async fn order(
    tx: &Tx,
    orders: Vec<Order>,
    now: Timestamp,
) -> Result<Vec<(Priority, DeliveryId)>, DbErr> {
    let listed = |order: &&Order| order.channel == Channel::InApp && order.withheld.is_none();
    let mut places = places(tx, orders.iter().filter(listed).map(|order| order.recipient)).await?;
    let rows: Vec<_> = orders
        .into_iter()
        .map(|order| {
            let place = match listed(&&order) {
                true => places.remove(&order.recipient),
                false => None,
            };
            let (priority, row) = (order.notice.template().priority(), row(order, place, now));
            (priority, row)
        })
        .collect();
    let waiting = |(priority, row): &(Priority, ActiveModel)| {
        let waits = row.status.as_ref() == Status::Pending.as_str();
        waits.then(|| (*priority, DeliveryId(*row.id.as_ref())))
    };
    let waiting = rows.iter().filter_map(waiting).collect();
    // Of the cause, recipient, channel and template, and of the id, which follows from these.
    let once = OnConflict::new().do_nothing().to_owned();
    let mut rows = rows.into_iter().map(|(_, row)| row).peekable();
    while rows.peek().is_some() {
        let some: Vec<_> = rows.by_ref().take(ROWS).collect();
        Entity::insert_many(some).on_conflict(once.clone()).exec_without_returning(&**tx).await?;
    }
    Ok(waiting)
}

fn row(order: Order, place: Option<i64>, now: Timestamp) -> ActiveModel {
    let template = order.notice.template();
    // The list itself is the delivery; there is nothing left to do.
    let at_once = order.channel == Channel::InApp;
    let status = match (order.withheld, at_once) {
        (Some(_), _) => Status::Suppressed,
        (None, true) => Status::Sent,
        (None, false) => Status::Pending,
    };
    ActiveModel {
        id: Set(order.id().0),
        event_id: Set(order.cause.0),
        correlation_id: Set(order.correlation_id),
        recipient_id: Set(order.recipient.0),
        channel: Set(order.channel.as_str().to_owned()),
        template: Set(template.as_str().to_owned()),
        priority: Set(template.priority().rank()),
        payload: Set(order.notice.payload()),
        address: Set(order.address),
        ticket_id: Set(order.notice.ticket().map(Into::into)),
        status: Set(status.as_str().to_owned()),
        attempts: Set(0),
        claim: Set(0),
        next_attempt_at: Set(now),
        lease_until: Set(None),
        last_error: Set(order.withheld.map(str::to_owned)),
        expires_at: Set(order.notice.expires_at()),
        created_at: Set(now),
        sent_at: Set((status == Status::Sent).then_some(now)),
        read_at: Set(None),
        place: Set(place),
        digest_id: Set(None),
    }
}

/// The next place in each of these lists. Each list is locked until the transaction ends, in the order of the ids, so that
/// two who tell the same people do not wait for each other.
async fn places(tx: &Tx, owners: impl Iterator<Item = UserId>) -> Result<HashMap<UserId, i64>, DbErr> {
    let owners: BTreeSet<UserId> = owners.collect();
    let mut places = HashMap::new();
    for some in owners.into_iter().collect::<Vec<_>>().chunks(ROWS) {
        let rows: Vec<_> = (1..=some.len()).map(|number| format!("(${number}, 1)")).collect();
        let text = format!(
            "INSERT INTO feeds (user_id, last) VALUES {} \
             ON CONFLICT (user_id) DO UPDATE SET last = feeds.last + 1 RETURNING user_id, last",
            rows.join(", ")
        );
        let values = some.iter().map(|owner| Value::from(owner.0));
        let statement = Statement::from_sql_and_values(tx.get_database_backend(), &text, values);
        for row in tx.query_all_raw(statement).await? {
            let owner: Uuid = row.try_get("", "user_id")?;
            places.insert(UserId(owner), row.try_get("", "last")?);
        }
    }
    Ok(places)
}
