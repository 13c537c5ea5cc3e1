//! `next` says where a sign-in leads. Whatever is written there, that is a place of this site.
//!
//! The corpus is one file, which the browser tests follow as well: there the browser itself resolves what comes of it.

use std::fs;

use super::{
    browser::{Browser, escaped},
    harness::{App, PASSWORD},
};
use crate::app::components::next::local_path;

/// What `next` is to mean, decoded.
fn corpus() -> Vec<String> {
    let corpus: Vec<String> = serde_json::from_str(&fs::read_to_string("end2end/vectors/next.json").unwrap()).unwrap();
    assert!(corpus.len() >= 60, "{}", corpus.len());
    corpus
}

/// Nothing that a browser could take for another host, whatever stands before or behind it: a slash, no second one, and only what is seen.
fn stays(location: &str) -> bool {
    let mut bytes = location.bytes();
    let begins = bytes.next() == Some(b'/') && !matches!(bytes.next(), Some(b'/' | b'\\'));
    begins && location.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

#[test]
fn whatever_next_is_kept_is_a_path_of_this_site() {
    let corpus = corpus();
    let kept: Vec<_> = corpus.iter().filter_map(|next| local_path(next)).collect();
    assert!(kept.iter().all(|path| stays(path)), "{kept:?}");
    assert!(!kept.is_empty() && kept.len() < corpus.len() / 3, "some are harmless and most are not: {kept:?}");
}

#[tokio::test]
async fn signing_in_by_a_plain_form_leads_to_this_site_whatever_next_says() {
    let app = App::start().await;
    for (number, next) in corpus().iter().enumerate() {
        let mut browser = Browser::new(&app);
        // A refused form keeps the way, and says it again in its own address.
        let refused = browser
            .submit(&format!("/signup?next={}", escaped(next)), &[("username", "ada"), ("password", "short")])
            .await;
        let action = refused.body.split("action=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(action.starts_with("/signup?next=/") && stays(&action["/signup?next=".len()..]), "{next:?}: {action}");
        if number < 3 {
            let name = format!("ada{number}");
            let typed = [("username", name.as_str()), ("password", PASSWORD)];
            let led = browser.submit(&format!("/signup?next={}", escaped(next)), &typed).await;
            assert_eq!(led.status, 303);
            assert!(stays(led.header("location")), "{next:?}: {}", led.header("location"));
        }
    }
    let mut browser = app.signed_up("ada").await;
    for next in corpus() {
        let typed = [("username", "ada"), ("password", PASSWORD)];
        let led = browser.submit(&format!("/login?next={}", escaped(&next)), &typed).await;
        assert_eq!(led.status, 303, "{next:?}: {}", led.body);
        assert!(stays(led.header("location")), "{next:?}: {}", led.header("location"));
    }
}

#[tokio::test]
async fn whoever_is_signed_in_is_led_on_within_this_site_whatever_next_says() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    for next in corpus() {
        for page in ["/login", "/signup"] {
            for raw in [escaped(&next), escaped(&escaped(&next))] {
                let led = browser.open(&format!("{page}?next={raw}")).await;
                assert_eq!(led.status, 302, "{page} {next:?}");
                assert!(stays(led.header("location")), "{page} {next:?}: {}", led.header("location"));
            }
        }
    }
}

#[tokio::test]
async fn no_page_has_a_link_to_another_site_whatever_its_address_says() {
    let app = App::start().await;
    let somebody = app.signed_up("ada").await;
    for next in corpus() {
        for (browser, page) in [
            (&Browser::new(&app), "/login"),
            (&Browser::new(&app), "/signup"),
            (&Browser::new(&app), "/signed-out"),
            (&Browser::new(&app), "/nowhere"),
            (&somebody, "/account/sessions"),
        ] {
            let shown = browser.open(&format!("{page}?next={}&after={0}", escaped(&next))).await;
            for attribute in ["href=\"", "action=\"", "src=\""] {
                for link in shown.body.split(attribute).skip(1).map(|rest| rest.split('"').next().unwrap()) {
                    let path = link.split('?').next().unwrap();
                    assert!(stays(path) || link.starts_with('#'), "{page} {next:?}: {link}");
                }
            }
        }
    }
}
