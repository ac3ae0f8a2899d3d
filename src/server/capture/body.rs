//! Reads a body under its limits.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use actix_http::Payload;
use actix_http::error::PayloadError;
use bytes::{Bytes, BytesMut};
use futures_util::Stream as _;
use tokio::time::Instant;

use super::in_flight::Share;
use super::stopping::Stopping;

/// Time-out for a body whose sender is silent.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Time-out for a whole body: a byte now and then must not hold a connection for ever.
const WHOLE_TIMEOUT: Duration = Duration::from_mins(10);
/// How often the rate of a body is checked.
const TICK: Duration = Duration::from_secs(2);
/// The least rate of a large body (bytes per second), measured over this time.
const LEAST_RATE: (u64, Duration) = (512, IDLE_TIMEOUT);
/// The least rate of every body while much of the memory is taken.
const LEAST_RATE_CROWDED: (u64, Duration) = (2 << 10, Duration::from_secs(4));
/// How long a body may still arrive when the server stops; then the received part is kept.
const STOP_TIMEOUT: Duration = Duration::from_secs(4);
/// A body is copied into pieces that grow from the one size to the other. The parser's own chunks are slices of its
/// read buffers: a sender of single bytes would keep a whole buffer in memory for each.
const FIRST_PIECE: usize = 8 * 1024;
const LARGEST_PIECE: usize = 1 << 20;

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyEnd {
    /// It is complete.
    Complete,
    /// The sender left or violated chunked coding: the connection knows which.
    Cut,
    /// It is over the limit.
    TooLarge,
    /// It arrived too slowly.
    Timeout,
    /// No memory left: too much is in flight.
    NoRoom,
}

/// A body's bytes, copied into a few pieces.
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
                    // Most bodies arrive in one piece: allocate exactly that.
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

/// The rate of a body that is still arriving.
#[derive(Debug)]
struct Pace {
    /// When it is given up, whatever its rate.
    deadline: Instant,
    /// When its last bytes came.
    last: Instant,
    /// The next check.
    next: Instant,
    /// The bytes since then.
    since: (Instant, u64),
    /// Whether the deadline is that of a server that stops.
    stopping: bool,
}

impl Pace {
    fn new() -> Self {
        let now = Instant::now();
        let deadline = now + WHOLE_TIMEOUT;
        Self { deadline, last: now, next: now + TICK, since: (now, 0), stopping: false }
    }

    fn received(&mut self, bytes: u64) {
        self.last = Instant::now();
        self.since.1 += bytes;
    }

    /// Whether to continue waiting for the body.
    fn is_kept(&mut self, share: &Share, stopping: &Stopping) -> bool {
        let now = Instant::now();
        if now < self.next {
            return true;
        }
        self.next = now + TICK;
        if stopping.has_begun() && !self.stopping {
            self.stopping = true;
            self.deadline = self.deadline.min(now + STOP_TIMEOUT);
        }
        if now >= self.deadline || now >= self.last + IDLE_TIMEOUT {
            return false;
        }
        let (begun, bytes) = self.since;
        let crowded = share.is_crowded();
        let (rate, over) = if crowded { LEAST_RATE_CROWDED } else { LEAST_RATE };
        if now < begun + over {
            return true;
        }
        self.since = (now, 0);
        // Small bodies may arrive at any rate while there is room: they may be typed by hand.
        bytes >= rate * (now - begun).as_secs() || !(crowded || share.is_large())
    }
}

