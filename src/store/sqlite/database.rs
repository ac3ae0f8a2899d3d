//! An open database: its threads, the way to the writer, the way to the readers.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::cancel::Wanted;
use super::error::open_error;
use super::files;
use super::job::{Job, Write};
use super::lock::Lock;
use super::open::{self, Opened};
use super::queue::Queue;
use super::read::Source;
use super::readers::Readers;
use super::shared::Shared;
use super::tx::Tx;
use super::writer::{PROBE, UNPROBE, Writer};
use super::{bin_reads, checkpoint, paths};
use crate::model::{BinId, Clock, NewRequest, RequestId, Seq};
use crate::store::commits::Worker;
use crate::store::error::{OpenError, StoreError, Thing};
use crate::store::types::{CommitListener, LATEST_VERDICTS, StoreOptions, StoreStats, Stored, VerdictStatus};

/// An open database. Dropping it closes it.
pub(crate) struct Database {
    pub(crate) shared: Arc<Shared>,
    queue: Arc<Queue<Job>>,
    readers: Arc<Readers>,
    running: Mutex<Option<Running>>,
    /// The last check and its time. Locked while a check runs: concurrent callers share its result.
    checked: tokio::sync::Mutex<Option<(Instant, Result<(), StoreError>)>>,
}

/// How long a check's result is reused: any client may ask, and each check writes.
const CHECK_AGE: Duration = Duration::from_secs(1);

struct Running {
    writer: JoinHandle<()>,
    checkpointer: JoinHandle<(Connection, Arc<File>)>,
    lock: Lock,
}

impl Database {
    /// Opens (or makes) the database, takes its lock, migrates it, starts the writer and the checkpointer.
    pub(crate) fn open(
        options: StoreOptions,
        clock: Clock,
        listener: Arc<dyn CommitListener>,
    ) -> Result<Self, OpenError> {
        let Opened { path, lock, conn } = open::open(&options)?;
        let failed = |error: rusqlite::Error| open_error(&path, &error);
        let other = |error: std::io::Error| OpenError::from_io(&path, &error);
        let (salt, last_seq) = open::identity(&conn).map_err(failed)?;
        let bins = bin_reads::load(&conn).map_err(failed)?;
        let file = Arc::new(File::open(&path).map_err(other)?);
        let checkpoint_conn = open::checkpointer(&path, &options).map_err(failed)?;
        let identity = files::identity(&file.metadata().map_err(other)?);
        let shared = Arc::new(Shared::new(
            options,
            (path.clone(), identity, Arc::clone(&file)),
            clock,
            listener,
            salt,
            last_seq,
            bins,
        ));
        let queue = Arc::new(Queue::new(last_seq + 1));
        let writer = Writer::new(Arc::clone(&shared), Arc::clone(&queue), conn).map_err(failed)?;
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
        Ok(Self { shared, queue, readers, running, checked: tokio::sync::Mutex::default() })
    }

    /// Queues a request and waits on this thread until it is committed or has failed.
    pub(crate) fn capture(&self, request: NewRequest) -> impl Future<Output = Result<Stored, StoreError>> + use<> {
        let waiters = self.shared.waiters.of_this_thread();
        let request = Arc::new(request);
        let queued = self.queue_capture(Arc::clone(&request), Some(waiters.worker()));
        let waiting = queued.map(|stored| (stored, waiters.wait(stored.seq)));
        async move {
            let (stored, committed) = waiting?;
            committed.await?;
            // Dropped here, on the thread that allocated it: the allocator is fastest that way.
            drop(request);
            Ok(stored)
        }
    }

