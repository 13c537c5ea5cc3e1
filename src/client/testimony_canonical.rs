//! The testimony as the model checker wants it: now is always 0, and what nothing can tell apart is equal.

use super::*;

impl Testimony {
    /// So many milliseconds pass by the steady clock.
    pub(crate) fn pass(&mut self, steady: i64) {
        self.seen.iter_mut().for_each(|(_, seen)| *seen -= steady);
    }

    /// Renames the entries, drops those without a name, and forgets by how much an entry is older than `oldest`.
    pub(crate) fn make_canonical(&mut self, name: impl Fn(Entry) -> Option<Entry>, oldest: i64) {
        let renamed = self.seen.iter().filter_map(|(entry, seen)| Some((name(*entry)?, (*seen).max(-oldest))));
        self.seen = renamed.collect();
        self.seen.sort_unstable();
    }
}
