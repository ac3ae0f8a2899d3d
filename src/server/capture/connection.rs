//! What the recording stream and the handler share about one connection.
//!
//! One message at a time: bytes of the next one are held back until the response to this one is sent, see `turn`. So
//! heads and requests cannot be mixed up, and the parser's state (HEAD, keep-alive) always belongs to the request being
//! answered.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;

use super::framing::Progress;
use super::in_flight::PeerInFlight;
use super::open::Member;
use super::recorder::{RecordedHead, Recorder};
use super::rejection::{BROKE_OFF, HeadRejection};
use super::turn::Turn;
use super::wake::WakeSlot;
use super::worker::Worker;
use crate::capture::Rejected;
use crate::model::{PassedHead, Timestamp};

/// Which bytes may still pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disposition {
    /// Both directions.
    Open,
    /// Nothing more is read; writes still go out.
    ReadNoMore,
    /// Nothing goes out any more; it is closed in order.
    Close,
    /// Nothing goes out any more; it is reset.
    Reset,
}

/// One connection, for the stream (which fills it) and the handler (which takes from it).
pub(super) struct Connection {
    pub(super) worker: Rc<Worker>,
    pub(super) peer: Option<SocketAddr>,
    /// The bytes that its peer has in flight.
    pub(super) in_flight: PeerInFlight,
    /// Its number among the worker's.
    number: u64,
    input: Input,
    output: Output,
    turn: Cell<Turn>,
    disposition: Cell<Disposition>,
    /// When the connection was made, or the last response was sent.
    idle_since: Cell<Timestamp>,
    /// Whether it closes when no request is under way, to make room for another connection.
    ends: Cell<bool>,
    /// The dispatcher's task when its handler waits for the sender to leave or the socket to take what was written.
    handler: WakeSlot,
}

/// What comes from the sender.
struct Input {
    recorder: RefCell<Recorder>,
    /// When the current head was complete.
    head_at: Cell<Timestamp>,
    /// Whether the sender has closed its side or the whole connection.
    left: Cell<bool>,
    /// Whether what comes is discarded: it is read only to notice the end, and gets no answer.
    ignored: Cell<bool>,
    /// The dispatcher's task when it waits to read.
    reader: WakeSlot,
}

impl Input {
    fn new() -> Self {
        Self {
            recorder: RefCell::new(Recorder::new()),
            head_at: Cell::new(Timestamp::default()),
            left: Cell::new(false),
            ignored: Cell::new(false),
            reader: WakeSlot::default(),
        }
    }
}

/// What goes out to the sender.
struct Output {
    /// Whether the socket has taken all that was written.
    flushed: Cell<bool>,
    /// The head of a response that is passed on.
    passed: RefCell<Option<Box<PassedHead>>>,
}

impl Output {
    fn new() -> Self {
        Self { flushed: Cell::new(true), passed: RefCell::new(None) }
    }
}

impl Connection {
    pub(super) fn new(worker: Rc<Worker>, peer: Option<SocketAddr>) -> Rc<Self> {
        let connection = Rc::new(Self {
            number: worker.stopping.open.number(),
            in_flight: worker.in_flight.of_peer(peer.map(|peer| peer.ip())),
            idle_since: Cell::new(worker.capture().clock().now()),
            worker,
            peer,
            input: Input::new(),
            output: Output::new(),
            turn: Cell::new(Turn::First),
            disposition: Cell::new(Disposition::Open),
            ends: Cell::new(false),
            handler: WakeSlot::default(),
        });
        let member = Rc::downgrade(&connection);
        connection.worker.stopping.open.join(connection.number, member, connection.worker.capture());
        connection
    }

    // For the handler.

    /// The current message's head, and when it was complete. Once per message.
    pub(super) fn take_head(&self) -> Option<(RecordedHead, Timestamp)> {
        self.turn.set(self.turn.get().taken());
        self.input.recorder.borrow_mut().take_head().map(|head| (head, self.input.head_at.get()))
    }

    /// The trailer section of the current message, once it is complete.
    pub(super) fn take_trailers(&self) -> Bytes {
        self.input.recorder.borrow_mut().take_trailers()
    }

    /// Whether the body violates chunked coding.
    pub(super) fn is_broken(&self) -> bool {
        matches!(self.turn.get(), Turn::Broken(_))
    }

    /// Whether the sender has closed its side or the whole connection.
    pub(super) fn has_left(&self) -> bool {
        self.input.left.get()
    }

    /// Discards all further input: only by reading on does the listener notice that the sender has left.
    pub(super) fn ignore_what_comes(&self) {
        self.input.ignored.set(true);
        self.input.reader.wake();
    }

    /// Whether input is discarded.
    pub(super) fn is_ignoring(&self) -> bool {
        self.input.ignored.get()
    }

    /// Ready when the sender has left.
    pub(super) async fn left(&self) {
        std::future::poll_fn(|context| {
            if self.input.left.get() {
                return Poll::Ready(());
            }
            self.handler.remember(context);
            Poll::Pending
        })
        .await;
    }

    /// Ready when the socket has taken all that was written.
    pub(super) fn poll_flushed(&self, context: &Context<'_>) -> Poll<()> {
        if self.output.flushed.get() {
            return Poll::Ready(());
        }
        self.handler.remember(context);
        Poll::Pending
    }

