use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, EntityTrait, Order, QueryFilter, QueryOrder,
    QueryResult, QuerySelect, Value,
};
use shared::clock::Timestamp;
use shared::db::{Transaction, Tx};
use shared::ids::TicketId;
use uuid::Uuid;

use super::search::{self, Recent};
use super::ticket_row::{Column, Entity};
use crate::domain::{
    Assignee, Found, ListTickets, Place, Search, SortKey, SortValue, Status, Ticket, Visibility,
};

/// The ticket with this id, if it is there and in sight.
///
/// # Errors
/// The database is away, or holds a row that is no ticket.
pub async fn find(
    db: &impl ConnectionTrait,
    id: TicketId,
    visibility: Visibility,
) -> Result<Option<Ticket>, DbErr> {
    Entity::find_by_id(id.0).filter(in_sight(visibility)).into_model().one(db).await
}

/// The same, and nobody else's to change before the transaction ends: PostgreSQL locks the row, SQLite has one writer.
///
/// # Errors
/// The database is away, or holds a row that is no ticket.
pub async fn lock(tx: &Tx, id: TicketId, visibility: Visibility) -> Result<Option<Ticket>, DbErr> {
    Entity::find_by_id(id.0).filter(in_sight(visibility)).lock_exclusive().into_model().one(&**tx).await
}

/// The tickets wanted, in their order. They are read by keyset: the database goes straight to the place behind which the
/// page begins, so page 10,000 costs what page 1 does. `few` are those that match what is searched for, where they are known.
///
/// # Errors
/// The database is away, or holds a row that is no ticket.
pub async fn list(
    db: &impl ConnectionTrait,
    wanted: &ListTickets,
    few: Option<&[Uuid]>,
) -> Result<Vec<Found>, DbErr> {
    if wanted.sort == SortKey::Relevance {
        return ranked(db, wanted, few).await;
    }
    let direction = if wanted.descending { Order::Desc } else { Order::Asc };
    let sort_column = sort_column(wanted.sort);
    let order = if wanted.is_of_few_days() { sorted_apart(sort_column.clone()) } else { sort_column.clone() };
    let is_postgres = db.get_database_backend() == DbBackend::Postgres;
    let found = wanted.search.as_ref().map(|search| match few {
        Some(few) => search::among(few),
        None => search::matches(is_postgres, search),
    });
    let tickets: Vec<Ticket> = Entity::find()
        .filter(conditions(wanted).add_option(found))
        .filter(
            Condition::all()
                .add_option(wanted.after.map(|place| behind(place, sort_column.clone(), wanted.descending))),
        )
        .order_by(order, direction.clone())
        .order_by(Column::Id, direction)
        .limit(wanted.limit)
        .into_model()
        .all(db)
        .await?;
    Ok(tickets.into_iter().map(|ticket| Found { ticket, relevance: 0.0 }).collect())
}

/// The same where something is searched for, in a transaction that only reads. A word may be in every ticket or in one: a plan
/// is made for each, and none is kept for all. However crafted, no search takes longer than two seconds.
///
/// # Errors
/// As for [`list`]; the database breaks off what takes too long.
pub async fn list_found(tx: &Transaction, wanted: &ListTickets, now: Timestamp) -> Result<Vec<Found>, DbErr> {
    let is_postgres = tx.get_database_backend() == DbBackend::Postgres;
    if is_postgres {
        tx.execute_unprepared(
            "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL statement_timeout = '2s'",
        )
        .await?;
    }
    // One person has few tickets, whatever is in them; and a number is of one ticket.
    let everybodys = wanted.search.as_ref().filter(|it| it.number().is_none() && wanted.owner().is_none());
    let Some(search) = everybodys.filter(|_| is_postgres) else { return list(tx, wanted, None).await };
    let is_several = search.words().count() > 1;
    if wanted.sort == SortKey::Relevance && !wanted.is_narrowed() {
        let mut weeks = Some(Recent::at(now));
        while let Some(recent) = weeks {
            let newest = search::Ranking { recent: Some(recent), ..ranking(wanted, search, None) };
            let Some(statement) = search::ranked(is_postgres, newest) else { break };
            let found = match is_several {
                true => search::by_words(tx, &statement).await?,
                false => tx.query_all(&statement).await?,
            };
            if search::is_enough(found.len()) {
                return page(tx, wanted, &found).await;
            }
            weeks = recent.further(found.len());
        }
    }
    let few = if is_several { few(tx, wanted, search, now).await? } else { None };
    list(tx, wanted, few.as_deref()).await
}

