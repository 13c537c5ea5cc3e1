//! Failures that no time forgets, in a row and until a password is right: strangers' close an account to strangers, and keep nobody out who is known.

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use futures::future::join_all;
use http::StatusCode;

use super::{
    harness::{Answer, App, DAY, HERE, MINUTE, PASSWORD},
    limits::{WRONG, guess, somewhere, told_alike, use_up},
};
use crate::{
    auth::{
        Asked, Visit,
        limits::{DEVICE, KNOWN, STRANGERS, in_a_row},
        operating::Wanted,
        password::Password,
    },
    store::Who,
};

const WEEK: i64 = 7 * DAY;
const NEW: &str = "seven lamps in a quiet harbour";

/// As many failures as strangers may make in a row, by whoever waits for each week to be forgotten. Nothing is counted any more afterwards but these.
async fn close(app: &App, name: &str) {
    assert_eq!(in_a_row(Who::Stranger) % STRANGERS.free, 0);
    for _ in 0..in_a_row(Who::Stranger) / STRANGERS.free {
        use_up(app, name).await;
        app.clock.advance(WEEK);
    }
}

async fn stranger(app: &App, password: &str) -> Answer {
    guess(app, "ada", password, somewhere(7)).await
}

#[tokio::test]
async fn whoever_waits_for_years_gets_no_more_than_eighty_guesses_that_could_be_right() {
    let app = App::start().await;
    app.signed_up("ada").await;
    close(&app, "ada").await;
    for weeks in 0..20 {
        for _ in 0..2 {
            assert_eq!(stranger(&app, PASSWORD).await.status, 401, "the right one, {weeks} weeks later");
        }
        app.clock.advance(WEEK);
    }
    assert_eq!(app.auth.user_details(app.user("ada").await).await.unwrap().stranger_failures, 120);
}

#[tokio::test]
async fn the_last_guess_that_can_be_right_is_the_eightieth() {
    let app = App::start().await;
    app.signed_up("ada").await;
    for failures in [in_a_row(Who::Stranger) - 1, in_a_row(Who::Stranger)] {
        assert_eq!(stranger(&app, PASSWORD).await.status, 200);
        for failure in 0..failures {
            if failure % 10 == 0 {
                app.clock.advance(WEEK);
            }
            assert_eq!(stranger(&app, WRONG).await.status, 401);
        }
        app.clock.advance(WEEK);
    }
    assert_eq!(stranger(&app, PASSWORD).await.status, 401);
}

#[tokio::test]
async fn an_account_that_is_closed_to_strangers_answers_them_like_a_name_that_does_not_exist() {
    let app = App::start().await;
    app.signed_up("ada").await;
    close(&app, "ada").await;
    assert_eq!(told_alike(&app, ["ada", "eve"], PASSWORD).await, [[401; 20].as_slice(), &[429; 3]].concat());
}

