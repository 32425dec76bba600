use std::{
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
};

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Value};
use tokio::sync::{Notify, OwnedSemaphorePermit};

use super::{Db, Transaction};
use crate::ids::EventId;

/// A transaction that writes. What it emits is committed with it or not at all; dropped, it is rolled back.
pub struct Tx {
    transaction: Transaction,
    db: Db,
    cause: Mutex<Cause>,
    wakes: Mutex<Vec<Arc<Notify>>>,
    _writer: Option<OwnedSemaphorePermit>,
}

/// What an emitted event is an answer to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cause {
    pub correlation_id: Option<String>,
    pub causation_id: Option<EventId>,
}

impl Deref for Tx {
    type Target = Transaction;

    fn deref(&self) -> &Transaction {
        &self.transaction
    }
}

impl Tx {
    pub(super) fn new(transaction: Transaction, db: Db, writer: Option<OwnedSemaphorePermit>) -> Self {
        Self { transaction, db, cause: Mutex::default(), wakes: Mutex::default(), _writer: writer }
    }

    /// Commits, then wakes the relay and whoever else waits.
    ///
    /// # Errors
    /// When the database refuses; then nothing was written.
    pub async fn commit(self) -> Result<(), DbErr> {
        let Self { transaction, wakes, .. } = self;
        transaction.commit().await?;
        for wake in wakes.into_inner().unwrap_or_else(PoisonError::into_inner) {
            wake.notify_one();
        }
        Ok(())
    }

    /// Wakes a worker once this is committed, and only then.
    pub fn wake_after_commit(&self, wake: &Arc<Notify>) {
        let mut wakes = self.wakes.lock().unwrap_or_else(PoisonError::into_inner);
        if !wakes.iter().any(|known| Arc::ptr_eq(known, wake)) {
            wakes.push(wake.clone());
        }
    }

    /// The database that it writes to.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Says what the events emitted from here on are an answer to. A consumer's transaction knows it already; this is
    /// for work that was written down first and is done later.
    pub fn answering(&self, correlation_id: Option<String>, causation_id: Option<EventId>) {
        self.set_cause(Cause { correlation_id, causation_id });
    }

    pub(crate) fn set_cause(&self, cause: Cause) {
        *self.cause.lock().unwrap_or_else(PoisonError::into_inner) = cause;
    }

    pub(crate) fn cause(&self) -> Cause {
        self.cause.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs one statement with `$1`-style placeholders; the number of rows it touched.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn run<const N: usize>(&self, text: &str, values: [Value; N]) -> Result<u64, DbErr> {
        Ok(self.transaction.execute_raw(self.db.sql(text, values)).await?.rows_affected())
    }

    /// Runs one statement with `$1`-style placeholders; its rows.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn rows<const N: usize>(
        &self,
        text: &str,
        values: [Value; N],
    ) -> Result<Vec<QueryResult>, DbErr> {
        self.transaction.query_all_raw(self.db.sql(text, values)).await
    }
}
