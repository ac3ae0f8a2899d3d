//! Bins that senders requested but that do not exist: mostly a mistyped URL or a deleted bin.

use std::time::Duration;

use parking_lot::Mutex;

use crate::model::{BinName, Timestamp};

/// How many names are remembered: a few kilobytes, because names have a bounded length.
const MAX_NAMES: usize = 20;
/// How long a name is remembered after its last request.
const MAX_AGE: Duration = Duration::from_hours(1);

/// A requested name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnknownBin {
    /// The name; it is valid for a bin.
    pub name: BinName,
    /// How often it was requested.
    pub count: u64,
    /// When it was last requested.
    pub last_at: Timestamp,
}

/// The names requested lately.
#[derive(Debug, Default)]
pub(super) struct UnknownBins(Mutex<Vec<UnknownBin>>);

impl UnknownBins {
    /// Notes a requested name. When the list is full, the name with the fewest and oldest requests is dropped, so that
    /// random names do not displace one that a sender repeats.
    pub(super) fn note(&self, name: BinName, at: Timestamp) {
        let mut names = self.0.lock();
        names.retain(|known| at.since(known.last_at) < MAX_AGE);
        if let Some(known) = names.iter_mut().find(|known| known.name == name) {
            known.count += 1;
            known.last_at = at;
            return;
        }
        if names.len() >= MAX_NAMES {
            let least = names.iter().enumerate().min_by_key(|(_, known)| (known.count, known.last_at));
            if let Some((place, _)) = least {
                names.swap_remove(place);
            }
        }
        names.push(UnknownBin { name, count: 1, last_at: at });
    }

    /// The names that are still remembered at that moment and for which `is_there` finds no bin, the latest first.
    pub(super) fn recent(&self, now: Timestamp, is_there: impl Fn(&str) -> bool) -> Vec<UnknownBin> {
        let mut names = self.0.lock();
        names.retain(|known| now.since(known.last_at) < MAX_AGE && !is_there(known.name.as_str()));
        let mut recent = names.clone();
        drop(names);
        recent.sort_by_key(|known| std::cmp::Reverse(known.last_at));
        recent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_secs(1_000_000 + second)
    }

    fn names(unknown: &UnknownBins, now: i64) -> Vec<(String, u64)> {
        let recent = unknown.recent(at(now), |name| name == "made");
        recent.into_iter().map(|known| (known.name.as_str().to_owned(), known.count)).collect()
    }

    #[test]
    fn the_latest_come_first_and_those_that_are_made_or_old_go() {
        let unknown = UnknownBins::default();
        for (second, name) in [(0, "old"), (10, "a"), (3_000, "made"), (3_001, "b"), (3_002, "a")] {
            unknown.note(name.parse().unwrap(), at(second));
        }
        let expected = [("a".to_owned(), 2), ("b".to_owned(), 1)];
        assert_eq!(names(&unknown, 3_600), expected);
        assert_eq!(names(&unknown, 3_001 + 3_600), expected[..1]);
        // A name that comes again after an hour is counted from the start.
        for (after, count) in [(3_599, 2), (3_600, 1)] {
            let unknown = UnknownBins::default();
            for second in [0, after] {
                unknown.note("a".parse().unwrap(), at(second));
            }
            assert_eq!(names(&unknown, after), [("a".to_owned(), count)], "{after}");
        }
    }

    #[test]
    fn a_flood_of_names_takes_bounded_room_and_leaves_the_one_that_is_asked_for_again() {
        let unknown = UnknownBins::default();
        unknown.note("wanted".parse().unwrap(), at(0));
        unknown.note("wanted".parse().unwrap(), at(1));
        for number in 0..10_000 {
            unknown.note(format!("scan-{number}").parse().unwrap(), at(2));
        }
        let recent = names(&unknown, 3);
        assert_eq!(recent.len(), MAX_NAMES);
        assert!(recent.contains(&("wanted".to_owned(), 2)));
    }
}