#[tokio::test]
async fn a_right_password_on_a_device_that_is_known_opens_the_account_to_new_devices() {
    let app = App::start().await;
    let mut owner = app.signed_up("ada").await;
    close(&app, "ada").await;
    assert_eq!(owner.log_in("ada", WRONG).await.status, 401, "a slip");
    assert_eq!(stranger(&app, PASSWORD).await.status, 401);
    assert_eq!(owner.log_in("ada", PASSWORD).await.status, 200);
    assert_eq!(stranger(&app, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn the_present_password_in_a_session_opens_it_as_well() {
    let app = App::with(|policy| (policy.idle_ttl, policy.absolute_ttl) = (30 * WEEK, 40 * WEEK)).await;
    let mut owner = app.signed_up("ada").await;
    close(&app, "ada").await;
    assert_eq!(owner.refresh().await.status, 200, "strangers end no session");
    assert_eq!(stranger(&app, PASSWORD).await.status, 401);
    assert_eq!(owner.change_password(WRONG, NEW).await.status, 422, "a slip opens nothing");
    assert_eq!(stranger(&app, PASSWORD).await.status, 401);
    assert_eq!(owner.change_password(PASSWORD, NEW).await.status, 200);
    assert_eq!(stranger(&app, NEW).await.status, 200);
}

#[tokio::test]
async fn the_operator_opens_it_too() {
    let app = App::start().await;
    app.signed_up("ada").await;
    let by = Visit::default();
    close(&app, "ada").await;
    assert_eq!(stranger(&app, PASSWORD).await.status, 401);
    assert_eq!(app.auth.forgive("ada", &by).await.unwrap(), Some(true));
    assert_eq!(stranger(&app, PASSWORD).await.status, 200);
    assert_eq!(app.auth.forgive("ada", &by).await.unwrap(), Some(false));

    app.clock.advance(WEEK);
    close(&app, "ada").await;
    let ada = app.auth.user_named("ada").await.unwrap().unwrap();
    app.auth.set_password(&ada, Password::new(NEW), &by).await.unwrap();
    assert_eq!(stranger(&app, NEW).await.status, 200, "failures at another password count no more");
}

#[tokio::test]
async fn strangers_and_those_who_are_known_fail_a_hundred_times_in_a_row_and_no_more() {
    let app = App::start().await;
    let mut owner = app.signed_up("ada").await;
    close(&app, "ada").await;
    for _ in 0..KNOWN.most / DEVICE.most {
        for _ in 0..DEVICE.most {
            assert_eq!(owner.log_in("ada", WRONG).await.status, 401);
        }
        app.clock.advance(WEEK);
    }
    let ada = app.user("ada").await;
    let details = app.auth.user_details(ada).await.unwrap();
    assert_eq!((details.stranger_failures, details.known_failures), (80, 20));
    assert_eq!(owner.log_in("ada", PASSWORD).await.status, 401, "it stands in line with strangers");
    let details = app.auth.user_details(ada).await.unwrap();
    assert_eq!((details.stranger_failures, details.known_failures), (81, 20));
    assert_eq!(app.auth.forgive("ada", &Visit::default()).await.unwrap(), Some(true));
    assert_eq!(owner.log_in("ada", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_device_that_has_used_up_what_is_kept_for_all_is_let_in_as_a_stranger() {
    let app = App::start().await;
    let mut owner = app.signed_up("ada").await;
    for failure in 0..KNOWN.most {
        if failure % 10 == 0 {
            app.clock.advance(WEEK);
        }
        assert_eq!(owner.log_in("ada", WRONG).await.status, 401);
    }
    app.clock.advance(WEEK);
    use_up(&app, "ada").await;
    let waits = owner.log_in("ada", PASSWORD).await;
    assert_eq!((waits.status.as_u16(), waits.header("ratelimit")), (429, "\"login\";r=0;t=1"), "after strangers");
    app.clock.advance(1000);
    assert_eq!(owner.log_in("ada", PASSWORD).await.status, 200);
    assert_eq!(app.auth.user_details(app.user("ada").await).await.unwrap().known_failures, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_once_are_in_a_row_as_well_at_two_instances_as_at_one() {
    let app = App::start().await;
    app.signed_up("ada").await;
    let other = app.another().await;
    for _ in 0..in_a_row(Who::Stranger) / STRANGERS.free - 1 {
        use_up(&app, "ada").await;
        app.clock.advance(WEEK);
    }
    assert_eq!(stranger(&app, WRONG).await.status, 401, "the sixty-first");
    app.clock.advance(WEEK);
    let guesses = (0..20).map(|number| {
        let app = if number % 2 == 0 { &app } else { &other };
        guess(app, "ada", WRONG, somewhere(number))
    });
    let answers = join_all(guesses).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::UNAUTHORIZED));
    let ada = app.user("ada").await;
    assert_eq!(app.auth.user_details(ada).await.unwrap().stranger_failures, 81);
    app.clock.advance(WEEK);
    for app in [&app, &other] {
        assert_eq!(guess(app, "ada", PASSWORD, HERE).await.status, 401);
    }
}

#[tokio::test]
async fn what_strangers_fail_at_where_an_account_is_closed_leaves_events_of_another_name() {
    let app = App::start().await;
    app.signed_up("ada").await;
    close(&app, "ada").await;
    assert_eq!(stranger(&app, PASSWORD).await.status, 401);
    let kinds = app.store.event_kinds(app.user("ada").await).await.unwrap();
    let count = |name: &str| kinds.iter().filter(|kind| *kind == name).count();
    // The one that closes it, and one afterwards.
    assert_eq!((count("authn_login_fail"), count("authn_login_lock")), (79, 2), "{kinds:?}");
}

/// To keep an event takes time.
#[tokio::test]
async fn as_many_events_are_kept_of_an_account_that_is_closed_as_of_a_name_that_does_not_exist() {
    let app = App::start().await;
    app.signed_up("ada").await;
    let all = async || {
        let wanted = Wanted::default();
        app.auth.all_events(wanted, Asked { after: None, size: 1000 }).await.unwrap().rows.len()
    };
    let mut kept = [Vec::new(), Vec::new()];
    for failure in 0..in_a_row(Who::Stranger) {
        app.clock.advance(STRANGERS.wait_after(failure));
        for (name, kept) in ["ada", "eve"].iter().zip(&mut kept) {
            let before = all().await;
            assert_eq!(guess(&app, name, WRONG, somewhere(failure)).await.status, 401);
            kept.push(all().await - before);
        }
    }
    for minutes in 0..60 {
        app.clock.advance(MINUTE);
        for (name, kept) in ["ada", "eve"].iter().zip(&mut kept) {
            let before = all().await;
            assert_eq!(guess(&app, name, WRONG, somewhere(minutes)).await.status, 429);
            kept.push(all().await - before);
        }
    }
    assert_eq!(kept[0], kept[1]);
    assert!(kept[0].contains(&0), "those of refusals are used up");
}

#[tokio::test(flavor = "multi_thread")]
async fn right_passwords_at_once_on_a_device_that_is_known_are_right_where_strangers_closed_the_account() {
    let app = App::start().await;
    let owner = app.signed_up("ada").await;
    close(&app, "ada").await;
    let logins = (0..30).map(|_| {
        let mut owner = owner.clone();
        async move { owner.log_in("ada", PASSWORD).await.status.as_u16() }
    });
    assert_eq!(join_all(logins).await, [200; 30]);
}

#[tokio::test]
async fn a_right_password_is_hashed_anew_where_that_is_due_and_it_is_believed() {
    let app = App::start().await;
    app.signed_up("ada").await;
    let ada = app.user("ada").await;
    let stored = async || app.store.user(ada).await.unwrap().unwrap().password_hash;
    let other = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 2, 1, None).unwrap());
    let other = other.hash_password_with_salt(PASSWORD.as_bytes(), &[7; 16]).unwrap().to_string();
    assert!(app.store.rehash_password(ada, &stored().await, &other).await.unwrap());
    close(&app, "ada").await;
    assert_eq!(stranger(&app, PASSWORD).await.status, 401);
    assert_eq!(stored().await, other, "it would take longer than a wrong one");
    assert!(app.auth.forgive("ada", &Visit::default()).await.unwrap().unwrap());
    assert_eq!(stranger(&app, PASSWORD).await.status, 200);
    assert_ne!(stored().await, other);
    assert_eq!(stranger(&app, PASSWORD).await.status, 200);
}
