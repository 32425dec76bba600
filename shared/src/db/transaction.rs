use std::sync::Arc;

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement,
    TransactionTrait,
    prelude::async_trait,
    sqlx::{Database, PgConnection, Postgres, SqlSafeStr, pool::PoolConnection},
};
use sqlx_core::transaction::TransactionManager;
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

use super::{conn::Conn, outside_of_spans, postgres};

type Manager = <Postgres as Database>::TransactionManager;

/// Several questions as one. Dropped, it is over, and nothing was written.
pub struct Transaction(Open);

enum Open {
    Sqlite(DatabaseTransaction),
    Postgres(OnPostgres),
}

/// sqlx's own would give the connection back to its pool, which asks it for a sign of life first. Here it is kept for the next question
/// once it has committed.
struct OnPostgres {
    line: Arc<Line>,
    is_over: bool,
}

/// What a transaction and the parts of it that were begun by themselves share.
struct Line {
    /// There until it is given back.
    connection: Mutex<Option<PoolConnection<Postgres>>>,
    pool: Arc<Conn>,
}

/// A connection that is told to begin. Whoever does not wait for the answer leaves one behind on which a transaction is open and nobody
/// knows: it is closed.
struct Beginning(Option<PoolConnection<Postgres>>);

impl Transaction {
    pub(super) fn on_sqlite(transaction: DatabaseTransaction) -> Self {
        Self(Open::Sqlite(transaction))
    }

    /// Begins one with these words.
    pub(super) async fn on_postgres(pool: &Arc<Conn>, begin: &'static str) -> Result<Self, DbErr> {
        let mut beginning = Beginning(Some(pool.take().await?));
        if let Some(connection) = &mut beginning.0 {
            let begun = Manager::begin(connection, Some(begin.into_sql_str()));
            outside_of_spans(begun).await.map_err(postgres::not_done)?;
        }
        let line = Line { connection: Mutex::new(beginning.0.take()), pool: pool.clone() };
        Ok(Self(Open::Postgres(OnPostgres { line: Arc::new(line), is_over: false })))
    }

    /// Begins a part that can be taken back by itself.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn begin(&self) -> Result<Self, DbErr> {
        match &self.0 {
            Open::Sqlite(transaction) => transaction.begin().await.map(Self::on_sqlite),
            Open::Postgres(OnPostgres { line, .. }) => {
                outside_of_spans(Manager::begin(&mut *line.connection().await, None))
                    .await
                    .map_err(postgres::not_done)?;
                Ok(Self(Open::Postgres(OnPostgres { line: line.clone(), is_over: false })))
            }
        }
    }

    /// Takes back what was written.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn rollback(self) -> Result<(), DbErr> {
        match self.0 {
            Open::Sqlite(transaction) => transaction.rollback().await,
            Open::Postgres(mut it) => {
                outside_of_spans(Manager::rollback(&mut *it.line.connection().await))
                    .await
                    .map_err(postgres::not_done)?;
                it.is_over = true;
                Ok(())
            }
        }
    }

    pub(super) async fn commit(self) -> Result<(), DbErr> {
        match self.0 {
            Open::Sqlite(transaction) => transaction.commit().await,
            Open::Postgres(mut it) => {
                outside_of_spans(Manager::commit(&mut *it.line.connection().await))
                    .await
                    .map_err(postgres::not_done)?;
                it.is_over = true;
                // Where this is a part, the whole has it.
                if let Some(line) = Arc::get_mut(&mut it.line)
                    && let Some(connection) = line.connection.get_mut().take()
                {
                    line.pool.keep(connection);
                }
                Ok(())
            }
        }
    }
}

impl Drop for Beginning {
    fn drop(&mut self) {
        if let Some(connection) = &mut self.0 {
            connection.close_on_drop();
        }
    }
}

impl Drop for OnPostgres {
    fn drop(&mut self) {
        if !self.is_over
            && let Ok(mut connection) = self.line.connection.try_lock()
            && let Some(connection) = connection.as_mut()
        {
            // Said before whatever is asked next; at the end that is the pool's question for a sign of life.
            Manager::start_rollback(connection);
        }
    }
}

impl Line {
    async fn connection(&self) -> MappedMutexGuard<'_, PgConnection> {
        MutexGuard::map(self.connection.lock().await, |connection| {
            &mut **connection.as_mut().expect("only the end of the transaction gives it back")
        })
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        match &self.0 {
            Open::Sqlite(transaction) => transaction.get_database_backend(),
            Open::Postgres(_) => DbBackend::Postgres,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match &self.0 {
            Open::Sqlite(transaction) => transaction.execute_raw(statement).await,
            Open::Postgres(it) => {
                outside_of_spans(postgres::execute(&mut *it.line.connection().await, &statement)).await
            }
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match &self.0 {
            Open::Sqlite(transaction) => transaction.execute_unprepared(sql).await,
            Open::Postgres(it) => {
                outside_of_spans(postgres::execute_unprepared(&mut *it.line.connection().await, sql)).await
            }
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match &self.0 {
            Open::Sqlite(transaction) => transaction.query_one_raw(statement).await,
            Open::Postgres(it) => {
                outside_of_spans(postgres::fetch_one(&mut *it.line.connection().await, &statement)).await
            }
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match &self.0 {
            Open::Sqlite(transaction) => transaction.query_all_raw(statement).await,
            Open::Postgres(it) => {
                outside_of_spans(postgres::fetch_all(&mut *it.line.connection().await, &statement)).await
            }
        }
    }
}
