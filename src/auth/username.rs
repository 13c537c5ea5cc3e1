//! Names people sign in with.

use precis_profiles::UsernameCaseMapped;
use precis_profiles::precis_core::profile::Profile;

const LONGEST: usize = 64;

/// A name as it is shown, and the key that makes two spellings of it one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username {
    pub shown: String,
    pub key: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadUsername {
    #[error("Enter a username.")]
    Empty,
    #[error("Use at most {LONGEST} characters for the username.")]
    Long,
    #[error("Use letters, digits and ordinary punctuation for the username.")]
    Characters,
}

impl Username {
    /// RFC 8265, section 3.5: words of the `UsernameCaseMapped` profile, one space between them. Spaces around the name are not part of
    /// it, since people and password managers leave them there.
    pub fn parse(typed: &str) -> Result<Self, BadUsername> {
        let trimmed = typed.trim_matches(' ');
        if trimmed.is_empty() {
            return Err(BadUsername::Empty);
        }
        if trimmed.chars().count() > LONGEST {
            return Err(BadUsername::Long);
        }
        let profile = UsernameCaseMapped::new();
        let words: Result<Vec<_>, _> =
            trimmed.split(' ').filter(|word| !word.is_empty()).map(|word| profile.enforce(word)).collect();
        let key = words.map_err(|_| BadUsername::Characters)?.join(" ");
        Ok(Self { shown: trimmed.to_owned(), key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(typed: &str) -> Result<String, BadUsername> {
        Username::parse(typed).map(|name| name.key)
    }

    #[test]
    fn spellings_of_one_name_share_a_key_and_keep_their_look() {
        assert_eq!(key("Ada"), key("ada"));
        assert_eq!(key("Ada  Lovelace "), key("ada lovelace"));
        assert_eq!(key("zoe\u{308}"), key("ZOË"), "composed and decomposed");
        assert_eq!(key("ａｄａ"), key("ada"), "full width");
        assert_eq!(Username::parse(" Ada ").unwrap().shown, "Ada");
        assert_ne!(key("ada"), key("adа"), "a Cyrillic letter is another letter");
    }

    #[test]
    fn what_can_be_a_name_is_wide() {
        for name in ["a", "ada@example.com", "o'neil-smith_2", "Ｚｏé", "李小龍", "מרים", "<b>bold</b>", "\u{1f3a}x"]
        {
            assert!(Username::parse(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_a_name_says_why() {
        assert_eq!(key(""), Err(BadUsername::Empty));
        assert_eq!(key("   "), Err(BadUsername::Empty));
        assert_eq!(key(&"x".repeat(65)), Err(BadUsername::Long));
        for name in ["a\u{0}b", "a\nb", "a\tb", "\u{1b}[31mred", "a\u{202e}b", "a\u{200b}b", "a\u{7f}"] {
            assert_eq!(key(name), Err(BadUsername::Characters), "{name:?}");
        }
    }
}