/// The tickets that match several words, where they are few; or the page alone, where the newest weeks fill it.
async fn few(
    tx: &Transaction,
    wanted: &ListTickets,
    search: &Search,
    now: Timestamp,
) -> Result<Option<Vec<Uuid>>, DbErr> {
    let is_newest_first = wanted.sort == SortKey::CreatedAt && wanted.descending && wanted.after.is_none();
    if is_newest_first && !wanted.is_narrowed() {
        let newest = search::newest(tx, search, Recent::at(now), wanted.limit).await?;
        if newest.len() as u64 == wanted.limit {
            return Ok(Some(newest));
        }
    }
    search::few(tx, search).await
}

/// The best match first. What is ranked is bounded, so the order is made here and only the page's tickets are read.
async fn ranked(
    db: &impl ConnectionTrait,
    wanted: &ListTickets,
    few: Option<&[Uuid]>,
) -> Result<Vec<Found>, DbErr> {
    let Some(search) = &wanted.search else { return Ok(Vec::new()) };
    let is_postgres = db.get_database_backend() == DbBackend::Postgres;
    let Some(statement) = search::ranked(is_postgres, ranking(wanted, search, few)) else {
        return Ok(Vec::new());
    };
    page(db, wanted, &db.query_all(&statement).await?).await
}

fn ranking<'a>(wanted: &ListTickets, search: &'a Search, few: Option<&'a [Uuid]>) -> search::Ranking<'a> {
    let conditions = wanted.is_narrowed().then(|| conditions(wanted));
    search::Ranking { search, owner: wanted.owner(), conditions, few, recent: None }
}

async fn page(
    db: &impl ConnectionTrait,
    wanted: &ListTickets,
    found: &[QueryResult],
) -> Result<Vec<Found>, DbErr> {
    let mut ranks = Vec::with_capacity(found.len());
    for row in found {
        ranks.push((row.try_get::<f64>("", "relevance")?, TicketId(row.try_get("", "id")?)));
    }
    ranks.sort_by(|(a, x), (b, y)| a.total_cmp(b).then(x.cmp(y)));
    if wanted.descending {
        ranks.reverse();
    }
    if let Some(Place { value: SortValue::Relevance(relevance), id }) = wanted.after {
        let is_behind = |(rank, other): &(f64, TicketId)| {
            let order = rank.total_cmp(&relevance).then(other.cmp(&id));
            if wanted.descending { order.is_lt() } else { order.is_gt() }
        };
        ranks.retain(is_behind);
    }
    ranks.truncate(usize::try_from(wanted.limit).unwrap_or(usize::MAX));
    let ids = ranks.iter().map(|(_, id)| id.0);
    let tickets: Vec<Ticket> = Entity::find().filter(Column::Id.is_in(ids)).into_model().all(db).await?;
    let mut tickets: HashMap<_, _> = tickets.into_iter().map(|ticket| (ticket.id, ticket)).collect();
    let found = ranks
        .into_iter()
        .filter_map(|(relevance, id)| Some(Found { ticket: tickets.remove(&id)?, relevance }));
    Ok(found.collect())
}

/// The tickets to which something is due to happen by itself, the most urgent first, each locked: those that somebody
/// else holds are left out, for somebody else is at them.
///
/// # Errors
/// The database is away, or holds a row that is no ticket.
pub async fn lock_due(tx: &Tx, now: Timestamp, limit: u64) -> Result<Vec<Ticket>, DbErr> {
    use sea_orm::sea_query::{LockBehavior, LockType};
    Entity::find()
        .filter(Column::NextTimerAt.lte(now))
        .order_by_asc(Column::NextTimerAt)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .into_model()
        .all(&**tx)
        .await
}

