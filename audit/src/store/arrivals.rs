//! Which numbers of each service's gap-free sequence have arrived, as ranges.

use std::{collections::BTreeMap, ops::RangeInclusive};

use sea_orm::{Condition, Set, entity::prelude::*, sea_query::OnConflict};
use shared::db::Tx;

use crate::domain::Arrivals;

/// A range of numbers that have arrived. Where nothing is missing, a service has one.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "arrivals")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub service: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub first: i64,
    pub last: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Notes what has arrived: services and their numbers, 0 for none, in any order. To be called when the end of the trail is
/// locked by this transaction, so that replicas do it one after another.
pub async fn note(tx: &Tx, numbers: &[(&str, i64)]) -> Result<(), DbErr> {
    let mut new = BTreeMap::<&str, Arrivals>::new();
    for (service, number) in numbers {
        new.entry(*service).or_default().add(*number..=*number);
    }
    let spans: Vec<_> = new.iter().filter_map(|(service, new)| Some((*service, new.span()?))).collect();
    if spans.is_empty() {
        return Ok(());
    }
    // The ranges that these numbers may fall into or touch.
    let near = spans.iter().fold(Condition::any(), |near, (service, span)| near.add(near_to(service, span)));
    let known = by_service(Entity::find().filter(near).all(&**tx).await?);
    let (mut written, mut gone) = (Vec::new(), Condition::any());
    for (service, new) in new {
        let known: Vec<_> = known.get(service).map(|known| known.ranges().collect()).unwrap_or_default();
        let merged: Arrivals = known.iter().cloned().chain(new.ranges()).collect();
        let merged: Vec<_> = merged.ranges().collect();
        for range in merged.iter().filter(|range| !known.contains(range)) {
            written.push(ActiveModel {
                service: Set(service.to_owned()),
                first: Set(*range.start()),
                last: Set(*range.end()),
            });
        }
        // A range that grew at its end keeps its row; one that was joined to a lower one has none any more.
        let starts: Vec<i64> = merged.iter().map(|range| *range.start()).collect();
        let joined: Vec<i64> =
            known.iter().map(|range| *range.start()).filter(|start| !starts.contains(start)).collect();
        if !joined.is_empty() {
            let rows = Condition::all().add(Column::Service.eq(service)).add(Column::First.is_in(joined));
            gone = gone.add(rows);
        }
    }
    if !gone.is_empty() {
        Entity::delete_many().filter(gone).exec(&**tx).await?;
    }
    if !written.is_empty() {
        let grown =
            OnConflict::columns([Column::Service, Column::First]).update_column(Column::Last).to_owned();
        Entity::insert_many(written).on_conflict(grown).exec_without_returning(&**tx).await?;
    }
    Ok(())
}

/// What has arrived, by service.
pub async fn all(conn: &impl ConnectionTrait) -> Result<BTreeMap<String, Arrivals>, DbErr> {
    Ok(by_service(Entity::find().all(conn).await?))
}

fn near_to(service: &str, span: &RangeInclusive<i64>) -> Condition {
    Condition::all()
        .add(Column::Service.eq(service))
        .add(Column::First.lte(span.end().saturating_add(1)))
        .add(Column::Last.gte(span.start() - 1))
}

fn by_service(rows: Vec<Model>) -> BTreeMap<String, Arrivals> {
    let mut arrivals = BTreeMap::<String, Arrivals>::new();
    for row in rows {
        arrivals.entry(row.service).or_default().add(row.first..=row.last);
    }
    arrivals
}
