//! Cancels reads whose caller has left.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a read is still wanted.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    dropped: Arc<AtomicBool>,
    closed: Arc<AtomicBool>,
}

/// Held by the future that waits for the read: dropping it cancels the read.
#[derive(Debug)]
pub(crate) struct CancelOnDrop(Arc<AtomicBool>);

impl Wanted {
    /// A read that ends when its guard is dropped or the store is `closed`.
    pub(crate) fn new(closed: &Arc<AtomicBool>) -> (Self, CancelOnDrop) {
        let dropped = Arc::<AtomicBool>::default();
        (Self { dropped: Arc::clone(&dropped), closed: Arc::clone(closed) }, CancelOnDrop(dropped))
    }

    /// Whether the caller has left, or the store is being closed.
    pub(crate) fn is_over(&self) -> bool {
        self.dropped.load(Ordering::Relaxed) || self.is_closed()
    }

    /// Whether the store is being closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_is_over_when_its_caller_has_left_or_the_store_is_closed() {
        for (leaves, closes) in [(false, false), (true, false), (false, true), (true, true)] {
            let closed = Arc::new(AtomicBool::new(false));
            let (wanted, guard) = Wanted::new(&closed);
            let guard = (!leaves).then_some(guard);
            closed.store(closes, Ordering::Relaxed);
            assert_eq!((wanted.is_over(), wanted.is_closed()), (leaves || closes, closes), "{leaves} {closes}");
            drop(guard);
        }
    }
}
