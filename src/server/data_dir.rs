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

/// A folder that exists.
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
    pub fn database(&self) -> PathBuf {
        self.0.join("hallpass.db")
    }

    /// Reads the secret; makes it at the first start.
    pub fn secret(&self, rng: &dyn Rng) -> Result<ServerSecret, DataDirError> {
        let path = self.0.join("secret");
        let name = path.display().to_string();
        let failed = |source| DataDirError::Secret { path: name.clone(), source };
        match fs::read(&path) {
            Ok(bytes) => {
                let mode = mode(&path).map_err(failed)?;
                if mode & 0o077 != 0 {
                    return Err(DataDirError::Exposed { path: name, mode });
                }
                ServerSecret::new(bytes.trim_ascii_end()).map_err(|weak| DataDirError::Weak { path: name, weak })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let text = Zeroizing::new(BASE64_STANDARD_NO_PAD.encode(rng.bytes::<48>()));
                // Written whole under another name first: a crash leaves no half secret behind.
                let draft = self.0.join("secret.new");
                write_new(&draft, text.as_bytes()).and_then(|()| fs::rename(&draft, &path)).map_err(failed)?;
                ServerSecret::new(text.as_bytes()).map_err(|weak| DataDirError::Weak { path: name.clone(), weak })
            }
            Err(error) => Err(failed(error)),
        }
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.write_all(b"\n")?;
    file.sync_all()
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
