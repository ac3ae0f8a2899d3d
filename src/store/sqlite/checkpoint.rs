//! Folding the write-ahead log into the database, beside the writer.
//!
//! SQLite syncs the database file only in the pass that completes the log, and that pass has to run between two
//! batches, or the log never starts over. Without help it would sync everything at once and stall captures for a tenth
//! of a second. So this thread makes passes all the time and syncs the file after each one; little is left for the
//! writer.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::open::BUSY_PATIENCE;
use super::paths;
use super::shared::Shared;
use super::wal::WalProgress;
use crate::store::error::StoreError;

/// Frames (of one page each) that may be left for the writer: a few milliseconds of work.
const LEFT_FOR_WRITER: i64 = 400;
/// The log starts over at this many frames: 64 MiB. Longer logs make reads slower, shorter ones syncs more frequent.
const RESTART_FRAMES: i64 = 16_384;
/// How often [`LEFT_FOR_WRITER`] may double: up to about 100,000 frames, at a log of half a gigabyte.
const MAX_DOUBLINGS: i64 = 8;
/// Passes in a row; a busy writer would keep this thread going for ever.
const MAX_PASSES: usize = 8;
/// How often this thread looks at the log when it is not woken.
const TICK: Duration = Duration::from_secs(1);
/// Fewer free pages than this (8 MiB) are not given back to the file system: they are soon used again.
const FREE_PAGES: i64 = 2_048;
/// Pages given back per step: a few milliseconds of work.
const VACUUM_STEP: u32 = 512;
/// A log longer than this is truncated when the writer is idle.
const IDLE_WAL_BYTES: u64 = 4 << 20;

/// The checkpointer's thread. `file` is the database file: an independent handle that must stay open as long as any
/// connection does, because closing it would drop the locks that SQLite holds for this process.
pub(crate) fn run(shared: &Shared, conn: &Connection, file: &File) {
    while shared.wal.wait_for_pass(TICK) {
        if fold_written(shared, conn, file).is_err() {
            // Limits how fast failing passes repeat.
            shared.wal.pause(TICK);
        }
    }
}

/// Makes passes if anything was written since the last ones.
fn fold_written(shared: &Shared, conn: &Connection, file: &File) -> Result<(), StoreError> {
    // A pass would make a damaged file look intact again.
    shared.check_place()?;
    if shared.wal.take_written() == 0 {
        return Ok(());
    }
    passes(&shared.wal, conn, file).map_err(StoreError::from).inspect_err(|error| {
        if let StoreError::Corrupt(cause) = error {
            shared.found_damaged(cause);
        }
        // The writer itself notices whether the database still works.
        tracing::debug!(%error, "checkpoint failed");
    })
}

fn passes(wal: &WalProgress, conn: &Connection, file: &File) -> Result<(), rusqlite::Error> {
    for _ in 0..MAX_PASSES {
        let before = checkpoint(conn, "PASSIVE")?;
        if let Err(error) = file.sync_data() {
            tracing::debug!(%error, "the database file could not be synced");
        }
        let now = checkpoint(conn, "NOOP")?;
        if is_for_writer(now) {
            wal.ask_to_finish();
            return Ok(());
        }
        if !is_worth_another(before, now) {
            return Ok(());
        }
    }
    Ok(())
}

/// How long the log is, and how much of it is in the database.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WalState {
    pub(crate) frames: i64,
    pub(crate) done: i64,
}

impl WalState {
    const fn left(self) -> i64 {
        self.frames - self.done
    }
}

/// Whether another pass after this one would get further: much is left, and no reader holds an old state.
const fn is_worth_another(before: WalState, now: WalState) -> bool {
    now.left() > LEFT_FOR_WRITER && (now.done > before.done || before.left() <= LEFT_FOR_WRITER)
}

/// Whether the log is to start over, and what is left of it is little enough for the writer. The longer the log, the
/// more the writer is asked to do: at full load what is left never gets small.
fn is_for_writer(log: WalState) -> bool {
    let doublings = (log.frames / RESTART_FRAMES - 1).min(MAX_DOUBLINGS);
    doublings >= 0 && log.left() <= LEFT_FOR_WRITER << doublings
}

