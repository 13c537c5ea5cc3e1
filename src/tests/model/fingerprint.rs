//! A fingerprint of 128 bits: so wide that no two states of a search share one by accident.

use std::hash::{Hash, Hasher};

/// Two lanes of multiply and fold, with constants of their own.
struct Lanes(u64, u64);

pub fn fingerprint(value: &impl Hash) -> u128 {
    let mut lanes = Lanes(0x243F_6A88_85A3_08D3, 0x1319_8A2E_0370_7344);
    value.hash(&mut lanes);
    // Once more, so that the last word is spread like the others.
    lanes.write_u64(0xA409_3822_299F_31D0);
    u128::from(lanes.0) << 64 | u128::from(lanes.1)
}

fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    #[expect(clippy::cast_possible_truncation, reason = "the two halves are folded into one")]
    let folded = product as u64 ^ (product >> 64) as u64;
    folded
}

impl Hasher for Lanes {
    fn write_u64(&mut self, word: u64) {
        self.0 = fold(self.0 ^ word, 0x9E37_79B9_7F4A_7C15).rotate_left(23) ^ word;
        self.1 = fold(self.1.wrapping_add(word), 0xD6E8_FEB8_6659_FD93).rotate_left(41).wrapping_add(self.0);
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(value.into());
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(value.into());
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.1
    }
}
