//! One subscriber: first it reads what it missed from the store, then new events from its channel's ring.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::OwnedSemaphorePermit;

use super::batch::Encoded;
use super::{BATCH_BYTES, Batch, Channel, Inner, Slot};
use crate::model::{ChangeKind, Seq};
use crate::store::{Store, StoreError};

/// Changes per page while catching up.
const CATCH_UP_PAGE: usize = 256;
/// Encoded bytes of such a page; a single event may be longer.
const PAGE_BYTES: usize = 512 << 10;
/// KiB of [`super::CATCH_UP_BYTES`] reserved while a page is read: unencoded, it is several times as large.
const READ_ROOM: u32 = 12 << 10;
/// How long a subscriber waits for that room, which others that do not read may hold. After this it is told what it
/// missed.
const ROOM_PATIENCE: Duration = Duration::from_secs(5);

/// The next item of a subscription.
#[derive(Debug)]
pub(crate) enum Delivery {
    Events(Events),
    /// The events with `from < seq <= to` did not reach the subscriber.
    Lagged {
        /// The last cursor that was delivered.
        from: Seq,
        /// The last cursor that was missed; the stream continues after it.
        to: Seq,
    },
}

/// A part of a batch, sharing its memory.
#[derive(Debug)]
pub(crate) struct Events {
    batch: Arc<Batch>,
    from: usize,
}

impl Events {
    /// As WebSocket text frames.
    #[must_use]
    pub(crate) fn frames(&self) -> Bytes {
        self.batch.frames_from(self.from)
    }

    /// As server-sent events.
    #[must_use]
    pub(crate) fn sse(&self) -> Bytes {
        self.batch.sse_from(self.from)
    }

    /// Cursor, type and JSON of each.
    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Seq, &'static str, &[u8])> {
        self.batch.events_from(self.from)
    }
}

/// A page of missed changes, encoded.
struct Page {
    batches: std::vec::IntoIter<Batch>,
    /// Its last cursor; `None` when nothing was missed.
    last: Option<Seq>,
    /// The bin is gone.
    gone: bool,
    /// Held as long as the page exists.
    _room: OwnedSemaphorePermit,
}

/// `None` when there was no room to read it.
type PageRead = Pin<Box<dyn Future<Output = Result<Option<Page>, StoreError>> + Send>>;

/// Reads and encodes a page, when there is room for it.
async fn read_page(
    inner: Arc<Inner>,
    channel: Arc<Channel>,
    store: Store,
    after: Seq,
) -> Result<Option<Page>, StoreError> {
    let room = Arc::clone(&inner.catching_up.0).acquire_many_owned(READ_ROOM);
    let Ok(Ok(mut room)) = tokio::time::timeout(ROOM_PATIENCE, room).await else { return Ok(None) };
    let changes = store.changes_after(channel.bin, after, CATCH_UP_PAGE).await?;
    let encoded = Encoded::new(&changes, PAGE_BYTES);
    let changes = &changes[..encoded.count()];
    let batches = encoded.batches(|index| channel.lets_through(&changes[index]), BATCH_BYTES);
    // Frames, and the same as server-sent events.
    let held = batches.iter().map(Batch::len).sum::<usize>().saturating_mul(2) >> 10;
    drop(room.split(room.num_permits().saturating_sub(held.max(1))));
    Ok(Some(Page {
        batches: batches.into_iter(),
        last: changes.iter().map(|change| change.seq).max(),
        gone: changes.iter().any(|change| matches!(change.what, ChangeKind::BinDeleted)),
        _room: room,
    }))
}

enum Phase {
    /// Reads missed changes from the store. The ring fills meanwhile; changes that it cannot hold are read from the
    /// store too.
    CatchUp(Option<PageRead>),
    Live,
    Over,
}

/// A stream of [`Delivery`]. Ends when the bin is deleted, the server stops, or the store no longer has the missed
/// changes.
pub(crate) struct Subscription {
    inner: Arc<Inner>,
    channel: Arc<Channel>,
    slot: usize,
    /// The number of the next batch in the ring.
    next: u64,
    /// Everything up to here was delivered.
    last: Seq,
    phase: Phase,
    /// Where to read missed changes; without it, the subscriber is only told of them.
    store: Option<Store>,
    /// The bin existed after this subscription joined its channel: its deletion will be announced there.
    end_is_announced: bool,
    /// A page that was read and not handed out yet.
    page: Option<Page>,
}

impl Subscription {
    /// Joins the channel. The caller holds the lock on the channels.
    pub(super) fn new(inner: Arc<Inner>, channel: Arc<Channel>) -> Self {
        let mut ring = channel.ring.lock();
        ring.subscribers += 1;
        let slot = ring.free.pop().unwrap_or_else(|| {
            ring.wakers.push(None);
            ring.wakers.len() - 1
        });
        let next = ring.end();
        let last = ring.floor;
        drop(ring);
        Self { inner, channel, slot, next, last, phase: Phase::Live, store: None, end_is_announced: false, page: None }
    }

    /// Starts the stream after the cursor: first changes from the store, then new ones, without a gap or a repeat.
    #[must_use]
    pub(crate) fn resume(mut self, store: Store, after: Seq) -> Self {
        self.last = after;
        self.end_is_announced = store.bin(&self.channel.bin.to_string()).is_some();
        self.store = Some(store);
        self.phase = Phase::CatchUp(None);
        self
    }

