//! A release is taken back: the one before runs on tables that its successor has brought further.

use sea_orm::{ConnectionTrait, Database};

use crate::{
    clients::Clients,
    left_out,
    place::{Nats, Place},
};

/// What the next release may have done to the tables of tickets.
const NEXT: [&str; 2] = [
    "ALTER TABLE tickets ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm'",
    "INSERT INTO seaql_migrations (version, applied_at) VALUES ('tickets_9999_moods', 0)",
];

async fn goes_on(place: &Place) {
    let launch = place.launch();
    assert!(launch.clone().arguments(&["migrate"]).ended().await.status.success());
    let tickets = Database::connect(place.database("tickets")).await.expect("the database is there");
    for change in NEXT {
        tickets.execute_unprepared(change).await.expect("tables can be changed");
    }
    for migrates in ["true", "false"] {
        let helpdesk = launch.clone().with("MIGRATE_ON_START", migrates).ready().await;
        let words = "a newer version has been at the database; this one goes on with what it knows of it";
        assert!(helpdesk.stderr().contains(words), "{}", helpdesk.stderr());
        let opened = Clients::open_tickets(helpdesk.url(), 8).await.finish().await;
        assert_eq!(opened.len(), 8);
        assert!(helpdesk.stop().await.status.success());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_release_before_goes_on_where_its_successor_has_been() {
    goes_on(&Place::embedded()).await;
    let Some(place) = Place::real().await else { return left_out() };
    let _nats = Nats::start(&place).await;
    goes_on(&place).await;
    place.clean().await;
}