/// Reads a body: at most `limit` bytes are kept. `declared` is its length, if it is known.
pub(super) async fn read(
    mut payload: Payload,
    declared: Option<u64>,
    limit: u64,
    share: &mut Share,
    stopping: &Stopping,
) -> (Pieces, BodyEnd) {
    let mut pieces = Pieces::default();
    // Does not wait for a body known to be too large: keeps the part that has arrived.
    let hopeless = declared.is_some_and(|declared| declared > limit);
    // Made at the first wait: most bodies have arrived already.
    let mut pace: Option<Box<Pace>> = None;
    let mut asked = false;
    loop {
        let chunk = match poll_here(&mut payload, &mut asked).await {
            Some(chunk) => chunk,
            None if hopeless => return (pieces, BodyEnd::TooLarge),
            None => {
                let pace = pace.get_or_insert_with(|| Box::new(Pace::new()));
                if !pace.is_kept(share, stopping) {
                    return (pieces, BodyEnd::Timeout);
                }
                let next = poll_fn(|context| Pin::new(&mut payload).poll_next(context));
                match Box::pin(tokio::time::timeout_at(pace.next, next)).await {
                    Ok(chunk) => chunk,
                    Err(_elapsed) => continue,
                }
            }
        };
        match chunk {
            None if declared.is_some_and(|declared| declared != pieces.length) => return (pieces, BodyEnd::Cut),
            None => return (pieces, BodyEnd::Complete),
            Some(Err(_incomplete)) => return (pieces, BodyEnd::Cut),
            Some(Ok(chunk)) => {
                // A tunnel's stream continues after the declared length.
                let end = declared.map_or(limit, |declared| declared.min(limit));
                let room = usize::try_from(end - pieces.length).unwrap_or(usize::MAX);
                let kept = &chunk[..chunk.len().min(room)];
                if !share.take(kept.len() as u64) {
                    return (pieces, BodyEnd::NoRoom);
                }
                pieces.push(kept);
                if let Some(pace) = &mut pace {
                    pace.received(kept.len() as u64);
                }
                if declared == Some(pieces.length) {
                    return (pieces, BodyEnd::Complete);
                }
                if kept.len() < chunk.len() {
                    return (pieces, BodyEnd::TooLarge);
                }
            }
        }
    }
}

/// The next chunk, if it has arrived.
///
/// The dispatcher polls a handler once when it has the head, and again when it has decoded what it has read of the
/// body. Only then is it clear that the body is still arriving and needs a timer. Because the dispatcher polls again
/// anyway, the first poll registers no waker: a wake by the bytes about to be decoded would only cause one more poll of
/// the whole connection.
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
    use super::super::in_flight::{InFlight, LARGE_BODIES, SMALL};
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
        let in_flight = InFlight::default();
        read_beside(&in_flight, declared, limit, send).await
    }

    /// The same, with other bytes already in flight.
    async fn read_beside(
        in_flight: &InFlight,
        declared: Option<u64>,
        limit: u64,
        send: impl AsyncFnOnce(&mut Option<Sender>),
    ) -> (Vec<u8>, BodyEnd) {
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        let mut sender = Some(sender);
        let payload = Box::pin(futures_util::stream::poll_fn(move |context| receiver.poll_recv(context)));
        let mut share = in_flight.of_peer(None).body();
        let stopping = Stopping::default();
        let reading = read(Payload::Stream { payload }, declared, limit, &mut share, &stopping);
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
        let more = read_from(Some(3), 10, async |sender| feed(sender, "abcde"));
        assert_eq!(more.await, (b"abc".to_vec(), BodyEnd::Complete), "what follows is not its body");
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

    /// Feeds a body a byte a second.
    async fn trickle(sender: &mut Option<Sender>) {
        loop {
            feed(sender, "a");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_large_body_has_to_come_at_a_least_rate_and_every_body_where_memory_is_short() {
        let start = Instant::now();
        let large = read_from(None, u64::MAX, async |sender| {
            let whole = vec![b'x'; usize::try_from(SMALL).unwrap() + 1];
            sender.as_ref().unwrap().send(Ok(whole.into())).unwrap();
            trickle(sender).await;
        });
        assert_eq!(large.await.1, BodyEnd::Timeout);
        assert!(start.elapsed() <= LEAST_RATE.1 * 3, "{:?}", start.elapsed());
        let start = Instant::now();
        let small = read_from(Some(100), u64::MAX, trickle);
        assert_eq!(small.await.1, BodyEnd::Complete);
        assert!(start.elapsed() >= Duration::from_secs(99));
        let in_flight = InFlight::default();
        let mut others = in_flight.of_peer(None).body();
        assert!(others.take(SMALL + LARGE_BODIES));
        let start = Instant::now();
        let large = read_beside(&in_flight, None, u64::MAX, async |sender| {
            let whole = vec![b'x'; usize::try_from(SMALL).unwrap()];
            sender.as_ref().unwrap().send(Ok(whole.into())).unwrap();
            trickle(sender).await;
        });
        assert_eq!(large.await.1, BodyEnd::NoRoom, "beside a large one");
        assert!(others.resize(LARGE_BODIES - SMALL));
        let large = read_beside(&in_flight, None, u64::MAX, async |sender| {
            let whole = vec![b'x'; usize::try_from(SMALL).unwrap() + 1];
            sender.as_ref().unwrap().send(Ok(whole.into())).unwrap();
            trickle(sender).await;
        });
        assert_eq!(large.await.1, BodyEnd::Timeout);
        assert!(start.elapsed() <= LEAST_RATE_CROWDED.1 * 4, "{:?}", start.elapsed());
    }
}
