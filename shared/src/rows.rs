//! Many rows at once.

use chrono::SecondsFormat;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};

use crate::db::Tx;

/// How many values SQLite takes in one statement (`SQLITE_MAX_VARIABLE_NUMBER`).
const MOST_VALUES: usize = 32_766;

/// An INSERT of any number of rows with these columns: texts, whole numbers (`i64`), truth values, UUIDs, moments.
///
/// To PostgreSQL a column goes as one array, so that the statement has the same text for every number of rows: it is parsed once
/// for a connection, which also keeps one of it and not one for each number of rows.
pub struct Insert<const N: usize> {
    /// The table.
    pub into: &'static str,
    /// Its columns, each with its type in PostgreSQL.
    pub columns: [(&'static str, &'static str); N],
    /// What comes behind the rows, as in `ON CONFLICT DO NOTHING`.
    pub then: &'static str,
}

impl<const N: usize> Insert<N> {
    /// Inserts rows, in their order. The statement is made at the call, and what is awaited is the database: so it can be made
    /// while that is at something else.
    ///
    /// # Errors
    /// When the database refuses.
    ///
    /// # Panics
    /// When a value is of another kind than those.
    pub fn run<'a>(
        &self,
        tx: &'a Tx,
        rows: Vec<[Value; N]>,
    ) -> impl Future<Output = Result<(), DbErr>> + use<'a, N> {
        let statements = self.statements(tx, rows);
        async move {
            for statement in statements {
                tx.execute_raw(statement).await?;
            }
            Ok(())
        }
    }

    /// The same; what `then` returns of them.
    ///
    /// # Errors
    /// When the database refuses.
    ///
    /// # Panics
    /// When a value is of another kind than those.
    pub async fn returning(&self, tx: &Tx, rows: Vec<[Value; N]>) -> Result<Vec<QueryResult>, DbErr> {
        let mut returned = Vec::new();
        for statement in self.statements(tx, rows) {
            returned.extend(tx.query_all_raw(statement).await?);
        }
        Ok(returned)
    }

    fn statements(&self, tx: &Tx, rows: Vec<[Value; N]>) -> Vec<Statement> {
        let Self { into, columns, then } = self;
        let names = columns.map(|(name, _)| format!("\"{name}\"")).join(", ");
        given(tx, columns, &rows, |rows| format!("INSERT INTO {into} ({names}) {rows} {then}"))
    }
}

/// What a question finds that reads rows with these columns as the table `given`, as an [`Insert`] takes them. It is to be about each
/// of them by itself: SQLite is asked about as many at a time as it takes.
///
/// # Errors
/// When the database refuses.
///
/// # Panics
/// When a value is of another kind than those of an [`Insert`].
pub async fn ask_with<const N: usize>(
    tx: &Tx,
    columns: &[(&'static str, &'static str); N],
    rows: &[[Value; N]],
    question: &str,
) -> Result<Vec<QueryResult>, DbErr> {
    let names = columns.map(|(name, _)| name).join(", ");
    let mut found = Vec::new();
    for statement in given(tx, columns, rows, |rows| format!("WITH given ({names}) AS ({rows}) {question}")) {
        found.extend(tx.query_all_raw(statement).await?);
    }
    Ok(found)
}

/// The statements, by their text about rows with these columns, that take all of the rows.
fn given<const N: usize>(
    tx: &Tx,
    columns: &[(&str, &str); N],
    rows: &[[Value; N]],
    text: impl Fn(&str) -> String,
) -> Vec<Statement> {
    if rows.is_empty() {
        return Vec::new();
    }
    let statement = |rows: &str, values: Vec<Value>| {
        Statement::from_sql_and_values(tx.get_database_backend(), text(rows), values)
    };
    if tx.db().is_postgres() {
        let places: Vec<_> =
            (1..).zip(columns).map(|(place, (_, kind))| format!("${place}::{kind}[]")).collect();
        let arrays = (0..N).map(|column| array(rows.iter().map(|row| &row[column])).into());
        return vec![statement(&format!("SELECT * FROM unnest({})", places.join(", ")), arrays.collect())];
    }
    let row = format!("({})", vec!["?"; N].join(", "));
    let of_some = |rows: &[[Value; N]]| {
        let places = vec![row.as_str(); rows.len()].join(", ");
        statement(&format!("VALUES {places}"), rows.iter().flatten().cloned().collect())
    };
    rows.chunks(MOST_VALUES / N).map(of_some).collect()
}

