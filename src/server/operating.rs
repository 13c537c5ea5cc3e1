//! The database opened for a command of the operator, while a server may run.

use super::{
    StartError,
    config::{Config, Place},
    data_dir::DataDir,
    open,
};
use crate::auth::Auth;

/// For a command that finds something there. A name that is misspelt must not make an empty database.
pub async fn open_for_command(config: &Config) -> Result<Auth, StartError> {
    if let Place::File(path) = config.database(&DataDir::at(&config.data_dir))
        && !path.exists()
    {
        return Err(StartError::NoDatabase(path.display().to_string()));
    }
    open_or_make(config).await
}

/// For one that may come before the first start of a server.
pub async fn open_or_make(config: &Config) -> Result<Auth, StartError> {
    let (auth, _) = open(config, config.public_url(config.addr.port())).await?;
    Ok(auth)
}
