//! What the operator does beside a running server: each command opens the database for itself, so here it is another instance.

use serde_json::Value;
use uuid::Uuid;

use super::{
    browser::Browser,
    harness::{App, CHROME_ON_ANDROID, DAY, MINUTE, PASSWORD},
};
use crate::auth::{
    Asked, Visit,
    operating::{EndedOne, SetPasswordError, Wanted},
    password::{BadPassword, Password},
};

const NEW: &str = "seven slow brown turtles";

fn visit() -> Visit {
    Visit { user_agent: "hallpass test".to_owned(), ..Visit::default() }
}

fn page(after: Option<Uuid>) -> Asked {
    Asked { after, size: 10 }
}

async fn happened(browser: &Browser<'_>) -> Vec<Value> {
    let list = browser.ask("/api/activity", &[]).await;
    assert_eq!(list.status, 200, "{}", list.body);
    list.json()["happenings"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_disabled_account_is_refused_everywhere_and_nobody_is_told_why_at_sign_in() {
    let server = App::start().await;
    let operator = server.another().await;
    let mut ada = server.signed_up("ada").await;
    let mut bob = server.signed_up("bob").await;
    let id = server.user("ada").await;

    let done = operator.auth.disable_user(id, &visit()).await.unwrap().unwrap();
    assert_eq!((done.already, done.ends.live), (false, 1));
    server.auth.follow().await.unwrap();
    assert_eq!(ada.me().await.status, 401);
    assert_eq!(ada.refresh().await.code(), "disabled");
    assert_eq!(bob.me().await.status, 200);
    assert_eq!(bob.refresh().await.status, 200);

    server.clock.advance(1_000);
    let mut stranger = Browser::new(&server);
    let closed = stranger.log_in("ada", PASSWORD).await;
    let wrong = stranger.log_in("bob", "not the password of bob").await;
    let nobody = stranger.log_in("nobody", PASSWORD).await;
    for other in [&wrong, &nobody] {
        assert_eq!((closed.status, &closed.body), (other.status, &other.body));
    }
    assert!(operator.auth.disable_user(id, &visit()).await.unwrap().unwrap().already);

    server.clock.advance(1_000);
    assert!(operator.auth.enable_user(id, &visit()).await.unwrap());
    assert!(!operator.auth.enable_user(id, &visit()).await.unwrap(), "it was enabled already");
    assert_eq!(ada.refresh().await.code(), "disabled", "what has ended stays so");
    server.clock.advance(1_000);
    let ada = Browser::signed_in(&server, "ada", CHROME_ON_ANDROID).await;
    let told = happened(&ada).await;
    let whats: Vec<String> = told.iter().map(|row| row["what"].to_string()).collect();
    assert_eq!(whats[..3], [r#""SignedIn""#, r#""AccountEnabled""#, r#""SignInFailed""#]);
    for what in [r#""AccountDisabled""#, r#"{"SessionEnded":"Disabled"}"#] {
        assert!(whats[3..].iter().any(|told| told == what), "{whats:?}");
    }
    assert!(told[1]["device"].is_null(), "the operator did it");
    let page = ada.open("/account").await.body;
    assert!(page.contains("Account enabled again") && page.contains("By the people who run this site"));
}

#[tokio::test]
async fn a_removed_account_leaves_nothing_but_the_end_of_its_sessions_and_the_event() {
    let server = App::start().await;
    let operator = server.another().await;
    let mut ada = server.signed_up("ada").await;
    let signed_out = Browser::signed_in(&server, "ada", CHROME_ON_ANDROID).await;
    signed_out.clone().log_out().await;
    Browser::new(&server).log_in("ada", "not the password of ada").await;
    let bob = server.signed_up("bob").await;
    let (id, session) = (server.user("ada").await, ada.me().await.json()["session_id"].as_str().unwrap().to_owned());

    assert_eq!(operator.auth.remove_user(id, &visit()).await.unwrap(), Some(1));
    assert_eq!(operator.auth.remove_user(id, &visit()).await.unwrap(), None);
    server.auth.follow().await.unwrap();
    assert_eq!(ada.me().await.status, 401);
    assert_eq!(ada.refresh().await.code(), "invalid");
    assert_eq!(Browser::new(&server).log_in("ada", PASSWORD).await.status, 401);
    assert_eq!(bob.me().await.status, 200);
    assert_eq!(server.store.event_kinds(id).await.unwrap(), ["user_deleted"]);
    assert!(server.store.session(session.parse().unwrap()).await.unwrap().is_none());
    operator.auth.close().await;

    let tokens = [ada.token.clone(), signed_out.token.clone()];
    let server = server.restart().await;
    for token in tokens {
        assert_eq!(server.get_with_bearer("/api/v1/me", &token).await.status, 401, "after a restart as well");
    }
    server.signed_up("ada").await;
    assert_ne!(server.user("ada").await, id, "the name is free, and whoever takes it is somebody else");

    server.clock.advance(31 * DAY);
    server.auth.tidy().await.unwrap();
    let left = server.store.sessions_ended_since(0).await.unwrap();
    assert!(!left.iter().any(|(id, _)| id.to_string() == session), "when no access token can be left");
}

#[tokio::test]
async fn a_password_that_the_operator_sets_keeps_to_the_rules_and_ends_the_sessions() {
    let server = App::start().await;
    let operator = server.another().await;
    let mut ada = server.signed_up("ada lovelace").await;
    let user = operator.auth.user_named("Ada  Lovelace").await.unwrap().unwrap();
    let set = async |typed: &str| operator.auth.set_password(&user, Password::new(typed), &visit()).await;

    for (typed, why) in [
        ("", BadPassword::Empty),
        ("short", BadPassword::Short(5)),
        ("ada lovelace 1815", BadPassword::Common("it is mostly your username")),
    ] {
        let Err(SetPasswordError::Unacceptable(found)) = set(typed).await else { panic!("{typed:?} was taken") };
        assert_eq!(found, why);
    }
    assert_eq!(ada.me().await.status, 200, "nothing has happened yet");

    assert_eq!(set(NEW).await.unwrap(), 1);
    server.auth.follow().await.unwrap();
    assert_eq!(ada.me().await.status, 401);
    assert_eq!(ada.refresh().await.code(), "password_changed");
    assert_eq!(ada.log_in("ada lovelace", PASSWORD).await.status, 401);
    assert_eq!(ada.log_in("ada lovelace", NEW).await.status, 200);
    let told = happened(&ada).await;
    let changed = told.iter().find(|row| row["what"] == "PasswordChanged").unwrap();
    assert!(changed["device"].is_null() && changed["address"] == "");
}

#[tokio::test]
async fn sessions_are_ended_by_id_by_person_and_altogether() {
    let server = App::start().await;
    let operator = server.another().await;
    let ada = server.signed_up("ada").await;
    let mut phone = Browser::signed_in(&server, "ada", CHROME_ON_ANDROID).await;
    let bob = server.signed_up("bob").await;
    let id: Uuid = phone.me().await.json()["session_id"].as_str().unwrap().parse().unwrap();

    assert_eq!(operator.auth.end_one(id, &visit()).await.unwrap(), EndedOne::Now);
    let EndedOne::Before(reason) = operator.auth.end_one(id, &visit()).await.unwrap() else { panic!("again") };
    assert_eq!(reason.code(), "revoked");
    assert_eq!(operator.auth.end_one(Uuid::max(), &visit()).await.unwrap(), EndedOne::Unknown);
    server.auth.follow().await.unwrap();
    assert_eq!(phone.me().await.status, 401);
    assert_eq!(phone.refresh().await.code(), "revoked");
    assert_eq!(phone.call("/api/ending", &[]).await.json()["by"], "Operator");
    assert_eq!(ada.me().await.status, 200);

    let user = server.user("ada").await;
    assert_eq!(operator.auth.end_sessions_of(user, &visit()).await.unwrap(), Some(1));
    assert_eq!(operator.auth.end_sessions_of(Uuid::max(), &visit()).await.unwrap(), None);
    server.auth.follow().await.unwrap();
    assert_eq!((ada.me().await.status.as_u16(), bob.me().await.status.as_u16()), (401, 200));

    server.clock.advance(MINUTE);
    assert_eq!(operator.auth.end_everybodys_sessions(&visit()).await.unwrap(), 1);
    server.auth.follow().await.unwrap();
    assert_eq!(bob.me().await.status, 401);
    assert_eq!(Browser::new(&server).log_in("bob", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn more_sessions_than_are_ended_at_once_are_all_ended_and_none_that_begins_later() {
    use crate::store::{Holder, NewSession, Receipt};
    let server = App::start().await;
    server.signed_up("ada").await;
    let ada = server.store.user_by_key("ada").await.unwrap().unwrap();
    let now = 1_800_000_000_000;
    for number in 1..=450_u32 {
        let session = NewSession {
            id: Uuid::from_u128(number.into()),
            user_id: ada.id,
            current_hash: [0; 32],
            now,
            idle_expires_at: now + DAY,
            absolute_expires_at: now + DAY,
            instance_hash: None,
            user_agent: "",
            address: "",
        };
        let holder = Holder::Known { password_hash: &ada.password_hash, tried: &Receipt::default() };
        assert!(server.store.begin_session(holder, &session, None, &[]).await.unwrap());
    }
    let operator = server.another().await;
    server.clock.advance(MINUTE);
    assert_eq!(operator.auth.end_everybodys_sessions(&visit()).await.unwrap(), 451);
    assert_eq!(server.store.sessions_ended_since(now).await.unwrap().len(), 451);
    server.clock.advance(1);
    let later = Browser::signed_in(&server, "ada", CHROME_ON_ANDROID).await;
    server.auth.follow().await.unwrap();
    assert_eq!(later.me().await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_outlives_the_closing_of_its_account_however_they_cross() {
    let server = App::start().await;
    let operator = server.another().await;
    server.signed_up("ada").await;
    let id = server.user("ada").await;
    for round in 0..4 {
        let logins = (0..6).map(|_| {
            let mut browser = Browser::new(&server);
            async move {
                let status = browser.log_in("ada", PASSWORD).await.status.as_u16();
                (status, browser)
            }
        });
        let visit = visit();
        let closing = async {
            tokio::time::sleep(std::time::Duration::from_millis(round * 20)).await;
            operator.auth.disable_user(id, &visit).await.unwrap().unwrap()
        };
        let (answers, _) = tokio::join!(futures::future::join_all(logins), closing);
        server.auth.follow().await.unwrap();
        for (status, mut browser) in answers {
            assert!([200, 401, 429].contains(&status), "{status}");
            if status == 200 {
                assert_eq!(browser.me().await.status, 401);
                assert_eq!(browser.refresh().await.code(), "disabled");
            }
        }
        operator.auth.enable_user(id, &visit).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_removed_while_their_people_go_on() {
    let server = App::start().await;
    let operator = server.another().await;
    let mut people = Vec::new();
    for person in 0..6 {
        people.push(server.signed_up(&format!("ada{person}")).await);
        people.push(Browser::signed_in(&server, &format!("ada{person}"), CHROME_ON_ANDROID).await);
    }
    server.clock.advance(2 * MINUTE);
    let going_on = people.iter_mut().map(|browser| async {
        for _ in 0..10 {
            let status = browser.refresh().await.status.as_u16();
            assert!([200, 401].contains(&status), "{status}");
            browser.me().await;
        }
    });
    let removing = async {
        for person in 0..6 {
            let id = server.user(&format!("ada{person}")).await;
            assert!(operator.auth.remove_user(id, &visit()).await.unwrap().is_some());
            server.auth.tidy().await.unwrap();
        }
    };
    tokio::join!(futures::future::join_all(going_on), removing);
    server.auth.follow().await.unwrap();
    for browser in &people {
        assert_eq!(browser.me().await.status, 401);
    }
}

#[tokio::test]
async fn lists_are_read_page_by_page_the_newest_first() {
    let server = App::start().await;
    for person in 0..25 {
        server.signed_up(&format!("person {person}")).await;
        server.clock.advance(1_000);
    }
    let (mut after, mut sizes, mut names) = (None, Vec::new(), Vec::new());
    loop {
        let found = server.auth.users(page(after)).await.unwrap();
        sizes.push(found.rows.len());
        names.extend(found.rows.into_iter().map(|user| user.username));
        after = found.next;
        if after.is_none() {
            break;
        }
    }
    let expected: Vec<_> = (0..25).rev().map(|person| format!("person {person}")).collect();
    assert_eq!((sizes, names), (vec![10, 10, 5], expected));

    let first = server.auth.all_sessions(None, false, page(None)).await.unwrap();
    assert_eq!((first.rows.len(), first.rows[0].username.as_str()), (10, "person 24"));
    let second = server.auth.all_sessions(None, false, page(first.next)).await.unwrap();
    assert_eq!(second.rows[0].username, "person 14");
    let all = server.auth.all_events(Wanted::default(), page(None)).await.unwrap();
    assert_eq!((all.rows.len(), all.rows[0].kind.as_str()), (10, "authn_login_success"));
}

#[tokio::test]
async fn sessions_and_events_are_found_by_whose_they_are_what_they_are_and_when() {
    let server = App::start().await;
    let mut ada = server.signed_up("ada").await;
    server.signed_up("bob").await;
    server.clock.advance(MINUTE);
    Browser::new(&server).log_in("ada", "not the password of ada").await;
    Browser::new(&server).log_in("nobody", "not the password of ada").await;
    let session = ada.me().await.json()["session_id"].as_str().unwrap().parse().unwrap();
    server.clock.advance(1_000);
    ada.log_out().await;

    let id = server.user("ada").await;
    let user_id = Some(id);
    let kinds = async |wanted: Wanted<'_>| -> Vec<String> {
        let found = server.auth.all_events(wanted, page(None)).await.unwrap();
        found.rows.into_iter().map(|event| event.kind).collect()
    };
    let minute_ago = Some(MINUTE / 2);
    assert_eq!(
        kinds(Wanted { user_id, ..Wanted::default() }).await,
        ["session_logout", "authn_login_fail", "authn_login_success", "user_created"]
    );
    let of_session = Wanted { session_id: Some(session), ..Wanted::default() };
    assert_eq!(kinds(of_session).await, ["session_logout", "authn_login_success"]);
    assert_eq!(kinds(Wanted { user_id, ..of_session }).await.len(), 2);
    assert_eq!(kinds(Wanted { kind: "authn_login_fail", ..Wanted::default() }).await.len(), 2);
    assert_eq!(kinds(Wanted { within: minute_ago, ..Wanted::default() }).await.len(), 3);
    assert_eq!(kinds(Wanted { within: minute_ago, user_id, kind: "user_created", ..Wanted::default() }).await.len(), 0);

    let sessions = async |with_past| server.auth.all_sessions(user_id, with_past, page(None)).await.unwrap().rows;
    assert!(sessions(false).await.is_empty());
    assert_eq!(sessions(true).await[0].ended_reason.as_deref(), Some("signed_out"));
    let details = server.auth.user_details(id).await.unwrap();
    assert_eq!((details.live_sessions, details.last_seen_at), (0, Some(1_800_000_000_000)));
    assert!(server.auth.user_named("nobody").await.unwrap().is_none());
    assert!(server.auth.user_named("a\nb").await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_kept_of_failures_is_the_same_whether_there_is_such_a_name() {
    let server = App::start().await;
    server.signed_up("ada").await;
    let mut kept = Vec::new();
    for name in ["ada", "nobody"] {
        let before = server.auth.all_events(Wanted { kind: "authn_login_fail", ..Wanted::default() }, many()).await;
        for _ in 0..60 {
            // As soon as the next try is allowed.
            let answer = Browser::new(&server).log_in(name, "not the password of ada").await;
            let wait: i64 = answer.header("retry-after").parse().unwrap_or_default();
            server.clock.advance(wait * 1000);
        }
        let after = server.auth.all_events(Wanted { kind: "authn_login_fail", ..Wanted::default() }, many()).await;
        kept.push(after.unwrap().rows.len() - before.unwrap().rows.len());
    }
    assert_eq!(kept[0], kept[1]);
    assert!((1..60).contains(&kept[0]), "{kept:?}");
}

fn many() -> Asked {
    Asked { after: None, size: 1_000 }
}