    /// Queues a request that no caller waits for.
    pub(crate) fn capture_unattended(&self, request: NewRequest) {
        if self.queue_capture(Arc::new(request), None).is_err() {
            self.shared.failed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Queues a request; this fixes its cursor and id.
    fn queue_capture(&self, request: Arc<NewRequest>, worker: Option<Worker>) -> Result<Stored, StoreError> {
        let bytes = request.head.raw().len() + request.body.len() + request.trailers.len();
        let received_at = request.received_at;
        let seq = self.queue.push(bytes, 1, |seq| Job::Capture { seq, worker, request })?;
        Ok(Stored { seq, id: RequestId::new(received_at, self.shared.salt, seq) })
    }

    /// Runs `work` on the writing thread, inside the next batch. It uses `cursors` cursors and holds about `bytes`
    /// bytes.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        cursors: u64,
        bytes: usize,
        work: impl FnOnce(&mut Tx<'_>, Seq) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, outcome) = oneshot::channel();
        let task = Box::new(Write::new(work, Some(sender)));
        self.queue.push(bytes, cursors, |first| Job::Task { first, task })?;
        outcome.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Runs `work` on the writing thread; no caller waits.
    pub(crate) fn write_unattended(
        &self,
        cursors: u64,
        work: impl FnOnce(&mut Tx<'_>, Seq) -> Result<(), StoreError> + Send + 'static,
    ) {
        let task = Box::new(Write::new(work, None));
        // No caller waits for the result: a line in the log is enough.
        if let Err(error) = self.queue.push(0, cursors, |first| Job::Task { first, task }) {
            tracing::debug!(%error, "a note was not taken");
        }
    }

    /// Runs `work` on a reading connection; `long` says whether it may take more than a few milliseconds.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        long: bool,
        work: impl FnOnce(&Connection, &Wanted) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let result = self.readers.read(long, work).await;
        if let Err(StoreError::Corrupt(cause)) = &result {
            self.shared.found_damaged(cause);
        }
        result
    }

    /// What a read of this bin needs.
    pub(crate) fn source(&self, bin: BinId) -> Result<Source, StoreError> {
        let key = self.shared.bins.key(bin).ok_or(StoreError::NotFound(Thing::Bin))?;
        Ok(Source { bin, key, salt: self.shared.salt })
    }

    /// The verdicts of the bin's newest requests, newest first. Kept until the next commit that touches the bin.
    pub(crate) async fn latest_verdicts(&self, bin: BinId) -> Result<Arc<[VerdictStatus]>, StoreError> {
        let source = self.source(bin)?;
        let entry = self.shared.bins.entry(bin).ok_or(StoreError::NotFound(Thing::Bin))?;
        // Taken before the read: if a commit comes in between, the result counts as out of date although it is not,
        // never the reverse.
        let commits = entry.holds.tally.lock().commits;
        {
            let kept = entry.holds.verdicts.lock();
            if kept.as_of == Some(commits) {
                return Ok(Arc::clone(&kept.verdicts));
            }
        }
        let verdicts: Arc<[VerdictStatus]> =
            self.read(false, move |conn, _| source.verdicts(conn, LATEST_VERDICTS)).await?.into();
        let mut kept = entry.holds.verdicts.lock();
        kept.as_of = Some(commits);
        kept.verdicts = Arc::clone(&verdicts);
        drop(kept);
        Ok(verdicts)
    }

    /// Tries a write and a read, once a second at most.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        let mut checked = self.checked.lock().await;
        let outcome = match &*checked {
            Some((at, outcome)) if at.elapsed() < CHECK_AGE => outcome.clone(),
            Some(_) | None => {
                let outcome = self.try_out().await;
                *checked = Some((Instant::now(), outcome.clone()));
                outcome
            }
        };
        drop(checked);
        self.shared.trouble().map_or(outcome, Err)
    }

    async fn try_out(&self) -> Result<(), StoreError> {
        for sql in [PROBE, UNPROBE] {
            self.write(0, 0, |tx, _| Ok(tx.conn.execute_batch(sql)?)).await?;
        }
        self.read(false, |conn, _| Ok(conn.query_row("SELECT count(*) FROM meta", [], |_| Ok(()))?)).await
    }

    pub(crate) fn stats(&self) -> StoreStats {
        let shared = &self.shared;
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
        let (queued, queued_bytes) = self.queue.load();
        let wal_bytes = size(&paths::wal(&shared.path));
        StoreStats {
            captured: shared.captured.load(Ordering::Relaxed),
            failed: shared.failed.load(Ordering::Relaxed),
            queued,
            queued_bytes,
            commits: shared.commits.load(Ordering::Relaxed),
            file_bytes: size(&shared.path) + wal_bytes,
            wal_bytes,
            clock_jumped: shared.clock_jumped.load(Ordering::Relaxed),
            trouble: shared.trouble(),
        }
    }

    /// Stores what is queued, folds the log into the database, ends the threads, gives the lock back.
    pub(crate) fn close(&self) {
        self.queue.close();
        let Some(Running { writer, checkpointer, lock }) = self.running.lock().take() else {
            return;
        };
        self.readers.close();
        self.shared.wal.stop();
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
            open::remove_files(&self.shared.path);
        }
        lock.remove_note();
        drop(lock);
    }
}

impl Database {
    /// Frees the reserve if the disk is full, so that a deletion can be written.
    pub(crate) fn make_room(&self) {
        self.shared.reserve.lock().release_if_needed();
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::Fixture;

    #[tokio::test]
    async fn what_a_check_found_is_told_again_for_a_second() {
        let fixture = Fixture::with(|_| {});
        let db = &fixture.store.db;
        let second = Duration::from_secs(1);
        let now = Instant::now();
        for (at, expected) in
            [(now + second * 3_600, Err(StoreError::Closed)), (now.checked_sub(second).unwrap(), Ok(()))]
        {
            *db.checked.lock().await = Some((at, Err(StoreError::Closed)));
            assert_eq!(db.check().await, expected);
        }
    }
}
