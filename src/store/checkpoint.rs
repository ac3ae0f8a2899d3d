//! Folding the write-ahead log into the database, beside the writer.
//!
//! SQLite syncs the database file only in the pass that completes the log, and that pass has to run between two batches, or
//! the log never starts over. Left alone it would sync everything at once and stall captures for a tenth of a
//! second. So this thread makes passes all the time and syncs the file after each one; what is left for the writer is small.

use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;

use super::shared::Shared;

/// A pass is worth its syncs when so much was written.
const PASS_BYTES: u64 = 8 << 20;
/// Frames of a page each that the writer may be left with: a few milliseconds.
const LEFT_FOR_WRITER: i64 = 400;
/// The log starts over when it has so many frames: 64 MiB. Longer logs make reads slower, shorter ones syncs more frequent.
const RESTART_FRAMES: i64 = 16_384;
/// So often what is left for the writer may double: to about 100,000 frames, at a log of half a gigabyte.
const MAX_DOUBLINGS: i64 = 8;
/// Passes in a row; a busy writer would keep this thread going for ever.
const MAX_PASSES: usize = 8;
/// How often this thread looks by itself.
const TICK: Duration = Duration::from_secs(1);

/// What writer and checkpointer tell each other.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// Bytes written since the last pass.
    written: AtomicU64,
    /// The writer shall complete the log.
    finish: AtomicBool,
    stop: Mutex<bool>,
    news: Condvar,
}

impl Log {
    /// The writer has committed so many bytes.
    pub(super) fn wrote(&self, bytes: u64) {
        let before = self.written.fetch_add(bytes, Ordering::Relaxed);
        if before < PASS_BYTES && before + bytes >= PASS_BYTES {
            self.news.notify_one();
        }
    }

    /// Whether the writer shall complete the log now.
    pub(super) fn take_finish(&self) -> bool {
        self.finish.load(Ordering::Relaxed) && self.finish.swap(false, Ordering::Relaxed)
    }

    /// Ends the thread.
    pub(super) fn stop(&self) {
        *self.stop.lock() = true;
        self.news.notify_one();
    }
}

/// The thread. `file` is the database file: an independent handle that must stay open as long as any connection
/// does, because closing it would drop the locks that SQLite holds for this process.
pub(super) fn run(shared: &Shared, conn: &Connection, file: &File) {
    let log = &shared.log;
    loop {
        let mut stop = log.stop.lock();
        if !*stop && log.written.load(Ordering::Relaxed) < PASS_BYTES {
            log.news.wait_for(&mut stop, TICK);
        }
        if *stop {
            return;
        }
        drop(stop);
        if log.written.swap(0, Ordering::Relaxed) == 0 {
            continue;
        }
        if let Err(error) = passes(log, conn, file) {
            // The writer finds out by itself whether the database still works.
            tracing::debug!(%error, "checkpoint failed");
            // Not at full speed for ever.
            let mut stop = log.stop.lock();
            if !*stop {
                log.news.wait_for(&mut stop, TICK);
            }
        }
    }
}

fn passes(log: &Log, conn: &Connection, file: &File) -> Result<(), rusqlite::Error> {
    for _ in 0..MAX_PASSES {
        let before = state(conn, "PASSIVE")?;
        if let Err(error) = file.sync_data() {
            tracing::debug!(%error, "the database file could not be synced");
        }
        let now = state(conn, "NOOP")?;
        let backlog = now.frames - now.done;
        // The longer the log, the more the writer is asked to do: at full load the backlog never gets small.
        let doublings = (now.frames / RESTART_FRAMES - 1).min(MAX_DOUBLINGS);
        if doublings >= 0 && backlog <= LEFT_FOR_WRITER << doublings {
            log.finish.store(true, Ordering::Relaxed);
            return Ok(());
        }
        if backlog <= LEFT_FOR_WRITER {
            return Ok(());
        }
        if now.done <= before.done && before.frames - before.done > LEFT_FOR_WRITER {
            // A reader holds an old state: another pass would not get further.
            return Ok(());
        }
    }
    Ok(())
}

/// How long the log is, and how much of it is in the database.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogState {
    pub(super) frames: i64,
    pub(super) done: i64,
}

/// Checkpoints in that mode (`NOOP` only looks).
pub(super) fn state(conn: &Connection, mode: &str) -> Result<LogState, rusqlite::Error> {
    conn.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
        Ok(LogState { frames: row.get(1)?, done: row.get(2)? })
    })
}
