//! Tokens that are none, each with the reason why. The letters are those of the groups that JWT attacks are commonly sorted in: A structure and
//! encoding, B algorithm, C choice of the key, D time, E context, F `crit`, G signature.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::forge::{Forge, encode, roomy, sloppy};
use crate::auth::access_token::Disbelief::{
    self, Context, Expired, Form, Header, NotYet, Signature, TooLasting, TooLong, UnknownKey,
};

pub struct Vector {
    pub group: char,
    pub name: String,
    pub token: String,
    pub why: Disbelief,
}

/// What our own key has signed and is to be believed: other verifiers must agree that the vectors are refused for what is wrong with them.
pub fn believed(forge: &Forge) -> Vec<(&'static str, String)> {
    vec![
        ("as the server makes them", forge.honest()),
        ("at+JWT", forge.with_header("typ", json!("at+JWT"))),
        ("application/at+jwt", forge.with_header("typ", json!("application/at+jwt"))),
        ("white space in the JSON", forge.signed(format!(" {} ", forge.header()), format!(" {}\n", forge.claims()))),
    ]
}

pub fn refused(forge: &Forge) -> Vec<Vector> {
    let mut table = Vec::new();
    let mut group = |letter: char, rows: Vec<(String, String, Disbelief)>| {
        table.extend(rows.into_iter().map(|(name, token, why)| Vector { group: letter, name, token, why }));
    };
    group('A', structure(forge));
    group('A', json_text(forge));
    group('B', algorithm(forge));
    group('C', key(forge));
    group('D', time(forge));
    group('E', context(forge));
    group('F', crit(forge));
    group('G', signature(forge));
    table
}

type Rows = Vec<(String, String, Disbelief)>;

fn row(name: impl Into<String>, token: impl Into<String>, why: Disbelief) -> (String, String, Disbelief) {
    (name.into(), token.into(), why)
}

fn structure(forge: &Forge) -> Rows {
    let token = forge.honest();
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let mut rows = vec![
        row("empty", "", Form),
        row("one part", header, Form),
        row("two parts: the signature removed with its dot", format!("{header}.{claims}"), Form),
        row("the signature removed, its dot left", format!("{header}.{claims}."), Form),
        row("four parts", format!("{token}.{signature}"), Form),
        row("five parts, as JWE has", format!("{token}.{header}.{claims}"), Form),
        row("a trailing dot", format!("{token}."), Form),
        row("a leading dot", format!(".{token}"), Form),
        row("no header", format!(".{claims}.{signature}"), Form),
        row("no payload", format!("{header}..{signature}"), Form),
        row("dots alone", "..", Form),
        row("the scheme twice", format!("Bearer {token}"), Form),
        row("in quotes", format!("\"{token}\""), Form),
        row("two, with a comma between", format!("{token},{token}"), Form),
        row(
            "flattened JSON",
            json!({ "protected": header, "payload": claims, "signature": signature }).to_string(),
            Form,
        ),
        row(
            "general JSON",
            json!({ "payload": claims, "signatures": [{ "protected": header, "signature": signature }] }).to_string(),
            Form,
        ),
        row("a polyglot of both forms", format!("{{\"payload\":\"{claims}\"}}.{claims}.{signature}"), Form),
        row("text that is not ASCII", format!("{header}é.{claims}.{signature}"), Form),
        row("an encoded dot", token.replace('.', "%2E"), Form),
        row("10 KB", "a".repeat(10_000), TooLong),
        row("64 KiB", token.clone() + &"A".repeat(64 * 1024), TooLong),
        row("1 MiB", "A".repeat(1 << 20), TooLong),
        row("16 MiB", format!("{header}.{}.{signature}", "A".repeat(16 << 20)), TooLong),
    ];
    for (name, space) in [("a space", " "), ("a tab", "\t"), ("CR LF", "\r\n"), ("a line feed", "\n"), ("NUL", "\0")] {
        rows.push(row(format!("{name} before"), format!("{space}{token}"), Form));
        rows.push(row(format!("{name} after"), format!("{token}{space}"), Form));
    }
    for (which, part) in ["header", "payload", "signature"].into_iter().zip(0..3) {
        let parts = |change: &dyn Fn(&str) -> String| {
            let mut parts = [header, claims, signature].map(str::to_owned);
            parts[part] = change(&parts[part]);
            parts.join(".")
        };
        rows.push(row(format!("padding after the {which}"), parts(&|part| format!("{part}=")), Form));
        rows.push(row(format!("the standard alphabet in the {which}"), parts(&|part| format!("{part}+/AA")), Form));
        for inserted in ["?", "#", " ", "\n", "\u{200b}"] {
            let (name, middle) = (inserted.escape_debug(), 10);
            let token = parts(&|part| format!("{}{inserted}{}", &part[..middle], &part[middle..]));
            rows.push(row(format!("{name} in the {which}"), token, Form));
        }
    }
    let (roomy_header, roomy_claims) =
        (encode(roomy(forge.header().to_string())), encode(roomy(forge.claims().to_string())));
    rows.push(row("bits over in the header", forge.sealed(&format!("{}.{claims}", sloppy(&roomy_header))), Form));
    rows.push(row("bits over in the payload", forge.sealed(&format!("{header}.{}", sloppy(&roomy_claims))), Signature));
    rows.push(row("bits over in the signature", format!("{header}.{claims}.{}", sloppy(signature)), Signature));
    rows
}

