//! Wakes the captures that wait for a commit.
//!
//! A wake across threads costs a system call in the woken runtime, so there is one per worker thread and commit, not
//! one per request. Jobs settle in the order of `seq`; a waiter is done as soon as the settled mark has reached its
//! `seq`. Per thread, one waiter (the leader) leaves its waker where the writer finds it. When the leader runs, it
//! wakes the others of its thread, which is a push to a local queue, and the first one that still waits becomes the
//! leader.
//!
//! The waiting future is bound to its thread (it is not `Send`), so this works on every kind of runtime.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use parking_lot::{Mutex, RwLock};

use super::error::StoreError;
use crate::model::Seq;

/// Shared by the writer and every thread that captures.
#[derive(Debug)]
pub(crate) struct CommitWaiters {
    /// Tells the stores of one process apart (tests open many).
    id: u64,
    /// Every job up to this `seq` is committed or has failed.
    settled: AtomicU64,
    /// One per thread that ever waited; a [`Worker`] is its index.
    mailboxes: RwLock<Vec<Arc<Mailbox>>>,
}

/// The index of a thread's mailbox.
pub(crate) type Worker = u32;

/// What the writer leaves for one thread.
#[derive(Debug, Default)]
struct Mailbox {
    leader: Mutex<Option<Waker>>,
    has_failures: AtomicBool,
    failures: Mutex<Vec<(Seq, StoreError)>>,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

thread_local! {
    /// One per store that this thread captured into.
    static THREADS: RefCell<Vec<Rc<ThreadWaiters>>> = const { RefCell::new(Vec::new()) };
}

impl CommitWaiters {
    pub(crate) fn new(settled: Seq) -> Arc<Self> {
        Arc::new(Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            settled: AtomicU64::new(settled),
            mailboxes: RwLock::default(),
        })
    }

    /// The waiters of the calling thread, made at its first call.
    pub(crate) fn of_this_thread(self: &Arc<Self>) -> Rc<ThreadWaiters> {
        THREADS.with_borrow_mut(|threads| {
            if let Some(thread) = threads.iter().find(|thread| thread.all.id == self.id) {
                return Rc::clone(thread);
            }
            // A closed store is kept alive by this list only: let go of it. Whoever still waits keeps its waiters
            // itself.
            threads.retain(|thread| Arc::strong_count(&thread.all) > 1);
            let mailbox = Arc::new(Mailbox::default());
            let mut mailboxes = self.mailboxes.write();
            let worker = Worker::try_from(mailboxes.len()).unwrap_or(Worker::MAX);
            mailboxes.push(Arc::clone(&mailbox));
            drop(mailboxes);
            let thread = Rc::new(ThreadWaiters {
                all: Arc::clone(self),
                worker,
                mailbox,
                waiting: RefCell::default(),
                failed: RefCell::default(),
                leader: Cell::new(0),
            });
            threads.push(Rc::clone(&thread));
            thread
        })
    }

    /// Notes that a job has failed. To be called before [`CommitWaiters::settle`].
    pub(crate) fn fail(&self, worker: Worker, seq: Seq, error: StoreError) {
        if let Some(mailbox) = self.mailboxes.read().get(worker as usize) {
            mailbox.failures.lock().push((seq, error));
            mailbox.has_failures.store(true, Ordering::Release);
        }
    }

    /// Called when every job up to `seq` is done: wakes one waiter of each of these threads.
    pub(crate) fn settle(&self, seq: Seq, workers: &[Worker]) {
        self.settled.fetch_max(seq, Ordering::AcqRel);
        let mailboxes = self.mailboxes.read();
        for worker in workers {
            let leader = mailboxes.get(*worker as usize).and_then(|mailbox| mailbox.leader.lock().take());
            if let Some(waker) = leader {
                waker.wake();
            }
        }
    }

    fn settled(&self) -> Seq {
        self.settled.load(Ordering::Acquire)
    }
}

#[derive(Debug)]
pub(crate) struct ThreadWaiters {
    all: Arc<CommitWaiters>,
    worker: Worker,
    mailbox: Arc<Mailbox>,
    /// The waiters by growing `seq`: one thread's jobs are queued one after another. The waker is `None` until the
    /// first poll.
    waiting: RefCell<VecDeque<(Seq, Option<Waker>)>>,
    /// Errors that the waiters have not fetched yet.
    failed: RefCell<HashMap<Seq, StoreError>>,
    /// The waiter whose waker is in the mailbox. Out of date once the writer has taken the waker.
    leader: Cell<Seq>,
}

