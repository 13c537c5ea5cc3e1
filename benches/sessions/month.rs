//! One person's month under one rule, one event after the other.

mod deeds;
mod pages;
mod requests;

use super::{
    DAY, Dice, HOUR, MINUTE, Millis, SECOND,
    browser::{Browser, FIRST_NAME},
    person::Person,
    queue::Queue,
    rates::Rates,
    rules::{Rule, Session, Token},
    thief::{Habit, Move, Thief},
};
use crate::{
    client::testimony::Entry,
    ended::{EndReason, Refusal},
};
use requests::{Answer, Request};

/// Of an access token.
pub const LIFETIME: Millis = 900 * SECOND;
/// Of a session. Where there is a thief it has none, so that the lifetime does not hide what the rule misses.
const ABSOLUTE_LIFETIME: Millis = 30 * DAY;
/// How long after it first came a thief can be noticed.
const WATCHED: Millis = 30 * DAY;
/// Everybody signs in at nine in the morning.
const LOGIN: Millis = 9 * HOUR;

/// What is simulated.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub seed: u64,
    pub rates: Rates,
    /// Without a thief. With one, until he has been watched for long enough.
    pub days: Millis,
    pub rule: Rule,
    pub thief: Option<Habit>,
    /// Whether the thief copies the storage along with the cookie.
    pub with_storage: bool,
}

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How often the browser was refused though nobody had stolen anything.
    pub false_sign_outs: u32,
    /// How often its session was past a lifetime.
    pub expired: u32,
    /// Requests that the browser sent.
    pub refreshes: u32,
    pub theft: Option<Theft>,
    /// What happened, line by line, if it was to be told.
    pub story: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theft {
    /// The session of the copy had ended before the thief first came.
    Futile,
    Unnoticed,
    /// The session ended as reused and the owner was told, so long after the thief first came.
    Noticed {
        after: Millis,
    },
}

/// Lives a month. `told`: with its story.
pub fn live(setting: &Setting, user: u64, told: bool) -> Outcome {
    let mut month = Month::new(setting, user, told);
    month.run();
    month.outcome
}

/// What dice are thrown for.
#[derive(Clone, Copy)]
enum Chance {
    Person,
    Thief,
    Crash,
    Loading,
    Jitter,
    Lock,
    Refresh,
    Use,
    LeftPage,
}

/// What happens on its own.
#[derive(Clone, Copy, Debug)]
enum Happening {
    /// A request reaches the server. `answer`: how long until the browser has the answer, if it comes.
    Arrives {
        request: Request,
        answer: Option<Millis>,
    },
    Answered {
        request: Request,
        answer: Answer,
    },
    Fails {
        request: Request,
    },
    /// A page has its code and begins.
    Boots {
        page: u32,
    },
    Rings {
        page: u32,
        ring: u32,
    },
    /// A refresh need not wait for the lock any more.
    Turn {
        page: u32,
    },
    /// An access token is used, after having been on its way for long.
    UsedLate {
        token: Token,
    },
    Stolen(Move),
}

struct Month<'a> {
    setting: &'a Setting,
    user: u64,
    told: bool,
    now: Millis,
    end: Millis,
    person: Person,
    browser: Browser,
    session: Box<dyn Session>,
    /// How many sessions there have been. Only the last one lives.
    sessions: u32,
    /// When the owner was last granted a token.
    owner_renewed: Millis,
    thief: Option<Thief>,
    entries: Entry,
    coming: Queue<Happening>,
    outcome: Outcome,
}

impl<'a> Month<'a> {
    fn new(setting: &'a Setting, user: u64, told: bool) -> Self {
        let dice = |what| Dice::named(&[setting.seed, user, what as u64]);
        let session = setting.rule.log_in(1, Some(FIRST_NAME), LOGIN, lifetime(setting));
        let mut month = Self {
            setting,
            user,
            told,
            now: LOGIN,
            end: if setting.thief.is_some() { Millis::MAX } else { LOGIN + setting.days * DAY },
            person: Person::new(dice(Chance::Person), setting.rates, LOGIN),
            browser: Browser::new(session.first(), LOGIN),
            session,
            sessions: 1,
            owner_renewed: LOGIN,
            thief: None,
            entries: 0,
            coming: Queue::new(),
            outcome: Outcome::default(),
        };
        if let Some(habit) = setting.thief {
            let (thief, copies_at) = Thief::new(habit, dice(Chance::Thief), LOGIN);
            month.thief = Some(thief);
            month.coming.plan(copies_at, Happening::Stolen(Move::Copy));
        }
        month.open(0);
        month
    }

