use sea_orm::{ConnectionTrait, DbErr};
use serde_json::value::to_raw_value;
use shared::events::Envelope;

use crate::{
    domain::{FeedItem, Link, restore},
    store,
};

/// Reads links of the trail as the events that they hold, with the personal details of those who were not erased.
pub(super) async fn opened(conn: &impl ConnectionTrait, links: Vec<Link>) -> Result<Vec<FeedItem>, DbErr> {
    let sealed = links.iter().filter(|link| link.sealed.is_some());
    let seals = store::seals(conn, sealed.filter_map(|link| link.person_id)).await?;
    links.into_iter().map(|link| open(link, &seals)).collect()
}

fn open(link: Link, seals: &store::Seals) -> Result<FeedItem, DbErr> {
    let broken = |what: &str, fault: &dyn std::fmt::Display| {
        DbErr::Type(format!("row {} of the trail: {what}: {fault}", link.sequence))
    };
    let mut event: Envelope =
        serde_json::from_str(&link.envelope).map_err(|fault| broken("the envelope", &fault))?;
    let seal = link.person_id.and_then(|person| seals.get(&person)?.as_ref());
    if let (Some(seal), Some(sealed)) = (seal, &link.sealed) {
        let plain = seal
            .open(&event.event_id.to_string(), sealed)
            .map_err(|fault| broken("the personal details", &fault))?;
        let json = |fault: serde_json::Error| broken("the personal details", &fault);
        let personal = serde_json::from_slice(&plain).map_err(json)?;
        let mut data = serde_json::from_str(event.data.get()).map_err(json)?;
        restore(&mut data, personal);
        event.data = to_raw_value(&data).map_err(json)?;
    }
    Ok(FeedItem { sequence: link.sequence, received_at: link.recorded_at, event })
}
