//! A captured request as bytes that can be written to a socket.

use bytes::{Bytes, BytesMut};

use super::redact;
use crate::http::{Head, Headers, split_head};
use crate::model::{CapturedRequest, HeadSource};

/// How a body is delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// There is no body and no field about one.
    None,
    /// By its length.
    Length,
    /// By chunks, and trailer fields perhaps.
    Chunked,
}

impl Framing {
    /// As the sender delimited it.
    pub(super) fn of(request: &CapturedRequest) -> Self {
        let headers = request.head.headers();
        if is_chunked(&request.head, &headers) {
            Self::Chunked
        } else if headers.contains("content-length") || !request.body.is_empty() {
            Self::Length
        } else {
            Self::None
        }
    }
}

/// Whether the listener took the body as chunks (RFC 9112, section 7.1): what it rejects has no body.
fn is_chunked(head: &Head, headers: &Headers) -> bool {
    let mut codings = headers.all("transfer-encoding");
    let chunked = codings.next().is_some_and(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"chunked"));
    chunked && codings.next().is_none() && head.version() == "1.1" && !headers.contains("content-length")
}

/// The trailer fields, with credentials removed on demand.
pub(super) fn trailers(request: &CapturedRequest, redact: bool) -> Headers {
    // Read like field lines, which follow a request line.
    let trailers = redact::fields(&request.trailers, redact);
    Head::new([&b"T / HTTP/1.1\r\n"[..], &trailers, b"\r\n"].concat().into()).headers()
}

/// The parts of a message that differ from what the sender sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Normalised {
    /// The head is rebuilt from the parser's result.
    pub head: bool,
    /// The body is one chunk: where the sender's chunks ended is not kept.
    pub chunks: bool,
}

impl Normalised {
    /// The normalised parts of this request.
    #[must_use]
    pub(crate) fn of(request: &CapturedRequest) -> Self {
        Self {
            head: request.summary.head_source == HeadSource::Parsed,
            chunks: Framing::of(request) == Framing::Chunked,
        }
    }

    /// The words of the `Creel-Normalised` field; `None` for a message that is as it was sent, byte for byte.
    #[must_use]
    pub(crate) const fn words(self) -> Option<&'static str> {
        match (self.head, self.chunks) {
            (false, false) => None,
            (true, false) => Some("head"),
            (false, true) => Some("chunks"),
            (true, true) => Some("head, chunks"),
        }
    }
}

/// The message for a socket: head, body and trailers as sent. A chunked body is one chunk, since where the sender's
/// ended is not kept; one that broke off breaks off here.
#[must_use]
pub fn message(request: &CapturedRequest) -> Bytes {
    let head = request.head.raw();
    if Framing::of(request) == Framing::Chunked {
        return chunked(head, request, &request.trailers, request.summary.complete).into();
    }
    let mut all = BytesMut::with_capacity(head.len() + request.body.len());
    all.extend_from_slice(head);
    all.extend_from_slice(&request.body);
    all.freeze()
}

/// A complete message, with credentials removed on demand.
pub(super) fn whole(request: &CapturedRequest, redact: bool) -> Vec<u8> {
    let head = redact::head(request.head.raw(), redact);
    if Framing::of(request) == Framing::Chunked {
        return chunked(&head, request, &redact::fields(&request.trailers, redact), true);
    }
    let kept = request.summary.declared_size.is_none_or(|size| size == request.body.len() as u64);
    if kept { [&head, &request.body[..]].concat() } else { with_length(&head, &request.body) }
}

fn chunked(head: &[u8], request: &CapturedRequest, trailers: &[u8], ended: bool) -> Vec<u8> {
    let body = &request.body;
    let mut out = Vec::with_capacity(head.len() + body.len() + trailers.len() + 32);
    out.extend_from_slice(head);
    if !body.is_empty() {
        out.extend_from_slice(format!("{:x}\r\n", body.len()).as_bytes());
        out.extend_from_slice(body);
        out.extend_from_slice(b"\r\n");
    }
    if ended {
        out.extend_from_slice(b"0\r\n");
        out.extend_from_slice(trailers);
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// The head with the length of the received body in place of the declared one.
fn with_length(head: &[u8], body: &[u8]) -> Vec<u8> {
    let (first, fields) = split_head(head);
    let mut out = Vec::with_capacity(head.len() + body.len() + 32);
    out.extend_from_slice(&head[..first.end]);
    for field in fields {
        if !head[field.name].trim_ascii().eq_ignore_ascii_case(b"content-length") {
            out.extend_from_slice(&head[field.line]);
        }
    }
    out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    out.extend_from_slice(body);
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::request;
    use super::*;

    #[test]
    fn a_message_with_a_length_is_as_it_was_sent() {
        let head = b"post /b HTTP/1.1\r\nhOST:h\r\nContent-Length: 3\r\n\r\n";
        let request = request(head, b"\0\xff\n");
        assert_eq!(message(&request), [&head[..], b"\0\xff\n"].concat());
        assert_eq!(Normalised::of(&request).words(), None);
    }

    #[test]
    fn chunks_become_one_with_the_trailers_behind_it() {
        let head = b"POST /b HTTP/1.1\r\nTransfer-Encoding: Chunked\r\nTrailer: X\r\nA: 1\r\n\r\n";
        let mut request = request(head, &[b'a'; 20]);
        request.trailers = Bytes::from_static(b"X: 1\r\n");
        let body = [b'a'; 20];
        let wanted = [&head[..], b"14\r\n", &body, b"\r\n0\r\nX: 1\r\n\r\n"].concat();
        assert_eq!((message(&request), whole(&request, true)), (wanted.clone().into(), wanted.clone()));
        assert_eq!(Normalised::of(&request).words(), Some("chunks"));
        request.summary.complete = false;
        assert_eq!(message(&request), wanted[..wanted.len() - 11], "what broke off breaks off");
    }

    #[test]
    fn a_body_that_broke_off_gets_the_length_that_it_has() {
        let mut request = request(b"POST /b HTTP/1.1\r\nContent-Length: 9\r\n x\r\nA: 1\r\n\r\n", b"abc");
        request.summary.declared_size = Some(9);
        assert_eq!(whole(&request, true), b"POST /b HTTP/1.1\r\nA: 1\r\nContent-Length: 3\r\n\r\nabc");
    }

    #[test]
    fn what_the_listener_rejects_as_ambiguous_is_not_framed_anew() {
        for fields in [
            "Transfer-Encoding: chunked\r\nContent-Length: 3",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        ] {
            let head = format!("POST /b HTTP/1.1\r\n{fields}\r\n\r\n");
            assert_eq!(message(&request(head.as_bytes(), b"")), head.as_bytes(), "{fields}");
        }
    }
}
