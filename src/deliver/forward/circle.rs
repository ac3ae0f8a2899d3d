//! Circles through other programs: there a hop count is lost, but the same request comes again and again.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

/// The same request this often within [`WINDOW`] is a circle.
const TIMES: usize = 9;
const WINDOW: Duration = Duration::from_secs(10);
/// Digests that are remembered; a flood of different requests is no circle.
const MAX_DIGESTS: usize = 4_096;

/// What a bin has forwarded lately.
#[derive(Debug, Default)]
pub struct Circle {
    seen: HashMap<[u8; 16], VecDeque<Instant>>,
}

impl Circle {
    /// Notes a body; true when it goes in a circle. A request without a body says too little to tell.
    pub fn closes(&mut self, body: &[u8], now: Instant) -> bool {
        if body.is_empty() {
            return false;
        }
        if self.seen.len() >= MAX_DIGESTS {
            self.seen.retain(|_, times| times.back().is_some_and(|last| now.duration_since(*last) < WINDOW));
            if self.seen.len() >= MAX_DIGESTS {
                self.seen.clear();
            }
        }
        let digest = Sha256::digest(body);
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        let times = self.seen.entry(key).or_default();
        while times.front().is_some_and(|first| now.duration_since(*first) >= WINDOW) {
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
    fn nine_times_in_ten_seconds_is_a_circle_and_slower_is_none() {
        let (mut circle, start) = (Circle::default(), Instant::now());
        for n in 0..8 {
            assert!(!circle.closes(b"x", start + Duration::from_millis(n)));
            assert!(!circle.closes(n.to_string().as_bytes(), start));
            assert!(!circle.closes(b"", start));
        }
        assert!(circle.closes(b"x", start + Duration::from_secs(9)));
        let mut slow = Circle::default();
        assert!((0..40).all(|n| !slow.closes(b"x", start + Duration::from_millis(n * 1_300))));
    }
}
