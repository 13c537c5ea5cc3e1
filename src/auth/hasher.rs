//! Hashing passwords without slowing anything else down.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
};

use argon2::password_hash::phc::PasswordHash;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::{
    argon::{self, Argon, NoMemory},
    password::{BadPassword, Password},
    rng::Rng,
};

/// Verified where there is no account, so that an unknown name takes as long as a known one. No password is known to fit it.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// How many hashes may wait for each core before the next is refused.
const QUEUE_PER_CORE: usize = 32;

/// More hashes are asked for than the machine can do. Try again in a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more passwords to hash than the machine can")]
pub struct Busy;

/// A place in the line before the machine, kept until the work is done.
#[derive(Debug)]
pub struct Place {
    _permit: OwnedSemaphorePermit,
}

/// How much there is to hash, and how often it was too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hashing {
    pub running: u64,
    pub waiting: u64,
    pub refused: u64,
}

/// Whether a password fits, and whether its hash should be made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    No,
    Yes,
    /// It fits, and was hashed with parameters that are not today's.
    Outdated,
}

/// Work, and what is left to do when it is done.
type Work = Box<dyn FnOnce() -> Finish + Send>;
type Finish = Box<dyn FnOnce() + Send>;

/// Hashes on threads of its own, one for each core, with a bounded queue. They give way to all other threads: a flood of logins must not slow a refresh. So they
/// take no lock that others wait for, since whoever gives way would hold it for as long as others keep the core: whom an answer is for is woken by a thread that does
/// not give way.
#[derive(Clone)]
pub struct Hasher {
    line: mpsc::Sender<Work>,
    cores: usize,
    places: Arc<Semaphore>,
    refused: Arc<AtomicU64>,
    argon: Arc<Argon>,
    rng: Arc<dyn Rng>,
}

impl Hasher {
    pub fn new(cores: usize, rng: Arc<dyn Rng>) -> Self {
        let (line, works) = mpsc::channel();
        let (done, finishes) = mpsc::channel();
        let works = Arc::new(Mutex::new(works));
        for _ in 0..cores {
            let (works, done) = (Arc::clone(&works), done.clone());
            start("hashing", move || hash_on(&works, &done));
        }
        start("hashed", move || finishes.into_iter().for_each(|finish: Finish| finish()));
        Self {
            line,
            cores,
            places: Arc::new(Semaphore::new(places(cores))),
            refused: Arc::default(),
            argon: Arc::default(),
            rng,
        }
    }

    pub fn state(&self) -> Hashing {
        let taken = places(self.cores).saturating_sub(self.places.available_permits());
        let running = taken.min(self.cores);
        let [running, waiting] = [running, taken - running].map(|count| count as u64);
        Hashing { running, waiting, refused: self.refused.load(Ordering::Relaxed) }
    }

    /// Whether this may become the password of an account with this name. Estimating takes a while, so it waits its turn like a hash.
    pub async fn acceptable(&self, password: Password, username: String) -> Result<Result<(), BadPassword>, Busy> {
        self.run(move || password.acceptable(&username)).await
    }

    /// A PHC string with a salt of its own.
    pub async fn hash(&self, password: Password) -> Result<String, Busy> {
        let (salt, argon) = (self.rng.bytes::<16>(), Arc::clone(&self.argon));
        Ok(self.run(move || argon.hash(password.as_bytes(), &salt)).await??)
    }

    /// A place for work that is yet to come.
    pub fn place(&self) -> Result<Place, Busy> {
        self.places.clone().try_acquire_owned().map(|permit| Place { _permit: permit }).map_err(|_| {
            self.refused.fetch_add(1, Ordering::Relaxed);
            Busy
        })
    }

    /// Compares with a PHC string, or with nobody's: the same work either way.
    pub async fn verify(&self, place: Place, password: Password, phc: Option<String>) -> Result<Match, Busy> {
        let argon = Arc::clone(&self.argon);
        self.run_in(place, move || -> Result<Match, Busy> {
            let Ok(hash) = PasswordHash::new(phc.as_deref().unwrap_or(NOBODY)) else {
                tracing::error!("a stored password hash cannot be read");
                return Ok(Match::No);
            };
            let fits = argon.verify(password.as_bytes(), &hash)?;
            Ok(match (fits && phc.is_some(), argon::is_todays(&hash)) {
                (false, _) => Match::No,
                (true, true) => Match::Yes,
                (true, false) => Match::Outdated,
            })
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        Ok(self.run_in(self.place()?, work).await)
    }

    async fn run_in<T: Send + 'static>(&self, place: Place, work: impl FnOnce() -> T + Send + 'static) -> T {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move || {
            let found = work();
            Box::new(move || {
                // It goes along with the work: it stays taken if whoever asked goes away.
                drop(place);
                let _ = answer.send(found);
            })
        });
        self.line.send(work).unwrap_or_else(|_| unreachable!("the threads live as long as this"));
        answered.await.expect("hashing does not panic")
    }
}

