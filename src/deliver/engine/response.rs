//! Reads a target's response: the head with `httparse`, the body by its framing (RFC 9112, section 6.3). All bounds
//! hold whatever the target sends.

use std::io;
use std::time::Instant;

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::http::text::clipped;
use crate::model::ReceivedResponse;

/// Bytes of a response's head; a longer one is malformed.
pub(super) const MAX_HEAD: usize = 64 << 10;
/// Bytes of a body that are kept.
pub(super) const MAX_KEPT: usize = 1 << 20;
/// Bytes of a body that are read: beyond this, waiting for the end is of no use.
pub(super) const MAX_READ: u64 = 64 << 20;
/// Interim responses (1xx) before the final one.
const MAX_INTERIM: usize = 16;
/// Bytes of a line that announces a chunk, and of a trailer section.
const MAX_CHUNK_LINE: usize = 4 << 10;
/// Bytes per read.
const READ: usize = 16 << 10;

/// Why there is no whole response.
#[derive(Debug)]
pub(super) enum ReadError {
    /// The connection broke.
    Io(io::Error),
    /// It ended too early.
    Cut,
    /// It is not HTTP; holds the error.
    Malformed(String),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        // A TLS connection that ends without `close_notify` has ended too.
        if error.kind() == io::ErrorKind::UnexpectedEof { Self::Cut } else { Self::Io(error) }
    }
}

fn malformed<T>(what: impl Into<String>) -> Result<T, ReadError> {
    Err(ReadError::Malformed(what.into()))
}

/// Where a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    None,
    Length(u64),
    Chunked,
    Close,
}

/// A response as far as it was read: kept outside the reading future, so that a time-out does not lose it.
#[derive(Debug, Default)]
pub(super) struct Reading {
    buffer: BytesMut,
    head: Option<(u16, Bytes)>,
    body: BytesMut,
    body_size: u64,
    /// When the first byte came; `None` when none did.
    pub first_byte: Option<Instant>,
}

impl Reading {
    /// What was read; `None` without a complete head.
    pub(super) fn into_response(self) -> Option<ReceivedResponse> {
        let (status, head) = self.head?;
        let body_cut = self.body_size > self.body.len() as u64;
        Some(ReceivedResponse { status, head, body: self.body.freeze(), body_size: self.body_size, body_cut })
    }

    /// Reads a response to its end; `to_head` says that it answers a HEAD request.
    pub(super) async fn read<R: AsyncRead + Unpin>(&mut self, stream: &mut R, to_head: bool) -> Result<(), ReadError> {
        let mut framing = self.head(stream, to_head).await?;
        let mut interim = 0;
        // 101 is final: Creel asked for no switch, and what follows would not be HTTP.
        while self.head.as_ref().is_some_and(|(status, _)| *status < 200 && *status != 101) {
            interim += 1;
            if interim > MAX_INTERIM {
                return malformed(format!("more than {MAX_INTERIM} interim responses"));
            }
            self.head = None;
            framing = self.head(stream, to_head).await?;
        }
        match framing {
            Framing::None => Ok(()),
            Framing::Length(length) => self.exactly(stream, length).await,
            Framing::Chunked => self.chunks(stream).await,
            Framing::Close => self.until_closed(stream).await,
        }
    }

    /// Reads more; an end is an error.
    async fn fill<R: AsyncRead + Unpin>(&mut self, stream: &mut R) -> Result<(), ReadError> {
        self.buffer.reserve(READ);
        if stream.read_buf(&mut self.buffer).await? == 0 {
            return Err(ReadError::Cut);
        }
        self.first_byte.get_or_insert_with(Instant::now);
        Ok(())
    }

    /// Reads one head, interim (1xx) or final; its bytes leave the buffer.
    async fn head<R: AsyncRead + Unpin>(&mut self, stream: &mut R, to_head: bool) -> Result<Framing, ReadError> {
        let mut looked_at = 0;
        let end = loop {
            if let Some(end) = end_of_head(&self.buffer, looked_at) {
                break end;
            }
            if self.buffer.len() > MAX_HEAD {
                return malformed(format!("the head is over {} KiB", MAX_HEAD >> 10));
            }
            if !could_be_http(&self.buffer) {
                return malformed("it does not start with HTTP/1");
            }
            // The end of the head may begin in bytes that were already searched.
            looked_at = self.buffer.len().saturating_sub(3);
            self.fill(stream).await?;
        };
        if end > MAX_HEAD {
            return malformed(format!("the head is over {} KiB", MAX_HEAD >> 10));
        }
        let head = self.buffer.split_to(end).freeze();
        let (status, framing) = parse(&head, to_head)?;
        self.head = Some((status, head));
        Ok(framing)
    }