fn json_text(forge: &Forge) -> Rows {
    let (header, claims) = (forge.header().to_string(), forge.claims().to_string());
    let mut rows = Vec::new();
    let utf16: Vec<u8> = header.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let nested = format!("{}{}", "[".repeat(400), "]".repeat(400));
    let texts: [(&str, Vec<u8>); 10] = [
        ("an array", b"[]".to_vec()),
        ("a number", b"1".to_vec()),
        ("a string", b"\"x\"".to_vec()),
        ("null", b"null".to_vec()),
        ("half of it", b"{\"alg\":".to_vec()),
        ("nothing in it", b"{}".to_vec()),
        ("UTF-16", utf16),
        ("a byte order mark", [b"\xef\xbb\xbf", header.as_bytes()].concat()),
        ("invalid UTF-8", b"{\"typ\":\"\xff\"}".to_vec()),
        ("400 levels", nested.into_bytes()),
    ];
    for (name, text) in texts {
        rows.push(row(format!("header: {name}"), forge.signed(&text, &claims), Header));
        rows.push(row(format!("payload: {name}"), forge.signed(&header, &text), Signature));
    }
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    rows.push(row("header: 10,000 levels", forge.signed(&deep, &claims), TooLong));
    rows.push(row("payload: 10,000 levels", forge.signed(&header, &deep), TooLong));
    let members = many_members(10_000);
    rows.push(row("header: 10,000 members", forge.signed(format!("{{{members}{}", &header[1..]), &claims), TooLong));
    let members = many_members(50);
    rows.push(row("header: 50 members", forge.signed(format!("{{{members}{}", &header[1..]), &claims), Header));
    rows.push(row("header: something after it", forge.signed(format!("{header}{{}}"), &claims), Header));
    rows.push(row("payload: something after it", forge.signed(&header, format!("{claims}x")), Signature));

    for more in [r#""alg":"EdDSA""#, r#""alg":"none""#, r#""kid":"x""#, r#""typ":"JWT""#, r#""\u0061lg":"none""#] {
        rows.push(row(format!("header twice: {more}"), forge.with_more(more, ""), Header));
    }
    for more in [r#""sub":"x""#, r#""exp":9999999999"#, r#""\u0065xp":9999999999"#, r#""iss":"https://evil.test""#] {
        rows.push(row(format!("payload twice: {more}"), forge.with_more("", more), Signature));
    }
    for claim in ["exp", "nbf", "iat", "auth_time", "gen"] {
        for number in ["1e400", "-0", "-1", "1.5", "18446744073709551616", "1e20", "NaN", "0x10", "+1", "01"] {
            rows.push(row(format!("{claim}: {number}"), forge.with_raw_claim(claim, number), Signature));
        }
    }
    rows.push(row("exp: 2^63", forge.with_raw_claim("exp", "9223372036854775808"), TooLasting));
    rows.push(row("one claim more", forge.with_claims(&[("scope", json!("admin"))]), Signature));
    rows
}

fn many_members(count: usize) -> String {
    (0..count).map(|number| format!("\"m{number}\":1")).collect::<Vec<_>>().join(",") + ","
}

