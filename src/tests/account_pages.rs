//! The pages behind sign-in, as the server renders them and as plain forms use them.

use axum::body::Body;
use http::{Request, StatusCode, header};

use super::{
    browser::Browser,
    harness::{Answer, App, CHROME_ON_ANDROID, FIREFOX_ON_LINUX, PASSWORD},
};
use crate::own::NAME;

const NEW: &str = "nine tall herons at dusk";

fn led(answer: &Answer) -> (StatusCode, &str) {
    (answer.status, answer.header("location"))
}

async fn id(browser: &Browser<'_>) -> String {
    browser.me().await.json()["session_id"].as_str().unwrap().to_owned()
}

/// The address of the first link to another page of a list.
fn link<'a>(page: &'a Answer, begins: &str) -> &'a str {
    let at = page.body.find(&format!("href=\"{begins}")).unwrap_or_else(|| panic!("no link: {}", page.body));
    page.body[at + 6..].split('"').next().unwrap()
}

#[tokio::test]
async fn the_sessions_are_rendered_with_a_button_for_each_but_the_one_that_looks() {
    let app = App::start().await;
    let laptop = app.signed_up("ada").await;
    Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    let page = laptop.open("/account/sessions").await;
    assert_eq!(page.status, 200);
    for text in [
        "Firefox on Linux",
        "Chrome on Android",
        "This session",
        "192.0.2.1",
        "2027-01-15 08:00 UTC",
        "End all other sessions",
        "Sign out everywhere",
    ] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    assert_eq!(page.body.matches(">End session<").count(), 1);
    assert!(!page.body.contains(&laptop.token) && !page.body.contains(laptop.cookie.as_deref().unwrap()));
    assert_eq!(page.header("cache-control"), "no-store");
}

#[tokio::test]
async fn every_page_behind_sign_in_says_which_one_it_is_and_leads_to_the_others() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    for (path, title) in
        [("/account", "Your account"), ("/account/sessions", "Sessions"), ("/account/password", "Change your password")]
    {
        let page = browser.open(path).await;
        assert!(page.body.contains(&format!("<title>{title} · {NAME}</title>")), "{path}");
        assert_eq!(page.body.matches("<h1").count(), 1, "{path}");
        assert!(page.body.contains(&format!("href=\"{path}\" aria-current=\"page\"")), "{path}: {}", page.body);
        assert_eq!(page.body.matches("aria-current").count(), 1, "{path}");
        assert!(page.body.contains(">Sign out<"), "{path}");
        let visitor = Browser::new(&app).open(path).await;
        assert_eq!(led(&visitor), (StatusCode::FOUND, &*format!("/login?next={path}")));
    }
}

#[tokio::test]
async fn a_long_list_is_walked_by_plain_links() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    for _ in 0..24 {
        app.clock.advance(1);
        Browser::signed_in(&app, "ada", FIREFOX_ON_LINUX).await;
    }
    let first = browser.open("/account/sessions").await;
    let second = browser.open(link(&first, "/account/sessions?after=")).await;
    let third = browser.open(link(&second, "/account/sessions?after=")).await;
    let buttons = |page: &Answer| page.body.matches(">End session<").count();
    assert_eq!([buttons(&first), buttons(&second), buttons(&third)], [10, 10, 4]);
    assert!(third.body.contains("This session") && third.body.contains("Latest sessions"));
    assert!(!third.body.contains("Older sessions"));

    let activity = browser.open("/account").await;
    let older = browser.open(link(&activity, "/account?after=")).await;
    assert_eq!(activity.body.matches(">Signed in<").count(), 10 + 1, "and the heading of this session");
    assert_eq!(older.body.matches(">Signed in<").count(), 10 + 1);
    assert!(older.body.contains(">Latest<"));
}

#[tokio::test]
async fn a_session_is_ended_by_a_plain_form() {
    let app = App::start().await;
    let mut laptop = app.signed_up("ada").await;
    let phone = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    let done = laptop.submit("/account/sessions", &[("end", &id(&phone).await)]).await;
    assert_eq!(led(&done), (StatusCode::SEE_OTHER, "/account/sessions?ended=1"));
    assert_eq!(phone.me().await.status, 401);
    let page = laptop.open(done.header("location")).await;
    assert!(page.body.contains("1 session was ended."), "{}", page.body);
    assert!(page.body.contains("You are signed in here and nowhere else."));
    assert!(!page.body.contains("End all other sessions"), "there are none");
}

