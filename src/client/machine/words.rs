//! What the machine hears, and what it says.

use crate::{client::deadline::Now, ended::Refusal};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The page has loaded. `signed_in`: by what the server rendered, or by what this browser remembers. `session`: the one that the
    /// server rendered it for.
    Boot {
        signed_in: bool,
        session: Option<String>,
    },
    Timer,
    /// The tab came to the front.
    Shown,
    Hidden,
    /// The browser puts the page away: into the page cache, or frozen. It may come back at any time, or never.
    PutAway,
    /// The page is back. `remembered`: the session that this browser remembers by now.
    Back {
        remembered: Option<String>,
    },
    Online,
    /// A call needs a token.
    Wanted,
    /// Another tab has reason to think that nobody is signed in any more.
    Doubted,
    /// A call was refused with this token.
    Unauthorized {
        number: u32,
    },
    /// A refresh was answered. `lifetime` in milliseconds.
    Answered {
        attempt: u32,
        session: String,
        lifetime: i64,
    },
    /// A refresh was refused in so many words.
    Refused {
        attempt: u32,
        why: Refusal,
    },
    /// A refresh got no answer, or one that says nothing about the session.
    Failed {
        attempt: u32,
        retry_after: Option<i64>,
    },
    /// The person signed in or up on this page.
    LoggedIn {
        sent: Now,
        session: String,
        lifetime: i64,
    },
    /// The person signs out on this page.
    LoggedOut,
    /// Another tab has a new token, which came along. `sent` by the wall clock, which tabs share.
    Handed {
        session: String,
        sent: i64,
        lifetime: i64,
    },
    /// Another tab signed in, and could not hand its token over.
    InElsewhere {
        session: String,
    },
    /// Another tab learned that a session is over.
    OverElsewhere {
        session: Option<String>,
        why: Option<Refusal>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Send a refresh and report back with this number.
    Refresh { attempt: u32 },
    /// Keep the token that came with the event, under this number.
    Keep { number: u32 },
    /// Forget the token.
    Forget,
    /// Ring in so many milliseconds, instead of whenever the timer was set for; `None`: not at all.
    Ring(Option<i64>),
    /// Make a call that needs a token, to learn whether it is still good.
    Look,
    /// Remember in this browser that somebody is signed in, or forget that it was with this page's session.
    Remember(bool),
    /// Cover the page, or show it again.
    Veil(bool),
    /// Hand the token to the other tabs.
    Hand,
    /// Tell the other tabs that this session is over.
    TellOver { session: Option<String>, why: Option<Refusal> },
}

/// What a call that needs a token gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supply {
    Token(u32),
    Wait,
    None,
}
