//! Who may answer a sender in place of the bin: the bin's target, the holder of a lease, or a person at the console.
//!
//! The bin's own response is kept in case none of them answers.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Capture;
use super::bins::Prepared;
use super::hold::Place;
use super::hooks::AskTarget;
use super::outgoing::{Instead, Otherwise};
use crate::model::{BinId, Clock, Timestamp};
use crate::store::{BinState, RequestRef, StoreError, Stored};

/// Who answers, as decided before the request is stored.
pub(super) enum Answerer {
    /// The target; if it gives no answer, the sender is held for an answer by hand for this long.
    Target(AskTarget, BinId, Option<Duration>),
    Hand(Place),
}

impl Answerer {
    /// The end of the wait for an answer by hand that begins now.
    pub(super) fn held_until(&self, clock: &Clock) -> Option<Timestamp> {
        match self {
            Self::Target(..) => None,
            Self::Hand(place) => Some(clock.now().plus(place.patience())),
        }
    }

    /// Asks for the answer to the stored request.
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

impl Capture {
    /// Who answers a sender of this bin; `None` for the bin itself.
    ///
    /// # Errors
    /// When too much is being answered by targets.
    pub(super) fn answerer(
        &self,
        bin: &BinState,
        bytes: usize,
        hold: Option<Duration>,
    ) -> Result<Option<Answerer>, Crowded> {
        // The holder of a lease answers in place of all others.
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