/// When the next timer of all is due.
///
/// # Errors
/// The database is away.
pub async fn next_timer(db: &impl ConnectionTrait) -> Result<Option<Timestamp>, DbErr> {
    let first = Entity::find()
        .select_only()
        .column(Column::NextTimerAt)
        .filter(Column::NextTimerAt.is_not_null())
        .order_by_asc(Column::NextTimerAt);
    Ok(first.into_tuple::<Option<Timestamp>>().one(db).await?.flatten())
}

/// The tickets that somebody who is no agent any more still has and that are not closed, locked.
///
/// # Errors
/// The database is away, or holds a row that is no ticket.
pub async fn lock_assigned(tx: &Tx, agent: shared::ids::UserId) -> Result<Vec<Ticket>, DbErr> {
    Entity::find()
        .filter(Column::AssignedTo.eq(agent.0))
        .filter(Column::Status.ne(Status::Closed.as_str()))
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .into_model()
        .all(&**tx)
        .await
}

fn in_sight(visibility: Visibility) -> Condition {
    match visibility {
        Visibility::Everyone => Condition::all(),
        Visibility::Only(requester) => Condition::all().add(Column::UserId.eq(requester.0)),
    }
}

fn conditions(wanted: &ListTickets) -> Condition {
    in_sight(wanted.visibility)
        .add_option(wanted.status.map(|status| Column::Status.eq(status.as_str())))
        .add_option(wanted.priority.map(|priority| Column::Priority.eq(priority.as_str())))
        .add_option(wanted.category.as_ref().map(|category| Column::Category.eq(category.as_str())))
        .add_option(wanted.user_id.map(|requester| Column::UserId.eq(requester.0)))
        .add_option(wanted.assignee.map(|assignee| match assignee {
            Assignee::Agent(agent) => Column::AssignedTo.eq(agent.0),
            Assignee::Nobody => Column::AssignedTo.is_null(),
            Assignee::Anybody => Column::AssignedTo.is_not_null(),
        }))
        .add_option(
            wanted
                .overdue
                .map(|(overdue, now)| if overdue { is_overdue(now) } else { is_overdue(now).not() }),
        )
        .add_option(wanted.created_from.map(|from| Column::CreatedAt.gte(from)))
        .add_option(wanted.created_to.map(|to| Column::CreatedAt.lt(to)))
}

/// Not settled, and the due date is over. One that waits for its user stands where it stood when it was asked: it is
/// overdue if it was so then.
pub(super) fn is_overdue(now: Timestamp) -> Condition {
    let unsettled = Status::ALL.into_iter().filter(|status| !status.is_settled()).map(Status::as_str);
    Condition::all()
        // Written as the partial index has it.
        .add(Expr::cust(format!("status IN ({})", quoted(unsettled))))
        .add(Column::DueDate.lt(now))
        .add(
            Condition::any()
                .add(Column::Status.ne(Status::WaitingUser.as_str()))
                .add(Column::ResolutionAlert.eq(crate::domain::Alert::Breached.as_str())),
        )
}

fn quoted<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ")
}

fn sort_column(key: SortKey) -> Expr {
    match key {
        SortKey::CreatedAt => Expr::col(Column::CreatedAt),
        SortKey::UpdatedAt => Expr::col(Column::UpdatedAt),
        SortKey::DueDate => Expr::col(Column::DueDate),
        // The database makes this column of the priority, whose name does not sort.
        SortKey::Priority => Expr::col("priority_rank"),
        SortKey::Relevance => unreachable!("a list by relevance is ordered here, not by the database"),
    }
}

/// The same order, and no index has it: the tickets of a few days are read by their days and sorted. Along the order's own
/// index they would all lie together somewhere, and the planner does not know where.
fn sorted_apart(column: Expr) -> Expr {
    Expr::expr(Func::coalesce([column.clone(), column]))
}

/// `(value, id) > (place's value, place's id)`, as one comparison of rows: an index can begin there.
fn behind(place: Place, sort_column: Expr, descending: bool) -> Expr {
    let value = match place.value {
        SortValue::Time(at) => Value::from(at),
        SortValue::Priority(priority) => Value::from(priority.rank()),
        SortValue::Relevance(relevance) => Value::from(relevance),
    };
    let row = Expr::tuple([sort_column, Expr::col(Column::Id)]);
    let from = Expr::tuple([Expr::val(value), Expr::val(place.id.0)]);
    if descending { row.lt(from) } else { row.gt(from) }
}
