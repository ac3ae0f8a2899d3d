//! The head of a request: the exact bytes, and its parts.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;

use super::text::lossy;
use super::{HeadScan, Headers, Target};

/// The request line and field lines exactly as received, with the empty line that ends them.
///
/// Reading is lenient: the head of a rejected request is kept as well, and must still be shown.
/// Line ends may be CRLF or bare LF; what cannot be read as a field becomes one with an empty name.
#[derive(Debug, Clone, Default)]
pub struct Head {
    raw: Bytes,
    /// The places of the request line's parts: read several times per request, found once.
    method: Range<usize>,
    target: Range<usize>,
    version: Range<usize>,
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

impl Eq for Head {}

impl Head {
    /// Wraps the bytes of a head. Nothing is refused or copied.
    #[must_use]
    pub fn new(raw: Bytes) -> Self {
        let line = HeadScan::new(&raw).request_line();
        let (method, target, version) =
            (place_of(&raw, line.method), place_of(&raw, line.target), place_of(&raw, line.version));
        Self { raw, method, target, version }
    }

    /// The exact bytes, with the empty line at the end if that arrived.
    #[must_use]
    pub const fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// The same bytes, to be read in place.
    #[must_use]
    pub fn scan(&self) -> HeadScan<'_> {
        HeadScan::new(&self.raw)
    }

    /// The method as sent; any token, in its own case.
    #[must_use]
    pub fn method(&self) -> Cow<'_, str> {
        lossy(&self.raw[self.method.clone()])
    }

    /// The request target as sent: everything between method and version, so that a target with a space stays whole;
    /// without the blanks around it.
    #[must_use]
    pub fn target(&self) -> Target {
        Target::new(self.raw.slice(self.target.clone()))
    }

    /// The version as sent, without `HTTP/`: `1.1`, `1.0`; empty when the request line has none.
    #[must_use]
    pub fn version(&self) -> Cow<'_, str> {
        lossy(&self.raw[self.version.clone()])
    }

    /// The header fields in wire order, sharing the head's memory.
    #[must_use]
    pub fn headers(&self) -> Headers {
        let shared = |part: &[u8]| self.raw.slice(place_of(&self.raw, part));
        self.scan().fields().map(|(name, value)| (shared(name), shared(value))).collect()
    }
}

/// The place of `part`, a piece of `whole`, in it.
fn place_of(whole: &[u8], part: &[u8]) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(whole.as_ptr().addr());
    // An empty part may be one from elsewhere.
    if start + part.len() > whole.len() { 0..0 } else { start..start + part.len() }
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
        assert_eq!((&*head.method(), &*head.version()), ("POST", "1.1"));
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

    #[test]
    fn what_stands_at_the_very_end_is_read_and_heads_are_equal_by_their_bytes() {
        let open = head(b"GET /b");
        assert_eq!((&*open.method(), open.target().raw()), ("GET", &Bytes::from_static(b"/b")));
        assert_eq!(head(b"GET / HTTP/1.1\nA: 1").headers().get_str("a"), Some("1"));
        assert_eq!(open, head(b"GET /b"));
        assert_ne!(open, head(b"GET /b HTTP/1.1\r\n\r\n"));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_can_be_read(raw: Vec<u8>) {
            let head = Head::new(raw.into());
            let _ = (head.method(), head.version(), head.headers(), head.target().path_below_bin());
        }
    }
}
