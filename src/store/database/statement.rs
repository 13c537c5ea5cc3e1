//! A statement with its values, for whichever engine.

use std::iter;

use sqlx::{
    Encode, Postgres, Sqlite, SqliteConnection, Type,
    postgres::{PgArguments, PgHasArrayType},
    query::Query,
    sqlite::SqliteArguments,
};
use tokio::time::timeout;

use super::{
    FromRow, Row,
    held::{Connections, Held},
    pool::Pool,
    writer::{Turn, Writer},
};
use crate::store::StoreError;

/// A value of a statement.
pub trait Value<'q>: Encode<'q, Sqlite> + Type<Sqlite> + Encode<'q, Postgres> + Type<Postgres> {}

impl<'q, T: Encode<'q, Sqlite> + Type<Sqlite> + Encode<'q, Postgres> + Type<Postgres>> Value<'q> for T {}

#[must_use = "it does nothing until it is carried out"]
pub enum Statement<'c> {
    Sqlite(OnSqlite<'c>, Query<'static, Sqlite, SqliteArguments>),
    Postgres(OnPostgres<'c>, Query<'static, Postgres, PgArguments>),
}

/// Where SQLite carries a statement out.
pub enum OnSqlite<'c> {
    Reader(&'c Pool<SqliteConnection>),
    /// In a turn of its own.
    Writer(&'c Writer),
    Turn(&'c mut Turn),
}

/// Where PostgreSQL carries a statement out.
pub enum OnPostgres<'c> {
    /// On its own.
    Connections(&'c Connections),
    Transaction(&'c mut Held),
}

/// One method for all of them. Boxed, since what it awaits is large and would be so in every caller.
macro_rules! carried_out {
    ($statement:expr, $method:ident, |$answer:ident, $row:ident| $map:expr) => {
        match $statement {
            Statement::Sqlite(on, query) => {
                Box::pin(async move {
                    let $answer = match on {
                        OnSqlite::Reader(pool) => query.$method(&mut *pool.get().await?).await?,
                        OnSqlite::Turn(turn) => {
                            let answer = query.$method(turn.connection()).await?;
                            turn.succeeded();
                            answer
                        }
                        OnSqlite::Writer(writer) => {
                            let mut turn = writer.turn().await?;
                            let answer = query.$method(turn.connection()).await?;
                            turn.succeeded();
                            turn.commit().await?;
                            answer
                        }
                    };
                    let $row = Row::Sqlite;
                    Ok::<_, StoreError>($map)
                })
                .await
            }
            Statement::Postgres(on, query) => {
                Box::pin(async move {
                    let mut own;
                    let held = match on {
                        OnPostgres::Connections(connections) => {
                            own = connections.hold().await?;
                            &mut own
                        }
                        OnPostgres::Transaction(held) => held,
                    };
                    let answer = timeout(held.limit, query.$method(held.ask())).await;
                    let $answer = held.answered(answer)?;
                    let $row = Row::Postgres;
                    Ok::<_, StoreError>($map)
                })
                .await
            }
        }
    };
}

impl<'c> Statement<'c> {
    pub(super) fn sqlite(on: OnSqlite<'c>, sql: &'static str) -> Self {
        Self::Sqlite(on, sqlx::query(sql))
    }

    pub(super) fn postgres(on: OnPostgres<'c>, sql: &'static str) -> Self {
        Self::Postgres(on, sqlx::query(sql))
    }

    /// The value of the next `$n`.
    pub fn bind<'q>(self, value: impl Value<'q>) -> Self {
        match self {
            Self::Sqlite(on, query) => Self::Sqlite(on, query.bind(value)),
            Self::Postgres(on, query) => Self::Postgres(on, query.bind(value)),
        }
    }

    /// The values of the next column of a table that is given with the statement, a row for each: one array for PostgreSQL, whose executor has work with every
    /// value that is given by itself; for SQLite, which has no arrays, those of the next `$n`, up to `places`, filled up with `filling`.
    pub fn bind_column<'q, T>(self, values: Vec<T>, places: usize, filling: T) -> Self
    where
        T: Value<'q> + PgHasArrayType + Clone,
        Vec<T>: Encode<'q, Postgres> + Type<Postgres>,
    {
        match self {
            Self::Sqlite(on, query) => {
                let filled = values.into_iter().chain(iter::repeat(filling)).take(places);
                Self::Sqlite(on, filled.fold(query, Query::bind))
            }
            Self::Postgres(on, query) => Self::Postgres(on, query.bind(values)),
        }
    }

    /// Says how many rows it concerned.
    pub async fn execute(self) -> Result<u64, StoreError> {
        carried_out!(self, execute, |done, _row| {
            let _ = _row as fn(_) -> Row;
            done.rows_affected()
        })
    }

    pub async fn optional<T: FromRow>(self) -> Result<Option<T>, StoreError> {
        let found = carried_out!(self, fetch_optional, |found, row| found.map(row))?;
        found.map(|row| T::from_row(&row)).transpose()
    }

    pub async fn all<T: FromRow>(self) -> Result<Vec<T>, StoreError> {
        let found: Vec<Row> =
            carried_out!(self, fetch_all, |found, row| found.into_iter().map(row).collect::<Vec<_>>())?;
        found.iter().map(T::from_row).collect()
    }
}
