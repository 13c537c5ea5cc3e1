//! Guessing goes on while the server's secret is replaced: what was counted stays counted, and who is known stays known.

use std::net::IpAddr;

use super::{
    browser::Browser,
    harness::{App, DAY, PASSWORD, SECRET, secret},
    limits::{WRONG, guess, seconds, somewhere, use_up, was_looked_at},
    secret_replacement::{NEW, new_after_old},
};
use crate::auth::{
    clock::Clock,
    limits::{DEVICE, STRANGERS},
    secrets::Secrets,
};

/// Whether somebody looks at a stranger's guess.
async fn looked_at(app: &App, from: IpAddr) -> bool {
    was_looked_at(&guess(app, "ada", WRONG, from).await)
}

#[tokio::test]
async fn however_often_the_secret_is_replaced_strangers_get_eighty_looks_and_then_wait_a_week() {
    let first = App::start().await;
    first.signed_up("ada").await;
    let (mut app, mut looks, mut replaced, mut before) = (first.another().await, 0, 0, SECRET.to_owned());
    loop {
        let answer = guess(&app, "ada", WRONG, somewhere(looks)).await;
        if was_looked_at(&answer) {
            looks += 1;
            continue;
        }
        let wait = seconds(&answer) * 1000;
        if wait > DAY {
            break;
        }
        // The one before is accepted for a millisecond, so nothing is tried while it is.
        replaced += 1;
        let next = format!("the secret number {replaced} of this test");
        let secrets = Secrets::from(secret(&next)).after(secret(&before), first.clock.now() + 1);
        app = first.another_with(&secrets).await.unwrap();
        before = next;
        first.clock.advance(wait);
    }
    assert_eq!((looks, replaced), (STRANGERS.most, STRANGERS.most - STRANGERS.free));
    println!("one account, the secret replaced {replaced} times: {looks} guesses were looked at");
}

#[tokio::test]
async fn instances_of_both_secrets_count_together() {
    let first = App::start().await;
    first.signed_up("ada").await;
    let old = first.another_with(&Secrets::from(secret(SECRET)).before(secret(NEW))).await.unwrap();
    let new = first.another_with(&new_after_old(&first)).await.unwrap();
    let apps = [&first, &old, &new];
    for number in 0..STRANGERS.free {
        assert!(looked_at(apps[number as usize % 3], somewhere(number)).await);
    }
    for app in apps {
        assert!(!looked_at(app, somewhere(99)).await);
    }
    let started_late = first.another_with(&Secrets::from(secret(SECRET)).before(secret(NEW))).await.unwrap();
    assert!(!looked_at(&started_late, somewhere(99)).await, "the key is sealed under the new one by now");
    let alone = first.another_with(&secret(NEW).into()).await.unwrap();
    assert!(!looked_at(&alone, somewhere(99)).await);
    first.clock.advance(1_000);
    assert_eq!(guess(&alone, "ada", PASSWORD, somewhere(99)).await.status, 200);
}

#[tokio::test]
async fn a_device_is_known_by_instances_of_both_secrets_and_its_failures_count_on() {
    let first = App::start().await;
    let owner = first.signed_up("ada").await;
    use_up(&first, "ada").await;
    let old = first.another_with(&Secrets::from(secret(SECRET)).before(secret(NEW))).await.unwrap();
    let new = first.another_with(&new_after_old(&first)).await.unwrap();

    let mut there = owner.at(&new);
    assert_eq!(there.log_in("ada", PASSWORD).await.status, 200);
    assert_ne!(there.device, owner.device, "it is tagged anew");
    let alone = first.another_with(&secret(NEW).into()).await.unwrap();
    assert_eq!(
        owner.at(&alone).log_in("ada", PASSWORD).await.status,
        429,
        "the one of the old secret is a stranger's there"
    );
    for app in [&alone, &old, &new] {
        assert_eq!(there.at(app).log_in("ada", PASSWORD).await.status, 200);
    }

    // By both cookies, at both instances: one device.
    let mut thieves = [owner.at(&old), there.at(&new)];
    for number in 0..DEVICE.most {
        assert_eq!(thieves[number as usize % 2].log_in("ada", WRONG).await.status, 401, "{number}");
    }
    for thief in &mut thieves {
        assert_eq!(thief.log_in("ada", PASSWORD).await.status, 429);
    }
    assert_eq!(Browser::new(&new).log_in("ada", PASSWORD).await.status, 429, "nor has a stranger gained anything");
}

/// That version derived what it counted under from the secret.
#[tokio::test]
async fn what_a_version_before_has_counted_counts_on_though_the_secret_is_replaced_with_it() {
    let before = App::start().await;
    before.signed_up("ada").await;
    use_up(&before, "ada").await;
    before.database.run("DELETE FROM sealed_keys").await;
    let app = before.another_with(&new_after_old(&before)).await.unwrap();
    assert!(!looked_at(&app, somewhere(99)).await);
    let after = before.another_with(&secret(NEW).into()).await.unwrap();
    assert!(!looked_at(&after, somewhere(99)).await);
    before.database.run("DELETE FROM sealed_keys").await;
    let to_come = Secrets::from(secret(SECRET)).before(secret(NEW));
    // Its signing keys are sealed under the new secret, which it accepts.
    assert!(!looked_at(&before.another_with(&to_come).await.unwrap(), somewhere(99)).await);
}

#[tokio::test]
async fn a_key_to_count_under_that_cannot_be_opened_is_said_and_not_made_anew() {
    let app = App::start().await;
    app.database.run("UPDATE sealed_keys SET sealed = signing_keys.sealed_private_key FROM signing_keys").await;
    let error = app.another_with(&secret(SECRET).into()).await.err().unwrap().to_string();
    assert!(
        error.starts_with("the key that tries are counted under in the database was sealed under another secret"),
        "{error}"
    );
}
