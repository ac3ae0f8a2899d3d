//! The writing thread: takes all that is queued, writes it in one transaction, publishes it, answers the waiters.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::effects::Effects;
use super::job::Job;
use super::queue::{Batch, Queue};
use super::retention::Retention;
use super::shared::Shared;
use super::tx::Tx;
use super::values::signed;
use super::{checkpoint, open};
use crate::model::Seq;
use crate::store::commits::Worker;
use crate::store::error::StoreError;

/// How long an idle writer sleeps before it looks at ages, vacuum and recovery.
const TICK: Duration = Duration::from_secs(1);
/// How often a batch that does not fit on the disk is halved, so that small requests are kept where a large one does
/// not fit.
const MAX_SPLITS: u32 = 24;

/// Tests whether a request could be written: it needs new pages. Committed, then undone by [`UNPROBE`].
pub(crate) const PROBE: &str =
    "INSERT OR REPLACE INTO content (seq, bin, head, body) VALUES (-1, 0, zeroblob(16384), x'')";
pub(crate) const UNPROBE: &str = "DELETE FROM content WHERE seq = -1";

/// The owner of the writing connection.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    queue: Arc<Queue<Job>>,
    /// `None` after a failure: reopened before the next batch.
    conn: Option<Connection>,
    retention: Retention,
    recycled: Vec<Job>,
    /// The time and the result of the last check of the file.
    looked_at: (Instant, Result<(), StoreError>),
}

impl Writer {
    pub(crate) fn new(shared: Arc<Shared>, queue: Arc<Queue<Job>>, conn: Connection) -> Result<Self, rusqlite::Error> {
        let retention = Retention::load(&shared, &conn)?;
        Ok(Self {
            shared,
            queue,
            conn: Some(conn),
            retention,
            recycled: Vec::new(),
            looked_at: (Instant::now(), Ok(())),
        })
    }

    /// Runs until the queue is closed and empty.
    pub(crate) fn run(mut self) {
        loop {
            let patience = self.retention.patience().unwrap_or(TICK);
            let shared = Arc::clone(&self.shared);
            self.retention.plan(&shared);
            let recycled = std::mem::take(&mut self.recycled);
            // Where threads compete for processors, this lets workers with new responses run first and queue more:
            // larger batches cost less per request.
            std::thread::yield_now();
            let batch = self.queue.take(patience, self.retention.cursors(), recycled);
            let idle = batch.jobs.is_empty();
            if idle && batch.closed {
                break;
            }
            if idle && !self.retention.is_behind() {
                self.idle();
            } else {
                self.write(batch);
            }
            if let Some(conn) = &self.conn
                && shared.wal.take_finish()
            {
                // Completes the log between two batches, so that it starts over with the next one.
                let _ = checkpoint::checkpoint(conn, "PASSIVE");
            }
        }
        self.fold();
    }

    /// Writes a batch and tells every job's waiter how it went.
    fn write(&mut self, batch: Batch<Job>) {
        let Batch { mut jobs, bytes, spare, last, closed: _ } = batch;
        let mut outcomes: Vec<Option<StoreError>> = Vec::new();
        outcomes.resize_with(jobs.len(), || None);
        let mut splits = 0;
        let result = self.attempt(&mut jobs, &mut outcomes, spare, &mut splits);

        let shared = Arc::clone(&self.shared);
        if let Err(error) = &result {
            // Another connection does not help against a full disk.
            if *error != StoreError::DiskFull {
                self.conn = None;
            }
            shared.set_trouble(Some(error.clone()));
        }
        let mut waited: Vec<Worker> = Vec::new();
        let mut tasks = Vec::new();
        let (mut committed, mut failed) = (0, HashSet::new());
        for (job, outcome) in jobs.drain(..).zip(outcomes) {
            match job {
                Job::Task { first, task } => {
                    if outcome.is_none() {
                        committed = committed.max(first);
                    }
                    tasks.push((task, outcome));
                }
                // Drops the request before its sender is answered: see `Database::capture`.
                Job::Capture { seq, worker, request: _ } => {
                    if outcome.is_some() {
                        failed.insert(seq);
                    }
                    let Some(worker) = worker else {
                        continue;
                    };
                    if !waited.contains(&worker) {
                        waited.push(worker);
                    }
                    match outcome {
                        None => committed = committed.max(seq),
                        Some(error) => shared.waiters.fail(worker, seq, error),
                    }
                }
            }
        }
        if !failed.is_empty() {
            shared.failed.fetch_add(failed.len() as u64, Ordering::Relaxed);
            shared.seen.lock().unwritten(&failed);
        }
        if result.is_ok() {
            // Every cursor up to `last` is committed, including unused ones.
            committed = last;
        }
        shared.committed.fetch_max(committed, Ordering::AcqRel);
        // Before the waiters wake: a sender that sends again at once finds room for it.
        self.queue.settled(bytes);
        shared.waiters.settle(last, &waited);
        for (task, outcome) in tasks {
            task.finish(outcome.map_or(Ok(()), Err));
        }
        self.recycled = jobs;
    }

