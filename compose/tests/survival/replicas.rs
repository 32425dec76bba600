//! Three processes of the tickets service on one database, any of which may die at any moment.

use sea_orm::{Database, DatabaseConnection};

use crate::{
    ledger::count,
    place::Place,
    support::{Launch, Program},
};

const REPLICAS: usize = 3;
/// What a replica logs when its timers get into another's way; it never should.
const HINDERED: &str = "cannot be rung";

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
    /// Starts them; they believe the tokens of this auth.
    pub async fn start(place: &Place, auth: &str) -> Self {
        let mut running = Vec::new();
        for number in 1..=REPLICAS {
            let name = format!("replica-{number}");
            let launch = place
                .launch()
                .moved(&place.folder(&name))
                .only(&["tickets"])
                .with("AUTH_SERVICE_URL", auth)
                .with("TIMER_POLL", "20ms");
            let program = launch.ready().await;
            running.push(Replica { name, launch, program });
        }
        let urls = running.iter().map(|replica| replica.program.url().to_owned()).collect();
        let database = Database::connect(place.database("tickets")).await.expect("the database is there");
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
    let complaint = log.lines().find(|line| line.contains(HINDERED));
    assert_eq!(complaint, None, "{name}");
}
