//! The `Authorization` header, whose lines the input is.

use http::header::AUTHORIZATION;

use super::{headers, is_piece_of, issuer::THE};
use crate::api::caller::{Presented, presented};

pub fn authorization(input: &[u8]) -> bool {
    let headers = headers(&AUTHORIZATION, input);
    let lines: Vec<_> = headers.get_all(AUTHORIZATION).iter().map(http::HeaderValue::as_bytes).collect();
    let token = match (presented(&headers), &lines[..]) {
        (Ok(Presented::Token(token)), [line]) => {
            assert_eq!(bearer(line), Some(token.as_bytes()));
            assert!(is_piece_of(token, &headers, &AUTHORIZATION), "{token}");
            token
        }
        (Ok(Presented::Unreadable), [line]) => {
            assert_eq!(bearer(line), None);
            return false;
        }
        (Err(problem), [line]) => {
            assert_eq!((problem.status, bearer(line)), (401, None));
            return false;
        }
        (Err(problem), lines) => {
            assert_eq!(problem.status, if lines.is_empty() { 401 } else { 400 });
            return false;
        }
        (Ok(presented), _) => panic!("{presented:?} out of {} lines", lines.len()),
    };
    let believed = THE.judge(token).is_ok();
    assert_eq!(believed, token == THE.honest, "{token}");
    believed
}

/// What stands behind the scheme, of characters that can be seen and tabs and spaces.
fn bearer(line: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = line.split_at_checked("bearer ".len())?;
    let seen = token.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
    (seen && scheme.eq_ignore_ascii_case(b"bearer ")).then_some(token)
}