fn algorithm(forge: &Forge) -> Rows {
    let mut rows = Vec::new();
    let names = [
        "none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "RS256", "PS256", "ES256", "ES384", "ES256K",
        "Ed25519", "Ed448", "eddsa", "EDDSA", "EdDSA ", "dir", "RSA-OAEP", "A128KW",
    ];
    for alg in names {
        rows.push(row(format!("alg {alg:?}, our signature"), forge.with_header("alg", json!(alg)), Header));
    }
    for alg in [json!(null), json!(1), json!(["EdDSA"]), json!({}), json!(true)] {
        rows.push(row(format!("alg {alg}"), forge.with_header("alg", alg), Header));
    }
    rows.push(row("no alg", forge.without_header("alg"), Header));
    let none = encode(json!({ "typ": "at+jwt", "alg": "none", "kid": forge.kid }).to_string());
    rows.push(row("none, and no signature", format!("{none}.{}.", encode(forge.claims().to_string())), Form));
    rows.push(row("none, and a signature", format!("{none}.{}.AA", encode(forge.claims().to_string())), Header));

    let pem = forge.public_pem();
    let keys: [(&str, Vec<u8>); 9] = [
        ("the raw public key", forge.public.clone()),
        ("the public key as DER", forge.public_der()),
        ("the public key as PEM", pem.clone().into_bytes()),
        ("the public key as PEM, and a line feed", format!("{pem}\n").into_bytes()),
        ("the public key as a JWK", forge.public_jwk().into_bytes()),
        ("the key's id", forge.kid.clone().into_bytes()),
        ("nothing", Vec::new()),
        ("zeros", vec![0; 32]),
        ("a word", b"secret".to_vec()),
    ];
    for (name, secret) in keys {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            rows.push(row(format!("{algorithm:?} keyed with {name}"), forge.hmac(algorithm, &secret), Header));
        }
        // The header says EdDSA, and the signature is of its length.
        let mac = forge.hmac(Algorithm::HS512, &secret);
        let body = format!("{}.{}", encode(forge.header().to_string()), encode(forge.claims().to_string()));
        let swapped = format!("{body}.{}", mac.rsplit('.').next().unwrap());
        rows.push(row(format!("EdDSA in name, a MAC keyed with {name}"), swapped, Signature));
    }
    rows
}

fn key(forge: &Forge) -> Rows {
    let mut rows = Vec::new();
    let kids = [
        "",
        "other",
        "../../dev/null",
        "' OR 1=1--",
        "%00",
        "\u{0}",
        "https://evil.test/key",
        "hallpass refresh tag 1",
        "__proto__",
        "*",
    ];
    for kid in kids {
        rows.push(row(format!("kid {kid:?}"), forge.with_header("kid", json!(kid)), UnknownKey));
    }
    rows.push(row("kid of another case", forge.with_header("kid", json!(forge.kid.to_ascii_uppercase())), UnknownKey));
    for kid in [json!(null), json!(1), json!([forge.kid]), json!({}), json!(true)] {
        rows.push(row(format!("kid of another type: {kid}"), forge.with_header("kid", kid), Header));
    }
    rows.push(row("no kid", forge.without_header("kid"), Header));
    rows.push(row("kid of 10 KB", forge.with_header("kid", json!("k".repeat(10_240))), TooLong));
    let jwk: Value = serde_json::from_str(&forge.public_jwk()).unwrap();
    for (name, value) in [
        ("jku", json!("https://evil.test/jwks.json")),
        ("jku", json!(format!("{}/.well-known/jwks.json", forge.issuer))),
        ("x5u", json!("https://evil.test/cert.pem")),
        ("jwk", jwk),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("AAAA")),
        ("x5t#S256", json!("AAAA")),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("cty", json!("JWT")),
    ] {
        rows.push(row(format!("{name}: {value}"), forge.with_header(name, value), Header));
    }
    rows
}

fn time(forge: &Forge) -> Rows {
    let now = forge.now;
    let claims = |changes: &[(&str, Value)]| forge.with_claims(changes);
    let mut rows = vec![
        row("exp now", claims(&[("exp", json!(now))]), Expired),
        row("exp a second ago", claims(&[("exp", json!(now - 1))]), Expired),
        row("exp in 1970", claims(&[("exp", json!(0))]), Expired),
        row("exp before iat", claims(&[("iat", json!(now + 4)), ("exp", json!(now - 60))]), Expired),
        row("a lifetime of 10 years", claims(&[("exp", json!(now + 315_360_000))]), TooLasting),
        row("a lifetime two seconds too long", claims(&[("exp", json!(now + forge.lifetime + 2))]), TooLasting),
        row(
            "made in 1970, to last until tomorrow",
            claims(&[("iat", json!(0)), ("exp", json!(now + 86_400))]),
            TooLasting,
        ),
    ];
    for claim in ["nbf", "iat", "auth_time"] {
        let changes = [(claim, json!(now + forge.future)), ("exp", json!(now + forge.future + 600))];
        rows.push(row(format!("{claim} in the future"), claims(&changes), NotYet));
    }
    for claim in ["exp", "nbf", "iat"] {
        rows.push(row(format!("no {claim}"), forge.without_claim(claim), Signature));
        for value in
            [json!("9999999999"), json!("0"), json!(true), json!(null), json!([now + 60]), json!({ "a": now + 60 })]
        {
            rows.push(row(format!("{claim}: {value}"), claims(&[(claim, value)]), Signature));
        }
    }
    rows
}

