//! The server asks nobody but its database: nothing that is built into it can send a request to anybody else.

use std::{collections::BTreeMap, fs};

/// What sends requests. `want` comes with the client of hyper, whoever switches that on.
const CLIENTS: [&str; 11] =
    ["attohttpc", "awc", "curl", "hyper-rustls", "hyper-tls", "isahc", "minreq", "reqwest", "surf", "ureq", "want"];

/// Every value of a manifest, with the way to it: the name of its table, and its own.
fn values(manifest: &str) -> Vec<(String, String)> {
    let (mut table, mut depth, mut found) = (String::new(), 0, Vec::<(String, String)>::new());
    for line in manifest.lines() {
        let line = without_comment(line).trim();
        if depth == 0 && line.starts_with('[') {
            line.trim_matches(['[', ']']).clone_into(&mut table);
            continue;
        }
        let written = match (depth, line.split_once('=')) {
            (0, Some((key, value))) => {
                found.push((format!("{table}.{}", key.trim()), value.to_owned()));
                value
            }
            (0, None) => continue,
            _ => {
                found.last_mut().unwrap().1 += line;
                line
            }
        };
        depth +=
            outside_quotes(written).map(|c| i32::from("[{".contains(c)) - i32::from("]}".contains(c))).sum::<i32>();
    }
    found
}

fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    let end = line.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == '#' && !quoted
    });
    end.map_or(line, |(at, _)| &line[..at])
}

fn outside_quotes(text: &str) -> impl Iterator<Item = char> {
    text.split('"').step_by(2).flat_map(str::chars)
}

fn in_quotes(text: &str) -> impl Iterator<Item = String> {
    text.split(['"', '\'']).skip(1).step_by(2).map(str::to_owned)
}

/// What a manifest has that could send a request.
fn clients(manifest: &str) -> Vec<String> {
    // By the name that each dependency goes by, all that is written of it: its features, and its crate's name where that is another one.
    let mut dependencies = BTreeMap::<String, Vec<String>>::new();
    let values = values(manifest);
    for (place, value) in &values {
        let Some((_, dependency)) = place.rsplit_once("dependencies.") else { continue };
        let name = dependency.split('.').next().unwrap().trim().trim_matches(['"', '\'']);
        dependencies.entry(name.to_owned()).or_default().extend(in_quotes(value));
    }
    for (_, value) in values.iter().filter(|(place, _)| place.starts_with("features.")) {
        for text in in_quotes(value) {
            let Some((name, feature)) = text.split_once('/') else { continue };
            dependencies.entry(name.trim_end_matches('?').to_owned()).or_default().push(feature.to_owned());
        }
    }
    let sends = |(name, said): &(&String, &Vec<String>)| {
        let is = |other: &str| *name == other || said.iter().any(|text| text == other);
        let switched_on = said.iter().any(|text| text == "full" || text.starts_with("client"));
        CLIENTS.into_iter().any(is) || ["hyper", "hyper-util"].into_iter().any(is) && switched_on
    };
    dependencies.iter().filter(sends).map(|(name, said)| format!("{name}: {}", said.join(", "))).collect()
}

#[test]
fn the_server_has_no_client_that_could_fetch_a_key() {
    let [manifest, lock] = ["Cargo.toml", "Cargo.lock"].map(|file| fs::read_to_string(file).unwrap());
    assert_eq!(clients(&manifest), Vec::<String>::new());
    assert!(values(&manifest).iter().any(|(place, _)| place == "dependencies.hyper-util"), "the search finds them");
    // Nor does anybody else switch one on.
    let locked: Vec<_> = lock.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"')).collect();
    assert!(locked.contains(&"hyper-util"), "the search finds them");
    for client in CLIENTS {
        assert!(!locked.contains(&client), "{client}");
    }
}

#[test]
fn a_client_is_found_in_whichever_form_of_table_it_is_written() {
    for written in [
        "[dependencies]\nreqwest = \"1\"",
        "[dependencies]\n\"reqwest\" = \"1\"",
        "[dependencies.reqwest]\nversion = \"1\"",
        "[dependencies]\nasks = { package = \"ureq\", version = \"3\" }",
        "[dependencies.asks]\nversion = \"3\"\npackage = \"ureq\"",
        "[target.'cfg(unix)'.dependencies]\ncurl = \"1\"",
        "[build-dependencies]\nureq.version = \"3\"",
        "[dependencies]\nhyper = { version = \"1\", features = [\"http1\", \"client\"] }",
        "[dependencies]\nhyper-util = { features = [\n  \"tokio\", # on it\n  \"client-legacy\",\n] }",
        "[dependencies.hyper]\nversion = \"1\"\nfeatures = [\n  \"server\",\n  \"full\",\n]",
        "[target.'cfg(target_os = \"linux\")'.dependencies.hyper-util]\nfeatures = [\"client\"]",
        "[dependencies]\nhyper.version = \"1\"\nhyper.features = [\"client\"]",
        "[dependencies]\nwires = { package = \"hyper\", version = \"1\", features = [\"client\"] }",
        "[dependencies]\nhyper = \"1\"\n\n[features]\nssr = [\n  \"dep:hyper\",\n  \"hyper?/client\",\n]",
        "[dependencies.wires]\npackage = \"hyper-util\"\n\n[features]\nssr = [\"wires/client\"]",
    ] {
        assert_eq!(clients(written).len(), 1, "{written}: {:?}", clients(written));
    }
    for fine in [
        "[dependencies]\nhyper = { version = \"1\", features = [\"http1\", \"server\"] } # and no \"client\"",
        "[dependencies]\ntokio = { version = \"1\", features = [\"full\"] }\nclient = \"1\"",
        "[features]\nssr = [\"dep:hyper\", \"leptos/ssr\"]",
    ] {
        assert_eq!(clients(fine), Vec::<String>::new(), "{fine}");
    }
}
