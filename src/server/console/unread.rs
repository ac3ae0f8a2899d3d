//! The response to input that is not HTTP: the parser answers with an empty 400, and no handler sees the request. A
//! user who writes `?q=size:>10k` without encoding needs an explanation, so the empty response is replaced on its way
//! out.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::rt::net::TcpStream;
use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::problem::{Code, Problem};

/// How the parser's own response begins.
const BAD_REQUEST: &[u8] = b"HTTP/1.1 400 Bad Request\r\n";
/// Tells the parser's response from the console's own, whose problems all have a body.
const EMPTY: &[u8] = b"\r\ncontent-length: 0\r\n";

/// A connection of the console.
pub(super) struct Explaining {
    socket: TcpStream,
    /// The rest of the replacement response, and the length of the parser's.
    instead: Option<(Bytes, usize)>,
}

impl Explaining {
    pub(super) const fn new(socket: TcpStream) -> Self {
        Self { socket, instead: None }
    }
}

/// The whole response: the problem and its solution.
fn response() -> Bytes {
    let detail = "This cannot be read as HTTP. In a URL, spaces and characters such as < > \" must be percent-encoded; \
                  curl does it with -G --data-urlencode 'q=size:>10k'.";
    let body = Problem::new(Code::InvalidQuery, detail).body().to_string();
    let length = body.len();
    Bytes::from(format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\ncontent-length: {length}\r\n\
         x-content-type-options: nosniff\r\ncache-control: no-store\r\nconnection: close\r\n\r\n{body}"
    ))
}

fn is_empty_refusal(written: &[u8]) -> bool {
    written.starts_with(BAD_REQUEST) && memchr::memmem::find(written, EMPTY).is_some()
}

impl AsyncRead for Explaining {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(context, into)
    }
}

impl AsyncWrite for Explaining {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, written: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.instead.is_none() && is_empty_refusal(written) {
            this.instead = Some((response(), written.len()));
        }
        let Some((rest, length)) = &mut this.instead else {
            return Pin::new(&mut this.socket).poll_write(context, written);
        };
        while !rest.is_empty() {
            let count = ready!(Pin::new(&mut this.socket).poll_write(context, rest))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            rest.advance(count);
        }
        let length = *length;
        this.instead = None;
        Poll::Ready(Ok(length))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
