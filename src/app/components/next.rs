//! Where to go after signing in.

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    components::Redirect,
    hooks::{use_location, use_query_map},
};

use crate::{
    app::{
        arrival::Arrival,
        live::live,
        part::{IntoPart, Part},
    },
    client::{Phase, Session},
    own::HOME,
};

/// A path on this site, or nothing: never another site, whatever a link says.
pub fn local_path(raw: &str) -> Option<&str> {
    let visible = raw.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    // A browser takes two slashes for a host, and a backslash for a slash. `/api` is not for people.
    let local = raw.starts_with('/') && !raw.starts_with("//") && !raw.starts_with("/api/");
    // A segment of dots could make another path of it.
    let dots = |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    let plain = !raw.split(['/', '?', '#']).any(dots);
    (visible && local && plain && raw.len() <= 1024).then_some(raw)
}

/// Where somebody is led who has signed in: where they wanted to go, if that is on this site, and is not one more form to sign in by.
pub fn led_to(next: Option<&str>) -> &str {
    let is_a_door = |path: &str| {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        matches!(path.trim_end_matches('/'), "/login" | "/signup")
    };
    next.and_then(local_path).filter(|path| !is_a_door(path)).unwrap_or(HOME)
}

/// Where the `next` of this page's address leads.
pub fn destination() -> Memo<String> {
    let query = use_query_map();
    Memo::new(move |_| query.with(|query| led_to(query.get("next").as_deref()).to_owned()))
}

/// The page that signs in and then comes back here.
pub fn login_for_this_page() -> String {
    login_for(&this_page())
}

/// The address of this page.
pub fn this_page() -> String {
    let location = use_location();
    let (path, search) = (location.pathname.get_untracked(), location.search.get_untracked());
    if search.is_empty() { path } else { format!("{path}?{search}") }
}

/// The login page, with the way back in its address.
fn login_for(path: &str) -> String {
    local_path(path).map_or_else(|| "/login".to_owned(), |path| format!("/login?next={}", in_query(path)))
}

/// What would end or change a query value, escaped.
pub fn in_query(path: &str) -> String {
    [("%", "%25"), ("&", "%26"), ("#", "%23"), ("+", "%2B")]
        .iter()
        .fold(path.to_owned(), |path, (raw, safe)| path.replace(raw, safe))
}

/// Sends whoever is signed in already to where signing in would lead.
#[component]
pub fn SendOn() -> Part {
    let destination = destination();
    let phase = Session::current().phase();
    let arrived_signed_in = matches!(use_context(), Some(Arrival::SignedIn { .. }));
    // Nobody is taken from a form for a session that may not be there.
    let signed_in = move || match phase.get() {
        Phase::SignedIn => true,
        Phase::SignedOut(_) => false,
        Phase::Restoring | Phase::Offline => arrived_signed_in,
    };
    // In place of this page, or the back button would lead here and on again for ever.
    let options = || NavigateOptions { replace: true, ..Default::default() };
    live(move || signed_in().then(|| view! { <Redirect path=destination.get_untracked() options=options()/> }).part())
        .part()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_on_this_site_is_kept() {
        for path in ["/", "/account", "/account/sessions?page=2", "/a/b#c", "/%E2%82%AC", "/login"] {
            assert_eq!(local_path(path), Some(path));
        }
    }

    #[test]
    fn whatever_could_lead_elsewhere_is_not() {
        for raw in [
            "",
            "account",
            "//evil.test",
            "///evil.test",
            "/\\evil.test",
            "\\\\evil.test",
            "https://evil.test",
            "https:evil.test",
            "javascript:alert(1)",
            "data:text/html,x",
            "/\t/evil.test",
            "/\n/evil.test",
            " /account",
            "/acc ount",
            "/\u{2028}",
            "/a/..//evil.test",
            "/./\\evil.test",
            "/..//evil.test",
            "/%2e%2E//evil.test",
            "/.%2e//evil.test",
            "/api/logout",
        ] {
            assert_eq!(local_path(raw), None, "{raw:?}");
        }
        assert_eq!(local_path(&format!("/{}", "x".repeat(1024))), None);
    }

    #[test]
    fn signing_in_leads_to_no_other_form_to_sign_in_by() {
        for door in
            ["/login", "/login/", "/login?next=/account", "/signup#top", "/signup?next=//evil.test", "//evil.test"]
        {
            assert_eq!(led_to(Some(door)), HOME, "{door}");
        }
        assert_eq!(led_to(Some("/account/sessions?after=x")), "/account/sessions?after=x");
        assert_eq!(led_to(None), HOME);
    }

    #[test]
    fn the_way_back_survives_as_a_query() {
        assert_eq!(login_for("/account"), "/login?next=/account");
        assert_eq!(login_for("/a&b=c"), "/login?next=/a%26b=c");
        assert_eq!(login_for("//evil"), "/login");
    }
}
