use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement,
    TransactionTrait, prelude::async_trait,
};

use super::outside_of_spans;

/// Several questions as one. Dropped, it is over, and nothing was written.
pub struct Transaction(DatabaseTransaction);

impl Transaction {
    pub(super) fn new(transaction: DatabaseTransaction) -> Self {
        Self(transaction)
    }

    /// Begins a part that can be taken back by itself.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn begin(&self) -> Result<Self, DbErr> {
        outside_of_spans(self.0.begin()).await.map(Self)
    }

    /// Takes back what was written.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn rollback(self) -> Result<(), DbErr> {
        outside_of_spans(self.0.rollback()).await
    }

    /// SeaORM's own, for what makes tables.
    pub(crate) fn orm(&self) -> &DatabaseTransaction {
        &self.0
    }

    pub(super) async fn commit(self) -> Result<(), DbErr> {
        outside_of_spans(self.0.commit()).await
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        self.0.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        outside_of_spans(self.0.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        outside_of_spans(self.0.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        outside_of_spans(self.0.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        outside_of_spans(self.0.query_all_raw(statement)).await
    }
}
