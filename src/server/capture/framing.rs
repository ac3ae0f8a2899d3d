//! How a message's body is delimited, by the same rules as the parser (`actix_http` 3.20, `h1::decoder`).
//!
//! Bytes after a head that the parser rejects do not matter: they are not read.

/// What comes between a head and the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// Nothing.
    Empty,
    /// That many bytes; never 0.
    Length(u64),
    /// Chunks and trailers.
    Chunked,
    /// The rest of the connection: the parser treats `Upgrade: websocket` and `CONNECT` as the start of a tunnel.
    Tunnel,
    /// The parser rejects this head.
    Rejected,
}

/// What the field lines say about the body, gathered line by line.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Fields {
    /// Field lines seen.
    pub(super) count: usize,
    /// `Content-Length`, if there is a valid one.
    pub(super) length: Option<u64>,
    chunked: bool,
    websocket: bool,
    rejected: bool,
}

impl Fields {
    /// Takes in a field line, with or without its line end.
    pub(super) fn take(&mut self, line: &[u8]) {
        self.count += 1;
        // The first letter rules out nearly every line.
        match line.first() {
            Some(b'C' | b'c') => {
                if let Some(value) = value_of(line, b"content-length") {
                    self.take_length(value);
                }
            }
            Some(b'T' | b't') => {
                if let Some(value) = value_of(line, b"transfer-encoding") {
                    self.rejected |= self.chunked || !value.eq_ignore_ascii_case(b"chunked");
                    self.chunked = true;
                }
            }
            Some(b'U' | b'u') => {
                if let Some(value) = value_of(line, b"upgrade") {
                    self.websocket |= value.eq_ignore_ascii_case(b"websocket");
                }
            }
            _ => {}
        }
    }

    fn take_length(&mut self, value: &[u8]) {
        let length =
            std::str::from_utf8(value).ok().filter(|text| !text.starts_with('+')).and_then(|text| text.parse().ok());
        self.rejected |= self.length.is_some() || length.is_none();
        self.length = length;
    }

    /// How the body is delimited, given the request line.
    pub(super) fn framing(&self, request_line: &[u8]) -> Framing {
        let http_10 = request_line.trim_ascii_end().ends_with(b"HTTP/1.0");
        if self.rejected || self.chunked && (http_10 || self.length.is_some()) {
            return Framing::Rejected;
        }
        if self.chunked {
            return Framing::Chunked;
        }
        if self.websocket {
            return Framing::Tunnel;
        }
        match self.length {
            Some(length) if length > 0 => Framing::Length(length),
            None if http_10 && request_line.starts_with(b"POST ") => Framing::Rejected,
            Some(_) | None if request_line.starts_with(b"CONNECT ") => Framing::Tunnel,
            Some(_) | None => Framing::Empty,
        }
    }
}

/// The value of a field line, if its name is `name` (in lower case).
fn value_of<'l>(line: &'l [u8], name: &[u8]) -> Option<&'l [u8]> {
    let (start, rest) = line.split_at_checked(name.len())?;
    let value = rest.strip_prefix(b":")?;
    start.eq_ignore_ascii_case(name).then(|| value.trim_ascii())
}

/// The position in the chunked coding; the steps are the parser's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    SizeFirst,
    SizeRest,
    SizeBlank,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    Trailer,
    TrailerLf,
    EndCr,
    EndLf,
}

/// The longest trailer section; a longer one counts as a violation. Trailers carry a checksum or a signature.
const MAX_TRAILERS: usize = 16 * 1024;

/// Follows the chunked coding through the pieces in which it arrives, and keeps the trailer section.
#[derive(Debug)]
pub(super) struct Chunks {
    step: Step,
    left: u64,
    trailers: Vec<u8>,
}

/// The state of the current message after a piece of the connection's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// The whole piece belongs to this message, which continues.
    Continues,
    /// The message ended after that many bytes.
    Ended(usize),
    /// The byte at this offset violates the framing.
    Broken(usize),
}

impl Chunks {
    /// Before the first chunk.
    pub(super) const fn new() -> Self {
        Self { step: Step::SizeFirst, left: 0, trailers: Vec::new() }
    }

    /// The trailer section as sent, without the empty line that ends it.
    pub(super) fn into_trailers(self) -> Vec<u8> {
        self.trailers
    }

    /// Follows one piece.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Progress {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.step == Step::Data {
                let here = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len() - at);
                self.left -= here as u64;
                at += here;
                if self.left == 0 {
                    self.step = Step::DataCr;
                }
                continue;
            }
            if self.step == Step::EndLf && byte == b'\n' {
                return Progress::Ended(at + 1);
            }
            match self.next(byte) {
                Some(step) => self.step = step,
                None => return Progress::Broken(at),
            }
            at += 1;
        }
        Progress::Continues
    }

    /// The step after `byte`; `None` where the parser gives up.
    fn next(&mut self, byte: u8) -> Option<Step> {
        match (self.step, byte) {
            (Step::SizeFirst, digit) => {
                self.left = hex_digit(digit)?;
                Some(Step::SizeRest)
            }
            (Step::SizeRest | Step::SizeBlank, b'\t' | b' ') => Some(Step::SizeBlank),
            (Step::SizeRest | Step::SizeBlank, b';') => Some(Step::Extension),
            (Step::SizeRest | Step::SizeBlank | Step::Extension, b'\r') => Some(Step::SizeLf),
            (Step::SizeRest, digit) => {
                self.left = self.left.checked_mul(16)? + hex_digit(digit)?;
                Some(Step::SizeRest)
            }
            (Step::Extension, 0x00..=0x08 | 0x0a..=0x1f | 0x7f) => None,
            (Step::Extension, _) => Some(Step::Extension),
            (Step::SizeLf, b'\n') => Some(if self.left > 0 { Step::Data } else { Step::EndCr }),
            (Step::DataCr, b'\r') => Some(Step::DataLf),
            (Step::DataLf, b'\n') => Some(Step::SizeFirst),
            (Step::EndCr, b'\r') => Some(Step::EndLf),
            (Step::EndCr | Step::Trailer | Step::TrailerLf, _) => self.next_of_trailer(byte),
            (Step::SizeBlank | Step::SizeLf | Step::DataCr | Step::DataLf | Step::EndLf | Step::Data, _) => None,
        }
    }

    fn next_of_trailer(&mut self, byte: u8) -> Option<Step> {
        if self.trailers.len() >= MAX_TRAILERS {
            return None;
        }
        self.trailers.push(byte);
        match (self.step, byte) {
            (Step::TrailerLf, b'\n') => Some(Step::EndCr),
            (Step::TrailerLf, _) => None,
            (Step::Trailer, b'\r') => Some(Step::TrailerLf),
            _ => Some(Step::Trailer),
        }
    }
}

