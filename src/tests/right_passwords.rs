//! Right passwords, and how many of one account are taken in an hour. The harness's clock stands still.

use super::{
    harness::{App, HERE, MINUTE, PASSWORD},
    limits::{WRONG, guess},
};
use crate::auth::limits::{ADDRESS, SUCCESSES};

#[tokio::test]
async fn whoever_knows_the_password_enters_an_account_so_often_and_then_waits_and_nobody_else_hears_of_it() {
    let app = App::start().await;
    let mut owner = app.signed_up("ada").await;
    app.signed_up("grace").await;
    app.auth.enter_often(&app.store.user_by_key("ada").await.unwrap().unwrap(), SUCCESSES.most - 1);
    assert_eq!(guess(&app, "ada", PASSWORD, HERE).await.status, 200);
    let session = app.only_session("ada").await;
    // The program's, from an address that has no tries left but this one if it stayed counted, and a known browser's.
    for _ in 0..ADDRESS.most {
        let answer = guess(&app, "ada", PASSWORD, HERE).await;
        assert_eq!((answer.status.as_u16(), answer.header("ratelimit")), (429, "\"successes\";r=0;t=3600"));
        assert_eq!(answer.header("ratelimit-policy"), "\"successes\";q=1000;w=3600");
    }
    let answer = owner.log_in("ada", PASSWORD).await;
    assert_eq!((answer.status.as_u16(), answer.set_cookie()), (429, None));
    assert_eq!(app.only_session("ada").await, session, "nothing began");
    let kinds = app.store.event_kinds(app.user("ada").await).await.unwrap();
    assert!(kinds.iter().any(|kind| kind == "excess_rate_limit_exceeded"), "{kinds:?}");
    assert!(!kinds.iter().any(|kind| kind == "authn_login_lock"), "{kinds:?}");

    assert_eq!(guess(&app, "ada", WRONG, HERE).await.status, 401, "a guess is answered as ever");
    assert_eq!(guess(&app, "grace", PASSWORD, HERE).await.status, 200);
    assert_eq!(owner.refresh().await.status, 200, "whoever is signed in stays it");
    app.clock.advance(1);
    assert_eq!(owner.change_password(PASSWORD, "nine tall herons at dusk").await.status, 200);
    assert_eq!(guess(&app, "ada", "nine tall herons at dusk", HERE).await.status, 200, "the new password is another");
}

#[tokio::test]
async fn who_has_waited_an_hour_enters_again() {
    let app = App::start().await;
    app.signed_up("ada").await;
    app.auth.enter_often(&app.store.user_by_key("ada").await.unwrap().unwrap(), SUCCESSES.most);
    assert_eq!(guess(&app, "ada", PASSWORD, HERE).await.status, 429);
    app.clock.advance(60 * MINUTE);
    assert_eq!(guess(&app, "ada", PASSWORD, HERE).await.status, 200);
}
