//! Tokens by number.

use crate::store::Hash;

/// Sessions are numbered from 1.
pub type Session = u8;

/// A refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token {
    pub session: Session,
    pub generation: u32,
    /// Tells siblings of one generation apart. Under a rule that keeps to one line there are none.
    pub sibling: u8,
}

impl Token {
    pub fn first_of(session: Session) -> Self {
        Self { session, generation: 1, sibling: 0 }
    }

    /// Not two tokens of a session have the same. Only the last bytes are used.
    pub fn hash(self) -> Hash {
        let mut hash = [0; 32];
        hash[..4].copy_from_slice(&self.generation.to_le_bytes());
        hash[4] = self.sibling;
        hash
    }

    pub fn with_hash(session: Session, hash: &Hash) -> Self {
        let generation = u32::from_le_bytes([hash[0], hash[1], hash[2], hash[3]]);
        Self { session, generation, sibling: hash[4] }
    }
}

/// An access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Access {
    pub session: Session,
    pub generation: u32,
    /// By the server's clock.
    pub expires: i64,
}
