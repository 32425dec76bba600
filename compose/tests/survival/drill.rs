//! The backup drill: a backup by the operator's script while people work; then the databases, JetStream's store, Redis, the
//! buckets and the program's own folder are lost; and from the backup alone all of it comes back.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use sea_orm::{Database, DatabaseConnection};
use serde_json::Value;

use crate::{
    backup::{Backups, rows},
    clients::{Clients, PASSWORD},
    desk::{Desk, Person},
    ledger::{Ledger, count, mails, texts},
    left_out,
    outbox::town,
    place::{Nats, Place, Redis, SERVICES, free_port},
    support::{Launch, Program},
    waiting::{awaited, until},
};

/// Who has everything before the backup begins.
const PEOPLE: usize = 4;
/// How many tickets are opened around it before anything is lost: some are in it, those behind it are lost.
const TICKETS_AROUND: usize = 25;
/// More than are ever opened: the requesters go on until everything ends.
const NO_END: usize = 1_000_000;

/// What an account, a ticket, a comment, a file is: service, table.
const NOBODY_ADDS_TO: [(&str, &str); 5] = [
    ("auth", "users"),
    ("tickets", "tickets"),
    ("tickets", "ticket_comments"),
    ("files", "files"),
    ("auth", "outbox"),
];
/// What others add to: what was on its way to them when the snapshots were taken has arrived since, an attachment in a ticket's
/// history too.
const OTHERS_ADD_TO: [(&str, &str); 4] = [
    ("audit", "trail"),
    ("notifications", "deliveries"),
    ("tickets", "inbox"),
    ("tickets", "ticket_history"),
];

