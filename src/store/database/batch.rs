//! Several statements of a transaction, of which none needs another's answer. SQLite is given all of them in one way: its thread is woken once, and not once for each.
//! PostgreSQL is given one after the other.

use std::fmt::Write as _;

use futures::TryStreamExt;
use sqlx::{
    Arguments, AssertSqlSafe, Either, Executor, Postgres, error::BoxDynError, postgres::PgArguments, query::Query,
    sqlite::SqliteArguments,
};
use tokio::time::timeout;

use super::{held::Held, statement::Value, writer::Turn};
use crate::store::StoreError;

#[must_use = "it does nothing until it is carried out"]
pub enum Batch<'t> {
    Sqlite { turn: &'t mut Turn, text: String, values: Result<SqliteArguments, BoxDynError>, statements: usize },
    Postgres { held: &'t mut Held, queries: Vec<Query<'static, Postgres, PgArguments>> },
}

impl<'t> Batch<'t> {
    pub(super) fn sqlite(turn: &'t mut Turn) -> Self {
        Self::Sqlite { turn, text: String::new(), values: Ok(SqliteArguments::default()), statements: 0 }
    }

    pub(super) fn postgres(held: &'t mut Held) -> Self {
        Self::Postgres { held, queries: Vec::new() }
    }

    /// The next statement, whose values begin with `$1` like those of any other.
    pub fn statement(mut self, sql: &'static str) -> Self {
        match &mut self {
            Self::Sqlite { text, values, statements, .. } => {
                append(text, sql, values.as_ref().map_or(0, Arguments::len));
                *statements += 1;
            }
            Self::Postgres { queries, .. } => queries.push(sqlx::query(sql)),
        }
        self
    }

    /// The value of the next `$n` of the last statement.
    pub fn bind<'q>(mut self, value: impl Value<'q>) -> Self {
        match &mut self {
            Self::Sqlite { values, .. } => {
                if let Err(error) = values.as_mut().map_or(Ok(()), |values| values.add(value)) {
                    *values = Err(error);
                }
            }
            Self::Postgres { queries, .. } => {
                let query = queries.pop().expect("a value follows its statement");
                queries.push(query.bind(value));
            }
        }
        self
    }

    /// Says of each statement how many rows it concerned. Boxed, like what carries out a statement.
    pub async fn execute(self) -> Result<Vec<u64>, StoreError> {
        match self {
            Self::Sqlite { statements: 0, .. } => Ok(Vec::new()),
            Self::Sqlite { turn, text, values, statements } => {
                Box::pin(async move {
                    let connection = turn.connection();
                    let query = sqlx::query_with(AssertSqlSafe(text), values.map_err(sqlx::Error::Encode)?);
                    let done = connection.fetch_many(query).try_filter_map(|step| async move {
                        Ok(match step {
                            Either::Left(done) => Some(done.rows_affected()),
                            Either::Right(_) => None,
                        })
                    });
                    let done: Vec<_> = done.try_collect().await?;
                    // SQLite's thread may end in between, of which sqlx says nothing.
                    if done.len() != statements {
                        return Err(sqlx::Error::WorkerCrashed.into());
                    }
                    turn.succeeded();
                    Ok(done)
                })
                .await
            }
            Self::Postgres { held, queries } => {
                Box::pin(async move {
                    let mut done = Vec::with_capacity(queries.len());
                    for query in queries {
                        let answer = timeout(held.limit, query.execute(held.ask())).await;
                        done.push(held.answered(answer)?.rows_affected());
                    }
                    Ok(done)
                })
                .await
            }
        }
    }
}

/// Puts a statement behind others that have so many values.
fn append(text: &mut String, sql: &str, before: usize) {
    let mut parts = sql.split('$');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let (number, rest) = part.split_at(digits);
        let number: usize = number.parse().expect("a dollar stands before the number of a value");
        let _ = write!(text, "${}{rest}", before + number);
    }
    text.push(';');
}

#[cfg(test)]
mod tests {
    use crate::store::Database;

    #[tokio::test]
    async fn each_statement_has_its_own_values_and_says_how_many_rows_it_concerned() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("hallpass.db")).await.unwrap();
        let mut transaction = database.begin().await.unwrap();
        assert!(transaction.batch().execute().await.unwrap().is_empty());
        let insert = "INSERT INTO turns (name) VALUES ($1), ($2)";
        let batch = transaction.batch().statement(insert).bind("a").bind("b").statement(insert).bind("c").bind("d");
        let batch = batch.statement("DELETE FROM turns WHERE name IN ($2, $1, $1)").bind("c").bind("nobody");
        let batch = batch.statement("DELETE FROM turns WHERE name > $1").bind("z");
        assert_eq!(batch.execute().await.unwrap(), [2, 2, 1, 0]);
        transaction.commit().await.unwrap();
        let left = database.read("SELECT name FROM turns ORDER BY name").all::<(String,)>().await.unwrap();
        assert_eq!(left, [("a".to_owned(),), ("b".to_owned(),), ("d".to_owned(),)]);
    }

    #[tokio::test]
    async fn one_statement_that_fails_fails_all() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("hallpass.db")).await.unwrap();
        let mut transaction = database.begin().await.unwrap();
        let insert = "INSERT INTO turns (name) VALUES ($1)";
        let batch = transaction.batch().statement(insert).bind("a").statement(insert).bind("a");
        assert!(batch.statement(insert).bind("b").execute().await.is_err());
        assert!(transaction.commit().await.is_err(), "nor is it committed");
        // Whoever comes next finds all ended.
        database.begin().await.unwrap().commit().await.unwrap();
        let left = database.read("SELECT name FROM turns").all::<(String,)>().await.unwrap();
        assert!(left.is_empty());
    }
}
