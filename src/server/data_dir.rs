//! The folder with the database and the generated secret, for its owner alone.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use zeroize::Zeroizing;

use crate::auth::{
    rng::Rng,
    secret::{ServerSecret, WeakSecret},
};

#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    #[error("the data folder {path} cannot be used: {source}")]
    Folder { path: String, source: io::Error },
    #[error("the secret in {path} cannot be read or written: {source}")]
    Secret { path: String, source: io::Error },
    #[error("the secret in {path} {weak}; put the right one back, or start with HALLPASS_SECRET")]
    Weak { path: String, weak: WeakSecret },
    #[error(
        "others can read the secret in {path} (mode {mode:o}); make it 0600, and if they may have read it, replace it"
    )]
    Exposed { path: String, mode: u32 },
}

/// A database that opens under no secret but the one it was made with.
#[derive(Debug, thiserror::Error)]
#[error(
    "there is a database, and no secret in {0}: put back the one that the database was made with, or give it with HALLPASS_SECRET; where a new one is to follow it, name it with HALLPASS_SECRET_PREVIOUS"
)]
pub struct NoSecret(pub String);

/// The folder.
#[derive(Debug)]
pub struct DataDir(PathBuf);

/// Makes the folder with mode 0700 where it is missing.
pub fn prepare(path: &Path) -> Result<DataDir, DataDirError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| DataDirError::Folder { path: path.display().to_string(), source })?;
    Ok(DataDir(path.to_owned()))
}

impl DataDir {
    /// Whether it is there or not.
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    pub fn database(&self) -> PathBuf {
        self.0.join("hallpass.db")
    }

    pub fn has_secret(&self) -> Result<bool, DataDirError> {
        let path = self.0.join("secret");
        path.try_exists().map_err(|source| DataDirError::Secret { path: path.display().to_string(), source })
    }

    /// Reads the secret; makes it at the first start. Of several that start at once, all take the same.
    pub fn secret(&self, rng: &dyn Rng) -> Result<ServerSecret, DataDirError> {
        let path = self.0.join("secret");
        let failed = |source| DataDirError::Secret { path: path.display().to_string(), source };
        if !path.try_exists().map_err(failed)? {
            self.make_secret(&path, rng).map_err(failed)?;
        }
        let mode = mode(&path).map_err(failed)?;
        if mode & 0o077 != 0 {
            return Err(DataDirError::Exposed { path: path.display().to_string(), mode });
        }
        let bytes = Zeroizing::new(fs::read(&path).map_err(failed)?);
        ServerSecret::new(bytes.trim_ascii_end())
            .map_err(|weak| DataDirError::Weak { path: path.display().to_string(), weak })
    }

    /// Written whole under another name and then linked: a crash leaves no half secret behind, and a second one does not replace the first.
    fn make_secret(&self, path: &Path, rng: &dyn Rng) -> io::Result<()> {
        let text = Zeroizing::new(BASE64_STANDARD_NO_PAD.encode(rng.bytes::<48>()));
        let draft = self.0.join(format!("secret.{}", std::process::id()));
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        writeln!(file, "{}", *text)?;
        file.sync_all()?;
        let linked = fs::hard_link(&draft, path);
        fs::remove_file(&draft)?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            // So that a power cut cannot keep the database and lose the secret that it was made with.
            _ => fs::File::open(&self.0)?.sync_all(),
        }
    }
}

/// Orchestrators hand secrets out as files that more than one can read, so this is only a warning.
pub fn warn_if_others_can_read(path: &Path) {
    if let Ok(mode) = mode(path)
        && mode & 0o007 != 0
    {
        tracing::warn!(path = %path.display(), "everybody on this machine can read the secret file");
    }
}

fn mode(path: &Path) -> io::Result<u32> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o777)
}
