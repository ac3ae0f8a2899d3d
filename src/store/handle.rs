//! The handle: what everybody else calls.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::Connection;

use super::bins::Bins;
use super::change::MANY;
use super::checkpoint::{self, Log};
use super::insert::Imported;
use super::lock::Lock;
use super::open::{self, Opened};
use super::read::Source;
use super::readers::Readers;
use super::search::Search;
use super::shared::Shared;
use super::writer::{PROBE, UNPROBE, Writer};
use super::{
    BinState, CommitListener, ListQuery, OpenError, Page, RequestRef, StoreError, StoreOptions, StoreStats, Stored,
};
use crate::model::{
    BinCounts, BinId, BinSettings, CapturedRequest, Change, ChangeKind, Clock, Marks, NewRequest, SecretId,
    SecretValue, Seq, Timestamp, filter::Filter,
};

/// Bytes of one job of an import.
const MANY_BYTES: usize = 8 << 20;

/// The handle. Cheap to clone; the last clone that goes closes the database (see [`Store::close`] for the orderly way).
#[derive(Clone)]
pub struct Store {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    shared: Arc<Shared>,
    pub(super) readers: Arc<Readers>,
    running: Mutex<Option<Running>>,
}

struct Running {
    writer: JoinHandle<()>,
    checkpointer: JoinHandle<(Connection, File)>,
    lock: Lock,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.inner.shared.path).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens (or makes) the database, takes its lock, migrates it, starts the writer and the checkpointer.
    pub fn open(options: StoreOptions, clock: Clock, listener: Arc<dyn CommitListener>) -> Result<Self, OpenError> {
        let Opened { path, lock, conn } = open::open(&options)?;
        let failed = |error: rusqlite::Error| OpenError::from_sqlite(&path, &error);
        let other = |error: std::io::Error| OpenError::from_io(&path, &error);
        let (salt, last_seq) = open::identity(&conn).map_err(failed)?;
        let bins = Bins::load(&conn).map_err(failed)?;
        let file = File::open(&path).map_err(other)?;
        let checkpoint_conn = open::checkpointer(&path, &options).map_err(failed)?;
        let shared =
            Arc::new(Shared::new(options, path.clone(), clock, listener, salt, last_seq, bins, Log::default()));
        let writer = Writer::new(Arc::clone(&shared), conn).map_err(failed)?;
        let writer = std::thread::Builder::new().name("store-writer".into()).spawn(|| writer.run()).map_err(other)?;
        let also = Arc::clone(&shared);
        let checkpointer = std::thread::Builder::new()
            .name("store-checkpoint".into())
            .spawn(move || {
                checkpoint::run(&also, &checkpoint_conn, &file);
                (checkpoint_conn, file)
            })
            .map_err(other)?;
        let readers = Arc::new(Readers::new(path));
        let running = Mutex::new(Some(Running { writer, checkpointer, lock }));
        Ok(Self { inner: Arc::new(Inner { shared, readers, running }) })
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.inner.shared
    }

    // Bins: held in memory, so look-ups never wait.

    /// The bin of that id or name.
    #[must_use]
    pub fn bin(&self, reference: &str) -> Option<Arc<BinState>> {
        self.shared().bins.find(reference)
    }

    /// A number that grows with every change of a bin, its settings or its secrets (not of its requests): what was looked up
    /// before still holds while this is the same.
    #[must_use]
    pub fn bins_generation(&self) -> u64 {
        self.shared().bins.generation()
    }

    /// Every bin, oldest first.
    #[must_use]
    pub fn bins(&self) -> Vec<Arc<BinState>> {
        self.shared().bins.all().into_iter().map(|entry| entry.state).collect()
    }

    /// The bin's counts as of the last commit.
    #[must_use]
    pub fn counts(&self, bin: BinId) -> BinCounts {
        self.shared().bins.tally(bin).unwrap_or_default().counts
    }

    /// When the bin's newest request arrived.
    #[must_use]
    pub fn last_request_at(&self, bin: BinId) -> Option<Timestamp> {
        self.shared().bins.tally(bin)?.last_request_at
    }

    fn state(&self, bin: BinId) -> Result<Arc<BinState>, StoreError> {
        self.shared().bins.entry(bin).map(|entry| entry.state).ok_or(StoreError::NotFound("bin"))
    }

    /// Makes a bin.
    pub async fn create_bin(
        &self,
        settings: BinSettings,
        secrets: Vec<(String, SecretValue)>,
    ) -> Result<Arc<BinState>, StoreError> {
        let id = self.write(1, 0, move |tx, _| tx.create_bin(&settings, &secrets)).await?;
        self.state(id)
    }

    /// Changes a bin's settings in one step; `change` sees the settings as they are when it is its turn.
    pub async fn update_bin(
        &self,
        bin: BinId,
        change: impl FnOnce(&mut BinSettings) + Send + 'static,
    ) -> Result<Arc<BinState>, StoreError> {
        self.write(1, 0, move |tx, seq| tx.update_bin(bin, seq, change)).await?;
        self.state(bin)
    }

    /// Deletes a bin with everything in it.
    pub async fn delete_bin(&self, bin: BinId) -> Result<(), StoreError> {
        self.write(1, 0, move |tx, seq| tx.delete_bin(bin, seq)).await
    }

    /// Adds a secret.
    pub async fn add_secret(&self, bin: BinId, label: String, value: SecretValue) -> Result<Arc<BinState>, StoreError> {
        self.write(1, 0, move |tx, seq| tx.add_secret(bin, seq, &label, &value)).await?;
        self.state(bin)
    }

    /// Removes a secret.
    pub async fn delete_secret(&self, bin: BinId, secret: SecretId) -> Result<Arc<BinState>, StoreError> {
        self.write(1, 0, move |tx, seq| tx.delete_secret(bin, seq, secret)).await?;
        self.state(bin)
    }

    // Captures.

    /// Stores a request: queued at once; ready when it is committed (and published), or with the reason why it is not.
    /// Dropping the future does not take the request back. The future stays on its thread (it is not `Send`).
    pub fn capture(&self, request: NewRequest) -> impl Future<Output = Result<Stored, StoreError>> + use<> {
        let shared = self.shared();
        let local = shared.hub.local();
        let request = Arc::new(request);
        let queued = shared.queue.capture(Arc::clone(&request), shared.salt, Some(local.worker()));
        let waiting = queued.map(|stored| (stored, local.wait(stored.seq)));
        async move {
            let (stored, wait) = waiting?;
            wait.await?;
            // Held until here, so that its memory is given back on the thread that took it: the allocator is quickest that way.
            drop(request);
            Ok(stored)
        }
    }

    /// Stores a request that nobody waits for (one that the parser refused).
    pub fn capture_unattended(&self, request: NewRequest) {
        let shared = self.shared();
        if shared.queue.capture(Arc::new(request), shared.salt, None).is_err() {
            shared.failed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Notes how long a delayed answer took and what it was in the end. Nobody waits; a later batch writes it.
    pub fn answered(&self, stored: Stored, status: Option<u16>, took: Duration) {
        self.write_unattended(0, move |tx, _| tx.answered(stored, status, took));
    }

    /// Stores many requests with their own times and marks, in one go (import). Answers with how many.
    pub async fn import(&self, bin: BinId, requests: Vec<(NewRequest, Marks)>) -> Result<u64, StoreError> {
        let mut requests = requests.into_iter().peekable();
        let mut stored = 0;
        while requests.peek().is_some() {
            let mut part = Vec::new();
            let mut bytes = 0;
            while part.len() < MANY
                && bytes < MANY_BYTES
                && let Some((mut request, marks)) = requests.next()
            {
                request.bin = bin;
                bytes += request.head.raw().len() + request.body.len();
                part.push((request, marks));
            }
            let numbers = part.len() as u64;
            stored += self
                .write(numbers, bytes, move |tx, first| {
                    for ((request, marks), seq) in part.iter().zip(first..) {
                        tx.insert(seq, request, Some(&Imported { marks }))?;
                    }
                    Ok(numbers)
                })
                .await?;
        }
        Ok(stored)
    }

    // Reading. On connections of its own: never waits for the writer, never holds it up.

    /// A page of the bin's requests. A search that takes too long ends early: the page is then shorter and `next` says where to go on.
    pub async fn list(&self, bin: BinId, query: ListQuery) -> Result<Page, StoreError> {
        let source = self.source(bin)?;
        let total = self.counts(bin).requests;
        let search = Search::new(query);
        self.inner.readers.read(search.is_long(), move |conn, wanted| search.page(source, conn, wanted, total)).await
    }

    /// One request with head and body.
    pub async fn request(&self, bin: BinId, which: RequestRef) -> Result<CapturedRequest, StoreError> {
        let source = self.source(bin)?;
        self.inner.readers.read(false, move |conn, _| source.request(conn, which)).await
    }

    /// The first delivery of the event that this request repeats: `None` when it repeats none, or that one is gone.
    pub async fn first_delivery(&self, request: &CapturedRequest) -> Result<Option<CapturedRequest>, StoreError> {
        let Some(first) = request.summary.derived.event.duplicate_of else { return Ok(None) };
        match self.request(request.summary.bin, RequestRef::Id(first)).await {
            Ok(first) => Ok(Some(first)),
            Err(StoreError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
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
        let source = self.source(bin)?;
        let search = Search::oldest_after(filter.clone(), after, limit);
        self.inner.readers.read(true, move |conn, wanted| search.whole(source, conn, wanted, max_bytes)).await
    }

    /// The changes of a bin above `after`, oldest first, at most `limit`. `Err(NotFound("cursor"))` when the journal no longer reaches back so far
    /// (only changes other than requests are trimmed). Fewer come when they are large: go on until none comes.
    pub async fn changes_after(&self, bin: BinId, after: Seq, limit: usize) -> Result<Vec<Change>, StoreError> {
        let source = self.source(bin)?;
        self.inner.readers.read(false, move |conn, _| source.changes_after(conn, after, limit)).await
    }

    /// The newest `seq` that is committed.
    #[must_use]
    pub fn head_seq(&self) -> Seq {
        self.shared().committed.load(Ordering::Acquire)
    }

    pub(super) fn source(&self, bin: BinId) -> Result<Source, StoreError> {
        let key = self.shared().bins.key(bin).ok_or(StoreError::NotFound("bin"))?;
        Ok(Source { bin, key, salt: self.shared().salt })
    }

    // Operations.

    /// Tells a subscriber-facing change that is not stored (progress).
    pub fn announce(&self, bin: BinId, change: ChangeKind) {
        self.write_unattended(1, move |tx, seq| {
            tx.touch(bin)?;
            // No row will prove that this number was used.
            tx.keep_seq(seq);
            tx.publish(bin, seq, change);
            Ok(())
        });
    }

    /// Whether a write and a read work now; for readiness. Tries them.
    pub async fn check(&self) -> Result<(), StoreError> {
        for sql in [PROBE, UNPROBE] {
            self.write(0, 0, |tx, _| Ok(tx.conn.execute_batch(sql)?)).await?;
        }
        self.inner
            .readers
            .read(false, |conn, _| Ok(conn.query_row("SELECT count(*) FROM meta", [], |_| Ok(()))?))
            .await?;
        self.shared().trouble().map_or(Ok(()), Err)
    }

    /// Figures for metrics.
    #[must_use]
    pub fn stats(&self) -> StoreStats {
        let shared = self.shared();
        let size = |path: &std::path::Path| std::fs::metadata(path).map_or(0, |file| file.len());
        let (queued, queued_bytes) = shared.queue.load();
        let wal_bytes = size(&open::log_path(&shared.path));
        StoreStats {
            captured: shared.captured.load(Ordering::Relaxed),
            failed: shared.failed.load(Ordering::Relaxed),
            queued,
            queued_bytes,
            commits: shared.commits.load(Ordering::Relaxed),
            file_bytes: size(&shared.path) + wal_bytes,
            wal_bytes,
            trouble: shared.trouble(),
        }
    }

    /// Stores what is queued, folds the log into the database, closes it. Further writes get [`StoreError::Closed`].
    pub fn close(&self) {
        self.inner.close();
    }
}

impl Inner {
    fn close(&self) {
        self.shared.queue.close();
        let Some(Running { writer, checkpointer, lock }) = self.running.lock().take() else {
            return;
        };
        self.readers.close();
        self.shared.log.stop();
        let checkpointer = checkpointer.join();
        if writer.join().is_err() {
            tracing::error!("the writing thread has panicked");
        }
        // The connection before the file: see `checkpoint::run`.
        if let Ok((conn, file)) = checkpointer {
            drop(conn);
            drop(file);
        }
        if self.shared.options.ephemeral {
            let path = &self.shared.path;
            let wal = open::log_path(path);
            let shm = open::beside(path, "-shm");
            for file in [path, &wal, &shm, &lock.path().to_path_buf()] {
                let _ = std::fs::remove_file(file);
            }
        }
        drop(lock);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}
