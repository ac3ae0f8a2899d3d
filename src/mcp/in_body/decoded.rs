//! A text decoded from an outer one, with a mapping from each piece back to the outer bytes.

use std::borrow::Cow;
use std::ops::Range;

pub(super) struct Decoded<'w> {
    bytes: Cow<'w, [u8]>,
    /// Where each byte begins as written, and the end; without them the text is as written.
    places: Vec<u32>,
}

impl<'w> Decoded<'w> {
    /// The text of a JSON string, without its quotes.
    pub(super) fn json(written: &'w [u8]) -> Self {
        if memchr::memchr(b'\\', written).is_none() {
            return Self { bytes: Cow::Borrowed(written), places: Vec::new() };
        }
        let mut out = Building::new(written);
        let mut at = 0;
        while let Some(&byte) = written.get(at) {
            let (length, character) = if byte == b'\\' { escape(&written[at..]) } else { (1, None) };
            match character {
                Some(character) => out.character(character, at),
                None => out.bytes(&written[at..at + length], at),
            }
            at += length;
        }
        out.done()
    }

    /// Percent-encoded text; in forms a plus is a blank.
    pub(super) fn percent(written: &'w [u8], plus: bool) -> Self {
        if memchr::memchr2(b'%', if plus { b'+' } else { b'%' }, written).is_none() {
            return Self { bytes: Cow::Borrowed(written), places: Vec::new() };
        }
        let mut out = Building::new(written);
        let mut at = 0;
        while let Some(&byte) = written.get(at) {
            let encoded = if byte == b'%' { written.get(at + 1..at + 3).and_then(hex_byte) } else { None };
            let (length, byte) = match encoded {
                Some(byte) => (3, byte),
                None if byte == b'+' && plus => (1, b' '),
                None => (1, byte),
            };
            out.bytes(&[byte], at);
            at += length;
        }
        out.done()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The range of the outer text for a piece of this one.
    pub(super) fn written(&self, piece: Range<usize>) -> Range<usize> {
        let place = |at: usize| self.places.get(at).map_or(at, |place| *place as usize);
        place(piece.start)..place(piece.end)
    }
}

struct Building<'w> {
    written: &'w [u8],
    bytes: Vec<u8>,
    places: Vec<u32>,
}

impl<'w> Building<'w> {
    fn new(written: &'w [u8]) -> Self {
        Self { written, bytes: Vec::with_capacity(written.len()), places: Vec::with_capacity(written.len()) }
    }

    /// Adds bytes that come from one place.
    fn bytes(&mut self, bytes: &[u8], at: usize) {
        self.bytes.extend_from_slice(bytes);
        self.places.resize(self.bytes.len(), u32::try_from(at).unwrap_or(u32::MAX));
    }

    fn character(&mut self, character: char, at: usize) {
        self.bytes(character.encode_utf8(&mut [0; 4]).as_bytes(), at);
    }

    fn done(mut self) -> Decoded<'w> {
        self.places.push(u32::try_from(self.written.len()).unwrap_or(u32::MAX));
        Decoded { bytes: Cow::Owned(self.bytes), places: self.places }
    }
}

/// An escape at the beginning of a text: how long it is, and what it says.
fn escape(text: &[u8]) -> (usize, Option<char>) {
    let plain = |character| (2, Some(character));
    match text.get(1) {
        Some(b'b') => plain('\u{8}'),
        Some(b'f') => plain('\u{c}'),
        Some(b'n') => plain('\n'),
        Some(b'r') => plain('\r'),
        Some(b't') => plain('\t'),
        Some(b'u') => unicode(text),
        Some(other) if other.is_ascii() => plain(char::from(*other)),
        _ => (1, None),
    }
}

/// `\uXXXX`, or two of them that are one character.
fn unicode(text: &[u8]) -> (usize, Option<char>) {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        Some(u16::from_be_bytes([hex_byte(&digits[..2])?, hex_byte(&digits[2..])?]))
    };
    let Some(first) = unit(0) else { return (2, None) };
    let one = char::from_u32(first.into());
    let both = unit(6).and_then(|second| char::decode_utf16([first, second]).next()?.ok());
    match (one, both) {
        (Some(one), _) => (6, Some(one)),
        (None, Some(both)) => (12, Some(both)),
        (None, None) => (6, Some(char::REPLACEMENT_CHARACTER)),
    }
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*digits.get(at)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_of_a_text_leads_back_to_how_it_is_written() {
        for (written, text) in [
            (r"ab", "ab"),
            (r#"a\"S\u0041\n"#, "a\"SA\n"),
            (r"\ud83d\ude00S", "\u{1f600}S"),
            (r"\ud83dS\u12", "\u{fffd}S\\u12"),
            ("é\\/S\\", "é/S\\"),
        ] {
            let decoded = Decoded::json(written.as_bytes());
            assert_eq!(String::from_utf8_lossy(decoded.bytes()), text);
            if let Some(at) = text.find('S') {
                assert_eq!(&written[decoded.written(at..at + 1)], "S", "{written}");
            }
            assert_eq!(decoded.written(0..decoded.bytes().len()), 0..written.len());
        }
        let decoded = Decoded::percent(b"a+%7B%2%53", true);
        assert_eq!(decoded.bytes(), b"a {%2S");
        assert_eq!(decoded.written(5..6), 7..10);
        assert_eq!(Decoded::percent(b"a+b", false).bytes(), b"a+b");
    }

    proptest::proptest! {
        #[test]
        fn an_escaped_text_reads_as_the_json_reader_has_it(text: String) {
            let written = serde_json::to_string(&text).unwrap();
            let inner = &written.as_bytes()[1..written.len() - 1];
            let decoded = Decoded::json(inner);
            proptest::prop_assert_eq!(decoded.bytes(), text.as_bytes());
        }
    }
}
