//! A row of an answer, and what is made of it.

use sqlx::{ColumnIndex, Decode, Postgres, Row as _, Sqlite, Type, postgres::PgRow, sqlite::SqliteRow};

use crate::store::StoreError;

pub enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

pub trait FromRow: Sized {
    fn from_row(row: &Row) -> Result<Self, StoreError>;
}

/// What a column may hold.
pub trait Column: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres> {}

impl<T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>> Column for T {}

impl Row {
    /// By name, or by number from 0.
    pub fn get<T: Column>(&self, column: impl ColumnIndex<SqliteRow> + ColumnIndex<PgRow>) -> Result<T, StoreError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }
}

impl<T: Column> FromRow for (T,) {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok((row.get(0)?,))
    }
}

impl<A: Column, B: Column> FromRow for (A, B) {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok((row.get(0)?, row.get(1)?))
    }
}
