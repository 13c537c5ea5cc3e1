//! How long a body is, said in ways that two readers could understand differently.

use super::{Case, Ends, Row, Stays, post};

const OUT: &str = "{\"refresh_token\":\"x\"}";
const CHUNKED: &str = "15\r\n{\"refresh_token\":\"x\"}\r\n0\r\n\r\n";
/// Over at once for who reads chunks, and not for who reads a length.
const BEHIND: &str = "0\r\n\r\n{hidden}";

pub fn cases() -> impl Iterator<Item = Case> {
    super::cases(plain().into_iter().chain(lengths()).chain(codings()).chain(both()))
}

fn plain() -> Vec<Row> {
    vec![
        ("a length", post("Content-Length: {length}", OUT), &[204], Stays),
        ("chunks", post("Transfer-Encoding: chunked", CHUNKED), &[204], Stays),
        ("a request within a body", post("Content-Length: {length}", "{hidden}"), &[400], Stays),
        ("neither", post("X: y", ""), &[400], Stays),
    ]
}

fn lengths() -> Vec<Row> {
    let length = |line: &str| post(line, "{hidden}");
    vec![
        ("the same length twice", post("Content-Length: 21\r\nContent-Length: 21", OUT), &[204], Stays),
        ("two lengths", length("Content-Length: {length}\r\nContent-Length: 0"), &[400], Ends),
        ("two lengths the other way", length("Content-Length: 0\r\nContent-Length: {length}"), &[400], Ends),
        ("a list of lengths", length("Content-Length: 0, {length}"), &[400], Ends),
        ("a list of the same length", post("Content-Length: 21, 21", OUT), &[400], Ends),
        ("no length", length("Content-Length:"), &[400], Ends),
        ("a negative length", length("Content-Length: -1"), &[400], Ends),
        ("a length with a sign", length("Content-Length: +{length}"), &[400], Ends),
        ("a length in hexadecimal", length("Content-Length: 0x15"), &[400], Ends),
        ("a length in octal is decimal", post("Content-Length: 021", OUT), &[204], Stays),
        ("a length in two words", length("Content-Length: 2 1"), &[400], Ends),
        ("a length that is no whole number", length("Content-Length: 21.0"), &[400], Ends),
        ("a length with an exponent", length("Content-Length: 2e1"), &[400], Ends),
        ("a length in quotes", length("Content-Length: \"21\""), &[400], Ends),
        ("a length in other digits", length("Content-Length: \u{662}\u{661}"), &[400], Ends),
        ("a length and a letter", length("Content-Length: 21a"), &[400], Ends),
        ("a length and a control character", length("Content-Length: 21\x0b"), &[400], Ends),
        ("a length and spaces", post("Content-Length: \t21 \t", OUT), &[204], Stays),
        ("the length 2^64", length("Content-Length: 18446744073709551616"), &[400], Ends),
        ("the length 2^64 - 1", length("Content-Length: 18446744073709551615"), &[431], Ends),
        ("the length 2^63", length("Content-Length: 9223372036854775808"), &[413], Ends),
        ("a length without end", length(&format!("Content-Length: {}", "9".repeat(4000))), &[400], Ends),
        ("a space before the colon", length("Content-Length : 0"), &[400], Ends),
        ("an underscore for a hyphen", post("Content_Length: 0\r\nContent-Length: 21", OUT), &[204], Stays),
        ("a length on the next line", length("Content-Length:\r\n 0"), &[400], Ends),
    ]
}

