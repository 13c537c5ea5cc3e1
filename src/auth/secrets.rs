//! A secret that is being replaced: the one in use, and those that are accepted beside it.
//!
//! With one instance it is enough to start with the new one and to name the previous one. Several instances are not restarted at the same time, so they
//! must all know the new one before the first of them uses it: that is the next one.

use std::fmt;

use super::secret::ServerSecret;
use crate::store::UnixMillis;

/// Cannot be printed.
pub struct Secrets {
    current: ServerSecret,
    previous: Option<(ServerSecret, UnixMillis)>,
    next: Option<ServerSecret>,
}

impl From<ServerSecret> for Secrets {
    fn from(current: ServerSecret) -> Self {
        Self { current, previous: None, next: None }
    }
}

impl Secrets {
    /// What the one before made is accepted until a time, and not a millisecond longer.
    #[must_use]
    pub fn after(self, previous: ServerSecret, until: UnixMillis) -> Self {
        Self { previous: Some((previous, until)), ..self }
    }

    /// What other instances make that use the next one already is accepted.
    #[must_use]
    pub fn before(self, next: ServerSecret) -> Self {
        Self { next: Some(next), ..self }
    }

    /// One key of each secret.
    pub fn each<K>(&self, key: impl Fn(&ServerSecret) -> K) -> Accepted<K> {
        Accepted {
            current: key(&self.current),
            next: self.next.as_ref().map(&key),
            previous: self.previous.as_ref().map(|(secret, until)| (key(secret), *until)),
        }
    }

    /// Until when the one before is accepted, if there is one.
    pub fn previous_until(&self) -> Option<UnixMillis> {
        self.previous.as_ref().map(|(_, until)| *until)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(..)")
    }
}

/// Keys for one purpose: the one that makes, and all that are accepted.
#[derive(Debug)]
pub struct Accepted<K> {
    current: K,
    next: Option<K>,
    previous: Option<(K, UnixMillis)>,
}

/// Which secret a key is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Current,
    Next,
    Previous,
}

impl<K> Accepted<K> {
    pub fn current(&self) -> &K {
        &self.current
    }

    /// All that are accepted at a time, the one in use first.
    pub fn at(&self, now: UnixMillis) -> impl Iterator<Item = (&K, Whose)> {
        let next = self.next.iter().map(|key| (key, Whose::Next));
        let previous =
            self.previous.iter().filter(move |(_, until)| now < *until).map(|(key, _)| (key, Whose::Previous));
        [(&self.current, Whose::Current)].into_iter().chain(next).chain(previous)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> ServerSecret {
        ServerSecret::new(text).unwrap()
    }

    #[test]
    fn the_one_before_is_accepted_until_its_time_and_the_others_always() {
        let secrets = Secrets::from(secret("the one in use, of at least 32 bytes"))
            .after(secret("the one before, of at least 32 bytes"), 1_000)
            .before(secret("the one to come, of at least 32 bytes"));
        let keys = secrets.each(|secret| *secret.derive("a"));
        let whose = |now| keys.at(now).map(|(_, whose)| whose).collect::<Vec<_>>();
        assert_eq!(whose(999), [Whose::Current, Whose::Next, Whose::Previous]);
        assert_eq!(whose(1_000), [Whose::Current, Whose::Next]);
        assert_eq!(*keys.current(), *secret("the one in use, of at least 32 bytes").derive("a"));
        assert_eq!(keys.at(0).map(|(key, _)| key).collect::<std::collections::HashSet<_>>().len(), 3);
        assert_eq!(format!("{secrets:?}"), "Secrets(..)");
    }
}