    fn run(&mut self) {
        loop {
            let (deed_at, happening_at) = (self.person.next_at(), self.coming.next_at());
            self.now = deed_at.min(happening_at);
            if self.now >= self.end {
                break;
            }
            if happening_at > deed_at {
                let deed = self.person.act();
                self.carry_out(deed);
            } else if let Some(happening) = self.coming.pop() {
                self.happen(happening);
            }
        }
        if self.thief.is_some() {
            self.outcome.theft.get_or_insert(Theft::Unnoticed);
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Arrives { request, answer } => self.arrive(&request, answer),
            Happening::Answered { request, answer } => self.receive(&request, answer),
            Happening::Fails { request } if request.connection == self.browser.connection => {
                self.fail(request.page, request.attempt);
            }
            Happening::Fails { .. } => {}
            Happening::Boots { page } => self.boot(page),
            Happening::Rings { page, ring } => self.ring(page, ring),
            Happening::Turn { page } => self.take_turn(page),
            Happening::UsedLate { token } => self.hear(token),
            Happening::Stolen(what) => self.steal(what),
        }
    }

    /// The server hears from somebody who holds this token, or an access token that came with it.
    fn hear(&mut self, token: Token) {
        if token.session == self.sessions {
            self.session.hear(token, self.now);
        }
    }

    fn steal(&mut self, what: Move) {
        let Some(thief) = &mut self.thief else { return };
        let next = match what {
            Move::Copy => {
                let instance = self.browser.instance.filter(|_| self.setting.with_storage);
                vec![thief.copy(self.browser.jar.token(), instance, self.now)]
            }
            _ => thief.act(&mut *self.session, self.owner_renewed, what, self.now),
        };
        if let Some(began) = thief.began() {
            self.end = began + WATCHED;
        }
        for (at, what) in next {
            self.coming.plan(at, Happening::Stolen(what));
        }
        let over = self.session.is_over(self.now);
        self.tell(|| format!("thief: {what:?}, session over: {over}"));
    }

    /// The server said in so many words that the session is over. Whoever has not been robbed signs in again.
    fn signed_out(&mut self, slot: usize, why: Refusal) {
        self.tell(|| format!("signed out: {why}"));
        let reused = why == Refusal::Ended(EndReason::Reused);
        if let Some(thief) = self.thief.as_ref().filter(|thief| thief.has_copied()) {
            self.outcome.theft = Some(match thief.began() {
                None => Theft::Futile,
                Some(began) if reused => Theft::Noticed { after: self.now - began },
                Some(_) => Theft::Unnoticed,
            });
            self.end = self.now;
            return;
        }
        match why {
            Refusal::Expired => self.outcome.expired += 1,
            _ => self.outcome.false_sign_outs += 1,
        }
        self.sessions += 1;
        let instance = Some(self.browser.instance_or_new());
        self.session = self.setting.rule.log_in(self.sessions, instance, self.now, lifetime(self.setting));
        self.signed_in(slot);
    }

    /// Dice for this thing at this moment, the same under every rule.
    fn dice(&self, what: Chance, which: u32) -> Dice {
        Dice::named(&[self.setting.seed, self.user, what as u64, which.into(), self.now.unsigned_abs()])
    }

    fn tell(&mut self, what: impl FnOnce() -> String) {
        if self.told {
            let (day, hour, minute) = (self.now / DAY, self.now % DAY / HOUR, self.now % HOUR / MINUTE);
            let (second, ms) = (self.now % MINUTE / SECOND, self.now % SECOND);
            self.outcome.story.push(format!("day {day} {hour:02}:{minute:02}:{second:02}.{ms:03} {}", what()));
        }
    }
}

fn lifetime(setting: &Setting) -> Millis {
    if setting.thief.is_some() { Millis::MAX } else { ABSOLUTE_LIFETIME }
}
