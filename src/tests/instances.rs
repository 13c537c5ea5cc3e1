//! Several instances on one database. Run by `scripts/postgres run cargo test --features ssr tests::instances`.

use std::{sync::Arc, time::Duration};

use sqlx::{Connection, PgConnection};

use super::{
    browser::Browser,
    checking::config,
    database::TestDatabase,
    harness::{App, MINUTE, PASSWORD},
};
use crate::{
    auth::{PATIENCE, Visit},
    server::check,
    store::{Ears, PostgresSettings, Store},
};

async fn two() -> (App, App) {
    let one = App::on(TestDatabase::shared().await).await;
    let other = one.another().await;
    (one, other)
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_that_start_at_once_on_an_empty_database_make_one_key() {
    let database = Arc::new(TestDatabase::shared().await);
    let apps = futures::future::join_all((0..4).map(|_| App::beside(&database))).await;
    let browser = apps[0].signed_up("ada").await;
    for app in &apps {
        assert_eq!(browser.at(app).me().await.status, 200);
        assert_eq!(app.get("/.well-known/jwks.json").await.body, apps[0].get("/.well-known/jwks.json").await.body);
    }
}

#[tokio::test]
async fn a_connection_that_the_database_has_ended_fails_one_question_and_not_the_next() {
    let database = TestDatabase::shared().await;
    let store = database.with_one_connection().await;
    store.ping().await.unwrap();
    database.end_connections().await;
    assert!(store.ping().await.is_err(), "the database hung up a moment ago");
    store.ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn refreshes_at_two_instances_at_once_advance_one_generation() {
    let (one, other) = two().await;
    let browser = one.signed_up("ada").await;
    let session = one.only_session("ada").await;
    one.clock.advance(2 * MINUTE);
    let tabs = (0..40).map(|tab| {
        let mut tab = browser.at(if tab % 2 == 0 { &one } else { &other });
        async move { (tab.refresh().await.status.as_u16(), tab.cookie) }
    });
    let answers = futures::future::join_all(tabs).await;
    assert!(answers.iter().all(|(status, _)| *status == 200), "{:?}", answers.iter().map(|a| a.0).collect::<Vec<_>>());
    assert!(answers.windows(2).all(|two| two[0].1 == two[1].1), "all hold the same token");
    assert_eq!(one.store.session(session).await.unwrap().unwrap().generation, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_another_transaction_holds_holds_up_nobody_elses() {
    let app = App::on(TestDatabase::shared().await).await;
    let (mut held, mut free) = (app.signed_up("ada").await, app.signed_up("grace").await);
    let session = app.only_session("ada").await;
    let mut other = PgConnection::connect(app.database.url()).await.unwrap();
    for round in 0..5 {
        app.clock.advance(2 * MINUTE);
        let mut transaction = other.begin().await.unwrap();
        let lock = sqlx::query("SELECT 1 FROM sessions WHERE id = $1 FOR UPDATE").bind(session);
        lock.execute(&mut *transaction).await.unwrap();
        let waiting = (0..4).map(|_| {
            let mut tab = held.clone();
            async move {
                assert_eq!(tab.refresh().await.status, 200, "their turn comes");
                tab
            }
        });
        let passing = async {
            assert_eq!(free.refresh().await.status, 200, "round {round}");
            transaction.rollback().await.unwrap();
        };
        let (mut tabs, ()) = futures::future::join(futures::future::join_all(waiting), passing).await;
        held = tabs.pop().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_instance_hears_at_once_of_what_ends_at_another() {
    let (one, other) = two().await;
    let mut ears = other.auth.ears();
    ears.listen(Duration::from_millis(1)).await;
    let quiet = tokio::time::timeout(Duration::from_millis(300), ears.listen(Duration::from_mins(1))).await;
    assert!(quiet.is_err(), "nobody has said anything");
    hear_an_end(&one, ears).await;
}

/// Nobody knows when the listening begins, so there is one end after the other.
async fn hear_an_end(one: &App, mut ears: Ears) {
    let heard = tokio::spawn(async move { ears.listen(Duration::from_mins(1)).await });
    for person in 0..200 {
        if heard.is_finished() {
            return;
        }
        one.signed_up(&format!("ada{person}")).await.log_out().await;
    }
    assert!(heard.is_finished(), "200 ends were not heard");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_whose_ear_was_cut_off_hears_again() {
    let database = Arc::new(TestDatabase::shared().await);
    let (one, other) = (App::beside(&database).await, App::beside(&database).await);
    let mut ears = other.auth.ears();
    ears.listen(Duration::from_millis(300)).await;
    database
        .run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")
        .await;
    // That it was cut off may end one wait, and no more.
    let wait = async |ears: &mut Ears| {
        tokio::time::timeout(Duration::from_millis(300), ears.listen(Duration::from_mins(1))).await
    };
    let _ = wait(&mut ears).await;
    assert!(wait(&mut ears).await.is_err(), "nobody has said anything");
    hear_an_end(&one, ears).await;
}

#[tokio::test]
async fn a_database_that_may_be_elsewhere_must_show_a_certificate() {
    let database = TestDatabase::shared().await;
    // The same place by another name, of which nobody has said that it is this machine.
    let elsewhere = database.url().replacen("127.0.0.1", "127.1", 1);
    let connect = async |url: &str| Store::connect(&PostgresSettings::of(url).unwrap()).await.map(drop);
    let refused = connect(&elsewhere).await.unwrap_err();
    assert!(refused.to_string().contains("TLS"), "{refused}");
    connect(&format!("{elsewhere}?sslmode=disable")).await.unwrap();
}

#[tokio::test]
async fn what_was_missed_is_caught_up_with() {
    let (one, other) = two().await;
    let mut browsers = Vec::new();
    for person in 0..5 {
        browsers.push(one.signed_up(&format!("ada{person}")).await);
    }
    for browser in &mut browsers {
        browser.log_out().await;
        one.clock.advance(MINUTE);
    }
    other.auth.follow().await.unwrap();
    for browser in &browsers {
        assert_eq!(browser.at(&other).me().await.status, 401);
    }
}

#[tokio::test]
async fn a_holder_who_is_heard_from_at_one_instance_has_acknowledged_at_all() {
    let (one, other) = two().await;
    let mut browser = one.signed_up("ada").await;
    one.clock.advance(2 * MINUTE);
    let old = browser.clone();
    browser.refresh().await;
    browser.at(&other).me().await;
    one.clock.advance(2 * MINUTE);
    browser.at(&other).me().await;
    other.auth.tidy().await.unwrap();
    assert_eq!(old.at(&one).refresh().await.code(), "reused", "its parent is dead");
}

#[tokio::test]
async fn an_account_made_at_one_instance_signs_in_at_another() {
    let (one, other) = two().await;
    one.signed_up("ada").await;
    let mut browser = Browser::new(&other);
    assert_eq!(browser.log_in("ada", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_shared_database_is_looked_at_without_making_its_tables() {
    let database = TestDatabase::shared().await;
    let (folder, url) = (tempfile::tempdir().unwrap(), database.url().to_owned());
    let config = config(folder.path(), |flags| flags.database_url = Some(url));
    for _ in 0..2 {
        let empty = check(&config).await;
        assert!(empty.problems.is_empty(), "{:?}", empty.problems);
        assert_eq!(empty.tables.unwrap().found, None);
    }
    let app = App::on(database).await;
    let found = check(&config).await.tables.unwrap();
    assert_eq!(found.found, Some(found.known));
    app.auth.close().await;
}

#[tokio::test]
async fn an_instance_that_hears_nothing_refuses_an_account_that_was_removed_too() {
    let (one, other) = two().await;
    let browser = one.signed_up("ada").await;
    let id = one.user("ada").await;
    assert_eq!(one.auth.remove_user(id, &Visit::default()).await.unwrap(), Some(1));
    one.clock.advance(PATIENCE + 1);
    assert_eq!(browser.at(&other).me().await.status, 401);
}

/// Whatever the defaults of the database are.
#[tokio::test]
async fn every_connection_that_writes_is_durable_and_none_waits_for_ever() {
    let database = TestDatabase::shared().await;
    let defaults = "DO $$ DECLARE setting TEXT; BEGIN
            FOREACH setting IN ARRAY ARRAY[
                'synchronous_commit = off', 'statement_timeout = 0', 'default_transaction_isolation = serializable']
            LOOP EXECUTE format('ALTER DATABASE %I SET %s', current_database(), setting); END LOOP;
        END $$";
    database.run(defaults).await;
    let store = database.open().await;
    for (show, value) in [
        ("SHOW synchronous_commit", ["on", "on"]),
        ("SHOW statement_timeout", ["5s", "5s"]),
        ("SHOW idle_in_transaction_session_timeout", ["10s", "10s"]),
        ("SHOW default_transaction_isolation", ["read committed", "read committed"]),
        ("SHOW lock_timeout", ["0", "50ms"]),
    ] {
        assert_eq!(store.setting(show).await.unwrap(), value, "{show}");
    }
}

/// A reading that fails takes as long as a statement may. Whoever waits for it is told what came of it, and none reads once more.
#[tokio::test(flavor = "multi_thread")]
async fn those_who_wait_for_a_database_that_does_not_answer_are_told_so_together() {
    let (one, other) = two().await;
    let browser = one.signed_up("ada").await;
    let mut locking = PgConnection::connect(one.database.url()).await.unwrap();
    let mut transaction = locking.begin().await.unwrap();
    sqlx::query("LOCK TABLE signing_keys IN ACCESS EXCLUSIVE MODE").execute(&mut *transaction).await.unwrap();
    one.clock.advance(PATIENCE + 1);
    let asking = (0..12).map(|_| async { browser.at(&other).me().await.status.as_u16() });
    // One after the other it would be a minute.
    let answers = tokio::time::timeout(Duration::from_secs(30), futures::future::join_all(asking)).await;
    assert_eq!(answers.expect("they are told"), [503; 12]);
    transaction.rollback().await.unwrap();
    other.auth.follow().await.unwrap();
    assert_eq!(browser.at(&other).me().await.status, 200, "as soon as it answers");
}
