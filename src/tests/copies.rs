//! Backups, as the operator makes and restores them.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::{
    browser::Browser,
    database::TestDatabase,
    harness::{App, MINUTE, PASSWORD, SECRET},
};
use crate::{
    auth::{Asked, Visit, operating::Wanted},
    server::{
        CopiesError, Restored, backup,
        config::{Config, Flags, tests::flags},
        restore,
    },
    store::Store,
};

/// Of whoever operates the database of an app under test.
fn config(app: &App, change: impl FnOnce(&mut Flags)) -> Config {
    let mut flags = Flags {
        addr: "127.0.0.1:0".into(),
        data_dir: folder(app).display().to_string(),
        secret: Some(SECRET.into()),
        ..flags()
    };
    change(&mut flags);
    Config::understand(&flags, std::iter::empty::<&str>()).unwrap()
}

fn folder(app: &App) -> PathBuf {
    app.database.path().parent().unwrap().to_owned()
}

async fn app() -> App {
    App::on(TestDatabase::file()).await
}

async fn backed_up(app: &App) -> PathBuf {
    let file = folder(app).join("backup");
    backup(&config(app, |_| {}), &file, false).await.unwrap();
    file
}

async fn restored(app: &App, file: &Path) -> Result<Restored, CopiesError> {
    restore(&config(app, |_| {}), file, false, app.clock.clone()).await
}

async fn has_user(file: &Path, name: &str) -> bool {
    let store = Store::open(file).await.unwrap();
    let found = store.user_by_key(name).await.unwrap().is_some();
    store.close().await;
    found
}

