//! Reads a body under its limits.

use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use actix_http::Payload;
use actix_http::error::PayloadError;
use bytes::{Bytes, BytesMut};
use futures_util::Stream as _;
use tokio::time::Instant;

/// A body is given up when its sender is silent this long.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// A body is given up when it is not complete after this time: a byte now and then must not hold a connection for ever.
const WHOLE_TIMEOUT: Duration = Duration::from_mins(10);
/// Memory for bodies that are being received and stored, and for incomplete heads, of all connections together. A
/// single body may be larger: then only its own limit holds.
const MAX_IN_FLIGHT: u64 = 256 << 20;
/// A body is copied into pieces that grow from the one size to the other. The parser's own chunks are slices of its
/// read buffers: a sender of single bytes would keep a whole buffer alive with each.
const FIRST_PIECE: usize = 8 * 1024;
const LARGEST_PIECE: usize = 1 << 20;

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyEnd {
    /// It is complete.
    Complete,
    /// The sender left, or broke the rules of chunked coding: the connection knows which.
    Cut,
    /// It is over the limit.
    TooLarge,
    /// It came too slowly.
    Timeout,
    /// Too much is in flight already.
    NoRoom,
}

/// Bytes in flight of all connections.
#[derive(Debug, Clone, Default)]
pub(super) struct InFlight(Arc<AtomicU64>);

impl InFlight {
    /// The same count for one worker, whose shares need no atomic reference counting.
    pub(super) fn of_worker(&self) -> WorkerInFlight {
        WorkerInFlight(Rc::new(self.clone()))
    }
}

/// Bytes in flight of all connections, as one worker sees them.
#[derive(Debug, Clone)]
pub(super) struct WorkerInFlight(Rc<InFlight>);

impl WorkerInFlight {
    /// The share of one request; given back when dropped.
    pub(super) fn share(&self) -> Share {
        Share { all: Rc::clone(&self.0), own: 0 }
    }
}

/// What one request has in flight.
#[derive(Debug)]
pub(super) struct Share {
    all: Rc<InFlight>,
    own: u64,
}

impl Share {
    /// Holds `bytes` from now on; whether there is room for them.
    pub(super) fn resize(&mut self, bytes: u64) -> bool {
        if bytes >= self.own {
            return bytes == self.own || self.take(bytes - self.own);
        }
        self.all.0.fetch_sub(self.own - bytes, Ordering::Relaxed);
        self.own = bytes;
        true
    }

    /// Takes `bytes` more; whether there is room for them.
    fn take(&mut self, bytes: u64) -> bool {
        let before = self.all.0.fetch_add(bytes, Ordering::Relaxed);
        let others = before.saturating_sub(self.own);
        self.own += bytes;
        before + bytes <= MAX_IN_FLIGHT || others == 0
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.own > 0 {
            self.all.0.fetch_sub(self.own, Ordering::Relaxed);
        }
    }
}

/// A body's bytes, in few pieces of their own.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    full: Vec<Bytes>,
    last: BytesMut,
    length: u64,
}

impl Pieces {
    fn push(&mut self, mut bytes: &[u8]) {
        self.length += bytes.len() as u64;
        while !bytes.is_empty() {
            if self.last.len() == self.last.capacity() {
                let next = match self.last.capacity() {
                    // Most bodies come in one piece, and this is all there is of them.
                    0 => bytes.len(),
                    last => last.saturating_mul(2).clamp(FIRST_PIECE, LARGEST_PIECE),
                };
                let full = std::mem::replace(&mut self.last, BytesMut::with_capacity(next));
                if !full.is_empty() {
                    self.full.push(full.freeze());
                }
            }
            let here = bytes.len().min(self.last.capacity() - self.last.len());
            self.last.extend_from_slice(&bytes[..here]);
            bytes = &bytes[here..];
        }
    }

    /// All of them, in order.
    pub(super) fn into_vec(mut self) -> Vec<Bytes> {
        if !self.last.is_empty() {
            self.full.push(self.last.freeze());
        }
        self.full
    }
}

/// Reads a body: at most `limit` bytes are kept. `declared` is its length, if it is known.
pub(super) async fn read(
    mut payload: Payload,
    declared: Option<u64>,
    limit: u64,
    share: &mut Share,
) -> (Pieces, BodyEnd) {
    let mut pieces = Pieces::default();
    // A body that is known to be too large is not waited for: what is here already is kept, no more is asked for.
    let hopeless = declared.is_some_and(|declared| declared > limit);
    let (mut deadline, mut asked) = (None, false);
    loop {
        let chunk = match poll_here(&mut payload, &mut asked).await {
            Some(chunk) => chunk,
            None if hopeless => return (pieces, BodyEnd::TooLarge),
            None => {
                let deadline = *deadline.get_or_insert_with(|| Instant::now() + WHOLE_TIMEOUT);
                let until = deadline.min(Instant::now() + IDLE_TIMEOUT);
                let next = poll_fn(|context| Pin::new(&mut payload).poll_next(context));
                match Box::pin(tokio::time::timeout_at(until, next)).await {
                    Ok(chunk) => chunk,
                    Err(_elapsed) => return (pieces, BodyEnd::Timeout),
                }
            }
        };
        match chunk {
            None if declared.is_some_and(|declared| declared != pieces.length) => return (pieces, BodyEnd::Cut),
            None => return (pieces, BodyEnd::Complete),
            Some(Err(_incomplete)) => return (pieces, BodyEnd::Cut),
            Some(Ok(chunk)) => {
                let room = usize::try_from(limit - pieces.length).unwrap_or(usize::MAX);
                let kept = &chunk[..chunk.len().min(room)];
                if !share.take(kept.len() as u64) {
                    return (pieces, BodyEnd::NoRoom);
                }
                pieces.push(kept);
                if kept.len() < chunk.len() {
                    return (pieces, BodyEnd::TooLarge);
                }
                // A tunnel's stream never ends; its declared length does.
                if declared == Some(pieces.length) {
                    return (pieces, BodyEnd::Complete);
                }
            }
        }
    }
}

