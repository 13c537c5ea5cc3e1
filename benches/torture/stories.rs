//! Short histories that nobody lived, each of one session and with what a check must say of it. The recorded ones show what a server does; these show that the
//! checks can tell.

use super::{
    checker::{Check, evidence, lifetimes},
    record::{
        Answer, Event, Moment,
        Operation::{self, Login, Me, Refresh},
        Struck,
    },
};

pub struct Story {
    pub name: &'static str,
    pub check: Check,
    pub is_wrong: bool,
    lines: &'static [Line],
    pub struck: &'static [Struck],
}

/// What was done, the generation that was shown, from when to when, and what came of it.
type Line = (Operation, u32, Moment, Moment, Came);

enum Came {
    Token(u32),
    Done,
    Refused(&'static str),
    Nothing,
}

use Came::{Done, Nothing, Refused, Token};

const fn right(name: &'static str, check: Check, lines: &'static [Line]) -> Story {
    Story { name, check, is_wrong: false, lines, struck: &[] }
}

const fn wrong(name: &'static str, check: Check, lines: &'static [Line]) -> Story {
    Story { is_wrong: true, ..right(name, check, lines) }
}

const PAUSE: Struck = Struck { instance: None, begin: 17_000, end: 19_000 };

pub const STORIES: [Story; 13] = [
    wrong(
        "accused though it only advanced",
        evidence,
        &[
            (Refresh, 1, 3_000, 3_010, Token(2)),
            (Refresh, 2, 6_000, 6_010, Token(3)),
            (Refresh, 3, 9_000, 9_010, Refused("reused")),
        ],
    ),
    right(
        "accused of a token two behind",
        evidence,
        &[
            (Refresh, 1, 3_000, 3_010, Token(2)),
            (Refresh, 2, 6_000, 6_010, Token(3)),
            (Refresh, 1, 9_000, 9_010, Refused("reused")),
        ],
    ),
    right(
        "accused of a token two behind, by a rotation whose answer was lost",
        evidence,
        &[
            (Refresh, 1, 3_000, 3_010, Token(2)),
            (Refresh, 2, 6_000, 6_010, Nothing),
            (Refresh, 1, 9_000, 9_010, Refused("reused")),
        ],
    ),
    right(
        "told so with the current token, after whoever was accused had got no answer",
        evidence,
        &[
            (Refresh, 1, 3_000, 3_010, Token(2)),
            (Refresh, 2, 6_000, 6_010, Token(3)),
            (Refresh, 1, 9_000, 9_010, Nothing),
            (Refresh, 3, 9_500, 9_510, Refused("reused")),
        ],
    ),
    wrong(
        "accused of the parent of a token that was only answered once more",
        evidence,
        &[
            (Refresh, 1, 3_000, 3_010, Token(2)),
            (Refresh, 2, 3_500, 3_510, Token(2)),
            (Refresh, 1, 9_000, 9_010, Refused("reused")),
        ],
    ),
    wrong(
        "accused of a token that the next went past only afterwards",
        evidence,
        &[
            (Refresh, 1, 3_000, 3_010, Token(2)),
            (Refresh, 1, 6_000, 6_010, Refused("reused")),
            (Refresh, 2, 6_500, 6_510, Nothing),
        ],
    ),
    right(
        "accused of the parent of a token that was used when it had settled",
        evidence,
        &[
            (Refresh, 1, 3_000, 3_010, Token(2)),
            (Me, 2, 5_100, 5_110, Done),
            (Refresh, 1, 9_000, 9_010, Refused("reused")),
        ],
    ),
    wrong(
        "accused of the parent of a token that was used at once",
        evidence,
        &[
            (Refresh, 1, 3_000, 3_010, Token(2)),
            (Me, 2, 4_000, 4_010, Done),
            (Refresh, 1, 9_000, 9_010, Refused("reused")),
        ],
    ),
    wrong(
        "accused of the parent of a token that was refused",
        evidence,
        &[
            (Refresh, 1, 3_000, 3_010, Token(2)),
            (Me, 2, 6_000, 6_010, Refused("invalid_token")),
            (Refresh, 1, 9_000, 9_010, Refused("reused")),
        ],
    ),
    right(
        "expired at the end",
        lifetimes,
        &[(Login, 0, 0, 10, Token(1)), (Refresh, 1, 20_100, 20_110, Refused("expired"))],
    ),
    wrong(
        "expired a second before the end",
        lifetimes,
        &[(Login, 0, 0, 10, Token(1)), (Refresh, 1, 19_040, 19_050, Refused("expired"))],
    ),
    Story {
        struck: &[PAUSE],
        ..right(
            "expired a second before the end, where a pause may have set the clock wrong",
            lifetimes,
            &[(Login, 0, 0, 10, Token(1)), (Refresh, 1, 19_040, 19_050, Refused("expired"))],
        )
    },
    Story {
        struck: &[PAUSE],
        ..wrong(
            "granted long after the end, pause or not",
            lifetimes,
            &[(Login, 0, 0, 10, Token(1)), (Refresh, 1, 22_000, 22_010, Token(2))],
        )
    },
];

impl Story {
    pub fn events(&self) -> Vec<Event> {
        self.lines.iter().map(event).collect()
    }
}

fn event((operation, shown, begin, end, came): &Line) -> Event {
    let answer = match came {
        Token(generation) => Answer::Token(*generation, format!("of generation {generation}")),
        Done => Answer::Done,
        Refused(code) => Answer::Refused((*code).to_owned()),
        Nothing => Answer::Open,
    };
    Event { session: 0, instance: 0, operation: *operation, shown: *shown, begin: *begin, end: *end, answer }
}
