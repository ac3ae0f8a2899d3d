//! Bytes as text.

use std::borrow::Cow;

/// The byte order mark of UTF-8. Senders on Windows write one; most receivers skip it.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Bytes as text; those that are not UTF-8 become replacement characters. Checking first is much faster than replacing.
pub fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// The bytes after a byte order mark, if there is one.
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)
}

/// Whether this is a token: a method, the name of a field (RFC 9110, section 5.6.2).
pub fn is_token(bytes: &[u8]) -> bool {
    let token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !bytes.is_empty() && bytes.iter().all(token)
}

/// The start of a text, at most `max_bytes` long, and whether something was cut. A character is never split.
pub fn cut(text: &str, max_bytes: usize) -> (&str, bool) {
    if text.len() <= max_bytes {
        return (text, false);
    }
    (&text[..text.floor_char_boundary(max_bytes)], true)
}

/// At most `chars` characters of a text, with an ellipsis for the rest.
pub fn clipped(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
