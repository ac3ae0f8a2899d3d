//! Senders that wait for an answer by hand.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::Instant;

use super::lease::Leases;
use super::{Answered, Capture};
use crate::model::{BinId, Change, ChangeKind, PassedAnswer, RequestId, Response};
use crate::store::BinState;

/// Most senders that wait at the same time: each holds a connection. Beyond it, senders get the bin's response at once.
const MAX_HELD: usize = 1_000;
/// A request is shown as held shortly before its sender begins to wait: the longest such delay.
const BEGINNING: Duration = Duration::from_secs(1);

/// All waiting senders. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct HeldSenders(pub(super) Arc<Held>);

/// What the clones of [`HeldSenders`] share: who waits, and how many may.
#[derive(Debug)]
pub(super) struct Held {
    places: Arc<Semaphore>,
    /// How many places are taken: read with every change.
    taken: AtomicUsize,
    /// Taken places per bin.
    bins: Mutex<HashMap<BinId, usize>>,
    waiting: Mutex<HashMap<RequestId, Waiting>>,
    began: Notify,
    pub(super) leases: Leases,
}

#[derive(Debug)]
struct Waiting {
    bin: BinId,
    answer: oneshot::Sender<Answered>,
    /// The lease whose holder must answer, if there is one.
    lease: Option<u64>,
    /// Requests of the bin were deleted: this one may be among them.
    look: Arc<Notify>,
}

impl Default for Held {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(MAX_HELD)),
            taken: AtomicUsize::new(0),
            bins: Mutex::default(),
            waiting: Mutex::default(),
            began: Notify::new(),
            leases: Leases::default(),
        }
    }
}

impl HeldSenders {
    /// Whether a sender waits in that bin, or is about to.
    #[must_use]
    pub(crate) fn wait_in(&self, bin: BinId) -> bool {
        self.0.taken.load(Ordering::Acquire) > 0 && self.0.bins.lock().contains_key(&bin)
    }

    /// Ends the wait of senders whose requests were deleted.
    pub(crate) fn note(&self, change: &Change) {
        if self.0.taken.load(Ordering::Acquire) == 0 {
            return;
        }
        let mut waiting = self.0.waiting.lock();
        match &change.what {
            ChangeKind::Deleted { id } => {
                waiting.remove(id);
            }
            ChangeKind::BinDeleted => waiting.retain(|_, waiting| waiting.bin != change.bin),
            // The change does not name the requests: each waiting sender looks for its own.
            ChangeKind::Cleared { .. } | ChangeKind::Evicted { .. } => {
                waiting
                    .values()
                    .filter(|waiting| waiting.bin == change.bin)
                    .for_each(|waiting| waiting.look.notify_one());
            }
            _ => {}
        }
    }
}

/// A place to wait in, taken before the request is stored.
#[derive(Debug)]
pub(super) struct Place {
    held: Arc<Held>,
    bin: BinId,
    patience: Duration,
    until: Instant,
    lease: Option<u64>,
    _permit: OwnedSemaphorePermit,
}

impl Held {
    /// `None` when too many wait.
    pub(super) fn take(self: &Arc<Self>, bin: BinId, patience: Duration, lease: Option<u64>) -> Option<Place> {
        let permit = Arc::clone(&self.places).try_acquire_owned().ok()?;
        *self.bins.lock().entry(bin).or_default() += 1;
        self.taken.fetch_add(1, Ordering::Release);
        Some(Place { held: Arc::clone(self), bin, patience, until: Instant::now() + patience, lease, _permit: permit })
    }

    /// Ends the waits for that lease's holder, who is gone.
    pub(super) fn let_go(&self, lease: u64) {
        self.waiting.lock().retain(|_, waiting| waiting.lease != Some(lease));
    }

    /// How many wait.
    fn count(&self) -> usize {
        self.waiting.lock().len()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut bins = self.held.bins.lock();
        if let Some(places) = bins.get_mut(&self.bin) {
            *places -= 1;
            if *places == 0 {
                bins.remove(&self.bin);
            }
        }
        self.held.taken.fetch_sub(1, Ordering::Release);
    }
}

impl Place {
    pub(super) const fn patience(&self) -> Duration {
        self.patience
    }

    pub(super) const fn bin(&self) -> BinId {
        self.bin
    }

