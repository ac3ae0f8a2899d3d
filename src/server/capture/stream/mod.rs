//! The stream between socket and parser: it shows the parser one message at a time and records what passes.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use super::connection::{Connection, Disposition};
use super::in_flight::Share;
use super::open::Member as _;
use super::passed::{Swap, swap};
use super::rejection::{CROWDED, HeadRejection, SLOW_HEAD};
use super::turn::Turn;
use crate::model::Rejection;

/// Time-out for a head: the first counts from the connection's start, later ones from their first byte. Slow senders
/// cost memory.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// An idle connection is closed after between one and two of these: webhooks arrive in bursts.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Bytes that are read ahead of pipelined requests while one is being answered. Only by reading on does the stream
/// notice that a sender has left.
const MAX_AHEAD: usize = 64 * 1024;
/// The same while much is read ahead on other connections.
const MAX_AHEAD_CROWDED: usize = 2 * 1024;
/// A connection is closed when its sender takes no byte of a response for `WRITE_TIMEOUT`, or not all of it within
/// `WHOLE_WRITE_TIMEOUT`.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
const WHOLE_WRITE_TIMEOUT: Duration = Duration::from_mins(5);
/// When a connection is closed while its sender is still sending, input is discarded for this long and up to this many
/// bytes: closing a socket with unread data resets it, and the response would be lost (RFC 9112, section 9.6).
const LINGER: Duration = Duration::from_secs(2);
const MAX_LINGER_BYTES: usize = 4 << 20;

/// A connection's socket, recorded.
pub(super) struct Recording {
    socket: Option<TcpStream>,
    connection: Rc<Connection>,
    /// Bytes already read of messages after the current one.
    ahead: BytesMut,
    /// Runs while a head must arrive soon.
    head_timer: Option<Pin<Box<Sleep>>>,
    /// Made at the first idle period; polled only when idle.
    idle: Option<Idle>,
    /// An incomplete head's share of the common memory.
    head_share: Share,
    ahead_share: Share,
    /// The response sent in place of the parser's own.
    rejected: Option<HeadRejection>,
    /// Runs while the socket takes nothing more.
    stall: Option<Stall>,
    /// The head being written in place of the framework's.
    swap: Option<Swap>,
}

/// Ends a connection whose sender does not read. Made only when the socket is full.
struct Stall {
    sleep: Pin<Box<Sleep>>,
    deadline: tokio::time::Instant,
}

/// Ends idle connections. One timer for the life of a connection: a new one for each request would cost more than all
/// else that this stream does.
struct Idle {
    sleep: Pin<Box<Sleep>>,
    /// Whether anything was received since it was set.
    used: bool,
}

impl Recording {
    pub(super) fn new(socket: TcpStream, connection: Rc<Connection>) -> Self {
        Self {
            socket: Some(socket),
            head_share: connection.in_flight.head(),
            ahead_share: connection.in_flight.ahead(),
            connection,
            ahead: BytesMut::new(),
            head_timer: None,
            idle: None,
            rejected: None,
            stall: None,
            swap: None,
        }
    }

    pub(super) const fn connection(&self) -> &Rc<Connection> {
        &self.connection
    }

    /// Shows the parser what it may see of the bytes from `before` on, and keeps the others for later.
    fn pass_on(&mut self, buffer: &mut ReadBuf<'_>, before: usize) {
        let kept = self.connection.record(&mut buffer.filled_mut()[before..]);
        let rest = &buffer.filled()[before + kept..];
        if !rest.is_empty() {
            self.ahead.extend_from_slice(rest);
            buffer.set_filled(before + kept);
        }
    }

    /// Bytes of later messages that have been read already.
    fn read_from_ahead(&mut self, buffer: &mut ReadBuf<'_>) {
        let before = buffer.filled().len();
        let length = self.ahead.len().min(buffer.remaining()).min(self.connection.room());
        buffer.put_slice(&self.ahead[..length]);
        let kept = self.connection.record(&mut buffer.filled_mut()[before..]);
        buffer.set_filled(before + kept);
        self.ahead.advance(kept);
        if self.ahead.is_empty() {
            self.ahead = BytesMut::new();
            self.ahead_share.resize(0);
        }
    }

