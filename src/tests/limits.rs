//! Guessing at passwords, by script and from many places: how many guesses somebody looks at, and who is kept out. The harness's clock stands still.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::{body::Body, extract::ConnectInfo};
use futures::future::join_all;
use http::{Request, header};
use serde_json::json;

use super::{
    browser::Browser,
    harness::{Answer, App, DAY, HERE, MINUTE, PASSWORD},
};
use crate::{
    auth::{
        Asked, Visit,
        limits::{ADDRESS, DEVICE, STRANGERS, TAKEN},
        operating::Wanted,
    },
    store::UnixMillis,
};

pub const WRONG: &str = "not her password at all";
const WEEK: UnixMillis = 7 * DAY;
/// One exists.
const NAMES: [&str; 2] = ["ada-of-these-tests", "eve-of-these-tests"];

/// Another address for each number.
pub fn somewhere(number: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(Ipv4Addr::new(198, 18, 0, 0).to_bits() + number))
}

/// A program's guess.
pub async fn guess(app: &App, name: &str, password: &str, from: IpAddr) -> Answer {
    let body = json!({ "username": name, "password": password }).to_string();
    let request = Request::post("/api/v1/login")
        .header(header::CONTENT_TYPE, "application/json")
        .extension(ConnectInfo(SocketAddr::new(from, 4711)));
    app.send(request.body(Body::from(body)).unwrap()).await
}

/// Whether somebody looked at the password. The machine being busy is no look, and neither is a wait.
pub fn was_looked_at(answer: &Answer) -> bool {
    match answer.status.as_u16() {
        200 | 401 => true,
        429 | 503 => false,
        other => panic!("{other}: {}", answer.body),
    }
}

pub fn seconds(answer: &Answer) -> UnixMillis {
    answer.header("retry-after").parse().unwrap()
}

/// Failures of a stranger at a name, each from another address.
pub async fn fail(app: &App, name: &str, times: u32) {
    for number in 0..times {
        assert_eq!(guess(app, name, WRONG, somewhere(number)).await.status, 401, "failure {number}");
    }
}

/// Guesses at so many names from one address, a handful at once. How many were looked at.
pub async fn spray(app: &App, names: u32) -> u32 {
    let mut looks = 0;
    for handful in (0..names).collect::<Vec<_>>().chunks(30) {
        let names: Vec<_> = handful.iter().map(|number| format!("name{number}")).collect();
        let answers = join_all(names.iter().map(|name| guess(app, name, WRONG, HERE))).await;
        looks += answers.iter().map(|answer| u32::from(was_looked_at(answer))).sum::<u32>();
    }
    looks
}

pub async fn use_up(app: &App, name: &str) {
    fail(app, name, STRANGERS.free).await;
}

