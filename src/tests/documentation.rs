//! What the documents promise about the code.

use std::{fs, path::Path};

use super::harness::{DAY, MINUTE};
use crate::{
    api::problem::Reached,
    auth::limits::{ACCOUNTS, ADDRESS, DEVICE, KNOWN, Memory, STRANGERS, SUCCESSES, TAKEN, TOLD},
    server::config::Flags,
    store::UnixMillis,
};

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
        ("src/auth", &["axum", "http", "leptos", "api", "app", "client", "server", "cli"]),
        ("src/store", &["axum", "http", "leptos", "auth", "api", "app", "client", "server", "cli"]),
        ("src/app", &["auth", "store", "server", "cli"]),
        ("src/client", &["app", "auth", "store", "server", "cli"]),
        ("src/api", &["app", "client", "store", "server", "cli"]),
        ("src/server", &["cli", "client"]),
    ];
    for (path, text) in sources() {
        for (room, others) in forbidden {
            if !path.starts_with(&format!("{room}/")) && path != format!("{room}.rs") {
                continue;
            }
            let known = known(&text);
            for other in others {
                assert!(!known.contains(&(*other).to_owned()), "{path} knows {other}");
            }
        }
    }
}

/// The rooms and crates whose names a source uses, grouped imports taken apart.
fn known(text: &str) -> Vec<String> {
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let first_name =
        |text: &str| text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => names.extend(members(group).iter().map(|member| first_name(member))),
            None => names.push(first_name(rest)),
        }
    }
    // Other crates: a path that begins with their name.
    for name in ["axum", "http", "leptos"] {
        let begins_a_path =
            |(at, _): (usize, &str)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        if code.match_indices(&format!("{name}::")).any(begins_a_path) {
            names.push(name.to_owned());
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The parts of a group up to its closing brace, split at the commas of its own level.
fn members(group: &str) -> Vec<String> {
    let (mut depth, mut members) = (0, vec![String::new()]);
    for character in group.chars() {
        match character {
            '}' if depth == 0 => break,
            ',' if depth == 0 => members.push(String::new()),
            _ => {
                depth += i32::from(character == '{') - i32::from(character == '}');
                members.last_mut().unwrap().push(character);
            }
        }
    }
    members
}

#[test]
fn the_search_for_imports_sees_through_groups() {
    let text = "use crate::{\n    api::{Problem, code},\n    ended::Refusal,\n};\nuse crate::store::Store;\n// crate::cli\nuse axum::Json;";
    assert_eq!(known(text), ["api", "ended", "store", "axum"]);
}

/// A server function, as its source has it.
pub struct Written {
    /// Where it is called.
    pub path: String,
    /// The names of what it takes, each with its type.
    pub takes: Vec<(String, String)>,
    file: String,
    attributes: String,
    text: String,
}

impl Written {
    /// Whether it asks who calls, which a believed access token alone answers.
    pub fn asks_who_calls(&self) -> bool {
        [".principal()", ".account()"].iter().any(|question| self.text.contains(question))
    }
}

pub fn server_functions() -> Vec<Written> {
    let mut found = Vec::new();
    for (file, text) in sources() {
        for function in text.split("#[server(prefix = ").skip(1) {
            let (attributes, rest) = function.split_once(")]").unwrap();
            let text = rest.split("\n}").next().unwrap();
            let quoted = |after: &str| Some(attributes.split_once(after)?.1.split('"').next()?.to_owned());
            let endpoint = quoted("endpoint = \"");
            let endpoint = endpoint.unwrap_or_else(|| panic!("{file}: a fixed path for #[server({attributes})]"));
            let takes = text.split_once('(').unwrap().1.split(") -> ").next().unwrap().split(',');
            let takes = takes.filter_map(|one| {
                let (name, kind) = one.rsplit_once(']').map_or(one, |(_, rest)| rest).split_once(':')?;
                Some((name.trim().to_owned(), kind.trim().to_owned()))
            });
            found.push(Written {
                path: format!("{}/{endpoint}", quoted("\"").unwrap()),
                takes: takes.collect(),
                file: file.clone(),
                attributes: attributes.to_owned(),
                text: text.to_owned(),
            });
        }
    }
    found
}

/// Leptos has no default client, so a protected function that forgets ours would be called without a token.
#[test]
fn every_server_function_that_asks_for_a_principal_is_called_with_a_bearer() {
    let mut protected = 0;
    for Written { file, attributes, .. } in server_functions().iter().filter(|function| function.asks_who_calls()) {
        protected += 1;
        assert!(attributes.contains("protocol = Call<Bearer"), "{file}: #[server({attributes})]");
    }
    assert!(protected > 0, "the search finds them");
}

/// In backquotes, from the root, from `src` or from the document's own folder; and in links.
#[test]
fn every_file_that_a_document_names_is_there() {
    let mut named = 0;
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        let folder = Path::new(&document).parent().unwrap();
        let quoted = text.split('`').skip(1).step_by(2).filter(|quoted| looks_like_a_file(quoted));
        let linked = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for file in quoted.chain(linked.filter(|target| !target.starts_with("http"))) {
            named += 1;
            let places = [folder.join(file), Path::new(file).to_owned(), Path::new("src").join(file)];
            assert!(places.iter().any(|place| place.exists()), "{document} names {file}");
        }
    }
    assert!(named > 20, "the search finds them");
}

/// Beside what is beside the code, all of `docs/`. Where something is yet to be made, as `docs/adopt.md` says, nothing is asked.
fn documents() -> Vec<String> {
    let beside = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "SECURITY.md", "end2end/README.md"];
    let mut documents = beside.map(str::to_owned).to_vec();
    for folder in ["docs", "docs/security"] {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path().display().to_string());
        documents.extend(names.filter(|name| is_document(name) && name != "docs/adopt.md"));
    }
    assert!(documents.len() > 10, "the search finds them: {documents:?}");
    documents
}

