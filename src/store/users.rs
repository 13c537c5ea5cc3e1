//! Accounts.

use sqlx::{FromRow, Row, SqliteConnection, sqlite::SqliteRow};
use uuid::Uuid;

use super::{Ends, EventOf, NewEvent, Own, Store, StoreError, UnixMillis, ends, events};
use crate::ended::EndReason;

#[derive(Clone)]
pub struct UserRow {
    pub id: Uuid,
    /// As the person wrote it, normalised.
    pub username: String,
    /// Two names with one key are one name.
    pub username_key: String,
    /// A PHC string. Rows of accounts do not print.
    pub password_hash: String,
    pub created_at: UnixMillis,
    pub disabled_at: Option<UnixMillis>,
}

pub struct NewUser {
    pub id: Uuid,
    pub username: String,
    /// Two names with one key are one name.
    pub username_key: String,
    /// A PHC string.
    pub password_hash: String,
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

impl FromRow<'_, SqliteRow> for UserRow {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            username: row.try_get("username")?,
            username_key: row.try_get("username_key")?,
            password_hash: row.try_get("password_hash")?,
            created_at: row.try_get("created_at")?,
            disabled_at: row.try_get("disabled_at")?,
        })
    }
}

impl Store {
    /// Adds an account, and the event with it. `false`: the name is taken.
    pub async fn add_user(&self, user: &NewUser, event: &NewEvent<'_>) -> Result<bool, StoreError> {
        let mut transaction = self.write.begin().await?;
        if !insert(&mut transaction, user).await? {
            return Ok(false);
        }
        events::insert(&mut *transaction, event).await?;
        transaction.commit().await?;
        Ok(true)
    }

    pub async fn user_by_key(&self, username_key: &str) -> Result<Option<UserRow>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT id, username, username_key, password_hash, created_at, disabled_at FROM users WHERE username_key = $1",
        )
        .bind(username_key)
        .fetch_optional(&self.read)
        .await?)
    }

    pub async fn user(&self, id: Uuid) -> Result<Option<UserRow>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT id, username, username_key, password_hash, created_at, disabled_at FROM users WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(&self.read)
        .await?)
    }

    /// Stores the same password hashed with other parameters. `false`: it was changed meanwhile, and is left alone.
    pub async fn rehash_password(&self, id: Uuid, old_hash: &str, new_hash: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2")
            .bind(id)
            .bind(old_hash)
            .bind(new_hash)
            .execute(&self.write)
            .await?;
        Ok(done.rows_affected() == 1)
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
        let mut transaction = self.write.begin().await?;
        if !ends::still_holds(&mut transaction, by).await? {
            return Ok(None);
        }
        let done = sqlx::query(
            "UPDATE users SET password_hash = $3, password_changed_at = $4
             WHERE id = $1 AND password_hash = $2 AND disabled_at IS NULL",
        )
        .bind(by.user_id)
        .bind(old_hash)
        .bind(new_hash)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(None);
        }
        events::insert(&mut *transaction, changed).await?;
        let ends = ends::end_all_others(&mut transaction, by, EndReason::PasswordChanged, now, ended).await?;
        transaction.commit().await?;
        Ok(Some(ends))
    }
}

/// Whether an account may still be entered with the password that was verified. Written, not read, so that on every engine no change of
/// password comes between this and the end of the transaction.
pub(super) async fn hold_password(
    connection: &mut SqliteConnection,
    id: Uuid,
    password_hash: &str,
) -> Result<bool, StoreError> {
    let held = sqlx::query(
        "UPDATE users SET password_hash = password_hash WHERE id = $1 AND password_hash = $2 AND disabled_at IS NULL",
    )
    .bind(id)
    .bind(password_hash)
    .execute(connection)
    .await?;
    Ok(held.rows_affected() == 1)
}

/// `false`: the name is taken.
pub(super) async fn insert(connection: &mut SqliteConnection, user: &NewUser) -> Result<bool, StoreError> {
    let added = sqlx::query(
        "INSERT INTO users (id, username, username_key, password_hash, password_changed_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $5)
         ON CONFLICT (username_key) DO NOTHING",
    )
    .bind(user.id)
    .bind(&user.username)
    .bind(&user.username_key)
    .bind(&user.password_hash)
    .bind(user.now)
    .execute(connection)
    .await?;
    Ok(added.rows_affected() == 1)
}