    /// Tries to write these jobs in one transaction. Sets the outcome of each job that fails.
    fn attempt(
        &mut self,
        jobs: &mut [Job],
        outcomes: &mut [Option<StoreError>],
        spare: Seq,
        splits: &mut u32,
    ) -> Result<(), StoreError> {
        let error = match self.transaction(jobs, outcomes, spare) {
            Ok(effects) => {
                // Before the publication: a subscriber's cursor must never be ahead of the committed one.
                let newest =
                    jobs.iter().map(Job::seq).chain(effects.changes.iter().map(|change| change.seq)).max().unwrap_or(0);
                self.shared.committed.fetch_max(newest, Ordering::AcqRel);
                self.publish(effects);
                return Ok(());
            }
            Err(error) => error,
        };
        self.retention.rest();
        if error == StoreError::DiskFull && jobs.len() > 1 && *splits < MAX_SPLITS {
            *splits += 1;
            let middle = jobs.len() / 2;
            let (first, second) = jobs.split_at_mut(middle);
            let (first_outcomes, second_outcomes) = outcomes.split_at_mut(middle);
            // Only the first half uses the cursors for retention.
            let one = self.attempt(first, first_outcomes, spare, splits);
            let other = self.attempt(second, second_outcomes, 0, splits);
            return one.and(other);
        }
        for outcome in outcomes {
            outcome.get_or_insert_with(|| error.clone());
        }
        Err(error)
    }

    fn transaction(
        &mut self,
        jobs: &mut [Job],
        outcomes: &mut [Option<StoreError>],
        spare: Seq,
    ) -> Result<Effects, StoreError> {
        self.check_place()?;
        let conn = match &self.conn {
            Some(conn) => conn,
            None => self.conn.insert(open::reopen(&self.shared.path, &self.shared.options)?),
        };
        conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let (done, effects) = {
            let mut tx = Tx::new(conn, &self.shared);
            let done = run_jobs(&mut tx, jobs, outcomes).and_then(|()| {
                if spare > 0 {
                    self.retention.run(&mut tx, spare)?;
                }
                tx.write_tallies()
            });
            (done, tx.effects)
        };
        let done = done.and_then(|()| Ok(conn.prepare_cached("COMMIT")?.execute([]).map(drop)?));
        match done {
            Ok(()) => Ok(effects),
            Err(error) => {
                self.retention.forget_run(&self.shared);
                let stuck = !conn.is_autocommit() && conn.execute_batch("ROLLBACK").is_err();
                if stuck {
                    self.conn = None;
                }
                Err(error)
            }
        }
    }

    /// Checks once a second that the database file is still in its place.
    fn check_place(&mut self) -> Result<(), StoreError> {
        if self.looked_at.0.elapsed() >= TICK {
            self.looked_at = (Instant::now(), self.shared.check_place());
        }
        self.looked_at.1.clone()
    }

