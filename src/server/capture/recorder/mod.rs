//! Keeps each request's head byte for byte while the bytes pass to the parser, and knows where each message ends.
//!
//! A pure state machine: bytes in, heads and message ends out. It never holds bodies. It must agree with the parser
//! behind it on every message, which a differential test checks on random connections.

use bytes::Bytes;

use super::framing::{Chunks, Fields, Framing, Progress};

/// The longest head: what the parser holds before it answers 431 (`actix_http`, `h1::decoder::MAX_BUFFER_SIZE`).
pub(super) const MAX_HEAD: usize = 128 * 1024;

/// A complete head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RecordedHead {
    /// The request line and field lines as sent, with the empty line that ends them; empty lines before them are left
    /// out.
    pub(super) raw: Bytes,
    /// `Content-Length`, if it is there and valid.
    pub(super) declared: Option<u64>,
    /// How the body is delimited.
    pub(super) framing: Framing,
    /// How many field lines there are.
    pub(super) fields: usize,
}

/// Where in the connection's bytes the recorder is.
#[derive(Debug)]
enum State {
    /// In a head, or before it.
    Head,
    /// In a body of which that many bytes are to come.
    Length(u64),
    /// In a chunked body.
    Chunked(Chunks),
    /// In a tunnel: bytes without end.
    Tunnel,
    /// After something that the parser rejects or that breaks the rules: what follows has no meaning.
    Dead,
}

/// Where in the request line the recorder is: only a target is altered, see `sanitise`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Before,
    Method,
    Target,
    Done,
}

/// The recorder of one connection.
#[derive(Debug)]
pub(super) struct Recorder {
    state: State,
    /// What has arrived of an incomplete head.
    partial: Vec<u8>,
    /// Where in `partial` its last, incomplete line begins.
    line_start: usize,
    /// The length of the request line, once it is complete.
    request_line: Option<usize>,
    fields: Fields,
    line: Line,
    /// Bytes of empty lines skipped before this head.
    skipped: usize,
    head: Option<RecordedHead>,
    trailers: Vec<u8>,
}

impl Recorder {
    /// Before the first byte.
    pub(super) fn new() -> Self {
        Self {
            state: State::Head,
            partial: Vec::new(),
            line_start: 0,
            request_line: None,
            fields: Fields::default(),
            line: Line::Before,
            skipped: 0,
            head: None,
            trailers: Vec::new(),
        }
    }

    /// Takes the next bytes of the connection, up to the end of the current message at most.
    ///
    /// Bytes of method and target that senders use but the parser rejects are replaced in place. The original is
    /// recorded.
    pub(super) fn feed(&mut self, bytes: &mut [u8]) -> Progress {
        let mut at = 0;
        if matches!(self.state, State::Head) {
            match self.feed_head(bytes) {
                Some(end) => at = end,
                None => return Progress::Continues,
            }
        }
        let rest = &bytes[at..];
        let taken = match &mut self.state {
            // The head that was just completed has no body.
            State::Head => return Progress::Ended(at),
            State::Tunnel | State::Dead => return Progress::Continues,
            State::Length(left) => {
                let here = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
                *left -= here as u64;
                if *left > 0 { Progress::Continues } else { Progress::Ended(here) }
            }
            State::Chunked(chunks) => chunks.take(rest),
        };
        match taken {
            Progress::Continues => Progress::Continues,
            Progress::Ended(length) => {
                if let State::Chunked(chunks) = std::mem::replace(&mut self.state, State::Head) {
                    self.trailers = chunks.into_trailers();
                }
                Progress::Ended(at + length)
            }
            Progress::Broken(length) => {
                self.state = State::Dead;
                Progress::Broken(at + length)
            }
        }
    }

    /// How many more bytes may be fed without exceeding the longest head.
    pub(super) fn room(&self) -> usize {
        match self.state {
            State::Head => MAX_HEAD.saturating_sub(self.pending()).max(1),
            State::Length(left) => usize::try_from(left).unwrap_or(usize::MAX).saturating_add(MAX_HEAD),
            State::Chunked(_) => MAX_HEAD,
            State::Tunnel | State::Dead => usize::MAX,
        }
    }

    /// Takes the complete head out, once.
    pub(super) fn take_head(&mut self) -> Option<RecordedHead> {
        self.head.take()
    }

    /// Whether a complete head waits to be taken.
    pub(super) const fn has_head(&self) -> bool {
        self.head.is_some()
    }

    /// Takes the trailer section of the message that ended last.
    pub(super) fn take_trailers(&mut self) -> Bytes {
        std::mem::take(&mut self.trailers).into()
    }

    /// What has arrived of an incomplete head.
    pub(super) fn partial(&self) -> &[u8] {
        &self.partial
    }

    /// Bytes of the incomplete head, with the empty lines before it.
    pub(super) fn pending(&self) -> usize {
        self.partial.len() + self.skipped
    }

