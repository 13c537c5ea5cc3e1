//! What holds of five parsers whatever arrives: one function for each, which panics where it does not.
//!
//! cargo-fuzz calls them with what it makes up (`fuzz/`), and `tests/corpus.rs` with what that has found before. Each says whether the input got through, so that
//! a corpus that is refused as a whole shows nothing and can be told from one that does. Keys and time are always the same, so an input means the same in every run.

mod authorization;
mod cookie;
mod forwarded;
mod issuer;
mod next;
mod token;

use http::{HeaderMap, HeaderName, HeaderValue};

pub use authorization::authorization;
pub use cookie::cookie;
pub use forwarded::forwarded;
pub use next::next;
pub use token::token;

const SECRET: &str = "a secret for tests, 32 bytes long";

/// More header lines than these show nothing new.
const LINES: usize = 64;

/// Header lines of one name, as many as the input has lines that a header can hold. An empty input has none.
fn headers(name: &HeaderName, input: &[u8]) -> HeaderMap {
    let lines = input.split(|byte| *byte == b'\n').take(if input.is_empty() { 0 } else { LINES });
    lines.filter_map(|line| Some((name.clone(), HeaderValue::from_bytes(line).ok()?))).fold(
        HeaderMap::new(),
        |mut headers, (name, value)| {
            headers.append(name, value);
            headers
        },
    )
}

/// Whether a text is a piece of one of the header's lines, in memory, and not merely equal to one.
fn is_piece_of(text: &str, headers: &HeaderMap, name: &HeaderName) -> bool {
    let piece = text.as_bytes().as_ptr_range();
    headers
        .get_all(name)
        .iter()
        .map(|line| line.as_bytes().as_ptr_range())
        .any(|line| line.start <= piece.start && piece.end <= line.end)
}