/// The next chunk, if it is here already.
///
/// The dispatcher polls a handler once when it has the head, and again when it has decoded what it has read of the
/// body. Only then is it known that the body is still on its way, and a timer worth its cost. Since it polls again
/// anyway, the first time asks not to be woken: the wake would come with the bytes that are about to be decoded, and
/// have the whole connection polled once more for nothing.
async fn poll_here(payload: &mut Payload, asked: &mut bool) -> Option<Option<Result<Bytes, PayloadError>>> {
    poll_fn(|context| {
        let first = !std::mem::replace(asked, true);
        let mut silent = Context::from_waker(Waker::noop());
        let context = if first { &mut silent } else { context };
        match Pin::new(&mut *payload).poll_next(context) {
            Poll::Ready(chunk) => Poll::Ready(Some(chunk)),
            Poll::Pending if first => Poll::Pending,
            Poll::Pending => Poll::Ready(None),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_of_single_bytes_is_kept_in_few_pieces_of_its_own_size() {
        let mut pieces = Pieces::default();
        for place in 0..1_000_000_usize {
            pieces.push(&[place.to_le_bytes()[0]]);
        }
        let pieces = pieces.into_vec();
        assert!(pieces.len() < 20, "{}", pieces.len());
        assert!(pieces.concat().iter().enumerate().all(|(place, byte)| *byte == place.to_le_bytes()[0]));
    }

    #[test]
    fn one_body_may_be_large_and_many_may_not_be_together() {
        let all = InFlight::default();
        let worker = all.of_worker();
        let (mut first, mut second) = (worker.share(), all.of_worker().share());
        assert!(first.take(MAX_IN_FLIGHT + 1), "alone");
        assert!(!second.take(1), "beside a large one");
        drop(first);
        assert!(second.take(1), "room comes back");
        assert!(second.resize(10) && second.resize(3) && second.resize(0));
        drop(second);
        assert_eq!(all.0.load(Ordering::Relaxed), 0);
    }

    type Sender = tokio::sync::mpsc::UnboundedSender<Result<Bytes, PayloadError>>;

    fn feed(sender: &mut Option<Sender>, text: &'static str) {
        sender.as_ref().unwrap().send(Ok(Bytes::from_static(text.as_bytes()))).unwrap();
    }

    /// Reads while `send` feeds the body; the clock only advances to the next timer.
    async fn read_from(
        declared: Option<u64>,
        limit: u64,
        send: impl AsyncFnOnce(&mut Option<Sender>),
    ) -> (Vec<u8>, BodyEnd) {
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        let mut sender = Some(sender);
        let payload = Box::pin(futures_util::stream::poll_fn(move |context| receiver.poll_recv(context)));
        let mut share = InFlight::default().of_worker().share();
        let reading = read(Payload::Stream { payload }, declared, limit, &mut share);
        let sending = async {
            send(&mut sender).await;
            tokio::task::yield_now().await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            // The dispatcher polls the handler once before it has decoded anything.
            biased;
            (pieces, end) = reading => (pieces.into_vec().concat(), end),
            () = sending => unreachable!(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_ends_whole_cut_or_over_its_limit() {
        let whole = read_from(None, 10, async |sender| {
            feed(sender, "abc");
            tokio::task::yield_now().await;
            feed(sender, "de");
            drop(sender.take());
        });
        assert_eq!(whole.await, (b"abcde".to_vec(), BodyEnd::Complete));
        let cut = read_from(Some(5), 10, async |sender| {
            feed(sender, "abc");
            sender.as_ref().unwrap().send(Err(PayloadError::Incomplete(None))).unwrap();
        });
        assert_eq!(cut.await, (b"abc".to_vec(), BodyEnd::Cut));
        let too_large = read_from(None, 4, async |sender| feed(sender, "abcde"));
        assert_eq!(too_large.await, (b"abcd".to_vec(), BodyEnd::TooLarge));
        let hopeless = read_from(Some(5), 4, async |sender| feed(sender, "ab"));
        assert_eq!(hopeless.await, (b"ab".to_vec(), BodyEnd::TooLarge));
        let tunnel = read_from(Some(3), 10, async |sender| feed(sender, "abc"));
        assert_eq!(tunnel.await, (b"abc".to_vec(), BodyEnd::Complete), "without an end");
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_sender_and_one_that_never_ends_are_given_up() {
        let start = Instant::now();
        let silent = read_from(Some(5), 10, async |sender| feed(sender, "abc"));
        assert_eq!(silent.await, (b"abc".to_vec(), BodyEnd::Timeout));
        assert!(start.elapsed() < IDLE_TIMEOUT * 2);
        let start = Instant::now();
        let endless = read_from(None, u64::MAX, async |sender| {
            loop {
                feed(sender, "a");
                tokio::time::sleep(IDLE_TIMEOUT / 2).await;
            }
        });
        assert_eq!(endless.await.1, BodyEnd::Timeout);
        assert!(start.elapsed() >= WHOLE_TIMEOUT && start.elapsed() < WHOLE_TIMEOUT + IDLE_TIMEOUT);
    }
}