    /// Whether a message has begun and not ended.
    pub(super) fn is_inside(&self) -> bool {
        !matches!(self.state, State::Head) || self.pending() > 0
    }

    /// Takes bytes of a head; returns where in `bytes` it ends, if it does.
    fn feed_head(&mut self, bytes: &mut [u8]) -> Option<usize> {
        let start = if self.partial.is_empty() { self.skip_empty_lines(bytes)? } else { 0 };
        let whole = self.partial.is_empty();
        let end = if whole {
            self.scan(&bytes[start..]).map(|end| start + end)
        } else {
            let before = self.partial.len();
            let mut partial = std::mem::take(&mut self.partial);
            partial.extend_from_slice(bytes);
            let end = self.scan_from(&partial, before);
            self.partial = partial;
            end.map(|end| end - before)
        };
        let Some(end) = end else {
            if whole {
                self.partial.extend_from_slice(&bytes[start..]);
            }
            self.sanitise(&mut bytes[start..]);
            return None;
        };
        let raw = if whole {
            Bytes::copy_from_slice(&bytes[start..end])
        } else {
            self.partial.truncate(self.line_start);
            std::mem::take(&mut self.partial).into()
        };
        self.sanitise(&mut bytes[start..end]);
        self.complete(raw);
        Some(end)
    }

    /// Counts the empty lines before a request line, which the parser skips (RFC 9112, section 2.2). `None` when
    /// nothing else came.
    fn skip_empty_lines(&mut self, bytes: &[u8]) -> Option<usize> {
        let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.skipped += blank;
        (blank < bytes.len()).then_some(blank)
    }

    fn scan(&mut self, head: &[u8]) -> Option<usize> {
        self.line_start = 0;
        self.scan_from(head, 0)
    }

    /// Reads the complete lines of `head`, looking for line ends from `from` on; returns the end of the head, if it is
    /// there.
    fn scan_from(&mut self, head: &[u8], from: usize) -> Option<usize> {
        for found in memchr::memchr_iter(b'\n', &head[from..]) {
            let line_end = from + found;
            let line = &head[self.line_start..line_end];
            self.line_start = line_end + 1;
            if self.request_line.is_none() {
                self.request_line = Some(line.len());
            } else if line.is_empty() || line == b"\r" {
                return Some(line_end + 1);
            } else {
                self.fields.take(line);
            }
        }
        None
    }

    fn complete(&mut self, raw: Bytes) {
        let fields = std::mem::take(&mut self.fields);
        let framing = fields.framing(&raw[..self.request_line.take().unwrap_or(0)]);
        self.state = match framing {
            Framing::Empty => State::Head,
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Chunked(Chunks::new()),
            Framing::Tunnel => State::Tunnel,
            Framing::Rejected => State::Dead,
        };
        self.line_start = 0;
        self.line = Line::Before;
        self.skipped = 0;
        self.trailers = Vec::new();
        self.head = Some(RecordedHead { raw, declared: fields.length, framing, fields: fields.count });
    }

    /// Replaces what the parser rejects in a method and a target. `bytes` are the head's next ones.
    fn sanitise(&mut self, bytes: &mut [u8]) {
        let mut at = 0;
        if self.line == Line::Before {
            self.line = Line::Method;
        }
        if self.line == Line::Method {
            let end = memchr::memchr2(b' ', b'\n', bytes);
            let length = end.unwrap_or(bytes.len());
            for byte in &mut bytes[..length] {
                *byte = method_byte(*byte);
            }
            let Some(end) = end else { return };
            self.line = if bytes[end] == b' ' { Line::Target } else { Line::Done };
            at = end + 1;
        }
        if self.line == Line::Target {
            let rest = &mut bytes[at..];
            let length = match memchr::memchr3(b' ', b'\r', b'\n', rest) {
                Some(end) => {
                    self.line = Line::Done;
                    end
                }
                None => rest.len(),
            };
            for byte in &mut rest[..length] {
                if REJECTED[usize::from(*byte)] {
                    *byte = SUBSTITUTE;
                }
            }
        }
    }
}

/// Bytes that the parser rejects in a target (`http::Uri`, `httparse`) and that senders use all the same.
const REJECTED: [bool; 256] = {
    let mut rejected = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        rejected[byte] = byte >= 0x80;
        byte += 1;
    }
    (rejected[b'"' as usize], rejected[b'<' as usize]) = (true, true);
    (rejected[b'>' as usize], rejected[b'`' as usize]) = (true, true);
    rejected
};

/// The byte that the parser gets for a byte of a method: a token may contain these (RFC 9110, section 5.6.2), but
/// `http::Method` rejects them.
pub(super) const fn method_byte(byte: u8) -> u8 {
    if matches!(byte, b'#' | b'$' | b'%' | b'&' | b'\'') { SUBSTITUTE } else { byte }
}

/// What the parser sees in place of such a byte.
const SUBSTITUTE: u8 = b'_';

#[cfg(test)]
mod tests;