    /// Puts a committed batch into effect, before its waiters are answered.
    fn publish(&mut self, mut effects: Effects) {
        let shared = &self.shared;
        shared.set_trouble(None);
        shared.captured.fetch_add(effects.captured, Ordering::Relaxed);
        shared.commits.fetch_add(1, Ordering::Relaxed);
        shared.wal.wrote(effects.log_bytes());
        for (bin, touch) in &effects.touched {
            if let Some(entry) = shared.bins.entry(*bin) {
                shared.bins.count(&entry, &touch.delta);
            }
        }
        self.retention.committed(shared, &mut effects);
        for (bin, touch) in &effects.touched {
            // A later subscriber finds all changes in the store. One that subscribed before this point, but after the
            // bin was touched, would miss this batch.
            if !touch.wanted && shared.listener.wants(*bin) {
                shared.listener.unbuilt(*bin, shared.committed.load(Ordering::Acquire));
            }
        }
        if !effects.changes.is_empty() {
            let mut changes = std::mem::take(&mut effects.changes);
            changes.sort_by_key(|change| change.seq);
            shared.listener.committed(changes);
        }
    }

    /// Called when nothing was queued for a while.
    fn idle(&mut self) {
        let shared = Arc::clone(&self.shared);
        if let Err(error) = self.check_place() {
            self.conn = None;
            shared.set_trouble(Some(error));
            return;
        }
        if shared.trouble().is_some() {
            let result = match self.conn.take() {
                Some(conn) => Ok(conn),
                None => open::reopen(&shared.path, &shared.options),
            }
            .and_then(|conn| {
                let conn = self.conn.insert(conn);
                conn.execute_batch(PROBE)?;
                Ok(conn.execute_batch(UNPROBE)?)
            });
            if let Err(error) = result {
                if error != StoreError::DiskFull {
                    self.conn = None;
                }
                shared.set_trouble(Some(error));
                return;
            }
            shared.set_trouble(None);
        }
        shared.reserve.lock().refill();
        if let Some(conn) = &self.conn {
            checkpoint::give_back(conn, &shared, || self.queue.is_empty());
        }
    }

    /// Folds the log into the database when the store closes: one file remains.
    fn fold(mut self) {
        let last = self.shared.committed.load(Ordering::Acquire);
        if let Some(conn) = self.conn.take() {
            let kept = conn.execute("UPDATE meta SET value = max(value, ?) WHERE name = 'seq'", [signed(last)]);
            if let Err(error) = kept.and_then(|_| checkpoint::checkpoint(&conn, "TRUNCATE")) {
                tracing::warn!(%error, "the log could not be folded into the database; the next start does it");
            }
        }
    }
}

/// Runs the jobs. An error of one job becomes its outcome; an error that ends the transaction is returned.
fn run_jobs(tx: &mut Tx<'_>, jobs: &mut [Job], outcomes: &mut [Option<StoreError>]) -> Result<(), StoreError> {
    for (job, outcome) in jobs.iter_mut().zip(outcomes) {
        if outcome.is_some() {
            // A task that ran in an earlier attempt.
            continue;
        }
        match job {
            Job::Capture { seq, request, .. } => {
                if let Err(error) = tx.insert(*seq, request, None) {
                    // A row that SQLite refuses (too large) does not affect the others, unless it ended the
                    // transaction.
                    if error.is_trouble() || tx.conn.is_autocommit() {
                        return Err(error);
                    }
                    *outcome = Some(error);
                }
            }
            Job::Task { first, task } => {
                tx.conn.prepare_cached("SAVEPOINT task")?.execute([])?;
                let mark = tx.effects.mark();
                let ran = catch_unwind(AssertUnwindSafe(|| task.run(tx, *first)))
                    .unwrap_or_else(|_| Err(StoreError::Failed("a write panicked".to_owned())));
                if let Err(error) = ran {
                    tx.effects.go_back(mark);
                    // A statement that panicked half-way may still be open.
                    tx.captures = None;
                    if tx.conn.is_autocommit() {
                        // SQLite has rolled the whole transaction back.
                        *outcome = Some(error.clone());
                        return Err(error);
                    }
                    tx.conn.prepare_cached("ROLLBACK TO task")?.execute([])?;
                    *outcome = Some(error);
                }
                tx.conn.prepare_cached("RELEASE task")?.execute([])?;
                // The task may have removed rows, or rolled back rows that it had added.
                if let Some(captures) = &mut tx.captures {
                    captures.forget_repeated();
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
