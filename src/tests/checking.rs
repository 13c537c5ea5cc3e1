//! `hallpass config check`: what a server would need, looked at and left as it is.

use std::{fs, path::Path};

use super::{
    database::TestDatabase,
    harness::{App, SECRET},
};
use crate::server::{
    Kept, check,
    config::{Config, Flags, tests::flags},
};

pub fn config(folder: &Path, change: impl FnOnce(&mut Flags)) -> Config {
    let mut flags = Flags { data_dir: folder.display().to_string(), secret: Some(SECRET.into()), ..flags() };
    change(&mut flags);
    Config::understand(&flags, std::iter::empty::<&str>()).unwrap()
}

/// Every file in a folder with its content.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> =
        entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect();
    files.sort();
    files
}

#[tokio::test]
async fn where_there_is_nothing_yet_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("data");
    let found = check(&config(&missing, |flags| flags.secret = None)).await;
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    assert_eq!((found.tables, found.secret), (None, Kept::Nowhere));
    assert!(!missing.exists());
}

#[tokio::test]
async fn a_database_that_is_in_use_and_one_that_is_not_are_left_as_they_are() {
    let app = App::on(TestDatabase::file()).await;
    app.signed_up("ada").await;
    let folder = app.database.path().parent().unwrap().to_owned();
    for _ in 0..2 {
        let before = files(&folder);
        let found = check(&config(&folder, |_| {})).await;
        assert!(found.problems.is_empty(), "{:?}", found.problems);
        let tables = found.tables.unwrap();
        assert_eq!((tables.found, tables.missing, found.secret), (Some(tables.known), 0, Kept::Given));
        let after = files(&folder);
        let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&before), names(&after));
        let database = |files: &[(String, Vec<u8>)]| files.iter().find(|(name, _)| name == "hallpass.db").cloned();
        assert_eq!(database(&before), database(&after));
        app.auth.close().await;
    }
}

#[tokio::test]
async fn what_a_server_would_not_start_with_is_said() {
    let app = App::on(TestDatabase::file()).await;
    app.auth.close().await;
    let (file, folder) = (app.database.path(), app.database.path().parent().unwrap().to_owned());
    let problems = async |config: &Config| -> String {
        let found = check(config).await;
        assert_eq!(found.problems.len(), 1, "{:?}", found.problems);
        found.problems[0].to_string()
    };
    let words = problems(&config(&folder, |flags| flags.secret = None)).await;
    assert!(words.contains("no secret in"), "{words}");
    fs::write(folder.join("secret"), "0123456789abcdef0123456789abcdef").unwrap();
    fs::set_permissions(folder.join("secret"), std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let words = problems(&config(&folder, |flags| flags.secret = None)).await;
    assert!(words.contains("others can read the secret"), "{words}");

    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', TRUE, X'00', 0)";
    {
        use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
        let mut connection = SqliteConnectOptions::new().filename(&file).connect().await.unwrap();
        sqlx::raw_sql(newer).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
    let words = problems(&config(&folder, |_| {})).await;
    assert!(words.contains("newer version of hallpass (migration 9999"), "{words}");
    fs::write(&file, "this was never a database, however long it is".repeat(100)).unwrap();
    let words = problems(&config(&folder, |_| {})).await;
    assert!(words.contains("is damaged or is no SQLite database"), "{words}");
}

#[tokio::test]
async fn a_database_that_is_not_reached_is_said_without_its_password() {
    let folder = tempfile::tempdir().unwrap();
    // The port of nobody.
    let url = "postgres://ada:hunter2@127.0.0.1:1/hallpass";
    let found = check(&config(folder.path(), |flags| flags.database_url = Some(url.into()))).await;
    let words = format!("{} {:?} {}", found.database, found.problems, found.problems[0]);
    assert!(words.contains("127.0.0.1:1/hallpass") && words.contains("cannot be reached"), "{words}");
    assert!(!words.contains("hunter2") && !words.contains("ada"), "{words}");
}
