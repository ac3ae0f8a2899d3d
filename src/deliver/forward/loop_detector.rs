//! Detects loops through other programs: these lose the hop count, but the same request arrives again and again.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use sha2::digest::Output;
use sha2::{Digest as _, Sha256};

use crate::http::Head;
use crate::model::Timestamp;

/// The same body this often within [`WINDOW`] is a loop.
const TIMES: usize = 9;
/// The same for requests without a body, by their heads: pings and polls are alike, and slower than a loop.
const TIMES_WITHOUT_BODY: usize = 50;
const WINDOW: Duration = Duration::from_secs(10);
/// How many digests are remembered; a flood of different requests is no loop.
const MAX_DIGESTS: usize = 4_096;

/// A bin's recently forwarded requests.
#[derive(Debug, Default)]
pub(super) struct LoopDetector {
    seen: HashMap<[u8; 16], VecDeque<Timestamp>>,
}

impl LoopDetector {
    /// Notes a request with its time of arrival; true when it is in a loop. A request older than the last noted one is
    /// a late delivery and does not count.
    pub(super) fn is_loop(&mut self, head: &Head, body: &[u8], now: Timestamp) -> bool {
        if self.seen.len() >= MAX_DIGESTS {
            self.seen.retain(|_, times| times.back().is_some_and(|last| now.since(*last) < WINDOW));
            if self.seen.len() >= MAX_DIGESTS {
                self.seen.clear();
            }
        }
        let (digest, most) =
            if body.is_empty() { (digest_of(head), TIMES_WITHOUT_BODY) } else { (Sha256::digest(body), TIMES) };
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
        times.len() >= most
    }

    /// Forgets everything: the owner has acted on the loop, or the pause is over.
    pub(super) fn clear(&mut self) {
        self.seen.clear();
    }
}

/// A digest of the parts that a loop leaves unchanged: targets on the way may change path and query, and have their own
/// hosts.
fn digest_of(head: &Head) -> Output<Sha256> {
    let mut digest = Sha256::new_with_prefix(head.method().as_bytes());
    for (name, value) in head.scan().fields().filter(|(name, _)| !name.eq_ignore_ascii_case(b"host")) {
        digest.update(name);
        digest.update(b":");
        digest.update(value);
        digest.update(b"\n");
    }
    digest.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(1_000_000_000 + millis * 1_000)
    }

    fn head(text: &str) -> Head {
        Head::new(format!("{text}\r\n\r\n").into())
    }

    #[test]
    fn nine_times_in_ten_seconds_is_a_loop_and_slower_or_sent_late_is_none() {
        let (mut detector, any) = (LoopDetector::default(), head("POST / HTTP/1.1"));
        for n in 0..8 {
            assert!(!detector.is_loop(&any, b"x", at(n)));
            assert!(!detector.is_loop(&any, n.to_string().as_bytes(), at(0)));
            // Cleared, because the settings have changed.
            assert!(!detector.is_loop(&any, b"x", at(n)));
        }
        assert!(detector.is_loop(&any, b"x", at(9_000)));
        let mut slow = LoopDetector::default();
        assert!((0..40).all(|n| !slow.is_loop(&any, b"x", at(n * 1_300))));
    }

    #[test]
    fn without_a_body_the_same_head_closes_a_loop_wherever_it_came() {
        let mut detector = LoopDetector::default();
        let round = |n: i64| head(&format!("GET /b?x={n} HTTP/1.1\r\nHost: h{n}\r\nUser-Agent: a"));
        assert!((1..50).all(|n| !detector.is_loop(&round(n), b"", at(n))));
        assert!(!detector.is_loop(&head("GET /b HTTP/1.1\r\nUser-Agent: b"), b"", at(50)));
        assert!(detector.is_loop(&round(50), b"", at(51)));
    }
}
