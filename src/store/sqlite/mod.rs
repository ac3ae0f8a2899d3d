//! The database: SQLite with one writing thread and a few reading connections.
//!
//! - `database` opens everything, starts the threads and is what the handle holds.
//! - In front of the writer: `queue` (bounded) and `job` (what is queued).
//! - `writer` owns the writing connection. It takes all that is queued, writes it in one transaction, publishes it,
//!   answers the waiters. `tx` is that transaction; `insert`, `bin_writes`, `marks`, `attempts`, `evict` and
//!   `retention` write in it; `effects` holds what changes in memory once it is committed.
//! - `checkpoint` folds the write-ahead log into the database, in parallel to the writer; the two communicate through
//!   `wal`.
//! - `readers` holds the reading connections; `read`, `sessions`, `repeats`, `timeline` and `search` (with
//!   `filter_sql`) run on them, `cancel` ends them early.
//! - `read_only` reads a file without locks or threads.
//! - `bins` keeps bins, secrets and counts in memory, so that look-ups never wait; `bin_reads` loads them.
//! - How values are written: `columns`, `attempt_columns`, `rows`, `row_key`, `codes`, `values`.
//! - Opening: `open`, `lock`, `paths`, `migrations/`.

mod attempt_columns;
mod attempts;
mod bin_reads;
mod bin_writes;
mod bins;
mod cancel;
mod checkpoint;
mod codes;
mod columns;
mod database;
mod effects;
mod error;
mod evict;
mod files;
mod filter_sql;
mod forward;
mod insert;
mod job;
mod lock;
mod marks;
mod open;
mod paths;
mod queue;
mod read;
mod read_only;
mod readers;
mod repeats;
mod reserve;
mod retention;
mod row_key;
mod rows;
mod search;
mod seen;
mod sessions;
mod shared;
mod statements;
#[cfg(test)]
mod still;
mod timeline;
mod tx;
mod values;
mod wal;
mod wal_check;
mod whole;
mod writer;

#[cfg(test)]
pub(crate) use checkpoint::give_back;
pub(crate) use database::Database;
pub(crate) use open::remove_abandoned;
pub(crate) use read_only::ReadOnly;
#[cfg(test)]
pub(crate) use reserve::Reserve;
pub(crate) use search::Search;
pub(crate) use tx::Tx;
