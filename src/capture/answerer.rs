//! Who else than the bin may answer a sender: the bin's target, or somebody who looks on.
//!
//! The response that the bin has chosen is kept for when nobody does.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::bins::Prepared;
use super::hold::Place;
use super::hooks::AskTarget;
use super::{Answered, Capture};
use crate::model::{BinId, Clock, Timestamp};
use crate::store::{BinState, RequestRef, StoreError, Stored};

/// Who answers, before the request is stored.
pub(super) enum Answerer {
    /// The target; when it gives no answer, whoever the bin waits for as long as this.
    Target(AskTarget, BinId, Option<Duration>),
    Hand(Place),
}

impl Answerer {
    /// Until when a sender waits for an answer by hand that begins to wait now.
    pub(super) fn held_until(&self, clock: &Clock) -> Option<Timestamp> {
        match self {
            Self::Target(..) => None,
            Self::Hand(place) => Some(clock.now().plus(place.patience())),
        }
    }

    /// Has the request answered that was stored.
    pub(super) fn ask(self, capture: &Capture, stored: Stored, prepared: &Arc<Prepared>) -> Instead {
        match self {
            Self::Target(target, bin, hold) => {
                let otherwise = hold.map(|hold| {
                    let (capture, prepared) = (capture.clone(), Arc::clone(prepared));
                    let begin = move || {
                        let by_hand = Self::Hand(capture.hold(bin, hold, None)?);
                        capture.0.store.held(stored, capture.0.clock.now().plus(hold));
                        Some(by_hand.ask(&capture, stored, &prepared))
                    };
                    Box::new(begin) as Box<Otherwise>
                });
                let prepared = Arc::clone(prepared);
                let answer = async move {
                    let answered = target(stored.id).await?;
                    prepared.responses.give_back();
                    Some(prepared.responses.passed_on(answered))
                };
                Instead { answer: Box::pin(answer), ends_early: false, otherwise }
            }
            Self::Hand(place) => {
                let (prepared, store) = (Arc::clone(prepared), capture.0.store.clone());
                let bin = place.bin();
                let is_gone = move || {
                    let store = store.clone();
                    async move {
                        let found = store.request(bin, RequestRef::Id(stored.id)).await;
                        matches!(found, Err(StoreError::NotFound(_)))
                    }
                };
                let answer = async move {
                    let answered = place.wait(stored.id, is_gone).await?;
                    prepared.responses.give_back();
                    Some(answered)
                };
                Instead { answer: Box::pin(answer), ends_early: true, otherwise: None }
            }
        }
    }
}

/// Who answers, once the request is stored.
pub struct Instead {
    /// Their response; `None` when they gave none.
    pub answer: Pin<Box<dyn Future<Output = Option<Answered>> + Send>>,
    /// Whether nobody waits any longer once the sender has left, or the server stops. A target has its own time-out.
    pub ends_early: bool,
    /// Who is asked next when they gave none.
    pub otherwise: Option<Box<Otherwise>>,
}

/// Begins to ask somebody else.
pub type Otherwise = dyn FnOnce() -> Option<Instead> + Send;

impl std::fmt::Debug for Instead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instead").field("ends_early", &self.ends_early).finish_non_exhaustive()
    }
}

impl Capture {
    /// Who answers a sender of this bin, if it is not the bin itself.
    ///
    /// # Errors
    /// When too much is being answered by targets.
    pub(super) fn answerer(
        &self,
        bin: &BinState,
        bytes: usize,
        hold: Option<Duration>,
    ) -> Result<Option<Answerer>, Crowded> {
        // Who has a lease answers in the place of everybody else.
        if let Some(lease) = self.0.held.0.leases.of(bin.bin.id) {
            return Ok(self.hold(bin.bin.id, lease.patience, Some(lease.id)).map(Answerer::Hand));
        }
        if let Some(target) = self.target(bin) {
            let Some(ask) = target(bin.bin.id, bytes) else {
                self.0.counters.not_asked.fetch_add(1, Ordering::Relaxed);
                return Err(Crowded);
            };
            return Ok(Some(Answerer::Target(ask, bin.bin.id, hold)));
        }
        Ok(hold.and_then(|hold| self.hold(bin.bin.id, hold, None)).map(Answerer::Hand))
    }
}

/// Too many targets are being waited for.
pub(super) struct Crowded;
