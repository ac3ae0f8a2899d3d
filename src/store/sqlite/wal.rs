//! What writer and checkpointer tell each other about the write-ahead log.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// A checkpoint pass is worth its syncs when this much was written.
pub(crate) const PASS_BYTES: u64 = 8 << 20;

/// How far the log has grown, and what is to be done about it.
#[derive(Debug, Default)]
pub(crate) struct WalProgress {
    /// Bytes written since the last pass.
    written: AtomicU64,
    /// The writer is asked to complete the log.
    finish: AtomicBool,
    stop: Mutex<bool>,
    news: Condvar,
}

impl WalProgress {
    /// The writer has committed that many bytes.
    pub(crate) fn wrote(&self, bytes: u64) {
        let before = self.written.fetch_add(bytes, Ordering::Relaxed);
        if before < PASS_BYTES && before + bytes >= PASS_BYTES {
            // Whoever has looked and is about to wait holds this lock: it waits by now, and hears the news.
            drop(self.stop.lock());
            self.news.notify_one();
        }
    }

    /// The bytes written since it was last asked.
    pub(crate) fn take_written(&self) -> u64 {
        self.written.swap(0, Ordering::Relaxed)
    }

    /// Asks the writer to complete the log.
    pub(crate) fn ask_to_finish(&self) {
        self.finish.store(true, Ordering::Relaxed);
    }

    /// Whether the writer is asked to complete the log; once per question.
    pub(crate) fn take_finish(&self) -> bool {
        self.finish.load(Ordering::Relaxed) && self.finish.swap(false, Ordering::Relaxed)
    }

    /// Ends the checkpointer.
    pub(crate) fn stop(&self) {
        *self.stop.lock() = true;
        self.news.notify_one();
    }

    /// Sleeps until a pass is worth while, at most for `patience`. False when the checkpointer is to end.
    pub(crate) fn wait_for_pass(&self, patience: Duration) -> bool {
        let mut stop = self.stop.lock();
        if !*stop && self.written.load(Ordering::Relaxed) < PASS_BYTES {
            self.news.wait_for(&mut stop, patience);
        }
        !*stop
    }

    /// Sleeps for `patience`, however much was written; [`WalProgress::stop`] ends it early.
    pub(crate) fn pause(&self, patience: Duration) {
        let mut stop = self.stop.lock();
        if !*stop {
            self.news.wait_for(&mut stop, patience);
        }
    }
}
