//! What the recording stream and the handler share about one connection.
//!
//! One message at a time: bytes of the next one are held back until the answer to this one is on its way. So a head can never be
//! taken for another's, and the parser's state (HEAD, keep-alive) is always that of the request being answered.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;

use super::framing::Progress;
use super::recorder::{RecordedHead, Recorder};
use super::rejection::HeadRejection;
use super::wake::WakeSlot;
use super::worker::Worker;
use crate::capture::Rejected;
use crate::model::Timestamp;

/// How the connection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    /// As HTTP says.
    On,
    /// Nothing more is read; what is to be answered still goes out.
    ReadNoMore,
    /// Nothing goes out any more; it is closed in order.
    Close,
    /// Nothing goes out any more; it is reset.
    Reset,
}

/// How far the response to the current message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sending {
    Missing,
    /// The last byte is in the dispatcher's buffer.
    Encoded,
    /// The last byte was taken by the socket.
    Sent,
}

/// One connection, for the stream (which fills it) and the handler (which takes from it).
pub(super) struct Connection {
    pub(super) worker: Rc<Worker>,
    pub(super) peer: Option<SocketAddr>,
    /// Its number with `Stopping`.
    number: u64,
    /// How many heads were complete so far.
    heads: Cell<u64>,
    recorder: RefCell<Recorder>,
    /// When the current head was complete.
    head_at: Cell<Timestamp>,
    /// Whether a handler has taken the current message's head.
    taken: Cell<bool>,
    /// Whether the current message is complete.
    received: Cell<bool>,
    response: Cell<Sending>,
    /// Whether the body broke the rules of chunked coding.
    broken: Cell<bool>,
    /// Whether the sender has closed its side, or all of it.
    left: Cell<bool>,
    course: Cell<Course>,
    /// Whether all that was written has been taken by the socket.
    flushed: Cell<bool>,
    /// Whether the current head has been reported as rejected.
    rejected: Cell<bool>,
    /// Whether bytes of later messages wait in the stream.
    pipelined: Cell<bool>,
    reader: Rc<WakeSlot>,
    handler: WakeSlot,
}

impl Connection {
    pub(super) fn new(worker: Rc<Worker>, peer: Option<SocketAddr>) -> Rc<Self> {
        let reader = Rc::default();
        Rc::new(Self {
            number: worker.stopping.join(&reader),
            worker,
            peer,
            heads: Cell::new(0),
            recorder: RefCell::new(Recorder::new()),
            head_at: Cell::new(Timestamp::default()),
            taken: Cell::new(false),
            received: Cell::new(false),
            response: Cell::new(Sending::Missing),
            broken: Cell::new(false),
            left: Cell::new(false),
            course: Cell::new(Course::On),
            flushed: Cell::new(true),
            rejected: Cell::new(false),
            pipelined: Cell::new(false),
            reader,
            handler: WakeSlot::default(),
        })
    }

    // For the handler.

    /// The current message's head, and when it was complete. Once per message.
    pub(super) fn take_head(&self) -> Option<(RecordedHead, Timestamp)> {
        self.taken.set(true);
        self.recorder.borrow_mut().take_head().map(|head| (head, self.head_at.get()))
    }

    /// The trailer section of the current message, once it is complete.
    pub(super) fn take_trailers(&self) -> Bytes {
        self.recorder.borrow_mut().take_trailers()
    }

