//! The store's options, queries and results, and the listener for commits.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;

use super::error::StoreError;
use crate::http::Head;
use crate::model::{
    Bin, BinId, Change, Derived, FreshnessStatus, Marks, RequestId, RequestSummary, Seq, SignatureStatus, Timestamp,
    filter::Filter,
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

/// The largest body, in bytes: `SQLite` holds values up to 10⁹ bytes; the rest is for the head.
pub(crate) const MAX_BODY: u64 = 900 << 20;

/// The most secrets of a bin: each is tried for every request.
pub(crate) const MAX_SECRETS: usize = 32;

/// Where and how to store.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// The database file; its folder is made when it does not exist.
    pub path: PathBuf,
    /// Remove the file at the end (a temporary database).
    pub ephemeral: bool,
    pub durability: Durability,
    /// Requests kept per bin when the bin has no limit of its own; 0 means no limit.
    pub max_requests: u64,
    /// Age kept, in seconds, when the bin has no limit of its own; 0 means no limit.
    pub max_age_s: u64,
    /// Bytes of heads and bodies kept over all bins; 0 means no limit.
    pub max_bytes: u64,
}

#[cfg(test)]
impl StoreOptions {
    /// A file that is kept, without limits.
    pub fn unlimited(path: &std::path::Path) -> Self {
        Self {
            path: path.to_path_buf(),
            ephemeral: false,
            durability: Durability::Normal,
            max_requests: 0,
            max_age_s: 0,
            max_bytes: 0,
        }
    }
}

/// What an import keeps with a request.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// Marks that its owner had added.
    pub marks: Marks,
    /// How long the response took then, in microseconds.
    pub duration_us: Option<u64>,
}

/// A bin as the server holds it in memory: shared, replaced as a whole when a setting changes.
#[derive(Debug)]
pub struct BinState {
    pub bin: Bin,
    /// Grows with every change of settings or secrets; tells caches when they are out of date.
    pub version: u64,
}

/// A bin before and after its settings or secrets were changed.
#[derive(Debug)]
pub struct BinUpdate {
    pub before: Arc<BinState>,
    pub after: Arc<BinState>,
}

/// Where a request was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    pub seq: Seq,
    pub id: RequestId,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    #[default]
    Newest,
    Oldest,
}

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    /// Only what matches.
    pub filter: Filter,
    /// The size of the page; the store caps it at [`MAX_PAGE`].
    pub limit: usize,
    /// Only `seq` below this.
    pub before: Option<Seq>,
    /// Only `seq` above this.
    pub after: Option<Seq>,
    pub order: Order,
}

/// The newest requests of a bin whose verdicts are counted.
pub(crate) const LATEST_VERDICTS: usize = 1_000;

/// The most that one page holds.
pub(crate) const MAX_PAGE: usize = 1_000;

/// A page of a list.
#[derive(Debug, Clone)]
pub struct Page {
    pub requests: Vec<RequestSummary>,
    /// The `seq` to continue from (as `before` or `after`, by the order); `None` at the end.
    pub next: Option<Seq>,
    /// How many match in all, if known without a scan (no filter) or counted within the scan's bound.
    pub total: Option<u64>,
}

/// Which request of a bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestRef {
    Latest,
    Id(RequestId),
}

impl FromStr for RequestRef {
    type Err = <RequestId as FromStr>::Err;

    /// Reads a request's id, or `latest`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "latest" { Ok(Self::Latest) } else { text.parse().map(Self::Id) }
    }
}

/// How much of a session is read.
#[derive(Debug, Clone, Copy)]
pub struct SessionLimits {
    /// Its requests, the oldest first.
    pub requests: usize,
    /// Of these, the first that come with head and body.
    pub bodies: usize,
    /// Bytes of a body; larger ones are not read.
    pub one_body: usize,
    /// Bytes of all bodies together.
    pub all_bytes: usize,
}

/// A request of a session.
#[derive(Debug, Clone)]
pub struct SessionRequest {
    pub summary: RequestSummary,
    /// Head and body; `None` beyond the limits.
    pub content: Option<(Head, Bytes)>,
}

/// The requests that name a session.
#[derive(Debug, Clone)]
pub struct SessionRequests {
    /// What they call it.
    pub id: String,
    /// How many there are.
    pub total: u64,
    /// The oldest of them, oldest first.
    pub requests: Vec<SessionRequest>,
}