    /// Waits for the answer to that request; `None` when none came in time, or the request is gone.
    pub(super) async fn wait<G>(self, request: RequestId, is_gone: impl Fn() -> G) -> Option<Answered>
    where
        G: Future<Output = bool>,
    {
        let (sender, mut answer) = oneshot::channel();
        let look = Arc::new(Notify::new());
        let waiting = Waiting { bin: self.bin, answer: sender, lease: self.lease, look: Arc::clone(&look) };
        self.held.waiting.lock().insert(request, waiting);
        if self.lease.is_some_and(|lease| !self.held.leases.is_held(lease)) {
            // The holder left while the request was stored.
            self.held.waiting.lock().remove(&request);
        }
        // Removes the entry, however this ends.
        let _leave = Leave { held: &self.held, request };
        self.held.began.notify_waiters();
        // A deletion while the request was stored found no waiting sender to notify.
        look.notify_one();
        let gone = async {
            loop {
                look.notified().await;
                if is_gone().await {
                    return;
                }
            }
        };
        tokio::select! {
            biased;
            answer = &mut answer => answer.ok(),
            () = gone => None,
            () = tokio::time::sleep_until(self.until) => {
                // An answer given at the last moment counts: its giver was told so.
                answer.close();
                answer.try_recv().ok()
            }
        }
    }
}

struct Leave<'h> {
    held: &'h Held,
    request: RequestId,
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.held.waiting.lock().remove(&self.request);
    }
}

/// The sender does not wait: it was answered, or has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotHeld;

impl Capture {
    /// Takes a place for a sender that must wait; counts the sender if no place is free.
    pub(super) fn hold(&self, bin: BinId, patience: Duration, lease: Option<u64>) -> Option<Place> {
        let place = self.0.held.0.take(bin, patience, lease);
        if place.is_none() {
            self.0.counters.not_held.fetch_add(1, Ordering::Relaxed);
        }
        place
    }

    /// How many senders wait for an answer by hand.
    #[must_use]
    pub(crate) fn held(&self) -> usize {
        self.0.held.0.count()
    }

    /// Answers a sender that waits. The first answer counts. `shown` says that the request is stored as held: its
    /// sender may be just about to wait.
    pub(crate) async fn answer(
        &self,
        bin: &BinState,
        request: RequestId,
        response: &Response,
        shown: bool,
    ) -> Result<(), NotHeld> {
        let waiting = self.who_waits(request, shown).await?;
        let answered = self.prepared(bin).responses.by_hand(response, waiting.lease.is_some());
        waiting.answer.send(answered).map_err(|_| NotHeld)
    }

    /// The same with a target's response, passed on byte for byte.
    pub(crate) async fn pass_on(
        &self,
        bin: &BinState,
        request: RequestId,
        answer: PassedAnswer,
        shown: bool,
    ) -> Result<(), NotHeld> {
        let waiting = self.who_waits(request, shown).await?;
        let answered = self.prepared(bin).responses.passed_on(answer);
        waiting.answer.send(answered).map_err(|_| NotHeld)
    }

