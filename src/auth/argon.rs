//! Argon2id with today's parameters, in memory that is used again. A hash takes nineteen megabytes: given back after each, they would stay with
//! the allocator, once for every thread that ever hashed, and each hash would wait for its pages anew.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use argon2::{
    Algorithm, Argon2, Block, Params, PasswordVerifier, Version,
    password_hash::{
        Error as HashError,
        phc::{Output, ParamsString, PasswordHash, Salt},
    },
};

/// After the OWASP password storage guidance.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Bytes of a hash.
const LENGTH: usize = 32;

/// There is not enough memory for a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoMemory;

/// The memory of as many hashes as were ever made at once, less those that are being made.
#[derive(Default)]
pub struct Argon(Mutex<Vec<Vec<Block>>>);

impl Argon {
    /// A PHC string.
    pub fn hash(&self, password: &[u8], salt: &[u8; 16]) -> Result<String, NoMemory> {
        let output = self.digest(password, salt)?;
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: wanted(),
            salt: Some(Salt::new(salt).expect("sixteen bytes are a salt")),
            hash: Some(output),
        };
        Ok(hash.to_string())
    }

    pub fn verify(&self, password: &[u8], hash: &PasswordHash) -> Result<bool, NoMemory> {
        if let (true, Some(salt), Some(expected)) = (is_todays(hash), &hash.salt, &hash.hash)
            && expected.len() == LENGTH
        {
            // Outputs compare in constant time.
            return Ok(self.digest(password, salt)? == *expected);
        }
        match todays().verify_password(password, hash) {
            Err(HashError::OutOfMemory) => Err(NoMemory),
            done => Ok(done.is_ok()),
        }
    }

    fn digest(&self, password: &[u8], salt: &[u8]) -> Result<Output, NoMemory> {
        let mut blocks = self.blocks()?;
        let mut output = [0; LENGTH];
        let done = todays().hash_password_into_with_memory(password, salt, &mut output, &mut blocks);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(blocks);
        done.expect("passwords are bounded, salts were made here, and the parameters are constant");
        Ok(Output::new(&output).expect("thirty-two bytes are an output"))
    }

    fn blocks(&self) -> Result<Vec<Block>, NoMemory> {
        if let Some(used) = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            return Ok(used);
        }
        let (mut blocks, count) = (Vec::new(), params().block_count());
        blocks.try_reserve_exact(count).map_err(|_| NoMemory)?;
        blocks.resize(count, Block::default());
        Ok(blocks)
    }
}

impl fmt::Debug for Argon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Argon(..)")
    }
}

/// Whether it was made with the parameters of today.
pub fn is_todays(hash: &PasswordHash) -> bool {
    hash.algorithm == Algorithm::Argon2id.ident()
        && hash.version == Some(Version::V0x13.into())
        && hash.params == wanted()
}

fn params() -> Params {
    Params::new(MEMORY_KIB, PASSES, LANES, None).expect("constant and within bounds")
}

fn todays() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params())
}

fn wanted() -> ParamsString {
    ParamsString::try_from(&params()).expect("constant and within bounds")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_argon2id_of_everybody_else() {
        use argon2::PasswordHasher;
        let argon = Argon::default();
        let ours = argon.hash(b"purple tall kettle", &[7; 16]).unwrap();
        let theirs = todays().hash_password_with_salt(b"purple tall kettle", &[7; 16]).unwrap();
        assert_eq!(ours, theirs.to_string());
    }

    #[test]
    fn the_memory_of_one_hash_serves_the_next_and_leaves_nothing_in_it() {
        let argon = Argon::default();
        let first = argon.hash(b"purple tall kettle", &[7; 16]).unwrap();
        argon.hash(b"another password", &[9; 16]).unwrap();
        assert_eq!(argon.hash(b"purple tall kettle", &[7; 16]).unwrap(), first);
        assert_eq!(argon.0.lock().unwrap().len(), 1);
    }
}
