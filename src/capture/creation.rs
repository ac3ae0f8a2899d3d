//! Bins that requests make. With `--auto-create`, any sender can name one, so their number and rate are limited.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::{Capture, OpenBin, Outgoing, not_stored};
use crate::model::{BinName, BinSettings};
use crate::store::StoreError;

/// How many bins requests may make: any sender can name one.
const MAX_AUTO_BINS: usize = 1_000;
/// How many of them at once; one more is allowed each second.
const AUTO_BINS_AT_ONCE: u32 = 50;

/// Limits the rate at which requests make bins.
#[derive(Debug)]
pub(super) struct Creations {
    left: u32,
    /// The time up to which allowance was added.
    since: Instant,
}

impl Creations {
    pub(super) fn new() -> Self {
        Self { left: AUTO_BINS_AT_ONCE, since: Instant::now() }
    }

    /// Whether one more may be made now.
    fn take(&mut self, now: Instant) -> bool {
        let seconds = now.duration_since(self.since).as_secs();
        let more = u32::try_from(seconds).unwrap_or(u32::MAX);
        self.left = self.left.saturating_add(more).min(AUTO_BINS_AT_ONCE);
        self.since += Duration::from_secs(seconds);
        let may = self.left > 0;
        self.left = self.left.saturating_sub(1);
        may
    }
}

impl Capture {
    /// Makes the bin that a segment names, if auto-creation is on and the segment is a valid name; otherwise returns
    /// the response.
    pub(crate) async fn create(&self, segment: &[u8]) -> Result<OpenBin, Outgoing> {
        let name: Option<BinName> = std::str::from_utf8(segment).ok().and_then(|text| text.parse().ok());
        let Some(name) = name else {
            self.0.counters.unknown_bin.fetch_add(1, Ordering::Relaxed);
            return Err(Self::unknown_bin(segment));
        };
        if !self.0.options.auto_create {
            self.0.counters.unknown_bin.fetch_add(1, Ordering::Relaxed);
            self.0.unknown.note(name, self.0.clock.now());
            return Err(Self::unknown_bin(segment));
        }
        if self.0.store.bin_count() >= MAX_AUTO_BINS || !self.0.creations.lock().take(Instant::now()) {
            let rejected = self.0.counters.not_created.fetch_add(1, Ordering::Relaxed) + 1;
            if rejected.is_power_of_two() {
                tracing::warn!(rejected, "requests to unknown bins are rejected: too many bins, or made too fast");
            }
            return Err(Outgoing::retry(429, "too many bins are made by requests: make this one in the console"));
        }
        let settings = BinSettings { name: Some(name.clone()), ..BinSettings::default() };
        match self.0.store.create_bin(settings, Vec::new()).await {
            Ok(bin) => {
                self.0.counters.created.fetch_add(1, Ordering::Relaxed);
                Ok(self.open(bin))
            }
            // Two first requests at once: the other one has made the bin.
            Err(StoreError::NameTaken(_)) => {
                let made = self.0.store.bin(name.as_str());
                made.map(|bin| self.open(bin)).ok_or_else(|| Self::unknown_bin(segment))
            }
            Err(error) => {
                tracing::warn!(%error, bin = %name, "could not make the bin");
                Err(not_stored(&error))
            }
        }
    }

    /// The response for a request to a bin that does not exist.
    fn unknown_bin(segment: &[u8]) -> Outgoing {
        let segment = String::from_utf8_lossy(segment);
        if segment.is_empty() {
            return Outgoing::error(404, "this is Creel's capture address: send requests to a bin URL, http://…/{bin}");
        }
        Outgoing::error(
            404,
            &format!("no bin '{segment}' here: create one in the console, or start creel with --auto-create"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::CaptureOptions;
    use crate::capture::tests::Fixture;

    #[test]
    fn fifty_bins_are_made_at_once_and_one_more_each_second() {
        let mut creations = Creations::new();
        let start = creations.since;
        let mut made = |millis: u64| {
            let now = start + Duration::from_millis(millis);
            (0..100).filter(|_| creations.take(now)).count()
        };
        // A part of a second is not lost: it counts towards the next bin. After a wait of any length, at most fifty can
        // be made at once.
        for (millis, expected) in [
            (0, 50),
            (999, 0),
            (1_000, 1),
            (1_900, 0),
            (2_100, 1),
            (5_000, 3),
            (54_999, 49),
            (55_000, 1),
            (1_000_000, 50),
        ] {
            assert_eq!(made(millis), expected, "{millis}");
        }
    }

    fn making() -> Fixture {
        Fixture::with(CaptureOptions { auto_create: true, ..CaptureOptions::default() })
    }

    #[tokio::test]
    async fn requests_that_make_bins_too_fast_are_told_so() {
        let making = making();
        let mut made = 0;
        let rejected = loop {
            match making.capture.create(format!("bin-{made}").as_bytes()).await {
                Ok(_) => made += 1,
                Err(response) => break response,
            }
            assert!(made < MAX_AUTO_BINS);
        };
        assert!(made >= 50 && rejected.status == 429, "{made} {}", rejected.status);
        assert_eq!(making.capture.counters().not_created.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn requests_make_no_bin_where_there_are_many() {
        let making = making();
        let others = (1..MAX_AUTO_BINS).map(|_| making.store.create_bin(BinSettings::default(), Vec::new()));
        for made in futures_util::future::join_all(others).await {
            made.unwrap();
        }
        assert!(making.capture.create(b"last").await.is_ok());
        assert_eq!(making.capture.create(b"more").await.map(drop).unwrap_err().status, 429);
        assert_eq!(making.store.bin_count(), MAX_AUTO_BINS);
    }
}
