//! Nothing lost, nothing doubled: the real program is killed with SIGKILL again and again while tickets are opened, and
//! JetStream's store is wiped under it. Afterwards every ticket that was answered 201 is there, with one audit row and one
//! mail. And with three replicas of tickets, of which one is killed again and again, what happens by itself happens once;
//! with three of notifications, each mail is sent, and a repeat is known by its Message-ID; with three of audit, the trail is one
//! chain that has each event once, and old months of it go into files whole or not at all; with two of each behind a proxy, a restart of one is nobody's business. PostgreSQL crashes under
//! them and is back. And when all of it is lost, a backup that was taken while people worked brings it back.

mod archives;
mod backup;
mod clients;
mod desk;
mod drill;
mod ledger;
mod mails;
mod outages;
mod outbox;
mod place;
mod proxy;
mod replicas;
mod restarts;
mod rollback;
mod rolling;
mod stories;
#[path = "../support/mod.rs"]
mod support;
mod timers;
mod trail;
mod waiting;

use std::io::Write;

use clients::Clients;
use ledger::Ledger;
use place::{Nats, Place};

const TICKETS: usize = 500;
const KILLS: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn on_the_local_bus_nothing_is_lost_or_doubled_over_twenty_kills() {
    let place = Place::embedded();
    let launch = place.launch();
    let mut helpdesk = launch.ready().await;
    let clients = Clients::open_tickets(helpdesk.url(), TICKETS).await;
    for kill in 1..=KILLS {
        clients.until_opened(kill * TICKETS / (KILLS + 1)).await;
        helpdesk.kill();
        helpdesk = launch.ready().await;
    }
    let opened = clients.finish().await;
    Ledger::of(&place).await.agrees_with(&opened).await;
    assert!(helpdesk.stop().await.status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn on_jetstream_nothing_is_lost_or_doubled_over_twenty_kills_and_a_wiped_store() {
    let Some(place) = Place::real().await else { return left_out() };
    let mut nats = Nats::start(&place).await;
    let launch = place.launch();
    let mut helpdesk = launch.ready().await;
    let clients = Clients::open_tickets(helpdesk.url(), TICKETS).await;
    let ledger = Ledger::of(&place).await;
    for kill in 1..=KILLS {
        clients.until_opened(kill * TICKETS / (KILLS + 1)).await;
        // Most kills hit while events wait, since a new relay first waits for the dead one's lease. Every fourth hits
        // while they flow.
        if kill % 4 == 0 {
            ledger.until_more_is_audited().await;
        }
        helpdesk.kill();
        if kill == KILLS / 2 {
            nats.wipe().await;
        }
        helpdesk = launch.ready().await;
    }
    // And once more under the living program, with events in the stream and in the outboxes.
    nats.wipe().await;
    let opened = clients.finish().await;
    ledger.agrees_with(&opened).await;
    assert!(helpdesk.stop().await.status.success());
    place.clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_nats_is_away_tickets_are_opened_and_their_events_follow_when_it_is_back() {
    let Some(place) = Place::real().await else { return left_out() };
    let mut nats = Nats::start(&place).await;
    let helpdesk = place.launch().ready().await;
    let clients = Clients::open_tickets(helpdesk.url(), TICKETS / 5).await;
    clients.until_opened(TICKETS / 50).await;
    // What is sent to a frozen server and never acknowledged is lost when it dies.
    nats.freeze();
    clients.until_opened(TICKETS / 10).await;
    nats.kill();
    // All the rest is answered 201 without it.
    let opened = clients.finish().await;
    nats.restart().await;
    Ledger::of(&place).await.agrees_with(&opened).await;
    assert!(helpdesk.stop().await.status.success());
    place.clean().await;
}

fn left_out() {
    // Not `eprintln!`, which the test harness swallows.
    let _ = writeln!(
        std::io::stderr(),
        "left out: survival on PostgreSQL and JetStream (`cargo xtask test` runs it)"
    );
}
