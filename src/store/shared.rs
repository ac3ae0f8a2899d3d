//! What the handle, the writer and the checkpointer share.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;

use super::bins::Bins;
use super::checkpoint::Log;
use super::hub::Hub;
use super::queue::Queue;
use super::{CommitListener, StoreError, StoreOptions};
use crate::model::Clock;

pub(super) struct Shared {
    pub(super) options: StoreOptions,
    /// The file itself, links resolved.
    pub(super) path: PathBuf,
    pub(super) clock: Clock,
    pub(super) listener: Arc<dyn CommitListener>,
    /// What ids are made with: constant for a database.
    pub(super) salt: u32,
    pub(super) queue: Queue,
    pub(super) hub: Arc<Hub>,
    pub(super) bins: Bins,
    pub(super) committed: AtomicU64,
    pub(super) captured: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) commits: AtomicU64,
    pub(super) log: Log,
    in_trouble: AtomicBool,
    trouble: Mutex<Option<StoreError>>,
}

impl Shared {
    #[expect(clippy::too_many_arguments, reason = "called once, by the opener, with what it found")]
    pub(super) fn new(
        options: StoreOptions,
        path: PathBuf,
        clock: Clock,
        listener: Arc<dyn CommitListener>,
        salt: u32,
        last_seq: u64,
        bins: Bins,
        log: Log,
    ) -> Self {
        Self {
            options,
            path,
            clock,
            listener,
            salt,
            queue: Queue::new(last_seq + 1),
            hub: Hub::new(last_seq),
            bins,
            committed: AtomicU64::new(last_seq),
            captured: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            commits: AtomicU64::new(0),
            log,
            in_trouble: AtomicBool::new(false),
            trouble: Mutex::new(None),
        }
    }

    /// Notes what is wrong with the database, or that nothing is any more.
    pub(super) fn set_trouble(&self, trouble: Option<StoreError>) {
        // The flag keeps the lock out of the usual path.
        if trouble.is_none() && !self.in_trouble.load(Ordering::Acquire) {
            return;
        }
        let mut now = self.trouble.lock();
        match (&*now, &trouble) {
            (None, Some(error)) => tracing::error!(file = %self.path.display(), %error, "writing does not work"),
            (Some(_), None) => tracing::info!(file = %self.path.display(), "writing works again"),
            (Some(_), Some(_)) | (None, None) => {}
        }
        self.in_trouble.store(trouble.is_some(), Ordering::Release);
        *now = trouble;
    }

    pub(super) fn trouble(&self) -> Option<StoreError> {
        if self.in_trouble.load(Ordering::Acquire) { self.trouble.lock().clone() } else { None }
    }
}
