//! Detects a database file that was emptied, shortened or overwritten while it is open. SQLite would go on with its
//! cached pages, and all that is stored from then on would be lost.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::store::error::StoreError;

/// The first bytes of every SQLite database.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// The last known state of the file.
pub(crate) struct Whole {
    /// The open file. It is read through this handle only: closing another would drop SQLite's locks.
    file: Arc<File>,
    state: Mutex<State>,
}

struct State {
    /// The file is at least this long, in bytes.
    least: u64,
    /// The file may shrink: pages were given back, and the log with that change is not fully in the file yet.
    may_shrink: bool,
    /// The damage that a reader found.
    damage: Option<String>,
}

impl Whole {
    /// For a file just opened: a log left by an earlier process may shorten it.
    pub(crate) fn new(file: Arc<File>) -> Self {
        Self { file, state: Mutex::new(State { least: 0, may_shrink: true, damage: None }) }
    }

    /// Fails when the file was damaged from outside.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        if let Some(cause) = &state.damage {
            return Err(StoreError::Corrupt(format!("{cause}; start Creel again")));
        }
        // Measured under the lock: two threads call this.
        let length = self.file.metadata().map_err(|error| StoreError::Unavailable(error.to_string()))?.len();
        if length < state.least {
            let least = state.least;
            return Err(StoreError::Corrupt(format!("the file has {length} bytes and had {least}; start Creel again")));
        }
        if !state.may_shrink {
            state.least = length;
        }
        drop(state);
        let mut begin = [0; MAGIC.len()];
        // A database without a page yet is an empty file.
        if length > 0 && (self.file.read_exact_at(&mut begin, 0).is_err() || begin != *MAGIC) {
            return Err(StoreError::Corrupt("the file was written over; start Creel again".to_owned()));
        }
        Ok(())
    }

    pub(crate) fn found_damaged(&self, cause: &str) {
        self.state.lock().damage.get_or_insert_with(|| cause.to_owned());
    }

    /// Pages are going to be given back.
    pub(crate) fn may_shrink(&self) {
        let mut state = self.state.lock();
        state.least = 0;
        state.may_shrink = true;
    }

    pub(crate) fn is_shrinking(&self) -> bool {
        self.state.lock().may_shrink
    }

    /// The whole log is in the file, which now keeps its length until pages are given back again.
    pub(crate) fn has_shrunk(&self) {
        self.state.lock().may_shrink = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of that length which begins like a database.
    fn whole(length: u64) -> (Arc<File>, Whole) {
        let file = Arc::new(tempfile::tempfile().unwrap());
        file.write_all_at(MAGIC, 0).unwrap();
        file.set_len(length).unwrap();
        (Arc::clone(&file), Whole::new(file))
    }

    #[test]
    fn a_file_may_get_shorter_only_while_pages_are_given_back() {
        let (file, whole) = whole(1_000);
        let checked = |length: u64| {
            file.set_len(length).unwrap();
            whole.check()
        };
        assert!(whole.is_shrinking(), "a log may be left from before");
        assert_eq!([checked(1_000), checked(500)], [Ok(()), Ok(())]);
        whole.has_shrunk();
        assert!(!whole.is_shrinking());
        assert_eq!([checked(500), checked(500)], [Ok(()), Ok(())]);
        assert!(matches!(checked(499), Err(StoreError::Corrupt(_))));
        assert_eq!([checked(500), checked(800)], [Ok(()), Ok(())]);
        assert!(matches!(checked(799), Err(StoreError::Corrupt(_))));
        whole.may_shrink();
        assert!(whole.is_shrinking());
        assert_eq!([checked(100), checked(100)], [Ok(()), Ok(())]);
    }

    #[test]
    fn a_file_that_begins_otherwise_is_written_over_and_an_empty_one_has_no_page_yet() {
        let (file, whole) = whole(100);
        file.write_all_at(b"T", 1).unwrap();
        assert!(matches!(whole.check(), Err(StoreError::Corrupt(cause)) if cause.contains("written over")));
        for (length, fails) in [(0, false), (1, true), (15, true)] {
            file.set_len(0).unwrap();
            file.write_all_at(MAGIC, 0).unwrap();
            file.set_len(length).unwrap();
            assert_eq!(whole.check().is_err(), fails, "{length}");
        }
    }

    #[test]
    fn damage_that_was_found_stays_the_first_cause() {
        let (_, whole) = whole(100);
        assert_eq!(whole.check(), Ok(()));
        whole.found_damaged("page 7 is torn");
        whole.found_damaged("another");
        for _ in 0..2 {
            assert!(matches!(whole.check(), Err(StoreError::Corrupt(cause)) if cause.starts_with("page 7 is torn;")));
        }
    }
}
