//! Whether a server could start, found out without starting one: nothing is made, written or listened on.

use super::{
    StartError,
    config::{Config, Place},
    data_dir::{DataDir, DataDirError, NoSecret},
};
use crate::{
    auth::rng::SystemRng,
    store::{OpenError, PostgresError, Tables},
};

/// What was found.
#[derive(Debug)]
pub struct Findings {
    /// Where the database is, in words, and without a password.
    pub database: String,
    /// `None`: it is not there yet, and is made at the first start.
    pub tables: Option<Tables>,
    pub secret: Kept,
    /// What a server would not start with.
    pub problems: Vec<Problem>,
}

/// Where the secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    Given,
    InTheFolder,
    /// It is made at the first start.
    Nowhere,
}

#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error(transparent)]
    File(#[from] OpenError),
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    #[error("the data folder {0} is no folder")]
    NoFolder(String),
    #[error(transparent)]
    NoSecret(#[from] NoSecret),
}

/// Looks at everything that a server needs.
pub async fn check(config: &Config) -> Findings {
    let folder = DataDir::at(&config.data_dir);
    let mut problems = Vec::new();
    if config.data_dir.exists() && !config.data_dir.is_dir() {
        problems.push(Problem::NoFolder(config.data_dir.display().to_string()));
    }
    let (database, tables) = look(&config.database(&folder)).await;
    let tables = tables.unwrap_or_else(|problem| {
        problems.push(problem);
        None
    });
    let secret = secret(config, &folder).unwrap_or_else(|problem| {
        problems.push(problem.into());
        Kept::InTheFolder
    });
    if secret == Kept::Nowhere && !config.replaces_secret() && tables.is_some_and(|tables| tables.found.is_some()) {
        problems.push(NoSecret(config.data_dir.display().to_string()).into());
    }
    Findings { database, tables, secret, problems }
}

/// Whether a database has no tables yet.
pub(super) async fn is_new(place: &Place) -> Result<bool, StartError> {
    let tables = match place {
        Place::File(path) => Tables::in_file(path).await?,
        Place::Postgres(settings) => Some(Tables::in_postgres(settings).await?),
    };
    Ok(tables.is_none_or(|tables| tables.found.is_none()))
}

async fn look(place: &Place) -> (String, Result<Option<Tables>, Problem>) {
    match place {
        Place::File(path) => {
            (format!("SQLite in {}", path.display()), Tables::in_file(path).await.map_err(Problem::from))
        }
        Place::Postgres(settings) => {
            let tables = Tables::in_postgres(settings).await;
            (format!("PostgreSQL at {}", settings.place()), tables.map(Some).map_err(Problem::from))
        }
    }
}

fn secret(config: &Config, folder: &DataDir) -> Result<Kept, DataDirError> {
    if config.is_given_secret() {
        return Ok(Kept::Given);
    }
    if !folder.has_secret()? {
        return Ok(Kept::Nowhere);
    }
    // It is there, so it is read and not made.
    folder.secret(&SystemRng).map(|_| Kept::InTheFolder)
}

impl Problem {
    pub fn is_of_the_database(&self) -> bool {
        matches!(self, Self::File(_) | Self::Postgres(_))
    }
}
