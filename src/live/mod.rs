//! The hub: hands committed changes to live subscribers. Bounded, ordered, resumable by cursor. A slow subscriber never
//! delays others; it is told what it missed.
//!
//! The store's writer puts changes into an inbox and continues. The hub's thread empties it: at once when it was idle,
//! every `BATCH_EVERY` under load. Each event is serialised once, and each batch is encoded once, as WebSocket frames
//! that every subscriber's connection writes as they are.

mod batch;
mod subscription;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::Waker;
use std::time::Duration;

use parking_lot::{Condvar, Mutex, RwLock};
use tokio::sync::Semaphore;

use crate::model::filter::Filter;
use crate::model::{BinId, Change, ChangeKind, Seq};
use crate::store::CommitListener;

pub(crate) use batch::{Batch, text_frame};
pub(crate) use subscription::{Delivery, Subscription};

/// Under load, batches go out this often: a wake-up and a write per subscriber and batch rather than per event. 20 ms
/// are too short to notice.
const BATCH_EVERY: Duration = Duration::from_millis(20);
/// The same with many subscribers: fewer wake-ups and writes matter more there than 10 ms do.
const BATCH_EVERY_WITH_MANY: Duration = Duration::from_millis(30);
/// From this many subscribers on, the longer interval applies.
const MANY_SUBSCRIBERS: usize = 256;
/// Batches that a channel keeps for slow subscribers: more than a second at full rate.
const RING_BATCHES: usize = 64;
/// Bytes that a channel keeps.
const RING_BYTES: usize = 4 << 20;
/// Bytes of all channels. Above it, each channel keeps only [`RING_BYTES_UNDER_PRESSURE`].
const ALL_RINGS_BYTES: usize = 48 << 20;
/// Bytes that a channel keeps when all channels together hold too much.
const RING_BYTES_UNDER_PRESSURE: usize = 256 << 10;
/// Bytes per batch. More events make several batches, so that dropping the oldest loses little.
const BATCH_BYTES: usize = 256 << 10;
/// Bytes of captured requests that may wait in the inbox. They hold bodies, which are dropped when the events are
/// encoded.
const INBOX_BYTES: usize = 32 << 20;
/// Changes that may wait in the inbox.
const INBOX_CHANGES: usize = 65_536;
/// Bytes of encoded pages that all subscribers together may hold while they catch up.
const CATCH_UP_BYTES: usize = 48 << 20;
/// Subscribers in all. Each costs a connection and about 64 KiB.
pub(crate) const MAX_SUBSCRIBERS: usize = 8_192;
/// Different filters per bin: each costs time for every captured request.
pub(crate) const MAX_FILTERS_PER_BIN: usize = 64;

/// Why a subscription failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SubscribeError {
    /// The server's limit on subscribers, of all bins together, is reached.
    #[error("there are too many live subscribers already ({MAX_SUBSCRIBERS})")]
    TooManySubscribers,
    /// Too many different filters on one bin.
    #[error("there are too many different live filters on this bin already ({MAX_FILTERS_PER_BIN})")]
    TooManyFilters,
    /// The server is shutting down.
    #[error("shutting down")]
    Closed,
}

/// Figures for the metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct HubStats {
    pub subscribers: usize,
    /// Events published since the start.
    pub published: u64,
    /// How often a subscriber was told that it had missed events.
    pub lagged: u64,
    /// Changes dropped because the hub itself could not keep up; their subscribers were told.
    pub dropped: u64,
}

/// The handle. Cheap to clone. Dropping the last clone ends the hub's thread and every subscription.
#[derive(Clone)]
pub(crate) struct Hub {
    inner: Arc<Inner>,
    _stop: Arc<StopOnDrop>,
}

struct StopOnDrop(Arc<Inner>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[derive(Default)]
struct Inner {
    channels: RwLock<HashMap<BinId, Vec<Arc<Channel>>>>,
    subscribers: AtomicUsize,
    ring_bytes: AtomicUsize,
    inbox: Mutex<Inbox>,
    filled: Condvar,
    catching_up: Room,
    published: AtomicU64,
    lagged: AtomicU64,
    dropped: AtomicU64,
}

/// The free part of [`CATCH_UP_BYTES`], one permit per KiB.
struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(CATCH_UP_BYTES >> 10)))
    }
}

