//! What the documents promise about the code.

use std::{fs, path::Path};

/// Every Rust file below `src` but for tests.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("tests") {
                continue;
            }
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    walk(Path::new("src"), &mut found);
    found
}

/// The arrows between rooms, as ARCHITECTURE.md draws them: what each must never import.
#[test]
fn no_room_knows_what_it_must_not() {
    let forbidden: [(&str, &[&str]); 6] = [
        (
            "src/auth",
            &["axum", "http::", "leptos", "crate::api", "crate::app", "crate::client", "crate::server", "crate::cli"],
        ),
        (
            "src/store",
            &["axum", "http::", "leptos", "crate::auth", "crate::api", "crate::app", "crate::client", "crate::server"],
        ),
        ("src/app", &["crate::auth", "crate::store", "crate::server", "crate::cli"]),
        ("src/client", &["crate::app", "crate::auth", "crate::store", "crate::server", "crate::cli"]),
        ("src/api", &["crate::app", "crate::client", "crate::server", "crate::cli"]),
        ("src/server", &["crate::cli", "crate::client"]),
    ];
    for (path, text) in sources() {
        for (room, others) in forbidden {
            let inside = path.starts_with(&format!("{room}/")) || path == format!("{room}.rs");
            let used =
                |other: &&&str| text.lines().any(|line| !line.trim_start().starts_with("//") && mentions(line, other));
            if let (true, Some(other)) = (inside, others.iter().find(used)) {
                panic!("{path} knows {other}");
            }
        }
    }
}

fn mentions(line: &str, name: &str) -> bool {
    let part_of_a_name = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(name).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + name.len()..]);
        !before.ends_with(|before| part_of_a_name(before) || before == ':') && !after.starts_with(part_of_a_name)
    })
}

/// Leptos has no default client, so a protected function that forgets ours would be called without a token.
#[test]
fn every_server_function_that_asks_for_a_principal_is_called_with_a_bearer() {
    let mut protected = 0;
    for (path, text) in sources() {
        for function in text.split("#[server(prefix = ").skip(1) {
            let (attributes, rest) = function.split_once(")]").unwrap();
            let body = rest.split("\n}").next().unwrap();
            if body.contains(".principal()") {
                protected += 1;
                assert!(attributes.contains("client = Bearer"), "{path}: #[server({attributes})]");
            }
            assert!(attributes.contains("endpoint = "), "{path}: a fixed path for #[server({attributes})]");
        }
    }
    assert!(protected > 0, "the search finds them");
}
