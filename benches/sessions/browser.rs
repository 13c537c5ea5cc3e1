//! A browser: its cookie jar and the list of unanswered refreshes, both of which a crash may put back, what it calls itself, and the pages in its tabs.

use super::{MINUTE, Millis, rules::Token};
use crate::client::{
    deadline::Now,
    machine::Machine,
    testimony::{Entry, Testimony},
};

/// How far back a crash can take what is on disk.
pub const FLUSH: Millis = MINUTE / 2;

/// With which it first signs in.
pub const FIRST_NAME: u32 = 1;

/// The cookie, and what it was a while ago.
#[derive(Debug)]
pub struct Jar {
    /// Never empty; the newest last.
    kept: Vec<(Millis, Token)>,
}

impl Jar {
    /// A login is taken to be on disk.
    pub fn new(token: Token, now: Millis) -> Self {
        Self { kept: vec![(now, token)] }
    }

    pub fn token(&self) -> Token {
        self.kept[self.kept.len() - 1].1
    }

    pub fn keep(&mut self, token: Token, now: Millis) {
        if self.token() == token {
            return;
        }
        let settled = self.kept.iter().rposition(|(at, _)| *at <= now - FLUSH).unwrap_or(0);
        self.kept.drain(..settled);
        self.kept.push((now, token));
    }

    pub fn put_back(&mut self, to: Millis) {
        let lasting = self.kept.iter().filter(|(at, _)| *at <= to).count().max(1);
        self.kept.truncate(lasting);
    }
}

/// The list in storage.
#[derive(Debug, Default)]
pub struct List(Vec<Listed>);

#[derive(Debug)]
struct Listed {
    entry: Entry,
    at: Millis,
    struck_at: Option<Millis>,
}

impl List {
    pub fn write(&mut self, entry: Entry, now: Millis) {
        self.0.retain(|listed| listed.struck_at.is_none_or(|at| at > now - FLUSH));
        self.0.push(Listed { entry, at: now, struck_at: None });
    }

    pub fn strike(&mut self, entries: &[Entry], now: Millis) {
        for listed in self.0.iter_mut().filter(|listed| entries.contains(&listed.entry)) {
            listed.struck_at.get_or_insert(now);
        }
    }

    fn entries(&self) -> Vec<Entry> {
        self.0.iter().filter(|listed| listed.struck_at.is_none()).map(|listed| listed.entry).collect()
    }

    pub fn put_back(&mut self, to: Millis) {
        self.0.retain(|listed| listed.at <= to);
        for listed in &mut self.0 {
            listed.struck_at = listed.struck_at.filter(|at| *at <= to);
        }
    }
}

/// A page in a tab, the real machine and the real testimony in it.
#[derive(Debug, Default)]
pub struct Page {
    /// New each time it loads; 0 in a tab that is empty.
    pub number: u32,
    /// None before it has loaded.
    pub machine: Option<Machine>,
    pub testimony: Testimony,
    /// With which refresh token the access token came that this page holds.
    pub access: Option<Token>,
    /// Tells the timer that is set from those that were.
    pub ring: u32,
    /// The refresh that is sent.
    pub sent: Option<u32>,
    /// The refresh that waits for the lock, and since when.
    pub queued: Option<(u32, Millis)>,
}

impl Page {
    pub fn is_there(&self) -> bool {
        self.number > 0
    }
}

#[derive(Debug)]
pub struct Browser {
    pub jar: Jar,
    pub list: List,
    /// In storage, until that is cleared.
    pub instance: Option<u32>,
    names: u32,
    pub pages: Vec<Page>,
    /// The page that holds the lock.
    pub lock: Option<u32>,
    /// On which answers travel: none arrives on one that a sleep, a crash or a new login has cut.
    pub connection: u32,
    pub running: bool,
    pub awake: bool,
    /// How long it has slept, which the steady clock does not count.
    slept: Millis,
    slept_from: Millis,
    pages_loaded: u32,
}

impl Browser {
    pub fn new(token: Token, now: Millis) -> Self {
        Self {
            jar: Jar::new(token, now),
            list: List::default(),
            instance: Some(FIRST_NAME),
            names: FIRST_NAME,
            pages: vec![Page::default()],
            lock: None,
            connection: 0,
            running: true,
            awake: true,
            slept: 0,
            slept_from: now,
            pages_loaded: 0,
        }
    }

    pub fn clocks(&self, now: Millis) -> Now {
        Now { wall: now, steady: now - self.slept }
    }

    pub fn slot(&self, number: u32) -> Option<usize> {
        self.pages.iter().position(|page| page.is_there() && page.number == number)
    }

    /// Begins to load a page, instead of what the tab showed before. Returns its number.
    pub fn load(&mut self, slot: usize) -> u32 {
        self.leave(slot);
        self.pages_loaded += 1;
        self.pages[slot].number = self.pages_loaded;
        self.pages_loaded
    }

    /// The page in this tab goes away, and the lock it may hold with it.
    pub fn leave(&mut self, slot: usize) {
        let page = std::mem::take(&mut self.pages[slot]);
        self.lock.take_if(|holder| *holder == page.number);
    }

    /// What it calls itself at a login: a new name, if it has none.
    pub fn instance_or_new(&mut self) -> u32 {
        let new = self.names + 1;
        let name = *self.instance.get_or_insert(new);
        self.names = self.names.max(name);
        name
    }

    /// The list, unless it was lost with the name.
    pub fn listed(&self) -> Option<Vec<Entry>> {
        self.instance.map(|_| self.list.entries())
    }

    pub fn clear_storage(&mut self) {
        self.list = List::default();
        self.instance = None;
    }

    pub fn sleep(&mut self, now: Millis) {
        self.awake = false;
        self.slept_from = now;
        self.connection += 1;
    }

    pub fn wake(&mut self, now: Millis) {
        self.awake = true;
        self.slept += now - self.slept_from;
    }

    /// The tabs are remembered, their pages are gone.
    pub fn stop(&mut self) {
        self.running = false;
        self.connection += 1;
        self.lock = None;
        self.pages.fill_with(Page::default);
    }
}
