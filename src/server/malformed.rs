//! Requests that hyper lets through, and of which two readers could understand different things: a proxy and this server, say.

use axum::extract::Request;
use http::{Version, header, uri::Authority};

/// What is doubtful about a request. Where its body ends is known all the same, since hyper refuses what does not say so.
pub fn doubt(request: &Request) -> Option<&'static str> {
    // RFC 9112, section 3.2: a server must refuse these, although nothing here goes by the host.
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if request.version() == Version::HTTP_11 => return Some("The request names no host."),
        (Some(_), Some(_)) => return Some("The request names more than one host."),
        (Some(host), None) if !host.to_str().is_ok_and(is_host) => {
            return Some("The request names a host that is none.");
        }
        _ => {}
    }
    // Section 6.1: no coding is understood but this one, and a body is in chunks once.
    let mut codings = request.headers().get_all(header::TRANSFER_ENCODING).iter();
    let chunked = codings.next().is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked"));
    (!chunked || codings.next().is_some()).then_some("The request's transfer coding is not understood.")
}

/// RFC 9110, section 7.2: a name or an address, and perhaps a port.
fn is_host(text: &str) -> bool {
    let Ok(authority) = text.parse::<Authority>() else { return false };
    let Some(port) = text.strip_prefix(authority.host()) else { return false };
    let digits = port.strip_prefix(':').unwrap_or(port);
    !authority.host().is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_and_perhaps_a_port() {
        for host in
            ["localhost", "localhost:3000", "a.example.com:443", "192.0.2.1", "[::1]", "[::1]:3000", "localhost:"]
        {
            assert!(is_host(host), "{host}");
        }
        for text in [
            "",
            ":3000",
            "a b",
            "a, b",
            "a/b",
            "a?b",
            "a#b",
            "ada@localhost",
            "@",
            "localhost:x",
            "localhost:1:2",
            "::1",
            "http://a",
        ] {
            assert!(!is_host(text), "{text:?}");
        }
    }
}
