//! The refresh cookie. The input's lines are those of the `Cookie` header; its first bytes are also what a refresh token is made of.

use std::sync::LazyLock;

use http::{HeaderMap, header};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{SECRET, headers, is_piece_of};
use crate::{
    api::cookie::{self, Twice},
    auth::{refresh_token::RefreshKey, secret::ServerSecret},
};

static KEY: LazyLock<RefreshKey> =
    LazyLock::new(|| RefreshKey::derive(&ServerSecret::new(SECRET).expect("long enough")));

pub fn cookie(input: &[u8]) -> bool {
    made_of(input);
    let headers = headers(&header::COOKIE, input);
    let found = cookie::read(&headers);
    assert_eq!(found, named(&headers, cookie::NAME));
    assert_eq!(cookie::device(&headers), named(&headers, cookie::DEVICE).unwrap_or_default());
    let Ok(Some(text)) = found else { return false };
    assert!(text.is_empty() || is_piece_of(text, &headers, &header::COOKIE), "{text}");
    let Some(token) = KEY.read(text) else { return false };
    assert_eq!(*token.expose(), text, "a token has one text");
    true
}

/// Cookies of a name, found otherwise: by looking for the name and asking what stands before it.
fn named<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Twice> {
    let name = [name.as_bytes(), b"="].concat();
    let mut values = Vec::new();
    for line in headers.get_all(header::COOKIE) {
        let line = line.as_bytes();
        for (at, _) in line.windows(name.len()).enumerate().filter(|(_, window)| *window == name) {
            let before = line[..at].rsplit(|byte| *byte == b';').next().unwrap_or_default();
            if before.iter().all(u8::is_ascii_whitespace) {
                let value = line[at + name.len()..].split(|byte| *byte == b';').next().unwrap_or_default();
                values.push(std::str::from_utf8(value.trim_ascii_end()).unwrap_or_default());
            }
        }
    }
    match values[..] {
        [] => Ok(None),
        [value] => Ok(Some(value)),
        _ => Err(Twice),
    }
}

/// A token reads as what it was made of, also out of the cookie that keeps it; with any character changed it is none.
fn made_of(input: &[u8]) {
    let Some((session, rest)) = input.split_first_chunk::<16>() else { return };
    let Some((generation, rest)) = rest.split_first_chunk::<4>() else { return };
    let Some((secret, rest)) = rest.split_first_chunk::<32>() else { return };
    let (session, generation) = (Uuid::from_bytes(*session), u32::from_be_bytes(*generation));
    let text = KEY.issue(session, generation, Zeroizing::new(*secret)).expose();
    let read = KEY.read(&text).expect("a token of ours");
    assert_eq!((read.session_id, read.generation, &*read.expose()), (session, generation, &*text));

    let kept = cookie::keep(&text, 1_000).to_string();
    let pair = kept.split(';').next().unwrap_or_default();
    assert_eq!(cookie::read(&headers(&header::COOKIE, pair.as_bytes())), Ok(Some(text.as_str())));

    let [at, character, ..] = *rest else { return };
    let mut changed = text.as_bytes().to_vec();
    let at = usize::from(at) % changed.len();
    changed[at] = character;
    let Ok(changed) = String::from_utf8(changed) else { return };
    assert!(changed == *text || KEY.read(&changed).is_none(), "{changed} is not {}", *text);
}
