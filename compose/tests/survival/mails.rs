//! Thousands of mails with three replicas, of which one is killed every second: each is sent, and a repeat says that it is
//! one.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait, Database, DatabaseConnection};

use crate::{
    clients::PASSWORD,
    ledger::{count, is_published, mails, texts},
    left_out,
    outbox::{READERS, emit, open_tickets, town},
    place::{Nats, Place},
    replicas::Replicas,
    timers::Dice,
    waiting::until,
};

/// The suite's server takes a few hundred a second, so the promise's 10,000 are for whoever asks: `HELPDESK_SURVIVAL_MAILS`.
const MAILS: i64 = 1_200;
/// To the requester, and to the administrator, since nobody has the ticket yet.
const MAILS_EACH: i64 = 2;
/// What one replica has under way at the most, and takes to its grave: the default of `mail_concurrency`.
const UNDER_WAY: i64 = 8;
/// Nothing is killed so often before all is claimed but what gets nowhere.
const MOST_KILLS: usize = 600;
const SEED: u64 = 20_261_124;

const ORDERED: &str = "SELECT count(*) FROM deliveries WHERE template IN ('ticket_created', 'ticket_unassigned') \
                       AND channel = 'email'";
const UNSETTLED: &str = "SELECT count(*) FROM deliveries WHERE status = 'pending'";
const CLAIMED: &str = "SELECT count(*) FROM deliveries WHERE lease_until > now()";
/// On some machines mails are sent as fast as they are ordered: then nothing would be left to kill for.
const HOLD: &str = "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS \
                        'BEGIN NEW.next_attempt_at := now() + interval ''1 day''; RETURN NEW; END'; \
                    CREATE TRIGGER hold BEFORE INSERT ON deliveries FOR EACH ROW EXECUTE FUNCTION hold()";
const LET_GO: &str = "DROP TRIGGER hold ON deliveries; UPDATE deliveries SET next_attempt_at = now()";
/// Claims that neither a settlement nor a failed attempt came of, since who held them was dead.
const ORPHANED: &str = "SELECT sum(claim - 1 - attempts)::bigint FROM deliveries WHERE channel = 'email'";

#[tokio::test(flavor = "multi_thread")]
async fn with_three_replicas_each_mail_is_sent_and_a_repeat_has_the_same_message_id() {
    let Some(place) = Place::real().await else { return left_out() };
    let wanted = wanted();
    println!("{wanted} mails; the seed is {SEED}");
    let mut dice = Dice(SEED);
    let _nats = Nats::start(&place).await;
    let town = town();
    let desk = place
        .launch()
        .moved(&place.folder("desk"))
        .only(&["auth", "tickets"])
        .with("ADMIN_EMAIL", format!("admin@{town}"))
        .with("ADMIN_PASSWORD", PASSWORD)
        .ready()
        .await;
    let mut replicas = Replicas::start(&place, desk.url(), "notifications", ("MAIL_POLL", "100ms")).await;
    let connect = async |service: &str| {
        Database::connect(place.database(service)).await.expect("the database is there")
    };
    let (auth, tickets) = (connect("auth").await, connect("tickets").await);
    let notifications = connect("notifications").await;

    settle_in(&auth, &town).await;
    until("all readers and the administrator are known", || async {
        count(&notifications, "SELECT count(*) FROM recipients WHERE email IS NOT NULL").await == READERS + 1
    })
    .await;
    notifications.execute_unprepared(HOLD).await.expect("mails can be held");
    open_tickets(&tickets, &town, wanted / MAILS_EACH).await;
    // Events that a dead replica had taken come again half a minute later. Here it is mails that are under way.
    until("all mails are ordered", || async { count(&notifications, ORDERED).await == wanted }).await;
    notifications.execute_unprepared(LET_GO).await.expect("mails can be let go");

    let began = Instant::now();
    until("mails are under way", || async { count(&notifications, CLAIMED).await > 0 }).await;
    let unclaimed = format!("{ORDERED} AND claim = 0");
    let mut kills = 0;
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    while count(&notifications, &unclaimed).await > 0 {
        assert!(kills < MOST_KILLS, "no end of mails that nobody has claimed");
        seconds.tick().await;
        replicas.kill(dice.below(3) as usize).await;
        kills += 1;
    }
    let took = began.elapsed();
    // What the dead had under way is claimed again when their claims have run out.
    until("all is settled", || async { count(&notifications, UNSETTLED).await == 0 }).await;
    until("all is published", || is_published(&notifications)).await;

    assert_told_once(&tickets, &notifications).await;
    let orphaned = count(&notifications, ORPHANED).await;
    let copies = copies(&place, &notifications, &town).await;
    let sent = copies.values().sum::<usize>();
    let rate = wanted as f64 / took.as_secs_f64();
    println!(
        "{wanted} mails and {} repeats: {kills} kills within {took:.1?} at {rate:.0} mails/s, {orphaned} claims orphaned",
        sent - copies.len()
    );
    assert!(orphaned > 0, "kills that hit nothing show nothing");
    let most = kills as i64 * UNDER_WAY;
    assert!(orphaned <= most, "{orphaned} were claimed again, and the dead can have had {most} at the most");
    for service in [&auth, &tickets, &notifications] {
        let failed = count(service, "SELECT count(*) FROM failed_events").await;
        assert_eq!(failed, 0, "no consumer gave up on anything");
    }
    replicas.stop().await;
    assert!(desk.stop().await.status.success());
    place.clean().await;
}

