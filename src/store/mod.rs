//! Storage: the only place that knows SQL. A cloneable handle over one writing thread and a few readers.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::model::{
    Bin, BinCounts, BinId, BinSettings, CapturedRequest, Change, Clock, Derived, MarksPatch, NewRequest, RequestId,
    RequestSummary, SecretId, SecretValue, Seq, filter::Filter,
};

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

/// Why a database could not be opened. Each text names the file and the way out.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Placeholder until the store lands.
    #[error("not there yet")]
    NotYet,
}

/// Why the store could not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The bin, request or secret is not there.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The name is taken.
    #[error("the name '{0}' is taken by another bin")]
    NameTaken(String),
    /// Too much is waiting to be written: try again later.
    #[error("the store is busy")]
    Busy,
    /// The disk is full.
    #[error("the disk is full")]
    DiskFull,
    /// The database cannot be written (read-only, locked, I/O error); the text is the cause.
    #[error("the database cannot be written: {0}")]
    Unavailable(String),
    /// The database file is damaged; the text is the cause.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// The server is shutting down.
    #[error("shutting down")]
    Closed,
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

/// The handle. Cheap to clone; the last clone that goes closes the database (see [`Store::close`] for the orderly way).
#[derive(Clone)]
pub struct Store {
    _inner: Arc<()>,
}

#[expect(
    clippy::todo,
    clippy::unused_async,
    clippy::needless_pass_by_value,
    unused_variables,
    reason = "the interface stands before the store does"
)]
impl Store {
    /// Opens (or makes) the database, takes its lock, migrates it, starts the writer and the checkpointer.
    pub fn open(options: StoreOptions, clock: Clock, listener: Arc<dyn CommitListener>) -> Result<Self, OpenError> {
        todo!()
    }

    // Bins: held in memory, so look-ups never wait.

    /// The bin of that id or name.
    #[must_use]
    pub fn bin(&self, reference: &str) -> Option<Arc<BinState>> {
        todo!()
    }
    /// Every bin, oldest first.
    #[must_use]
    pub fn bins(&self) -> Vec<Arc<BinState>> {
        todo!()
    }
    /// The bin's counts as of the last commit.
    #[must_use]
    pub fn counts(&self, bin: BinId) -> BinCounts {
        todo!()
    }
    /// When the bin's newest request arrived.
    #[must_use]
    pub fn last_request_at(&self, bin: BinId) -> Option<crate::model::Timestamp> {
        todo!()
    }
    /// Makes a bin.
    pub async fn create_bin(
        &self,
        settings: BinSettings,
        secrets: Vec<(String, SecretValue)>,
    ) -> Result<Arc<BinState>, StoreError> {
        todo!()
    }
    /// Changes a bin's settings in one step; `change` sees the settings as they are when it is its turn.
    pub async fn update_bin(
        &self,
        bin: BinId,
        change: impl FnOnce(&mut BinSettings) + Send + 'static,
    ) -> Result<Arc<BinState>, StoreError> {
        todo!()
    }
    /// Deletes a bin with everything in it.
    pub async fn delete_bin(&self, bin: BinId) -> Result<(), StoreError> {
        todo!()
    }
    /// Adds a secret.
    pub async fn add_secret(&self, bin: BinId, label: String, value: SecretValue) -> Result<Arc<BinState>, StoreError> {
        todo!()
    }
    /// Removes a secret.
    pub async fn delete_secret(&self, bin: BinId, secret: SecretId) -> Result<Arc<BinState>, StoreError> {
        todo!()
    }

    // Captures.

    /// Stores a request; ready when it is committed (and published), or with the reason why it is not.
    /// Dropping the future does not take the request back.
    pub async fn capture(&self, request: NewRequest) -> Result<Stored, StoreError> {
        todo!()
    }
    /// Stores a request that nobody waits for (one that the parser refused).
    pub fn capture_unattended(&self, request: NewRequest) {
        todo!()
    }
    /// Notes how long a delayed answer took and what it was in the end. Nobody waits; a later batch writes it.
    pub fn answered(&self, stored: Stored, status: Option<u16>, took: Duration) {
        todo!()
    }
    /// Stores many requests with their own times and marks, in one go (import). Answers with how many.
    pub async fn import(
        &self,
        bin: BinId,
        requests: Vec<(NewRequest, crate::model::Marks)>,
    ) -> Result<u64, StoreError> {
        todo!()
    }

    // Reading. On connections of its own: never waits for the writer, never holds it up.

    /// A page of the bin's requests.
    pub async fn list(&self, bin: BinId, query: ListQuery) -> Result<Page, StoreError> {
        todo!()
    }
    /// One request with head and body.
    pub async fn request(&self, bin: BinId, which: RequestRef) -> Result<CapturedRequest, StoreError> {
        todo!()
    }
    /// Whole requests for exports, verification and diagnosis: `seq` above `after`, oldest first, at most `limit` of them and about `max_bytes`.
    pub async fn requests_after(
        &self,
        bin: BinId,
        after: Seq,
        filter: &Filter,
        limit: usize,
        max_bytes: usize,
    ) -> Result<Vec<CapturedRequest>, StoreError> {
        todo!()
    }
    /// The changes of a bin above `after`, oldest first, at most `limit`. `Err(NotFound("cursor"))` when the journal no longer reaches back so far
    /// (only changes other than requests are trimmed).
    pub async fn changes_after(&self, bin: BinId, after: Seq, limit: usize) -> Result<Vec<Change>, StoreError> {
        todo!()
    }
    /// The newest `seq` that is committed.
    #[must_use]
    pub fn head_seq(&self) -> Seq {
        todo!()
    }

    // Changing what is stored.

    /// Changes read flag, pin, note, tags.
    pub async fn mark(&self, bin: BinId, id: RequestId, patch: MarksPatch) -> Result<RequestSummary, StoreError> {
        todo!()
    }
    /// Marks everything that matches (up to and including `through`, if given) as read or otherwise. Answers with how many.
    pub async fn mark_matching(&self, bin: BinId, filter: Filter, patch: MarksPatch) -> Result<u64, StoreError> {
        todo!()
    }
    /// Deletes one request.
    pub async fn delete(&self, bin: BinId, id: RequestId) -> Result<(), StoreError> {
        todo!()
    }
    /// Deletes everything that matches, pinned ones too. Answers with how many.
    pub async fn delete_matching(&self, bin: BinId, filter: Filter) -> Result<u64, StoreError> {
        todo!()
    }
    /// Writes facts that were derived anew, publishes the verdicts that changed.
    pub async fn rederive(&self, bin: BinId, facts: Vec<Rederived>) -> Result<(), StoreError> {
        todo!()
    }

    // Operations.

    /// Tells a subscriber-facing change that is not stored (progress).
    pub fn announce(&self, bin: BinId, change: crate::model::ChangeKind) {
        todo!()
    }
    /// Whether a write and a read work now; for readiness. Tries them.
    pub async fn check(&self) -> Result<(), StoreError> {
        todo!()
    }
    /// Figures for metrics.
    #[must_use]
    pub fn stats(&self) -> StoreStats {
        todo!()
    }
    /// Stores what is queued, folds the log into the database, closes it. Further writes get [`StoreError::Closed`].
    pub fn close(&self) {
        todo!()
    }
}