/// A page of sessions, those with the newest requests first.
#[derive(Debug, Clone)]
pub struct SessionPage {
    pub sessions: Vec<SessionRequests>,
    /// The cursor to continue below; `None` at the end.
    pub next: Option<Seq>,
}

/// How often an event came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSeen {
    pub name: String,
    pub count: u64,
    /// The cursors of the first and the last request.
    pub first: Seq,
    pub last: Seq,
}

/// The newest requests of a bin that a timeline is made of, and as many deliveries.
pub(crate) const TIMELINE_ROWS: u64 = 100_000;

/// What a timeline's lanes stand for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TimelineBy {
    /// The most frequent events.
    #[default]
    Event,
    /// The sessions with the newest requests.
    Session,
}

impl TimelineBy {
    /// The most named lanes: each costs a comparison for every row.
    pub const fn lanes(self) -> usize {
        match self {
            Self::Event => 8,
            Self::Session => 12,
        }
    }
}

/// The time span of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimelineSpan {
    pub oldest: Timestamp,
    pub newest: Timestamp,
    pub requests: u64,
}

/// The range and the bucket width of a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimelineRange {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub to: Timestamp,
    pub width_us: u64,
}

/// Requests and deliveries by bucket; empty buckets are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// The names of the lanes: the most frequent events, or the sessions with the newest requests, in that order.
    pub names: Vec<String>,
    /// How many events or sessions have no lane.
    pub left_out: u64,
    pub requests: Vec<RequestBucket>,
    pub deliveries: Vec<DeliveryBucket>,
}

/// Whose lane it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimelineLane {
    /// The event or session at that place of the names.
    Named(usize),
    /// Requests without one.
    Unnamed,
    /// All others.
    Others,
}

/// The requests of a lane in a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestBucket {
    pub bucket: u32,
    pub lane: TimelineLane,
    pub requests: u64,
    /// Of these, repeats of an earlier event.
    pub again: u64,
    /// Not answered 2xx.
    pub not_accepted: u64,
    /// Rejected by the listener.
    pub rejected: u64,
}

/// The deliveries in a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryBucket {
    pub bucket: u32,
    pub deliveries: u64,
    /// Of these, not answered 2xx.
    pub failed: u64,
}

/// The verdict on a request's signature, and its freshness.
pub(super) type VerdictStatus = (SignatureStatus, FreshnessStatus);

/// New facts about a stored request, derived with the bin's present settings.
#[derive(Debug, Clone)]
pub struct Reverified {
    pub seq: Seq,
    pub derived: Derived,
}

/// Receives committed changes. Called on the writing thread, in commit order, before any waiter is woken. Must return
/// at once.
pub trait CommitListener: Send + Sync + 'static {
    /// Whether changes of that bin are wanted; saves building them when there are no subscribers.
    fn wants(&self, bin: BinId) -> bool;
    /// What was committed, ordered by `seq`.
    fn committed(&self, changes: Vec<Change>);
    /// Changes of that bin up to this cursor were committed but not built: no subscriber wanted them when they were
    /// written, and one does now. The listener reads them from the store.
    fn unbuilt(&self, _bin: BinId, _through: Seq) {}
}

/// Figures for metrics. Counters start at zero with the process.
#[derive(Debug, Clone, Default)]
pub struct StoreStats {
    /// Requests stored.
    pub captured: u64,
    /// Requests that could not be stored.
    pub failed: u64,
    /// Jobs that wait for the writer or are being written.
    pub queued: u64,
    /// Bytes of these.
    pub queued_bytes: u64,
    pub commits: u64,
    /// Bytes of the database file and of its write-ahead log.
    pub file_bytes: u64,
    /// Bytes of the write-ahead log.
    pub wal_bytes: u64,
    /// Whether the clock has jumped ahead within the last hour.
    pub clock_jumped: bool,
    /// Why writing does not work at the moment; `None` when it does.
    pub trouble: Option<StoreError>,
}

/// How much of each attempt is read: one may hold a body of 1 MiB, and a request has up to twenty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptDepth {
    /// Bytes of each head.
    pub heads: usize,
    /// Bytes of each response's body.
    pub bodies: usize,
}

impl AttemptDepth {
    /// Only facts: time, target and outcome.
    pub const FACTS: Self = Self { heads: 0, bodies: 0 };
    /// Facts and heads, without bodies.
    pub const HEADS: Self = Self { heads: usize::MAX, bodies: 0 };
}