    async fn exactly<R: AsyncRead + Unpin>(&mut self, stream: &mut R, length: u64) -> Result<(), ReadError> {
        let mut left = length;
        while left > 0 && self.body_size < MAX_READ {
            if self.buffer.is_empty() {
                self.fill(stream).await?;
            }
            left -= self.take(left);
        }
        Ok(())
    }

    async fn until_closed<R: AsyncRead + Unpin>(&mut self, stream: &mut R) -> Result<(), ReadError> {
        while self.body_size < MAX_READ {
            self.take(u64::MAX);
            match self.fill(stream).await {
                Ok(()) => {}
                Err(ReadError::Cut) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn chunks<R: AsyncRead + Unpin>(&mut self, stream: &mut R) -> Result<(), ReadError> {
        while self.body_size < MAX_READ {
            let line = self.line(stream).await?;
            let Some(size) = chunk_size(&line) else { return malformed("a chunk has no size") };
            if size == 0 {
                return self.trailers(stream).await;
            }
            self.exactly(stream, size).await?;
            if self.body_size < MAX_READ && !self.line(stream).await?.is_empty() {
                return malformed("a chunk is longer than it says");
            }
        }
        Ok(())
    }

    /// Skips the trailers; their size counts like a head's.
    async fn trailers<R: AsyncRead + Unpin>(&mut self, stream: &mut R) -> Result<(), ReadError> {
        let mut read = 0;
        loop {
            let line = self.line(stream).await?;
            read += line.len();
            if line.is_empty() {
                return Ok(());
            }
            if read > MAX_HEAD {
                return malformed("the trailers are too long");
            }
        }
    }

    /// A line without its end.
    async fn line<R: AsyncRead + Unpin>(&mut self, stream: &mut R) -> Result<Bytes, ReadError> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.buffer) {
                let mut line = self.buffer.split_to(end + 1).freeze();
                line.truncate(if line.ends_with(b"\r\n") { end - 1 } else { end });
                return Ok(line);
            }
            if self.buffer.len() > MAX_CHUNK_LINE {
                return malformed("a line of the chunked body is too long");
            }
            self.fill(stream).await?;
        }
    }

    /// Moves up to `most` bytes of the buffer to the body.
    fn take(&mut self, most: u64) -> u64 {
        let count = usize::try_from(most).unwrap_or(usize::MAX).min(self.buffer.len());
        let kept = count.min(MAX_KEPT - self.body.len());
        self.body.extend_from_slice(&self.buffer[..kept]);
        self.buffer.advance(count);
        self.body_size += count as u64;
        count as u64
    }
}

/// Where the head ends, including its empty line; line ends may be bare LF.
fn end_of_head(buffer: &[u8], from: usize) -> Option<usize> {
    memchr::memchr_iter(b'\n', &buffer[from..]).find_map(|at| match &buffer[from + at + 1..] {
        [b'\n', ..] => Some(from + at + 2),
        [b'\r', b'\n', ..] => Some(from + at + 3),
        _ => None,
    })
}

/// Whether this may still become a response; a target of another protocol is given up at once.
fn could_be_http(buffer: &[u8]) -> bool {
    let start = buffer.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(buffer.len());
    let text = &buffer[start..];
    text.len() >= b"HTTP/1.".len() && text.starts_with(b"HTTP/1.") || b"HTTP/1.".starts_with(text)
}

fn parse(head: &[u8], to_head: bool) -> Result<(u16, Framing), ReadError> {
    let lines = memchr::memchr_iter(b'\n', head).count();
    let mut fields = vec![httparse::EMPTY_HEADER; lines + 1];
    let mut response = httparse::Response::new(&mut fields);
    // Lenient, because the response must be readable to be shown: only what changes the message's meaning is refused.
    let parsed = httparse::ParserConfig::default()
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_multiple_spaces_in_response_status_delimiters(true)
        .ignore_invalid_headers_in_responses(true)
        .parse_response(&mut response, head);
    match parsed {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return malformed("the head is not whole"),
        Err(error) => return malformed(error.to_string()),
    }
    let Some(status) = response.code else { return malformed("there is no status") };
    if !(100..1_000).contains(&status) {
        return malformed(format!("{status} is no status"));
    }
    if to_head || status < 200 || status == 204 || status == 304 {
        return Ok((status, Framing::None));
    }
    Ok((status, framing(response.headers)?))
}

