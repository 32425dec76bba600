use sea_orm::{ConnectionTrait, DbErr};

use crate::{
    domain::{FeedItem, Link},
    store,
};

/// Reads links of the trail as the events that they hold, with the personal details of those who were not erased.
pub(super) async fn opened(conn: &impl ConnectionTrait, links: Vec<Link>) -> Result<Vec<FeedItem>, DbErr> {
    let sealed = links.iter().filter(|link| link.sealed.is_some());
    let seals = store::seals(conn, sealed.filter_map(|link| link.person_id)).await?;
    let open = |link: &Link| {
        let seal = link.person_id.and_then(|person| seals.get(&person)?.as_ref());
        link.opened(seal).map_err(|fault| DbErr::Type(fault.to_string()))
    };
    links.iter().map(open).collect()
}
