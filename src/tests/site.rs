//! The files of the site, and no others.

use axum::body::Body;
use http::{Request, header};

use super::harness::{Answer, App};
use crate::server::site::Site;

/// Files that are there, and are nobody's business, however their addresses are spelled.
const OTHERS: [&str; 33] = [
    "/.git/HEAD",
    "/.git/config",
    "/.gitignore",
    "/.env",
    "/Cargo.toml",
    "/Cargo.lock",
    "/src/main.rs",
    "/target/release/hallpass",
    "/hallpass.db",
    "/data/hallpass.db",
    "/secret",
    "/data/secret",
    "/pkg/../Cargo.toml",
    "/pkg/./../Cargo.toml",
    "/pkg/..%2fCargo.toml",
    "/pkg/..%2FCargo.toml",
    "/pkg/..%5cCargo.toml",
    "/pkg/%2e%2e/Cargo.toml",
    "/pkg/%2E%2E%2FCargo.toml",
    "/pkg/%252e%252e%252fCargo.toml",
    "/pkg/....//Cargo.toml",
    "/pkg/..;/Cargo.toml",
    "/pkg/%c0%ae%c0%ae/Cargo.toml",
    "/pkg/..%00/Cargo.toml",
    "/pkg//../../Cargo.toml",
    "//Cargo.toml",
    "/%2fCargo.toml",
    "/etc/passwd",
    "//etc/passwd",
    "/%2fetc%2fpasswd",
    "/../../../../../../etc/passwd",
    "/pkg/..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/file:///etc/passwd",
];

async fn get(app: &App, path: &str, accept: &str) -> Answer {
    app.send(Request::get(path).header(header::ACCEPT, accept).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn no_file_but_those_of_the_site_is_served_however_its_address_is_spelled() {
    let app = App::start().await;
    for accept in ["*/*", "text/html"] {
        for path in OTHERS {
            let answer = get(&app, path, accept).await;
            assert_eq!(answer.status, 404, "{path} {accept}");
            for inside in ["ref: refs/", "[package]", "[dependencies]", "root:x:0", "SQLite format", "fn main"] {
                assert!(!answer.body.contains(inside), "{path} {accept}: {}", answer.body);
            }
        }
    }
}

#[tokio::test]
async fn no_folder_of_the_site_says_what_is_in_it() {
    let app = App::start().await;
    let files = Site::now().addresses();
    assert!(files.contains(&"/favicon.svg".to_owned()), "the search finds them: {files:?}");
    for file in &files {
        assert_eq!(get(&app, file, "*/*").await.status, 200, "{file}");
        let folder = file.rsplit_once('/').unwrap().0;
        // The root is a page.
        let listings = ["", "/", "/index.html", "/."].map(|end| format!("{folder}{end}"));
        for listing in listings.iter().filter(|_| !folder.is_empty()) {
            for accept in ["*/*", "text/html"] {
                let answer = get(&app, listing, accept).await;
                assert_eq!(answer.status, 404, "{listing} {accept}");
                assert!(accept == "text/html" || !answer.body.contains(file.as_str()), "{listing}: {}", answer.body);
            }
        }
        let inside = format!("{file}/x");
        assert_eq!(get(&app, &inside, "*/*").await.status, 404, "{inside}");
    }
}