fn is_document(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending == "md")
}

fn looks_like_a_file(text: &str) -> bool {
    let ending = Path::new(text).extension().and_then(|ending| ending.to_str());
    text.contains('/')
        && matches!(ending, Some("rs" | "ts" | "md" | "toml" | "png" | "sql"))
        && !text.contains([' ', '*'])
}

/// The last text of each that is logged, up to where a value or an explanation begins.
#[test]
fn every_line_of_the_log_is_in_the_document() {
    let document = fs::read_to_string("docs/log.md").unwrap();
    let mut lines = 0;
    for (path, text) in sources() {
        for level in ["error", "warn", "info", "debug", "trace"] {
            for said in text.split(&format!("tracing::{level}!(")).skip(1) {
                let said = said.split(");").next().unwrap();
                let message = said.split('"').skip(1).step_by(2).last().unwrap_or_else(|| panic!("{path}: {said}"));
                let begins = message.split([':', '`']).next().unwrap().trim();
                assert!(document.contains(begins), "{path}: {level}: {message}");
                lines += 1;
            }
        }
    }
    assert!(lines > 30, "the search finds them: {lines}");
}

/// The table of settings, beside what the program says of itself.
#[test]
fn every_setting_is_in_the_operators_table_with_its_default() {
    let table = fs::read_to_string("docs/operate.md").unwrap();
    let command = <Flags as clap::Args>::augment_args(clap::Command::new("hallpass"));
    for flag in command.get_arguments() {
        let variable = flag.get_env().unwrap().to_str().unwrap();
        let default = flag.get_default_values().first().map_or("", |value| value.to_str().unwrap());
        let row = table.lines().find(|line| line.starts_with(&format!("| `{variable}` |")));
        let row = row.unwrap_or_else(|| panic!("{variable} is not in docs/operate.md"));
        assert!(default.is_empty() || row.contains(&format!("| `{default}` |")), "{variable}: {default}: {row}");
        assert_eq!(flag.get_long().unwrap(), variable.trim_start_matches("HALLPASS_").to_lowercase().replace('_', "-"));
    }
}

#[test]
fn every_dependency_is_explained() {
    let manifest = fs::read_to_string("Cargo.toml").unwrap();
    let explained = fs::read_to_string("ARCHITECTURE.md").unwrap();
    let explained = explained.split("## Dependencies").nth(1).unwrap();
    let mut known = 0;
    for section in manifest.split("\n[").filter(|section| section.contains("dependencies")) {
        let (head, lines) = section.split_once('\n').unwrap();
        // One with a section of its own, or one on each line.
        let own = head.trim_end_matches(']').strip_prefix("dependencies.");
        let listed = lines.lines().filter(|_| own.is_none()).filter_map(|line| line.split_once(" = "));
        for name in listed.map(|(name, _)| name).chain(own) {
            assert!(explained.contains(&format!("`{name}`")), "{name} is not explained");
            known += 1;
        }
    }
    assert!(known > 40, "{known}");
}

/// The tables of the document, whose first column is the name of a limit.
#[test]
fn every_number_of_the_document_on_abuse_is_the_one_in_force() {
    let document = fs::read_to_string("docs/abuse.md").unwrap();
    for (what, limit) in [
        ("A name, by strangers", STRANGERS),
        ("A device that is known, or a session", DEVICE),
        ("All of those of an account", KNOWN),
        ("An address", ADDRESS),
        ("Sign-up, names that are taken", TAKEN),
        ("Sign-up, accounts made", ACCOUNTS),
        ("Right passwords of an account, on each instance", SUCCESSES),
    ] {
        let longest = if limit.longest_wait == 0 { "none".to_owned() } else { in_words(limit.longest_wait) };
        let forgotten = match limit.memory {
            Memory::AfterLast(length) => format!("{} after the last", in_words(length)),
            Memory::AfterFirst(length) => format!("{} after the first", in_words(length)),
        };
        let row = format!("| {what} | {} | {longest} | {} | {forgotten} |", limit.free, limit.most);
        assert!(document.contains(&row), "not in docs/abuse.md: {row}");
    }
    let told = TOLD.map(|limit| limit.name);
    assert_eq!(told, Reached::ALL.map(Reached::name), "a limit that is told of has a name in the contract");
    for limit in TOLD {
        let policy = format!("`\"{}\";q={};w={}`", limit.name, limit.free, limit.memory.length() / 1000);
        assert!(document.contains(&policy), "not in docs/abuse.md: {policy}");
    }
}

fn in_words(length: UnixMillis) -> String {
    match (length / (60 * MINUTE), length / DAY) {
        (1, _) => "1 hour".to_owned(),
        (_, 1) => "1 day".to_owned(),
        (_, days) => format!("{days} days"),
    }
}
