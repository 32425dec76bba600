//! PostgreSQL crashes and comes back while tickets are opened: soon it is as if nothing had been, and what was cut off between
//! its commit and its answer is answered when it is asked for again, and not done again.

use std::time::{Duration, Instant};

use sea_orm::Database;

use crate::{
    clients::{Clients, Opened},
    ledger::{Ledger, texts},
    left_out,
    place::{Nats, Place, Postgres},
    waiting::until,
};

const TICKETS: usize = 400;
const BEAT: Duration = Duration::from_millis(250);
const RESTARTS: usize = 3;
const PROMISE: Duration = Duration::from_secs(5);
/// Full is this share of what was opened before.
const FULL: f64 = 0.8;
const SECOND: Duration = Duration::from_secs(1);

const DOUBLED: &str = "SELECT title FROM tickets GROUP BY title HAVING count(*) > 1";

#[tokio::test(flavor = "multi_thread")]
async fn when_postgresql_is_back_tickets_are_opened_as_before_within_five_seconds_and_none_is_doubled() {
    let Some(postgres) = Postgres::start() else { return left_out() };
    let Some(place) = Place::on(postgres.url()).await else { return left_out() };
    let _nats = Nats::start(&place).await;
    let helpdesk = place.launch().ready().await;
    let clients = Clients::open_tickets_steadily(helpdesk.url(), TICKETS, BEAT).await;
    let mut restarts = Vec::new();
    for restart in 1..=RESTARTS {
        clients.until_opened(restart * TICKETS / (RESTARTS + 1)).await;
        let down = Instant::now();
        // Were it left to chance, few restarts would come between a commit and its answer.
        postgres.withhold_answers(&place.database("tickets"), "tickets").await;
        postgres.restart();
        restarts.push((down, Instant::now()));
    }
    let opened = clients.finish().await;

    let before = rate_before(&opened, restarts[0].0);
    for (down, up) in &restarts {
        let after = until_full(&opened, *up, before);
        println!(
            "away for {:.2?}; {after:.2?} later {before:.0} a second were opened as before",
            *up - *down
        );
        assert!(after <= PROMISE, "it took {after:?} until tickets were opened as before");
    }
    let turned_away = opened.iter().filter(|ticket| ticket.attempts > 1).count();
    let again = opened.iter().filter(|ticket| ticket.again).count();
    println!("{turned_away} were asked for again, of which {again} were committed already");
    let tickets = Database::connect(place.database("tickets")).await.expect("the database is there");
    assert_eq!(texts(&tickets, DOUBLED).await, [""; 0], "each key opened one ticket");
    assert!(again >= RESTARTS, "restarts that come between no commit and its answer show nothing");
    Ledger::of(&place).await.has_each_once(&opened).await;
    until("it is ready", || async {
        reqwest::get(format!("{}/ready", helpdesk.url())).await.is_ok_and(|answer| answer.status() == 200)
    })
    .await;
    assert!(helpdesk.stop().await.status.success());
}

/// How many tickets were opened in a second, of the two before this moment.
fn rate_before(opened: &[Opened], moment: Instant) -> f64 {
    let before = opened.iter().filter(|ticket| (moment - 2 * SECOND..moment).contains(&ticket.at));
    before.count() as f64 / 2.0
}

/// How long after this moment a second began in which tickets were opened at this rate.
fn until_full(opened: &[Opened], moment: Instant, rate: f64) -> Duration {
    let is_full = |from: &Instant| {
        let second = opened.iter().filter(|ticket| (*from..*from + SECOND).contains(&ticket.at));
        second.count() as f64 >= FULL * rate
    };
    let later = opened.iter().map(|ticket| ticket.at).filter(|at| *at >= moment);
    let full = later.filter(is_full).min().expect("tickets are opened at that rate again");
    full - moment
}
