//! The keys that sign access tokens. The private half arrives sealed.

use super::{
    Store, StoreError, UnixMillis,
    database::{FromRow, Row},
};

#[derive(Clone, Debug)]
pub struct SigningKeyRow {
    /// RFC 7638 thumbprint of the public key.
    pub kid: String,
    pub public_key: Vec<u8>,
    pub sealed_private_key: Vec<u8>,
    pub created_at: UnixMillis,
}

impl FromRow for SigningKeyRow {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            kid: row.get("kid")?,
            public_key: row.get("public_key")?,
            sealed_private_key: row.get("sealed_private_key")?,
            created_at: row.get("created_at")?,
        })
    }
}

impl Store {
    /// All signing keys, newest first.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKeyRow>, StoreError> {
        self.database
            .read("SELECT kid, public_key, sealed_private_key, created_at FROM signing_keys ORDER BY created_at DESC, kid")
            .all()
            .await
    }

    /// Adds the first signing key, if no other instance has done so meanwhile. All signing keys, newest first.
    pub async fn add_first_signing_key(&self, key: &SigningKeyRow) -> Result<Vec<SigningKeyRow>, StoreError> {
        let mut transaction = self.database.begin().await?;
        transaction.alone("signing keys").await?;
        transaction
            .statement(
                "INSERT INTO signing_keys (kid, public_key, sealed_private_key, created_at)
                 SELECT $1, $2, $3, $4 WHERE NOT EXISTS (SELECT 1 FROM signing_keys)",
            )
            .bind(&key.kid)
            .bind(&key.public_key)
            .bind(&key.sealed_private_key)
            .bind(key.created_at)
            .execute()
            .await?;
        transaction.commit().await?;
        self.signing_keys().await
    }
}
