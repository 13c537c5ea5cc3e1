//! A world: which rule and which client, with what settings, and how much may go wrong in one run.

use std::fmt;

use super::time::{LATE, NEVER, STEP};
use crate::client::machine::BREAKER;

#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
#[derive(Clone, Copy, Debug)]
pub struct World {
    pub name: &'static str,
    pub rule: Rule,
    pub client: Client,
    /// Whether the browser keeps a name for itself, and whether a thief has copied it.
    pub named: bool,
    pub thief_is_named: bool,
    /// Tabs at the start, and at most.
    pub tabs: usize,
    /// Times in milliseconds, as the server is configured.
    pub settle: i64,
    pub access_ttl: i64,
    pub idle_ttl: i64,
    pub absolute_ttl: i64,
    /// 0 to 999: what every token's renewal is spread by.
    pub jitter: u16,
    /// Whether the server reads a row and changes it in two steps, with others in between.
    pub two_steps: bool,
    pub lock: Lock,
    /// Whether a sleep stops the browser before it has written its jar to disk, and answers on their way wait for it to wake.
    pub dozes: bool,
    /// In steps: how late a request may reach the server.
    pub late: u8,
    /// In steps: how long a word from tab to tab may take. One that took longer was lost.
    pub words: u8,
    /// Whether a thief who comes back once must be seen in the end, whatever happened before.
    pub notices: bool,
    /// How often each unusual thing may happen in one run.
    pub bounds: Bounds,
    /// Whether a person only signs in on a page that is signed out.
    pub in_turn: bool,
    /// What the machine may be expected to need at most, from any state, once the network works.
    pub patience: Patience,
}

/// What the server does with a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    Ours,
    /// A token is good once.
    StrictSingleUse,
    /// The parent is answered with the same successor for 30 s, and then never more.
    Window30,
    /// The parent is answered with the same successor for ever.
    OneBehindForEver,
    /// The parent is answered with a successor of its own for 30 s.
    Siblings,
    /// Whoever loses a race is refused, and a refusal clears the cookie.
    LoserClears,
    /// Ours, but a token that is delivered again counts from when it was delivered first.
    FirstDeliveryCounts,
}

/// What the browser does. All but the first are slips that are easily made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    Ours,
    /// Any answer empties the list of unanswered refreshes.
    ForgetsAtAnyAnswer,
    /// An answer that brings an access token only counts as an answer to the list.
    CountsMints,
    /// A page testifies by a list that storage may have lost.
    TrustsItsList,
    /// A page that has just loaded testifies at once.
    TestifiesAtOnce,
    /// No page ever says that it is in step.
    NeverTestifies,
    /// An answer is taken whether or not it is still waited for.
    TakesLateAnswers,
    /// No answer counts as signed out.
    FailureIsSignOut,
    /// Nothing stops refreshes that no deadline asked for.
    NoBreaker,
    /// That the person has signed out is remembered only until the server has answered.
    ForgetsLogout,
    /// A login does not wait for what is under way.
    LoginDoesNotWait,
    /// A page that comes back is shown at once.
    ShowsAtOnce,
    /// A sign-out does not say of which session.
    LogsOutWhatever,
}

/// What a login and a refresh wait for. Two refreshes need not wait for each other: that only saves work, and every order is explored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// One lock, which a refresh takes if it is free and does without if it is not, and which a login waits for.
    OfRefreshes,
    /// Ours: a login waits for everything that is under way in the browser, and everything else waits for a login.
    Gate,
}

/// How often each unusual thing may happen in one run; [`ANY`] is without bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Bounds {
    /// A request of which no answer is heard: it or its answer is lost or comes too late.
    pub failures: u8,
    /// A request arrives twice, the second time at any time while it still can.
    pub duplicates: u8,
    pub crashes: u8,
    /// A step that a timer in a visible tab rings late.
    pub late_timers: u8,
    /// A page is loaded anew.
    pub reloads: u8,
    /// The device sleeps.
    pub sleeps: u8,
    /// The wall clock is set.
    pub jumps: u8,
    /// A tab goes to the back and comes to the front.
    pub hides: u8,
    /// A page is put away and comes back.
    pub put_aways: u8,
    /// The network comes back, says the browser.
    pub onlines: u8,
    pub logins: u8,
    pub logouts: u8,
    /// Storage is cleared under open pages, for good.
    pub clearings: u8,
    /// More answers in a row are lost than the server counts.
    pub bad_hours: u8,
    /// What the thief does with tokens: refreshes, and bursts of them.
    pub thefts: u8,
}

impl Bounds {
    /// Nothing unusual.
    pub const NOTHING: Self = Self {
        failures: 0,
        duplicates: 0,
        crashes: 0,
        late_timers: 0,
        reloads: 0,
        sleeps: 0,
        jumps: 0,
        hides: 0,
        put_aways: 0,
        onlines: 0,
        logins: 0,
        logouts: 0,
        clearings: 0,
        bad_hours: 0,
        thefts: 0,
    };
}

/// What there is, and how often each unusual thing may happen.
impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tabs, settle, access_ttl, late, .. } = self;
        let seconds = |milliseconds: i64| milliseconds / 1_000;
        write!(f, "tabs: {tabs}, SETTLE: {} s, LATE: {} s, ", seconds(*settle), seconds(i64::from(*late) * STEP))?;
        write!(f, "access: {} s", seconds(*access_ttl))?;
        let bounds = format!("{:?}", self.bounds);
        let bounds = bounds.trim_start_matches("Bounds { ").trim_end_matches(" }").split(", ");
        for bound in bounds.filter(|bound| !bound.ends_with(": 0")) {
            write!(f, ", {}", bound.replace('_', " ").replace(": 255", ": any"))?;
        }
        Ok(())
    }
}

pub const ANY: u8 = u8::MAX;

/// How long, and with how many refreshes a tab, an honest browser may take to be signed in with a working token.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Milliseconds.
    pub time: i64,
    pub refreshes: u32,
}

impl Default for World {
    fn default() -> Self {
        Self {
            name: "",
            rule: Rule::Ours,
            client: Client::Ours,
            named: true,
            thief_is_named: false,
            tabs: 1,
            settle: 8 * STEP,
            access_ttl: 10 * STEP,
            idle_ttl: NEVER,
            absolute_ttl: NEVER,
            jitter: 0,
            two_steps: false,
            lock: Lock::Gate,
            dozes: false,
            late: LATE,
            words: 1,
            notices: false,
            in_turn: false,
            bounds: Bounds::NOTHING,
            patience: Patience { time: 120_000, refreshes: BREAKER as u32 + 1 },
        }
    }
}

/// Renewals come long enough after one another for a thief to rotate in between, later than SETTLE before the next.
pub fn long_lived(world: World) -> World {
    World { access_ttl: 25 * STEP, notices: true, ..world }
}
