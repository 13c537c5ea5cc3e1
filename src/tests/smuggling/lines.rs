//! Request lines and header lines that are none, or that say what this server does not do.

use super::{Case, Ends, Row, Stays, get, post};

pub fn cases() -> impl Iterator<Item = Case> {
    super::cases(versions().into_iter().chain(methods()).chain(targets()).chain(hosts()).chain(fields()))
}

/// A first line, as the rest of it is not in doubt.
fn line(line: &str) -> String {
    format!("{line}\r\nHost: localhost\r\n\r\n")
}

fn versions() -> Vec<Row> {
    vec![
        ("HTTP/1.0", line("GET /livez HTTP/1.0"), &[200], Ends),
        ("HTTP/1.0 that stays", "GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n".into(), &[200], Stays),
        (
            "HTTP/1.0 in chunks",
            post("Transfer-Encoding: chunked", "0\r\n\r\n{hidden}").replace("HTTP/1.1", "HTTP/1.0"),
            &[400],
            Ends,
        ),
        ("HTTP/0.9", "GET /livez\r\n".into(), &[400], Ends),
        ("HTTP/0.9 by name", line("GET /livez HTTP/0.9"), &[400], Ends),
        ("HTTP/1.2", line("GET /livez HTTP/1.2"), &[400], Ends),
        ("HTTP/1.10", line("GET /livez HTTP/1.10"), &[400], Ends),
        ("HTTP/2.0", line("GET /livez HTTP/2.0"), &[400], Ends),
        ("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".into(), &[], Ends),
        ("http/1.1", line("GET /livez http/1.1"), &[400], Ends),
        ("another protocol", line("GET /livez ICY/1.1"), &[400], Ends),
        ("TLS", "\x16\x03\x01\0\u{5}hello\r\n\r\n".into(), &[400], Ends),
        ("a word behind the version", line("GET /livez HTTP/1.1 x"), &[400], Ends),
        ("no version", line("GET /livez "), &[400], Ends),
    ]
}

fn methods() -> Vec<Row> {
    vec![
        ("a method in lower case", line("get /livez HTTP/1.1"), &[405], Stays),
        ("a method that nobody knows", line("BREW /livez HTTP/1.1"), &[405], Stays),
        ("no method", line(" /livez HTTP/1.1"), &[400], Ends),
        ("a method that is no word", line("G(T /livez HTTP/1.1"), &[400], Ends),
        ("a method that is not ASCII", line("G\u{cb}T /livez HTTP/1.1"), &[400], Ends),
        ("nothing before a method", line("\0GET /livez HTTP/1.1"), &[400], Ends),
        ("a long method", line(&format!("{} /livez HTTP/1.1", "A".repeat(10_000))), &[405], Stays),
        ("TRACE", line("TRACE /livez HTTP/1.1"), &[405], Stays),
        ("CONNECT", line("CONNECT evil.test:443 HTTP/1.1"), &[405], Ends),
        ("CONNECT to a path", line("CONNECT /livez HTTP/1.1"), &[405], Ends),
        ("OPTIONS for all", line("OPTIONS * HTTP/1.1"), &[404], Stays),
        ("a question with a body", "GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{hidden}".into(), &[200], Stays),
        ("a question with chunks", "GET /livez HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{hex}\r\n{hidden}\r\n0\r\n\r\n".into(), &[200], Stays),
        ("an empty line before it", format!("\r\n{}", line("GET /livez HTTP/1.1")), &[200], Stays),
        ("two at once", format!("{0}{0}", line("GET /livez HTTP/1.1")), &[200, 200], Stays),
    ]
}

