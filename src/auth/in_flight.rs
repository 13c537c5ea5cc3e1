//! Tries that this instance has counted and not yet seen through. One that finds the count full of these waits for what becomes of them, so that many right
//! passwords at once are not taken for guesses, and no guess is looked at for it that would not have been.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, futures::OwnedNotified};

use crate::store::Hash;

#[derive(Debug, Default)]
pub struct InFlight(Mutex<All>);

#[derive(Debug, Default)]
struct All {
    under: HashMap<Hash, Under>,
    taken_back: TakenBack,
}

/// How many tries were ever taken back, under keys of a handful each: who waits under one key need not look again for what happens under all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakenBack([u32; HANDFULS]);

const HANDFULS: usize = 64;

impl Default for TakenBack {
    fn default() -> Self {
        Self([0; HANDFULS])
    }
}

impl TakenBack {
    /// Keys are as good as random but for the first byte, which is their kind.
    fn of(&mut self, key: &Hash) -> &mut u32 {
        &mut self.0[usize::from(key[1]) % HANDFULS]
    }
}

/// What is in flight under one key.
#[derive(Debug, Default)]
struct Under {
    tries: u32,
    /// Tells those who wait that one try is taken back or that none is left in flight.
    news: Arc<Notify>,
}

/// When it may be worth to try again.
enum News {
    Now,
    Later(OwnedNotified),
    Never,
}

/// A try in flight, until it is dropped.
#[derive(Debug)]
pub struct UnderWay<'a> {
    all: &'a InFlight,
    keys: Vec<Hash>,
}

impl InFlight {
    pub fn begin(&self, keys: Vec<Hash>) -> UnderWay<'_> {
        let mut all = self.lock();
        for key in &keys {
            all.under.entry(*key).or_default().tries += 1;
        }
        UnderWay { all: self, keys }
    }

    /// How many tries were ever taken back. To be asked before one is counted that may have to wait.
    pub fn taken_back(&self) -> TakenBack {
        self.lock().taken_back
    }

    /// Waits until one of the tries under a key may have been taken back since so many were. `false`: even if all were there would be `too_many` too many, or more.
    pub async fn wait(&self, key: &Hash, too_many: u32, taken_back: TakenBack) -> bool {
        match self.news(key, too_many, taken_back) {
            News::Now => true,
            News::Never => false,
            News::Later(told) => {
                told.await;
                true
            }
        }
    }

    /// Whether waiting may help now.
    pub fn may_help(&self, key: &Hash, too_many: u32, taken_back: TakenBack) -> bool {
        !matches!(self.news(key, too_many, taken_back), News::Never)
    }

    fn news(&self, key: &Hash, too_many: u32, mut taken_back: TakenBack) -> News {
        let mut all = self.lock();
        if all.taken_back.of(key) != taken_back.of(key) {
            return News::Now;
        }
        let under = all.under.get(key).filter(|under| under.tries > too_many);
        under.map_or(News::Never, |under| News::Later(Arc::clone(&under.news).notified_owned()))
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UnderWay<'_> {
    /// It was taken back: there is room for another.
    pub fn makes_room(self) {
        let mut all = self.all.lock();
        for key in &self.keys {
            let count = all.taken_back.of(key);
            *count = count.wrapping_add(1);
        }
        for under in self.keys.iter().filter_map(|key| all.under.get(key)) {
            under.news.notify_one();
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        for key in &self.keys {
            let Some(under) = all.under.get_mut(key) else { continue };
            under.tries -= 1;
            if under.tries == 0 {
                under.news.notify_waiters();
                all.under.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    const KEY: Hash = [1; 32];

    #[tokio::test]
    async fn nobody_waits_for_what_is_not_in_flight_or_would_not_help() {
        let (all, none) = (InFlight::default(), TakenBack::default());
        assert!(!all.wait(&KEY, 0, none).await);
        let one = all.begin(vec![KEY]);
        assert!(!all.wait(&KEY, 1, none).await);
        assert!(!all.wait(&[2; 32], 0, none).await);
        assert!(all.wait(&KEY, 0, none).now_or_never().is_none(), "it would help if that one were taken back");
        one.makes_room();
        assert!(all.wait(&KEY, 0, none).await, "it was, before anybody waited");
        assert!(!all.wait(&KEY, 0, all.taken_back()).await);
    }

    #[tokio::test]
    async fn what_is_taken_back_under_other_keys_wakes_nobody() {
        let (all, none) = (InFlight::default(), TakenBack::default());
        let _one = all.begin(vec![KEY]);
        all.begin(vec![[2; 32]]).makes_room();
        assert!(all.wait(&KEY, 0, none).now_or_never().is_none());
        assert!(!all.wait(&KEY, 1, none).await);
    }

    #[tokio::test]
    async fn room_is_told_to_one_and_the_end_to_all() {
        let (all, none) = (InFlight::default(), TakenBack::default());
        let [one, two, three] = [(); 3].map(|()| all.begin(vec![KEY]));
        let (mut first, mut second) = (Box::pin(all.wait(&KEY, 0, none)), Box::pin(all.wait(&KEY, 0, none)));
        assert!((&mut first).now_or_never().is_none() && (&mut second).now_or_never().is_none());
        one.makes_room();
        assert_eq!((&mut first).now_or_never(), Some(true));
        assert!((&mut second).now_or_never().is_none());
        drop(two);
        assert!((&mut second).now_or_never().is_none(), "that one failed, and another is still in flight");
        drop(three);
        assert_eq!(second.now_or_never(), Some(true));
        assert!(all.lock().under.is_empty());
    }
}