/// Ends with the line.
fn hash_on(works: &Mutex<mpsc::Receiver<Work>>, done: &mpsc::Sender<Finish>) {
    give_way();
    loop {
        // Those who wait for work wait in line, one of them for the work itself.
        let Ok(work) = works.lock().unwrap_or_else(PoisonError::into_inner).recv() else { return };
        // Whoever waits for the answer of work that panics notices that none comes.
        if let Ok(finish) = catch_unwind(AssertUnwindSafe(work)) {
            let _ = done.send(finish);
        }
    }
}

fn start(name: &str, run: impl FnOnce() + Send + 'static) {
    thread::Builder::new().name(name.to_owned()).spawn(run).expect("the process may start threads");
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state().fmt(f)
    }
}

/// For those that are hashed and those that wait.
fn places(cores: usize) -> usize {
    cores * (1 + QUEUE_PER_CORE)
}

/// To hash when nobody else wants the core (`SCHED_IDLE`, sched(7)). A lower priority alone would not do: who wakes up would still wait for the end of a
/// hash's slice, several times in a refresh.
#[cfg(target_os = "linux")]
pub fn give_way() {
    use thread_priority::{
        NormalThreadSchedulePolicy::Idle, ThreadPriority, ThreadSchedulePolicy::Normal, set_thread_priority_and_policy,
        thread_native_id,
    };
    if let Err(error) = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, Normal(Idle)) {
        tracing::info!(%error, "passwords are hashed with the priority of everything else");
    }
}

#[cfg(not(target_os = "linux"))]
pub fn give_way() {}

/// Too little memory to hash says nothing about the password.
impl From<NoMemory> for Busy {
    fn from(_: NoMemory) -> Self {
        Self
    }
}

#[cfg(test)]
mod tests {
    use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};

    use super::*;
    use crate::auth::rng::SystemRng;

    fn hasher() -> Hasher {
        Hasher::new(2, Arc::new(SystemRng))
    }

    async fn verify_in(hasher: &Hasher, password: Password, phc: Option<String>) -> Result<Match, Busy> {
        hasher.verify(hasher.place()?, password, phc).await
    }

    #[tokio::test]
    async fn a_hash_is_argon2id_with_the_documented_parameters_and_fits_its_password_only() {
        let hash = hasher().hash(Password::new("purple tall kettle")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let verify = |typed: &str| {
            let (hash, password) = (hash.clone(), Password::new(typed));
            async move { verify_in(&hasher(), password, Some(hash)).await.unwrap() }
        };
        assert_eq!(verify("purple tall kettle").await, Match::Yes);
        assert_eq!(verify("purple tall kettlE").await, Match::No);
        assert_eq!(verify(" purple tall kettle").await, Match::No, "spaces count");
        assert_ne!(hash, hasher().hash(Password::new("purple tall kettle")).await.unwrap(), "salted");
    }

    #[tokio::test]
    async fn other_parameters_verify_and_are_told() {
        let old = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8192, 3, 1, None).unwrap());
        let hash = old.hash_password_with_salt(b"purple tall kettle", &[9; 16]).unwrap().to_string();
        let hasher = hasher();
        let verify = |typed| verify_in(&hasher, Password::new(typed), Some(hash.clone()));
        assert_eq!(verify("purple tall kettle").await, Ok(Match::Outdated));
        assert_eq!(verify("another password").await, Ok(Match::No));
    }

    #[tokio::test]
    async fn nobody_has_a_password_and_a_corrupt_hash_fits_none() {
        assert!(PasswordHash::new(NOBODY).is_ok_and(|hash| argon::is_todays(&hash)), "the same work as a real one");
        assert_eq!(verify_in(&hasher(), Password::new("anything at all"), None).await, Ok(Match::No));
        assert_eq!(verify_in(&hasher(), Password::new(""), Some("garbage".to_owned())).await, Ok(Match::No));
    }

    #[tokio::test]
    async fn beyond_the_queue_a_hash_is_refused_at_once() {
        let hasher = Hasher::new(1, Arc::new(SystemRng));
        let all = Arc::clone(&hasher.places).acquire_many_owned(1 + 32).await.unwrap();
        assert_eq!(verify_in(&hasher, Password::new("x"), None).await, Err(Busy));
        assert_eq!(hasher.state(), Hashing { running: 1, waiting: 32, refused: 1 });
        drop(all);
        assert_eq!(hasher.state(), Hashing { running: 0, waiting: 0, refused: 1 });
        assert_eq!(verify_in(&hasher, Password::new("x"), None).await, Ok(Match::No));
    }

    #[tokio::test]
    #[should_panic(expected = "hashing does not panic")]
    async fn work_that_panics_is_answered_by_a_panic_and_never_not_at_all() {
        let _ = hasher().run(|| panic!("on purpose")).await;
    }

    #[tokio::test]
    async fn a_thread_outlives_work_that_panics() {
        let hasher = Hasher::new(1, Arc::new(SystemRng));
        let other = hasher.clone();
        assert!(tokio::spawn(async move { other.run(|| panic!("on purpose")).await }).await.is_err());
        assert_eq!(hasher.run(|| 7).await, Ok(7));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn what_hashes_gives_way_to_what_does_not() {
        use thread_priority::{NormalThreadSchedulePolicy::Idle, ThreadSchedulePolicy::Normal, thread_schedule_policy};
        assert_eq!(hasher().run(thread_schedule_policy).await.unwrap().unwrap(), Normal(Idle));
    }
}