fn targets() -> Vec<Row> {
    vec![
        ("a whole address", line("GET http://localhost/livez HTTP/1.1"), &[200], Stays),
        ("the address of somebody else", line("GET http://evil.test/livez HTTP/1.1"), &[200], Stays),
        ("an address with a name and a password", line("GET http://a:b@localhost/livez HTTP/1.1"), &[200], Stays),
        ("an address without a host", line("GET http:///livez HTTP/1.1"), &[400], Ends),
        ("a host alone", line("GET localhost:3000 HTTP/1.1"), &[405], Stays),
        ("an asterisk", line("GET * HTTP/1.1"), &[404], Stays),
        ("no slash", line("GET livez HTTP/1.1"), &[405], Stays),
        ("two slashes", line("GET //livez HTTP/1.1"), &[404], Stays),
        ("dots", line("GET /api/../livez HTTP/1.1"), &[404], Stays),
        ("a fragment", line("GET /livez#x HTTP/1.1"), &[200], Stays),
        ("backslashes", line("GET \\livez HTTP/1.1"), &[400], Ends),
        ("spaces for one", line("GET  /livez  HTTP/1.1"), &[400], Ends),
        ("tabs for spaces", line("GET\t/livez\tHTTP/1.1"), &[400], Ends),
        ("nothing in it", line("GET /livez\0 HTTP/1.1"), &[400], Ends),
        ("a carriage return in it", line("GET /livez\r/x HTTP/1.1"), &[400], Ends),
        ("no target", line("GET HTTP/1.1"), &[400], Ends),
    ]
}

fn hosts() -> Vec<Row> {
    vec![
        ("no host", get("X: y"), &[400], Ends),
        ("two hosts", get("Host: localhost\r\nHost: evil.test"), &[400], Ends),
        ("the same host twice", get("Host: localhost\r\nHost: localhost"), &[400], Ends),
        ("a list of hosts", get("Host: localhost, evil.test"), &[400], Ends),
        ("an empty host", get("Host:"), &[400], Ends),
        ("a host with a path", get("Host: localhost/livez"), &[400], Ends),
        ("a host with a name", get("Host: ada@localhost"), &[400], Ends),
        ("a host in two words", get("Host: evil test"), &[400], Ends),
        ("a host that is not ASCII", get("Host: l\u{f6}calhost"), &[400], Ends),
        ("a host with a port that is none", get("Host: localhost:x"), &[400], Ends),
        ("a host with a space before the colon", get("Host : localhost"), &[400], Ends),
        ("an address of IPv6", get("Host: [::1]:3000"), &[200], Stays),
        ("somebody else's host", get("Host: evil.test\r\nX-Forwarded-Host: evil.test"), &[200], Stays),
    ]
}

fn fields() -> Vec<Row> {
    let with = |lines: &str| get(&format!("Host: localhost\r\n{lines}"));
    vec![
        ("a line without a colon", with("X"), &[400], Ends),
        ("a line without a name", with(": y"), &[400], Ends),
        ("a name in two words", with("X Y: z"), &[400], Ends),
        (
            "a line before the first",
            "GET /livez HTTP/1.1\r\n Host: localhost\r\nHost: localhost\r\n\r\n".into(),
            &[400],
            Ends,
        ),
        ("nothing in a value", with("X: \0"), &[400], Ends),
        ("a bare carriage return in a value", with("X: y\rZ: z"), &[400], Ends),
        ("an escape in a value", with("X: \x1b[2J"), &[400], Ends),
        ("a deletion in a value", with("X: \x7f"), &[400], Ends),
        ("bare line feeds for all ends", "GET /livez HTTP/1.1\nHost: localhost\n\n".into(), &[200], Stays),
        ("a value that is not ASCII", with("X: \u{e9}"), &[200], Stays),
        (
            "an upgrade to HTTP/2",
            with("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__"),
            &[200],
            Stays,
        ),
        (
            "an upgrade to a web socket",
            with("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13"),
            &[200],
            Stays,
        ),
        (
            "an expectation",
            post("Expect: 100-continue\r\nContent-Length: 21", "{\"refresh_token\":\"x\"}"),
            &[204],
            Stays,
        ),
        (
            "an expectation that nobody knows",
            post("Expect: 200-ok\r\nContent-Length: 21", "{\"refresh_token\":\"x\"}"),
            &[204],
            Stays,
        ),
        ("an expectation without a body", with("Expect: 100-continue"), &[200], Stays),
        ("closing and keeping", with("Connection: close, keep-alive"), &[200], Ends),
        ("closing in another line", with("Connection: close\r\nConnection: keep-alive"), &[200], Ends),
    ]
}
