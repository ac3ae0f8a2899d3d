//! Bins, their secrets and counts, held in memory: loaded at the start, replaced after each commit that touched them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};
use rustc_hash::FxHashMap;
use tokio::sync::mpsc::UnboundedSender;

use super::effects::{BinEffect, Delta};
use super::values::{signed, unsigned};
use crate::model::{Bin, BinCounts, BinId, Seq, Timestamp};
use crate::store::types::{BinState, BinUpdate, VerdictStatus};

/// All bins, in memory: look-ups never wait for the database.
#[derive(Debug, Default)]
pub(crate) struct Bins {
    inner: RwLock<Inner>,
    versions: AtomicU64,
    /// Grows after every change of the set of bins or of a bin's settings. Caches of bins are valid while it is
    /// unchanged.
    generation: AtomicU64,
    /// Bytes of requests that are not pinned, over all bins.
    evictable: AtomicI64,
    /// Receives changed bins. Unbounded, because the writer cannot wait: each entry is one committed change of a bin's
    /// settings, and the receiver only starts work with it.
    updates: Mutex<Option<UnboundedSender<BinUpdate>>>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Read several times per request; [`super::effects::Effects`] says why a cheap hash is enough.
    bins: FxHashMap<BinId, Entry>,
    names: HashMap<String, BinId>,
    keys: HashMap<i64, BinId>,
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: i64,
    pub(crate) state: Arc<BinState>,
    pub(crate) holds: Arc<Holds>,
}

/// What a bin holds, as of the last commit.
#[derive(Debug, Default)]
pub(crate) struct Holds {
    pub(crate) tally: Mutex<Tally>,
    pub(crate) verdicts: Mutex<LatestVerdicts>,
}

/// The verdicts of a bin's newest requests, as they were last read.
#[derive(Debug, Default)]
pub(crate) struct LatestVerdicts {
    /// The tally's `commits` when they were read; `None` when they never were.
    pub(crate) as_of: Option<u64>,
    pub(crate) verdicts: Arc<[VerdictStatus]>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) counts: BinCounts,
    /// Pinned requests; limits do not count them.
    pub(crate) pinned: u64,
    /// Bytes of the pinned requests, with their attempts.
    pub(crate) pinned_bytes: u64,
    /// When the newest request arrived.
    pub(crate) last_request_at: Option<Timestamp>,
    /// Every request up to this cursor is pinned or deleted; the next eviction starts here.
    pub(crate) floor: Seq,
    /// Commits since the start that touched the bin.
    pub(crate) commits: u64,
}

impl Tally {
    fn evictable(&self) -> i64 {
        signed(self.counts.bytes) - signed(self.pinned_bytes)
    }

    pub(crate) fn apply(&mut self, delta: &Delta) {
        let counts = &mut self.counts;
        counts.requests = counts.requests.saturating_add_signed(delta.requests);
        counts.unread = counts.unread.saturating_add_signed(delta.unread);
        counts.bytes = counts.bytes.saturating_add_signed(delta.bytes);
        counts.evicted = counts.evicted.saturating_add_signed(delta.evicted);
        counts.rejected = counts.rejected.saturating_add_signed(delta.rejected);
        self.pinned = self.pinned.saturating_add_signed(delta.pinned);
        self.pinned_bytes = self.pinned_bytes.saturating_add_signed(delta.pinned_bytes);
        self.last_request_at = delta.last_request_at.or(self.last_request_at);
        self.floor = delta.floor.unwrap_or(self.floor);
        self.commits += 1;
    }
}

impl Bins {
    /// The bin of that id or name.
    pub(crate) fn find(&self, reference: &str) -> Option<Arc<BinState>> {
        let inner = self.inner.read();
        let id = match reference.parse::<BinId>() {
            Ok(id) => id,
            Err(_) => *inner.names.get(reference)?,
        };
        inner.bins.get(&id).map(|entry| Arc::clone(&entry.state))
    }

    pub(crate) fn entry(&self, bin: BinId) -> Option<Entry> {
        self.inner.read().bins.get(&bin).cloned()
    }

