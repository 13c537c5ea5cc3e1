//! Bodies in chunks that are none. Where it cannot be known where one ends, the connection does.

use super::{Case, Ends, Stays, post};

pub fn cases() -> impl Iterator<Item = Case> {
    let chunks = |body: &str| post("Transfer-Encoding: chunked", body);
    let many_trailers = "X: y\r\n".repeat(200);
    super::cases([
        ("a request in a chunk", chunks("{hex}\r\n{hidden}\r\n0\r\n\r\n"), &[400][..], Stays),
        ("several chunks", chunks("1\r\n{\r\n14\r\n\"refresh_token\":\"x\"}\r\n0\r\n\r\n"), &[204], Stays),
        ("zeros before a size", chunks("00000015\r\n{\"refresh_token\":\"x\"}\r\n000\r\n\r\n"), &[204], Stays),
        ("an extension", chunks("15;a=b;c=\"d\"\r\n{\"refresh_token\":\"x\"}\r\n0;e\r\n\r\n"), &[204], Stays),
        ("trailers", chunks("15\r\n{\"refresh_token\":\"x\"}\r\n0\r\nX: y\r\n\r\n"), &[204], Ends),
        (
            "trailers that say how long",
            chunks("15\r\n{\"refresh_token\":\"x\"}\r\n0\r\nContent-Length: 400\r\n\r\n"),
            &[204],
            Ends,
        ),
        (
            "trailers that say who",
            chunks("15\r\n{\"refresh_token\":\"x\"}\r\n0\r\nHost: evil.test\r\nOrigin: https://evil.test\r\n\r\n"),
            &[204],
            Ends,
        ),
        ("no size", chunks("\r\n{hidden}"), &[400], Ends),
        ("a negative size", chunks("-1\r\n{hidden}"), &[400], Ends),
        ("a size with a sign", chunks("+0\r\n\r\n{hidden}"), &[400], Ends),
        ("a size with its base", chunks("0x0\r\n\r\n{hidden}"), &[400], Ends),
        ("a size of other letters", chunks("g\r\n{hidden}"), &[400], Ends),
        ("a space before a size", chunks(" 0\r\n\r\n{hidden}"), &[400], Ends),
        ("a size in two words", chunks("0 0\r\n\r\n{hidden}"), &[400], Ends),
        ("the size 2^64", chunks("10000000000000000\r\n{hidden}"), &[400], Ends),
        ("a size without end", chunks(&format!("{}\r\n{{hidden}}", "f".repeat(4000))), &[400], Ends),
        ("the size 2^63", chunks(&format!("8000000000000000\r\n{{hidden}}{}", "x".repeat(70_000))), &[413], Ends),
        ("a size in quotes", chunks("\"0\"\r\n\r\n{hidden}"), &[400], Ends),
        ("nothing behind a size", chunks("0\0\r\n\r\n{hidden}"), &[400], Ends),
        ("a bare line feed behind a size", chunks("0\n\r\n{hidden}"), &[400], Ends),
        ("bare line feeds", chunks("0\n\n{hidden}"), &[400], Ends),
        ("a bare carriage return behind a size", chunks("0\r0\r\n\r\n{hidden}"), &[400], Ends),
        ("a line feed in an extension", chunks("0;a\nb\r\n\r\n{hidden}"), &[400], Ends),
        ("a carriage return in an extension", chunks("0;a\rb\r\n\r\n{hidden}"), &[400], Ends),
        ("an extension without end", chunks(&format!("0;{}\r\n\r\n{{hidden}}", "a".repeat(20_000))), &[400], Ends),
        ("a chunk longer than it says", chunks("1\r\n{}\r\n0\r\n\r\n{hidden}"), &[400], Ends),
        ("a chunk without its end", chunks("2\r\n{}0\r\n\r\n{hidden}"), &[400], Ends),
        ("a chunk that ends in a bare line feed", chunks("2\r\n{}\n0\r\n\r\n{hidden}"), &[400], Ends),
        ("a chunk that ends in other characters", chunks("2\r\n{}xx0\r\n\r\n{hidden}"), &[400], Ends),
        // Read on as trailers, to the end of the hidden head.
        ("a bare line feed at the end", chunks("0\r\n\n{hidden}"), &[400], Ends),
        ("other characters at the end", chunks("0\r\nxx{hidden}"), &[400], Ends),
        ("a trailer without a colon", chunks("0\r\nX\r\n\r\n{hidden}"), &[400], Ends),
        ("a trailer that goes on", chunks("0\r\nX: y\r\n z\r\n\r\n{hidden}"), &[400], Ends),
        ("a trailer with nothing in it", chunks("0\r\nX: \0\r\n\r\n{hidden}"), &[400], Ends),
        ("many trailers", chunks(&format!("0\r\n{many_trailers}\r\n{{hidden}}")), &[400], Ends),
        ("a trailer without end", chunks(&format!("0\r\nX: {}\r\n\r\n{{hidden}}", "y".repeat(20_000))), &[400], Ends),
    ])
}
