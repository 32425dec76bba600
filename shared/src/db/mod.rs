//! A service's own database: PostgreSQL in production, SQLite when embedded, one way through both.

mod conn;
mod postgres;
mod row;
mod transaction;
mod tx;

use std::{sync::Arc, time::Duration};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait, Value,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tracing::{
    Dispatch,
    instrument::{WithDispatch, WithSubscriber},
};

pub use self::conn::Conn;
use self::conn::FRESH;
pub(crate) use self::tx::Cause;
pub use self::{row::Row, transaction::Transaction, tx::Tx};
use crate::{clock::Clock, config::DatabaseConfig, http::Check, workers::PerWorker};

/// A handle on a service's database; clones share its pools.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
    background: bool,
}

struct Inner {
    service: &'static str,
    /// For the HTTP workers; where there are enough connections, each has a pool of its own.
    http: PerWorker<Arc<Conn>>,
    /// For tasks on the main runtime.
    background: Arc<Conn>,
    /// SQLite has one writer. Waiting for it here is fair and costs nothing; its busy handler would sleep and retry.
    writer: Option<Arc<Semaphore>>,
    clock: Clock,
    outbox: Arc<Notify>,
}

/// A worker's share of the connections is not smaller: one long question would keep all others waiting.
const SMALLEST_SHARE: u32 = 4;

impl Db {
    /// Connects, or says in words why it could not.
    ///
    /// # Errors
    /// When the server is not there or refuses, or the file cannot be opened.
    pub async fn open(config: &DatabaseConfig, clock: Clock) -> anyhow::Result<Self> {
        let sqlite = config.url.expose().starts_with("sqlite:");
        let failed = |error: DbErr| {
            anyhow::anyhow!("{}: cannot open the database {}: {error}", config.service, config.redacted())
        };
        let shares = if sqlite { vec![config.max_connections] } else { shares(config) };
        let mut http = Vec::with_capacity(shares.len());
        for share in shares {
            let mut options = options(config, share);
            if !sqlite {
                // By the worker that needs one, on its own runtime.
                options.min_connections(0).connect_lazy(true);
            }
            http.push(Arc::new(Conn::new(Database::connect(options).await.map_err(failed)?)));
        }
        let background = if sqlite {
            http[0].clone()
        } else {
            let options = options(config, config.background_connections);
            Arc::new(Conn::new(Database::connect(options).await.map_err(failed)?))
        };
        // A thread that is no worker, as a test's, shares the first's.
        let others = http[0].clone();
        let inner = Inner {
            service: config.service,
            http: PerWorker::of(http, others),
            background,
            writer: sqlite.then(|| Arc::new(Semaphore::new(1))),
            clock,
            outbox: Arc::new(Notify::new()),
        };
        Ok(Self { inner: Arc::new(inner), background: false })
    }

    /// The same database through the pool for tasks on the main runtime.
    #[must_use]
    pub fn background(&self) -> Self {
        Self { inner: self.inner.clone(), background: true }
    }

    /// The connection for reads; writes go through [`Db::begin`] or [`Db::run`].
    #[must_use]
    pub fn conn(&self) -> &Conn {
        self.mine()
    }

    fn mine(&self) -> &Arc<Conn> {
        let Inner { http, background, .. } = &*self.inner;
        if self.background { background } else { http.mine() }
    }

    /// The pool, for what makes tables.
    pub(crate) fn pool(&self) -> &DatabaseConnection {
        self.conn().pool()
    }

    /// Begins a transaction that writes.
    ///
    /// # Errors
    /// When no connection is to be had in time.
    pub async fn begin(&self) -> Result<Tx, DbErr> {
        let writer = self.writer().await;
        let transaction = if self.is_postgres() {
            Transaction::on_postgres(self.mine(), "BEGIN").await?
        } else {
            Transaction::on_sqlite(self.orm_transaction().await?)
        };
        Ok(Tx::new(transaction, self.clone(), writer))
    }

    /// SeaORM's own, for what makes tables.
    pub(crate) async fn orm_transaction(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: (!self.is_postgres()).then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.pool().begin_with_options(options).await
    }

    /// Runs one statement that writes, with `$1`-style placeholders, as a transaction of its own; the number of rows it touched.
    ///
    /// # Errors
    /// When the database refuses; then nothing was written.
    pub async fn run<const N: usize>(&self, text: &str, values: [Value; N]) -> Result<u64, DbErr> {
        let _writer = self.writer().await;
        Ok(self.conn().execute_raw(self.sql(text, values)).await?.rows_affected())
    }

    /// Waits for the turn to write, where only one may.
    async fn writer(&self) -> Option<OwnedSemaphorePermit> {
        let writer = self.inner.writer.clone()?;
        Some(writer.acquire_owned().await.expect("the writer's gate is never closed"))
    }

    /// Begins a transaction that only reads: one state of the database for several questions. Dropped, it is over.
    ///
    /// # Errors
    /// When no connection is to be had in time.
    pub async fn read(&self) -> Result<Transaction, DbErr> {
        if self.is_postgres() {
            Transaction::on_postgres(self.mine(), "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
        } else {
            self.pool().begin().await.map(Transaction::on_sqlite)
        }
    }

    /// Whether it is PostgreSQL; otherwise it is SQLite.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        self.inner.writer.is_none()
    }

