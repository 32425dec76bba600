//! Answers that are kept for whoever asks for the same.

use chrono::TimeDelta;
use shared::testing::World;

use super::House;

const SPAN: &str = "from=2026-03-01T08:00:00Z&to=2026-03-01T11:00:00Z";

#[tokio::test(flavor = "multi_thread")]
async fn what_was_counted_is_kept_for_a_while_each_for_its_own_question() {
    let world = World::at("2026-03-01T08:00:00Z".parse().unwrap()).await;
    let house = House::with(world, &[("ANSWERS_KEPT", "1h")]).await;
    let report = format!("/audit/reports/activity?{SPAN}");
    let metrics = format!("/audit/metrics?{SPAN}");
    let before = (house.get(&report).await, house.get(&metrics).await);
    house.world.clock().advance(TimeDelta::minutes(1));
    house.open_ticket("LOW", "Printer", house.admin.id).await;
    assert_eq!((house.get(&report).await, house.get(&metrics).await), before);
    let tickets = house.get(&format!("/audit/reports/tickets?{SPAN}")).await;
    assert_ne!(tickets["madeAt"], before.0["madeAt"]);
    assert_eq!(tickets["sections"][0]["figures"][0]["value"], 1, "{tickets}");
    let named = house.get(&format!("{metrics}&name=tickets_created")).await;
    assert_eq!(named["metrics"][0]["count"], 1, "{named}");
}
