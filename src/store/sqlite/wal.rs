//! The state of the write-ahead log that writer and checkpointer share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// Bytes written that make a checkpoint pass worth its syncs.
pub(crate) const PASS_BYTES: u64 = 8 << 20;

/// How far the log has grown, and whether the writer is asked to complete it.
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
            // The checkpointer holds this lock from its check until it waits: taking the lock ensures that it hears the
            // notification.
            drop(self.stop.lock());
            self.news.notify_one();
        }
    }

    /// The bytes written since the last call.
    pub(crate) fn take_written(&self) -> u64 {
        self.written.swap(0, Ordering::Relaxed)
    }

    /// Asks the writer to complete the log.
    pub(crate) fn ask_to_finish(&self) {
        self.finish.store(true, Ordering::Relaxed);
    }

    /// Whether the writer is asked to complete the log; clears the request.
    pub(crate) fn take_finish(&self) -> bool {
        self.finish.load(Ordering::Relaxed) && self.finish.swap(false, Ordering::Relaxed)
    }

    /// Ends the checkpointer.
    pub(crate) fn stop(&self) {
        *self.stop.lock() = true;
        self.news.notify_one();
    }

    /// Sleeps until a pass is worthwhile, at most for `patience`. Returns false when the checkpointer must end.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpointer_that_is_to_end_or_has_work_does_not_sleep() {
        let wal = WalProgress::default();
        let long = Duration::from_hours(1);
        wal.wrote(PASS_BYTES - 1);
        wal.wrote(1);
        assert!(wal.wait_for_pass(long));
        assert_eq!((wal.take_written(), wal.take_written()), (PASS_BYTES, 0));
        assert!(wal.wait_for_pass(Duration::ZERO), "nothing to do is no end");
        wal.wrote(PASS_BYTES + 1);
        assert!(wal.wait_for_pass(long), "more than enough is enough");
        wal.stop();
        wal.pause(long);
        assert!(!wal.wait_for_pass(long));
    }

    #[test]
    fn a_checkpointer_that_has_little_to_do_sleeps_as_long_as_it_is_told() {
        let wal = WalProgress::default();
        let short = Duration::from_millis(2);
        for written in [0, PASS_BYTES - 1] {
            wal.wrote(written);
            let started = std::time::Instant::now();
            assert!(wal.wait_for_pass(short) && started.elapsed() >= short, "{written}");
            let started = std::time::Instant::now();
            wal.pause(short);
            assert!(started.elapsed() >= short, "{written}");
        }
    }

    #[test]
    fn the_news_is_told_when_there_is_enough_for_a_pass_and_neither_before_nor_again() {
        for (before, bytes, told) in [
            (0, PASS_BYTES - 1, false),
            (0, PASS_BYTES, true),
            (2, PASS_BYTES / 2, false),
            (PASS_BYTES - 1, 1, true),
            (PASS_BYTES - 1, PASS_BYTES, true),
            (PASS_BYTES, 1, false),
            (PASS_BYTES + 1, PASS_BYTES, false),
        ] {
            let wal = WalProgress { written: AtomicU64::new(before), ..WalProgress::default() };
            let (sleeps, asleep) = std::sync::mpsc::channel();
            std::thread::scope(|scope| {
                let wal = &wal;
                scope.spawn(move || {
                    let mut stop = wal.stop.lock();
                    sleeps.send(()).unwrap();
                    wal.news.wait(&mut stop);
                });
                asleep.recv().unwrap();
                // Whoever gets the lock knows that the other one waits.
                drop(wal.stop.lock());
                wal.wrote(bytes);
                assert_eq!(!wal.news.notify_one(), told, "{before} {bytes}");
            });
        }
    }

    #[test]
    fn the_writer_is_asked_once_to_complete_the_log() {
        let wal = WalProgress::default();
        assert!(!wal.take_finish());
        wal.ask_to_finish();
        wal.ask_to_finish();
        assert_eq!([wal.take_finish(), wal.take_finish()], [true, false]);
    }

    #[test]
    fn a_checkpointer_that_sleeps_is_woken_when_enough_is_written() {
        let (wal, patience) = (WalProgress::default(), Duration::from_secs(20));
        std::thread::scope(|scope| {
            let sleeper = scope.spawn(|| {
                let started = std::time::Instant::now();
                wal.wait_for_pass(patience) && started.elapsed() < patience
            });
            while !sleeper.is_finished() {
                wal.wrote(PASS_BYTES);
                // Only the news tells it: who looks a moment later finds nothing.
                wal.take_written();
                std::thread::yield_now();
            }
            assert!(sleeper.join().unwrap());
        });
    }
}
