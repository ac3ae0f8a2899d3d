//! The request target: which bin it names, the path below it, the query as sent.

use std::borrow::Cow;

use bytes::Bytes;

use super::form;
use super::text::lossy;

/// A request target as sent (RFC 9112, section 3.2): origin form mostly, absolute form from proxies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Target {
    raw: Bytes,
}

impl Target {
    /// Wraps the bytes between method and version.
    #[must_use]
    pub const fn new(raw: Bytes) -> Self {
        Self { raw }
    }

    /// The bytes as sent.
    #[must_use]
    pub const fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// The target as text; bytes that are not UTF-8 show as replacement characters.
    #[must_use]
    pub fn to_text(&self) -> Cow<'_, str> {
        lossy(&self.raw)
    }

    /// The target from its path on: scheme and authority of the absolute form are left out.
    fn origin(&self) -> &[u8] {
        if self.raw.first() == Some(&b'/') {
            return &self.raw;
        }
        let Some(after_scheme) = memchr::memmem::find(&self.raw, b"://") else {
            return &self.raw;
        };
        let rest = &self.raw[after_scheme + 3..];
        memchr::memchr2(b'/', b'?', rest).map_or(b"", |start| &rest[start..])
    }

    fn split_query(&self) -> (&[u8], Option<&[u8]>) {
        let origin = self.origin();
        match memchr::memchr(b'?', origin) {
            Some(mark) => (&origin[..mark], Some(&origin[mark + 1..])),
            None => (origin, None),
        }
    }

    /// The first path segment: the bin's id or name, as sent.
    #[must_use]
    pub fn bin_segment(&self) -> &[u8] {
        let (path, _) = self.split_query();
        let path = path.strip_prefix(b"/").unwrap_or(path);
        &path[..memchr::memchr(b'/', path).unwrap_or(path.len())]
    }

    /// The path below the bin, as sent: empty for the bin itself, else with its leading slash.
    #[must_use]
    pub fn path_below_bin(&self) -> &[u8] {
        let (path, _) = self.split_query();
        let inner = path.strip_prefix(b"/").unwrap_or(path);
        memchr::memchr(b'/', inner).map_or(b"", |slash| &inner[slash..])
    }

    /// The query as sent, without its question mark; `None` when there is no question mark.
    #[must_use]
    pub fn query(&self) -> Option<&[u8]> {
        self.split_query().1
    }

    /// The query's pairs in order, decoded as forms are (`+` is a space). A pair without `=` has an empty value.
    #[must_use]
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        self.query().map(form::pairs).unwrap_or_default()
    }

    /// The status that the segment right after the bin asks for (`/{bin}/404`): 200 to 599.
    #[must_use]
    pub fn status_override(&self) -> Option<u16> {
        let below = self.path_below_bin().strip_prefix(b"/")?;
        let segment = &below[..memchr::memchr(b'/', below).unwrap_or(below.len())];
        if segment.len() != 3 || !segment.iter().all(u8::is_ascii_digit) {
            return None;
        }
        std::str::from_utf8(segment).ok()?.parse().ok().filter(|status| (200..=599).contains(status))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(raw: &str) -> Target {
        Target::new(Bytes::copy_from_slice(raw.as_bytes()))
    }

    #[test]
    fn bin_path_and_query_of_every_form() {
        for (raw, bin, path, query) in [
            ("/b", "b", "", None),
            ("/b/", "b", "/", None),
            ("/b?x=1", "b", "", Some("x=1")),
            ("/b/c//d%2F?x?y", "b", "/c//d%2F", Some("x?y")),
            ("http://h:1/b/c?q", "b", "/c", Some("q")),
            ("http://h?q", "", "", Some("q")),
            ("*", "*", "", None),
            ("//b", "", "/b", None),
        ] {
            let target = target(raw);
            assert_eq!(target.bin_segment(), bin.as_bytes(), "{raw}");
            assert_eq!(target.path_below_bin(), path.as_bytes(), "{raw}");
            assert_eq!(target.query(), query.map(str::as_bytes), "{raw}");
        }
    }

    #[test]
    fn a_target_is_shown_as_sent() {
        assert_eq!(target("/b?é").to_text(), "/b?é");
        assert_eq!(Target::new(Bytes::from_static(b"/\xe9")).to_text(), "/\u{fffd}");
    }

    #[test]
    fn a_status_segment_right_after_the_bin_is_a_wish() {
        assert_eq!(target("/b/404").status_override(), Some(404));
        assert_eq!(target("/b/503/x?y").status_override(), Some(503));
        assert_eq!((target("/b/200").status_override(), target("/b/599").status_override()), (Some(200), Some(599)));
        for no in ["/b", "/b/199", "/b/600", "/b/0404", "/b/x/404", "/b/+40"] {
            assert_eq!(target(no).status_override(), None, "{no}");
        }
    }

    #[test]
    fn query_pairs_decode_like_a_form() {
        assert_eq!(
            target("/b?a=1+2&b=%C3%A9&&c&d=%zz").query_pairs(),
            [("a", "1 2"), ("b", "é"), ("c", ""), ("d", "%zz")].map(|(n, v)| (n.to_owned(), v.to_owned()))
        );
    }
}
