//! Versions that run beside each other on one database: a migration only adds, and who does not know what was added goes on without it.

use std::fs;

use super::{
    browser::Browser,
    harness::{App, CHROME_ON_ANDROID, MINUTE, PASSWORD},
};

const NEW: &str = "seven slow brown turtles";

/// What the next version might do to each table.
const LATER: &str = "
    ALTER TABLE users ADD COLUMN added_later TEXT NOT NULL DEFAULT '';
    ALTER TABLE sessions ADD COLUMN added_later BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE signing_keys ADD COLUMN added_later TEXT;
    ALTER TABLE events ADD COLUMN added_later TEXT NOT NULL DEFAULT '';
    ALTER TABLE tries ADD COLUMN added_later BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE account_fields ADD COLUMN added_later TEXT;
    ALTER TABLE removed_sessions ADD COLUMN added_later TEXT;
    CREATE TABLE added_later (id UUID NOT NULL PRIMARY KEY);
    CREATE INDEX sessions_added_later ON sessions (added_later);
";

/// Everything that the version before does not trip over.
fn only_adds(statement: &str) -> bool {
    let words: Vec<_> = statement.split_whitespace().collect();
    match words[..] {
        ["CREATE", "TABLE" | "INDEX", ..] | ["DROP", "INDEX", _] | ["UPDATE", ..] => true,
        ["ALTER", "TABLE", _, "ADD", "COLUMN", ref column @ ..] => {
            column.contains(&"DEFAULT") || !column.windows(2).any(|two| two == ["NOT", "NULL"])
        }
        _ => false,
    }
}

#[test]
fn every_migration_only_adds_so_that_the_version_before_goes_on_beside_it() {
    let mut statements = 0;
    for file in fs::read_dir("migrations").unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let sql: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
        for statement in sql.join("\n").split(';').filter(|statement| !statement.trim().is_empty()) {
            assert!(only_adds(statement), "{}: {statement}", path.display());
            statements += 1;
        }
    }
    assert!(statements > 20, "{statements}");
    for breaks in [
        "DROP TABLE users",
        "ALTER TABLE users DROP COLUMN username",
        "ALTER TABLE users RENAME COLUMN username TO name",
        "ALTER TABLE users ADD COLUMN name TEXT NOT NULL",
        "CREATE UNIQUE INDEX once ON users (username)",
        "DELETE FROM users",
    ] {
        assert!(!only_adds(breaks), "{breaks}");
    }
}

#[tokio::test]
async fn an_instance_goes_on_when_a_newer_version_has_added_to_its_tables() {
    let app = App::start().await;
    let mut ada = app.signed_up("ada").await;
    // Statements that were made ready before, and those that come.
    app.clock.advance(2 * MINUTE);
    assert_eq!(ada.refresh().await.status, 200);
    app.database.run(LATER).await;

    app.clock.advance(2 * MINUTE);
    assert_eq!(ada.refresh().await.status, 200);
    assert_eq!(ada.me().await.status, 200);
    assert!(ada.open("/account").await.body.contains("ada"));
    app.signed_up("bob").await;
    assert_eq!(Browser::new(&app).log_in("ada", "not her password").await.status, 401);
    let mut phone = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    assert_eq!(ada.change_password(PASSWORD, NEW).await.status, 200);
    assert_eq!(phone.refresh().await.code(), "password_changed");
    for path in ["/api/activity", "/api/sessions"] {
        assert_eq!(ada.ask(path, &[]).await.status, 200, "{path}");
    }
    app.auth.tidy().await.unwrap();
    app.auth.follow().await.unwrap();
    assert_eq!(ada.log_out().await.status, 200);
    assert_eq!(ada.refresh().await.status, 401);
}
