//! How those who wait for a commit learn of it.
//!
//! A wake across threads costs a system call in the woken runtime, so there is one per worker thread and commit, not one per
//! request. Jobs settle in the order of `seq`; a waiter is done as soon as the settled mark has reached its `seq`. Per
//! thread, one waiter (the leader) leaves its waker where the writer finds it. When the leader runs, it wakes
//! the others of its thread, which is a push to a local queue, and the first that still waits leads next.
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

use super::StoreError;
use crate::model::Seq;

/// Shared by the writer and every thread that captures.
#[derive(Debug)]
pub(super) struct Hub {
    /// Tells the stores of one process apart (tests open many).
    id: u64,
    /// Every job up to this `seq` is committed or has failed.
    settled: AtomicU64,
    /// One per thread that ever waited, by its number.
    mailboxes: RwLock<Vec<Arc<Mailbox>>>,
}

/// The number of a thread's mailbox.
pub(super) type Worker = u32;

/// What the writer leaves for one thread.
#[derive(Debug, Default)]
struct Mailbox {
    leader: Mutex<Option<Waker>>,
    has_failures: AtomicBool,
    failures: Mutex<Vec<(Seq, StoreError)>>,
}

static NEXT_HUB: AtomicU64 = AtomicU64::new(1);

thread_local! {
    /// This thread's side, one per store it captured into.
    static LOCALS: RefCell<Vec<Rc<Local>>> = const { RefCell::new(Vec::new()) };
}

impl Hub {
    pub(super) fn new(settled: Seq) -> Arc<Self> {
        Arc::new(Self {
            id: NEXT_HUB.fetch_add(1, Ordering::Relaxed),
            settled: AtomicU64::new(settled),
            mailboxes: RwLock::default(),
        })
    }

    /// This thread's side of the hub.
    pub(super) fn local(self: &Arc<Self>) -> Rc<Local> {
        LOCALS.with_borrow_mut(|locals| {
            if let Some(local) = locals.iter().find(|local| local.hub.id == self.id) {
                return Rc::clone(local);
            }
            // Only this thread's side keeps a closed store's hub alive: let go of those.
            locals.retain(|local| Arc::strong_count(&local.hub) > 1 || Rc::strong_count(local) > 1);
            let mailbox = Arc::new(Mailbox::default());
            let mut mailboxes = self.mailboxes.write();
            let worker = Worker::try_from(mailboxes.len()).unwrap_or(Worker::MAX);
            mailboxes.push(Arc::clone(&mailbox));
            drop(mailboxes);
            let local = Rc::new(Local {
                hub: Arc::clone(self),
                worker,
                mailbox,
                waiting: RefCell::default(),
                failed: RefCell::default(),
                leader: Cell::new(0),
            });
            locals.push(Rc::clone(&local));
            local
        })
    }

    /// Says that a job has failed. Before [`Hub::settle`].
    pub(super) fn fail(&self, worker: Worker, seq: Seq, error: StoreError) {
        if let Some(mailbox) = self.mailboxes.read().get(worker as usize) {
            mailbox.failures.lock().push((seq, error));
            mailbox.has_failures.store(true, Ordering::Release);
        }
    }

