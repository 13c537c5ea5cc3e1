//! Databases that are not to be used.

use std::{fs, os::unix::fs::PermissionsExt};

use base64::{
    Engine,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};

use super::{
    browser::Browser,
    database::TestDatabase,
    harness::{App, PASSWORD},
};
use crate::store::{OpenError, Store};

#[tokio::test]
async fn the_files_are_for_their_owner_alone() {
    let app = App::on(TestDatabase::file()).await;
    app.signed_up("ada").await;
    let mut names = Vec::new();
    for entry in fs::read_dir(app.database.path().parent().unwrap()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.file_name());
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["hallpass.db", "hallpass.db-shm", "hallpass.db-wal"]);
}

#[tokio::test]
async fn a_database_that_others_could_read_is_closed_to_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hallpass.db");
    Store::open(&path).await.unwrap().close().await;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    Store::open(&path).await.unwrap().close().await;
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_database_newer_than_the_binary_is_refused() {
    let app = App::on(TestDatabase::file()).await;
    let path = app.database.path();
    app.auth.close().await;
    let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', TRUE, X'00', 0)";
    sqlx::query(newer).execute(&pool).await.unwrap();
    pool.close().await;
    let error = Store::open(&path).await.unwrap_err();
    assert!(matches!(error, OpenError::Newer { found: 9999, .. }), "{error}");
    assert!(error.to_string().contains("newer version of hallpass"), "{error}");
}

#[tokio::test]
async fn a_damaged_database_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let garbage = folder.path().join("garbage.db");
    fs::write(
        &garbage,
        "this was never a database, and it is long enough to have a header of sixteen bytes".repeat(100),
    )
    .unwrap();
    let error = Store::open(&garbage).await.unwrap_err();
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error}");

    let app = App::on(TestDatabase::file()).await;
    app.signed_up("ada").await;
    let path = app.database.path();
    app.auth.close().await;
    let mut bytes = fs::read(&path).unwrap();
    let length = bytes.len();
    bytes[length / 2..].fill(0xff);
    fs::write(&path, bytes).unwrap();
    let error = Store::open(&path).await.unwrap_err();
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error}");
    assert!(error.to_string().contains("restore it from a backup"), "{error}");
}

#[tokio::test]
async fn a_read_only_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hallpass.db");
    Store::open(&path).await.unwrap().close().await;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    let error = Store::open(&path).await.unwrap_err();
    assert!(matches!(error, OpenError::ReadOnly { .. }), "{error}");
}

#[tokio::test]
async fn a_copy_of_the_database_opens_nothing() {
    let (wrong, new, instance) = ("not the password of ada", "seven lamps in a quiet harbour", "the name of a browser");
    let app = App::start().await;
    let mut browser = Browser::new(&app).named(instance);
    browser.sign_up("ada", PASSWORD).await;
    let mut secrets = vec![PASSWORD.to_owned(), wrong.to_owned(), new.to_owned(), instance.to_owned()];
    for _ in 0..3 {
        secrets.extend([browser.cookie.clone().unwrap(), browser.device.clone().unwrap(), browser.token.clone()]);
        app.clock.advance(120_000);
        assert_eq!(browser.refresh().await.status, 200);
        assert_eq!(browser.change_password(wrong, new).await.status, 422);
        assert_eq!(browser.clone().log_in("ada", wrong).await.status, 401);
    }
    assert_eq!(browser.change_password(PASSWORD, new).await.status, 200);
    app.auth.close().await;
    let bytes = app.database.content().await;
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(holds(b"ada"), "the search finds what is there");
    for secret in secrets {
        for (spelled, spelling) in spellings(secret.as_bytes()) {
            assert!(!holds(&spelling), "{secret} {spelled}");
        }
        if let Ok(raw) = BASE64_URL_SAFE_NO_PAD.decode(&secret)
            && raw.len() > 53
        {
            assert!(!holds(&raw[21..53]), "nor the secret inside");
        }
    }
}

fn spellings(secret: &[u8]) -> [(&'static str, Vec<u8>); 4] {
    let hex = secret.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    [
        ("as it is", secret.to_vec()),
        ("in hexadecimal", hex.into_bytes()),
        ("in base64", BASE64_STANDARD_NO_PAD.encode(secret).into_bytes()),
        ("in base64url", BASE64_URL_SAFE_NO_PAD.encode(secret).into_bytes()),
    ]
}
