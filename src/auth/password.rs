//! Passwords: what is accepted, and how it is hashed without slowing anything else down.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use argon2::password_hash::phc::PasswordHash;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::{
    argon::{self, Argon, NoMemory},
    rng::Rng,
};

/// NIST SP 800-63B-4, section 3.1.1.2: at least this many code points where the password is the only factor.
pub const SHORTEST: usize = 15;
/// Longer ones are refused, never cut.
pub const LONGEST: usize = 256;

/// Verified where there is no account, so that an unknown name takes as long as a known one. No password is known to fit it.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// How many hashes may wait for each core before the next is refused.
const QUEUE_PER_CORE: usize = 32;

/// A password as typed, normalised to NFC (NIST SP 800-63B-4, section 3.1.1.2), otherwise untouched. Cannot be printed.
///
/// Comparing two is for what one person has typed twice, never for what is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Zeroizing<String>);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    #[error("Enter a password.")]
    Empty,
    #[error("Use at least {SHORTEST} characters. This password has {0}. A few words in a row work well.")]
    Short(usize),
    #[error("Use at most {LONGEST} characters for the password.")]
    Long,
    #[error("Choose another password. This one is too easy to guess: {0}.")]
    Common(&'static str),
    #[error("Choose a new password. This is the one you have now.")]
    Same,
}

