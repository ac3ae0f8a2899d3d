//! JSON strings as written: where they end, and their decoded text.

use std::borrow::Cow;

use crate::http::text::lossy;

/// The string at the start of `bytes`, with its quotes. `bytes` starts with a quote; a string without end goes to the
/// end.
pub(super) fn first_string(bytes: &[u8]) -> &[u8] {
    let mut at = 1;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += found;
        if bytes[at] == b'"' {
            return &bytes[..=at];
        }
        at += 2;
    }
    bytes
}

/// The text of a string as written: quotes taken away, escapes resolved. A lone surrogate becomes U+FFFD.
pub fn unescape(written: &[u8]) -> String {
    text(written).0.into_owned()
}

/// The text of a string as written, borrowed when it holds no escapes, and whether it holds a lone surrogate (which
/// becomes U+FFFD).
pub(super) fn text(written: &[u8]) -> (Cow<'_, str>, bool) {
    let inner = written.strip_prefix(b"\"").unwrap_or(written);
    let inner = inner.strip_suffix(b"\"").unwrap_or(inner);
    resolve(inner)
}

/// The first `max_chars` characters (or a few more) of a string's text.
pub(super) fn unescape_start(written: &[u8], max_chars: usize) -> String {
    let inner = written.strip_prefix(b"\"").unwrap_or(written);
    let inner = inner.strip_suffix(b"\"").unwrap_or(inner);
    // No character takes more than 12 bytes as written (two \u escapes).
    resolve(&inner[..inner.len().min(max_chars.saturating_mul(12))]).0.into_owned()
}

fn resolve(inner: &[u8]) -> (Cow<'_, str>, bool) {
    let text = lossy(inner);
    if memchr::memchr(b'\\', inner).is_none() {
        return (text, false);
    }
    let mut out = String::with_capacity(text.len());
    let mut lone_surrogate = false;
    let mut rest: &str = &text;
    while let Some(slash) = rest.find('\\') {
        out.push_str(&rest[..slash]);
        rest = &rest[slash + 1..];
        let Some(code) = rest.chars().next() else { break };
        rest = &rest[code.len_utf8()..];
        out.push(match code {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => unicode_escape(&mut rest).unwrap_or_else(|| {
                lone_surrogate = true;
                char::REPLACEMENT_CHARACTER
            }),
            other => other,
        });
    }
    out.push_str(rest);
    (Cow::Owned(out), lone_surrogate)
}

/// The character of the hexadecimal digits at the start of `rest`, and of a second escape when the two are a surrogate
/// pair. `None` for a lone surrogate, or when there are no four digits.
fn unicode_escape(rest: &mut &str) -> Option<char> {
    let first = hex4(rest)?;
    *rest = &rest[4..];
    if let Some(character) = char::from_u32(first) {
        return Some(character);
    }
    let second = rest.strip_prefix("\\u").and_then(hex4).filter(|second| (0xdc00..0xe000).contains(second))?;
    if first >= 0xdc00 {
        return None;
    }
    *rest = &rest[6..];
    char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00))
}

fn hex4(text: &str) -> Option<u32> {
    let digits = text.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}

/// A text of bounded length.
pub(super) struct Cut {
    pub(super) text: String,
    pub(super) cut: bool,
}

impl Cut {
    pub(super) fn new(text: &str, max_chars: usize) -> Self {
        match text.char_indices().nth(max_chars) {
            Some((end, _)) => Self { text: text[..end].to_owned(), cut: true },
            None => Self { text: text.to_owned(), cut: false },
        }
    }

    pub(super) fn of_bytes(bytes: &[u8], max_chars: usize) -> Self {
        // A character has at most four bytes; looking at no more keeps a 10 MiB string cheap.
        let start = &bytes[..bytes.len().min(max_chars.saturating_mul(4))];
        let text: Cow<'_, str> = String::from_utf8_lossy(start);
        let cut = Self::new(&text, max_chars);
        Self { cut: cut.cut || start.len() < bytes.len(), text: cut.text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved_and_lone_surrogates_replaced() {
        assert_eq!(unescape(br#""a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#), "a\"\\/\u{8}\u{c}\n\r\té😀");
        assert_eq!(unescape(br#""\ud83d\u0041\ude00x""#), "\u{fffd}A\u{fffd}x");
    }

    #[test]
    fn the_end_of_a_string_is_its_first_quote_without_backslash() {
        assert_eq!(first_string(br#""a\"b\\": 1"#), br#""a\"b\\""#);
        assert_eq!(first_string(br#""open\"#), br#""open\"#);
    }

    #[test]
    fn a_text_is_cut_at_its_characters_and_says_so() {
        let cut = |text: &str, most| {
            let (of_text, of_bytes) = (Cut::new(text, most), Cut::of_bytes(text.as_bytes(), most));
            assert_eq!((&of_text.text, of_text.cut), (&of_bytes.text, of_bytes.cut));
            (of_text.text.chars().count(), of_text.cut)
        };
        for character in ["a", "é", "😀"] {
            assert_eq!((cut(&character.repeat(10), 10), cut(&character.repeat(11), 10)), ((10, false), (10, true)));
            assert_eq!(cut(&character.repeat(100), 10), (10, true));
        }
        assert_eq!(unescape_start(&[&b"\""[..], &b"\\ud83d\\ude00".repeat(9), b"\""].concat(), 2), "😀😀");
        assert_eq!(unescape_start(b"\"a\\nb\"", 9), "a\nb");
    }

    #[test]
    fn a_text_says_whether_it_holds_half_a_pair() {
        assert!(matches!(text(br#""plain""#), (Cow::Borrowed("plain"), false)));
        assert_eq!(text(br#""\ud83d\ude00\uffff""#), ("😀\u{ffff}".into(), false));
        for half in [r"\ud83d", r"\ude00", r"\ud83dx", r"\ud83d\ud83d", r"\ud83d\ue000", r"\u12", r"\u12é4"] {
            assert!(text(format!("\"{half}\"").as_bytes()).1, "{half}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_serde_json_writes_is_read_back(text: String) {
            let written = serde_json::to_string(&text).unwrap();
            proptest::prop_assert_eq!(unescape(written.as_bytes()), text);
        }

        #[test]
        fn any_bytes_are_unescaped_without_panic(bytes: Vec<u8>) {
            let _ = (unescape(&bytes), first_string(&bytes).len());
        }
    }
}
