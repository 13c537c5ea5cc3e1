//! What whoever puts their app behind this sign-in changes is said in one place.

use std::{collections::BTreeSet, fs, path::Path};

use super::{browser::Browser, harness::App};
use crate::own::{FIELDS, HOME, NAME, PAPER, SECTIONS};

/// Every file below a folder that is text.
fn texts(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts(&path, found);
        } else if let Ok(text) = fs::read_to_string(&path) {
            found.push((path.display().to_string(), text));
        }
    }
}

/// The names of the command, of variables and of what is kept are in small letters or in capitals: they are no text for people.
#[test]
fn the_name_is_said_in_one_place() {
    let mut found = Vec::new();
    for folder in ["src", "public", "style", "migrations"] {
        texts(Path::new(folder), &mut found);
    }
    assert!(found.len() > 200, "the search finds them");
    let code = |line: &&str| !line.trim_start().starts_with("//");
    let places = ["src/own.rs", "src/tests/own.rs"];
    for (path, text) in found.iter().filter(|(path, _)| !places.contains(&path.as_str())) {
        let said = text.lines().filter(code).find(|line| line.contains("Hallpass"));
        assert_eq!(said, None, "{path}");
    }
}

#[tokio::test]
async fn every_page_and_the_document_of_the_interface_have_the_name() {
    let app = App::start().await;
    let signed_in = app.signed_up("ada").await;
    let visitor = Browser::new(&app);
    let behind = SECTIONS.iter().map(|(path, _)| (&signed_in, *path));
    let before = ["/login", "/signup", "/signed-out", "/nowhere"].map(|path| (&visitor, path));
    for (browser, path) in before.into_iter().chain(behind) {
        let page = browser.open(path).await.body;
        assert!(page.contains(&format!(" · {NAME}</title>")), "{path}: {page}");
        assert!(page.contains(&format!("</svg>{NAME}</a>")), "{path}: {page}");
    }
    assert_eq!(app.get("/api/v1/openapi.json").await.json()["info"]["title"], NAME);
}

#[tokio::test]
async fn whoever_asks_for_nothing_else_comes_home_and_every_section_is_there() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    assert_eq!(browser.open("/login").await.header("location"), HOME);
    for (path, name) in SECTIONS {
        let page = browser.open(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.body.contains(&format!("aria-current=\"page\">{name}</a>")), "{path}: {}", page.body);
    }
}

#[test]
fn what_browsers_colour_around_the_page_is_the_colour_of_the_page() {
    let style = ["style/tokens.css", "style/own.css"].map(|file| fs::read_to_string(file).unwrap()).concat();
    let papers: Vec<_> = style.split("--paper:").skip(1).map(|rest| rest.split(';').next().unwrap().trim()).collect();
    for colour in PAPER {
        assert!(papers.contains(&colour), "{colour} is no --paper of the style: {papers:?}");
    }
}

#[test]
fn no_field_has_the_name_of_something_else() {
    let names: BTreeSet<_> = FIELDS.iter().map(|field| field.name).collect();
    assert_eq!(names.len(), FIELDS.len(), "each is declared once");
    for name in names {
        assert!(name.starts_with(|c: char| c.is_ascii_lowercase()), "{name}");
        assert!(name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_'), "{name}");
        assert!(!["username", "password", "instance", "fields", "next"].contains(&name), "{name} is taken");
    }
}