#[tokio::test]
async fn all_others_are_ended_by_a_plain_form() {
    let app = App::start().await;
    let mut laptop = app.signed_up("ada").await;
    for _ in 0..2 {
        Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    }
    let done = laptop.submit("/account/sessions", &[("end", "others")]).await;
    assert_eq!(led(&done), (StatusCode::SEE_OTHER, "/account/sessions?ended=2"));
    assert!(laptop.open(done.header("location")).await.body.contains("2 sessions were ended."));
}

#[tokio::test]
async fn signing_out_everywhere_asks_once_more_and_then_clears_the_cookie() {
    let app = App::start().await;
    let mut laptop = app.signed_up("ada").await;
    let mut phone = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    let asked = laptop.submit("/account/sessions", &[("end", "ask")]).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER);
    assert_eq!(phone.me().await.status, 200, "nothing has ended yet");
    let question = laptop.open(asked.header("location")).await;
    assert!(
        question.body.contains("Yes, sign out everywhere") && question.body.contains("Cancel"),
        "{}",
        question.body
    );

    let done = laptop.submit("/account/sessions", &[("end", "everywhere")]).await;
    assert_eq!(led(&done), (StatusCode::SEE_OTHER, "/signed-out?reason=signed_out"));
    assert_eq!(laptop.cookie, None);
    assert_eq!(laptop.me().await.status, 401);
    assert_eq!(phone.refresh().await.code(), "revoked");
}

#[tokio::test]
async fn a_session_of_somebody_else_is_not_ended_by_a_plain_form_either() {
    let app = App::start().await;
    let ada = app.signed_up("ada").await;
    let mut mallory = app.signed_up("mallory").await;
    let page = mallory.submit("/account/sessions", &[("end", &id(&ada).await)]).await;
    assert_eq!(page.status, 404);
    assert!(page.body.contains("You have no such session.") && page.body.contains("This session"), "{}", page.body);
    assert_eq!(ada.me().await.status, 200);
}

#[tokio::test]
async fn a_password_is_changed_by_a_plain_form() {
    let app = App::start().await;
    let mut laptop = app.signed_up("ada").await;
    let phone = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    let form = laptop.open("/account/password").await;
    for text in [
        "Current password",
        "New password",
        "Change password",
        "autocomplete=\"username\" value=\"ada\"",
        "autocomplete=\"new-password\"",
    ] {
        assert!(form.body.contains(text), "{text}: {}", form.body);
    }
    let done = laptop.submit("/account/password", &[("current_password", PASSWORD), ("new_password", NEW)]).await;
    assert_eq!(led(&done), (StatusCode::SEE_OTHER, "/account/password?changed=1"));
    let page = laptop.open(done.header("location")).await;
    assert!(page.body.contains("Your password is changed. 1 other session was ended."), "{}", page.body);
    assert_eq!(phone.me().await.status, 401);
    assert_eq!(Browser::new(&app).log_in("ada", NEW).await.status, 200);
}

#[tokio::test]
async fn a_refused_password_comes_back_as_the_page_with_its_status_and_no_password_in_it() {
    let app = App::start().await;
    let mut browser = app.signed_up("ada").await;
    let wrong = "not her password at all";
    for (current, new, reason) in [
        (wrong, NEW, "That is not your current password."),
        (PASSWORD, "tiny<b>", "Use at least 15 characters. This password has 7."),
        ("", "", "Enter your current password."),
    ] {
        let page = browser.submit("/account/password", &[("current_password", current), ("new_password", new)]).await;
        assert_eq!(page.status, 422);
        assert!(page.body.contains(reason), "{reason}: {}", page.body);
        assert!(page.body.contains(&format!("<title>Error: Change your password · {NAME}</title>")));
        for typed in [current, new] {
            assert!(typed.is_empty() || !page.body.contains(typed), "{}", page.body);
        }
    }
    // Ten in a session, and then twenty as a stranger.
    for _ in 0..30 {
        browser.submit("/account/password", &[("current_password", wrong), ("new_password", NEW)]).await;
    }
    let waits = browser.submit("/account/password", &[("current_password", PASSWORD), ("new_password", NEW)]).await;
    assert_eq!((waits.status.as_u16(), waits.header("retry-after")), (429, "1"));
    assert!(waits.body.contains("Too many tries."));
}

