//! The browser's testimony: whether a page may tell the server that no refresh of its browser is unanswered. Pure.
//!
//! The server cannot tell a lost answer from a thief who refreshed first and then kept quiet. The browser can, as long as it is sure: every refresh is listed
//! in storage, which the tabs share, before it is sent, and struck off when it is answered. A refresh that got no answer may still reach the server for a while, so
//! its entry stays until a refresh is answered that was sent when it could not any more.
//!
//! Ages are counted from when this page first saw an entry, by its own steady clock: the wall clock may jump, and each page has a
//! steady clock of its own. That is never too short.

// An answer that brings no new refresh token leaves its refresh on the list as well: the server has changed nothing for it, so a copy of it that a proxy or the browser
// made, and that comes a moment later, could still rotate. The copy of one that brought a token finds itself holding the parent.

/// A refresh is given up after 15 s (ABORT) and may reach the server up to 60 s after it was sent (LATE), in milliseconds.
pub const IN_DOUBT: i64 = 75_000;

/// What names a refresh in the list: random, and meaningless to anybody else.
pub type Entry = u64;

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Testimony {
    /// Whether the last refresh of this page, or its login, was answered. Not for a page that has just loaded: a crash may have lost the list.
    answered: bool,
    /// Every refresh that is listed, and when this page first saw it.
    seen: Vec<(Entry, i64)>,
}

impl Testimony {
    /// A refresh is about to be sent, and is on the list as `own`. `listed`: the whole list; `None` where there is no storage. Says whether this page
    /// is in step.
    pub fn sends(&mut self, own: Entry, listed: Option<&[Entry]>, steady: i64) -> bool {
        let answered = std::mem::take(&mut self.answered);
        let listed_at_all = listed.is_some();
        let listed = listed.unwrap_or_default();
        self.seen.retain(|(entry, _)| listed.contains(entry));
        for &entry in listed {
            if self.seen.iter().all(|(known, _)| *known != entry) {
                self.seen.push((entry, steady));
            }
        }
        let alone = self.seen.iter().all(|(entry, _)| *entry == own);
        answered && listed_at_all && alone
    }

    /// The refresh was answered with a new refresh token, or refused for good. Says what to strike off the list: its own entry, and those that can
    /// reach the server no more.
    pub fn hears(&mut self, own: Entry) -> Vec<Entry> {
        self.answered = true;
        let Some(sent) = self.seen.iter().find(|(entry, _)| *entry == own).map(|(_, sent)| *sent) else {
            return vec![own];
        };
        let settled = |&(entry, first_seen): &(Entry, i64)| entry == own || first_seen + IN_DOUBT <= sent;
        let struck = self.seen.iter().filter(|entry| settled(entry)).map(|(entry, _)| *entry).collect();
        self.seen.retain(|entry| !settled(entry));
        struck
    }

    /// A login was answered: its session has had no refresh before.
    pub fn enters(&mut self) {
        self.answered = true;
    }
}

#[cfg(test)]
#[path = "testimony_canonical.rs"]
mod canonical;
#[cfg(test)]
mod tests {
    use super::*;

    /// A browser with one list and the pages that share it.
    #[derive(Default)]
    struct List(Vec<Entry>);

    impl List {
        fn send(&mut self, page: &mut Testimony, entry: Entry, steady: i64) -> bool {
            self.0.push(entry);
            page.sends(entry, Some(&self.0), steady)
        }

        fn hear(&mut self, page: &mut Testimony, entry: Entry) {
            let struck = page.hears(entry);
            self.0.retain(|entry| !struck.contains(entry));
        }
    }

    #[test]
    fn a_page_that_has_just_loaded_gives_none_and_then_it_does() {
        let (mut list, mut page) = (List::default(), Testimony::default());
        assert!(!list.send(&mut page, 1, 0));
        list.hear(&mut page, 1);
        assert!(list.send(&mut page, 2, 100_000));
        list.hear(&mut page, 2);
        assert!(list.0.is_empty(), "{:?}", list.0);
    }

    #[test]
    fn a_page_that_signed_in_gives_it_from_the_start() {
        let (mut list, mut page) = (List::default(), Testimony::default());
        page.enters();
        assert!(list.send(&mut page, 1, 100_000));
    }

    #[test]
    fn an_unanswered_refresh_silences_every_page_until_it_can_arrive_no_more() {
        let mut list = List::default();
        let [mut page, mut other] = [Testimony::default(), Testimony::default()];
        for (page, entry) in [(&mut page, 1), (&mut other, 2)] {
            list.send(page, entry, 0);
            list.hear(page, entry);
        }
        assert!(list.send(&mut page, 3, 100_000), "this one gets no answer");
        assert!(!list.send(&mut other, 4, 100_001));
        list.hear(&mut other, 4);
        assert_eq!(list.0, [3], "an answer to a request sent a moment later proves nothing about it");
        assert!(!list.send(&mut page, 5, 100_000 + IN_DOUBT - 1));
        list.hear(&mut page, 5);
        assert_eq!(list.0, [3]);
        assert!(!list.send(&mut other, 6, 100_001 + IN_DOUBT));
        list.hear(&mut other, 6);
        assert!(list.0.is_empty(), "{:?}", list.0);
        assert!(list.send(&mut other, 7, 100_002 + IN_DOUBT));
    }

    #[test]
    fn a_refresh_that_was_given_up_keeps_its_own_page_silent() {
        let (mut list, mut page) = (List::default(), Testimony::default());
        page.enters();
        assert!(list.send(&mut page, 1, 0));
        assert!(!list.send(&mut page, 2, 200_000), "not answered since");
        list.hear(&mut page, 2);
        assert!(list.send(&mut page, 3, 200_001));
    }

    #[test]
    fn a_refresh_that_brought_no_refresh_token_stays_on_the_list_until_a_later_one_did() {
        let (mut list, mut page) = (List::default(), Testimony::default());
        page.enters();
        assert!(list.send(&mut page, 1, 0), "answered, and minted only: nobody calls `hears`");
        assert!(!list.send(&mut page, 2, IN_DOUBT));
        list.hear(&mut page, 2);
        assert!(list.0.is_empty(), "{:?}", list.0);
        assert!(list.send(&mut page, 3, IN_DOUBT + 1));
    }

    #[test]
    fn an_entry_counts_from_when_it_was_first_seen_since_nothing_else_is_known_of_it() {
        let mut page = Testimony::default();
        page.sends(1, Some(&[9, 1]), 0);
        assert_eq!(page.hears(1), [1]);
        page.sends(2, Some(&[9, 2]), IN_DOUBT);
        assert_eq!(page.hears(2), [9, 2]);
    }

    #[test]
    fn without_storage_there_is_none() {
        let mut page = Testimony::default();
        page.enters();
        assert!(!page.sends(1, None, 0));
        assert_eq!(page.hears(1), [1]);
        assert!(!page.sends(2, None, 100_000));
    }

    #[test]
    fn what_another_page_struck_off_is_forgotten() {
        let mut page = Testimony::default();
        page.enters();
        assert!(!page.sends(1, Some(&[9, 1]), 0));
        page.hears(1);
        assert!(page.sends(2, Some(&[2]), 1));
    }
}
