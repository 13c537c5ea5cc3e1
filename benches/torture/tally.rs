//! What is counted while a fault lasts, and the line that is printed of it.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{http::Silence, program::Trouble};

#[derive(Default)]
pub struct Tally {
    refreshes: AtomicU64,
    logins: AtomicU64,
    revocations: AtomicU64,
    /// How often somebody had to ask again.
    again: AtomicU64,
    /// How often that was because a request was not answered that had been read, or may have been.
    unanswered: AtomicU64,
    refused: AtomicU64,
    revoked_accepted: AtomicU64,
    lost: AtomicU64,
    /// What went wrong, in words, with how often it did.
    words: Mutex<BTreeMap<String, u64>>,
}

pub const HEAD: &str = "| fault | trials | logins | revocations | honest refreshes | asked again | refused | revoked accepted | lost | verdict |\n|---|---|---|---|---|---|---|---|---|---|";

impl Tally {
    pub fn refreshed(&self) {
        one_more(&self.refreshes);
    }

    pub fn logged_in(&self) {
        one_more(&self.logins);
    }

    pub fn revoked(&self) {
        one_more(&self.revocations);
    }

    /// A request that was answered with trouble: a 503 that says when to come again, or a proxy's word. Anything else is a loss.
    pub fn again(&self, what: &str, Trouble { status, says_when }: Trouble) {
        one_more(&self.again);
        match status {
            503 if says_when => {}
            503 => self.lost(&format!("{what}: 503 without Retry-After")),
            502 | 504 => {}
            _ => self.lost(&format!("{what}: {status}")),
        }
    }

    /// A request that was not answered.
    pub fn silent(&self, silence: Silence) {
        one_more(&self.again);
        if silence != Silence::Unread {
            one_more(&self.unanswered);
        }
    }

    /// Somebody honest was refused.
    pub fn refused(&self, what: &str, code: &str) {
        one_more(&self.refused);
        self.say(&format!("{what} refused: {code}"));
    }

    /// A token of a session that is over was accepted, later than is promised.
    pub fn revoked_accepted(&self, what: &str) {
        one_more(&self.revoked_accepted);
        self.say(what);
    }

    /// What was promised, and did not hold.
    pub fn lost(&self, what: &str) {
        one_more(&self.lost);
        self.say(what);
    }

    pub fn asked_again(&self) -> u64 {
        self.again.load(Ordering::Relaxed)
    }

    pub fn unanswered(&self) -> u64 {
        self.unanswered.load(Ordering::Relaxed)
    }

    fn say(&self, what: &str) {
        *self.words.lock().unwrap_or_else(PoisonError::into_inner).entry(what.to_owned()).or_default() += 1;
    }

    /// Prints the line; whether nothing was lost.
    pub fn print(&self, fault: &str, trials: usize) -> bool {
        let [logins, revocations, refreshes, again, refused, accepted, lost] = [
            &self.logins,
            &self.revocations,
            &self.refreshes,
            &self.again,
            &self.refused,
            &self.revoked_accepted,
            &self.lost,
        ]
        .map(|count| count.load(Ordering::Relaxed));
        let good = refused + accepted + lost == 0;
        let verdict = if good { "held" } else { "LOST" };
        println!(
            "| {fault} | {trials} | {logins} | {revocations} | {refreshes} | {again} | {refused} | {accepted} | {lost} | {verdict} |"
        );
        for (what, times) in &*self.words.lock().unwrap_or_else(PoisonError::into_inner) {
            println!("    {times} x {what}");
        }
        good
    }
}

fn one_more(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}
