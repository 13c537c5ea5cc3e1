//! Lists, a page at a time, the newest first.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    failure::Done,
    output::{say, say_json, table},
};
use crate::auth::{Asked, Listing};

#[derive(clap::Args)]
pub struct Paged {
    /// How many lines at most, up to 1000
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    /// Go on after the one with this id, the last of the page before
    #[arg(long, value_name = "ID")]
    after: Option<Uuid>,
}

#[derive(clap::Args)]
pub struct Format {
    /// Answer with one JSON document
    #[arg(long)]
    pub json: bool,
}

impl Paged {
    pub fn asked(&self) -> Asked {
        Asked { after: self.after, size: self.limit }
    }
}

/// Shows a page; `called`: what its lines are, as a member of the document.
pub fn show<T, const N: usize>(
    listing: &Listing<T>,
    called: &str,
    format: &Format,
    heads: [&str; N],
    row: impl Fn(&T) -> [String; N],
    document: impl Fn(&T) -> Value,
) -> Done {
    let Listing { rows, next } = listing;
    if format.json {
        return say_json(&json!({ (called): rows.iter().map(document).collect::<Vec<_>>(), "next": next }));
    }
    if rows.is_empty() {
        eprintln!("no {called}");
        return Ok(());
    }
    say(&table(heads, &rows.iter().map(row).collect::<Vec<_>>()))?;
    if let Some(next) = next {
        eprintln!("there are more: --after {next}");
    }
    Ok(())
}
