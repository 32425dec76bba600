//! The service, killed again and again while files and pictures come and go: no row without its object, no object of which
//! nobody knows, nothing lost that was answered for.

#![allow(
    clippy::disallowed_methods,
    dead_code,
    reason = "clients run beside the program, not among its tasks; the peer is that of the API's tests"
)]

#[path = "../api/peer.rs"]
mod peer;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::multipart::{Form, Part};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, QueryResult, Statement};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::ids::{TicketId, UserId};
use shared::testing::World;

const ROUNDS: u64 = 12;
const CLIENTS: usize = 6;

/// Says to this test, started again, that it is the one that is killed, and where its data lie.
const KILLED: &str = "HELPDESK_TEST_KILLED_IN";
/// Where the peer is that it asks.
const TICKETS: &str = "HELPDESK_TEST_TICKETS";
/// What stands before its first words.
const READY: &str = "READY ";

/// The program's folder, which stays when it is killed.
struct House {
    folder: tempfile::TempDir,
    tickets: String,
}

/// The first words of a program that is ready: where it is, and who its users are, with their tokens and tickets.
#[derive(Serialize, Deserialize)]
struct Hello {
    url: String,
    people: Vec<(UserId, String, TicketId)>,
}

/// What is killed: the service with the keys to its tokens, in a process of its own.
async fn be_killed(folder: &str) {
    let world = World::start().await;
    let tickets = std::env::var(TICKETS).unwrap();
    let settings = [
        ("HELPDESK_DATA_DIR", folder),
        ("TICKET_SERVICE_URL", &tickets),
        ("UPLOAD_SWEEP_INTERVAL", "20ms"),
        ("MAX_FILES_PER_TICKET", "10000"),
        ("MAX_TOTAL_SIZE_PER_TICKET", "10GiB"),
    ];
    let sources = world.sources("files").await;
    let sources = settings.iter().fold(sources, |sources, &(key, value)| sources.with(key, value));
    let config = files::Config::read(&sources).unwrap();
    let common = config.common.clone();
    let run = |listener, process| async move { files::run(config, listener, &process).await };
    let url = world.serve(&common, run).await;
    let person = |n| {
        let who = world.user(&format!("client{n}@example.com"));
        (who.id, who.token, TicketId::at(world.clock().now()))
    };
    let hello = Hello { url, people: (0..CLIENTS).map(person).collect() };
    println!("\n{READY}{}", serde_json::to_string(&hello).unwrap());
    std::future::pending().await
}

impl House {
    /// Starts the program and waits until it is ready.
    fn start(&self, tickets: &peer::Tickets) -> (Running, Hello) {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let name = std::thread::current().name().unwrap().to_owned();
        command.args([&name, "--exact", "--nocapture", "--test-threads=1"]);
        // On the embedded backends: a bucket in a folder can be looked into when nobody is there any more.
        command.env_clear().env(KILLED, self.folder.path()).env(TICKETS, &self.tickets);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut running = Running(command.spawn().unwrap());
        let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines();
        let hello = lines.find_map(|line| line.unwrap().strip_prefix(READY).map(str::to_owned));
        let hello: Hello = serde_json::from_str(&hello.expect("it becomes ready")).unwrap();
        for (_, token, ticket) in &hello.people {
            tickets.show(token, *ticket);
        }
        (running, hello)
    }

    async fn database(&self) -> DatabaseConnection {
        let file = self.folder.path().join("files.db");
        Database::connect(format!("sqlite://{}", file.display())).await.unwrap()
    }

    /// What lies in the buckets, with its size: `<bucket>/<owner>/<id>`.
    fn objects(&self) -> BTreeMap<String, u64> {
        let root = self.folder.path().join("s3");
        let mut found = BTreeMap::new();
        for bucket in folders(&root) {
            for owner in folders(&bucket) {
                for object in std::fs::read_dir(&owner).unwrap().flatten() {
                    let name = object.path().strip_prefix(&root).unwrap().display().to_string();
                    // What the embedded store has not finished has a name of its own until it has.
                    if !object.file_name().to_string_lossy().starts_with('.') {
                        found.insert(name, object.metadata().unwrap().len());
                    }
                }
            }
        }
        found
    }
}

