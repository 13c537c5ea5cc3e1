//! What accounts have beside a name and a password.

use uuid::Uuid;

use super::{
    NewEvent, Store, StoreError,
    database::{FromRow, Row, Transaction},
    events,
};
use crate::fields::{Fields, Filled};

impl FromRow for Filled {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self { name: row.get("name")?, value: row.get("value")? })
    }
}

impl Store {
    /// In no order, and those too that are not declared any more.
    pub async fn fields(&self, user_id: Uuid) -> Result<Fields, StoreError> {
        let asked = self.database.read("SELECT name, value FROM account_fields WHERE user_id = $1").bind(user_id);
        Ok(asked.all::<Filled>().await?.into_iter().collect())
    }

    /// Puts it in the place of what was there. `false`: there is no such account.
    pub async fn fill_in(&self, user_id: Uuid, filled: &Filled, changed: &NewEvent<'_>) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        let done = transaction
            .statement(
                "INSERT INTO account_fields (user_id, name, value) SELECT id, $2, $3 FROM users WHERE id = $1
                 ON CONFLICT (user_id, name) DO UPDATE SET value = excluded.value",
            )
            .bind(user_id)
            .bind(&filled.name)
            .bind(&filled.value)
            .execute()
            .await?;
        events::commit_if(done == 1, transaction, changed).await
    }
}

/// Those of an account that is new.
pub(super) async fn insert(transaction: &mut Transaction, user_id: Uuid, fields: &Fields) -> Result<(), StoreError> {
    for Filled { name, value } in fields.iter() {
        let insert = transaction.statement("INSERT INTO account_fields (user_id, name, value) VALUES ($1, $2, $3)");
        insert.bind(user_id).bind(name).bind(value).execute().await?;
    }
    Ok(())
}
