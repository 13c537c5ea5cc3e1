//! The key under which tries are counted. It is in the database, sealed under the server's secret, and is the same for as long as the database is: so the counts
//! outlive a secret that is replaced, and instances of both secrets share them.

use super::{
    keys::KeysError,
    rng::Rng,
    seal::{Seal, Seed},
    secrets::{Secrets, Whose},
};
use crate::store::{Store, StoreError, UnixMillis};

const NAME: &str = "tries";

/// Opens the key; makes it where there is none. What is sealed under the secret before is sealed anew.
pub(super) async fn load(store: &Store, secrets: &Secrets, now: UnixMillis, rng: &dyn Rng) -> Result<Seed, KeysError> {
    let seals = secrets.each(|secret| Seal::derive(secret, "hallpass tries key seal 1"));
    if store.sealed_key(NAME).await?.is_none() {
        store.add_sealed_key(NAME, &seals.current().close(&first(secrets, now), NAME, rng)).await?;
    }
    // Of several that start at once, all take the same.
    let sealed = store.sealed_key(NAME).await?.ok_or(StoreError::Impossible { column: "sealed_keys.name" })?;
    let opened = seals.at(now).find_map(|(seal, whose)| Some((seal.open(&sealed, NAME)?, whose)));
    let (key, whose) = opened.ok_or(KeysError::Sealed { what: "the key that tries are counted under".to_owned() })?;
    if whose == Whose::Previous {
        store.reseal_key(NAME, &sealed, &seals.current().close(&key, NAME, rng)).await?;
    }
    Ok(key)
}

/// The one that versions before have counted under, which had none in the database: so what they have counted counts on.
fn first(secrets: &Secrets, now: UnixMillis) -> Seed {
    let derived = secrets.each(|secret| secret.derive("hallpass tries 1"));
    let in_use = derived.at(now).filter(|(_, whose)| *whose != Whose::Next).last();
    in_use.map_or_else(|| derived.current().clone(), |(key, _)| key.clone())
}
