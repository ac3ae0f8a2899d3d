//! The queue in front of the writer: bounded in bytes and number, ordered by `seq`.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::hub::Worker;
use super::tx::Tx;
use super::{StoreError, Stored};
use crate::model::{NewRequest, RequestId, Seq};

/// Most jobs that wait. About a tenth of a second of work at full speed; more would only make senders wait longer.
pub(super) const MAX_QUEUED: usize = 8_192;
/// Most bytes that wait. With what the listeners read at the same time, this bounds the memory under overload.
pub(super) const MAX_QUEUED_BYTES: usize = 64 << 20;
/// What a job costs beyond its head and body: the structs and their strings.
const JOB_BYTES: usize = 1_024;

/// Something for the writer.
pub(super) enum Job {
    /// A request to be stored.
    Capture {
        /// Its number.
        seq: Seq,
        /// Who waits; `None` when nobody does.
        worker: Option<Worker>,
        /// What to store.
        request: Arc<NewRequest>,
    },
    /// Anything else.
    Task {
        /// The first number of its own.
        first: Seq,
        /// What to do.
        task: Box<dyn Task>,
    },
}

/// A write other than a capture. Runs inside the batch's transaction, under a savepoint of its own.
pub(super) trait Task: Send {
    /// Does it.
    fn run(&mut self, tx: &mut Tx<'_>, first: Seq) -> Result<(), StoreError>;
    /// Answers whoever waits, once the batch is committed (`Ok`) or not.
    fn finish(self: Box<Self>, committed: Result<(), StoreError>);
}

/// What the writer takes at once.
#[derive(Default)]
pub(super) struct Batch {
    /// The jobs, by growing `seq`.
    pub(super) jobs: Vec<Job>,
    /// Their bytes, to be given back when they are settled.
    pub(super) bytes: usize,
    /// The first of the numbers reserved behind the jobs'.
    pub(super) spare: Seq,
    /// The last number given out.
    pub(super) last: Seq,
    /// Nothing will come any more.
    pub(super) closed: bool,
}

pub(super) struct Queue {
    inner: Mutex<Inner>,
    news: Condvar,
}

struct Inner {
    jobs: Vec<Job>,
    /// Bytes of the queued jobs and of the batch that is being written.
    bytes: usize,
    /// How many jobs the batch that is being written has.
    writing: usize,
    next: Seq,
    closed: bool,
    writer_sleeps: bool,
}

impl Queue {
    /// A queue whose first number is `next`.
    pub(super) fn new(next: Seq) -> Self {
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

    /// Queues a request. Its number and id are fixed from here on.
    pub(super) fn capture(
        &self,
        request: Arc<NewRequest>,
        salt: u32,
        worker: Option<Worker>,
    ) -> Result<Stored, StoreError> {
        let bytes = JOB_BYTES + request.head.raw().len() + request.body.len() + request.trailers.len();
        let received_at = request.received_at;
        let mut inner = self.inner.lock();
        inner.admit(bytes)?;
        let seq = inner.number(1);
        inner.jobs.push(Job::Capture { seq, worker, request });
        self.wake(inner);
        Ok(Stored { seq, id: RequestId::new(received_at, salt, seq) })
    }

    /// Queues another write that needs so many numbers.
    pub(super) fn task(&self, task: Box<dyn Task>, numbers: u64, bytes: usize) -> Result<(), StoreError> {
        let mut inner = self.inner.lock();
        inner.admit(bytes + JOB_BYTES)?;
        let first = inner.number(numbers);
        inner.jobs.push(Job::Task { first, task });
        self.wake(inner);
        Ok(())
    }

    fn wake(&self, mut inner: parking_lot::MutexGuard<'_, Inner>) {
        if std::mem::take(&mut inner.writer_sleeps) {
            drop(inner);
            self.news.notify_one();
        }
    }

    /// Takes all that is queued; waits up to `patience` for something. Reserves `spare` numbers behind it.
    /// `recycled` is the vector of an earlier batch, to be used again.
    pub(super) fn take(&self, patience: Duration, spare: u64, recycled: Vec<Job>) -> Batch {
        let mut inner = self.inner.lock();
        if inner.jobs.is_empty() && !inner.closed && !patience.is_zero() {
            inner.writer_sleeps = true;
            self.news.wait_for(&mut inner, patience);
            inner.writer_sleeps = false;
        }
        let jobs = std::mem::replace(&mut inner.jobs, recycled);
        inner.writing = jobs.len();
        let first_spare = inner.number(spare);
        Batch { jobs, bytes: inner.bytes, spare: first_spare, last: inner.next - 1, closed: inner.closed }
    }

    /// Gives back the room of a batch that is settled.
    pub(super) fn settled(&self, bytes: usize) {
        let mut inner = self.inner.lock();
        inner.bytes = inner.bytes.saturating_sub(bytes);
        inner.writing = 0;
    }

    /// Refuses everything from now on.
    pub(super) fn close(&self) {
        self.inner.lock().closed = true;
        self.news.notify_one();
    }

    /// How many jobs wait or are being written, and their bytes.
    pub(super) fn load(&self) -> (u64, u64) {
        let inner = self.inner.lock();
        ((inner.jobs.len() + inner.writing) as u64, inner.bytes as u64)
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.inner.lock().jobs.is_empty()
    }
}

impl Inner {
    fn admit(&mut self, bytes: usize) -> Result<(), StoreError> {
        if self.closed {
            return Err(StoreError::Closed);
        }
        // A single body larger than the bound is taken when nothing else is there.
        let full = self.bytes > 0 && self.bytes + bytes > MAX_QUEUED_BYTES;
        if full || self.jobs.len() >= MAX_QUEUED {
            return Err(StoreError::Busy);
        }
        self.bytes += bytes;
        Ok(())
    }

    const fn number(&mut self, numbers: u64) -> Seq {
        let first = self.next;
        self.next += numbers;
        first
    }
}
