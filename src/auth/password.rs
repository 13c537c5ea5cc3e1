//! Passwords, and which are accepted.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::own::NAME;

/// NIST SP 800-63B-4, section 3.1.1.2: at least this many code points where the password is the only factor.
pub const SHORTEST: usize = 15;
/// Longer ones are refused, never cut.
pub const LONGEST: usize = 256;

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

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether this may become the password of an account with this name. Takes a while.
    pub(super) fn acceptable(&self, username: &str) -> Result<(), BadPassword> {
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
        let estimate = zxcvbn::zxcvbn(&self.0, &[&name, &NAME.to_lowercase(), "signin", "password"]);
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

#[cfg(test)]
mod tests {
    use super::*;

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
        let name = NAME.to_lowercase().repeat(SHORTEST.div_ceil(NAME.len()));
        for common in ["passwordpassword", "123456789012345", "qwertyuiopasdfgh", "aaaaaaaaaaaaaaaaaa", &name] {
            let Err(BadPassword::Common(why)) = acceptable(common) else { panic!("{common} was accepted") };
            assert!(!why.is_empty());
        }
        assert_eq!(acceptable("Ada Lovelace 1815"), Err(BadPassword::Common("it is mostly your username")));
    }

    #[test]
    fn a_password_does_not_print() {
        assert_eq!(format!("{:?}", Password::new("purple tall kettle")), "Password(..)");
    }
}
