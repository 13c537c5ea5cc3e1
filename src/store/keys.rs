//! The keys that sign access tokens. The private half arrives sealed.

use super::{
    NewEvent, Store, StoreError, UnixMillis,
    database::{FromRow, Row, Transaction},
    events,
};

/// What only one transaction may do at a time.
const TURN: &str = "signing keys";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKeyRow {
    /// RFC 7638 thumbprint of the public key.
    pub kid: String,
    /// For whoever looks into the table, and for versions before. What counts is what the private half says.
    pub public_key: Vec<u8>,
    pub sealed_private_key: Vec<u8>,
    /// Since when it is published.
    pub created_at: UnixMillis,
    pub signs_from: UnixMillis,
}

impl FromRow for SigningKeyRow {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let created_at: UnixMillis = row.get("created_at")?;
        Ok(Self {
            kid: row.get("kid")?,
            public_key: row.get("public_key")?,
            sealed_private_key: row.get("sealed_private_key")?,
            created_at,
            // The version before does not say.
            signs_from: created_at.max(row.get("signs_from")?),
        })
    }
}

impl Store {
    /// All signing keys, the one that begins last first. Waits for nothing that requests wait for.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKeyRow>, StoreError> {
        self.database
            .follow(
                "SELECT kid, public_key, sealed_private_key, created_at, signs_from FROM signing_keys
                 ORDER BY signs_from DESC, created_at DESC, kid",
            )
            .all()
            .await
    }

    /// Publishes a key, unless there is one that signs from later than `unless_after`. `false`: there is, made by another instance or a command.
    /// `published`: where somebody wanted it.
    pub async fn add_signing_key(
        &self,
        key: &SigningKeyRow,
        unless_after: UnixMillis,
        published: Option<&NewEvent<'_>>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        transaction.alone(TURN).await?;
        let added = insert(&mut transaction, key, unless_after).await?;
        if let Some(published) = published.filter(|_| added) {
            events::insert(&mut transaction, published).await?;
        }
        transaction.tell_others().await?;
        transaction.commit().await?;
        Ok(added)
    }

    /// Puts a key in the place of all others. `replaced`: where somebody wanted it.
    pub async fn replace_signing_keys(
        &self,
        key: &SigningKeyRow,
        replaced: Option<&NewEvent<'_>>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        transaction.alone(TURN).await?;
        transaction.statement("DELETE FROM signing_keys").execute().await?;
        insert(&mut transaction, key, UnixMillis::MAX).await?;
        if let Some(replaced) = replaced {
            events::insert(&mut transaction, replaced).await?;
        }
        transaction.tell_others().await?;
        transaction.commit().await
    }

    /// Seals a private half anew. `false`: it is not sealed any more as it was.
    pub async fn reseal_signing_key(&self, key: &SigningKeyRow, sealed: &[u8]) -> Result<bool, StoreError> {
        let done = self
            .database
            .write("UPDATE signing_keys SET sealed_private_key = $3 WHERE kid = $1 AND sealed_private_key = $2")
            .bind(key.kid.clone())
            .bind(key.sealed_private_key.clone())
            .bind(sealed.to_vec())
            .execute()
            .await?;
        Ok(done == 1)
    }

    /// `false`: another instance has deleted it.
    pub async fn forget_signing_key(&self, kid: &str) -> Result<bool, StoreError> {
        let delete = self.database.write("DELETE FROM signing_keys WHERE kid = $1");
        Ok(delete.bind(kid.to_owned()).execute().await? == 1)
    }
}

/// Decided where it is written: of many at once, one adds a key.
async fn insert(
    transaction: &mut Transaction,
    key: &SigningKeyRow,
    unless_after: UnixMillis,
) -> Result<bool, StoreError> {
    let added = transaction
        .statement(
            "INSERT INTO signing_keys (kid, public_key, sealed_private_key, created_at, signs_from)
             SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS (SELECT 1 FROM signing_keys WHERE signs_from > $6)",
        )
        .bind(key.kid.clone())
        .bind(key.public_key.clone())
        .bind(key.sealed_private_key.clone())
        .bind(key.created_at)
        .bind(key.signs_from)
        .bind(unless_after)
        .execute()
        .await?;
    Ok(added == 1)
}
