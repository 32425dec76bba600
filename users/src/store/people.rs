//! The table `user_profiles`, many rows at a time. The erased are in none of the answers.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect,
    Value,
};
use shared::auth::Role;
use shared::db::Db;

use super::profile_row::{Column, Entity};
use crate::domain::{Known, ListPeople, Person, Place, SortKey, SortValue, Stats, every_day, first_day};

/// So many departments are counted, the largest: everybody names theirs as they like.
const DEPARTMENTS: i64 = 100;

/// The people wanted, in their order, by keyset.
///
/// # Errors
/// The database is away, or holds a row that is nobody's.
pub async fn list(db: &impl ConnectionTrait, wanted: &ListPeople) -> Result<Vec<Person>, DbErr> {
    let direction = if wanted.descending { Order::Desc } else { Order::Asc };
    let sort_column = sort_column(wanted.sort);
    let words = wanted.search.words().iter().map(|word| holds(word));
    let rows = Entity::find()
        .filter(
            words
                .fold(Condition::all(), Condition::add)
                .add(Column::ErasedAt.is_null())
                .add_option(wanted.role.map(|role| Column::Role.eq(role.as_str())))
                .add_option(wanted.department.as_ref().map(|name| Column::Department.eq(name.as_str())))
                .add_option(wanted.is_active.map(|is_active| Column::IsActive.eq(is_active)))
                .add_option(wanted.after.as_ref().map(|place| behind(place, sort_column, wanted.descending))),
        )
        .order_by(sort_column, direction.clone())
        .order_by(Column::Id, direction)
        .limit(wanted.limit)
        .all(db)
        .await?;
    let known = rows.into_iter().map(Known::try_from);
    known.filter_map(|known| known.map(Known::living).transpose()).collect()
}

/// Whether the word occurs. It is a text to be found, not a pattern.
fn holds(word: &str) -> Expr {
    let text = word.chars().fold(String::with_capacity(word.len() + 2), |mut text, character| {
        if matches!(character, '!' | '%' | '_') {
            text.push('!');
        }
        text.push(character);
        text
    });
    Expr::col(Column::SearchText).like(LikeExpr::new(format!("%{text}%")).escape('!'))
}

fn sort_column(key: SortKey) -> Column {
    match key {
        SortKey::CreatedAt => Column::CreatedAt,
        SortKey::Email => Column::Email,
        SortKey::LastName => Column::SortName,
    }
}

fn behind(place: &Place, sort_column: Column, descending: bool) -> Expr {
    let value = match &place.value {
        SortValue::Time(at) => Value::from(*at),
        SortValue::Text(text) => Value::from(text.as_str()),
    };
    let row = Expr::tuple([Expr::col(sort_column), Expr::col(Column::Id)]);
    let from = Expr::tuple([Expr::val(value), Expr::val(place.id.0)]);
    if descending { row.lt(from) } else { row.gt(from) }
}

/// How many people there are and of which kinds, as of `today` (UTC).
///
/// # Errors
/// The database is away, or holds a row that is nobody's.
pub async fn stats(db: &Db, today: NaiveDate) -> Result<Stats, DbErr> {
    let mut stats = Stats {
        total: 0,
        active: 0,
        by_role: Role::ALL.into_iter().map(|role| (role, 0)).collect(),
        by_department: BTreeMap::new(),
        registered: Vec::new(),
    };
    let by_role = "SELECT role, is_active, count(*) AS people FROM user_profiles WHERE erased_at IS NULL \
                   GROUP BY role, is_active";
    for row in db.conn().query_all_raw(db.sql(by_role, [])).await? {
        let people: i64 = row.try_get("", "people")?;
        stats.total += people;
        if row.try_get("", "is_active")? {
            stats.active += people;
        }
        let role: String = row.try_get("", "role")?;
        if let Ok(role) = role.parse() {
            *stats.by_role.entry(role).or_default() += people;
        }
    }
    let by_department = "SELECT department, count(*) AS people FROM user_profiles \
                         WHERE erased_at IS NULL AND department IS NOT NULL \
                         GROUP BY department ORDER BY people DESC, department LIMIT $1";
    for row in db.conn().query_all_raw(db.sql(by_department, [DEPARTMENTS.into()])).await? {
        stats.by_department.insert(row.try_get("", "department")?, row.try_get("", "people")?);
    }
    stats.registered = every_day(today, &registered(db, first_day(today)).await?);
    Ok(stats)
}

async fn registered(db: &Db, since: NaiveDate) -> Result<BTreeMap<NaiveDate, i64>, DbErr> {
    let day = match db.is_postgres() {
        true => "to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
        false => "substr(created_at, 1, 10)",
    };
    let sql = format!(
        "SELECT {day} AS day, count(*) AS people FROM user_profiles \
         WHERE erased_at IS NULL AND created_at >= $1 GROUP BY {day}"
    );
    let since = since.and_time(chrono::NaiveTime::MIN).and_utc();
    let rows = db.conn().query_all_raw(db.sql(&sql, [since.into()])).await?;
    let counted = rows.iter().map(|row| {
        let day: String = row.try_get("", "day")?;
        let day = day.parse().map_err(|_| DbErr::Type(format!("{day:?} is no day")))?;
        Ok((day, row.try_get("", "people")?))
    });
    counted.collect()
}
