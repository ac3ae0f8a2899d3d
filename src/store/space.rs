//! Giving space back while nothing is going on.

use rusqlite::Connection;

use super::shared::Shared;

/// Free pages are given back when there are so many: 8 MiB. Fewer are soon used again.
const FREE_PAGES: i64 = 2_048;
/// Pages given back at a time, a few milliseconds' work.
const VACUUM_STEP: u32 = 512;
/// A log longer than this is cut when nothing is going on.
const IDLE_LOG_BYTES: u64 = 4 << 20;

/// Gives free pages back to the file system and cuts a long log, while nothing is going on.
pub(super) fn give_back(shared: &Shared, conn: &Connection) {
    let free: i64 = conn.query_row("PRAGMA freelist_count", [], |row| row.get(0)).unwrap_or(0);
    if free > FREE_PAGES {
        while shared.queue.is_empty() {
            let before: i64 = conn.query_row("PRAGMA freelist_count", [], |row| row.get(0)).unwrap_or(0);
            if before == 0 || conn.execute_batch(&format!("PRAGMA incremental_vacuum({VACUUM_STEP})")).is_err() {
                break;
            }
            shared.log.wrote(u64::from(VACUUM_STEP) * 4_096);
        }
    }
    let log = super::open::log_path(&shared.path);
    if shared.queue.is_empty() && std::fs::metadata(log).is_ok_and(|log| log.len() > IDLE_LOG_BYTES) {
        // Without patience: a reader that is in the way is not worth holding up a capture.
        let _ = conn.busy_timeout(std::time::Duration::ZERO);
        let _ = super::checkpoint::state(conn, "TRUNCATE");
        let _ = conn.busy_timeout(super::open::BUSY_PATIENCE);
    }
}
