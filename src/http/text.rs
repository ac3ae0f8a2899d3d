//! Bytes as text.

use std::borrow::Cow;

/// The byte order mark of UTF-8. Senders on Windows write one; most receivers skip it.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Bytes as text; those that are not UTF-8 become replacement characters. Checking first is much faster than replacing.
pub(crate) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// The bytes after a byte order mark, if there is one.
pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)
}

/// Whether this is a token: a method, the name of a field (RFC 9110, section 5.6.2).
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    let token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !bytes.is_empty() && bytes.iter().all(token)
}

/// The start of a text, at most `max_bytes` long, and whether something was cut. A character is never split.
pub(crate) fn cut(text: &str, max_bytes: usize) -> (&str, bool) {
    if text.len() <= max_bytes {
        return (text, false);
    }
    (&text[..text.floor_char_boundary(max_bytes)], true)
}

/// At most `chars` characters of a text, with an ellipsis for the rest.
pub(crate) fn clipped(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_as_text_without_loss_where_they_are_text() {
        assert!(matches!(lossy("é".as_bytes()), Cow::Borrowed("é")));
        assert_eq!(lossy(b"a\xffb"), "a\u{fffd}b");
        assert_eq!(without_mark("\u{feff}\u{feff}a".as_bytes()), "\u{feff}a".as_bytes());
        assert_eq!(without_mark(b"a"), b"a");
    }

    #[test]
    fn a_token_has_no_separators_and_is_not_empty() {
        assert!(is_token(b"X-Foo_1") && is_token(b"!#$%&'*+-.^_`|~"));
        for wrong in [&b""[..], b"a b", b"a:", b"\"a\"", b"a/b", b"a\x7f", "é".as_bytes()] {
            assert!(!is_token(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_cut_never_splits_a_character() {
        assert_eq!(cut("aéb", 4), ("aéb", false));
        assert_eq!(cut("aéb", 3), ("aé", true));
        assert_eq!(cut("aéb", 2), ("a", true));
        assert_eq!(cut("", 0), ("", false));
        assert_eq!((clipped("aéb", 3), clipped("aéb", 2)), ("aéb".to_owned(), "aé…".to_owned()));
    }
}
