//! Circles through other programs: there a hop count is lost, but the same request comes again and again.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::model::Timestamp;

/// The same request this often within [`WINDOW`] is a circle.
const TIMES: usize = 9;
const WINDOW: Duration = Duration::from_secs(10);
/// Digests that are remembered; a flood of different requests is no circle.
const MAX_DIGESTS: usize = 4_096;

/// What a bin has forwarded lately.
#[derive(Debug, Default)]
pub struct Circle {
    seen: HashMap<[u8; 16], VecDeque<Timestamp>>,
}

impl Circle {
    /// Notes a body that came at that moment; true when it goes in a circle. A request without a body says too little to
    /// tell, and one that came before what was noted last is an old one that is sent now.
    pub fn closes(&mut self, body: &[u8], now: Timestamp) -> bool {
        if body.is_empty() {
            return false;
        }
        if self.seen.len() >= MAX_DIGESTS {
            self.seen.retain(|_, times| times.back().is_some_and(|last| now.since(*last) < WINDOW));
            if self.seen.len() >= MAX_DIGESTS {
                self.seen.clear();
            }
        }
        let digest = Sha256::digest(body);
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        let times = self.seen.entry(key).or_default();
        if times.back().is_some_and(|last| *last >= now) {
            return false;
        }
        while times.front().is_some_and(|first| now.since(*first) >= WINDOW) {
            times.pop_front();
        }
        times.push_back(now);
        times.len() >= TIMES
    }

    /// Forgets everything: somebody has looked at it.
    pub fn clear(&mut self) {
        self.seen.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_times_in_ten_seconds_is_a_circle_and_slower_or_sent_late_is_none() {
        let at = |millis: i64| Timestamp::from_micros(1_000_000_000 + millis * 1_000);
        let mut circle = Circle::default();
        for n in 0..8 {
            assert!(!circle.closes(b"x", at(n)));
            assert!(!circle.closes(n.to_string().as_bytes(), at(0)));
            assert!(!circle.closes(b"", at(n)));
            // Looked at again, because the settings have changed.
            assert!(!circle.closes(b"x", at(n)));
        }
        assert!(circle.closes(b"x", at(9_000)));
        let mut slow = Circle::default();
        assert!((0..40).all(|n| !slow.closes(b"x", at(n * 1_300))));
    }
}
