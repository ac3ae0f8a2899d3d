//! What the callers' threads, the writer and the checkpointer share.

use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use super::bins::Bins;
use super::reserve::Reserve;
use super::seen::Seen;
use super::wal::WalProgress;
use super::whole::Whole;
use super::{files, paths};
use crate::model::{Clock, Seq};
use crate::store::commits::CommitWaiters;
use crate::store::error::StoreError;
use crate::store::types::{CommitListener, StoreOptions};

/// The state of one open database.
pub(crate) struct Shared {
    pub(crate) options: StoreOptions,
    /// The file itself, links resolved.
    pub(crate) path: PathBuf,
    /// Device and inode of that file.
    identity: (u64, u64),
    /// Device and inode of the log, once it exists.
    log_identity: OnceLock<(u64, u64)>,
    /// Checks that the file's content was not changed from outside.
    pub(crate) whole: Whole,
    pub(crate) clock: Clock,
    pub(crate) listener: Arc<dyn CommitListener>,
    /// The salt of the request ids: constant per database.
    pub(crate) salt: u32,
    pub(crate) waiters: Arc<CommitWaiters>,
    pub(crate) bins: Bins,
    /// Used by the writing thread only.
    pub(crate) seen: Mutex<Seen>,
    /// The newest cursor that is committed.
    pub(crate) committed: AtomicU64,
    pub(crate) captured: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) commits: AtomicU64,
    pub(crate) wal: WalProgress,
    pub(crate) reserve: Mutex<Reserve>,
    /// Whether the clock has jumped ahead within the last hour.
    pub(crate) clock_jumped: AtomicBool,
    in_trouble: AtomicBool,
    trouble: Mutex<Option<StoreError>>,
}

impl Shared {
    pub(crate) fn new(
        options: StoreOptions,
        (path, identity, file): (PathBuf, (u64, u64), Arc<File>),
        clock: Clock,
        listener: Arc<dyn CommitListener>,
        salt: u32,
        last_seq: Seq,
        bins: Bins,
    ) -> Self {
        Self {
            reserve: Mutex::new(Reserve::new(&path)),
            options,
            path,
            identity,
            log_identity: OnceLock::new(),
            whole: Whole::new(file),
            clock,
            listener,
            salt,
            waiters: CommitWaiters::new(last_seq),
            bins,
            seen: Mutex::default(),
            committed: AtomicU64::new(last_seq),
            captured: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            commits: AtomicU64::new(0),
            wal: WalProgress::default(),
            clock_jumped: AtomicBool::new(false),
            in_trouble: AtomicBool::new(false),
            trouble: Mutex::new(None),
        }
    }

    /// Fails when the path no longer names the open file, or when the file was emptied, shortened or overwritten: what
    /// is stored would be lost when the process ends.
    pub(crate) fn check_place(&self) -> Result<(), StoreError> {
        match files::look(&self.path) {
            Ok(Some(found)) if files::identity(&found) == self.identity => {
                self.whole.check().and_then(|()| self.check_log())
            }
            Ok(Some(_)) => Err(StoreError::Unavailable("another file is in the place of the database".to_owned())),
            Ok(None) => Err(StoreError::Unavailable("the database file was removed or moved away".to_owned())),
            Err(error) => Err(StoreError::Unavailable(error.to_string())),
        }
    }

    /// Fails when the log is another file than at first: what is written to a removed file is lost when the process
    /// ends.
    fn check_log(&self) -> Result<(), StoreError> {
        let found = files::look(&paths::wal(&self.path)).map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let found = found.map(|log| files::identity(&log));
        if let Some(found) = found {
            self.log_identity.get_or_init(|| found);
        }
        if found == self.log_identity.get().copied() {
            return Ok(());
        }
        Err(StoreError::Unavailable("the database's log was removed or replaced; start Creel again".to_owned()))
    }

    /// Called when a reader finds the file damaged: the store then accepts no request, so that no sender gets a false
    /// success.
    pub(crate) fn found_damaged(&self, cause: &str) {
        // A replaced file is reported by `check_place`, and may be put back.
        if self.check_place().is_ok() {
            self.whole.found_damaged(cause);
        }
    }

    /// Notes what is wrong with the database, or that it works again.
    pub(crate) fn set_trouble(&self, trouble: Option<StoreError>) {
        // The flag avoids the lock in the usual case.
        if trouble.is_none() && !self.in_trouble.load(Ordering::Acquire) {
            return;
        }
        let before = {
            let mut now = self.trouble.lock();
            self.in_trouble.store(trouble.is_some(), Ordering::Release);
            std::mem::replace(&mut *now, trouble.clone())
        };
        // Logged after the lock is released: the reader of standard error may be slow.
        match (before, trouble) {
            (None, Some(error)) => tracing::error!(file = %self.path.display(), %error, "writing does not work"),
            (Some(_), None) => tracing::info!(file = %self.path.display(), "writing works again"),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }

    pub(crate) fn trouble(&self) -> Option<StoreError> {
        if self.in_trouble.load(Ordering::Acquire) { self.trouble.lock().clone() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::still::Still;

    #[test]
    fn what_is_wrong_with_the_place_of_the_file_is_told_and_forgotten_when_it_is_right_again() {
        let still = Still::new();
        still.bin();
        let (shared, path) = (&still.shared, &still.shared.path);
        let told = || match shared.check_place() {
            Ok(()) => String::new(),
            Err(StoreError::Unavailable(cause)) => cause,
            Err(error) => format!("{error:?}"),
        };
        assert_eq!(told(), "");
        let folder = path.parent().unwrap();
        let outside = tempfile::tempdir().unwrap();
        let away = outside.path().join("away");
        for (moved, replaced, cause) in [
            (path.as_path(), false, "the database file was removed or moved away"),
            (path, true, "another file is in the place of the database"),
            (&paths::wal(path), false, "the database's log was removed or replaced"),
            (&paths::wal(path), true, "the database's log was removed or replaced"),
            (folder, false, "the database file was removed or moved away"),
            // Nobody knows what is there.
            (folder, true, "Not a directory"),
        ] {
            std::fs::rename(moved, &away).unwrap();
            if replaced {
                std::fs::write(moved, "another").unwrap();
            }
            assert!(told().starts_with(cause), "{} {replaced}: {}", moved.display(), told());
            if replaced {
                std::fs::remove_file(moved).unwrap();
            }
            std::fs::rename(&away, moved).unwrap();
            assert_eq!(told(), "", "{}", moved.display());
        }
    }
}
