//! The head of a request: the exact bytes, and what can be read out of them.

use bytes::Bytes;

use super::{Headers, Target};

/// The request line and field lines exactly as received, with the empty line that ends them.
///
/// Reading is lenient: the head of a refused request is kept as well, and must still be shown.
/// Line ends may be CRLF or bare LF; what cannot be read as a field becomes one with an empty name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    raw: Bytes,
}

impl Head {
    /// Wraps the bytes of a head. Nothing is checked or copied.
    #[must_use]
    pub const fn new(raw: Bytes) -> Self {
        Self { raw }
    }

    /// The exact bytes.
    #[must_use]
    pub const fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// The three parts of the request line; missing ones are empty.
    /// The target is all that stands between the first and the last space, so that a target with a space stays whole.
    fn request_line(&self) -> (Bytes, Bytes, Bytes) {
        let Some(line) = self.lines().next() else {
            return Default::default();
        };
        let Some(method_end) = memchr::memchr(b' ', &line) else {
            return (line, Bytes::new(), Bytes::new());
        };
        let method = line.slice(..method_end);
        let rest = line.slice(method_end + 1..);
        match memchr::memrchr(b' ', &rest) {
            Some(end) if rest[end + 1..].starts_with(b"HTTP/") => (method, rest.slice(..end), rest.slice(end + 1..)),
            _ => (method, rest, Bytes::new()),
        }
    }

    /// The method as sent; any token, in its own case.
    #[must_use]
    pub fn method(&self) -> String {
        String::from_utf8_lossy(&self.request_line().0).into_owned()
    }

    /// The request target as sent.
    #[must_use]
    pub fn target(&self) -> Target {
        Target::new(self.request_line().1)
    }

    /// The version as sent, without `HTTP/`: `1.1`, `1.0`; empty when the request line has none.
    #[must_use]
    pub fn version(&self) -> String {
        let version = self.request_line().2;
        String::from_utf8_lossy(version.strip_prefix(b"HTTP/").unwrap_or(&version)).into_owned()
    }

    /// The header fields in wire order, sharing the head's memory.
    #[must_use]
    pub fn headers(&self) -> Headers {
        let mut headers = Headers::new();
        for line in self.lines().skip(1) {
            let (name, value) = match memchr::memchr(b':', &line) {
                Some(colon) => (line.slice(..colon), line.slice(colon + 1..)),
                None => (Bytes::new(), line),
            };
            let (start, end) = trimmed(&value);
            headers.push(name, value.slice(start..end));
        }
        headers
    }

    /// The lines up to the empty one, without their ends. Empty lines before the request line are skipped (RFC 9112, section 2.2).
    fn lines(&self) -> impl Iterator<Item = Bytes> + '_ {
        let mut at = 0;
        while matches!(self.raw.get(at), Some(b'\r' | b'\n')) {
            at += 1;
        }
        std::iter::from_fn(move || {
            let rest = self.raw.get(at..).filter(|rest| !rest.is_empty())?;
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let start = at;
            at += length + 1;
            let line = self.raw.slice(start..start + length);
            Some(if line.ends_with(b"\r") { line.slice(..line.len() - 1) } else { line })
        })
        .take_while(|line| !line.is_empty())
    }
}

/// The range of a field value without optional white space around it (RFC 9110, section 5.5: spaces and tabs only).
fn trimmed(value: &[u8]) -> (usize, usize) {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = value.iter().position(|byte| !blank(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
    (start, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(raw: &'static [u8]) -> Head {
        Head::new(Bytes::from_static(raw))
    }

    #[test]
    fn parts_of_a_usual_head() {
        let head = head(b"POST /bin/a?x=1 HTTP/1.1\r\nHost: h\r\nX-Odd:  two  words \r\nx-odd:again\r\n\r\n");
        assert_eq!((head.method().as_str(), head.version().as_str()), ("POST", "1.1"));
        assert_eq!(head.target().raw(), "/bin/a?x=1".as_bytes());
        let headers = head.headers();
        assert_eq!(headers.all("x-odd").map(|v| &v[..]).collect::<Vec<_>>(), [&b"two  words"[..], b"again"]);
    }

    #[test]
    fn bare_line_feeds_missing_versions_and_lines_without_colon_are_still_shown() {
        let head = head(b"\r\nGET /a b\nnonsense\nA: 1\n\nleft over");
        assert_eq!(head.target().raw(), "/a b".as_bytes());
        assert_eq!(head.version(), "");
        let headers = head.headers();
        assert_eq!(headers.len(), 2);
        assert_eq!(headers.get_str(""), Some("nonsense"));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_can_be_read(raw: Vec<u8>) {
            let head = Head::new(raw.into());
            let _ = (head.method(), head.version(), head.headers(), head.target().path_below_bin());
        }
    }
}
