//! Three processes of one service on one database, any of which may die at any moment.

use sea_orm::{Database, DatabaseConnection};

use crate::{
    ledger::count,
    place::Place,
    support::{Launch, Program},
};

const REPLICAS: usize = 3;
/// What a replica logs when its timers or its mails get into another's way; they never should.
const HINDERED: [&str; 3] =
    ["cannot be rung", "cannot be settled or claimed", "the claim on a delivery was lost"];

/// The replicas, and what each logs when it cannot do its work.
pub struct Replicas {
    running: Vec<Replica>,
    urls: Vec<String>,
    database: DatabaseConnection,
}

struct Replica {
    name: String,
    launch: Launch,
    program: Program,
}

impl Replicas {
    /// Starts them, with a setting of their own; they believe the tokens of this auth.
    pub async fn start(place: &Place, auth: &str, service: &str, (key, value): (&str, &str)) -> Self {
        let mut running = Vec::new();
        for number in 1..=REPLICAS {
            let name = format!("replica-{number}");
            let launch = place
                .launch()
                .moved(&place.folder(&name))
                .only(&[service])
                .with("AUTH_SERVICE_URL", auth)
                .with(key, value);
            let program = launch.ready().await;
            running.push(Replica { name, launch, program });
        }
        let urls = running.iter().map(|replica| replica.program.url().to_owned()).collect();
        let database = Database::connect(place.database(service)).await.expect("the database is there");
        Self { running, urls, database }
    }

    /// Where they are, whether they live or not.
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// SIGKILL to one of them.
    pub async fn kill(&mut self, number: usize) {
        let Replica { name, launch, program } = self.running.remove(number % REPLICAS);
        assert_unhindered(&name, &program.stderr());
        program.kill();
        let program = launch.ready().await;
        self.running.push(Replica { name, launch, program });
    }

    /// Whether one of them has changed tickets and not committed yet.
    pub async fn are_writing(&self) -> bool {
        let writing = "SELECT count(*) FROM pg_locks WHERE relation = 'tickets'::regclass AND mode = 'RowExclusiveLock' \
                       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        count(&self.database, writing).await > 0
    }

    /// How many transactions came to no end, because those who had begun them were dead.
    pub async fn cut_off(&self) -> i64 {
        let rolled_back = "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()";
        count(&self.database, rolled_back).await
    }

    /// SIGTERM to all at once.
    pub async fn stop(self) {
        for replica in &self.running {
            replica.program.signal("TERM");
        }
        for Replica { name, program, .. } in self.running {
            let ended = program.ended().await;
            assert_unhindered(&name, &ended.stderr);
            assert!(ended.status.success(), "{name}: {}", ended.stderr);
        }
    }
}

/// They pass over what another holds; they do not fall over it.
fn assert_unhindered(name: &str, log: &str) {
    let complaint = log.lines().find(|line| HINDERED.iter().any(|complaint| line.contains(complaint)));
    assert_eq!(complaint, None, "{name}");
}