fn wanted() -> i64 {
    #[allow(clippy::disallowed_methods, reason = "whoever wants all of them says so in the environment")]
    let asked = std::env::var("HELPDESK_SURVIVAL_MAILS").ok();
    let wanted = asked.map_or(MAILS, |asked| asked.parse().expect("HELPDESK_SURVIVAL_MAILS is a number"));
    assert_eq!(wanted % MAILS_EACH, 0, "HELPDESK_SURVIVAL_MAILS is even");
    wanted
}

/// Says of the readers what auth would have. They registered long ago, so nobody welcomes them.
async fn settle_in(auth: &DatabaseConnection, town: &str) {
    let data = format!("'userId', reader, 'email', 'reader-' || number || '@{town}', 'role', 'user'");
    emit(auth, town, READERS, ["auth", "user.registered", "reader", "interval '2 days'", &data]).await;
}

/// Every ticket is two mails, each of which was sent, and of each it was said once that it was.
async fn assert_told_once(tickets: &DatabaseConnection, notifications: &DatabaseConnection) {
    let sorted = async |db, sql: &str| {
        let mut all = texts(db, sql).await;
        all.sort_unstable();
        all
    };
    let given_up = sorted(notifications, "SELECT last_error FROM deliveries WHERE status = 'failed'").await;
    assert!(given_up.is_empty(), "some were given up: {given_up:?}");
    let opened =
        sorted(tickets, "SELECT event_id::text FROM outbox WHERE subject LIKE 'ticket.created.%'").await;
    for template in ["ticket_created", "ticket_unassigned"] {
        let told = format!(
            "SELECT event_id::text FROM deliveries \
             WHERE channel = 'email' AND template = '{template}' AND status = 'sent'"
        );
        assert!(sorted(notifications, &told).await == opened, "each event is one {template}, which was sent");
    }
    let sent = sorted(notifications, "SELECT id::text FROM deliveries WHERE channel = 'email'").await;
    let said = "SELECT envelope::json->'data'->>'deliveryId' FROM outbox";
    assert!(sorted(notifications, said).await == sent, "each was settled once, and none has failed");
}

/// How often each mail arrived, by its Message-ID; exactly those of the deliveries did, each at its own reader's.
async fn copies(place: &Place, notifications: &DatabaseConnection, town: &str) -> BTreeMap<String, usize> {
    let expected = "SELECT '<' || id || '@localhost> ' || email FROM deliveries JOIN recipients \
                    ON user_id = recipient_id WHERE channel = 'email'";
    let expected = BTreeSet::from_iter(texts(notifications, expected).await);
    let mut copies = BTreeMap::new();
    for mail in mails(&place.mail()).filter(|mail| mail.to.contains(town)) {
        *copies.entry(format!("{} {}", mail.message_id, mail.to)).or_default() += 1;
    }
    let strange: Vec<_> = copies.keys().filter(|mail| !expected.contains(*mail)).take(5).collect();
    assert!(strange.is_empty(), "nobody ordered these: {strange:?}");
    let lost: Vec<_> = expected.iter().filter(|mail| !copies.contains_key(*mail)).take(5).collect();
    assert!(lost.is_empty(), "these never arrived: {lost:?}");
    copies
}
