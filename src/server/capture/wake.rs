//! The task to be woken when something changes.

use std::cell::RefCell;
use std::task::{Context, Waker};

/// Holds the waker of the task that waits, if one does. A connection has one task, so there is room for one.
#[derive(Debug, Default)]
pub(super) struct WakeSlot(RefCell<Option<Waker>>);

impl WakeSlot {
    /// Remembers the task that is being polled.
    pub(super) fn remember(&self, context: &Context<'_>) {
        let mut slot = self.0.borrow_mut();
        if !slot.as_ref().is_some_and(|known| known.will_wake(context.waker())) {
            *slot = Some(context.waker().clone());
        }
    }

    /// Wakes the task and forgets it.
    pub(super) fn wake(&self) {
        if let Some(waker) = self.0.borrow_mut().take() {
            waker.wake();
        }
    }
}
