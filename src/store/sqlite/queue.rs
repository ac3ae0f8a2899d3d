//! The queue in front of the writer: bounded in bytes and number, ordered by `seq`. It does not know what its jobs do.

use std::time::Duration;

use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::model::Seq;
use crate::store::error::StoreError;

/// Most jobs that wait. About a tenth of a second of work at full speed; more would only make senders wait longer.
const MAX_QUEUED: usize = 8_192;
/// Most bytes that wait. With what the listeners read at the same time, this bounds the memory under overload.
const MAX_QUEUED_BYTES: usize = 64 << 20;
/// What a job costs beyond its head and body: the structs and their strings.
const JOB_BYTES: usize = 1_024;

/// The jobs that the writer takes at once.
pub(crate) struct Batch<J> {
    /// The jobs, by growing `seq`.
    pub(crate) jobs: Vec<J>,
    /// Their bytes, returned to the queue's bound when the jobs are settled.
    pub(crate) bytes: usize,
    /// The first of the cursors reserved after the jobs' cursors.
    pub(crate) spare: Seq,
    /// The last cursor given out.
    pub(crate) last: Seq,
    /// No more jobs will come.
    pub(crate) closed: bool,
}

pub(crate) struct Queue<J> {
    inner: Mutex<Inner<J>>,
    news: Condvar,
}

struct Inner<J> {
    jobs: Vec<J>,
    /// Bytes of the queued jobs and of the batch that is being written.
    bytes: usize,
    /// How many jobs the batch that is being written has.
    writing: usize,
    next: Seq,
    closed: bool,
    writer_sleeps: bool,
}

impl<J> Queue<J> {
    /// A queue whose first cursor is `next`.
    pub(crate) fn new(next: Seq) -> Self {
        Self {
            inner: Mutex::new(Inner {
                jobs: Vec::new(),
                bytes: 0,
                writing: 0,
                next,
                closed: false,
                writer_sleeps: false,
            }),
            news: Condvar::new(),
        }
    }

    /// Queues a job that holds about `bytes` bytes and uses `cursors` cursors. `job` gets the first of them, which is
    /// also returned.
    pub(crate) fn push(&self, bytes: usize, cursors: u64, job: impl FnOnce(Seq) -> J) -> Result<Seq, StoreError> {
        let mut inner = self.inner.lock();
        inner.admit(bytes + JOB_BYTES)?;
        let first = inner.take_cursors(cursors);
        inner.jobs.push(job(first));
        self.wake(inner);
        Ok(first)
    }

    fn wake(&self, mut inner: MutexGuard<'_, Inner<J>>) {
        if std::mem::take(&mut inner.writer_sleeps) {
            drop(inner);
            self.news.notify_one();
        }
    }

    /// Takes all queued jobs; waits up to `patience` for the first one. Reserves `spare` cursors after theirs.
    /// `recycled` is an earlier batch's vector, to be reused.
    pub(crate) fn take(&self, patience: Duration, spare: u64, recycled: Vec<J>) -> Batch<J> {
        let mut inner = self.inner.lock();
        if inner.jobs.is_empty() && !inner.closed && !patience.is_zero() {
            inner.writer_sleeps = true;
            self.news.wait_for(&mut inner, patience);
            inner.writer_sleeps = false;
        }
        let jobs = std::mem::replace(&mut inner.jobs, recycled);
        inner.writing = jobs.len();
        let first_spare = inner.take_cursors(spare);
        Batch { jobs, bytes: inner.bytes, spare: first_spare, last: inner.next - 1, closed: inner.closed }
    }

    /// Frees the room of a settled batch.
    pub(crate) fn settled(&self, bytes: usize) {
        let mut inner = self.inner.lock();
        inner.bytes = inner.bytes.saturating_sub(bytes);
        inner.writing = 0;
    }

    /// Rejects every later job.
    pub(crate) fn close(&self) {
        self.inner.lock().closed = true;
        self.news.notify_one();
    }

    /// How many jobs wait or are being written, and their bytes.
    pub(crate) fn load(&self) -> (u64, u64) {
        let inner = self.inner.lock();
        ((inner.jobs.len() + inner.writing) as u64, inner.bytes as u64)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.inner.lock().jobs.is_empty()
    }
}

impl<J> Inner<J> {
    fn admit(&mut self, bytes: usize) -> Result<(), StoreError> {
        if self.closed {
            return Err(StoreError::Closed);
        }
        // A single body larger than the bound is taken when the queue is empty.
        let full = self.bytes > 0 && self.bytes + bytes > MAX_QUEUED_BYTES;
        if full || self.jobs.len() >= MAX_QUEUED {
            return Err(StoreError::Busy);
        }
        self.bytes += bytes;
        Ok(())
    }