    /// Changes which bytes may still pass.
    pub(super) fn set_disposition(&self, disposition: Disposition) {
        self.disposition.set(disposition);
        self.input.reader.wake();
    }

    /// Sends the next response with this head.
    pub(super) fn pass_on(&self, head: Box<PassedHead>) {
        *self.output.passed.borrow_mut() = Some(head);
    }

    /// Notes that the whole response is in the dispatcher's buffer.
    pub(super) fn response_encoded(&self) {
        self.turn.set(self.turn.get().encoded());
        self.output.flushed.set(false);
    }

    // For the stream.

    pub(super) fn turn(&self) -> Turn {
        self.turn.get()
    }

    pub(super) fn disposition(&self) -> Disposition {
        self.disposition.get()
    }

    /// Records bytes of the current message; returns how many of them the parser may see. The rest belongs to the next
    /// message.
    pub(super) fn record(&self, bytes: &mut [u8]) -> usize {
        let mut recorder = self.input.recorder.borrow_mut();
        let had_head = recorder.has_head();
        let progress = recorder.feed(bytes);
        let mut turn = self.turn.get();
        if recorder.has_head() && !had_head {
            self.input.head_at.set(self.worker.capture().clock().now());
            turn = turn.head_complete();
        }
        let (turn, shown) = match progress {
            Progress::Continues => (turn, bytes.len()),
            Progress::Ended(length) => (turn.ended(), length),
            Progress::Broken(place) => {
                self.disposition.set(Disposition::ReadNoMore);
                (turn.broken(), place)
            }
        };
        if self.turn.get() == Turn::Rest && turn == Turn::Next {
            self.idle_since.set(self.worker.capture().clock().now());
        }
        self.turn.set(turn);
        shown
    }

    /// How many bytes may be recorded at once.
    pub(super) fn room(&self) -> usize {
        self.input.recorder.borrow().room()
    }

    /// Whether the server stops (or others need the room) and no request is under way: then the connection takes no
    /// further request and does not wait for the rest of a head.
    pub(super) fn is_done(&self) -> bool {
        self.turn.get().awaits_head() && (self.ends.get() || self.worker.stopping.has_begun())
    }

    /// Notes that the sender closed its side.
    pub(super) fn note_left(&self) {
        self.input.left.set(true);
        self.handler.wake();
    }

    /// Notes that the socket has failed.
    pub(super) fn note_failed(&self) {
        self.disposition.set(Disposition::Close);
        self.note_left();
    }

    /// Remembers the task to wake when the next message may be read or the disposition changes.
    pub(super) fn remember_reader(&self, context: &Context<'_>) {
        self.input.reader.remember(context);
    }

    /// The head to send in place of the one being written.
    pub(super) fn take_passed(&self) -> Option<Box<PassedHead>> {
        self.output.passed.take()
    }

    pub(super) fn note_written(&self) {
        self.output.flushed.set(false);
    }

    /// Notes that the socket has taken all that was written; returns whether the parser may now see the next message.
    pub(super) fn note_flushed(&self) -> bool {
        if self.output.flushed.replace(true) {
            return false;
        }
        self.handler.wake();
        let before = self.turn.get();
        let turn = before.sent();
        self.turn.set(turn);
        let is_next = turn != before && turn == Turn::Next;
        if is_next {
            self.idle_since.set(self.worker.capture().clock().now());
        }
        is_next
    }

    /// Whether a message has begun and not ended.
    pub(super) fn is_inside(&self) -> bool {
        self.input.recorder.borrow().is_inside()
    }

    /// Received bytes of an incomplete head.
    pub(super) fn pending_head(&self) -> usize {
        self.input.recorder.borrow().pending()
    }

    /// Reports the current request, which no handler has seen, as rejected: for the reason `known`, or for the reason
    /// found for the parser's `status` (`None`: the sender left within the head). Returns the response for the sender.
    pub(super) fn reject(&self, status: Option<u16>, known: Option<HeadRejection>) -> HeadRejection {
        let mut recorder = self.input.recorder.borrow_mut();
        let (head, received_at) = match recorder.take_head() {
            Some(head) => (head.raw, self.input.head_at.get()),
            None => (Bytes::copy_from_slice(recorder.partial()), self.worker.capture().clock().now()),
        };
        drop(recorder);
        let rejection = known.unwrap_or_else(|| status.map_or(BROKE_OFF, |status| HeadRejection::of(&head, status)));
        if !head.is_empty() {
            self.worker.capture().rejected(Rejected {
                head,
                reason: rejection.reason,
                status: status.map(|_| rejection.status),
                received_at,
                peer: self.peer,
            });
        }
        rejection
    }
}

impl Member for Connection {
    fn wake_reader(&self) {
        self.input.reader.wake();
    }

    fn idle_since(&self) -> Timestamp {
        self.idle_since.get()
    }

    fn is_idle(&self, since: i64) -> bool {
        let is_idle = match self.turn.get() {
            Turn::First => true,
            Turn::Next => self.pending_head() == 0,
            Turn::Body(_) | Turn::Broken(_) | Turn::Held(_) | Turn::Rest => false,
        };
        is_idle && !self.ends.get() && self.idle_since.get().as_millis() <= since
    }

    fn end(&self) {
        self.ends.set(true);
        self.input.reader.wake();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.worker.stopping.open.leave(self.number);
    }
}
