//! The table of requirements in `docs/asvs.md`: each is said once, and what is named to show it is there. That it ran as well is for
//! `scripts/shown`, after everything has.

use std::{collections::BTreeSet, fs, path::Path};

const LEGEND: [&str; 5] = ["met", "partly", "not met", "operator", "none here"];

struct Requirement {
    id: Vec<u32>,
    level: u32,
    standing: String,
    how: String,
    shown: Vec<String>,
}

fn requirements() -> Vec<Requirement> {
    let text = fs::read_to_string("docs/asvs.md").unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit());
    rows.map(|row| {
        let cells: Vec<&str> =
            row.trim_matches('|').split(" |").map(|cell| cell.trim_start_matches('|').trim()).collect();
        let [id, level, standing, how, shown] = cells[..] else { panic!("not five cells: {row}") };
        Requirement {
            id: id.split('.').map(|part| part.parse().unwrap()).collect(),
            level: level.parse().unwrap(),
            standing: standing.to_owned(),
            how: how.to_owned(),
            shown: shown.split(';').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect(),
        }
    })
    .collect()
}

/// The text of all files below a folder with this ending.
fn texts(folder: &str, ending: &str) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("node_modules") {
            text += &texts(path.to_str().unwrap(), ending);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            text += &fs::read_to_string(path).unwrap();
        }
    }
    text
}

/// The names of all functions that the runner is told are tests.
fn rust_tests() -> BTreeSet<String> {
    let text = texts("src", "rs") + &texts("tests", "rs");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_mark = |line: &str| line.starts_with("#[test]") || line.starts_with("#[tokio::test");
    let name = |line: &str| Some(line.split_once("fn ")?.1.split('(').next()?.to_owned());
    let marked = lines.iter().enumerate().filter(|(_, line)| is_mark(line));
    marked.filter_map(|(at, _)| lines[at + 1..].iter().find_map(|line| name(line))).collect()
}

#[test]
fn every_requirement_is_said_once_in_a_word_that_is_explained() {
    let mut seen = BTreeSet::new();
    for Requirement { id, level, standing, how, shown } in requirements() {
        assert!(seen.insert(id.clone()), "{id:?} is said twice");
        assert!(LEGEND.contains(&standing.as_str()), "{id:?} is {standing}");
        assert!((1..=3).contains(&level), "{id:?}");
        let is_shown = ["met", "partly"].contains(&standing.as_str());
        assert_eq!(is_shown, !shown.is_empty(), "{id:?}, which is {standing}, is shown by {shown:?}");
        assert!(standing == "met" || !how.is_empty(), "{id:?}: why is it {standing}?");
        assert!(level < 3 || is_shown, "{id:?}: of level 3 only what is met");
    }
    assert!(seen.len() > 120, "the search finds them: {}", seen.len());
}

#[test]
fn whatever_is_named_to_show_a_requirement_is_there() {
    let rust = rust_tests();
    let browser = texts("end2end/tests", "ts");
    let shell = texts("end2end", "sh").replace("$language", "*");
    for Requirement { id, shown, .. } in requirements() {
        for name in shown {
            let is_there = if let Some(title) = name.strip_prefix("browser: ") {
                browser.contains(&format!("test('{title}'"))
            } else if let Some(sentence) = name.strip_prefix("shell: ") {
                let for_each = ["rust ", "node ", "python "].iter().find_map(|who| sentence.strip_prefix(who));
                let sentence = for_each.map_or_else(|| sentence.to_owned(), |rest| format!("* {rest}"));
                [format!("'{sentence}'"), format!("\"{sentence}\"")].iter().any(|quoted| shell.contains(quoted))
            } else if let Some(file) = name.strip_prefix("read: ") {
                Path::new(file).is_file()
            } else {
                let function = name.strip_prefix('`').and_then(|name| name.strip_suffix('`'));
                function.is_some_and(|function| rust.contains(function))
            };
            assert!(is_there, "{id:?} names {name}, and there is no such thing");
        }
    }
}

/// Two tests of one name could not be told apart in a log.
#[test]
fn no_two_rust_tests_have_one_name() {
    let text = texts("src", "rs") + &texts("tests", "rs");
    let marks =
        text.lines().map(str::trim).filter(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"));
    assert_eq!(marks.count(), rust_tests().len());
}