    /// Reads what comes after a request that is being answered, to notice when the sender leaves.
    fn read_ahead(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        loop {
            if self.connection.is_ignoring() {
                self.ahead.clear();
            } else if self.ahead.len() >= MAX_AHEAD
                || (self.ahead.len() >= MAX_AHEAD_CROWDED && self.ahead_share.is_crowded())
            {
                return Poll::Pending;
            }
            let room = if self.ahead_share.is_crowded() { MAX_AHEAD_CROWDED } else { MAX_AHEAD };
            let read = match self.read_socket(context, buffer, room) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(read) => read,
            };
            if read == 0 {
                self.connection.note_left();
                // The parser sees the end only after all bytes before it.
                return if self.ahead.is_empty() { Poll::Ready(Ok(())) } else { Poll::Pending };
            }
            self.ahead.extend_from_slice(&buffer.filled()[before..]);
            self.ahead_share.resize(self.ahead.capacity() as u64);
            buffer.set_filled(before);
        }
    }

    /// Reads at most `room` bytes; 0 when the sender has closed its side or is gone.
    fn read_socket(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>, room: usize) -> Poll<usize> {
        let Some(socket) = &mut self.socket else { return Poll::Ready(0) };
        let before = buffer.filled().len();
        let read = if buffer.remaining() <= room {
            ready!(Pin::new(socket).poll_read(context, buffer)).map(|()| buffer.filled().len() - before)
        } else {
            let mut part = ReadBuf::new(buffer.initialize_unfilled_to(room));
            let read = ready!(Pin::new(socket).poll_read(context, &mut part)).map(|()| part.filled().len());
            buffer.advance(*read.as_ref().unwrap_or(&0));
            read
        };
        // The dispatcher drops the handler of a request whose connection fails, even while it is being stored. So an
        // error is reported as the end of the stream, and the handler keeps what arrived.
        Poll::Ready(read.unwrap_or_else(|_reset| {
            self.connection.note_failed();
            0
        }))
    }

    /// Runs the clock of an idle connection; ready when nothing has come for a whole round.
    fn poll_idle(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let idle =
            self.idle.get_or_insert_with(|| Idle { sleep: Box::pin(tokio::time::sleep(KEEP_ALIVE)), used: false });
        while idle.sleep.as_mut().poll(context).is_ready() {
            if !std::mem::take(&mut idle.used) {
                return Poll::Ready(());
            }
            idle.sleep.as_mut().reset(tokio::time::Instant::now() + KEEP_ALIVE);
        }
        Poll::Pending
    }

    /// Runs the clock for a head that must come soon; ready when it has run out.
    fn poll_head_timer(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let timer = self.head_timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(HEAD_TIMEOUT)));
        timer.as_mut().poll(context)
    }

    /// Runs the clock of a response that the socket does not take; ready when it has run out.
    fn poll_stall(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let stall = self.stall.get_or_insert_with(|| {
            let now = tokio::time::Instant::now();
            let sleep = Box::pin(tokio::time::sleep_until(now + WRITE_TIMEOUT));
            Stall { sleep, deadline: now + WHOLE_WRITE_TIMEOUT }
        });
        stall.sleep.as_mut().poll(context)
    }

    /// Ends a connection whose head is too slow, or for whose head there is no memory.
    fn reject(&mut self, rejection: HeadRejection) {
        self.connection.set_disposition(Disposition::ReadNoMore);
        if self.connection.pending_head() == 0 || self.rejected.is_some() {
            return;
        }
        self.rejected = Some(rejection);
        if rejection.reason == Rejection::NotStored {
            self.connection.worker.capture().count_crowded();
        } else {
            self.connection.reject(Some(rejection.status), Some(rejection));
        }
        if let Some(socket) = &self.socket {
            // A small response on a connection on which nothing else is under way: the socket takes it, or the sender
            // is gone.
            let _ = socket.try_write(rejection.to_wire().as_bytes());
        }
    }

    /// Updates the share for the bytes just received.
    fn account(&mut self) {
        if let Some(idle) = &mut self.idle {
            idle.used = true;
        }
        let pending = self.connection.pending_head();
        if pending == 0 {
            self.head_timer = None;
        }
        if !self.head_share.resize(pending as u64) {
            self.reject(CROWDED);
        }
    }
}