    /// Removes and returns the waiting sender.
    async fn who_waits(&self, request: RequestId, shown: bool) -> Result<Waiting, NotHeld> {
        let held = &self.0.held.0;
        let deadline = Instant::now() + if shown { BEGINNING } else { Duration::ZERO };
        loop {
            let began = held.began.notified();
            let waiting = held.waiting.lock().remove(&request);
            if let Some(waiting) = waiting {
                return Ok(waiting);
            }
            if tokio::time::timeout_at(deadline, began).await.is_err() {
                return Err(NotHeld);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::*;
    use crate::model::{PassedHead, Timestamp};

    fn id(seq: u64) -> RequestId {
        RequestId::new(Timestamp::default(), 1, seq)
    }

    fn take(held: &HeldSenders, bin: BinId) -> Option<Place> {
        held.0.take(bin, Duration::from_secs(1), None)
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_is_free_again_when_the_waiting_ends_however_it_ends() {
        let (held, bin) = (HeldSenders::default(), BinId::generate());
        let mut places: Vec<_> = (0..MAX_HELD).map_while(|_| take(&held, bin)).collect();
        assert_eq!(places.len(), MAX_HELD);
        assert!(take(&held, bin).is_none());
        assert!(held.wait_in(bin) && !held.wait_in(BinId::generate()));
        // No answer in time.
        assert!(places.pop().unwrap().wait(id(1), || ready(false)).await.is_none());
        assert_eq!((held.0.count(), held.0.places.available_permits()), (0, 1));
        // The sender leaves in the middle.
        let waiting = take(&held, bin).unwrap().wait(id(2), || ready(false));
        assert!(tokio::time::timeout(Duration::from_millis(1), waiting).await.is_err());
        assert_eq!((held.0.count(), held.0.places.available_permits()), (0, 1));
        // Those in other bins do not count.
        places.pop();
        let elsewhere = take(&held, BinId::generate()).unwrap();
        while let Some(place) = places.pop() {
            assert!(held.wait_in(bin));
            drop(place);
        }
        assert!(!held.wait_in(bin) && held.wait_in(elsewhere.bin));
        drop(elsewhere);
        assert_eq!(held.0.places.available_permits(), MAX_HELD);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_is_let_go_when_the_request_goes_and_only_then() {
        let (held, bin) = (HeldSenders::default(), BinId::generate());
        let change = |what| Change { seq: 9, bin, what };
        for (change, is_gone, let_go) in [
            (change(ChangeKind::Deleted { id: id(1) }), false, true),
            (change(ChangeKind::Deleted { id: id(2) }), false, false),
            (change(ChangeKind::BinDeleted), false, true),
            (change(ChangeKind::Cleared { count: 1 }), true, true),
            (change(ChangeKind::Cleared { count: 1 }), false, false),
            (change(ChangeKind::Evicted { through: 1, count: 1 }), true, true),
            (Change { bin: BinId::generate(), ..change(ChangeKind::BinDeleted) }, true, false),
        ] {
            let (before, told) = (tokio::time::Instant::now(), std::cell::Cell::new(false));
            let waiting = take(&held, bin).unwrap().wait(id(1), || ready(told.get() && is_gone));
            let deleting = async {
                tokio::time::sleep(Duration::from_millis(10)).await;
                told.set(true);
                held.note(&change);
            };
            let (answer, ()) = tokio::join!(waiting, deleting);
            assert!(answer.is_none());
            assert_eq!(before.elapsed() < Duration::from_millis(500), let_go, "{change:?}");
        }
        // Deleted while it was stored: no sender was waiting yet.
        let before = tokio::time::Instant::now();
        assert!(take(&held, bin).unwrap().wait(id(1), || ready(true)).await.is_none());
        assert!(before.elapsed() < Duration::from_millis(500));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_the_holder_of_a_lease_is_let_go_when_it_has_left() {
        let fixture = crate::capture::tests::Fixture::new();
        let held = &fixture.capture.0.held;
        let (bin, patience) = (BinId::generate(), Duration::from_secs(1));
        for (waits_for_it, has_left) in [(true, false), (false, false), (true, true)] {
            let mut leased = fixture.capture.lease(bin, patience);
            assert!(leased.is_some() && fixture.capture.lease(bin, patience).is_none(), "one at a time");
            let lease = held.0.leases.of(bin).map(|lease| lease.id).filter(|_| waits_for_it);
            let place = held.0.take(bin, patience, lease).unwrap();
            if has_left {
                leased = None;
            }
            let before = tokio::time::Instant::now();
            let leaving = async {
                tokio::time::sleep(Duration::from_millis(10)).await;
                drop(leased);
            };
            let (answer, ()) = tokio::join!(place.wait(id(1), || ready(false)), leaving);
            assert!(answer.is_none() && held.0.leases.of(bin).is_none());
            assert_eq!(before.elapsed() < Duration::from_millis(500), waits_for_it, "{has_left}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_targets_answer_goes_to_the_sender_that_waits_or_is_shown_to_wait_soon() {
        let fixture = crate::capture::tests::Fixture::new();
        let bin = fixture.bin(crate::model::BinSettings::default(), None).await;
        let at = Duration::from_millis(10);
        let soon = Duration::from_millis(5);
        for (begins, shown, is_told) in [
            (Duration::ZERO, false, true),
            (Duration::ZERO, true, true),
            (at + soon, false, false),
            (at + soon, true, true),
            (at + BEGINNING + soon, true, false),
        ] {
            let place = fixture.capture.0.held.0.take(bin.bin.id, Duration::from_mins(1), None).unwrap();
            let waiting = async {
                tokio::time::sleep(begins).await;
                place.wait(id(1), || ready(false)).await
            };
            let giving = async {
                tokio::time::sleep(at).await;
                let answer = PassedAnswer { status: 203, head: PassedHead::default(), body: "x".into() };
                fixture.capture.pass_on(&bin, id(1), answer, shown).await
            };
            let (answered, given) = tokio::join!(waiting, giving);
            assert_eq!(given.is_ok(), is_told, "{begins:?} {shown}");
            assert_eq!(answered.map(|answered| answered.response.status), is_told.then_some(203), "{begins:?} {shown}");
        }
    }
}