    /// Says that every job up to `seq` is done, and wakes one waiter of each of these threads.
    pub(super) fn settle(&self, seq: Seq, workers: &[Worker]) {
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

/// One thread's side of the hub.
#[derive(Debug)]
pub(super) struct Local {
    hub: Arc<Hub>,
    worker: Worker,
    mailbox: Arc<Mailbox>,
    /// Who waits, by growing `seq`: one thread's jobs are queued one after another. Without a waker until first polled.
    waiting: RefCell<VecDeque<(Seq, Option<Waker>)>>,
    /// Failures that their waiters have not fetched yet.
    failed: RefCell<HashMap<Seq, StoreError>>,
    /// Whose waker is in the mailbox; may be out of date when the writer took it.
    leader: Cell<Seq>,
}

impl Local {
    /// The number that jobs of this thread carry.
    pub(super) const fn worker(&self) -> Worker {
        self.worker
    }

    /// Waits until the job is committed or has failed. To be called right after it was queued: only those who are listed are told
    /// of a failure.
    pub(super) fn wait(self: Rc<Self>, seq: Seq) -> Wait {
        self.waiting.borrow_mut().push_back((seq, None));
        Wait { local: self, seq, done: false }
    }

    /// Wakes everybody on this thread who is done, other than `own`, and sees to it that the first who is not leads.
    fn dispatch(&self, own: Option<Seq>) {
        let mut done: Vec<Waker> = Vec::new();
        loop {
            let settled = self.hub.settled();
            let mut waiting = self.waiting.borrow_mut();
            if self.mailbox.has_failures.load(Ordering::Acquire) {
                self.mailbox.has_failures.store(false, Ordering::Release);
                let mut failed = self.failed.borrow_mut();
                for (seq, error) in self.mailbox.failures.lock().drain(..) {
                    // Nobody waits for it when its future was dropped.
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
            // Who was never polled cannot be woken, and will look by itself.
            if let Some((seq, waker)) = waiting.iter().find_map(|(seq, waker)| Some((*seq, waker.as_ref()?))) {
                self.leader.set(seq);
                *self.mailbox.leader.lock() = Some(waker.clone());
                // The writer may have settled it before it could see the new leader.
                if seq <= self.hub.settled() {
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

    /// Where in the list the waiter stands; `None` when it is done.
    fn position(&self, seq: Seq) -> Option<usize> {
        self.waiting.borrow().binary_search_by_key(&seq, |entry| entry.0).ok()
    }

    /// Leads when nobody does, and keeps the leader's waker up to date.
    fn lead_if_vacant(&self, seq: Seq, waker: &Waker) {
        let mut leader = self.mailbox.leader.lock();
        if leader.is_none() || self.leader.get() == seq {
            *leader = Some(waker.clone());
            self.leader.set(seq);
        }
    }
}

/// The future of [`Local::wait`].
#[derive(Debug)]
pub(super) struct Wait {
    local: Rc<Local>,
    seq: Seq,
    done: bool,
}

impl Wait {
    fn outcome(&mut self) -> Result<(), StoreError> {
        self.done = true;
        match self.local.failed.borrow_mut().remove(&self.seq) {
            None => Ok(()),
            Some(error) => Err(error),
        }
    }
}

impl Future for Wait {
    type Output = Result<(), StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let local = Rc::clone(&this.local);
        // Done already: must not lead, because nobody would ever run to lead on.
        let Some(at) = local.position(this.seq) else {
            return Poll::Ready(this.outcome());
        };
        match &mut local.waiting.borrow_mut()[at].1 {
            Some(waker) => waker.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
        local.lead_if_vacant(this.seq, context.waker());
        // Looked at only after a leader is known: the writer settles first and looks for the leader then.
        let settled = local.hub.settled();
        let news = local.waiting.borrow().front().is_some_and(|(seq, _)| *seq <= settled);
        if news {
            local.dispatch(Some(this.seq));
        }
        if local.position(this.seq).is_none() { Poll::Ready(this.outcome()) } else { Poll::Pending }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        if let Some(at) = self.local.position(self.seq) {
            self.local.waiting.borrow_mut().remove(at);
        }
        self.local.failed.borrow_mut().remove(&self.seq);
        // It may have led, or been woken to lead.
        self.local.dispatch(None);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn a_failure_reaches_its_waiter_though_another_hears_of_it_before_that_one_is_polled() {
        let hub = Hub::new(0);
        let local = hub.local();
        let (first, mut second) = (Rc::clone(&local).wait(1), Rc::clone(&local).wait(2));
        hub.fail(local.worker(), 2, StoreError::DiskFull);
        hub.settle(2, &[local.worker()]);
        assert_eq!(first.await, Ok(()));
        assert_eq!((&mut second).now_or_never(), Some(Err(StoreError::DiskFull)));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn who_was_never_polled_does_not_stand_in_the_way_of_those_who_were() {
        let hub = Hub::new(0);
        let worker = hub.local().worker();
        let unpolled = hub.local().wait(1);
        let tasks = tokio::task::LocalSet::new();
        let polled = tasks.spawn_local(hub.local().wait(2));
        tasks.run_until(tokio::task::yield_now()).await;
        let late = tasks.spawn_local(hub.local().wait(3));
        tasks.run_until(tokio::task::yield_now()).await;
        for seq in 1..=3 {
            hub.settle(seq, &[worker]);
            tasks.run_until(tokio::task::yield_now()).await;
        }
        let both = async { (polled.await.unwrap(), late.await.unwrap()) };
        let woken = tasks.run_until(tokio::time::timeout(std::time::Duration::from_secs(5), both)).await;
        assert_eq!(woken.expect("woken"), (Ok(()), Ok(())));
        assert_eq!(unpolled.await, Ok(()));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_waiter_is_woken_though_earlier_ones_of_its_thread_were_done_by_anothers_dispatch() {
        let hub = Hub::new(0);
        let worker = hub.local().worker();
        let tasks = tokio::task::LocalSet::new();
        // Two wait, one of them leads; both are settled at once, so that the leader's dispatch finishes the other.
        for seq in [1, 2] {
            tasks.spawn_local(hub.local().wait(seq));
        }
        tasks.run_until(tokio::task::yield_now()).await;
        hub.settle(2, &[worker]);
        tasks.await;

        let late = tokio::task::LocalSet::new();
        let third = late.spawn_local(hub.local().wait(3));
        late.run_until(tokio::task::yield_now()).await;
        hub.settle(3, &[worker]);
        let woken = late.run_until(tokio::time::timeout(std::time::Duration::from_secs(5), third)).await;
        assert_eq!(woken.expect("woken").expect("no panic"), Ok(()));
    }
}