fn context(forge: &Forge) -> Rows {
    let issuer = &forge.issuer;
    let mut rows = Vec::new();
    for claim in ["iss", "aud"] {
        for other in [
            String::new(),
            format!("{issuer}/"),
            issuer.to_uppercase(),
            format!(" {issuer}"),
            "https://evil.test".to_owned(),
        ] {
            rows.push(row(format!("{claim} {other:?}"), forge.with_claims(&[(claim, json!(other))]), Context));
        }
    }
    rows.push(row(
        "of another place with the same key",
        {
            let other = json!("https://staging.example.com");
            forge.with_claims(&[("iss", other.clone()), ("aud", other)])
        },
        Context,
    ));
    rows.push(row("for another client", forge.with_claims(&[("client_id", json!("other"))]), Context));
    for claim in ["iss", "aud", "sub", "client_id", "jti", "sid", "gen", "auth_time"] {
        rows.push(row(format!("no {claim}"), forge.without_claim(claim), Signature));
        for value in [
            json!(null),
            json!([]),
            json!([issuer]),
            json!([issuer, "https://evil.test"]),
            json!({}),
            json!(1.5),
            json!(false),
        ] {
            rows.push(row(format!("{claim}: {value}"), forge.with_claims(&[(claim, value)]), Signature));
        }
    }
    for sub in ["", "nobody", "ada", "00000000-0000-0000-0000-00000000000g"] {
        rows.push(row(format!("sub {sub:?}"), forge.with_claims(&[("sub", json!(sub))]), Signature));
    }
    for typ in [
        "JWT",
        "",
        "at",
        "at+jwt ",
        "at+jwt;charset=utf-8",
        "refresh+jwt",
        "logout+jwt",
        "text/at+jwt",
        "dpop+jwt",
        "id+jwt",
    ] {
        rows.push(row(format!("typ {typ:?}"), forge.with_header("typ", json!(typ)), Header));
    }
    for typ in [json!(null), json!(1), json!(["at+jwt"])] {
        rows.push(row(format!("typ {typ}"), forge.with_header("typ", typ), Header));
    }
    rows.push(row("no typ", forge.without_header("typ"), Header));
    rows
}

fn crit(forge: &Forge) -> Rows {
    let mut rows = Vec::new();
    for crit in [
        json!(["exp"]),
        json!([]),
        json!("exp"),
        json!(["alg"]),
        json!(["b64"]),
        json!(["kid", "x"]),
        json!(null),
        json!({}),
    ] {
        rows.push(row(format!("crit {crit}"), forge.with_header("crit", crit), Header));
    }
    rows.push(row("b64 false, critical", forge.with_more(r#""b64":false,"crit":["b64"]"#, ""), Header));
    rows.push(row("b64 false", forge.with_more(r#""b64":false"#, ""), Header));
    rows
}

fn signature(forge: &Forge) -> Rows {
    let token = forge.honest();
    let (body, signature) = token.rsplit_once('.').unwrap();
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    let with = |signature: &[u8]| format!("{body}.{}", encode(signature));
    let mut rows = Vec::new();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        rows.push(row(format!("a bit of byte {at}"), with(&changed), Signature));
    }
    let (point, scalar) = bytes.split_at(32);
    let mut beyond = scalar.to_vec();
    add_order(&mut beyond);
    let identity: Vec<u8> = [&[1][..], &[0; 31]].concat();
    for (name, signature) in [
        ("zeros", vec![0; 64]),
        ("ones", vec![0xff; 64]),
        ("63 bytes", bytes[..63].to_vec()),
        ("65 bytes", [&bytes[..], &[0]].concat()),
        ("half", bytes[..32].to_vec()),
        ("twice", [&bytes[..], &bytes[..]].concat()),
        ("a zero before", [&[0], &bytes[..]].concat()),
        ("one byte", vec![0]),
        ("S and the order of the group added (RFC 8032, section 5.1.7)", [point, &beyond].concat()),
        ("S zero, R the identity", [&identity[..], &[0; 32]].concat()),
        ("S zero, R of order two", [&[0xec][..], &[0xff; 30], &[0x7f], &[0; 32]].concat()),
        ("S zero", [point, &[0; 32]].concat()),
        ("R and S swapped", [scalar, point].concat()),
        ("DER around it", [&[0x04, 0x40][..], &bytes].concat()),
    ] {
        rows.push(row(name, with(&signature), Signature));
    }
    let other = forge.with_claims(&[("gen", json!(2))]);
    let [header, claims, others] = other.split('.').collect::<Vec<_>>().try_into().unwrap();
    rows.push(row("of another token", format!("{body}.{others}"), Signature));
    rows.push(row("another token's claims", format!("{header}.{claims}.{signature}"), Signature));
    let typ = forge.with_header("typ", json!("at+JWT"));
    let other_header = typ.split('.').next().unwrap();
    rows.push(row("another token's header", format!("{other_header}.{}", token.split_once('.').unwrap().1), Signature));
    rows
}

/// Adds the order of the group to a little-endian scalar: the same point, by another number.
fn add_order(scalar: &mut [u8]) {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0;
    for (byte, order) in scalar.iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = u8::try_from(sum & 0xff).unwrap();
        carry = sum >> 8;
    }
}
