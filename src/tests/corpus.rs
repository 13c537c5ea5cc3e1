//! What cargo-fuzz has found (`fuzz/corpus`), once more.

use std::{collections::BTreeSet, fs, path::Path};

use crate::fuzzing::{authorization, cookie, forwarded, next, token};

const PARSERS: [&str; 5] = ["authorization", "cookie", "forwarded", "next", "token"];

/// Sends the corpus of a parser through it. `holds`: panics where something does not hold, and says whether the input got through.
fn replay(parser: &str, holds: fn(&[u8]) -> bool) {
    let (mut through, mut refused) = (0, 0);
    for file in fs::read_dir(Path::new("fuzz/corpus").join(parser)).unwrap() {
        let path = file.unwrap().path();
        println!("{}", path.display());
        *(if holds(&fs::read(path).unwrap()) { &mut through } else { &mut refused }) += 1;
    }
    assert!(through > 0 && refused > 0, "it shows something: {through} got through, {refused} did not");
}

#[test]
fn every_access_token_that_fuzzing_has_found_keeps_to_what_must_hold() {
    replay("token", token);
}

#[test]
fn every_cookie_that_fuzzing_has_found_keeps_to_what_must_hold() {
    replay("cookie", cookie);
}

#[test]
fn every_forwarded_address_that_fuzzing_has_found_keeps_to_what_must_hold() {
    replay("forwarded", forwarded);
}

#[test]
fn every_way_back_that_fuzzing_has_found_keeps_to_what_must_hold() {
    replay("next", next);
}

#[test]
fn every_authorization_that_fuzzing_has_found_keeps_to_what_must_hold() {
    replay("authorization", authorization);
}

#[test]
fn there_is_a_target_and_a_corpus_for_each_parser_and_for_nothing_else() {
    let named: BTreeSet<_> = PARSERS.map(str::to_owned).into();
    let files = |folder: &str| -> BTreeSet<_> {
        let paths = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        paths.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    assert_eq!(files("fuzz/fuzz_targets"), named);
    assert_eq!(files("fuzz/corpus"), named);
}
