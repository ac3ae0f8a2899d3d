//! Tells a worker's connections that the server stops.
//!
//! The HTTP service could check the server's signal itself, but at every poll of a connection: several times per
//! request, under a lock shared by all workers. Instead, one task per worker waits for the signal and wakes the
//! connections.

use std::cell::Cell;
use std::rc::Rc;

use actix_server::GracefulShutdownSignal;
use tokio::sync::Notify;

use super::open::OpenConnections;

/// Whether the server stops, for the connections of one worker.
#[derive(Default)]
pub(super) struct Stopping {
    begun: Cell<bool>,
    beginning: Notify,
    /// The connections that are woken then.
    pub(super) open: Rc<OpenConnections>,
}

impl Stopping {
    /// Watches the signal. To be called on the worker's thread, which has `most` connections open at a time.
    pub(super) fn watch(signal: GracefulShutdownSignal, most: usize) -> Rc<Self> {
        let stopping = Rc::new(Self { open: Rc::new(OpenConnections::new(most)), ..Self::default() });
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
        // On one thread nothing can happen between the check and the wait.
        if !self.begun.get() {
            self.beginning.notified().await;
        }
    }

    pub(super) fn begin(&self) {
        self.begun.set(true);
        self.beginning.notify_waiters();
        self.open.wake();
    }
}