fn codings() -> Vec<Row> {
    let coding = |line: &str| post(line, BEHIND);
    vec![
        ("chunks in capitals", post("Transfer-Encoding: CHUNKED", CHUNKED), &[204], Stays),
        ("chunks and spaces", post("Transfer-Encoding: \t chunked \t", CHUNKED), &[204], Stays),
        ("chunked twice in a list", coding("Transfer-Encoding: chunked, chunked"), &[400], Ends),
        ("chunked twice", coding("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), &[400], Ends),
        ("chunked and then not", coding("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"), &[400], Ends),
        ("not chunked and then", coding("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked"), &[400], Ends),
        ("chunked, identity", coding("Transfer-Encoding: chunked, identity"), &[400], Ends),
        ("identity, chunked", coding("Transfer-Encoding: identity, chunked"), &[400], Ends),
        ("gzip, chunked", coding("Transfer-Encoding: gzip, chunked"), &[400], Ends),
        ("gzip", coding("Transfer-Encoding: gzip"), &[400], Ends),
        ("identity", coding("Transfer-Encoding: identity"), &[400], Ends),
        ("xchunked", coding("Transfer-Encoding: xchunked"), &[400], Ends),
        ("chunked in quotes", coding("Transfer-Encoding: \"chunked\""), &[400], Ends),
        ("chunked with a parameter", coding("Transfer-Encoding: chunked;q=1"), &[400], Ends),
        ("chunked and a comma", coding("Transfer-Encoding: chunked,"), &[400], Ends),
        ("a comma and chunked", coding("Transfer-Encoding: , chunked"), &[400], Ends),
        ("no coding", coding("Transfer-Encoding:"), &[400], Ends),
        ("chunked and a vertical tab", coding("Transfer-Encoding: \x0bchunked"), &[400], Ends),
        ("chunked and a form feed", coding("Transfer-Encoding: chunked\x0c"), &[400], Ends),
        ("chunked and nothing", coding("Transfer-Encoding: chunked\0"), &[400], Ends),
        ("chunked on the next line", coding("Transfer-Encoding:\r\n chunked"), &[400], Ends),
        ("a line that goes on", coding("X: y\r\n Transfer-Encoding: chunked"), &[400], Ends),
        ("a space before the colon of a coding", coding("Transfer-Encoding : chunked"), &[400], Ends),
        ("a coding under a name that is not ASCII", coding("Tr\u{e4}nsfer-Encoding: chunked"), &[400], Ends),
    ]
}

fn both() -> Vec<Row> {
    let both = |line: &str| post(line, BEHIND);
    let within = "{hex}\r\n{hidden}\r\n0\r\n\r\n";
    vec![
        ("a length and chunks", both("Content-Length: {length}\r\nTransfer-Encoding: chunked"), &[400], Ends),
        ("chunks and a length", both("Transfer-Encoding: chunked\r\nContent-Length: {length}"), &[400], Ends),
        ("chunks and a short length", post("Transfer-Encoding: chunked\r\nContent-Length: 4", within), &[400], Ends),
        ("a short length and chunks", post("Content-Length: 4\r\nTransfer-Encoding: chunked", within), &[400], Ends),
        ("good chunks and a length", post("Content-Length: 21\r\nTransfer-Encoding: chunked", CHUNKED), &[204], Ends),
        ("chunks and a length that is none", both("Transfer-Encoding: chunked\r\nContent-Length: x"), &[400], Ends),
        ("a length and xchunked", both("Content-Length: {length}\r\nTransfer-Encoding: xchunked"), &[400], Ends),
        ("a length and identity", both("Content-Length: {length}\r\nTransfer-Encoding: identity"), &[400], Ends),
        (
            "chunked behind a bare line feed",
            both("Content-Length: {length}\r\nX: y\nTransfer-Encoding: chunked"),
            &[400],
            Ends,
        ),
        (
            "chunked behind a bare carriage return",
            both("Content-Length: {length}\r\nX: y\rTransfer-Encoding: chunked"),
            &[400],
            Ends,
        ),
        ("chunked behind nothing", both("Content-Length: {length}\r\nX: y\0Transfer-Encoding: chunked"), &[400], Ends),
        (
            "a length that the connection takes away",
            post("Content-Length: 21\r\nConnection: Content-Length", OUT),
            &[204],
            Stays,
        ),
    ]
}