fn framing(fields: &[httparse::Header<'_>]) -> Result<Framing, ReadError> {
    let values = |name: &'static str| {
        let of_name = move |field: &&httparse::Header<'_>| field.name.eq_ignore_ascii_case(name);
        fields.iter().filter(of_name).flat_map(|field| field.value.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii)
    };
    if let Some(last) = values("transfer-encoding").next_back() {
        return Ok(if last.eq_ignore_ascii_case(b"chunked") { Framing::Chunked } else { Framing::Close });
    }
    let mut length = None;
    for value in values("content-length") {
        let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
        let Some(number) = std::str::from_utf8(value).ok().filter(|_| digits).and_then(|text| text.parse().ok()) else {
            // The target's text in Creel's sentence: short, and without control characters.
            return malformed(format!("Content-Length is '{}'", clipped(&value.escape_ascii().to_string(), 40)));
        };
        if length.is_some_and(|length| length != number) {
            return malformed("it has two lengths");
        }
        length = Some(number);
    }
    Ok(length.map_or(Framing::Close, Framing::Length))
}

/// The size that a chunk's line says; extensions are ignored.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = &line[..memchr::memchr(b';', line).unwrap_or(line.len())];
    let digits = std::str::from_utf8(digits.trim_ascii()).ok()?;
    // `from_str_radix` would accept a sign.
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u64::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    async fn read_in(parts: &[&[u8]], to_head: bool) -> (Result<(), ReadError>, Reading) {
        let mut stream = Parts(parts.iter().copied().filter(|part| !part.is_empty()).collect());
        let mut reading = Reading::default();
        let result = reading.read(&mut stream, to_head).await;
        (result, reading)
    }

    /// A stream that gives these parts one by one, then ends.
    struct Parts<'a>(std::collections::VecDeque<&'a [u8]>);

    impl AsyncRead for Parts<'_> {
        fn poll_read(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            buffer: &mut tokio::io::ReadBuf<'_>,
        ) -> std::task::Poll<io::Result<()>> {
            if let Some(part) = self.0.pop_front() {
                let (now, later) = part.split_at(part.len().min(buffer.remaining()));
                buffer.put_slice(now);
                if !later.is_empty() {
                    self.0.push_front(later);
                }
            }
            std::task::Poll::Ready(Ok(()))
        }
    }

    async fn whole(raw: &[u8], to_head: bool) -> ReceivedResponse {
        let (result, reading) = read_in(&[raw], to_head).await;
        result.unwrap_or_else(|error| panic!("{error:?}: {}", raw.escape_ascii()));
        reading.into_response().unwrap()
    }

    #[tokio::test]
    async fn a_body_ends_where_its_framing_says() {
        for (raw, status, body) in [
            (&b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokmore"[..], 200, &b"ok"[..]),
            (b"HTTP/1.0 200 OK\r\n\r\nto the end", 200, b"to the end"),
            (b"HTTP/1.1 200\r\n\r\n", 200, b""),
            (b"HTTP/1.1 200 OK\nContent-Length: 1\n\nx", 200, b"x"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nT: 1\r\n\r\n", 200, b"abc"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 99\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n", 200, b"0123456789"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nraw", 200, b"raw"),
            (b"HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\nhello", 204, b""),
            (b"HTTP/1.1 304 No\r\nContent-Length: 5\r\n\r\n", 304, b""),
            (b"HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\ny", 200, b"y"),
            (b"HTTP/1.1 101 S\r\n\r\nwhatever", 101, b""),
            (b"HTTP/1.1 299 Odd\r\nContent-Length: 3, 3\r\nContent-Length: 3\r\n\r\nabc", 299, b"abc"),
        ] {
            let response = whole(raw, false).await;
            assert_eq!((response.status, &response.body[..], response.body_cut), (status, body, false), "{}", raw.escape_ascii());
        }
        let to_head = whole(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true).await;
        assert_eq!((to_head.status, to_head.body_size), (200, 0));
    }

    #[tokio::test]
    async fn a_targets_text_in_a_sentence_is_short_and_without_control_characters() {
        let value = [&b"\xc2\x9b31m\xe2\x80\xae"[..], &b"9x".repeat(5_000)].concat();
        let raw = [&b"HTTP/1.1 200 OK\r\nContent-Length: "[..], &value, b"\r\n\r\n"].concat();
        let plain = [&b"HTTP/1.1 200 OK\r\nContent-Length: "[..], &b"9x".repeat(5_000), b"\r\n\r\n"].concat();
        for raw in [raw, plain] {
            let (result, _) = read_in(&[&raw], false).await;
            let Err(ReadError::Malformed(sentence)) = result else { panic!("{result:?}") };
            assert!(sentence.len() < 120, "{} bytes", sentence.len());
            assert!(sentence.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{sentence:?}");
        }
    }

    #[tokio::test]
    async fn what_ends_too_early_is_cut_and_what_is_no_http_is_malformed() {
        for raw in [
            &b""[..],
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            b"HTTP/1.1 100 C\r\n\r\n",
        ] {
            let (result, _) = read_in(&[raw], false).await;
            assert!(matches!(result, Err(ReadError::Cut)), "{result:?} {}", raw.escape_ascii());
        }
        let long = [&b"HTTP/1.1 200 OK\r\nX: "[..], &vec![b'x'; MAX_HEAD], b"\r\n\r\n"].concat();
        for raw in [
            &b"SSH-2.0-OpenSSH\r\n"[..],
            b"HTTP/2 200\r\n\r\n",
            b"HTTP/1.1 abc\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
            &b"HTTP/1.1 100 C\r\n\r\n".repeat(20),
            &long,
        ] {
            let (result, _) = read_in(&[raw], false).await;
            assert!(
                matches!(result, Err(ReadError::Malformed(_))),
                "{result:?} {}",
                raw[..raw.len().min(80)].escape_ascii()
            );
        }
    }

    #[tokio::test]
    async fn a_head_of_nearly_64_kib_is_read_and_a_large_body_is_kept_in_part() {
        let start = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n";
        let fields = b"A: 1\r\n".repeat((MAX_HEAD - start.len() - 2) / 6);
        let response = whole(&[&start[..], &fields, b"\r\nok"].concat(), false).await;
        assert_eq!((response.head.len() > MAX_HEAD - 8, &response.body[..]), (true, &b"ok"[..]));
        let body = vec![b'x'; MAX_KEPT + 10];
        let raw = [format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(), &body].concat();
        let parts: Vec<&[u8]> = raw.chunks(READ).collect();
        let (result, reading) = read_in(&parts, false).await;
        result.unwrap();
        let response = reading.into_response().unwrap();
        assert_eq!((response.body.len(), response.body_size, response.body_cut), (MAX_KEPT, body.len() as u64, true));
    }

    proptest! {
        #[test]
        fn a_response_reads_the_same_in_any_pieces(
            body in prop::collection::vec(any::<u8>(), 0..200),
            sizes in prop::collection::vec(1_usize..40, 1..8),
            chunked: bool,
            piece in 1_usize..50,
        ) {
            let mut raw = b"HTTP/1.1 200 OK\r\nX-A: b\r\n".to_vec();
            if chunked {
                raw.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
                let (mut rest, mut sizes) = (&body[..], sizes.iter().cycle());
                while !rest.is_empty() {
                    let (chunk, after) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
                    raw.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                    raw.extend_from_slice(chunk);
                    raw.extend_from_slice(b"\r\n");
                    rest = after;
                }
                raw.extend_from_slice(b"0\r\n\r\n");
            } else {
                raw.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
                raw.extend_from_slice(&body);
            }
            let parts: Vec<&[u8]> = raw.chunks(piece).collect();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let (result, reading) = runtime.block_on(read_in(&parts, false));
            prop_assert!(result.is_ok());
            prop_assert_eq!(&reading.into_response().unwrap().body[..], &body[..]);
        }

        #[test]
        fn any_bytes_are_read_or_refused(raw in prop::collection::vec(any::<u8>(), 0..300), prefix: bool) {
            let raw = if prefix { [&b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"[..], &raw].concat() } else { raw };
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let _ = runtime.block_on(read_in(&[&raw], false));
        }
    }
}