/// Committed changes that are not published yet.
#[derive(Default)]
struct Inbox {
    changes: Vec<Change>,
    bytes: usize,
    /// Per bin the newest change that did not fit.
    lost: HashMap<BinId, Seq>,
    /// Per bin the newest change that was not built and must be read from the store.
    unbuilt: HashMap<BinId, Seq>,
    waiting: bool,
    closed: bool,
}

/// The subscribers of a bin that see the same events: all events, or those that pass a filter.
struct Channel {
    bin: BinId,
    filter: Option<(String, Filter)>,
    ring: Mutex<Ring>,
}

/// A slot of a ring.
#[derive(Clone)]
enum Slot {
    /// Events.
    Batch(Arc<Batch>),
    /// Events up to this cursor are in the store only: a subscriber that gets here reads them there.
    Hole(Seq),
    /// Events up to this cursor did not fit into the inbox. They are in the store too, but if every subscriber read
    /// them there, that would add load to an overloaded server.
    Lost(Seq),
}

impl Slot {
    fn len(&self) -> usize {
        match self {
            Self::Batch(batch) => batch.len(),
            Self::Hole(_) | Self::Lost(_) => 0,
        }
    }

    fn last_seq(&self) -> Seq {
        match self {
            Self::Batch(batch) => batch.last_seq(),
            Self::Hole(through) | Self::Lost(through) => *through,
        }
    }
}

#[derive(Default)]
struct Ring {
    slots: VecDeque<Slot>,
    /// The number of the oldest slot; numbers only grow.
    base: u64,
    bytes: usize,
    /// The newest `seq` that was dropped from the ring.
    floor: Seq,
    wakers: Vec<Option<Waker>>,
    free: Vec<usize>,
    subscribers: usize,
    ended: bool,
}

impl Ring {
    fn end(&self) -> u64 {
        self.base + self.slots.len() as u64
    }

    fn take_wakers(&mut self) -> Vec<Waker> {
        self.wakers.iter_mut().filter_map(Option::take).collect()
    }
}

impl Hub {
    /// Starts the hub's thread; fails when the system gives none.
    pub(crate) fn start() -> std::io::Result<Self> {
        let inner = Arc::new(Inner::default());
        let worker = Arc::clone(&inner);
        std::thread::Builder::new().name("creel-live".into()).spawn(move || worker.run())?;
        Ok(Self { _stop: Arc::new(StopOnDrop(Arc::clone(&inner))), inner })
    }

    /// Subscribes to a bin's later changes, optionally only those that pass a filter (given with its text). Changes
    /// other than requests pass every filter.
    pub(crate) fn subscribe(
        &self,
        bin: BinId,
        filter: Option<(String, Filter)>,
    ) -> Result<Subscription, SubscribeError> {
        let filter = filter.filter(|(_, filter)| !filter.is_empty());
        let mut channels = self.inner.channels.write();
        // Under the lock that `close` takes, so that no subscriber joins after the end.
        if self.inner.inbox.lock().closed {
            return Err(SubscribeError::Closed);
        }
        if self.inner.subscribers.load(Ordering::Relaxed) >= MAX_SUBSCRIBERS {
            return Err(SubscribeError::TooManySubscribers);
        }
        let of_bin = channels.entry(bin).or_default();
        let text = filter.as_ref().map(|(text, _)| text.as_str());
        let found = of_bin.iter().find(|channel| channel.filter.as_ref().map(|(text, _)| text.as_str()) == text);
        let channel = match found {
            Some(channel) => Arc::clone(channel),
            None if of_bin.len() > MAX_FILTERS_PER_BIN => return Err(SubscribeError::TooManyFilters),
            None => {
                let channel = Arc::new(Channel { bin, filter, ring: Mutex::default() });
                of_bin.push(Arc::clone(&channel));
                channel
            }
        };
        self.inner.subscribers.fetch_add(1, Ordering::Relaxed);
        Ok(Subscription::new(Arc::clone(&self.inner), channel))
    }