#[tokio::test]
async fn a_form_of_a_session_that_ended_meanwhile_leads_to_the_reason() {
    let app = App::start().await;
    let laptop = app.signed_up("ada").await;
    let mut phone = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    laptop.ask("/api/end_other_sessions", &[]).await;
    for path in ["/account/password", "/account/sessions"] {
        let fields = [("current_password", PASSWORD), ("new_password", NEW), ("end", "others")];
        let answer = phone.submit(path, &fields).await;
        assert_eq!(led(&answer), (StatusCode::SEE_OTHER, path));
        let page = phone.open(path).await;
        assert_eq!(led(&page), (StatusCode::FOUND, &*format!("/signed-out?reason=revoked&next={path}")));
        let visitor = Browser::new(&app).submit(path, &fields).await;
        assert_eq!(led(&visitor), (StatusCode::SEE_OTHER, path));
    }
    assert_eq!(laptop.me().await.status, 200);
    assert_eq!(Browser::new(&app).log_in("ada", PASSWORD).await.status, 200, "nothing was changed");
}

#[tokio::test]
async fn what_a_device_calls_itself_is_shown_as_text() {
    let app = App::start().await;
    let laptop = app.signed_up("ada").await;
    Browser::signed_in(&app, "ada", "<img/src=x/onerror=alert(1)>").await;
    for path in ["/account", "/account/sessions"] {
        let page = laptop.open(path).await;
        assert!(!page.body.contains("<img"), "{path}: {}", page.body);
        assert!(page.body.contains("&lt;img"), "{path}: {}", page.body);
    }
}

#[tokio::test]
async fn password_managers_find_the_page() {
    let app = App::start().await;
    let answer = app.get("/.well-known/change-password").await;
    assert_eq!(led(&answer), (StatusCode::SEE_OTHER, "/account/password"));
}

#[tokio::test]
async fn the_page_of_a_session_that_was_ended_says_what_when_where_from_and_what_to_do() {
    let app = App::start().await;
    let laptop = app.signed_up("ada").await;
    let phone = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    laptop.ask("/api/end_other_sessions", &[]).await;
    let way = phone.open("/account/sessions").await;
    let page = phone.open(way.header("location")).await;
    for text in [
        "This session was ended from another session of your account.",
        "2027-01-15 08:00 UTC",
        "Firefox on Linux",
        "href=\"/login?next=/account/password\"",
        "href=\"/login?next=/account/sessions\"",
    ] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    assert!(!page.body.contains("192.0.2.1"), "whoever copied the cookie reads this too");
}

#[tokio::test]
async fn every_reason_has_words_of_its_own_without_a_cookie_too() {
    let app = App::start().await;
    let visitor = Browser::new(&app);
    let mut texts = std::collections::HashSet::new();
    for code in ["signed_out", "revoked", "reused", "replaced", "password_changed", "disabled", "expired", "invalid"] {
        let page = visitor.open(&format!("/signed-out?reason={code}")).await;
        assert_eq!(page.status, 200, "{code}");
        assert!(!page.body.contains("<time"), "{code}: nothing is known");
        assert!(page.body.contains("Sign in again"));
        let text = page.body.split("<div class=\"card\">").nth(1).unwrap().split("</p>").next().unwrap().to_owned();
        assert!(texts.insert(text.clone()), "{code}: {text}");
    }
    for odd in ["/signed-out", "/signed-out?reason=", "/signed-out?reason=<script>alert(1)</script>"] {
        let page = visitor.open(&odd.replace('<', "%3C").replace('>', "%3E")).await;
        assert!(page.body.contains("There is no session in this browser any more."), "{odd}: {}", page.body);
        assert!(!page.body.contains("alert(1)<"));
    }
}

#[tokio::test]
async fn a_made_up_reason_does_not_outweigh_what_the_server_knows() {
    let app = App::start().await;
    let laptop = app.signed_up("ada").await;
    let phone = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    let fields = [("current_password", PASSWORD), ("new_password", NEW)];
    laptop.ask("/api/change_password", &fields).await;
    let page = phone.open("/signed-out?reason=reused").await;
    assert!(page.body.contains("The password of your account was changed"), "{}", page.body);
    assert!(!page.body.contains("two places"));
}

#[tokio::test]
async fn no_link_makes_a_page_say_that_something_was_done() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    for (address, page) in
        [("/account/sessions?ended=7", "/account/sessions"), ("/account/password?changed=7", "/account/password")]
    {
        for from in ["cross-site", "same-site", "none"] {
            let link = Request::get(address).header("sec-fetch-site", from).header(header::ACCEPT, "text/html");
            let cookie = format!("__Host-refresh={}", browser.cookie.as_ref().unwrap());
            let answer = app.send(link.header(header::COOKIE, cookie).body(Body::empty()).unwrap()).await;
            assert_eq!(
                (answer.status, answer.header("location")),
                (StatusCode::SEE_OTHER, page),
                "{address} from {from}"
            );
        }
        assert!(browser.open(address).await.body.contains("7 "), "a form of ours has led there");
    }
}
