//! The refresh cookie, and the one by which a device is known: read by exact bytes, written as `__Host-`.

use http::{HeaderMap, header};
use tower_cookies::{
    Cookie,
    cookie::{SameSite, time::Duration},
};

/// RFC 6265bis, section 4.1.3.2: only this host could have set it, over a secure connection, for every path.
pub const NAME: &str = "__Host-refresh";
/// Of what is kept of a device on which somebody has signed in. Signing out leaves it.
pub const DEVICE: &str = "__Host-device";
/// What browsers keep a cookie for at most (RFC 6265bis, section 5.5).
const LONGEST: Duration = Duration::days(400);

/// More than one cookie of our name: one of them is not ours, and which is not to be guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Twice;

/// The refresh token in a request. The raw header is read, since cookie libraries decode and trim names, and a cookie that merely
/// decodes to our name could have been set by a sibling domain.
pub fn read(headers: &HeaderMap) -> Result<Option<&str>, Twice> {
    named(headers, NAME)
}

/// What the device says of itself; nothing, if it says two things.
pub fn device(headers: &HeaderMap) -> Option<&str> {
    named(headers, DEVICE).unwrap_or_default()
}

fn named<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Twice> {
    let mut found = None;
    for line in headers.get_all(header::COOKIE) {
        for pair in line.as_bytes().split(|byte| *byte == b';') {
            let pair = pair.trim_ascii();
            let Some(value) = pair.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"=")) else {
                continue;
            };
            if found.is_some() {
                return Err(Twice);
            }
            // What is not text is no token of ours: it reads as one that is refused.
            found = Some(std::str::from_utf8(value).unwrap_or(""));
        }
    }
    Ok(found)
}

/// Keeps a refresh token for as long as its session may last. The server decides by its own clock; this only spares
/// the browser a dead cookie.
pub fn keep(token: &str, milliseconds: i64) -> Cookie<'static> {
    let mut cookie = bare(NAME, token.to_owned());
    cookie.set_max_age(Duration::seconds(milliseconds / 1000));
    cookie
}

/// Keeps a device known.
pub fn keep_device(text: &str) -> Cookie<'static> {
    let mut cookie = bare(DEVICE, text.to_owned());
    cookie.set_max_age(LONGEST);
    cookie
}

/// Removes it.
pub fn clear() -> Cookie<'static> {
    let mut cookie = bare(NAME, String::new());
    cookie.set_max_age(Duration::ZERO);
    cookie
}

fn bare(name: &'static str, value: String) -> Cookie<'static> {
    Cookie::build((name, value)).path("/").secure(true).http_only(true).same_site(SameSite::Strict).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(lines: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, http::HeaderValue::from_bytes(line).unwrap());
        }
        headers
    }

    #[test]
    fn the_cookie_is_found_by_its_exact_name_alone() {
        let read = |line: &str| read(&cookies(&[line.as_bytes()])).map(|found| found.map(str::to_owned));
        assert_eq!(read("__Host-refresh=abc"), Ok(Some("abc".into())));
        assert_eq!(read("theme=dark; __Host-refresh=abc; x=y"), Ok(Some("abc".into())));
        for other in [
            "",
            "__host-refresh=evil",
            "%5F%5FHost-refresh=evil",
            "__Host-refreshed=evil",
            "x__Host-refresh=evil",
            "x=__Host-refresh=evil",
            "__Host-refresh",
            "\u{2000}__Host-refresh=evil",
        ] {
            assert_eq!(read(other), Ok(None), "{other:?}");
        }
    }

    #[test]
    fn a_device_that_says_two_things_says_nothing() {
        let device = |line: &str| device(&cookies(&[line.as_bytes()])).map(str::to_owned);
        assert_eq!(device("__Host-refresh=a; __Host-device=b"), Some("b".into()));
        assert_eq!(device("__Host-device=b; __Host-device=b"), None);
        assert_eq!(device("__Host-devices=b"), None);
    }

    #[test]
    fn two_of_them_are_refused_wherever_they_stand() {
        assert_eq!(read(&cookies(&[b"__Host-refresh=a; __Host-refresh=b"])), Err(Twice));
        assert_eq!(read(&cookies(&[b"__Host-refresh=a", b"__Host-refresh=a"])), Err(Twice));
    }

    #[test]
    fn what_is_not_text_reads_as_a_token_that_is_refused() {
        assert_eq!(read(&cookies(&[b"__Host-refresh=\xff\xfe"])), Ok(Some("")));
    }

    #[test]
    fn it_is_written_for_this_host_over_https_out_of_the_reach_of_scripts() {
        let kept = "__Host-refresh=abc; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=60";
        assert_eq!(keep("abc", 60_000).to_string(), kept);
        let device = "__Host-device=abc; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=34560000";
        assert_eq!(keep_device("abc").to_string(), device);
        assert_eq!(clear().to_string(), "__Host-refresh=; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=0");
    }
}
