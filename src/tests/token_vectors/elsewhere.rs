//! What is not in the tables, and why: nothing is left out in silence.

use std::fs;

enum Elsewhere {
    /// This test shows it.
    Shown(&'static str),
    /// It cannot happen here.
    Nothing(&'static str),
}

use Elsewhere::{Nothing, Shown};

const LIST: [(char, &str, Elsewhere); 17] = [
    (
        'A',
        "CR, LF and NUL in a header",
        Nothing("HTTP has no such header; the verifier itself is shown them, in the table"),
    ),
    (
        'B',
        "RS, PS and ES signatures in each other's place",
        Nothing("no code here verifies them; their names are in the table"),
    ),
    (
        'B',
        "a dictionary of weak secrets",
        Nothing("there is no shared secret to guess; three weak ones are in the table"),
    ),
    ('C', "requests to jku and x5u", Shown("the_server_has_no_client_that_could_fetch_a_key")),
    ('C', "x5c, x5t with a certificate that fits", Nothing("headers with them are refused unread, as the table shows")),
    ('C', "the key of a token that was rotated out", Shown("a_token_of_what_is_over_is_refused_like_any_other")),
    (
        'C',
        "the key of an emergency",
        Shown("after_an_emergency_nothing_that_another_key_signed_is_believed_and_nobody_is_signed_out"),
    ),
    ('D', "the edges of the leeway", Shown("a_token_of_ours_is_believed_for_its_lifetime_and_not_a_second_longer")),
    (
        'E',
        "the sub of a disabled user",
        Nothing("disabling ends the sessions, and their tokens are refused as revoked"),
    ),
    (
        'E',
        "tokens for CSRF, e-mail, reset or a pending second factor",
        Nothing("there are none; the one other kind, the refresh token, is shown"),
    ),
    ('E', "a refresh token as an access token", Shown("a_refresh_token_is_no_access_token")),
    (
        'E',
        "a sid that never was",
        Nothing("only our key could sign it, and a session's row outlives its access tokens"),
    ),
    ('E', "another user's sid", Nothing("only our key could sign it; the server function refuses it all the same")),
    (
        'G',
        "ECDSA: r and s of 0, 1, n-1, n, and s for n-s",
        Nothing("no code here verifies ECDSA; Ed25519's own twins are in the table"),
    ),
    ('G', "a denylist that a twin of a token slips past", Nothing("revocation is by session, never by token")),
    ('H', "WebSockets", Nothing("there are none")),
    (
        'H',
        "twenty uses at the moment of the end",
        Shown("of_twenty_uses_at_the_moment_that_a_token_runs_out_all_are_judged_alike"),
    ),
];

#[test]
fn what_is_not_in_the_tables_is_shown_by_a_test_that_exists_or_has_a_reason() {
    let sources: String = [
        "src/auth/access_token_tests.rs",
        "src/tests/clients.rs",
        "src/tests/token_vectors.rs",
        "src/tests/token_vectors/transport.rs",
        "src/tests/key_rotation.rs",
    ]
    .map(|file| fs::read_to_string(file).unwrap())
    .concat();
    for (group, what, elsewhere) in LIST {
        assert!(('A'..='H').contains(&group));
        match elsewhere {
            Shown(test) => assert!(sources.contains(&format!("fn {test}()")), "{what}: {test}"),
            Nothing(why) => assert!(why.len() > 10, "{what}"),
        }
    }
}