    const fn take_cursors(&mut self, count: u64) -> Seq {
        let first = self.next;
        self.next += count;
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_that_wait_and_are_being_written_are_bounded() {
        let queue: Queue<Seq> = Queue::new(5);
        let push = |bytes: usize| queue.push(bytes, 1, |seq| seq);
        let size = |bytes: usize| u64::try_from(bytes).unwrap();
        // One that is larger than all others may be is taken alone.
        assert_eq!(push(MAX_QUEUED_BYTES + 1), Ok(5));
        assert_eq!(push(0), Err(StoreError::Busy));
        let batch = queue.take(Duration::ZERO, 0, Vec::new());
        assert_eq!((batch.jobs, batch.bytes), (vec![5], MAX_QUEUED_BYTES + 1 + JOB_BYTES));
        assert_eq!(push(0), Err(StoreError::Busy));
        assert_eq!(queue.load(), (1, size(batch.bytes)));
        queue.settled(batch.bytes);
        assert_eq!(queue.load(), (0, 0));
        // Up to the last byte.
        assert_eq!(push(10), Ok(6));
        let rest = MAX_QUEUED_BYTES - (10 + JOB_BYTES) - JOB_BYTES;
        assert_eq!([push(rest + 1), push(rest), push(0)], [Err(StoreError::Busy), Ok(7), Err(StoreError::Busy)]);
        assert_eq!(queue.load(), (2, size(MAX_QUEUED_BYTES)));
        // What comes while a batch is written counts beside it.
        let batch = queue.take(Duration::ZERO, 0, Vec::new());
        assert_eq!(batch.jobs.len(), 2);
        queue.settled(JOB_BYTES);
        assert_eq!(push(1), Err(StoreError::Busy), "a job has its own cost");
        assert_eq!(push(0), Ok(8));
    }

    #[test]
    fn the_jobs_that_wait_are_bounded() {
        let queue: Queue<Seq> = Queue::new(1);
        assert!(queue.is_empty());
        for _ in 0..MAX_QUEUED {
            queue.push(0, 1, |seq| seq).unwrap();
        }
        assert!(!queue.is_empty());
        assert_eq!(queue.push(0, 1, |seq| seq), Err(StoreError::Busy));
        assert_eq!(queue.take(Duration::ZERO, 0, Vec::new()).jobs.len(), MAX_QUEUED);
        assert!(queue.is_empty());
        assert!(queue.push(0, 1, |seq| seq).is_ok());
    }

    #[test]
    fn no_cursor_is_given_out_twice_and_a_closed_queue_takes_nothing() {
        let queue: Queue<Seq> = Queue::new(10);
        assert_eq!(queue.push(0, 3, |seq| seq), Ok(10));
        assert_eq!(queue.push(0, 0, |seq| seq), Ok(13));
        assert_eq!(queue.push(0, 1, |seq| seq), Ok(13));
        let batch = queue.take(Duration::ZERO, 4, Vec::new());
        assert_eq!((batch.jobs, batch.spare, batch.last, batch.closed), (vec![10, 13, 13], 14, 17, false));
        assert_eq!(queue.push(0, 1, |seq| seq), Ok(18));
        queue.close();
        assert_eq!(queue.push(0, 1, |seq| seq), Err(StoreError::Closed));
        let batch = queue.take(Duration::from_hours(1), 0, Vec::new());
        assert_eq!((batch.jobs, batch.last, batch.closed), (vec![18], 18, true));
        // The writer does not wait for what never comes.
        assert!(queue.take(Duration::from_hours(1), 0, Vec::new()).closed);
    }

    #[test]
    fn a_writer_that_sleeps_is_woken_by_a_job_and_by_the_end() {
        for is_end in [false, true] {
            let (queue, patience) = (Queue::new(5), Duration::from_secs(20));
            std::thread::scope(|scope| {
                let writer = scope.spawn(|| {
                    let started = std::time::Instant::now();
                    let batch = queue.take(patience, 0, Vec::new());
                    (batch.jobs, batch.closed, started.elapsed() < patience)
                });
                while !queue.inner.lock().writer_sleeps && !writer.is_finished() {
                    std::thread::yield_now();
                }
                if is_end {
                    queue.close();
                } else {
                    queue.push(0, 1, |seq| seq).unwrap();
                }
                let jobs = if is_end { vec![] } else { vec![5] };
                assert_eq!(writer.join().unwrap(), (jobs, is_end, true));
            });
        }
    }
}