    /// Figures for the metrics.
    #[must_use]
    pub(crate) fn stats(&self) -> HubStats {
        HubStats {
            subscribers: self.inner.subscribers.load(Ordering::Relaxed),
            published: self.inner.published.load(Ordering::Relaxed),
            lagged: self.inner.lagged.load(Ordering::Relaxed),
            dropped: self.inner.dropped.load(Ordering::Relaxed),
        }
    }

    /// Ends every subscription and the hub's thread. Part of an orderly shutdown.
    pub(crate) fn close(&self) {
        self.inner.close();
    }
}

impl CommitListener for Hub {
    fn wants(&self, bin: BinId) -> bool {
        self.inner.subscribers.load(Ordering::Relaxed) > 0 && self.inner.channels.read().contains_key(&bin)
    }

    fn committed(&self, changes: Vec<Change>) {
        if changes.is_empty() {
            return;
        }
        let mut inbox = self.inner.inbox.lock();
        for change in changes {
            let cost = cost(&change);
            // An empty inbox accepts a change of any size; otherwise a large one could never be published.
            let fits = inbox.changes.len() < INBOX_CHANGES && inbox.bytes + cost <= INBOX_BYTES;
            if (fits || inbox.changes.is_empty()) && !inbox.lost.contains_key(&change.bin) {
                inbox.bytes += cost;
                inbox.changes.push(change);
            } else {
                self.inner.dropped.fetch_add(1, Ordering::Relaxed);
                let through = inbox.lost.entry(change.bin).or_default();
                *through = change.seq.max(*through);
            }
        }
        self.inner.wake(&mut inbox);
    }

    fn unbuilt(&self, bin: BinId, through: Seq) {
        let mut inbox = self.inner.inbox.lock();
        inbox.unbuilt.insert(bin, through);
        self.inner.wake(&mut inbox);
    }
}

/// Roughly the memory that a waiting change holds.
fn cost(change: &Change) -> usize {
    match &change.what {
        ChangeKind::Request(request) => request.body.len() + request.head.raw().len() + 512,
        ChangeKind::Attempt(attempt) => {
            let response = attempt.delivered.response.as_ref();
            attempt.delivered.sent_head.len()
                + response.map_or(0, |response| response.head.len() + response.body.len())
                + 512
        }
        ChangeKind::Changed(_) => 1_024,
        ChangeKind::Deleted { .. }
        | ChangeKind::Cleared { .. }
        | ChangeKind::Evicted { .. }
        | ChangeKind::Marked { .. }
        | ChangeKind::Verdict { .. }
        | ChangeKind::Progress { .. }
        | ChangeKind::Job(_)
        | ChangeKind::Bin
        | ChangeKind::BinDeleted => 256,
    }
}

impl Inner {
    fn wake(&self, inbox: &mut Inbox) {
        if std::mem::take(&mut inbox.waiting) {
            self.filled.notify_one();
        }
    }

    fn run(&self) {
        loop {
            let (changes, lost, unbuilt) = {
                let mut inbox = self.inbox.lock();
                while inbox.changes.is_empty() && inbox.lost.is_empty() && inbox.unbuilt.is_empty() && !inbox.closed {
                    inbox.waiting = true;
                    self.filled.wait(&mut inbox);
                }
                if inbox.closed {
                    return;
                }
                inbox.bytes = 0;
                let unbuilt = std::mem::take(&mut inbox.unbuilt);
                (std::mem::take(&mut inbox.changes), std::mem::take(&mut inbox.lost), unbuilt)
            };
            // The inbox is unlocked by now: `subscribe` holds the channels while it locks the inbox. Holes go before
            // the changes: a subscriber that has read the store past them skips them later.
            for (bin, through) in unbuilt {
                for channel in self.channels_of(bin) {
                    self.push(&channel, vec![Slot::Hole(through)], false);
                }
            }
            self.publish(changes, lost);
            let many = self.subscribers.load(Ordering::Relaxed) > MANY_SUBSCRIBERS;
            // The first event went out at once; events that arrive during this sleep share a batch.
            std::thread::sleep(if many { BATCH_EVERY_WITH_MANY } else { BATCH_EVERY });
        }
    }