impl Password {
    pub fn new(typed: &str) -> Self {
        Self(Zeroizing::new(typed.nfc().collect()))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this may become the password of an account with this name.
    fn acceptable(&self, username: &str) -> Result<(), BadPassword> {
        match self.0.chars().count() {
            0 => return Err(BadPassword::Empty),
            short if short < SHORTEST => return Err(BadPassword::Short(short)),
            long if long > LONGEST => return Err(BadPassword::Long),
            _ => {}
        }
        let folded = Zeroizing::new(self.0.to_lowercase());
        let name = username.to_lowercase();
        if !name.is_empty() && folded.replace(name.as_str(), "").chars().count() < SHORTEST / 2 {
            return Err(BadPassword::Common("it is mostly your username"));
        }
        // Fewer than a million guesses by the estimate, out of what people choose most: common passwords, names, words of
        // this product, keyboard rows, repetitions.
        let estimate = zxcvbn::zxcvbn(&self.0, &[&name, "hallpass", "signin", "password"]);
        if estimate.guesses() < 1_000_000 {
            return Err(BadPassword::Common("it is on the lists that are tried first, or repeats itself"));
        }
        Ok(())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// More hashes are asked for than the machine can do. Try again in a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

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

/// Hashes off the async threads, at most one per core at a time, with a bounded queue: a flood of logins must not slow a refresh.
#[derive(Clone, Debug)]
pub struct Hasher {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    refused: Arc<AtomicU64>,
    cores: usize,
    argon: Arc<Argon>,
    rng: Arc<dyn Rng>,
}

impl Hasher {
    pub fn new(cores: usize, rng: Arc<dyn Rng>) -> Self {
        Self {
            running: Arc::new(Semaphore::new(cores)),
            waiting: Arc::new(Semaphore::new(places(cores))),
            refused: Arc::default(),
            cores,
            argon: Arc::default(),
            rng,
        }
    }

    pub fn state(&self) -> Hashing {
        let running = self.cores.saturating_sub(self.running.available_permits());
        let taken = places(self.cores).saturating_sub(self.waiting.available_permits());
        let [running, waiting] = [running, taken.saturating_sub(running)].map(|count| count as u64);
        Hashing { running, waiting, refused: self.refused.load(Ordering::Relaxed) }
    }

    /// Whether this may become the password of an account with this name. Estimating takes a while, so it waits its turn like a hash.
    pub async fn acceptable(&self, password: Password, username: String) -> Result<Result<(), BadPassword>, Busy> {
        self.run(move || password.acceptable(&username)).await
    }

    /// A PHC string with a salt of its own.
    pub async fn hash(&self, password: Password) -> Result<String, Busy> {
        let (salt, argon) = (self.rng.bytes::<16>(), Arc::clone(&self.argon));
        Ok(self.run(move || argon.hash(password.0.as_bytes(), &salt)).await??)
    }

    /// Compares with a PHC string, or with nobody's: the same work either way.
    pub async fn verify(&self, password: Password, phc: Option<String>) -> Result<Match, Busy> {
        let argon = Arc::clone(&self.argon);
        self.run(move || -> Result<Match, Busy> {
            let Ok(hash) = PasswordHash::new(phc.as_deref().unwrap_or(NOBODY)) else {
                tracing::error!("a stored password hash cannot be read");
                return Ok(Match::No);
            };
            let fits = argon.verify(password.0.as_bytes(), &hash)?;
            Ok(match (fits && phc.is_some(), argon::is_todays(&hash)) {
                (false, _) => Match::No,
                (true, true) => Match::Yes,
                (true, false) => Match::Outdated,
            })
        })
        .await?
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let _place = self.waiting.clone().try_acquire_owned().map_err(|_| {
            self.refused.fetch_add(1, Ordering::Relaxed);
            Busy
        })?;
        let turn = self.running.clone().acquire_owned().await.expect("the semaphore is never closed");
        // The turn goes along with the work: it stays taken if whoever asked goes away.
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        Ok(done.await.expect("hashing does not panic"))
    }
}

/// For those that are hashed and those that wait.
fn places(cores: usize) -> usize {
    cores * (1 + QUEUE_PER_CORE)
}

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

    fn acceptable(typed: &str) -> Result<(), BadPassword> {
        Password::new(typed).acceptable("ada lovelace")
    }

    #[test]
    fn length_counts_code_points_after_normalisation() {
        assert_eq!(acceptable(""), Err(BadPassword::Empty));
        assert_eq!(acceptable("xk#9 vmq2 pLw!z"), Ok(()), "fifteen");
        assert_eq!(acceptable("xk#9 vmq2 pLw!"), Err(BadPassword::Short(14)));
        assert_eq!(
            acceptable(&"e\u{301}".repeat(14)),
            Err(BadPassword::Short(14)),
            "two code points that compose to one"
        );
        let long = |length| "tall grass, 9 moons and a kettle; ".chars().cycle().take(length).collect::<String>();
        assert_eq!(acceptable(&long(128)), Ok(()));
        assert_eq!(acceptable(&long(LONGEST)), Ok(()));
        assert_eq!(acceptable(&long(LONGEST + 1)), Err(BadPassword::Long));
    }

    #[test]
    fn nothing_is_asked_of_its_composition() {
        for fine in [
            "purple tall kettle",
            "839201756482910",
            "zebra zinnia zoo",
            "😀🎈🚲🌲🧭🎲🪁🧊🦊🐙🌵🥨🧵🔭🪐",
            "пароль не простой вовсе",
        ] {
            assert_eq!(acceptable(fine), Ok(()), "{fine}");
        }
    }

    #[test]
    fn what_is_tried_first_is_refused_with_the_reason() {
        for common in
            ["passwordpassword", "123456789012345", "qwertyuiopasdfgh", "aaaaaaaaaaaaaaaaaa", "hallpasshallpass"]
        {
            let Err(BadPassword::Common(why)) = acceptable(common) else { panic!("{common} was accepted") };
            assert!(!why.is_empty());
        }
        assert_eq!(acceptable("Ada Lovelace 1815"), Err(BadPassword::Common("it is mostly your username")));
    }

    #[tokio::test]
    async fn a_hash_is_argon2id_with_the_documented_parameters_and_fits_its_password_only() {
        let hash = hasher().hash(Password::new("purple tall kettle")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let verify = |typed: &str| {
            let (hash, password) = (hash.clone(), Password::new(typed));
            async move { hasher().verify(password, Some(hash)).await.unwrap() }
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
        let verify = |typed| hasher.verify(Password::new(typed), Some(hash.clone()));
        assert_eq!(verify("purple tall kettle").await, Ok(Match::Outdated));
        assert_eq!(verify("another password").await, Ok(Match::No));
    }

    #[tokio::test]
    async fn nobody_has_a_password_and_a_corrupt_hash_fits_none() {
        assert!(PasswordHash::new(NOBODY).is_ok_and(|hash| argon::is_todays(&hash)), "the same work as a real one");
        assert_eq!(hasher().verify(Password::new("anything at all"), None).await, Ok(Match::No));
        assert_eq!(hasher().verify(Password::new(""), Some("garbage".to_owned())).await, Ok(Match::No));
    }

    #[tokio::test]
    async fn beyond_the_queue_a_hash_is_refused_at_once() {
        let hasher = Hasher::new(1, Arc::new(SystemRng));
        let all = Arc::clone(&hasher.waiting).acquire_many_owned(1 + 32).await.unwrap();
        assert_eq!(hasher.verify(Password::new("x"), None).await, Err(Busy));
        assert_eq!(hasher.state(), Hashing { running: 0, waiting: 33, refused: 1 });
        drop(all);
        assert_eq!(hasher.state(), Hashing { running: 0, waiting: 0, refused: 1 });
        assert_eq!(hasher.verify(Password::new("x"), None).await, Ok(Match::No));
    }

    #[test]
    fn a_password_does_not_print() {
        assert_eq!(format!("{:?}", Password::new("purple tall kettle")), "Password(..)");
    }
}
