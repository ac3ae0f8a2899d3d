//! Whether the database file still holds what it held. Somebody may empty, shorten or write over it while it is open:
//! SQLite goes on with what it has in memory, and all that is stored meanwhile would be lost.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::store::error::StoreError;

/// What each SQLite database begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// What is known of the file.
pub(super) struct Whole {
    /// The open file. It is read through this handle only: closing another would drop SQLite's locks.
    file: Arc<File>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The file is at least this long.
    least: u64,
    /// It may get shorter than it is: pages were given back.
    may_shrink: bool,
    /// What a reader found.
    damage: Option<String>,
}

impl Whole {
    pub(super) fn new(file: Arc<File>) -> Self {
        Self { file, state: Mutex::default() }
    }

    /// An error when the file of that length is not what it was.
    pub(super) fn check(&self, length: u64) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        if let Some(cause) = &state.damage {
            return Err(StoreError::Corrupt(format!("{cause}; start Creel again")));
        }
        if length < state.least {
            let least = state.least;
            return Err(StoreError::Corrupt(format!("the file has {length} bytes and had {least}; start Creel again")));
        }
        if state.may_shrink {
            state.may_shrink = length > state.least;
        } else {
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

    pub(super) fn found_damaged(&self, cause: &str) {
        self.state.lock().damage.get_or_insert_with(|| cause.to_owned());
    }

    pub(super) fn may_shrink_to(&self, bytes: u64) {
        let mut state = self.state.lock();
        state.least = state.least.min(bytes);
        state.may_shrink = true;
    }
}