    fn channels_of(&self, bin: BinId) -> Vec<Arc<Channel>> {
        self.channels.read().get(&bin).cloned().unwrap_or_default()
    }

    fn publish(&self, changes: Vec<Change>, lost: HashMap<BinId, Seq>) {
        let mut by_bin: HashMap<BinId, Vec<Change>> = HashMap::new();
        for change in changes {
            by_bin.entry(change.bin).or_default().push(change);
        }
        for (bin, changes) in by_bin {
            let channels = self.channels_of(bin);
            if channels.is_empty() {
                continue;
            }
            self.published.fetch_add(changes.len() as u64, Ordering::Relaxed);
            let events = batch::Encoded::new(&changes, usize::MAX);
            let gone = changes.iter().any(|change| matches!(change.what, ChangeKind::BinDeleted));
            for channel in channels {
                let passes = |index: usize| channel.lets_through(&changes[index]);
                let batches = events.batches(passes, BATCH_BYTES).into_iter().map(|batch| Slot::Batch(Arc::new(batch)));
                self.push(&channel, batches.collect(), gone);
            }
        }
        // Lost changes come after kept ones: once the inbox has dropped a bin's change, it takes no more of that bin.
        for (bin, through) in lost {
            for channel in self.channels_of(bin) {
                self.push(&channel, vec![Slot::Lost(through)], false);
            }
        }
    }

    /// Adds slots to a channel, drops those beyond its bounds, wakes its subscribers.
    fn push(&self, channel: &Channel, slots: Vec<Slot>, ended: bool) {
        if slots.is_empty() && !ended {
            return;
        }
        let bound = if self.ring_bytes.load(Ordering::Relaxed) > ALL_RINGS_BYTES {
            RING_BYTES_UNDER_PRESSURE
        } else {
            RING_BYTES
        };
        let mut ring = channel.ring.lock();
        for slot in slots {
            self.ring_bytes.fetch_add(slot.len(), Ordering::Relaxed);
            ring.bytes += slot.len();
            ring.slots.push_back(slot);
        }
        while ring.slots.len() > RING_BATCHES || (ring.bytes > bound && ring.slots.len() > 1) {
            self.drop_oldest(&mut ring);
        }
        ring.ended |= ended;
        let wakers = ring.take_wakers();
        drop(ring);
        wakers.into_iter().for_each(Waker::wake);
    }

    fn drop_oldest(&self, ring: &mut Ring) {
        if let Some(slot) = ring.slots.pop_front() {
            ring.base += 1;
            ring.bytes -= slot.len();
            ring.floor = ring.floor.max(slot.last_seq());
            self.ring_bytes.fetch_sub(slot.len(), Ordering::Relaxed);
        }
    }

    fn close(&self) {
        let channels = self.channels.write();
        self.inbox.lock().closed = true;
        self.filled.notify_all();
        for channel in channels.values().flatten() {
            let mut ring = channel.ring.lock();
            ring.ended = true;
            let wakers = ring.take_wakers();
            drop(ring);
            wakers.into_iter().for_each(Waker::wake);
        }
    }

    /// Removes a subscriber; with its last subscriber, the channel is removed.
    fn left(&self, channel: &Arc<Channel>, slot: usize) {
        let mut channels = self.channels.write();
        self.subscribers.fetch_sub(1, Ordering::Relaxed);
        let mut ring = channel.ring.lock();
        ring.wakers[slot] = None;
        ring.free.push(slot);
        ring.subscribers -= 1;
        if ring.subscribers > 0 {
            return;
        }
        while !ring.slots.is_empty() {
            self.drop_oldest(&mut ring);
        }
        if let Some(of_bin) = channels.get_mut(&channel.bin) {
            of_bin.retain(|other| !Arc::ptr_eq(other, channel));
            if of_bin.is_empty() {
                channels.remove(&channel.bin);
            }
        }
    }
}

impl Channel {
    fn lets_through(&self, change: &Change) -> bool {
        match (&self.filter, &change.what) {
            (Some((_, filter)), ChangeKind::Request(request)) => filter.matches(request),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests;
