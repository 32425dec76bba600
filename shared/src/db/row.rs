use sea_orm::{
    DbErr, QueryResult, RuntimeErr,
    sqlx::{self, Decode, Postgres, Row as _, Sqlite, Type, postgres::PgRow, sqlite::SqliteRow},
};

/// A row whose columns are read by their places, and texts where they lie.
///
/// For pages of wide rows: SeaORM's models look for each column by its name and allocate for each NULL, which takes twice as long.
pub enum Row<'r> {
    /// Of PostgreSQL.
    Postgres(&'r PgRow),
    /// Of SQLite.
    Sqlite(&'r SqliteRow),
}

/// What a column can be read as, in either database.
pub trait Readable<'r>: Decode<'r, Postgres> + Type<Postgres> + Decode<'r, Sqlite> + Type<Sqlite> {}

impl<'r, T: Decode<'r, Postgres> + Type<Postgres> + Decode<'r, Sqlite> + Type<Sqlite>> Readable<'r> for T {}

impl<'r> Row<'r> {
    /// The row that was found.
    ///
    /// # Errors
    /// When it is of neither database.
    pub fn of(found: &'r QueryResult) -> Result<Self, DbErr> {
        let postgres = found.try_as_pg_row().map(Self::Postgres);
        let row = postgres.or_else(|| found.try_as_sqlite_row().map(Self::Sqlite));
        row.ok_or_else(|| DbErr::Type("a row of neither PostgreSQL nor SQLite".into()))
    }

    /// The column in this place, from 0 on.
    ///
    /// # Errors
    /// As for [`Row::get_if_any`], or it holds nothing.
    pub fn get<T: Readable<'r>>(&self, place: usize) -> Result<T, DbErr> {
        self.get_if_any(place)?.ok_or_else(|| DbErr::Type(format!("column {place} is NULL")))
    }

    /// The same where the column may hold nothing.
    ///
    /// # Errors
    /// There is no such column, or what it holds cannot be read so. That its type is another one is noticed with `debug_assertions`, in
    /// which the tests run: types are those of the migrations, and to ask for each value again takes a fourth of the time.
    pub fn get_if_any<T: Readable<'r>>(&self, place: usize) -> Result<Option<T>, DbErr> {
        match self {
            Self::Postgres(row) if cfg!(debug_assertions) => row.try_get(place),
            Self::Postgres(row) => row.try_get_unchecked(place),
            Self::Sqlite(row) if cfg!(debug_assertions) => row.try_get(place),
            Self::Sqlite(row) => row.try_get_unchecked(place),
        }
        .map_err(|fault: sqlx::Error| DbErr::Query(RuntimeErr::SqlxError(fault.into())))
    }
}
