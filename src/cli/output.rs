//! What a command answers, on standard output: tables for people, one JSON document for programs. Whatever somebody else wrote is shown so that it
//! can neither end its line nor speak to the terminal.

use std::{
    fmt::Write as _,
    io::{self, Write},
    time::{Duration, UNIX_EPOCH},
};

use serde_json::Value;

use super::failure::{Done, Failure};
use crate::printable::{is_hidden, printable};

/// Whoever reads may stop reading.
pub fn say(text: &str) -> Done {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("the answer could not be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// One document.
pub fn say_json(document: &Value) -> Done {
    say(&json(document))
}

fn json(document: &Value) -> String {
    // Outside of strings there is nothing hidden but the ends of lines.
    let mut text = String::new();
    for c in format!("{document:#}\n").chars() {
        if is_hidden(c) && c != '\n' {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(c);
        }
    }
    text
}

/// Lines with columns as wide as what stands in them. What is in the cells is made printable.
pub fn table<const N: usize>(heads: [&str; N], rows: &[[String; N]]) -> String {
    let rows: Vec<[String; N]> =
        rows.iter().map(|row| row.each_ref().map(|cell| printable(cell).into_owned())).collect();
    let mut widths = heads.map(|head| head.chars().count());
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let heads = heads.map(str::to_owned);
    let mut text = String::new();
    for row in [&heads].into_iter().chain(&rows) {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// UTC, RFC 3339.
pub fn time(at: i64) -> String {
    let at = Duration::from_millis(at.max(0).unsigned_abs());
    humantime::format_rfc3339_seconds(UNIX_EPOCH + at).to_string()
}

/// One thing, or several.
pub fn counted(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_of_a_table_is_one_line_whatever_is_in_it() {
        let forged = "curl\nBOB   2027-01-01  \u{1b}[31mdisabled\u{202e}";
        let text = table(["NAME", "AGENT"], &[["ada".to_owned(), forged.to_owned()]]);
        assert_eq!(text.lines().count(), 2);
        assert!(text.ends_with("ada   curl\\u{a}BOB   2027-01-01  \\u{1b}[31mdisabled\\u{202e}\n"), "{text}");
    }

    #[test]
    fn json_reads_as_what_was_written_and_says_nothing_to_a_terminal() {
        let document = json!({ "agent": "a\n\u{1b}[31m\u{9b}31m\u{7f}\u{202e}\u{e0001}\"\\" });
        let text = json(&document);
        assert!(text.chars().all(|c| c == '\n' || !is_hidden(c)), "{text}");
        assert_eq!(text.lines().count(), 3);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), document);
    }

    #[test]
    fn times_are_those_of_the_log() {
        assert_eq!(time(1_800_000_000_123), "2027-01-15T08:00:00Z");
        assert_eq!(time(-1), "1970-01-01T00:00:00Z");
    }
}
