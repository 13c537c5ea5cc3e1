//! Keys that outlive the server's secret. They arrive sealed.

use super::{Store, StoreError};

impl Store {
    pub async fn sealed_key(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let select = self.database.read("SELECT sealed FROM sealed_keys WHERE name = $1");
        Ok(select.bind(name.to_owned()).optional::<(Vec<u8>,)>().await?.map(|(sealed,)| sealed))
    }

    /// Keeps a key, unless there is one of this name: of many at once, one is kept.
    pub async fn add_sealed_key(&self, name: &str, sealed: &[u8]) -> Result<(), StoreError> {
        let insert = "INSERT INTO sealed_keys (name, sealed) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
        self.database.write(insert).bind(name.to_owned()).bind(sealed.to_vec()).execute().await?;
        Ok(())
    }

    /// Seals it anew. `false`: it is not sealed any more as it was.
    pub async fn reseal_key(&self, name: &str, before: &[u8], sealed: &[u8]) -> Result<bool, StoreError> {
        let update = self.database.write("UPDATE sealed_keys SET sealed = $3 WHERE name = $1 AND sealed = $2");
        Ok(update.bind(name.to_owned()).bind(before.to_vec()).bind(sealed.to_vec()).execute().await? == 1)
    }
}
