//! Requests whose senders wait for the target's answer: the line does not send these.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::model::{BinId, RequestId};

/// Memory for bodies and responses of all answers, in units: both are read again from the store.
const UNITS: u32 = 2_048;
/// The most units for one bin.
const UNITS_OF_BIN: u32 = UNITS / 2;
const UNIT: usize = 64 << 10;
/// Units reserved for a response; few are larger.
const FOR_RESPONSE: u32 = 4;

/// The requests being answered, and the memory for them.
#[derive(Debug)]
pub(crate) struct Asked {
    room: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Per bin: requests with a ticket that are not stored yet.
    coming: HashMap<BinId, usize>,
    /// Units taken per bin.
    taken: HashMap<BinId, u32>,
    begun: HashSet<RequestId>,
}

impl Default for Asked {
    fn default() -> Self {
        Self { room: Arc::new(Semaphore::new(UNITS as usize)), state: Mutex::default() }
    }
}

/// Marks a request as answered by its target, from before it is stored until all its targets have it.
#[derive(Debug)]
pub(crate) struct Ticket {
    asked: Arc<Asked>,
    bin: BinId,
    request: Option<RequestId>,
    units: u32,
    _room: OwnedSemaphorePermit,
}

impl Asked {
    /// A ticket for a request that is not stored yet, with this many bytes of body; `None` when there is no room.
    pub(super) fn ticket(self: &Arc<Self>, bin: BinId, bytes: usize) -> Option<Ticket> {
        // The body is in memory twice while it is read and sent.
        let body = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(UNITS).saturating_mul(2);
        let units = body.saturating_add(FOR_RESPONSE).min(UNITS);
        let mut state = self.state.lock();
        let taken = state.taken.get(&bin).copied().unwrap_or(0);
        // A bin with a slow target must leave room for other bins; one answer of any size is always allowed.
        if taken > 0 && taken.saturating_add(units) > UNITS_OF_BIN {
            return None;
        }
        let room = Arc::clone(&self.room).try_acquire_many_owned(units).ok()?;
        *state.coming.entry(bin).or_default() += 1;
        state.taken.insert(bin, taken.saturating_add(units));
        Some(Ticket { asked: Arc::clone(self), bin, request: None, units, _room: room })
    }

    /// Whether the line must leave the request to the answering task.
    pub(super) fn has(&self, bin: BinId, request: RequestId) -> Has {
        let state = self.state.lock();
        if state.begun.contains(&request) {
            Has::This
        } else if state.coming.contains_key(&bin) {
            Has::Perhaps
        } else {
            Has::Not
        }
    }
}

/// Whether a request is answered by its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Has {
    This,
    /// A ticket of the bin has no request yet: it may be this one. That lasts a moment.
    Perhaps,
    Not,
}

/// The longest time from a request's commit to [`Ticket::begin`].
pub(super) const MOMENT: Duration = Duration::from_secs(2);

impl Ticket {
    /// Called when the request is stored under this id.
    pub(super) fn begin(&mut self, request: RequestId) {
        let mut state = self.asked.state.lock();
        state.begun.insert(request);
        leave(&mut state, self.bin);
        self.request = Some(request);
    }
}

fn leave(state: &mut State, bin: BinId) {
    if let Some(coming) = state.coming.get_mut(&bin) {
        *coming -= 1;
        if *coming == 0 {
            state.coming.remove(&bin);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.asked.state.lock();
        if let Some(taken) = state.taken.get_mut(&self.bin) {
            *taken = taken.saturating_sub(self.units);
            if *taken == 0 {
                state.taken.remove(&self.bin);
            }
        }
        match self.request {
            Some(request) => {
                state.begun.remove(&request);
            }
            None => leave(&mut state, self.bin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn a_request_is_known_from_before_it_is_stored_until_its_ticket_goes_and_the_room_is_bounded() {
        let (asked, bin) = (Arc::new(Asked::default()), BinId::generate());
        let id = RequestId::new(Timestamp::default(), 1, 7);
        assert_eq!(asked.has(bin, id), Has::Not);
        let mut ticket = asked.ticket(bin, 10).unwrap();
        assert_eq!(asked.has(bin, id), Has::Perhaps);
        ticket.begin(id);
        assert_eq!(asked.has(bin, id), Has::This);
        assert_eq!(asked.has(bin, RequestId::new(Timestamp::default(), 1, 8)), Has::Not);
        drop(ticket);
        assert_eq!(asked.has(bin, id), Has::Not);
        let large: Vec<_> = (0..100).map_while(|_| asked.ticket(bin, 10 << 20)).collect();
        assert_eq!(large.len(), 3, "10 MiB twice, in half of 128 MiB");
        let other = BinId::generate();
        let others: Vec<_> = (0..100).map_while(|_| asked.ticket(other, 10 << 20)).collect();
        assert_eq!(others.len(), 3, "another bin has its half");
        drop((large, others));
        assert!(asked.ticket(bin, usize::MAX).is_some(), "one has room whatever its size");
        assert_eq!(asked.has(bin, id), Has::Not);
    }
}