/// The condition that a column holds one of these values; `kind` is its type in PostgreSQL, to which they go as one value: however
/// many they are, the statement has the same text, and is parsed and planned as a short one.
///
/// For columns of which each value is in one row. PostgreSQL plans without knowing the values, and where one may be in many, with an
/// order or groups to be made, it has read the whole index instead.
///
/// # Panics
/// When a value is of another kind than those of an [`Insert`].
pub fn is_among(
    backend: DbBackend,
    column: &'static str,
    kind: &str,
    values: impl IntoIterator<Item = Value>,
) -> Expr {
    if backend != DbBackend::Postgres {
        return Expr::cust(column).is_in(values);
    }
    let values: Vec<_> = values.into_iter().collect();
    // Read once: a condition that is looked at for each row would read the array each time.
    let once = format!("{column} = ANY((SELECT $1::text::{kind}[])::{kind}[])");
    Expr::cust_with_values(once, [array(values.iter())])
}

/// As PostgreSQL writes an array.
fn array<'a>(values: impl Iterator<Item = &'a Value>) -> String {
    let mut text = String::from("{");
    for (place, value) in values.enumerate() {
        if place > 0 {
            text.push(',');
        }
        element(&mut text, value);
    }
    text.push('}');
    text
}

fn element(text: &mut String, value: &Value) {
    match value {
        Value::String(Some(value)) => quote(text, value),
        Value::BigInt(Some(value)) => *text += &value.to_string(),
        Value::Bool(Some(value)) => *text += if *value { "t" } else { "f" },
        Value::Uuid(Some(value)) => *text += &value.to_string(),
        Value::ChronoDateTimeUtc(Some(value)) => {
            // What is finer than PostgreSQL keeps is cut off, as of a parameter; by itself it would round.
            *text += &format!("\"{}\"", value.to_rfc3339_opts(SecondsFormat::Micros, true));
        }
        Value::String(None)
        | Value::BigInt(None)
        | Value::Bool(None)
        | Value::Uuid(None)
        | Value::ChronoDateTimeUtc(None) => *text += "NULL",
        other => unreachable!("{other:?} is no value of a row"),
    }
}