/// What one service keeps of another's, by the queries whose answers are to be the same.
const KEPT_OF_OTHERS: [(&str, &str, &str, &str); 5] = [
    ("auth", "SELECT id::text FROM users", "users", "SELECT user_id::text FROM user_profiles"),
    ("auth", "SELECT id::text FROM users", "notifications", "SELECT user_id::text FROM recipients"),
    ("files", "SELECT id::text FROM files", "tickets", "SELECT file_id::text FROM ticket_attachments"),
    (
        "tickets",
        "SELECT id::text FROM tickets",
        "notifications",
        "SELECT ticket_id::text FROM deliveries WHERE template = 'ticket_created' AND channel = 'email'",
    ),
    (
        "tickets",
        "SELECT id::text FROM ticket_comments",
        "audit",
        "SELECT envelope::json->'data'->>'commentId' FROM trail WHERE action = 'TICKET_COMMENTED'",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn from_a_backup_taken_while_people_work_everything_comes_back_and_nothing_twice() {
    let Some(place) = Place::real().await else { return left_out() };
    let (Some(backups), Some(redis)) = (Backups::of(&place), Place::redis_server()) else {
        let _ = writeln!(
            std::io::stderr(),
            "left out: the backup drill (PostgreSQL's programs, curl, S3 or Redis)"
        );
        return place.clean().await;
    };
    let town = town();
    let (admin, redis_port) = (format!("admin@{town}"), free_port());
    let launch = backups
        .tell(place.launch())
        .with("REDIS_URL", format!("redis://127.0.0.1:{redis_port}"))
        .with("ADMIN_EMAIL", &admin)
        .with("ADMIN_PASSWORD", PASSWORD)
        // What an operator keeps elsewhere: without them the dumps are worth nothing.
        .with("JWT_SECRET", "what auth's keys are sealed with in its database")
        .with("AUDIT_SECRET", "what the trail is signed with, known to no database")
        .with("CHECKPOINT_INTERVAL", "200ms");
    let mut nats = Nats::start(&place).await;
    let cache = Redis::start(&redis, redis_port);

    let helpdesk = launch.ready().await;
    let desk = Desk::enter(helpdesk.url(), &admin).await;
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        people.push(desk.serve(&town, number).await);
    }
    let remembered = a_checkpoint(&desk).await;
    let (backup, later) = back_up(&place, &backups, &desk, &town, helpdesk.url()).await;

    helpdesk.kill();
    nats.wipe().await;
    drop(cache);
    place.lose_databases().await;
    backups.lose_buckets();

    backups.restore(&backup).unwrap_or_else(|refusal| panic!("{refusal}"));
    let cache = Redis::start(&redis, redis_port);
    let launch = launch.moved(&place.folder("another machine"));
    let helpdesk = launch.ready().await;
    let ledger = Ledger::of(&place).await;
    ledger.until_all_is_mailed().await;
    let house = House::of(&place).await;

    house.has_the_rows_of(&backup).await;
    house.agrees_with_itself().await;
    house.has_mailed_nothing_twice(&place.mail()).await;
    let desk = Desk::enter(helpdesk.url(), &admin).await;
    for person in &people {
        desk.has_all_of(person).await;
    }
    house.has_what_came_later(&desk, &later).await;
    is_one_chain(&desk, &launch, &place, &remembered).await;

    // And it is a helpdesk as before: numbers of events go on where they were.
    desk.serve(&town, PEOPLE + NO_END).await;
    ledger.until_all_is_mailed().await;
    house.agrees_with_itself().await;
    drop((ledger, house));
    refuses_what_is_not_safe(&backups, &backup, helpdesk).await;
    drop(cache);
    backups.lose_buckets();
    place.clean().await;
}

/// While tickets are opened and people come. Whoever came meanwhile may be in it or not.
async fn back_up(
    place: &Place,
    backups: &Backups,
    desk: &Desk,
    town: &str,
    url: &str,
) -> (PathBuf, Vec<Person>) {
    let requesters = Clients::open_tickets(url, NO_END).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let later = desk.keep_serving(format!("later.{town}"), is_over.clone());
    requesters.until_opened(TICKETS_AROUND).await;
    let tickets = Database::connect(place.database("tickets")).await.expect("the database is there");
    let opened = async || count(&tickets, "SELECT count(*) FROM tickets").await;
    let before = opened().await;
    let backup = tokio::task::block_in_place(|| backups.take());
    let after = opened().await;
    until("some are opened after it", || async { opened().await >= after + TICKETS_AROUND as i64 }).await;
    is_over.store(true, Ordering::SeqCst);
    let later = later.join_all().await.into_iter().flatten().collect();
    drop(requesters);
    let kept = rows(&backup)[&("tickets".to_owned(), "tickets".to_owned())];
    println!(
        "tickets: {before} before the backup, {kept} in it, {after} after it, {} lost",
        opened().await - kept
    );
    assert!(before < after, "nobody was at work during the backup");
    assert!((before..=after).contains(&kept), "{kept} are not what there was meanwhile");
    (backup, later)
}

/// The databases of the restored helpdesk.
struct House(BTreeMap<&'static str, DatabaseConnection>);

impl House {
    async fn of(place: &Place) -> Self {
        let mut services = BTreeMap::new();
        for service in SERVICES {
            let database = Database::connect(place.database(service)).await;
            services.insert(service, database.expect("the database is there"));
        }
        Self(services)
    }

    async fn has_the_rows_of(&self, backup: &Path) {
        let kept = rows(backup);
        let kept = |service: &str, table: &str| kept[&(service.to_owned(), table.to_owned())];
        let there = async |service: &str, table: &str| {
            count(&self.0[service], &format!("SELECT count(*) FROM {table}")).await
        };
        for (service, table) in NOBODY_ADDS_TO {
            assert_eq!(there(service, table).await, kept(service, table), "{service}'s {table}");
        }
        for (service, table) in OTHERS_ADD_TO {
            let (there, kept) = (there(service, table).await, kept(service, table));
            println!("{service}'s {table}: {kept} in the backup, {there} now");
            assert!(there >= kept, "{service}'s {table}: {there} of {kept}");
        }
    }

    /// Nobody lacks what another has, and nobody has what its origin does not know.
    async fn agrees_with_itself(&self) {
        for (service, database) in &self.0 {
            let failed = count(database, "SELECT count(*) FROM failed_events").await;
            assert_eq!(failed, 0, "{service} gave up on an event");
            let told = texts(database, "SELECT event_id::text FROM outbox ORDER BY 1").await;
            let recorded = format!(
                "SELECT event_id::text FROM trail WHERE envelope::json->>'source' = '{service}' ORDER BY 1"
            );
            let recorded = texts(&self.0["audit"], &recorded).await;
            assert!(
                recorded == told,
                "of {service}'s {} events {} are on record",
                told.len(),
                recorded.len()
            );
            let arrived = format!(
                "SELECT first || ' to ' || last FROM arrivals WHERE service = '{service}' ORDER BY first"
            );
            let numbers: Vec<String> =
                (!told.is_empty()).then(|| format!("1 to {}", told.len())).into_iter().collect();
            assert_eq!(texts(&self.0["audit"], &arrived).await, numbers, "the numbers of {service}");
        }
        for (origin, theirs, keeper, kept) in KEPT_OF_OTHERS {
            let theirs: BTreeSet<String> = texts(&self.0[origin], theirs).await.into_iter().collect();
            let list = texts(&self.0[keeper], kept).await;
            assert_eq!(list.len(), theirs.len(), "{keeper} has of {origin}: {kept}");
            assert_eq!(list.into_iter().collect::<BTreeSet<_>>(), theirs, "{keeper} has of {origin}: {kept}");
        }
    }

    /// What was sent before everything was lost, and again because the backup did not know it yet, is the same mail.
    async fn has_mailed_nothing_twice(&self, folder: &Path) {
        let known: BTreeSet<String> =
            texts(&self.0["tickets"], "SELECT ticket_number FROM tickets").await.into_iter().collect();
        let people: BTreeSet<String> =
            texts(&self.0["auth"], "SELECT email FROM users").await.into_iter().collect();
        let mut told: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
        let mut sent = 0;
        for mail in mails(folder) {
            let to = mail.to.trim_matches(['<', '>']).to_owned();
            let Some(ticket) = mail.ticket().filter(|ticket| known.contains(ticket) && people.contains(&to))
            else {
                continue;
            };
            sent += 1;
            told.entry((ticket, to, mail.subject)).or_default().insert(mail.message_id);
        }
        println!("{} mails, of which {} were sent again", told.len(), sent - told.len());
        assert!(told.len() >= known.len(), "{} mails on {} tickets", told.len(), known.len());
        for (mail, ids) in told {
            assert_eq!(ids.len(), 1, "{mail:?} was sent as two mails: {ids:?}");
        }
    }

    /// Of those who came during the backup and after, some are known; their files are whole.
    async fn has_what_came_later(&self, desk: &Desk, later: &[Person]) {
        let files: BTreeSet<String> =
            texts(&self.0["files"], "SELECT id::text FROM files").await.into_iter().collect();
        let known: Vec<_> = later.iter().filter(|person| files.contains(&person.file().id)).collect();
        println!("{} came later, {} of them are in the backup", later.len(), known.len());
        for person in known {
            desk.has(person.file()).await;
        }
    }
}

async fn a_checkpoint(desk: &Desk) -> Value {
    awaited("a checkpoint is kept", || async {
        let kept: Value =
            serde_json::from_str(&desk.told("/audit/checkpoints?limit=100").await).expect("JSON");
        kept["items"].as_array()?.last().cloned()
    })
    .await
}

/// By the service's own verdict, and by an outsider's who remembers how the trail was before all this.
async fn is_one_chain(desk: &Desk, launch: &Launch, place: &Place, remembered: &Value) {
    let verdict: Value = serde_json::from_str(&desk.told("/audit/verify").await).expect("JSON");
    assert_eq!(verdict["isIntact"], true, "{verdict}");
    let outside = place.folder("outside");
    for (name, text) in [
        ("trail.jsonl", desk.told("/audit/trail").await),
        ("key.pem", desk.told("/audit/public-key").await),
        ("kept.json", remembered.to_string()),
    ] {
        std::fs::write(outside.join(name), text).expect("a file can be written");
    }
    let verify = ["audit", "verify", "trail.jsonl", "--key", "key.pem", "--remembered", "kept.json"];
    let verdict = launch.clone().moved(&outside).arguments(&verify).ended().await;
    assert_eq!(verdict.status.code(), Some(0), "{}{}", verdict.stdout, verdict.stderr);
}

/// Nothing is written over by mistake, under anybody, or from what is not what it was.
async fn refuses_what_is_not_safe(backups: &Backups, backup: &Path, helpdesk: Program) {
    let refused = |why: &str| {
        let refusal = backups.restore(backup).expect_err(why);
        assert!(refusal.contains(why), "{refusal}");
    };
    refused("somebody is connected to its database; stop the services first");
    assert!(helpdesk.stop().await.status.success());
    until("it does not write over what is there", || async {
        backups
            .restore(backup)
            .is_err_and(|refusal| refusal.contains("holds something; --overwrite writes over it"))
    })
    .await;
    std::fs::OpenOptions::new()
        .append(true)
        .open(backup.join("tickets.dump"))
        .and_then(|mut dump| dump.write_all(b"x"))
        .expect("a dump can be written to");
    refused("is not as it was written");
}
