//! The numbered files of `migrations/`, embedded.

use std::{borrow::Cow, future::Future, pin::Pin};

use sqlx::{
    SqlSafeStr,
    error::BoxDynError,
    migrate::{MigrateError, Migration, MigrationSource, MigrationType, Migrator},
};

/// In the order of their numbers. Those from 1001 on are of whoever put their own app behind this.
const FILES: &[(i64, &str, &str)] = &[
    (1, "users sessions keys events", include_str!("../../../migrations/0001_users_sessions_keys_events.sql")),
    (2, "last seen and lists", include_str!("../../../migrations/0002_last_seen_and_lists.sql")),
    (3, "turns", include_str!("../../../migrations/0003_turns.sql")),
    (4, "purging", include_str!("../../../migrations/0004_purging.sql")),
    (
        5,
        "nothing indexed changes at a refresh",
        include_str!("../../../migrations/0005_nothing_indexed_changes_at_a_refresh.sql"),
    ),
    (6, "tries", include_str!("../../../migrations/0006_tries.sql")),
    (7, "signing keys begin", include_str!("../../../migrations/0007_signing_keys_begin.sql")),
    (8, "removed sessions", include_str!("../../../migrations/0008_removed_sessions.sql")),
    (9, "sealed keys", include_str!("../../../migrations/0009_sealed_keys.sql")),
    (10, "account fields", include_str!("../../../migrations/0010_account_fields.sql")),
    (11, "failures in a row", include_str!("../../../migrations/0011_failures_in_a_row.sql")),
    (12, "details of events", include_str!("../../../migrations/0012_details_of_events.sql")),
];

pub(super) fn newest() -> i64 {
    FILES[FILES.len() - 1].0
}

pub(super) fn how_many() -> usize {
    FILES.len()
}

pub(super) fn is_known(version: i64) -> bool {
    FILES.iter().any(|(known, ..)| *known == version)
}

pub(super) async fn migrator() -> Result<Migrator, MigrateError> {
    Migrator::new(Embedded).await
}

#[derive(Debug)]
struct Embedded;

impl MigrationSource<'static> for Embedded {
    fn resolve(self) -> Pin<Box<dyn Future<Output = Result<Vec<Migration>, BoxDynError>> + Send>> {
        let migrations = FILES
            .iter()
            .map(|&(version, description, sql)| {
                let sql = sql.into_sql_str();
                Migration::new(version, Cow::Borrowed(description), MigrationType::Simple, sql, false)
            })
            .collect();
        Box::pin(async { Ok(migrations) })
    }
}
