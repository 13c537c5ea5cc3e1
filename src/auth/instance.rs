//! The client instance (RFC 7591, section 1.2): the one installed browser that a session began in, by a name that it has drawn for itself.
//!
//! It grants nothing, and nobody is refused for not naming it. But a refresh token that was used by somebody who did not, and then comes from the browser that
//! does, has been in two places.

use std::fmt;

use aws_lc_rs::digest::{Context, SHA256};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::store::Hash;

/// Longer names are none of ours.
const LONGEST: usize = 64;

/// What a browser calls itself. Cannot be printed.
#[derive(Clone)]
pub struct Instance(Zeroizing<String>);

impl Instance {
    /// `None`: it does not say, or says what no browser of ours does.
    pub fn named(name: &str) -> Option<Self> {
        (1..=LONGEST).contains(&name.len()).then(|| Self(Zeroizing::new(name.to_owned())))
    }

    /// What a session's row keeps of it: nothing by which two sessions of one browser could be told to be that.
    pub(super) fn hash(&self, session_id: Uuid) -> Hash {
        let mut context = Context::new(&SHA256);
        context.update(session_id.as_bytes());
        context.update(self.0.as_bytes());
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        hash
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Instance(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_is_kept_differently_for_each_session_and_nothing_prints_it() {
        let instance = Instance::named("a browser").unwrap();
        let [one, other] = [1, 2].map(|id| instance.hash(Uuid::from_u128(id)));
        assert_ne!(one, other);
        assert_eq!(one, Instance::named("a browser").unwrap().hash(Uuid::from_u128(1)));
        assert!(!format!("{instance:?}").contains("browser"));
    }

    #[test]
    fn no_name_and_one_that_is_too_long_are_none() {
        assert!(Instance::named("").is_none());
        assert!(Instance::named(&"x".repeat(LONGEST)).is_some());
        assert!(Instance::named(&"x".repeat(LONGEST + 1)).is_none());
    }
}
