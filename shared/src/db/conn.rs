use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult,
    RuntimeErr, Statement,
    prelude::async_trait,
    sqlx::{self, PgConnection, PgPool, Postgres, pool::PoolConnection},
};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{outside_of_spans, postgres};

/// A connection that has answered so lately is taken to be there; any other is asked first.
pub(super) const FRESH: Duration = Duration::from_secs(1);

/// A pool, and the connections that were used last.
///
/// sqlx asks a connection for a sign of life whenever it comes back to its pool, which is a second round trip for a short question. So on
/// PostgreSQL one that has answered, or committed, is kept for whoever comes next.
pub struct Conn {
    pool: DatabaseConnection,
    kept: Mutex<Vec<Kept>>,
    /// A permit for each that is kept: who waits for one is served in turn.
    there: Semaphore,
    /// How many wait for the pool alone: as long as any does, none is kept.
    awaited: AtomicUsize,
}

/// Somebody waits for the pool alone, until this is dropped.
struct Waiting<'a>(&'a AtomicUsize);

struct Kept {
    connection: PoolConnection<Postgres>,
    since: Instant,
}

impl Conn {
    pub(super) fn new(pool: DatabaseConnection) -> Self {
        Self { pool, kept: Mutex::default(), there: Semaphore::new(0), awaited: AtomicUsize::new(0) }
    }

    /// The pool itself. What is kept goes back to it.
    pub(super) fn pool(&self) -> &DatabaseConnection {
        while let Ok(permit) = self.there.try_acquire() {
            drop(self.take_kept(permit));
        }
        &self.pool
    }

    /// Gives back what nobody has wanted lately, so that the pool may close what is idle; and one more, so that it may close what is
    /// old, although somebody wants it all the time.
    pub(super) fn give_back(&self) {
        // The one that was kept last is taken first: the others are older.
        loop {
            let Ok(permit) = self.there.try_acquire() else { return };
            permit.forget();
            let oldest = self.kept().remove(0);
            if oldest.since.elapsed() < FRESH {
                return;
            }
        }
    }

    /// How many connections there are, how many of them are used, and how many there may be.
    pub(super) fn size(&self) -> (u32, usize, u32) {
        let (size, idle, most) = if self.is_postgres() {
            let pool = self.postgres();
            (pool.size(), pool.num_idle() + self.kept().len(), pool.options().get_max_connections())
        } else {
            let pool = self.pool.get_sqlite_connection_pool();
            (pool.size(), pool.num_idle(), pool.options().get_max_connections())
        };
        (size, (size as usize).saturating_sub(idle), most)
    }

    /// Closes the pool once the last question is answered.
    pub(super) async fn close(&self) {
        if !self.is_postgres() {
            return self.pool.get_sqlite_connection_pool().close().await;
        }
        self.there.close();
        // The pool waits for all that it has given out.
        let kept = std::mem::take(&mut *self.kept());
        drop(kept);
        self.postgres().close().await;
    }

    async fn ask<T>(
        &self,
        question: impl AsyncFnOnce(&mut PgConnection) -> Result<T, DbErr>,
    ) -> Result<T, DbErr> {
        let mut connection = self.take().await?;
        // One that has not answered, or not to the end, goes back to the pool, which finds out what it is worth.
        let answer = outside_of_spans(question(&mut connection)).await?;
        self.keep(connection);
        Ok(answer)
    }

    pub(super) async fn take(&self) -> Result<PoolConnection<Postgres>, DbErr> {
        while let Ok(permit) = self.there.try_acquire() {
            if let Some(kept) = self.take_kept(permit)
                && kept.since.elapsed() < FRESH
            {
                return Ok(kept.connection);
            }
        }
        // Apart, as it wants 4 KB of room that a question seldom needs.
        Box::pin(self.acquire()).await.map_err(|fault| match fault {
            sqlx::Error::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
            sqlx::Error::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
            fault => DbErr::Conn(RuntimeErr::SqlxError(fault.into())),
        })
    }

