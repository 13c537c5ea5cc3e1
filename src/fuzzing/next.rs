//! Where to go after signing in, as a browser would understand it.

use std::sync::LazyLock;

use url::Url;

use crate::app::components::next::{in_query, local_path};

/// As an address may be at most.
const LONGEST: usize = 1024;

static HERE: LazyLock<Url> = LazyLock::new(|| Url::parse("https://app.example.com/login?next=x").expect("an address"));

pub fn next(input: &[u8]) -> bool {
    let Some(path) = std::str::from_utf8(input).ok().and_then(local_path) else { return false };
    assert_eq!(path.as_bytes(), input, "accepted as it is, or not at all");
    let there = HERE.join(path).expect("an address");
    assert_eq!(there.origin(), HERE.origin(), "{path}");
    assert!(!there.path().starts_with("//") && !there.path().starts_with("/api/"), "{path} is {there}");

    let understood = &there[url::Position::BeforePath..];
    if understood.len() <= LONGEST {
        assert_eq!(local_path(understood), Some(understood), "{path} is understood as what is accepted too");
    }
    assert_eq!(HERE.join(understood).as_ref(), Ok(&there), "{path} leads where it leads");

    let login = HERE.join(&format!("/login?next={}", in_query(path))).expect("an address");
    let fields: Vec<_> = login.query_pairs().collect();
    assert_eq!(fields, [("next".into(), path.into())], "and comes back out of the login page's address");
    true
}