/// Checkpoints in that mode (`NOOP` only looks).
pub(crate) fn checkpoint(conn: &Connection, mode: &str) -> Result<WalState, rusqlite::Error> {
    conn.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
        Ok(WalState { frames: row.get(1)?, done: row.get(2)? })
    })
}

/// Gives free pages back to the file system and truncates a long log. Runs on the writing thread while it is `idle`.
pub(crate) fn give_back(conn: &Connection, shared: &Shared, idle: impl Fn() -> bool) {
    let free = || conn.query_row("PRAGMA freelist_count", [], |row| row.get::<_, i64>(0)).unwrap_or(0);
    if free() > FREE_PAGES {
        shared.whole.may_shrink();
        while idle() {
            if free() == 0 || vacuum(conn).is_err() {
                break;
            }
            shared.wal.wrote(u64::from(VACUUM_STEP) * 4_096);
        }
    }
    if idle() && is_long(&paths::wal(&shared.path)) {
        // Without a busy timeout: captures must not wait because of a reader.
        let _ = conn.busy_timeout(Duration::ZERO);
        let _ = checkpoint(conn, "TRUNCATE");
        let _ = conn.busy_timeout(BUSY_PATIENCE);
    }
    if shared.whole.is_shrinking() && checkpoint(conn, "NOOP").is_ok_and(|log| log.frames == log.done) {
        shared.whole.has_shrunk();
    }
}

fn is_long(log: &Path) -> bool {
    std::fs::metadata(log).is_ok_and(|file| file.len() > IDLE_WAL_BYTES)
}

/// One step of it. SQLite frees one page per result row, so all rows must be read.
fn vacuum(conn: &Connection) -> Result<(), rusqlite::Error> {
    let mut step = conn.prepare_cached(&format!("PRAGMA incremental_vacuum({VACUUM_STEP})"))?;
    let mut pages = step.query([])?;
    while pages.next()?.is_some() {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_long_when_it_is_longer_than_an_idle_writer_leaves_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (bytes, expected) in [(0, false), (IDLE_WAL_BYTES, false), (IDLE_WAL_BYTES + 1, true)] {
            file.as_file().set_len(bytes).unwrap();
            assert_eq!(is_long(file.path()), expected, "{bytes}");
        }
        let path = file.path().to_owned();
        drop(file);
        assert!(!is_long(&path));
    }

    #[test]
    fn another_pass_is_made_while_much_is_left_and_the_last_one_got_further() {
        // How long the log is and how much of it is in the database, before the pass and after it.
        for (before, now, is_worth) in [
            ((1_000, 0), (1_000, 1_000), false),
            ((1_000, 0), (1_000, 600), false),
            ((1_000, 0), (1_001, 600), true),
            ((1_000, 599), (1_000, 599), false),
            ((1_000, 598), (1_000, 599), true),
            ((5_000, 0), (9_000, 0), false),
            // Nothing to speak of was left when the pass began: the rest came while it ran.
            ((1_000, 600), (5_000, 600), true),
            ((1_000, 599), (5_000, 599), false),
        ] {
            let state = |(frames, done)| WalState { frames, done };
            assert_eq!(is_worth_another(state(before), state(now)), is_worth, "{before:?} {now:?}");
        }
    }

    #[test]
    fn the_writer_completes_a_long_log_when_little_is_left_and_the_more_the_longer_it_is() {
        for (frames, most) in [
            (16_384, Some(400)),
            (32_767, Some(400)),
            (32_768, Some(800)),
            (49_152, Some(1_600)),
            (9 * 16_384, Some(102_400)),
            (10 * 16_384, Some(102_400)),
            (100 * 16_384, Some(102_400)),
            (16_383, None),
            (0, None),
        ] {
            let left = |left: i64| is_for_writer(WalState { frames, done: frames - left });
            assert_eq!(left(0), most.is_some(), "{frames}");
            if let Some(most) = most {
                assert!(left(most) && !left(most + 1), "{frames}");
            }
        }
    }
}

#[cfg(test)]
mod folding;