    pub(crate) fn by_key(&self, key: i64) -> Option<BinId> {
        self.inner.read().keys.get(&key).copied()
    }

    pub(crate) fn key(&self, bin: BinId) -> Option<i64> {
        self.inner.read().bins.get(&bin).map(|entry| entry.key)
    }

    pub(crate) fn tally(&self, bin: BinId) -> Option<Tally> {
        self.inner.read().bins.get(&bin).map(|entry| *entry.holds.tally.lock())
    }

    pub(crate) fn count_all(&self) -> usize {
        self.inner.read().bins.len()
    }

    /// Every bin, oldest first.
    pub(crate) fn all(&self) -> Vec<Entry> {
        let mut all: Vec<Entry> = self.inner.read().bins.values().cloned().collect();
        all.sort_unstable_by_key(|entry| entry.key);
        all
    }

    /// Bytes that retention may remove.
    pub(crate) fn evictable_bytes(&self) -> u64 {
        unsigned(self.evictable.load(Ordering::Relaxed))
    }

    /// Counts a commit that touched the bin.
    pub(crate) fn count(&self, entry: &Entry, delta: &Delta) {
        entry.holds.tally.lock().apply(delta);
        self.evictable.fetch_add(delta.bytes - delta.pinned_bytes, Ordering::Relaxed);
    }

    pub(crate) fn apply(&self, effects: Vec<BinEffect>) {
        for effect in effects {
            match effect {
                BinEffect::Set { key, bin } => self.set(key, *bin, Tally::default()),
                BinEffect::Removed(id) => self.remove(id),
            }
        }
    }

    /// Adds a bin that was read from the database.
    pub(crate) fn add(&self, key: i64, bin: Bin, tally: Tally) {
        self.evictable.fetch_add(tally.evictable(), Ordering::Relaxed);
        self.set(key, bin, tally);
    }

    /// Adds or replaces a bin; a replaced bin keeps its counts.
    fn set(&self, key: i64, bin: Bin, tally: Tally) {
        let version = self.versions.fetch_add(1, Ordering::Relaxed);
        let id = bin.id;
        let name = bin.settings.name.as_ref().map(ToString::to_string);
        let state = Arc::new(BinState { bin, version });
        let mut inner = self.inner.write();
        let old = inner.bins.remove(&id);
        if let Some(old_name) = old.as_ref().and_then(|old| old.state.bin.settings.name.as_ref()) {
            inner.names.remove(old_name.as_str());
        }
        let before = old.as_ref().map(|old| Arc::clone(&old.state));
        let holds =
            old.map_or_else(|| Arc::new(Holds { tally: Mutex::new(tally), ..Holds::default() }), |old| old.holds);
        if let Some(name) = name {
            inner.names.insert(name, id);
        }
        inner.keys.insert(key, id);
        inner.bins.insert(id, Entry { key, state: Arc::clone(&state), holds });
        drop(inner);
        self.generation.fetch_add(1, Ordering::Release);
        if let (Some(before), Some(updates)) = (before, &*self.updates.lock()) {
            // The receiver may be gone: the server is stopping.
            let _ = updates.send(BinUpdate { before, after: state });
        }
    }

    /// Sends every later change of a bin to this receiver, which replaces an earlier one.
    pub(crate) fn send_updates_to(&self, updates: UnboundedSender<BinUpdate>) {
        *self.updates.lock() = Some(updates);
    }

    fn remove(&self, id: BinId) {
        let mut inner = self.inner.write();
        if let Some(old) = inner.bins.remove(&id) {
            inner.keys.remove(&old.key);
            self.evictable.fetch_sub(old.holds.tally.lock().evictable(), Ordering::Relaxed);
            if let Some(name) = &old.state.bin.settings.name {
                inner.names.remove(name.as_str());
            }
        }
        drop(inner);
        // Last, so that a reader of the new generation finds the new state.
        self.generation.fetch_add(1, Ordering::Release);
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }
}
