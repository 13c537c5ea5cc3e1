//! Accounts.

use uuid::Uuid;

use super::{
    Ends, EventOf, NewEvent, Own, Store, StoreError, UnixMillis,
    database::{Batch, FromRow, Row, Transaction},
    ends, events, fields,
};
use crate::{ended::EndReason, fields::Fields};

#[derive(Clone)]
pub struct UserRow {
    pub id: Uuid,
    /// As the person wrote it, normalised.
    pub username: String,
    /// Two names with one key are one name.
    pub username_key: String,
    /// A PHC string. Rows of accounts do not print.
    pub password_hash: String,
    pub password_changed_at: UnixMillis,
    pub disabled_at: Option<UnixMillis>,
}

pub struct NewUser {
    pub id: Uuid,
    pub username: String,
    /// Two names with one key are one name.
    pub username_key: String,
    /// A PHC string.
    pub password_hash: String,
    pub fields: Fields,
    pub now: UnixMillis,
}

/// From one PHC string to another.
#[derive(Clone, Copy)]
pub struct PasswordChange<'a> {
    pub by: Own,
    /// The one that was verified.
    pub old_hash: &'a str,
    pub new_hash: &'a str,
    pub now: UnixMillis,
}

impl UserRow {
    /// `id`: the column that says whose row it is.
    pub(super) fn read(row: &Row, id: &'static str) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.get(id)?,
            username: row.get("username")?,
            username_key: row.get("username_key")?,
            password_hash: row.get("password_hash")?,
            password_changed_at: row.get("password_changed_at")?,
            disabled_at: row.get("disabled_at")?,
        })
    }
}

impl FromRow for UserRow {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Self::read(row, "id")
    }
}

impl Store {
    /// Adds an account, and the event with it. `false`: the name is taken.
    pub async fn add_user(&self, user: &NewUser, event: &NewEvent<'_>) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        if !insert(&mut transaction, user).await? {
            transaction.undo().await?;
            return Ok(false);
        }
        events::insert(&mut transaction, event).await?;
        transaction.commit().await?;
        Ok(true)
    }

    pub async fn user_by_key(&self, username_key: &str) -> Result<Option<UserRow>, StoreError> {
        self.database
            .read(
                "SELECT id, username, username_key, password_hash, password_changed_at, disabled_at
                 FROM users WHERE username_key = $1",
            )
            .bind(username_key)
            .optional()
            .await
    }

    pub async fn user(&self, id: Uuid) -> Result<Option<UserRow>, StoreError> {
        self.database
            .read("SELECT id, username, username_key, password_hash, password_changed_at, disabled_at FROM users WHERE id = $1")
            .bind(id)
            .optional()
            .await
    }

    /// Stores the same password hashed with other parameters. `false`: it was changed meanwhile, and is left alone.
    pub async fn rehash_password(&self, id: Uuid, old_hash: &str, new_hash: &str) -> Result<bool, StoreError> {
        let done = self
            .database
            .write("UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2")
            .bind(id)
            .bind(old_hash)
            .bind(new_hash)
            .execute()
            .await?;
        Ok(done == 1)
    }

    /// Puts a new password in the place of the one that was verified and ends every session of its user but the one that asked. `None`: the
    /// password is another by now, or the session that asked has ended; nothing was done.
    pub async fn change_password(
        &self,
        change: &PasswordChange<'_>,
        changed: &NewEvent<'_>,
        ended: &EventOf<'_>,
    ) -> Result<Option<Ends>, StoreError> {
        let PasswordChange { by, old_hash, new_hash, now } = *change;
        let mut transaction = self.database.begin().await?;
        let done = transaction
            .statement(
                "UPDATE users SET password_hash = $3, password_changed_at = $4
                 WHERE id = $1 AND password_hash = $2 AND disabled_at IS NULL",
            )
            .bind(by.user_id)
            .bind(old_hash)
            .bind(new_hash)
            .bind(now)
            .execute()
            .await?;
        if done == 0 {
            transaction.undo().await?;
            return Ok(None);
        }
        events::insert(&mut transaction, changed).await?;
        let ends = ends::end_others(&mut transaction, by, EndReason::PasswordChanged, now, ended).await?;
        ends::finish(transaction, ends).await
    }
}

/// Whoever changes several sessions of a user holds the user first.
pub(super) async fn hold(transaction: &mut Transaction, id: Uuid) -> Result<(), StoreError> {
    transaction.statement("UPDATE users SET created_at = created_at WHERE id = $1").bind(id).execute().await?;
    Ok(())
}

/// One more statement, that concerns a row if an account may still be entered with the password that was verified, which ends the row of failures. Written, not read, so
/// that on every engine no change of password comes between this and the end of the transaction.
pub(super) fn enter<'t>(to: Batch<'t>, id: Uuid, password_hash: &str) -> Batch<'t> {
    to.statement(
        "UPDATE users SET stranger_failures = 0, known_failures = 0, failure_row = failure_row + 1
         WHERE id = $1 AND password_hash = $2 AND disabled_at IS NULL",
    )
    .bind(id)
    .bind(password_hash)
}

/// `false`: the name is taken.
pub(super) async fn insert(transaction: &mut Transaction, user: &NewUser) -> Result<bool, StoreError> {
    let added = transaction
        .statement(
            "INSERT INTO users (id, username, username_key, password_hash, password_changed_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $5)
         ON CONFLICT (username_key) DO NOTHING",
        )
        .bind(user.id)
        .bind(&user.username)
        .bind(&user.username_key)
        .bind(&user.password_hash)
        .bind(user.now)
        .execute()
        .await?;
    if added == 1 {
        fields::insert(transaction, user.id, &user.fields).await?;
    }
    Ok(added == 1)
}
