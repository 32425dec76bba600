//! Nothing lost, nothing doubled: the real program is killed with SIGKILL again and again while tickets are opened, and
//! JetStream's store is wiped under it. Afterwards every ticket that was answered 201 is there, with one audit row and one
//! mail.

mod clients;
mod ledger;
mod programs;

use std::sync::Arc;

use clients::Clients;
use ledger::Ledger;
use programs::{Helpdesk, Nats, Place};

const TICKETS: usize = 500;
const KILLS: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn on_the_local_bus_nothing_is_lost_or_doubled_over_twenty_kills() {
    let place = Place::embedded();
    let mut helpdesk = Helpdesk::start(&place).await;
    let clients = Clients::open_tickets(place.gateway(), TICKETS).await;
    for kill in 1..=KILLS {
        clients.until_opened(kill * TICKETS / (KILLS + 1)).await;
        helpdesk.kill();
        helpdesk = Helpdesk::start(&place).await;
    }
    let opened = clients.finish().await;
    Ledger::of(&place).await.agrees_with(&opened).await;
    helpdesk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_jetstream_nothing_is_lost_or_doubled_over_twenty_kills_and_a_wiped_store() {
    let Some(place) = Place::real().await else {
        eprintln!(
            "left out: TEST_DATABASE_URL, TEST_NATS_SERVER and TEST_SMTP_URL are not set (cargo xtask test sets them)"
        );
        return;
    };
    let mut nats = Nats::start(&place).await;
    let mut helpdesk = Helpdesk::start(&place).await;
    let clients = Arc::new(Clients::open_tickets(place.gateway(), TICKETS).await);
    let ledger = Ledger::of(&place).await;
    for kill in 1..=KILLS {
        clients.until_opened(kill * TICKETS / (KILLS + 1)).await;
        // Most kills hit while events wait, since a new relay first waits for the dead one's lease. Every fourth hits while
        // they flow.
        if kill % 4 == 0 {
            ledger.until_more_is_audited().await;
        }
        helpdesk.kill();
        if kill == KILLS / 2 {
            nats.wipe().await;
        }
        helpdesk = Helpdesk::start(&place).await;
    }
    // And once more under the living program, with events in the stream and in the outboxes.
    nats.wipe().await;
    let opened = clients.finish().await;
    ledger.agrees_with(&opened).await;
    helpdesk.stop().await;
    place.clean().await;
}