impl ThreadWaiters {
    /// The index that this thread's jobs carry.
    pub(crate) const fn worker(&self) -> Worker {
        self.worker
    }

    /// Waits until the job is committed or has failed. Call it right after queueing the job: only listed waiters learn
    /// of a failure.
    pub(crate) fn wait(self: Rc<Self>, seq: Seq) -> Committed {
        self.waiting.borrow_mut().push_back((seq, None));
        Committed { thread: self, seq, done: false }
    }

    /// Wakes this thread's finished waiters except `own`, and makes the first unfinished one the leader.
    fn dispatch(&self, own: Option<Seq>) {
        let mut done: Vec<Waker> = Vec::new();
        loop {
            let settled = self.all.settled();
            let mut waiting = self.waiting.borrow_mut();
            if self.mailbox.has_failures.load(Ordering::Acquire) {
                self.mailbox.has_failures.store(false, Ordering::Release);
                let mut failed = self.failed.borrow_mut();
                for (seq, error) in self.mailbox.failures.lock().drain(..) {
                    // A waiter whose future was dropped is not in the list.
                    if waiting.binary_search_by_key(&seq, |entry| entry.0).is_ok() {
                        failed.insert(seq, error);
                    }
                }
            }
            while let Some((seq, waker)) = waiting.pop_front_if(|(seq, _)| *seq <= settled) {
                if Some(seq) != own {
                    done.extend(waker);
                }
            }
            // A waiter that was never polled has no waker yet; its first poll checks whether its job is done.
            if let Some((seq, waker)) = waiting.iter().find_map(|(seq, waker)| Some((*seq, waker.as_ref()?))) {
                self.leader.set(seq);
                *self.mailbox.leader.lock() = Some(waker.clone());
                // The writer may have settled this job before it saw the new leader.
                if seq <= self.all.settled() {
                    continue;
                }
            } else {
                self.mailbox.leader.lock().take();
            }
            break;
        }
        for waker in done {
            waker.wake();
        }
    }

    /// The waiter's index in the list; `None` when it is done.
    fn position(&self, seq: Seq) -> Option<usize> {
        self.waiting.borrow().binary_search_by_key(&seq, |entry| entry.0).ok()
    }

    /// Makes this waiter the leader if there is none; keeps the leader's waker up to date.
    fn lead_if_vacant(&self, seq: Seq, waker: &Waker) {
        let mut leader = self.mailbox.leader.lock();
        if leader.is_none() || self.leader.get() == seq {
            *leader = Some(waker.clone());
            self.leader.set(seq);
        }
    }
}

/// The future of [`ThreadWaiters::wait`].
#[derive(Debug)]
pub(crate) struct Committed {
    thread: Rc<ThreadWaiters>,
    seq: Seq,
    done: bool,
}

impl Committed {
    fn outcome(&mut self) -> Result<(), StoreError> {
        self.done = true;
        match self.thread.failed.borrow_mut().remove(&self.seq) {
            None => Ok(()),
            Some(error) => Err(error),
        }
    }
}

impl Future for Committed {
    type Output = Result<(), StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let thread = Rc::clone(&this.thread);
        // A finished waiter must not lead: it never runs again, so it could not pass the lead on.
        let Some(at) = thread.position(this.seq) else {
            return Poll::Ready(this.outcome());
        };
        match &mut thread.waiting.borrow_mut()[at].1 {
            Some(waker) => waker.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
        thread.lead_if_vacant(this.seq, context.waker());
        // Read only after the leader is set: the writer settles first, then looks for the leader.
        let settled = thread.all.settled();
        let news = thread.waiting.borrow().front().is_some_and(|(seq, _)| *seq <= settled);
        if news {
            thread.dispatch(Some(this.seq));
        }
        if thread.position(this.seq).is_none() { Poll::Ready(this.outcome()) } else { Poll::Pending }
    }
}

impl Drop for Committed {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        if let Some(at) = self.thread.position(self.seq) {
            self.thread.waiting.borrow_mut().remove(at);
        }
        self.thread.failed.borrow_mut().remove(&self.seq);
        // The dropped future may have been the leader, or have been woken to lead.
        self.thread.dispatch(None);
    }
}

#[cfg(test)]
mod tests;