#[tokio::test]
async fn an_attack_on_one_account_from_ever_new_addresses_gets_eighty_looks_and_then_waits_a_week() {
    let app = App::start().await;
    let mut owner = app.signed_up("ada").await;
    let (mut looks, mut waits, mut passed) = (0, Vec::new(), 0);
    loop {
        let answer = guess(&app, "ada", WRONG, somewhere(looks + 1000)).await;
        if was_looked_at(&answer) {
            looks += 1;
            continue;
        }
        let wait = seconds(&answer) * 1000;
        waits.push(wait);
        if wait == WEEK {
            break;
        }
        app.clock.advance(wait);
        passed += wait;
    }
    println!("one account, ever new addresses: {looks} guesses were looked at in {} hours", passed / (60 * MINUTE));
    assert_eq!(looks, STRANGERS.most);
    assert!(waits.is_sorted(), "they only grow: {waits:?}");

    assert_eq!(owner.log_in("ada", PASSWORD).await.status, 200, "her own device is let in all the same");
    for _ in 0..DEVICE.most {
        assert_eq!(owner.log_in("ada", WRONG).await.status, 401);
    }
    let waits = owner.log_in("ada", PASSWORD).await;
    assert_eq!((waits.status.as_u16(), waits.header("ratelimit")), (429, "\"device\";r=0;t=86400"));
    assert_eq!(waits.header("ratelimit-policy"), "\"device\";q=10;w=86400");
    app.clock.advance(DAY);
    assert_eq!(owner.log_in("ada", PASSWORD).await.status, 200, "and again when its own count is forgotten");

    app.clock.advance(WEEK - DAY - 1);
    assert_eq!(passed / (60 * MINUTE), 49, "hours, as the document says");
    assert_eq!(
        guess(&app, "ada", WRONG, somewhere(0)).await.header("retry-after"),
        "1",
        "refused tries put nothing off"
    );
    app.clock.advance(1);
    assert_eq!(guess(&app, "ada", WRONG, somewhere(0)).await.status, 401, "a week later it begins anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_password_sprayed_over_many_names_from_one_address_gets_three_hundred_looks_an_hour() {
    let app = App::start().await;
    app.signed_up("ada").await;
    for _ in 0..3 {
        assert_eq!(guess(&app, "ada", PASSWORD, HERE).await.status, 200, "a success does not count");
    }
    let looks = spray(&app, 330).await;
    println!("one password over 330 names from one address: {looks} guesses were looked at in an hour");
    assert_eq!(looks, ADDRESS.most);
    let waits = guess(&app, "ada", PASSWORD, HERE).await;
    assert_eq!((waits.status.as_u16(), waits.header("retry-after")), (429, "3600"));
    assert_eq!(waits.header("ratelimit-policy"), "\"address\";q=300;w=3600");
    assert_eq!(waits.header("ratelimit"), "\"address\";r=0;t=3600");
    assert_eq!(guess(&app, "ada", PASSWORD, somewhere(1)).await.status, 200, "from elsewhere she gets in");
    app.clock.advance(60 * MINUTE);
    assert_eq!(guess(&app, "ada", PASSWORD, HERE).await.status, 200);
}

/// Against a list of names and passwords that goes round, limits do little: each name is tried once, and who uses a password there that is on the list is entered.
#[tokio::test]
async fn a_list_of_names_and_passwords_stuffed_from_many_addresses_gets_one_look_for_each() {
    let app = App::start().await;
    app.signed_up("name7").await;
    app.signed_up("name8").await;
    let (mut looks, mut entered) = (0, Vec::new());
    for number in 0..60 {
        // Who has the eighth name uses what leaked nowhere else.
        let password = if number == 7 { PASSWORD } else { WRONG };
        let answer = guess(&app, &format!("name{number}"), password, somewhere(number)).await;
        looks += u32::from(was_looked_at(&answer));
        entered.extend((answer.status == 200).then_some(number));
    }
    println!("60 names with a password each from 60 addresses: {looks} guesses were looked at, {entered:?} got in");
    assert_eq!((looks, entered), (60, vec![7]));
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_once_get_no_more_looks_than_one_after_the_other_at_two_instances_as_at_one() {
    let app = App::start().await;
    app.signed_up("ada").await;
    let other = app.another().await;
    let guesses = (0..120).map(|number| {
        let app = if number % 2 == 0 { &app } else { &other };
        guess(app, "ada", WRONG, somewhere(number))
    });
    let looks = join_all(guesses).await.iter().filter(|answer| was_looked_at(answer)).count();
    println!("120 guesses at once at two instances: {looks} were looked at");
    assert_eq!(looks, STRANGERS.free as usize);
    for app in [&app, &other] {
        let waits = guess(app, "ada", WRONG, somewhere(1)).await;
        assert_eq!((waits.status.as_u16(), waits.header("retry-after")), (429, "1"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn right_passwords_at_once_wait_for_one_another_and_all_get_in() {
    let app = App::start().await;
    app.signed_up("ada").await;
    let logins = (0..60).map(|_| guess(&app, "ada", PASSWORD, HERE));
    let statuses: Vec<_> = join_all(logins).await.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses, [200; 60]);
    use_up(&app, "ada").await;
    assert_eq!(guess(&app, "ada", PASSWORD, HERE).await.status, 429, "nothing of it is left to strangers");
}

#[tokio::test]
async fn instances_count_together_and_a_restart_forgets_nothing() {
    let app = App::start().await;
    app.signed_up("ada").await;
    let other = app.another().await;
    fail(&app, "ada", 10).await;
    fail(&other, "ada", 10).await;
    for app in [&app, &other] {
        assert_eq!(guess(app, "ada", PASSWORD, HERE).await.status, 429);
    }
    let app = app.restart().await;
    let waits = guess(&app, "ada", PASSWORD, HERE).await;
    assert_eq!((waits.status.as_u16(), waits.header("retry-after")), (429, "1"));
    app.clock.advance(1000);
    assert_eq!(guess(&app, "ada", WRONG, HERE).await.status, 401);
    assert_eq!(guess(&app, "ada", PASSWORD, HERE).await.header("retry-after"), "2");
}

#[tokio::test]
async fn a_success_forgets_the_failures_of_whoever_succeeded_and_of_nobody_else() {
    let app = App::start().await;
    app.signed_up("ada").await;
    fail(&app, "ada", 15).await;
    for _ in 0..4 {
        assert_eq!(guess(&app, "ada", WRONG, HERE).await.status, 401);
    }
    assert_eq!(guess(&app, "ada", PASSWORD, HERE).await.status, 200);
    fail(&app, "ada", 5).await;
    let waits = guess(&app, "ada", WRONG, somewhere(9)).await;
    assert_eq!(waits.status, 429, "a stranger sees by nothing that somebody has signed in");
    assert_eq!(guess(&app, "nobody", WRONG, HERE).await.status, 401);
}

/// Everything of an answer but what is drawn for it at random.
pub fn alike(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let policy = answer.header("content-security-policy");
    let nonce = policy.split_once("'nonce-").and_then(|(_, rest)| rest.split('\'').next()).unwrap_or("no nonce");
    let headers = answer.headers.iter().filter(|(name, _)| *name != "x-request-id");
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().replace(nonce, ""))).collect();
    (answer.status.as_u16(), headers, answer.body.replace(nonce, ""))
}

/// Tries a password at two names in each of the ways to log in, as often as strangers may and then three times more. The statuses, where all answers are the same for both.
pub async fn told_alike(app: &App, names: [&str; 2], password: &str) -> Vec<u16> {
    let mut statuses = Vec::new();
    for round in 0..STRANGERS.free + 3 {
        let mut answers = Vec::new();
        for name in names {
            let mut browser = Browser::from(app, somewhere(round));
            let typed = [("username", name), ("password", password)];
            let answer = match round % 3 {
                0 => browser.call("/api/login", &typed).await,
                1 => browser.submit("/login", &typed).await,
                _ => guess(app, name, password, somewhere(round)).await,
            };
            let (status, headers, body) = alike(&answer);
            answers.push((status, headers, body.replace(name, "name")));
        }
        assert_eq!(answers[0], answers[1], "round {round}");
        statuses.push(answers[0].0);
    }
    statuses
}

#[tokio::test]
async fn every_answer_is_the_same_for_a_name_that_exists_and_one_that_does_not_before_and_after_the_limit() {
    let app = App::start().await;
    app.signed_up(NAMES[0]).await;
    assert_eq!(told_alike(&app, NAMES, WRONG).await, [[401; 20].as_slice(), &[429; 3]].concat());
}

/// What both names are told alike who sign up.
async fn sign_up_alike(app: &App, path: &str, password: &str) -> u16 {
    let mut answers = Vec::new();
    for name in NAMES {
        let typed = [("username", name), ("password", password)];
        let mut browser = Browser::new(app);
        let answer =
            if path == "/signup" { browser.submit(path, &typed).await } else { browser.call(path, &typed).await };
        let (status, headers, body) = alike(&answer);
        answers.push((status, headers, body.replace(name, "name")));
    }
    assert_eq!(answers[0], answers[1], "{path}");
    answers[0].0
}

#[tokio::test]
async fn closed_sign_up_answers_for_every_name_alike() {
    let open = App::start().await;
    open.signed_up(NAMES[0]).await;
    let closed = App::closed_beside(&open).await;
    for path in ["/signup", "/api/signup"] {
        assert_eq!(sign_up_alike(&closed, path, PASSWORD).await, 403);
    }
}

#[tokio::test]
async fn a_sign_up_that_is_refused_for_anything_else_does_not_say_whether_the_name_exists() {
    let app = App::start().await;
    app.signed_up(NAMES[0]).await;
    for path in ["/signup", "/api/signup"] {
        assert_eq!(sign_up_alike(&app, path, "short").await, 422);
    }
    for _ in 0..TAKEN.most {
        assert_eq!(Browser::new(&app).sign_up(NAMES[0], PASSWORD).await.status, 409);
    }
    for path in ["/signup", "/api/signup"] {
        assert_eq!(sign_up_alike(&app, path, PASSWORD).await, 429, "and no more names are told than may be asked for");
    }
}

#[tokio::test]
async fn the_page_says_in_words_when_to_try_again_and_keeps_what_was_typed_but_the_password() {
    let app = App::start().await;
    use_up(&app, "ada").await;
    let typed = [("username", "ada"), ("password", WRONG)];
    for (wait, words) in [
        (1000, "Please wait 1 second and try again."),
        (2000, "Please wait 2 seconds and try again."),
        (4000, "Please wait 4 seconds and try again."),
    ] {
        let page = Browser::new(&app).submit("/login?next=/account/sessions", &typed).await;
        assert_eq!(page.status, 429);
        assert!(page.body.contains("Too many tries.") && page.body.contains(words), "{}", page.body);
        assert!(page.body.contains("value=\"ada\"") && page.body.contains("next=/account/sessions"));
        assert!(!page.body.contains(WRONG));
        let seconds = wait / 1000;
        assert_eq!(page.header("retry-after"), seconds.to_string());
        assert_eq!(page.header("ratelimit"), format!("\"login\";r=0;t={seconds}"));
        assert_eq!(page.header("ratelimit-policy"), "\"login\";q=20;w=604800");
        app.clock.advance(wait);
        fail(&app, "ada", 1).await;
    }
}

#[tokio::test]
async fn whoever_reaches_a_limit_leaves_an_event_of_its_name() {
    let app = App::start().await;
    app.signed_up("ada").await;
    use_up(&app, "ada").await;
    assert_eq!(guess(&app, "ada", PASSWORD, somewhere(1)).await.status, 429);
    spray(&app, ADDRESS.free).await;
    app.clock.advance(MINUTE);
    assert_eq!(guess(&app, "ada", PASSWORD, HERE).await.status, 429);
    let kinds = app.store.event_kinds(app.user("ada").await).await.unwrap();
    let count = |name: &str| kinds.iter().filter(|kind| *kind == name).count();
    assert_eq!((count("authn_login_lock"), count("excess_rate_limit_exceeded")), (1, 1), "{kinds:?}");
}

#[tokio::test]
async fn whoever_reaches_a_limit_elsewhere_than_at_sign_in_leaves_an_event_too() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    for _ in 0..DEVICE.most + STRANGERS.free {
        let fields = [("current_password", WRONG), ("new_password", "seven slow brown turtles")];
        assert_eq!(browser.ask("/api/change_password", &fields).await.status, 422);
    }
    assert_eq!(
        browser.ask("/api/change_password", &[("current_password", WRONG), ("new_password", "x")]).await.status,
        429
    );
    let kinds = app.store.event_kinds(app.user("ada").await).await.unwrap();
    assert_eq!(kinds.iter().filter(|kind| *kind == "authn_login_lock").count(), 1, "{kinds:?}");
    for _ in 0..TAKEN.most {
        assert_eq!(Browser::new(&app).sign_up("ada", PASSWORD).await.status, 409);
    }
    assert_eq!(Browser::new(&app).sign_up("ada", PASSWORD).await.status, 429);
    let asked = Asked { after: None, size: 10 };
    let events = app.auth.all_events(Wanted { kind: "excess_rate_limit_exceeded", ..Wanted::default() }, asked).await;
    let [event] = &events.unwrap().rows[..] else { panic!("one") };
    assert_eq!(
        (event.user_id, &*event.address),
        (None, "192.0.2.1"),
        "whoever it was, and not whose name they asked for"
    );
}

#[tokio::test]
async fn the_operator_forgets_what_strangers_did() {
    let app = App::start().await;
    app.signed_up("ada").await;
    assert_eq!(app.auth.forgive("ada", &Visit::default()).await.unwrap(), Some(false));
    use_up(&app, "ada").await;
    assert_eq!(guess(&app, "ada", PASSWORD, HERE).await.status, 429);
    assert_eq!(app.auth.forgive("Ada", &Visit::default()).await.unwrap(), Some(true));
    assert_eq!(guess(&app, "ada", PASSWORD, HERE).await.status, 200);
    assert_eq!(app.auth.forgive("nobody", &Visit::default()).await.unwrap(), None);
}

#[tokio::test]
async fn the_database_keeps_no_name_that_was_only_tried() {
    let app = App::start().await;
    guess(&app, "somebody-unknown", WRONG, HERE).await;
    let database = std::sync::Arc::clone(&app.database);
    app.auth.close().await;
    assert!(!database.content().await.windows(16).any(|part| part == b"somebody-unknown"));
}