    /// Whether the body broke the rules of chunked coding.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.get()
    }

    /// Whether the sender has closed its side of the connection, or all of it.
    pub(super) fn has_left(&self) -> bool {
        self.left.get()
    }

    /// Ready when the sender has left.
    pub(super) async fn left(&self) {
        std::future::poll_fn(|context| {
            if self.left.get() {
                return Poll::Ready(());
            }
            self.handler.remember(context);
            Poll::Pending
        })
        .await;
    }

    /// Ready when all that was written has been taken by the socket.
    pub(super) fn poll_flushed(&self, context: &Context<'_>) -> Poll<()> {
        if self.flushed.get() {
            return Poll::Ready(());
        }
        self.handler.remember(context);
        Poll::Pending
    }

    /// Changes how the connection goes on.
    pub(super) fn turn(&self, course: Course) {
        self.course.set(course);
        self.reader.wake();
    }

    /// Notes that the whole answer is in the dispatcher's buffer.
    pub(super) fn response_encoded(&self) {
        self.response.set(Sending::Encoded);
        self.flushed.set(false);
    }

    // For the stream.

    pub(super) fn course(&self) -> Course {
        self.course.get()
    }

    /// Takes in bytes of the current message; how many of them the parser may see. The others belong to the next message.
    pub(super) fn record(&self, bytes: &mut [u8]) -> usize {
        let mut recorder = self.recorder.borrow_mut();
        let had_head = recorder.has_head();
        let fed = recorder.feed(bytes);
        if recorder.has_head() && !had_head {
            self.head_at.set(self.worker.capture().clock().now());
            self.heads.set(self.heads.get() + 1);
        }
        drop(recorder);
        match fed {
            Progress::Continues => bytes.len(),
            Progress::Ended(length) => {
                self.received.set(true);
                self.next_if_done();
                length
            }
            Progress::Broken(place) => {
                self.broken.set(true);
                self.course.set(Course::ReadNoMore);
                place
            }
        }
    }

    /// How many bytes may be recorded at once.
    pub(super) fn room(&self) -> usize {
        self.recorder.borrow().room()
    }

    /// Whether the current message is complete and still to be answered: nothing more may reach the parser.
    pub(super) fn is_held(&self) -> bool {
        self.received.get()
    }

    /// How many heads were complete so far.
    pub(super) fn heads(&self) -> u64 {
        self.heads.get()
    }

    /// Whether the server stops and no message is under way: no further one is taken, nor the rest of a head waited for.
    pub(super) fn is_done(&self) -> bool {
        self.worker.stopping.has_begun() && !self.is_held() && (!self.is_inside() || self.is_inside_head())
    }

    /// Notes that the sender closed its side.
    pub(super) fn note_left(&self) {
        self.left.set(true);
        self.handler.wake();
    }

    /// Notes that the connection is of no use any more.
    pub(super) fn note_broken(&self) {
        self.course.set(Course::Close);
        self.note_left();
    }

    /// Who is to be woken when the next message may be read, or the course changes.
    pub(super) fn remember_reader(&self, context: &Context<'_>) {
        self.reader.remember(context);
    }

    /// Notes whether bytes of later messages wait in the stream.
    pub(super) fn note_pipelined(&self, pipelined: bool) {
        self.pipelined.set(pipelined);
    }

    pub(super) fn note_written(&self) {
        self.flushed.set(false);
    }

    /// All that was written has been taken by the socket.
    pub(super) fn note_flushed(&self) {
        if self.flushed.replace(true) {
            return;
        }
        self.handler.wake();
        if self.response.get() == Sending::Encoded {
            self.response.set(Sending::Sent);
            self.next_if_done();
        }
    }

    fn next_if_done(&self) {
        if self.received.get() && self.response.get() == Sending::Sent {
            self.received.set(false);
            self.taken.set(false);
            self.response.set(Sending::Missing);
            // Without pipelining the socket wakes the reader by itself; waking it for every request would cost a poll each.
            if self.pipelined.get() {
                self.reader.wake();
            }
        }
    }

    /// Whether bytes being written are the parser's own answer, since no handler has seen the current request.
    pub(super) fn answers_by_itself(&self) -> bool {
        !self.taken.get()
    }

    /// Whether a message has begun and not ended.
    pub(super) fn is_inside(&self) -> bool {
        self.recorder.borrow().is_inside()
    }

    /// Whether a head has begun and is not complete.
    pub(super) fn is_inside_head(&self) -> bool {
        self.pending_head() > 0
    }

    /// Bytes that arrived of a head that is not complete.
    pub(super) fn pending_head(&self) -> usize {
        self.recorder.borrow().pending()
    }

    /// Reports the current request, of which no handler knows: the parser answers with `status` (`None`: the sender left within
    /// the head, or was too slow). What is to be sent.
    pub(super) fn reject(&self, status: Option<u16>, known: Option<HeadRejection>) -> HeadRejection {
        let mut recorder = self.recorder.borrow_mut();
        let (head, received_at) = match recorder.take_head() {
            Some(head) => (head.raw, self.head_at.get()),
            None => (Bytes::copy_from_slice(recorder.partial()), self.worker.capture().clock().now()),
        };
        drop(recorder);
        let rejection = known.unwrap_or_else(|| HeadRejection::of(&head, status.unwrap_or(400)));
        if self.rejected.replace(true) || head.is_empty() {
            return rejection;
        }
        self.worker.capture().rejected(Rejected {
            head,
            reason: rejection.reason,
            status: status.map(|_| rejection.status),
            received_at,
            peer: self.peer,
        });
        rejection
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.worker.stopping.leave(self.number);
    }
}
