//! The signing keys, for the operator; servers on the same database may go on meanwhile, and learn of it within a second.

use super::{StartError, config::Config, open};
use crate::{
    auth::{
        Auth,
        keys::{KeyState, Rotated},
    },
    store::StoreError,
};

#[derive(Debug, thiserror::Error)]
pub enum ManageKeysError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("the keys were not changed: {0}")]
    Store(#[from] StoreError),
}

/// The keys, the one that begins last first.
pub async fn keys(config: &Config) -> Result<Vec<KeyState>, ManageKeysError> {
    let auth = opened(config).await?;
    let keys = auth.signing_keys();
    auth.close().await;
    Ok(keys)
}

/// Publishes the next key.
pub async fn rotate_keys(config: &Config) -> Result<Rotated, ManageKeysError> {
    let auth = opened(config).await?;
    let rotated = auth.rotate_keys().await;
    auth.close().await;
    Ok(rotated?)
}

/// Puts a new key in the place of all others.
pub async fn replace_keys(config: &Config) -> Result<Vec<KeyState>, ManageKeysError> {
    let auth = opened(config).await?;
    let keys = auth.replace_keys().await;
    auth.close().await;
    Ok(keys?)
}

async fn opened(config: &Config) -> Result<Auth, ManageKeysError> {
    Ok(open(config, config.public_url(config.addr.port())).await?.0)
}