    /// The service that it belongs to.
    #[must_use]
    pub fn service(&self) -> &'static str {
        self.inner.service
    }

    /// The clock that its rows are dated by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// Whether it answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.conn().query_one_raw(self.sql("SELECT 1", [])).await.map(|_| ())
    }

    /// For `/ready`: without its database a service can do nothing.
    #[must_use]
    pub fn check(&self) -> Check {
        let db = self.clone();
        Check::needed(move || {
            let db = db.clone();
            async move { db.ping().await.map_err(|_| "does not answer".to_owned()) }
        })
    }

    /// A statement whose placeholders are `$1`, `$2` … on both backends.
    pub fn sql<const N: usize>(&self, text: &str, values: [Value; N]) -> Statement {
        Statement::from_sql_and_values(self.conn().get_database_backend(), text, values)
    }

    /// The database's own time in milliseconds since 1970, as SQL: leases compare it, so replicas whose clocks differ
    /// still agree.
    pub(crate) fn epoch_ms(&self) -> &'static str {
        match self.conn().get_database_backend() {
            DbBackend::Postgres => "(extract(epoch from clock_timestamp()) * 1000)::bigint",
            _ => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
        }
    }

    /// How far this process's clock is ahead of the database's. SQLite has none of its own, and a test's clock is nobody's.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn clock_skew(&self) -> Result<chrono::TimeDelta, DbErr> {
        if !self.is_postgres() || !self.inner.clock.is_system() {
            return Ok(chrono::TimeDelta::zero());
        }
        let sql = format!("SELECT {} AS now", self.epoch_ms());
        let row = self.conn().query_one_raw(self.sql(&sql, [])).await?;
        let theirs: i64 = row.ok_or_else(|| DbErr::RecordNotFound("the time".into()))?.try_get("", "now")?;
        Ok(chrono::TimeDelta::milliseconds(self.inner.clock.now().timestamp_millis() - theirs))
    }

    /// Woken whenever an outbox row was committed by this process.
    pub(crate) fn outbox_wake(&self) -> &Arc<Notify> {
        &self.inner.outbox
    }

    /// How many connections there are, and how many of them are used, as metrics. SQLite has one pool for both ends.
    pub(crate) fn measure_pools(&self) {
        let Inner { http, background, service, .. } = &*self.inner;
        for (pool, connections) in
            [("http", http.workers()), ("background", std::slice::from_ref(background))]
        {
            let (mut used, mut open, mut most) = (0, 0, 0);
            for connection in connections {
                let size = connection.size();
                open += size.0;
                used += size.1;
                most += size.2;
                connection.give_back();
            }
            let labels = [("service", *service), ("pool", pool)];
            metrics::gauge!("db_pool_connections_used", &labels).set(used as f64);
            metrics::gauge!("db_pool_connections", &labels).set(f64::from(open));
            metrics::gauge!("db_pool_connections_max", &labels).set(f64::from(most));
        }
    }

    /// Closes the pools once the last task is done with them.
    pub async fn close(&self) {
        for pool in self.inner.http.workers().iter().chain([&self.inner.background]) {
            pool.close().await;
        }
    }
}

/// sqlx enters the span that it finds anew for each row, twice, although it has nothing to say there but notices of the database: it
/// is to find none.
fn outside_of_spans<F>(question: F) -> WithDispatch<F> {
    question.with_subscriber(Dispatch::none())
}

/// The connections for HTTP, dealt out to the workers.
fn shares(config: &DatabaseConfig) -> Vec<u32> {
    let workers = u32::try_from(config.workers).unwrap_or(u32::MAX);
    let pools = (config.max_connections / SMALLEST_SHARE).clamp(1, workers.max(1));
    (0..pools).map(|pool| (config.max_connections + pool) / pools).collect()
}

fn options(config: &DatabaseConfig, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(config.url.expose());
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(3))
        .connect_timeout(Duration::from_secs(3))
        .idle_timeout(Duration::from_secs(60))
        .test_before_acquire_if_idle_for(FRESH)
        .sqlx_logging(false)
        .set_application_name(format!("helpdesk-{}", config.service))
        // Many short questions at once: each has one core, and is answered before it could be compiled.
        .map_sqlx_postgres_opts(|postgres| {
            postgres.options([("jit", "off"), ("max_parallel_workers_per_gather", "0")])
        })
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(Duration::from_secs(5))
                .foreign_keys(true)
                .create_if_missing(true)
        });
    options
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    #[test]
    fn the_connections_are_dealt_out_to_the_workers_and_no_share_is_small() {
        let dealt = |max_connections, workers| {
            shares(&DatabaseConfig {
                service: "tickets",
                url: Secret::new("postgres://127.0.0.1/helpdesk_tickets"),
                max_connections,
                workers,
                background_connections: 1,
                migrate_on_start: false,
            })
        };
        assert_eq!(dealt(10, 1), [10]);
        assert_eq!(dealt(11, 2), [5, 6]);
        assert_eq!(dealt(10, 16), [5, 5]);
        assert_eq!(dealt(3, 16), [3]);
        assert_eq!(dealt(64, 16), [4; 16]);
    }
}
