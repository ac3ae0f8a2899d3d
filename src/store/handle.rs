//! The handle: what the rest of the crate calls.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::error::{OpenError, StoreError, Thing};
use super::sqlite::{Database, Search};
use super::types::{
    AttemptDepth, BinState, BinUpdate, CommitListener, EventSeen, Kept, ListQuery, MAX_PAGE, Page, RequestRef,
    SessionLimits, SessionPage, SessionRequests, StoreOptions, StoreStats, Stored, Timeline, TimelineBy, TimelineRange,
    TimelineSpan, VerdictStatus,
};
use crate::model::{
    Attempt, AttemptFacts, BinCounts, BinId, BinSettings, CapturedRequest, Change, ChangeKind, Clock, Delivered, Lost,
    NewRequest, RequestId, RequestSummary, SecretId, SecretValue, Seq, Timestamp, Why, filter::Filter,
};

/// Requests per job of an import, a mark or a deletion: a few milliseconds of work, so that captures get in between.
pub(crate) const MANY: usize = 500;
/// Bytes per job of an import.
const MANY_BYTES: usize = 8 << 20;

/// The handle. Cheap to clone; dropping the last clone closes the database (see [`Store::close`] for the orderly way).
#[derive(Clone)]
pub struct Store {
    pub(crate) db: Arc<Database>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.db.shared.path).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens (or makes) the database, takes its lock, migrates it, starts its threads.
    pub fn open(options: StoreOptions, clock: Clock, listener: Arc<dyn CommitListener>) -> Result<Self, OpenError> {
        Ok(Self { db: Arc::new(Database::open(options, clock, listener)?) })
    }

    // Bins: in memory, so look-ups never wait.

    /// The bin of that id or name.
    #[must_use]
    pub fn bin(&self, reference: &str) -> Option<Arc<BinState>> {
        self.db.shared.bins.find(reference)
    }

    /// Grows with every change of a bin, its settings or its secrets (not of its requests): a looked-up bin is up to
    /// date while this stays the same.
    #[must_use]
    pub fn bins_generation(&self) -> u64 {
        self.db.shared.bins.generation()
    }

    /// Every later change of a bin's settings or secrets, once it is committed. There is one receiver: a later one
    /// replaces it.
    #[must_use]
    pub fn bin_updates(&self) -> UnboundedReceiver<BinUpdate> {
        let (sender, receiver) = unbounded_channel();
        self.db.shared.bins.send_updates_to(sender);
        receiver
    }

    /// Every bin, oldest first.
    #[must_use]
    pub fn bins(&self) -> Vec<Arc<BinState>> {
        self.db.shared.bins.all().into_iter().map(|entry| entry.state).collect()
    }

    /// How many bins there are, as of the last commit.
    #[must_use]
    pub fn bin_count(&self) -> usize {
        self.db.shared.bins.count_all()
    }

    /// The bin's counts as of the last commit.
    #[must_use]
    pub fn counts(&self, bin: BinId) -> BinCounts {
        self.db.shared.bins.tally(bin).unwrap_or_default().counts
    }

    /// The verdicts of the bin's newest requests (at most 1,000), newest first. Read at most once per commit that
    /// touches the bin.
    pub async fn latest_verdicts(&self, bin: BinId) -> Result<Arc<[VerdictStatus]>, StoreError> {
        self.db.latest_verdicts(bin).await
    }

    /// When the bin's newest request arrived.
    #[must_use]
    pub fn last_request_at(&self, bin: BinId) -> Option<Timestamp> {
        self.db.shared.bins.tally(bin)?.last_request_at
    }

    fn state(&self, bin: BinId) -> Result<Arc<BinState>, StoreError> {
        self.db.shared.bins.entry(bin).map(|entry| entry.state).ok_or(StoreError::NotFound(Thing::Bin))
    }

    /// Makes a bin with a generated id. Errors: its name is taken, or it has too many secrets.
    pub async fn create_bin(
        &self,
        settings: BinSettings,
        secrets: Vec<(String, SecretValue)>,
    ) -> Result<Arc<BinState>, StoreError> {
        let id = self.db.write(1, 0, move |tx, _| tx.create_bin(&settings, &secrets)).await?;
        self.state(id)
    }

    /// Changes a bin's settings in one step; `change` sees the settings as they are when the writer runs it.
    pub async fn update_bin(
        &self,
        bin: BinId,
        change: impl FnOnce(&mut BinSettings) + Send + 'static,
    ) -> Result<Arc<BinState>, StoreError> {
        self.db.write(1, 0, move |tx, seq| tx.update_bin(bin, seq, change)).await?;
        self.state(bin)
    }

    /// Like `update_bin`, with the secrets of a configuration file: they are added or replaced by label. Secrets that
    /// the file set before and no longer names are removed; all others stay.
    pub async fn declare_bin(
        &self,
        bin: BinId,
        change: impl FnOnce(&mut BinSettings) + Send + 'static,
        secrets: Vec<(String, SecretValue)>,
    ) -> Result<Arc<BinState>, StoreError> {
        self.db.write(1, 0, move |tx, seq| tx.declare_bin(bin, seq, change, &secrets)).await?;
        self.state(bin)
    }

    /// Deletes a bin with everything in it. Its requests are out of reach at once; their rows go later.
    pub async fn delete_bin(&self, bin: BinId) -> Result<(), StoreError> {
        self.db.make_room();
        self.db.write(1, 0, move |tx, seq| tx.delete_bin(bin, seq)).await
    }

    /// Adds a secret, and removes one that a sender handed over. An error when the bin has the most that it may have.
    pub async fn add_secret(&self, bin: BinId, label: String, value: SecretValue) -> Result<Arc<BinState>, StoreError> {
        self.db.write(1, 0, move |tx, seq| tx.add_secret(bin, seq, (label, value))).await?;
        self.state(bin)
    }

    /// Adds a secret that a sender handed over for deliveries `of` these providers and schemes; returns whether it was
    /// added. It is not added when the bin has a secret, is no longer set to one of them, or enforces signatures. It is
    /// removed when the bin is set to another provider or scheme.
    pub async fn learn_secret(
        &self,
        bin: BinId,
        label: String,
        value: SecretValue,
        of: &'static [&'static str],
    ) -> Result<bool, StoreError> {
        self.db.write(1, 0, move |tx, seq| tx.learn_secret(bin, seq, (label, value), of)).await
    }

    /// Replaces all secrets in one step, also one that a sender handed over.
    pub async fn replace_secrets(
        &self,
        bin: BinId,
        secrets: Vec<(String, SecretValue)>,
    ) -> Result<Arc<BinState>, StoreError> {
        self.db.write(1, 0, move |tx, seq| tx.replace_secrets(bin, seq, &secrets)).await?;
        self.state(bin)
    }

    /// Removes a secret. One that the bin does not have is an error.
    pub async fn delete_secret(&self, bin: BinId, secret: SecretId) -> Result<Arc<BinState>, StoreError> {
        self.db.write(1, 0, move |tx, seq| tx.delete_secret(bin, seq, secret)).await?;
        self.state(bin)
    }

    // Captures.

    /// Stores a request. It is queued at once; the future is ready when the request is committed and published, or has
    /// failed. Dropping the future does not cancel the write. The future stays on its thread (it is not `Send`).
    pub fn capture(&self, request: NewRequest) -> impl Future<Output = Result<Stored, StoreError>> + use<> {
        self.db.capture(request)
    }

    /// Stores a request that no caller waits for (one that was rejected).
    pub fn capture_unattended(&self, request: NewRequest) {
        self.db.capture_unattended(request);
    }

    /// Notes how long a delayed response took and its final status. Does not wait; a later batch writes it.
    pub fn answered(&self, stored: Stored, status: Option<u16>, took: Duration) {
        self.db.write_unattended(1, move |tx, seq| tx.answered(stored, status, took, seq));
    }

    /// Notes that a stored request's sender now waits for an answer by hand. Does not wait either.
    pub fn held(&self, stored: Stored, until: Timestamp) {
        self.db.write_unattended(1, move |tx, seq| tx.held(stored, until, seq));
    }

    /// Stores many requests with their own times, marks and durations (import). Returns how many.
    pub async fn import(&self, bin: BinId, requests: Vec<(NewRequest, Kept)>) -> Result<u64, StoreError> {
        let mut requests = requests.into_iter().peekable();
        let mut stored = 0;
        while requests.peek().is_some() {
            let mut part = Vec::new();
            let mut bytes = 0;
            while part.len() < MANY
                && bytes < MANY_BYTES
                && let Some((mut request, kept)) = requests.next()
            {
                request.bin = bin;
                bytes += request.head.raw().len() + request.body.len();
                part.push((request, kept));
            }
            let cursors = part.len() as u64;
            stored += self
                .db
                .write(cursors, bytes, move |tx, first| {
                    for ((request, kept), seq) in part.iter().zip(first..) {
                        tx.insert(seq, request, Some(kept))?;
                    }
                    Ok(cursors)
                })
                .await?;
        }
        Ok(stored)
    }

    // Reading uses its own connections: it never waits for the writer and never blocks it.

    /// A page of the bin's requests. A search that takes too long ends early: the page is then shorter and `next` says
    /// where to go on.
    pub async fn list(&self, bin: BinId, query: ListQuery) -> Result<Page, StoreError> {
        let source = self.db.source(bin)?;
        let total = self.counts(bin).requests;
        let search = Search::new(query);
        self.db.read(search.is_long(), move |conn, wanted| search.page(source, conn, wanted, total)).await
    }

    /// One request with head and body.
    pub async fn request(&self, bin: BinId, which: RequestRef) -> Result<CapturedRequest, StoreError> {
        let source = self.db.source(bin)?;
        self.db.read(false, move |conn, _| source.request(conn, which)).await
    }

    /// One request without head and body.
    pub async fn summary(&self, bin: BinId, which: RequestRef) -> Result<RequestSummary, StoreError> {
        let source = self.db.source(bin)?;
        self.db.read(false, move |conn, _| source.one(conn, which)).await
    }

    /// One request if its body has at most `most` bytes. A larger one comes without head and body (the inner `Err`), so
    /// that the caller reads it when there is room.
    pub async fn request_up_to(
        &self,
        bin: BinId,
        which: RequestRef,
        most: u64,
    ) -> Result<Result<CapturedRequest, RequestSummary>, StoreError> {
        let source = self.db.source(bin)?;
        self.db.read(false, move |conn, _| source.request_up_to(conn, which, most)).await
    }

    /// Earlier requests with the same method, target and body, newest first, at most 20; searches the 20,000 before
    /// this one.
    pub async fn same_before(&self, request: CapturedRequest) -> Result<Vec<RequestSummary>, StoreError> {
        let source = self.db.source(request.summary.bin)?;
        self.db.read(true, move |conn, _| source.same_before(conn, &request, 20)).await
    }

    // Sessions.

    /// The sessions whose newest request is below `before`, most recent first, at most `limit`. A search that takes too
    /// long ends early: the page is then shorter and `next` says where to go on.
    pub async fn sessions(
        &self,
        bin: BinId,
        before: Option<Seq>,
        limit: usize,
        limits: SessionLimits,
    ) -> Result<SessionPage, StoreError> {
        let source = self.db.source(bin)?;
        let page = (before.unwrap_or(Seq::MAX), limit.clamp(1, MAX_PAGE));
        self.db.read(true, move |conn, wanted| source.sessions(conn, wanted, page, limits)).await
    }

    /// The requests of a session, oldest first. Empty if there is no such session.
    pub async fn session(&self, bin: BinId, id: String, limits: SessionLimits) -> Result<SessionRequests, StoreError> {
        let source = self.db.source(bin)?;
        self.db.read(true, move |conn, _| source.session(conn, &id, limits)).await
    }

    /// The events of the bin's newest 50,000 requests, in the order of their first appearance; at most 100.
    pub async fn events_seen(&self, bin: BinId) -> Result<Vec<EventSeen>, StoreError> {
        let source = self.db.source(bin)?;
        self.db.read(true, move |conn, _| source.events_seen(conn)).await
    }

    /// Which of the bin's requests are gone.
    pub async fn lost(&self, bin: BinId) -> Result<Lost, StoreError> {
        let source = self.db.source(bin)?;
        self.db.read(true, move |conn, _| source.lost(conn)).await
    }

    /// The time span of the bin's newest requests; `None` for an empty bin.
    pub async fn timeline_span(&self, bin: BinId) -> Result<Option<TimelineSpan>, StoreError> {
        let source = self.db.source(bin)?;
        self.db.read(true, move |conn, _| source.timeline_span(conn)).await
    }

    /// The bin's newest requests and deliveries over time.
    pub async fn timeline(&self, bin: BinId, range: TimelineRange, by: TimelineBy) -> Result<Timeline, StoreError> {
        let source = self.db.source(bin)?;
        self.db.read(true, move |conn, _| source.timeline(conn, range, by)).await
    }

    // Attempts.

    /// Stores the outcome of sending a request. [`StoreError::NotFound`] when the request is gone.
    pub async fn attempt(
        &self,
        bin: BinId,
        request: RequestId,
        why: Why,
        delivered: Delivered,
    ) -> Result<Attempt, StoreError> {
        let response = delivered.response.as_ref().map_or(0, |response| response.body.len());
        self.db.write(1, response, move |tx, seq| tx.attempt(bin, request, why, &delivered, seq)).await
    }

    /// The kept attempts of a request, newest first. The caller says how much of their content to read.
    pub async fn attempts(
        &self,
        bin: BinId,
        request: RequestId,
        depth: AttemptDepth,
    ) -> Result<Vec<Attempt>, StoreError> {
        let source = self.db.source(bin)?;
        self.db.read(false, move |conn, _| source.attempts(conn, request, depth)).await
    }

    /// The bin's newest attempts, newest first, at most `limit`: only what verdicts on them need.
    pub async fn newest_attempts(&self, bin: BinId, limit: usize) -> Result<Vec<AttemptFacts>, StoreError> {
        let source = self.db.source(bin)?;
        self.db.read(false, move |conn, _| source.newest_attempts(conn, limit)).await
    }

    /// One attempt of a request, whole. [`StoreError::NotFound`] when it is gone.
    pub async fn attempt_at(&self, bin: BinId, request: RequestId, id: Seq) -> Result<Attempt, StoreError> {
        let source = self.db.source(bin)?;
        self.db.read(false, move |conn, _| source.attempt_at(conn, request, id)).await
    }

    /// Whole requests for exports, verification and diagnosis: `seq` above `after`, oldest first, at most `limit` of
    /// them and about `max_bytes`.
    pub async fn requests_after(
        &self,
        bin: BinId,
        after: Seq,
        filter: &Filter,
        limit: usize,
        max_bytes: usize,
    ) -> Result<Vec<CapturedRequest>, StoreError> {
        let source = self.db.source(bin)?;
        let search = Search::oldest_after(filter.clone(), after, limit);
        self.db.read(true, move |conn, wanted| search.whole(source, conn, wanted, max_bytes)).await
    }

    /// The changes of a bin above `after`, oldest first, at most `limit`. [`StoreError::CursorGone`] when the journal
    /// no longer reaches back that far (only changes other than requests are trimmed). Large changes come in smaller
    /// pages: continue until a page is empty.
    pub async fn changes_after(&self, bin: BinId, after: Seq, limit: usize) -> Result<Vec<Change>, StoreError> {
        let source = self.db.source(bin)?;
        self.db.read(false, move |conn, _| source.changes_after(conn, after, limit)).await
    }

    /// The newest `seq` that is committed.
    #[must_use]
    pub fn head_seq(&self) -> Seq {
        self.db.shared.committed.load(Ordering::Acquire)
    }

    /// How many requests were stored since the start: grows after each commit that has some.
    #[must_use]
    pub fn captured(&self) -> u64 {
        self.db.shared.captured.load(Ordering::Acquire)
    }

    // Operations.

    /// Publishes a change that is not stored (progress).
    pub fn announce(&self, bin: BinId, change: ChangeKind) {
        self.db.write_unattended(1, move |tx, seq| {
            tx.touch(bin)?;
            // No row records that this cursor was used.
            tx.keep_seq(seq);
            tx.publish(bin, seq, change);
            Ok(())
        });
    }

    /// Tries a write and a read, for the readiness check.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.db.check().await
    }

    /// Figures for metrics.
    #[must_use]
    pub fn stats(&self) -> StoreStats {
        self.db.stats()
    }

    /// Stores what is queued, folds the log into the database, closes it. Further writes get [`StoreError::Closed`].
    pub fn close(&self) {
        self.db.close();
    }
}
