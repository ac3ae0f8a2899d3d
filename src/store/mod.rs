//! Storage: the only place that knows SQL. A cloneable handle over one writing thread and a few readers.
//!
//! - `handle` and `change` are what the others call; `queue` and `hub` are the way to the writer and back.
//! - `writer` owns the writing connection: it takes all that is queued, writes it in one transaction (`tx`, `insert`, `marks`,
//!   `retention`), publishes it, answers everybody. `checkpoint` folds the log into the database beside it.
//! - `readers` hold connections of their own; `read` and `search` run on them.
//! - `bins` keeps bins, secrets and counts in memory, so that look-ups never wait.
//! - `open`, `lock` and `migrations/` are the way in.

mod bins;
mod by_bin;
mod change;
mod checkpoint;
mod codes;
mod error;
mod evict;
mod filter_sql;
mod handle;
mod hub;
mod insert;
mod lock;
mod marks;
mod open;
mod place;
mod queue;
mod read;
mod readers;
mod retention;
mod rows;
mod search;
mod shared;
mod space;
#[cfg(test)]
mod tests;
mod tx;
mod writer;

pub use error::{OpenError, StoreError};
pub use handle::Store;

use std::path::PathBuf;

use crate::model::{Bin, BinId, Change, Derived, RequestId, RequestSummary, Seq, filter::Filter};

/// How much a commit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// The death of the process (`synchronous=NORMAL`).
    #[default]
    Normal,
    /// A power cut as well (`synchronous=FULL`).
    Full,
}

/// Where and how to store.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// The database file; its folder is made when it is not there.
    pub path: PathBuf,
    /// Remove the file at the end (a temporary database).
    pub ephemeral: bool,
    /// What commits survive.
    pub durability: Durability,
    /// Requests kept per bin when the bin does not say; 0 means no limit.
    pub max_requests: u64,
    /// Age kept, in seconds, when the bin does not say; 0 means no limit.
    pub max_age_s: u64,
    /// Bytes of heads and bodies kept in all; 0 means no limit.
    pub max_bytes: u64,
}

/// A bin as the server holds it in memory: shared, swapped whole when something is set.
#[derive(Debug)]
pub struct BinState {
    /// What is stored.
    pub bin: Bin,
    /// A number that grows with every change of settings or secrets, for caches of what is derived from them.
    pub version: u64,
}

/// Where a request was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Its cursor.
    pub seq: Seq,
    /// Its id.
    pub id: RequestId,
}

/// Newest first or oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Newest first.
    #[default]
    Newest,
    /// Oldest first.
    Oldest,
}

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    /// Only what matches.
    pub filter: Filter,
    /// At most so many; the store caps it at [`MAX_PAGE`].
    pub limit: usize,
    /// Only `seq` below this.
    pub before: Option<Seq>,
    /// Only `seq` above this.
    pub after: Option<Seq>,
    /// The order.
    pub order: Order,
}

/// The most that one page holds.
pub const MAX_PAGE: usize = 1_000;

/// A page of a list.
#[derive(Debug, Clone)]
pub struct Page {
    /// The requests.
    pub requests: Vec<RequestSummary>,
    /// The `seq` to go on from (as `before` or `after`, by the order); `None` at the end.
    pub next: Option<Seq>,
    /// How many match in all, when that is known without a scan (no filter), or was counted within the scan's bound.
    pub total: Option<u64>,
}

/// Which request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestRef {
    /// The newest of the bin.
    Latest,
    /// The one with that id.
    Id(RequestId),
}

/// What is derived anew for a stored request; used by verification in the background.
#[derive(Debug, Clone)]
pub struct Rederived {
    /// Of which.
    pub seq: Seq,
    /// The new facts.
    pub derived: Derived,
}

/// Who wants to know what was committed. Called on the writing thread, in commit order, before anybody is answered.
/// Must return at once.
pub trait CommitListener: Send + Sync + 'static {
    /// Whether changes of that bin are wanted; saves building them when nobody listens.
    fn wants(&self, bin: BinId) -> bool;
    /// What was committed, ordered by `seq`.
    fn committed(&self, changes: Vec<Change>);
    /// Changes of that bin up to `through` were committed, but not built, because nobody wanted them when they were
    /// written; by the time of the commit somebody did. They are to be read from the store.
    fn unbuilt(&self, bin: BinId, through: Seq) {
        let _ = (bin, through);
    }
}

/// What the operations routes tell.
#[derive(Debug, Clone, Default)]
pub struct StoreStats {
    /// Requests stored since the start.
    pub captured: u64,
    /// Requests that could not be stored since the start.
    pub failed: u64,
    /// Requests that wait for the writer now, and their bytes.
    pub queued: u64,
    /// Bytes of these.
    pub queued_bytes: u64,
    /// Commits since the start.
    pub commits: u64,
    /// Bytes of the database file and of its log.
    pub file_bytes: u64,
    /// Bytes of the write-ahead log.
    pub wal_bytes: u64,
    /// Why writing does not work at the moment; `None` when it does.
    pub trouble: Option<StoreError>,
}