fn quote(text: &mut String, value: &str) {
    text.push('"');
    let mut rest = value;
    while let Some(place) = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\')) {
        let (before, marked) = rest.split_at(place);
        let (mark, behind) = marked.split_at(1);
        text.extend([before, "\\", mark]);
        rest = behind;
    }
    text.push_str(rest);
    text.push('"');
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::{SubsecRound, TimeDelta};
    use sea_orm::TryGetable;
    use uuid::Uuid;

    use super::*;
    use crate::{clock::Timestamp, testing::World};

    const ALL: Insert<6> = Insert {
        into: "kinds",
        columns: [
            ("number", "bigint"),
            ("text", "text"),
            ("short", "varchar"),
            ("id", "uuid"),
            ("at", "timestamptz"),
            ("flag", "boolean"),
        ],
        then: "ON CONFLICT DO NOTHING RETURNING number",
    };

    type Row = (Option<String>, Option<Uuid>, Option<Timestamp>, Option<bool>);

    async fn kept(tx: &Tx) -> BTreeMap<i64, Row> {
        let rows = tx.rows("SELECT number, text, short, id, at, flag FROM kinds", []).await.unwrap();
        let read = |row: &QueryResult| -> Result<(i64, Row), DbErr> {
            let text: Option<String> = row.try_get("", "text")?;
            assert_eq!(text, row.try_get("", "short")?);
            let rest = (text, row.try_get("", "id")?, row.try_get("", "at")?, row.try_get("", "flag")?);
            Ok((row.try_get("", "number")?, rest))
        };
        rows.iter().map(|row| read(row).unwrap()).collect()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_inserted_is_what_is_there_whatever_it_holds() {
        let world = World::start().await;
        let db = world.open::<migrations::audit::Migrator>("audit").await;
        let tx = db.begin().await.unwrap();
        let kinds = "CREATE TABLE kinds (number BIGINT PRIMARY KEY, text TEXT, short VARCHAR(100), id UUID, \
                     at TIMESTAMPTZ, flag BOOLEAN)";
        tx.run(kinds, []).await.unwrap();
        let at: Timestamp = "2026-03-01T08:00:00.123456Z".parse().unwrap();
        let texts = [
            "", " ", "NULL", "null", "{}", "{a,b}", "a\"b", "\\", "\\\"", "c:\\n", "a,b", "é\n\t", "'", "$1",
            "?", "😀",
        ];
        let mut expected: BTreeMap<i64, Row> = (-3_i64..)
            .zip(texts)
            .map(|(number, text)| {
                (number, (Some(text.to_owned()), Some(Uuid::from_u128(7)), Some(at), Some(number % 2 == 0)))
            })
            .collect();
        expected.insert(i64::MAX, (None, None, None, None));
        let row = |(number, (text, id, at, flag)): (&i64, &Row)| -> [Value; 6] {
            [
                (*number).into(),
                text.clone().into(),
                text.clone().into(),
                (*id).into(),
                (*at).into(),
                (*flag).into(),
            ]
        };
        let rows: Vec<_> = expected.iter().map(row).collect();
        assert_eq!(ALL.returning(&tx, rows.clone()).await.unwrap().len(), expected.len());
        assert_eq!(kept(&tx).await, expected);
        assert!(ALL.returning(&tx, rows).await.unwrap().is_empty(), "they are there already");
        ALL.run(&tx, Vec::new()).await.unwrap();
        assert_eq!(kept(&tx).await, expected);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_moment_is_cut_off_and_not_rounded() {
        let world = World::start().await;
        let db = world.open::<migrations::audit::Migrator>("audit").await;
        let tx = db.begin().await.unwrap();
        tx.run("CREATE TABLE moments (at TIMESTAMPTZ)", []).await.unwrap();
        let moments = Insert { into: "moments", columns: [("at", "timestamptz")], then: "RETURNING at" };
        let at: Timestamp = "2026-03-01T08:00:00.123456Z".parse().unwrap();
        let returned =
            moments.returning(&tx, vec![[(at + TimeDelta::nanoseconds(900)).into()]]).await.unwrap();
        assert_eq!(Timestamp::try_get_by(&returned[0], 0).unwrap().trunc_subsecs(6), at);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn more_rows_than_a_statement_of_sqlite_takes_come_in_their_order() {
        let world = World::start().await;
        let db = world.open::<migrations::audit::Migrator>("audit").await;
        let tx = db.begin().await.unwrap();
        tx.run("CREATE TABLE many (id UUID, number BIGINT)", []).await.unwrap();
        let many = Insert {
            into: "many",
            columns: [("id", "uuid"), ("number", "bigint")],
            then: "RETURNING number",
        };
        let count = MOST_VALUES as i64;
        let rows = (0..count).map(|number| [Uuid::from_u128(1).into(), number.into()]).collect();
        let returned = many.returning(&tx, rows).await.unwrap();
        let numbers: Vec<_> = returned.iter().map(|row| i64::try_get_by(row, 0).unwrap()).collect();
        assert!(numbers.into_iter().eq(0..count));
    }
}