impl AsyncRead for Recording {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.connection.remember_reader(context);
        if this.connection.disposition() != Disposition::Open {
            return Poll::Ready(Ok(()));
        }
        if matches!(this.connection.turn(), Turn::Held(_)) {
            return this.read_ahead(context, buffer);
        }
        if !this.ahead.is_empty() {
            this.read_from_ahead(buffer);
            this.account();
            return Poll::Ready(Ok(()));
        }
        if this.connection.has_left() || this.connection.is_done() {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let room = this.connection.room();
        match this.read_socket(context, buffer, room) {
            Poll::Ready(0) => {
                this.connection.note_left();
                Poll::Ready(Ok(()))
            }
            Poll::Ready(_) => {
                this.pass_on(buffer, before);
                this.account();
                Poll::Ready(Ok(()))
            }
            Poll::Pending => {
                if this.connection.turn() == Turn::First || this.connection.pending_head() > 0 {
                    ready!(this.poll_head_timer(context));
                    this.reject(SLOW_HEAD);
                } else if this.connection.is_inside() {
                    // The handler has its own timers for a body.
                    return Poll::Pending;
                } else {
                    ready!(this.poll_idle(context));
                }
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl AsyncWrite for Recording {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if matches!(this.connection.disposition(), Disposition::Close | Disposition::Reset) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        this.connection.note_written();
        let Some(socket) = &mut this.socket else {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        };
        if this.connection.turn().is_with_parser() {
            // The parser's own response is an empty 400 or 431. The sender gets one with the reason.
            let rejection = *this.rejected.get_or_insert_with(|| this.connection.reject(status_of(bytes), None));
            let _ = ready!(Pin::new(socket).poll_write(context, rejection.to_wire().as_bytes()));
            return Poll::Ready(Ok(bytes.len()));
        }
        if let Some(head) = this.connection.take_passed() {
            this.swap = swap(bytes, &head);
        }
        let out = this.swap.as_ref().map_or(bytes, |swap| &swap.out[..]);
        match Pin::new(socket).poll_write(context, out) {
            Poll::Ready(Ok(written)) => {
                if let Some(stall) = &mut this.stall {
                    stall.sleep.as_mut().reset((tokio::time::Instant::now() + WRITE_TIMEOUT).min(stall.deadline));
                }
                let Some(swap) = &mut this.swap else { return Poll::Ready(Ok(written)) };
                swap.out.advance(written);
                if !swap.out.is_empty() {
                    return self.poll_write(context, bytes);
                }
                let stands_for = swap.stands_for;
                this.swap = None;
                Poll::Ready(Ok(stands_for))
            }
            Poll::Pending => {
                ready!(this.poll_stall(context));
                this.connection.worker.capture().count_unread();
                this.connection.note_failed();
                Poll::Ready(Ok(bytes.len()))
            }
            Poll::Ready(Err(_gone)) => {
                // As in `read_socket`: a failed `100 Continue` must not drop the handler. The next write ends the
                // connection.
                this.connection.note_failed();
                Poll::Ready(Ok(bytes.len()))
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The dispatcher calls this when the socket has taken all of its buffer. The socket itself has nothing to
        // flush.
        self.stall = None;
        if self.connection.note_flushed() && !self.ahead.is_empty() {
            // The socket announces later messages: waking the task for every request would cost a poll each.
            self.connection.wake_reader();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.socket {
            Some(socket) => Pin::new(socket).poll_shutdown(context),
            None => Poll::Ready(Ok(())),
        }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let connection = &self.connection;
        if connection.pending_head() > 0 && self.rejected.is_none() {
            connection.reject(None, None);
        }
        let Some(socket) = self.socket.take() else { return };
        match connection.disposition() {
            Disposition::Reset => {
                let _ = socket2::SockRef::from(&socket).set_linger(Some(Duration::ZERO));
            }
            Disposition::Close => {}
            Disposition::Open | Disposition::ReadNoMore => {
                let unread = self.rejected.is_some() || connection.is_inside() || !self.ahead.is_empty();
                if unread && !connection.has_left() {
                    linger(socket);
                }
            }
        }
    }
}

/// Closes this side, then discards further input for a while.
fn linger(mut socket: TcpStream) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    runtime.spawn(async move {
        let drain = async {
            socket.shutdown().await?;
            let (mut buffer, mut left) = ([0; 4096], MAX_LINGER_BYTES);
            while left > 0 {
                match socket.read(&mut buffer).await? {
                    0 => break,
                    read => left = left.saturating_sub(read),
                }
            }
            io::Result::Ok(())
        };
        let _ = tokio::time::timeout(LINGER, drain).await;
    });
}

/// The status in `HTTP/1.1 400 …`.
fn status_of(response: &[u8]) -> Option<u16> {
    std::str::from_utf8(response.get(9..12)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests;
