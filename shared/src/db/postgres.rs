//! Questions to PostgreSQL on a connection that is there.

use sea_orm::{
    DbErr, ExecResult, QueryResult, RuntimeErr, Statement, Values,
    sqlx::{
        self, AssertSqlSafe, Database, PgConnection, Postgres, SqlSafeStr, query::Query, query_with, raw_sql,
    },
};
use sea_query_sqlx::SqlxValues;
use sqlx_core::transaction::TransactionManager;

type Manager = <Postgres as Database>::TransactionManager;

/// Begins a transaction with these words, or a part of the one that has begun.
pub(super) async fn begin(connection: &mut PgConnection, words: Option<&'static str>) -> Result<(), DbErr> {
    Manager::begin(connection, words.map(SqlSafeStr::into_sql_str)).await.map_err(not_done)
}

/// Commits what was begun last.
pub(super) async fn commit(connection: &mut PgConnection) -> Result<(), DbErr> {
    Manager::commit(connection).await.map_err(not_done)
}

/// Takes back what was begun last.
pub(super) async fn rollback(connection: &mut PgConnection) -> Result<(), DbErr> {
    Manager::rollback(connection).await.map_err(not_done)
}

/// The same, said before whatever is asked next; at the end that is the pool's question for a sign of life.
pub(super) fn start_rollback(connection: &mut PgConnection) {
    Manager::start_rollback(connection);
}

pub(super) async fn execute(
    connection: &mut PgConnection,
    statement: &Statement,
) -> Result<ExecResult, DbErr> {
    query(statement).execute(connection).await.map(Into::into).map_err(not_done)
}

/// Several statements may be in it.
pub(super) async fn execute_unprepared(
    connection: &mut PgConnection,
    sql: &str,
) -> Result<ExecResult, DbErr> {
    raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(Into::into).map_err(not_done)
}

pub(super) async fn fetch_one(
    connection: &mut PgConnection,
    statement: &Statement,
) -> Result<Option<QueryResult>, DbErr> {
    let row = query(statement).fetch_optional(connection).await.map_err(not_answered)?;
    Ok(row.map(Into::into))
}

pub(super) async fn fetch_all(
    connection: &mut PgConnection,
    statement: &Statement,
) -> Result<Vec<QueryResult>, DbErr> {
    let rows = query(statement).fetch_all(connection).await.map_err(not_answered)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

fn not_done(fault: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(fault.into()))
}

fn not_answered(fault: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(fault.into()))
}

fn query(statement: &Statement) -> Query<'_, Postgres, SqlxValues> {
    let values = statement.values.clone().unwrap_or(Values(Vec::new()));
    query_with(AssertSqlSafe(statement.sql.as_str()), SqlxValues(values))
}