fn hex_digit(byte: u8) -> Option<u64> {
    char::from(byte).to_digit(16).map(u64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framing(request_line: &[u8], fields: &[&[u8]]) -> Framing {
        let mut seen = Fields::default();
        for field in fields {
            seen.take(field);
        }
        seen.framing(request_line)
    }

    #[test]
    fn the_body_is_delimited_by_the_rules_of_rfc_9112_section_6_and_what_is_ambiguous_is_rejected() {
        let post: &[u8] = b"POST /b HTTP/1.1\r";
        for (fields, expected) in [
            (&[][..], Framing::Empty),
            (&[&b"content-LENGTH:\t12 \r"[..]], Framing::Length(12)),
            (&[b"Content-Length: 0"], Framing::Empty),
            (&[b"Content-Length: +1"], Framing::Rejected),
            (&[b"Content-Length: -1"], Framing::Rejected),
            (&[b"Content-Length: 0x1"], Framing::Rejected),
            (&[b"Content-Length: 1, 1"], Framing::Rejected),
            (&[b"Content-Length: 99999999999999999999"], Framing::Rejected),
            (&[b"Content-Length: 1", b"content-length: 1"], Framing::Rejected),
            (&[b"Transfer-Encoding: Chunked"], Framing::Chunked),
            (&[b"Transfer-Encoding: gzip, chunked"], Framing::Rejected),
            (&[b"Transfer-Encoding: identity"], Framing::Rejected),
            (&[b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"], Framing::Rejected),
            (&[b"Transfer-Encoding: chunked", b"Content-Length: 3"], Framing::Rejected),
            (&[b"Upgrade: WebSocket", b"Content-Length: 3"], Framing::Tunnel),
            (&[b"Upgrade: h2c", b"Content-Length: 3"], Framing::Length(3)),
            (&[b"Content-Lengths: 3"], Framing::Empty),
        ] {
            assert_eq!(framing(post, fields), expected, "{fields:?}");
        }
        assert_eq!(framing(b"POST /b HTTP/1.0", &[]), Framing::Rejected);
        assert_eq!(framing(b"PUT /b HTTP/1.0", &[]), Framing::Empty);
        assert_eq!(framing(b"PUT /b HTTP/1.0", &[b"Transfer-Encoding: chunked"]), Framing::Rejected);
        assert_eq!(framing(b"CONNECT h:1 HTTP/1.1", &[]), Framing::Tunnel);
        assert_eq!(framing(b"CONNECT h:1 HTTP/1.1", &[b"Content-Length: 2"]), Framing::Length(2));
    }

    #[test]
    fn chunks_end_where_they_end_and_leave_their_trailers() {
        let wire = b"4;ext=\"v\"\r\nab\r\n\r\n1 \r\nX\r\n000\r\nX-Sum: 1\r\nY: 2\r\n\r\nGET /";
        let end = wire.len() - 5;
        let mut at_once = Chunks::new();
        assert_eq!(at_once.take(wire), Progress::Ended(end));
        assert_eq!(at_once.into_trailers(), b"X-Sum: 1\r\nY: 2\r\n");
        let mut bytewise = Chunks::new();
        for (place, byte) in wire[..end].iter().enumerate() {
            let expected = if place + 1 == end { Progress::Ended(1) } else { Progress::Continues };
            assert_eq!(bytewise.take(&[*byte]), expected, "{place}");
        }
        assert_eq!(bytewise.into_trailers(), b"X-Sum: 1\r\nY: 2\r\n");
    }

    #[test]
    fn broken_chunks_are_told_at_the_byte_that_breaks_them() {
        for (wire, place) in [
            (&b"\r\n"[..], 0),
            (b"-1\r\n", 0),
            (b"1x", 1),
            (b"1\n", 1),
            (b"1 2\r\n", 2),
            (b"1;a\nb", 3),
            (b"2\r\nabc", 5),
            (b"2\r\nab\n", 5),
            (b"ffffffffffffffff0", 16),
            (b"0\r\n\r\r", 4),
        ] {
            assert_eq!(Chunks::new().take(wire), Progress::Broken(place), "{}", wire.escape_ascii());
        }
        let mut endless = Chunks::new();
        assert_eq!(endless.take(b"0\r\n"), Progress::Continues);
        assert!(matches!(endless.take(&vec![b'a'; 2 * MAX_TRAILERS]), Progress::Broken(_)));
    }
}
