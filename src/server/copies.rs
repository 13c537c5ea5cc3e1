//! Backups, for the operator.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use super::{
    StartError,
    config::{Config, Place},
    data_dir::{self, DataDir},
    start,
};
use crate::{
    auth::{Visit, clock::Clock},
    store::{Claim, CopyError, StoreError, back_up, take_in},
};

#[derive(Debug, thiserror::Error)]
pub enum CopiesError {
    #[error(
        "the database is PostgreSQL, which has tools of its own: back it up with pg_dump and restore it with pg_restore while no instance runs; \
         docs/operate.md says how to end the sessions in it before the first one starts"
    )]
    Postgres,
    #[error(
        "there is no secret in {0}, and without the one that the backup was made with its keys cannot be opened; put it back first, or give it with HALLPASS_SECRET"
    )]
    NoSecret(String),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Copy(#[from] CopyError),
    #[error("the sessions in the backup could not be ended: {0}")]
    Store(#[from] StoreError),
}

/// What came of a restore.
#[derive(Debug)]
pub struct Restored {
    /// Where the database is that was there before.
    pub aside: Option<PathBuf>,
    /// How many sessions were ended that could have gone on.
    pub ended: u64,
}

/// Copies the database into a file, while a server may go on with it. How many bytes that is.
pub async fn backup(config: &Config, file: &Path, overwrite: bool) -> Result<u64, CopiesError> {
    let (_, database) = database(config)?;
    Ok(back_up(&database, file, overwrite).await?)
}

/// Puts a backup in the database's place. Its sessions are ended, unless they are to be kept: a refresh token that was used since the backup would
/// look like one that was copied, and a session that was ended since would live again.
pub async fn restore(
    config: &Config,
    file: &Path,
    keep_sessions: bool,
    clock: Arc<dyn Clock>,
) -> Result<Restored, CopiesError> {
    let (data_dir, database) = database(config)?;
    if !config.has_secret(&data_dir).map_err(StartError::from)? {
        return Err(CopiesError::NoSecret(config.data_dir.display().to_string()));
    }
    let claim = Claim::of(&database).await?;
    let draft = take_in(file, &database).await?;
    // Opened as a server would: its tables are brought up to date, and its keys must open with our secret.
    let place = Place::File(draft.path().to_owned());
    let (auth, _) = start(config, &data_dir, place, config.public_url(0), Arc::clone(&clock)).await?;
    let visit = Visit { user_agent: "hallpass restore".to_owned(), ..Visit::default() };
    let ended = async {
        auth.note_restore(&visit).await?;
        if keep_sessions {
            return Ok(0);
        }
        // One of the backup's may have been withdrawn since, and what was signed since was signed by whoever.
        auth.replace_keys(&visit).await?;
        auth.end_all_sessions(&visit).await
    };
    let ended = ended.await;
    auth.close().await;
    let ended = ended?;
    let aside = claim.replace(draft, &suffix(&*clock)).await?;
    Ok(Restored { aside, ended })
}

fn database(config: &Config) -> Result<(DataDir, PathBuf), CopiesError> {
    let data_dir = data_dir::prepare(&config.data_dir).map_err(StartError::from)?;
    match config.database(&data_dir) {
        Place::File(path) => Ok((data_dir, path)),
        Place::Postgres(_) => Err(CopiesError::Postgres),
    }
}

/// At the end of the name of what was there before; without colons, which not everything that copies files takes.
fn suffix(clock: &dyn Clock) -> String {
    let now = UNIX_EPOCH + Duration::from_millis(clock.now().unsigned_abs());
    format!(".before-{}", humantime::format_rfc3339_millis(now)).replace(':', "-")
}