    /// Polls the pages of the store. `Ready(None)` when it has caught up or nothing more can come; the phase says
    /// which.
    fn poll_catch_up(&mut self, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        loop {
            if let Some(batch) = self.page.as_mut().and_then(|page| page.batches.next()) {
                return Poll::Ready(Some(Delivery::Events(Events { batch: Arc::new(batch), from: 0 })));
            }
            self.page = None;
            let (Phase::CatchUp(read), Some(store)) = (&mut self.phase, &self.store) else {
                return Poll::Ready(None);
            };
            let page = if let Some(page) = read {
                page
            } else {
                let head = store.head_seq();
                if self.last > head {
                    // The cursor is of another (or a replaced) database: no change above it would ever come.
                    let from = std::mem::replace(&mut self.last, head);
                    return Poll::Ready(Some(self.lag(from, head)));
                }
                // In its own task, so that the reading connection is returned even while this stream is not polled
                // because its client does not read.
                let (inner, channel) = (Arc::clone(&self.inner), Arc::clone(&self.channel));
                let reading = tokio::spawn(read_page(inner, channel, store.clone(), self.last));
                read.insert(Box::pin(async move { reading.await.unwrap_or(Err(StoreError::Closed)) }))
            };
            let Poll::Ready(result) = page.as_mut().poll(cx) else {
                return Poll::Pending;
            };
            *read = None;
            match result {
                Ok(Some(Page { last: None, .. })) => {
                    let mut ring = self.channel.ring.lock();
                    if self.next >= ring.base {
                        drop(ring);
                        self.phase = Phase::Live;
                        return Poll::Ready(None);
                    }
                    // The ring overflowed while the store was read. The dropped changes are committed: read on.
                    self.next = ring.end();
                    ring.wakers[self.slot] = None;
                }
                Ok(Some(page)) => {
                    self.last = page.last.unwrap_or_default().max(self.last);
                    if page.gone {
                        self.phase = Phase::Over;
                    }
                    self.page = Some(page);
                }
                Ok(None) => {
                    let head = store.head_seq();
                    let from = std::mem::replace(&mut self.last, head);
                    self.phase = Phase::Live;
                    return Poll::Ready(Some(self.lag(from, head)));
                }
                Err(StoreError::CursorGone) => {
                    let head = store.head_seq();
                    let from = std::mem::replace(&mut self.last, head);
                    return Poll::Ready(Some(self.lag(from, head)));
                }
                // The bin was deleted meanwhile: the channel has its last changes, or will get them.
                Err(StoreError::NotFound(_)) if self.end_is_announced => self.phase = Phase::Live,
                Err(error) => {
                    tracing::warn!(%error, "a live stream ends: what it missed cannot be read");
                    self.phase = Phase::Over;
                }
            }
        }
    }

    fn poll_live(&mut self, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        let channel = Arc::clone(&self.channel);
        let mut ring = channel.ring.lock();
        if self.next < ring.base {
            self.next = ring.base;
            let floor = ring.floor;
            if floor > self.last {
                drop(ring);
                let from = std::mem::replace(&mut self.last, floor);
                return Poll::Ready(Some(self.lag(from, floor)));
            }
        }
        while let Some(slot) = usize::try_from(self.next - ring.base).ok().and_then(|index| ring.slots.get(index)) {
            self.next += 1;
            match slot {
                Slot::Batch(batch) => {
                    let from = batch.first_after(self.last);
                    if from < batch.count() {
                        self.last = self.last.max(batch.last_seq());
                        return Poll::Ready(Some(Delivery::Events(Events { batch: Arc::clone(batch), from })));
                    }
                }
                Slot::Hole(through) if *through > self.last && self.store.is_some() => {
                    self.phase = Phase::CatchUp(None);
                    return Poll::Ready(None);
                }
                Slot::Hole(through) | Slot::Lost(through) if *through > self.last => {
                    let to = *through;
                    drop(ring);
                    let from = std::mem::replace(&mut self.last, to);
                    return Poll::Ready(Some(self.lag(from, to)));
                }
                Slot::Hole(_) | Slot::Lost(_) => {}
            }
        }
        if ring.ended {
            self.phase = Phase::Over;
            return Poll::Ready(None);
        }
        let waker = &mut ring.wakers[self.slot];
        if !waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            *waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    fn lag(&self, from: Seq, to: Seq) -> Delivery {
        self.inner.lagged.fetch_add(1, Ordering::Relaxed);
        Delivery::Lagged { from, to }
    }
}

impl Stream for Subscription {
    type Item = Delivery;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        let this = self.get_mut();
        loop {
            match (&this.phase, this.page.is_some()) {
                (Phase::CatchUp(_), _) | (_, true) => match this.poll_catch_up(cx) {
                    Poll::Ready(None) => {}
                    other => return other,
                },
                (Phase::Live, false) => match this.poll_live(cx) {
                    Poll::Ready(None) => {}
                    other => return other,
                },
                (Phase::Over, false) => return Poll::Ready(None),
            }
            if matches!(this.phase, Phase::Over) && this.page.is_none() {
                return Poll::Ready(None);
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.inner.left(&self.channel, self.slot);
    }
}
