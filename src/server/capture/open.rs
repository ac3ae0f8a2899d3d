//! The open connections of a worker. At the limit, the connection that was idle longest is closed: a client that opens
//! connections and sends nothing must not block others.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};
use std::time::Duration;

use crate::capture::Capture;
use crate::model::Timestamp;

/// A connection idle for less than this is not closed: its sender may be about to send.
const LEAST_IDLE_MS: i64 = 1_000;
/// How often idle connections are looked for at the limit.
const TICK: Duration = Duration::from_millis(500);

/// What is asked of an open connection.
pub(super) trait Member {
    /// Wakes its reader.
    fn wake_reader(&self);

    /// Since when no request is under way.
    fn idle_since(&self) -> Timestamp;

    /// Whether the connection has been idle since then (milliseconds since 1970). An incomplete first head counts as
    /// idle.
    fn is_idle(&self, since: i64) -> bool;

    /// Closes it as when the server stops: the received part of a head is kept.
    fn end(&self);
}

/// The connections of one worker, by their numbers.
pub(super) struct OpenConnections {
    most: usize,
    next: Cell<u64>,
    all: RefCell<HashMap<u64, Weak<dyn Member>>>,
    /// Whether a task is looking for idle connections.
    is_watched: Cell<bool>,
}

/// Without a limit.
impl Default for OpenConnections {
    fn default() -> Self {
        Self::new(usize::MAX)
    }
}

impl OpenConnections {
    pub(super) fn new(most: usize) -> Self {
        Self { most, next: Cell::new(0), all: RefCell::default(), is_watched: Cell::new(false) }
    }

    /// The number of a connection that is about to join.
    pub(super) fn number(&self) -> u64 {
        self.next.replace(self.next.get() + 1)
    }

    /// Adds a connection by its number, and makes room for the next one.
    pub(super) fn join(self: &Rc<Self>, number: u64, connection: Weak<dyn Member>, capture: &Capture) {
        self.all.borrow_mut().insert(number, connection);
        if self.is_full() {
            self.close_idlest(capture);
            // No connection is accepted, and so none joins, until one of these closes.
            if !self.is_watched.replace(true) {
                tokio::task::spawn_local(watch(Rc::clone(self), capture.clone()));
            }
        }
    }

    pub(super) fn leave(&self, number: u64) {
        self.all.borrow_mut().remove(&number);
    }

    /// Wakes the reader of each.
    pub(super) fn wake(&self) {
        for connection in self.all.borrow().values().filter_map(Weak::upgrade) {
            connection.wake_reader();
        }
    }

    fn is_full(&self) -> bool {
        self.all.borrow().len() >= self.most
    }

    fn close_idlest(&self, capture: &Capture) {
        let before = capture.clock().now().as_millis() - LEAST_IDLE_MS;
        let all = self.all.borrow();
        let idle = all.values().filter_map(Weak::upgrade).filter(|other| other.is_idle(before));
        let idlest = idle.min_by_key(|other| other.idle_since());
        drop(all);
        if let Some(idlest) = idlest {
            capture.count_shed();
            idlest.end();
        }
    }
}

/// Closes connections that become idle while the limit is reached.
async fn watch(open: Rc<OpenConnections>, capture: Capture) {
    while open.is_full() {
        tokio::time::sleep(TICK).await;
        if open.is_full() {
            open.close_idlest(&capture);
        }
    }
    open.is_watched.set(false);
}
