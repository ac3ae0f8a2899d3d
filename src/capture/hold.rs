//! Senders that wait until somebody answers them by hand.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::Instant;

use super::lease::Leases;
use super::{Capture, Outgoing};
use crate::model::{RequestId, Response};
use crate::store::BinState;

/// Senders that wait at once. Each holds a connection; over it they get the bin's response at once.
const MAX_HELD: usize = 1_000;
/// A request is shown as held a moment before its sender begins to wait: as long as that may take.
const BEGINNING: Duration = Duration::from_secs(1);

/// Everybody who waits.
#[derive(Debug)]
pub(super) struct Held {
    places: Arc<Semaphore>,
    waiting: Mutex<HashMap<RequestId, Waiting>>,
    began: Notify,
    pub(super) leases: Leases,
}

/// Somebody who waits.
#[derive(Debug)]
struct Waiting {
    answer: oneshot::Sender<Outgoing>,
    /// For whose answer, when that is the holder of a lease.
    lease: Option<u64>,
}

impl Default for Held {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(MAX_HELD)),
            waiting: Mutex::default(),
            began: Notify::new(),
            leases: Leases::default(),
        }
    }
}

/// A place to wait in, taken before the request is stored.
#[derive(Debug)]
pub(super) struct Place {
    held: Arc<Held>,
    patience: Duration,
    until: Instant,
    lease: Option<u64>,
    _permit: OwnedSemaphorePermit,
}

impl Held {
    /// `None` when too many wait.
    pub(super) fn take(self: &Arc<Self>, patience: Duration, lease: Option<u64>) -> Option<Place> {
        let permit = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some(Place { held: Arc::clone(self), patience, until: Instant::now() + patience, lease, _permit: permit })
    }

    /// The holder of that lease is gone: who waits for it waits no longer.
    pub(super) fn let_go(&self, lease: u64) {
        self.waiting.lock().retain(|_, waiting| waiting.lease != Some(lease));
    }

    /// How many wait.
    fn count(&self) -> usize {
        self.waiting.lock().len()
    }
}

impl Place {
    pub(super) const fn patience(&self) -> Duration {
        self.patience
    }

    /// Waits for the answer to that request; `None` when none came in time.
    pub(super) async fn wait(self, request: RequestId) -> Option<Outgoing> {
        let (sender, mut answer) = oneshot::channel();
        self.held.waiting.lock().insert(request, Waiting { answer: sender, lease: self.lease });
        if self.lease.is_some_and(|lease| !self.held.leases.is_held(lease)) {
            // Its holder went while the request was stored.
            self.held.waiting.lock().remove(&request);
        }
        // However this ends, the request is held no longer.
        let _leave = Leave { held: &self.held, request };
        self.held.began.notify_waiters();
        match tokio::time::timeout_at(self.until, &mut answer).await {
            Ok(answer) => answer.ok(),
            Err(_) => {
                // One that was given in the last moment counts: whoever gave it was told so.
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
pub struct NotHeld;

impl Capture {
    /// Takes a place for a sender that is to wait, and counts it when there is none.
    pub(super) fn hold(&self, patience: Duration, lease: Option<u64>) -> Option<Place> {
        let place = self.0.held.take(patience, lease);
        if place.is_none() {
            self.0.counters.not_held.fetch_add(1, Ordering::Relaxed);
        }
        place
    }

    /// How many senders wait for an answer by hand.
    #[must_use]
    pub fn held(&self) -> usize {
        self.0.held.count()
    }

    /// Answers a sender that waits. The first answer counts. `shown` says that the request is stored as held: it may be
    /// that its sender is just beginning to wait.
    pub async fn answer(
        &self,
        bin: &BinState,
        request: RequestId,
        response: &Response,
        shown: bool,
    ) -> Result<(), NotHeld> {
        let held = &self.0.held;
        let outgoing = self.prepared(bin).responses.by_hand(response);
        let deadline = Instant::now() + if shown { BEGINNING } else { Duration::ZERO };
        let waiting = loop {
            let began = held.began.notified();
            let waiting = held.waiting.lock().remove(&request);
            if let Some(waiting) = waiting {
                break waiting;
            }
            if tokio::time::timeout_at(deadline, began).await.is_err() {
                return Err(NotHeld);
            }
        };
        waiting.answer.send(outgoing).map_err(|_| NotHeld)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn id(seq: u64) -> RequestId {
        RequestId::new(Timestamp::default(), 1, seq)
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_is_free_again_when_the_waiting_ends_however_it_ends() {
        let held = Arc::new(Held::default());
        let mut places: Vec<_> = (0..MAX_HELD).map_while(|_| held.take(Duration::from_secs(1), None)).collect();
        assert_eq!(places.len(), MAX_HELD);
        assert!(held.take(Duration::ZERO, None).is_none());
        // Nobody answers in time.
        assert!(places.pop().unwrap().wait(id(1)).await.is_none());
        assert_eq!((held.count(), held.places.available_permits()), (0, 1));
        // The sender leaves in the middle.
        let waiting = held.take(Duration::from_secs(1), None).unwrap().wait(id(2));
        assert!(tokio::time::timeout(Duration::from_millis(1), waiting).await.is_err());
        assert_eq!((held.count(), held.places.available_permits()), (0, 1));
        drop(places);
        assert_eq!(held.places.available_permits(), MAX_HELD);
    }
}