fn folders(of: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(of).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

/// A running program, which does not outlive its test.
struct Running(Child);

impl Running {
    /// `kill -9`.
    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn rows(database: &DatabaseConnection, sql: &str) -> Vec<QueryResult> {
    let statement = Statement::from_string(database.get_database_backend(), sql);
    database.query_all_raw(statement).await.unwrap()
}

/// The objects that a table's rows name, with their sizes.
async fn named(database: &DatabaseConnection, table: &str) -> BTreeMap<String, u64> {
    let sql = format!("SELECT bucket_name, file_path, file_size FROM {table}");
    let rows = rows(database, &sql).await;
    let text = |row: &QueryResult, column| row.try_get::<String>("", column).unwrap();
    rows.iter()
        .map(|row| {
            let size: i64 = row.try_get("", "file_size").unwrap();
            (format!("{}/{}", text(row, "bucket_name"), text(row, "file_path")), size as u64)
        })
        .collect()
}

/// A client that uploads, deletes every third of what it brought, and sends a picture of itself now and then. What it was
/// answered for, and is still there.
async fn client(
    url: String,
    (id, token, ticket): (UserId, String, TicketId),
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
) -> BTreeSet<String> {
    let http = reqwest::Client::new();
    let mut kept = BTreeSet::new();
    for n in 0.. {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let text = format!("{n} of {id}\n").repeat(1 + n % 7 * 600);
        let part = Part::text(text).file_name("a.txt").mime_str("text/plain").unwrap();
        let form = Form::new().text("ticketId", ticket.to_string()).part("file", part);
        let sent = http.post(format!("{url}/files")).bearer_auth(&token).multipart(form).send().await;
        let Ok(answer) = sent else { break };
        assert!(answer.status() == 201 || answer.status() == 503, "{}", answer.status());
        let Ok(file) = answer.json::<Value>().await else { break };
        let Some(file) = file["id"].as_str() else { continue };
        answered.fetch_add(1, Ordering::SeqCst);
        kept.insert(file.to_owned());
        if n % 3 == 2 {
            // Once it was sent, nobody knows which way it went unless it was answered.
            kept.remove(file);
            let gone = http.delete(format!("{url}/files/{file}")).bearer_auth(&token).send().await;
            if gone.is_err() {
                break;
            }
        }
        if n % 4 == 1 {
            let mut picture = pixel();
            picture.resize(picture.len() + n % 50, 0);
            let put = http.put(format!("{url}/files/avatars/{id}")).bearer_auth(&token);
            if put.header("content-type", "image/png").body(picture).send().await.is_err() {
                break;
            }
        }
    }
    kept
}

/// One grey pixel.
fn pixel() -> Vec<u8> {
    let mut bytes =
        b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55".to_vec();
    bytes.extend(b"\0\0\0\x0aIDAT\x78\x9c\x63\x60\0\0\0\x02\0\x01\x48\xaf\xa4\x71");
    bytes.extend(b"\0\0\0\0IEND\xae\x42\x60\x82");
    bytes
}

/// What holds at every moment.
async fn check(house: &House, acknowledged: &BTreeSet<String>) {
    let database = house.database().await;
    let objects = house.objects();
    let mut rows = named(&database, "files").await;
    rows.append(&mut named(&database, "avatars").await);
    for (name, size) in &rows {
        assert_eq!(objects.get(name), Some(size), "the row of {name} has no such object");
    }
    let announced = named(&database, "uploads").await;
    for name in objects.keys() {
        assert!(rows.contains_key(name) || announced.contains_key(name), "nobody knows of the object {name}");
    }
    let ids: BTreeSet<_> =
        rows.keys().filter_map(|name| name.rsplit('/').next()).map(str::to_owned).collect();
    let lost: Vec<_> = acknowledged.difference(&ids).collect();
    assert!(lost.is_empty(), "{lost:?} were answered for and are gone");
    database.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_it_leaves_no_row_without_its_object_and_no_object_of_which_nobody_knows() {
    if let Ok(folder) = std::env::var(KILLED) {
        return be_killed(&folder).await;
    }
    let (tickets, address) = peer::Tickets::start().await;
    let house = House { folder: tempfile::tempdir().unwrap(), tickets: address };
    let mut acknowledged = BTreeSet::new();
    for round in 0..ROUNDS {
        let (running, Hello { url, people }) = house.start(&tickets);
        let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let clients: Vec<_> = people
            .into_iter()
            .map(|person| tokio::spawn(client(url.clone(), person, stop.clone(), answered.clone())))
            .collect();
        // Each time at another moment.
        let mut looks = tokio::time::interval(Duration::from_millis(1));
        let until = Instant::now() + Duration::from_secs(30);
        while answered.load(Ordering::SeqCst) < 6 + round && Instant::now() < until {
            looks.tick().await;
        }
        for _ in 0..round * 37 % 50 {
            looks.tick().await;
        }
        running.kill();
        stop.store(true, Ordering::SeqCst);
        for client in clients {
            acknowledged.append(&mut client.await.unwrap());
        }
        check(&house, &acknowledged).await;
    }
    assert!(acknowledged.len() > 50, "only {} uploads were answered: this proves little", acknowledged.len());

    // What was left behind is too young to be swept. Let it be old.
    let database = house.database().await;
    let left = rows(&database, "SELECT id FROM uploads").await.len();
    let long_ago = chrono::Utc::now() - Duration::from_secs(3600);
    let age = "UPDATE uploads SET started_at = $1";
    let age = Statement::from_sql_and_values(database.get_database_backend(), age, [long_ago.into()]);
    database.execute_raw(age).await.unwrap();
    let (running, _) = house.start(&tickets);
    let began = Instant::now();
    while !rows(&database, "SELECT id FROM uploads").await.is_empty() {
        assert!(began.elapsed() < Duration::from_secs(30), "what was left behind is not swept");
        tokio::task::yield_now().await;
    }
    running.kill();
    database.close().await.unwrap();
    check(&house, &acknowledged).await;
    println!("{ROUNDS} kills, {} uploads answered for, {left} left to the sweeper", acknowledged.len());
}
