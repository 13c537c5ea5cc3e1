//! A statement with its values, for whichever engine.

use sqlx::{
    Encode, PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Type,
    postgres::PgArguments,
    query::Query,
    sqlite::SqliteArguments,
};

use super::{FromRow, Row};
use crate::store::StoreError;

/// What a statement is carried out on.
pub enum Link<'c> {
    Sqlite(&'c mut SqliteConnection),
    SqlitePool(&'c SqlitePool),
    Postgres(&'c mut PgConnection),
    PostgresPool(&'c PgPool),
}

/// A value of a statement.
pub trait Value<'q>: Encode<'q, Sqlite> + Type<Sqlite> + Encode<'q, Postgres> + Type<Postgres> {}

impl<'q, T: Encode<'q, Sqlite> + Type<Sqlite> + Encode<'q, Postgres> + Type<Postgres>> Value<'q> for T {}

#[must_use = "it does nothing until it is carried out"]
pub enum Statement<'c> {
    Sqlite(&'c mut SqliteConnection, Query<'static, Sqlite, SqliteArguments>),
    SqlitePool(&'c SqlitePool, Query<'static, Sqlite, SqliteArguments>),
    Postgres(&'c mut PgConnection, Query<'static, Postgres, PgArguments>),
    PostgresPool(&'c PgPool, Query<'static, Postgres, PgArguments>),
}

/// The same for each engine, and for a connection as for a pool.
macro_rules! each {
    ($statement:expr, |$on:ident, $query:ident| $do:expr, $row:ident) => {
        match $statement {
            Statement::Sqlite($on, $query) => { let $row = Row::Sqlite; $do }
            Statement::SqlitePool($on, $query) => { let $row = Row::Sqlite; $do }
            Statement::Postgres($on, $query) => { let $row = Row::Postgres; $do }
            Statement::PostgresPool($on, $query) => { let $row = Row::Postgres; $do }
        }
    };
}

impl<'c> Statement<'c> {
    pub(super) fn new(on: Link<'c>, sql: &'static str) -> Self {
        match on {
            Link::Sqlite(on) => Self::Sqlite(on, sqlx::query(sql)),
            Link::SqlitePool(on) => Self::SqlitePool(on, sqlx::query(sql)),
            Link::Postgres(on) => Self::Postgres(on, sqlx::query(sql)),
            Link::PostgresPool(on) => Self::PostgresPool(on, sqlx::query(sql)),
        }
    }

    /// The value of the next `$n`.
    pub fn bind<'q>(self, value: impl Value<'q>) -> Self {
        match self {
            Self::Sqlite(on, query) => Self::Sqlite(on, query.bind(value)),
            Self::SqlitePool(on, query) => Self::SqlitePool(on, query.bind(value)),
            Self::Postgres(on, query) => Self::Postgres(on, query.bind(value)),
            Self::PostgresPool(on, query) => Self::PostgresPool(on, query.bind(value)),
        }
    }

    /// Says how many rows it concerned.
    pub async fn execute(self) -> Result<u64, StoreError> {
        Ok(match self {
            Self::Sqlite(on, query) => query.execute(on).await?.rows_affected(),
            Self::SqlitePool(on, query) => query.execute(on).await?.rows_affected(),
            Self::Postgres(on, query) => query.execute(on).await?.rows_affected(),
            Self::PostgresPool(on, query) => query.execute(on).await?.rows_affected(),
        })
    }

    pub async fn optional<T: FromRow>(self) -> Result<Option<T>, StoreError> {
        each!(self, |on, query| query.fetch_optional(on).await?.map(row).map(|row| T::from_row(&row)).transpose(), row)
    }

    pub async fn all<T: FromRow>(self) -> Result<Vec<T>, StoreError> {
        each!(self, |on, query| query.fetch_all(on).await?.into_iter().map(row).map(|row| T::from_row(&row)).collect(), row)
    }
}