/// What is in the folder of the database, but for what SQLite keeps beside it.
fn files(app: &App) -> Vec<String> {
    let entries = fs::read_dir(folder(app)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = entries.filter(|name| !name.ends_with("-wal") && !name.ends_with("-shm")).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_backup_is_whole_while_the_server_runs_and_for_its_owner_alone() {
    let app = app().await;
    app.signed_up("ada").await;
    let file = backed_up(&app).await;
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    app.signed_up("bob").await;
    assert!(has_user(&file, "ada").await && !has_user(&file, "bob").await);
    assert_eq!(files(&app), ["backup", "hallpass.db"], "and nothing half-made is left");
}

#[tokio::test]
async fn a_backup_takes_no_files_place_unless_told_to() {
    let app = app().await;
    let file = backed_up(&app).await;
    app.signed_up("ada").await;
    let error = backup(&config(&app, |_| {}), &file, false).await.unwrap_err().to_string();
    assert!(error.contains("--force"), "{error}");
    assert!(!has_user(&file, "ada").await);
    backup(&config(&app, |_| {}), &file, true).await.unwrap();
    assert!(has_user(&file, "ada").await);
}

#[tokio::test]
async fn there_is_nothing_to_back_up_where_there_is_no_database() {
    let app = app().await;
    let elsewhere = config(&app, |flags| flags.database_url = Some("sqlite:/nonexistent/hallpass.db".into()));
    let error = backup(&elsewhere, &folder(&app).join("backup"), false).await.unwrap_err().to_string();
    assert_eq!(error, "there is no file /nonexistent/hallpass.db");
    assert_eq!(files(&app), ["hallpass.db"]);
}

#[tokio::test]
async fn nothing_is_restored_while_a_server_has_the_database_open() {
    let app = app().await;
    let file = backed_up(&app).await;
    let browser = app.signed_up("ada").await;
    let error = restored(&app, &file).await.unwrap_err().to_string();
    assert!(error.contains("is in use"), "{error}");
    assert_eq!(browser.me().await.status, 200);
    assert_eq!(files(&app), ["backup", "hallpass.db"]);
}

#[tokio::test]
async fn a_restored_database_is_that_of_the_backup_and_everybody_signs_in_anew() {
    let app = app().await;
    let mut ada = app.signed_up("ada").await;
    let file = backed_up(&app).await;
    let bob = app.signed_up("bob").await;
    app.clock.advance(2 * MINUTE);
    ada.refresh().await;
    let (ada, bob) = ((ada.cookie.clone(), ada.token.clone()), bob.cookie.clone());
    app.auth.close().await;

    let done = restored(&app, &file).await.unwrap();
    assert_eq!(done.ended, 1);
    assert!(has_user(&done.aside.unwrap(), "bob").await, "what was there before is kept");

    let app = app.restart().await;
    let mut browser = Browser::new(&app);
    (browser.cookie, browser.token) = ada;
    assert_eq!(browser.me().await.status, 401);
    assert_eq!(browser.refresh().await.code(), "revoked", "a token that the backup has not seen is no thief's");
    assert_eq!(browser.call("/api/ending", &[]).await.json()["by"], "Operator");
    let page = browser.open("/signed-out?reason=revoked").await;
    assert!(page.body.contains("by the people who run this site"), "{}", page.body);
    browser.cookie = bob;
    assert_eq!(browser.refresh().await.code(), "invalid");
    assert_eq!(Browser::new(&app).log_in("bob", PASSWORD).await.status, 401);
    assert_eq!(Browser::new(&app).log_in("ada", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn sessions_can_be_kept() {
    let app = app().await;
    let cookie = app.signed_up("ada").await.cookie.clone();
    let file = backed_up(&app).await;
    app.auth.close().await;
    assert_eq!(restore(&config(&app, |_| {}), &file, true, app.clock.clone()).await.unwrap().ended, 0);
    let app = app.restart().await;
    let mut browser = Browser::new(&app);
    browser.cookie = cookie;
    assert_eq!(browser.refresh().await.status, 200);
}

#[tokio::test]
async fn a_backup_is_restored_where_there_is_no_database_and_over_a_damaged_one() {
    let app = app().await;
    app.signed_up("ada").await;
    let file = backed_up(&app).await;
    app.auth.close().await;
    let database = app.database.path();
    fs::write(&database, "no database at all, though it is long enough to be taken for one".repeat(100)).unwrap();
    fs::write(folder(&app).join("hallpass.db-wal"), "of the one that is damaged").unwrap();
    let aside = restored(&app, &file).await.unwrap().aside.unwrap();
    assert!(fs::read(&aside).unwrap().starts_with(b"no database"));
    assert!(has_user(&database, "ada").await);

    fs::remove_file(&database).unwrap();
    assert!(restored(&app, &file).await.unwrap().aside.is_none());
    assert!(has_user(&database, "ada").await);
    assert_eq!(fs::metadata(&database).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn what_is_no_backup_of_ours_is_refused_and_nothing_is_changed() {
    let app = app().await;
    app.signed_up("ada").await;
    let backup = backed_up(&app).await;
    app.auth.close().await;
    let file = folder(&app).join("other");
    let sqlite = async |sql: &'static str| {
        use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
        let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
        let mut connection = options.connect().await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    };
    let refused = async |why: &str| {
        let error = restored(&app, &file).await.unwrap_err().to_string();
        assert!(error.contains(why), "{why}: {error}");
        assert!(has_user(&app.database.path(), "ada").await);
    };

    refused("there is no file").await;
    fs::write(&file, "").unwrap();
    refused("not one of this program").await;
    sqlite("CREATE TABLE users (id INTEGER)").await;
    refused("not one of this program").await;
    fs::write(&file, "this was never a database, however long it is".repeat(100)).unwrap();
    refused("is damaged or is no SQLite database").await;
    let mut bytes = fs::read(&backup).unwrap();
    let half = bytes.len() / 2;
    bytes[half..].fill(0xff);
    fs::write(&file, bytes).unwrap();
    refused("is damaged or is no SQLite database").await;
    fs::copy(&backup, &file).unwrap();
    sqlite("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', TRUE, X'00', 0)").await;
    refused("newer version of hallpass").await;
    fs::copy(&backup, &file).unwrap();
    fs::write(folder(&app).join("other-wal"), "more of it").unwrap();
    refused("was not closed").await;
    fs::remove_file(folder(&app).join("other-wal")).unwrap();
    let journal = folder(&app).join("other-journal");
    fs::write(&journal, "what would have to be undone").unwrap();
    refused("was not closed").await;
    fs::remove_file(journal).unwrap();

    let error = restored(&app, &app.database.path()).await.unwrap_err().to_string();
    assert!(error.contains("is the database itself"), "{error}");
    let stranger = config(&app, |flags| flags.secret = Some("another secret, also 32 bytes long".into()));
    let error = restore(&stranger, &backup, false, app.clock.clone()).await.unwrap_err().to_string();
    assert!(error.contains("sealed under another secret"), "{error}");
    let nobody = config(&app, |flags| flags.secret = None);
    let error = restore(&nobody, &backup, false, app.clock.clone()).await.unwrap_err().to_string();
    assert!(error.contains("put it back first"), "{error}");
    assert_eq!(files(&app), ["backup", "hallpass.db", "other"], "and nothing half-made is left");
}

#[tokio::test]
async fn with_postgresql_its_own_tools_are_named() {
    let app = app().await;
    let postgres = config(&app, |flags| flags.database_url = Some("postgres://user@localhost/none".into()));
    let file = folder(&app).join("backup");
    for error in [
        backup(&postgres, &file, false).await.unwrap_err(),
        restore(&postgres, &file, false, app.clock.clone()).await.unwrap_err(),
    ] {
        let words = error.to_string();
        assert!(words.contains("pg_dump") && words.contains("pg_restore"), "{words}");
    }
}

#[tokio::test]
async fn a_restore_brings_no_signing_key_back_that_was_withdrawn() {
    let app = app().await;
    let token = app.signed_up("ada").await.token.clone();
    let withdrawn = app.auth.signing_keys()[0].kid.clone();
    let file = backed_up(&app).await;
    app.auth.replace_keys(&Visit::default()).await.unwrap();
    assert_eq!(app.get_with_bearer("/api/v1/me", &token).await.status, 401, "what the old key signed is refused");
    app.auth.close().await;
    restored(&app, &file).await.unwrap();
    let app = app.restart().await;
    assert_eq!(app.get_with_bearer("/api/v1/me", &token).await.status, 401, "and after the restore too");
    let keys = app.auth.signing_keys();
    assert!(keys.iter().all(|key| key.kid != withdrawn), "nor is anything else that it signed: {keys:?}");
    let kinds =
        app.auth.all_events(Wanted { kind: "database_restored", ..Wanted::default() }, Asked { after: None, size: 9 });
    assert_eq!(kinds.await.unwrap().rows.len(), 1);
    let mut anew = Browser::new(&app);
    assert_eq!(anew.log_in("ada", PASSWORD).await.status, 200);
    assert_eq!(anew.me().await.status, 200);
}

#[tokio::test]
async fn a_backup_is_not_written_over_the_database_itself() {
    let app = app().await;
    app.signed_up("ada").await;
    let database = app.database.path();
    let error = backup(&config(&app, |_| {}), &database, true).await.unwrap_err().to_string();
    assert!(error.contains("is the database itself"), "{error}");
    assert_eq!(Browser::new(&app).log_in("ada", PASSWORD).await.status, 200);
}
