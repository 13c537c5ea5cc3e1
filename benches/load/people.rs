//! Accounts and sessions, written into the database as the server would have, without hashing a password for each.

use argon2::PasswordHasher;
use aws_lc_rs::digest;
use hallpass::auth::{refresh_token::RefreshKey, secret::ServerSecret};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Outcome, database::Database, home::SECRET, yardsticks};

pub const PASSWORD: &str = "a kettle of purple fish";
/// Logins of one name at a time are throttled, so there are enough names.
pub const ACCOUNTS: usize = 100;

const DAY: i64 = 86_400_000;
const SESSION_COLUMNS: &str = "id, user_id, generation, current_hash, rotated_at, delivered_at, replays, acknowledged, \
    idle_expires_at, absolute_expires_at, authenticated_at, created_at, last_seen_at, \
    user_agent, address, seen_user_agent, seen_address";

pub fn username(account: usize) -> String {
    format!("ada{account}")
}

fn account_id(account: usize) -> Uuid {
    Uuid::from_u128(account as u128 + 1)
}

/// Everybody has the same password.
pub async fn add_accounts(database: &Database) -> Outcome<()> {
    let hash = yardsticks::argon2().hash_password_with_salt(PASSWORD.as_bytes(), b"sixteen bytes is")?;
    let rows: Vec<String> = (0..ACCOUNTS)
        .map(|account| {
            let (id, name) = (database.id(account_id(account)), username(account));
            format!("({id}, '{name}', '{name}', '{hash}', 0, 0)")
        })
        .collect();
    let columns = "id, username, username_key, password_hash, password_changed_at, created_at";
    database.execute(format!("INSERT INTO users ({columns}) VALUES {}", rows.join(", "))).await
}

/// Sessions whose tokens the benchmark holds: their refresh tokens. `settled`: the next refresh of each rotates, under every setting.
pub async fn add_sessions(database: &Database, count: usize, settled: bool) -> Outcome<Vec<String>> {
    let key = RefreshKey::derive(&ServerSecret::new(SECRET)?);
    let now = now();
    let delivered = if settled { now - 2 * DAY } else { now };
    let mut tokens = Vec::new();
    let mut rows = Vec::new();
    for index in 0..count {
        let id = session_id(now, index, count);
        let token = key.issue(id, 1, Zeroizing::new(hash(&format!("secret {index}"))));
        let (id, user) = (database.id(id), database.id(account_id(index % ACCOUNTS)));
        let hash = database.bytes(&token.hash());
        let rest = rest_of_row(now, delivered);
        rows.push(format!("({id}, {user}, 1, {hash}, {rest})"));
        tokens.push(token.expose().to_string());
    }
    for rows in rows.chunks(1000) {
        let rows = rows.join(", ");
        database.execute(format!("INSERT INTO sessions ({SESSION_COLUMNS}) VALUES {rows}")).await?;
    }
    Ok(tokens)
}

/// Sessions of others, that nobody comes back to. Their ids are spread over the same days as those of [`add_sessions`].
pub async fn add_strangers(database: &Database, count: usize) -> Outcome<()> {
    let now = now();
    let time = format!("{} + i * {} / {count}", now - DAY, DAY);
    let digits = format!("{} || '7' || substr({}, 1, 19)", database.hex(&time, 12), database.random_hex());
    let (id, user) =
        (database.id_of_hex(&digits), database.id_of_hex(&database.hex(&format!("1 + i % {ACCOUNTS}"), 32)));
    let hash = database.bytes(&[0x5a; 32]);
    let rest = rest_of_row(now, now);
    database
        .execute(format!(
            "INSERT INTO sessions ({SESSION_COLUMNS})
             WITH RECURSIVE number (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM number WHERE i < {count})
             SELECT {id}, {user}, 1, {hash}, {rest} FROM number"
        ))
        .await?;
    database.settle().await
}

/// The columns after the hash.
fn rest_of_row(now: i64, delivered: i64) -> String {
    let (idle_end, end) = (now + 7 * DAY, now + 30 * DAY);
    let visit = "'Mozilla/5.0 (X11; Linux x86_64)', '127.0.0.1'";
    format!(
        "{delivered}, {delivered}, 0, FALSE, {idle_end}, {end}, {delivered}, {delivered}, {delivered}, {visit}, {visit}"
    )
}

/// Ids in the order of time, as the server makes them, spread over one day.
fn session_id(now: i64, index: usize, count: usize) -> Uuid {
    #[expect(clippy::cast_sign_loss, reason = "a time after 1970")]
    let at = (now - DAY) as u64 + (DAY as u64 * index as u64) / count as u64;
    let random = hash(&format!("session {index}"));
    let mut ten = [0; 10];
    ten.copy_from_slice(&random[..10]);
    uuid::Builder::from_unix_timestamp_millis(at, &ten).into_uuid()
}

/// As good as random, and the same in every run.
fn hash(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    hash
}

fn now() -> i64 {
    use hallpass::auth::clock::{Clock, SystemClock};
    SystemClock.now()
}
