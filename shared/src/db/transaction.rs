use std::sync::Arc;

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement,
    TransactionTrait,
    prelude::async_trait,
    sqlx::{PgConnection, Postgres, pool::PoolConnection},
};
use tokio::sync::Mutex;

use super::{conn::Conn, outside_of_spans, postgres};

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
            outside_of_spans(postgres::begin(connection, Some(begin))).await?;
        }
        let line = Line { connection: Mutex::new(beginning.0.take()), pool: pool.clone() };
        Ok(Self::on(Arc::new(line)))
    }

    fn on(line: Arc<Line>) -> Self {
        Self(Open::Postgres(OnPostgres { line, is_over: false }))
    }

    /// Begins a part that can be taken back by itself.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn begin(&self) -> Result<Self, DbErr> {
        match &self.0 {
            Open::Sqlite(transaction) => outside_of_spans(transaction.begin()).await.map(Self::on_sqlite),
            Open::Postgres(it) => {
                it.line.ask(async |connection| postgres::begin(connection, None).await).await?;
                Ok(Self::on(it.line.clone()))
            }
        }
    }

    /// Takes back what was written.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn rollback(self) -> Result<(), DbErr> {
        match self.0 {
            Open::Sqlite(transaction) => outside_of_spans(transaction.rollback()).await,
            Open::Postgres(mut it) => {
                it.line.ask(async |connection| postgres::rollback(connection).await).await?;
                it.is_over = true;
                Ok(())
            }
        }
    }

    pub(super) async fn commit(self) -> Result<(), DbErr> {
        match self.0 {
            Open::Sqlite(transaction) => outside_of_spans(transaction.commit()).await,
            Open::Postgres(mut it) => {
                // To commit is to commit what was begun last, and that would be the part.
                let line = Arc::get_mut(&mut it.line);
                let line =
                    line.ok_or_else(|| DbErr::Custom("a part of the transaction is still open".to_owned()))?;
                line.ask(async |connection| postgres::commit(connection).await).await?;
                if let Some(connection) = line.connection.get_mut().take() {
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
            postgres::start_rollback(connection);
        }
    }
}

impl Line {
    async fn ask<T>(
        &self,
        question: impl AsyncFnOnce(&mut PgConnection) -> Result<T, DbErr>,
    ) -> Result<T, DbErr> {
        let mut connection = self.connection.lock().await;
        let connection = connection.as_mut().expect("only the end of the transaction gives it back");
        outside_of_spans(question(connection)).await
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
            Open::Sqlite(transaction) => outside_of_spans(transaction.execute_raw(statement)).await,
            Open::Postgres(it) => {
                it.line.ask(async |connection| postgres::execute(connection, &statement).await).await
            }
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match &self.0 {
            Open::Sqlite(transaction) => outside_of_spans(transaction.execute_unprepared(sql)).await,
            Open::Postgres(it) => {
                it.line.ask(async |connection| postgres::execute_unprepared(connection, sql).await).await
            }
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match &self.0 {
            Open::Sqlite(transaction) => outside_of_spans(transaction.query_one_raw(statement)).await,
            Open::Postgres(it) => {
                it.line.ask(async |connection| postgres::fetch_one(connection, &statement).await).await
            }
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match &self.0 {
            Open::Sqlite(transaction) => outside_of_spans(transaction.query_all_raw(statement)).await,
            Open::Postgres(it) => {
                it.line.ask(async |connection| postgres::fetch_all(connection, &statement).await).await
            }
        }
    }
}
