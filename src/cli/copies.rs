//! `hallpass backup` and `hallpass restore`.

use std::{path::PathBuf, sync::Arc};

use super::{failure::Done, settings::Settings};
use crate::{
    auth::clock::SystemClock,
    server::{self, Restored},
};

#[derive(clap::Args)]
pub struct Backup {
    /// The file to write
    file: PathBuf,
    /// Overwrite the file if it is there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    settings: Settings,
}

#[derive(clap::Args)]
pub struct Restore {
    /// What `hallpass backup` wrote
    file: PathBuf,
    /// Leave the sessions in the backup as they are, if it was made while nobody could sign in, refresh or sign out since
    #[arg(long)]
    keep_sessions: bool,
    #[command(flatten)]
    settings: Settings,
}

impl Backup {
    pub async fn run(self) -> Done {
        let Self { file, force, settings } = self;
        let size = server::backup(&settings.understand()?, &file, force).await?;
        eprintln!("backed up into {} ({size} bytes); keep the secret too, and somewhere else", file.display());
        Ok(())
    }
}

impl Restore {
    pub async fn run(self) -> Done {
        let Self { file, keep_sessions, settings } = self;
        let config = settings.understand()?;
        let Restored { aside, ended } = server::restore(&config, &file, keep_sessions, Arc::new(SystemClock)).await?;
        eprintln!("restored {}", file.display());
        if let Some(aside) = aside {
            eprintln!("what was there before is in {}", aside.display());
        }
        if keep_sessions {
            eprintln!(
                "its sessions were kept: one that was renewed since the backup will be taken for stolen, and one that was ended since lives again"
            );
        } else {
            eprintln!("{ended} sessions in it were ended, and everybody signs in anew");
        }
        Ok(())
    }
}
