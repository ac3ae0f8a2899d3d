//! Leases: a connected client answers the senders of a bin.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use super::Capture;
use crate::model::BinId;

#[derive(Debug, Clone, Copy)]
pub(super) struct Lease {
    /// Its unique number.
    pub(super) id: u64,
    /// How long a sender waits for its holder.
    pub(super) patience: Duration,
}

/// At most one for each bin.
#[derive(Debug, Default)]
pub(super) struct Leases {
    /// How many leases exist: read for every captured request.
    count: AtomicUsize,
    next: AtomicU64,
    of: Mutex<HashMap<BinId, Lease>>,
}

impl Leases {
    pub(super) fn of(&self, bin: BinId) -> Option<Lease> {
        if self.count.load(Ordering::Acquire) == 0 {
            return None;
        }
        self.of.lock().get(&bin).copied()
    }

    /// Whether that lease is still held.
    pub(super) fn is_held(&self, id: u64) -> bool {
        self.of.lock().values().any(|lease| lease.id == id)
    }

    fn begin(&self, bin: BinId, patience: Duration) -> Option<u64> {
        let mut of = self.of.lock();
        if of.contains_key(&bin) {
            return None;
        }
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        of.insert(bin, Lease { id, patience });
        self.count.store(of.len(), Ordering::Release);
        Some(id)
    }

    fn end(&self, bin: BinId) {
        let mut of = self.of.lock();
        of.remove(&bin);
        self.count.store(of.len(), Ordering::Release);
    }
}

/// A held lease; dropping it ends the lease.
pub(crate) struct Leased {
    capture: Capture,
    bin: BinId,
    id: u64,
}

impl Drop for Leased {
    fn drop(&mut self) {
        let held = &self.capture.0.held.0;
        held.leases.end(self.bin);
        held.let_go(self.id);
    }
}

impl Capture {
    /// Takes the lease of a bin: its holder answers all later senders, each within `patience`. `None` when the bin has
    /// another lease.
    #[must_use]
    pub(crate) fn lease(&self, bin: BinId, patience: Duration) -> Option<Leased> {
        let id = self.0.held.0.leases.begin(bin, patience)?;
        Some(Leased { capture: self.clone(), bin, id })
    }
}