    async fn acquire(&self) -> Result<PoolConnection<Postgres>, sqlx::Error> {
        let pool = self.postgres();
        if pool.size() < pool.options().get_max_connections() {
            // To its end: one that is being opened is not thrown away because another is free by then.
            return self.acquire_of_pool().await;
        }
        tokio::select! {
            biased;
            Ok(permit) = self.there.acquire() => match self.take_kept(permit) {
                Some(kept) => Ok(kept.connection),
                None => self.acquire_of_pool().await,
            },
            connection = pool.acquire() => connection,
        }
    }

    /// The room that there was in the pool may be another's by now, and whoever waits for it is not told of what is kept.
    async fn acquire_of_pool(&self) -> Result<PoolConnection<Postgres>, sqlx::Error> {
        self.awaited.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.awaited);
        self.postgres().acquire().await
    }

    fn take_kept(&self, permit: SemaphorePermit<'_>) -> Option<Kept> {
        permit.forget();
        self.kept().pop()
    }

    pub(super) fn keep(&self, connection: PoolConnection<Postgres>) {
        let mut kept = self.kept();
        if self.awaited.load(Ordering::Relaxed) == 0 && !self.there.is_closed() {
            kept.push(Kept { connection, since: Instant::now() });
            self.there.add_permits(1);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_postgres(&self) -> bool {
        self.get_database_backend() == DbBackend::Postgres
    }

    fn postgres(&self) -> &PgPool {
        self.pool.get_postgres_connection_pool()
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Conn {
    fn get_database_backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        if !self.is_postgres() {
            return self.pool.execute_raw(statement).await;
        }
        self.ask(async |connection| postgres::execute(connection, &statement).await).await
    }

    /// Several statements may be in it, and change what a connection is: it is none that is kept.
    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        if !self.is_postgres() {
            return self.pool.execute_unprepared(sql).await;
        }
        let mut connection = self.take().await?;
        outside_of_spans(postgres::execute_unprepared(&mut connection, sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        if !self.is_postgres() {
            return self.pool.query_one_raw(statement).await;
        }
        self.ask(async |connection| postgres::fetch_one(connection, &statement).await).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        if !self.is_postgres() {
            return self.pool.query_all_raw(statement).await;
        }
        self.ask(async |connection| postgres::fetch_all(connection, &statement).await).await
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::try_join_all;

    use super::*;
    use crate::testing::World;

    #[tokio::test(flavor = "multi_thread")]
    async fn the_pool_gets_back_what_nobody_wanted_lately_and_one_of_those_that_are_wanted() {
        let world = World::start().await;
        let db = world.open::<migrations::audit::Migrator>("audit").await;
        if !db.is_postgres() {
            return;
        }
        let ask_three = async || {
            let asked = (0..3).map(|_| db.conn().query_one_raw(db.sql("SELECT pg_sleep(0.05)", [])));
            try_join_all(asked).await.unwrap();
        };
        ask_three().await;
        assert_eq!(db.conn().kept().len(), 3);
        db.conn().give_back();
        assert_eq!(db.conn().kept().len(), 2);

        ask_three().await;
        let long_ago = Instant::now().checked_sub(FRESH).expect("the machine has been up for a second");
        db.conn().kept().iter_mut().take(2).for_each(|it| it.since = long_ago);
        db.conn().give_back();
        assert_eq!(db.conn().kept().len(), 0, "two were idle, and one more went");
        ask_three().await;
        assert_eq!(db.conn().kept().len(), 3, "and are had from it");
    }
    #[tokio::test(flavor = "multi_thread")]
    async fn who_waits_for_the_pool_alone_is_not_passed_over_by_what_is_kept() {
        let world = World::start().await;
        let db = world.open::<migrations::audit::Migrator>("audit").await;
        if !db.is_postgres() {
            return;
        }
        let conn = db.conn();
        let (_, _, most) = conn.size();
        let mut held = try_join_all((0..most).map(|_| conn.take())).await.unwrap();
        let mut waiting = std::pin::pin!(conn.acquire_of_pool());
        assert!(futures_util::poll!(waiting.as_mut()).is_pending());
        conn.keep(held.pop().unwrap());
        let had = waiting.await.unwrap();
        assert_eq!(conn.kept().len(), 0);
        conn.keep(had);
        assert_eq!(conn.kept().len(), 1, "nobody waits any more");
    }
}
