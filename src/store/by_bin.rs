//! Maps by bin. Looked into several times for every request; ids are random and made here, so that nobody can aim at collisions
//! and a plain hash will do.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::model::BinId;

/// Values by bin.
pub(super) type ByBin<V> = HashMap<BinId, V, BuildHasherDefault<IdHasher>>;

/// Spreads the bits of an id; see the module for why that is enough.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct IdHasher(u64);

/// An odd number without pattern (the golden ratio's fraction).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(SPREAD);
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn finish(&self) -> u64 {
        // The map takes its place from the low bits and its tag from the high ones.
        self.0 ^ (self.0 >> 32)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::BuildHasher as _;

    use super::*;

    #[test]
    fn ids_are_spread_over_places_and_tags() {
        let hashes: Vec<u64> =
            (0..4_096).map(|_| BuildHasherDefault::<IdHasher>::default().hash_one(BinId::generate())).collect();
        let places: HashSet<u64> = hashes.iter().map(|hash| hash & 0xfff).collect();
        let tags: HashSet<u64> = hashes.iter().map(|hash| hash >> 57).collect();
        // Of 4,096 random picks out of 4,096 about 63 per cent are different.
        assert!(places.len() > 2_400, "{}", places.len());
        assert_eq!(tags.len(), 128);
    }
}
