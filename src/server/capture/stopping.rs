//! How a worker's connections learn that the server stops.
//!
//! The HTTP service could ask the server's signal itself, but it would ask whenever a connection is polled: several
//! times per request, under a lock that all workers share. Here one task per worker waits for the signal and wakes the
//! connections.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};

use actix_server::GracefulShutdownSignal;
use tokio::sync::Notify;

use super::wake::WakeSlot;

/// Whether the server stops, for the connections of one worker.
#[derive(Default)]
pub(super) struct Stopping {
    begun: Cell<bool>,
    beginning: Notify,
    /// The readers of the open connections, by their numbers.
    readers: RefCell<HashMap<u64, Weak<WakeSlot>>>,
    next: Cell<u64>,
}

impl Stopping {
    /// Watches the signal. To be called on the worker's thread.
    pub(super) fn watch(signal: GracefulShutdownSignal) -> Rc<Self> {
        let stopping = Rc::new(Self::default());
        let also = Rc::clone(&stopping);
        tokio::task::spawn_local(async move {
            signal.notified().await;
            also.begin();
        });
        stopping
    }

    /// Whether no further request is taken.
    pub(super) fn has_begun(&self) -> bool {
        self.begun.get()
    }

    /// Ready when it has begun.
    pub(super) async fn begun(&self) {
        // On one thread nothing can come between the look and the wait.
        if !self.begun.get() {
            self.beginning.notified().await;
        }
    }

    /// Has the reader of a connection woken when it begins; the number to leave with.
    pub(super) fn join(&self, reader: &Rc<WakeSlot>) -> u64 {
        let number = self.next.replace(self.next.get() + 1);
        self.readers.borrow_mut().insert(number, Rc::downgrade(reader));
        number
    }

    /// Forgets a connection.
    pub(super) fn leave(&self, number: u64) {
        self.readers.borrow_mut().remove(&number);
    }

    pub(super) fn begin(&self) {
        self.begun.set(true);
        self.beginning.notify_waiters();
        for reader in self.readers.borrow().values().filter_map(Weak::upgrade) {
            reader.wake();
        }
    }
}
