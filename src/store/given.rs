//! Statements that are given a table of values: for PostgreSQL a column is one array, for SQLite, which has none, each value has a place of its own.

use sqlx::{Encode, Postgres, Type, postgres::PgHasArrayType};

use super::{
    StoreError,
    database::{Database, FromRow, Statement, Value},
    together::MOST,
};

/// For whom a statement is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// For several, none of whom may wait long for what concerns another.
    Together,
    /// For one whom the database refused together with others.
    Alone,
}

impl Way {
    pub fn read<'a, Q>(self, database: &'a Database, texts: &'static Texts, all: &'a [Q]) -> ForAll<'a, Q> {
        let prepare = if self == Self::Together { Database::read_together } else { Database::read };
        Self::given(database, texts, all, prepare)
    }

    pub fn write<'a, Q>(self, database: &'a Database, texts: &'static Texts, all: &'a [Q]) -> ForAll<'a, Q> {
        let prepare = if self == Self::Together { Database::write_together } else { Database::write };
        Self::given(database, texts, all, prepare)
    }

    fn given<'a, Q>(
        database: &'a Database,
        texts: &'static Texts,
        all: &'a [Q],
        prepare: fn(&'a Database, &'static str) -> Statement<'a>,
    ) -> ForAll<'a, Q> {
        let places = all.len().next_power_of_two();
        let text = if database.has_arrays() { &texts.arrays } else { &texts.places[places.ilog2() as usize] };
        ForAll { statement: prepare(database, text), all, places }
    }
}

/// Where a statement finds the rows that it is given.
#[derive(Clone, Copy)]
pub(super) enum Given {
    /// Each column in one array.
    Arrays,
    /// Each value in a place of its own, for so many rows: those of the first column, then those of the second.
    Places(usize),
}

impl Given {
    /// A table of them. `columns`: the name of each, and its type.
    pub fn table(self, columns: &[(&str, &str)]) -> String {
        let listed = |values: Vec<String>| values.join(", ");
        match self {
            Self::Arrays => {
                let array = |(at, (_, kind)): (usize, &(&str, &str))| format!("${}::{kind}[]", at + 1);
                format!("SELECT * FROM unnest({})", listed(columns.iter().enumerate().map(array).collect()))
            }
            Self::Places(rows) => {
                let places =
                    |row| (0..columns.len()).map(move |column| format!("${}", column * rows + row + 1)).collect();
                format!("VALUES {}", listed((0..rows).map(|row| format!("({})", listed(places(row)))).collect()))
            }
        }
    }

    /// What follows an expression that is to be one of the first column.
    pub fn among_first(self) -> String {
        match self {
            Self::Arrays => "= ANY($1)".to_owned(),
            Self::Places(rows) => {
                format!("IN ({})", (1..=rows).map(|place| format!("${place}")).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// The texts of one statement: for PostgreSQL one, for SQLite those for one row, two, four and so on, since a connection keeps each made ready.
pub(super) struct Texts {
    arrays: String,
    places: Vec<String>,
}

impl Texts {
    pub fn new(of: impl Fn(Given) -> String) -> Self {
        let places = (0..=MOST.ilog2()).map(|size| of(Given::Places(1 << size))).collect();
        Self { arrays: of(Given::Arrays), places }
    }
}

/// A statement for several, being given a row for each.
#[must_use = "it does nothing until it is carried out"]
pub(super) struct ForAll<'a, Q> {
    statement: Statement<'a>,
    all: &'a [Q],
    places: usize,
}

impl<'a, Q> ForAll<'a, Q> {
    /// The next column.
    pub fn column<T>(self, value: impl Fn(&'a Q) -> T) -> Self
    where
        T: Value<'a> + PgHasArrayType + Clone,
        Vec<T>: Encode<'a, Postgres> + Type<Postgres>,
    {
        match self.all.last().map(&value) {
            Some(last) => self.column_filled(value, last),
            None => self,
        }
    }

    /// The next column, with something else in the rows that only fill SQLite's places.
    pub fn column_filled<T>(self, value: impl Fn(&'a Q) -> T, filling: T) -> Self
    where
        T: Value<'a> + PgHasArrayType + Clone,
        Vec<T>: Encode<'a, Postgres> + Type<Postgres>,
    {
        let values = self.all.iter().map(value).collect();
        Self { statement: self.statement.bind_column(values, self.places, filling), ..self }
    }

    /// What is read or given back. It may be of rows that only fill SQLite's places, which are like the last unless they are filled otherwise.
    pub async fn all<T: FromRow>(self) -> Result<Vec<T>, StoreError> {
        self.statement.all().await
    }
}
