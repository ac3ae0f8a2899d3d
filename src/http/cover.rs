//! Masks values wherever they occur, in all forms in which programs echo their input: as they are, escaped for JSON,
//! URLs and HTML, in base64 and hex.

use std::borrow::Cow;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use super::coding::{self, DecodeState};
use super::split_head;

/// The placeholder for hidden values in exports, reports and answers.
pub(crate) const REDACTED: &str = "REDACTED";
/// Bytes of all forms together. With more than this, everything is covered.
const MAX_FORMS: usize = 512 << 10;
/// Least length of a part that is masked on its own: shorter ones occur in other words.
const PART: usize = 8;
/// Least length of a value's beginning that is masked at the end of a cut body.
const BEGINNING: usize = 4;
/// Words before a credential that are not part of it.
const WORDS: &[&str] = &["basic", "bearer", "token", "digest", "apikey"];
/// What `encodeURIComponent` and forms leave as it is.
const URL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The values to mask. Cheap to clone; an empty one masks and copies nothing.
#[derive(Clone, Default)]
pub(crate) struct Cover(Option<Arc<Covered>>);

struct Covered {
    /// `None` when there are too many values to search for.
    finder: Option<AhoCorasick>,
    forms: Vec<Vec<u8>>,
    by: &'static str,
}

impl std::fmt::Debug for Cover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Cover(…)" } else { "Cover" })
    }
}

impl Cover {
    /// Masks these values with that text.
    #[must_use]
    pub(crate) fn new(values: impl IntoIterator<Item = Vec<u8>>, by: &'static str) -> Self {
        let mut forms: Vec<Vec<u8>> = Vec::new();
        let mut bytes = 0;
        let mut values: Vec<Vec<u8>> = values.into_iter().filter(|value| !value.is_empty()).collect();
        values.sort_unstable();
        values.dedup();
        for value in values {
            bytes += 8 * value.len();
            if bytes > MAX_FORMS {
                return Self(Some(Arc::new(Covered { finder: None, forms: Vec::new(), by })));
            }
            forms.extend(forms_of(&value));
        }
        forms.sort_unstable();
        forms.dedup();
        if forms.is_empty() {
            return Self(None);
        }
        // The smallest of its machines: the values of a head can be 64 KiB.
        let finder = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&forms)
            .ok();
        Self(Some(Arc::new(Covered { finder, forms, by })))
    }

    /// The bytes with the values masked.
    #[must_use]
    pub(crate) fn bytes(&self, raw: &Bytes) -> Bytes {
        match self.0.as_ref().map(|covered| covered.bytes(raw)) {
            Some(Cow::Owned(bytes)) => bytes.into(),
            Some(Cow::Borrowed(_)) | None => raw.clone(),
        }
    }

    /// The text with the values masked.
    #[must_use]
    pub(crate) fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.0.as_ref().map(|covered| covered.bytes(text.as_bytes())) {
            Some(Cow::Owned(bytes)) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
            Some(Cow::Borrowed(_)) | None => Cow::Borrowed(text),
        }
    }

    /// The body of a response with this head, masked. A compressed body that holds a value, or cannot be decoded, is
    /// masked as a whole. `cut` says that only the body's beginning is given.
    #[must_use]
    pub(crate) fn body(&self, head: &[u8], body: &Bytes, cut: bool) -> Bytes {
        let Some(covered) = &self.0 else { return body.clone() };
        let field = content_encoding(head);
        let decoded = coding::decode(field.as_deref(), body);
        if decoded.state != DecodeState::NotEncoded {
            let is_whole = !cut && decoded.state == DecodeState::Whole;
            let is_open = is_whole && matches!(covered.bytes(&decoded.bytes), Cow::Borrowed(_));
            return if is_open { body.clone() } else { Bytes::from_static(covered.by.as_bytes()) };
        }
        let mut shown = self.bytes(body);
        if cut {
            let rest = covered.beginning_at_end(body);
            if rest > 0 && shown.ends_with(&body[body.len() - rest..]) {
                shown.truncate(shown.len() - rest);
                shown = [&shown[..], covered.by.as_bytes()].concat().into();
            }
        }
        shown
    }
}

impl Covered {
    fn bytes<'b>(&self, raw: &'b [u8]) -> Cow<'b, [u8]> {
        let Some(finder) = &self.finder else {
            return if raw.is_empty() { Cow::Borrowed(raw) } else { Cow::Owned(self.by.into()) };
        };
        let mut found = finder.find_iter(raw).peekable();
        if found.peek().is_none() {
            return Cow::Borrowed(raw);
        }
        let mut shown = Vec::with_capacity(raw.len());
        let mut from = 0;
        for place in found {
            shown.extend_from_slice(&raw[from..place.start()]);
            shown.extend_from_slice(self.by.as_bytes());
            from = place.end();
        }
        shown.extend_from_slice(&raw[from..]);
        Cow::Owned(shown)
    }

    /// How many bytes at the end of a cut body are the beginning of a value.
    fn beginning_at_end(&self, body: &[u8]) -> usize {
        let beginning = |form: &Vec<u8>| {
            let most = form.len().saturating_sub(1).min(body.len());
            (BEGINNING..=most).rev().find(|&length| body.ends_with(&form[..length])).unwrap_or(0)
        };
        self.forms.iter().map(beginning).max().unwrap_or(0)
    }
}

fn content_encoding(head: &[u8]) -> Option<String> {
    let (_, fields) = split_head(head);
    let named = |name: &[u8]| name.trim_ascii().eq_ignore_ascii_case(b"content-encoding");
    let values = fields.into_iter().filter(|field| named(&head[field.name.clone()])).map(|field| {
        let value = head.get(field.name.end + 1..field.line.end).unwrap_or_default();
        String::from_utf8_lossy(value.trim_ascii()).into_owned()
    });
    let values: Vec<String> = values.collect();
    (!values.is_empty()).then(|| values.join(","))
}

/// The forms in which a value may be echoed.
fn forms_of(value: &[u8]) -> Vec<Vec<u8>> {
    let url = percent_encode(value, URL).to_string();
    let mut forms = vec![
        value.to_vec(),
        url.replace("%20", "+").into_bytes(),
        url.into_bytes(),
        STANDARD_NO_PAD.encode(value).into_bytes(),
        URL_SAFE_NO_PAD.encode(value).into_bytes(),
        hex::encode(value).into_bytes(),
        hex::encode_upper(value).into_bytes(),
    ];
    if let Ok(text) = std::str::from_utf8(value) {
        let json = serde_json::to_string(text).unwrap_or_default();
        let json = json.get(1..json.len().saturating_sub(1)).unwrap_or_default();
        forms.push(json.replace('/', "\\/").into_bytes());
        let mut ascii = String::with_capacity(json.len());
        for c in json.chars() {
            if c.is_ascii() {
                ascii.push(c);
                continue;
            }
            for unit in c.encode_utf16(&mut [0; 2]) {
                ascii.push_str(&format!("\\u{unit:04x}"));
            }
        }
        forms.push(ascii.into_bytes());
        forms.push(json.as_bytes().to_vec());
        let html = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        forms.push(html.replace('\'', "&#39;").into_bytes());
    } else {
        // Read as Latin-1, as header fields are.
        forms.push(value.iter().map(|&byte| char::from(byte)).collect::<String>().into_bytes());
    }
    forms.retain(|form| !form.is_empty());
    forms
}

/// A credential as in a header field, and its parts that are as secret: the token after `Bearer`, the password of
/// `Basic`. Empty for one of fewer than `least` bytes.
#[must_use]
pub(crate) fn credential(value: &[u8], least: usize) -> Vec<Vec<u8>> {
    let whole = value.trim_ascii();
    if whole.len() < least {
        return Vec::new();
    }
    let mut values = vec![value.to_vec(), whole.to_vec()];
    let separators = |byte: &u8| matches!(byte, b' ' | b';' | b',' | b'=' | b'"');
    values.extend(whole.split(separators).filter(|part| part.len() >= PART).map(<[u8]>::to_vec));
    if let Some((word, rest)) = after_word(whole)
        && rest.len() >= least.max(4)
    {
        values.push(rest.to_vec());
        if word.eq_ignore_ascii_case("basic")
            && let Ok(pair) = STANDARD.decode(rest)
        {
            let password = memchr::memchr(b':', &pair).map(|at| pair[at + 1..].to_vec());
            values.extend(password.filter(|password| password.len() >= least.max(4)));
            values.push(pair);
        }
    }
    values
}

/// The name of an authentication scheme at the beginning of a value, and what follows it.
#[must_use]
pub(crate) fn after_word(value: &[u8]) -> Option<(&str, &[u8])> {
    let at = memchr::memchr(b' ', value)?;
    let word = std::str::from_utf8(&value[..at]).ok()?;
    WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)).then(|| (word, value[at + 1..].trim_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n";

    fn cover(value: &str) -> Cover {
        Cover::new(credential(value.as_bytes(), 4), "•••")
    }

    #[test]
    fn a_value_is_covered_in_every_form_in_which_it_is_said_again() {
        let cover = cover("Basic a/\"b c&é12345");
        for said in [
            "Basic a/\"b c&é12345",
            "a/\"b c&é12345",
            "Basic a/\\\"b c&é12345",
            "Basic a\\/\\\"b c&é12345",
            "Basic a/\\\"b c&\\u00e912345",
            "Basic%20a%2F%22b%20c%26%C3%A912345",
            "Basic+a%2F%22b+c%26%C3%A912345",
            "Basic a/&quot;b c&amp;é12345",
            "QmFzaWMgYS8iYiBjJsOpMTIzNDU",
            "426173696320612f22622063",
        ] {
            let shown = cover.text(said);
            let expected = if said.starts_with("4261") { said } else { "•••" };
            assert_eq!(shown, expected, "a part in hex is no form of it");
        }
        assert_eq!(cover.text("Basic"), "Basic");
        let pair = super::tests::cover("Basic dXNlcjpwYXNzd29yZA==");
        assert_eq!(pair.text("user:password dXNlcjpwYXNzd29yZA== password"), "••• ••• •••");
        assert_eq!(Cover::default().text("anything"), "anything");
    }

    #[test]
    fn a_compressed_body_is_looked_into_and_a_cut_one_tells_no_beginning() {
        use std::io::Write as _;
        let cover = cover("s3cr3t-token");
        let packed = |text: &str| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(text.as_bytes()).unwrap();
            Bytes::from(encoder.finish().unwrap())
        };
        let head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n";
        assert_eq!(&cover.body(head, &packed("got s3cr3t-token"), false)[..], "•••".as_bytes());
        assert_eq!(cover.body(head, &packed("got nothing"), false), packed("got nothing"));
        assert_eq!(&cover.body(head, &packed("got nothing").slice(..12), false)[..], "•••".as_bytes());
        let cut = Bytes::from_static(b"got s3cr3t-token and s3cr3t-t");
        assert_eq!(&cover.body(HEAD, &cut, true)[..], "got ••• and •••".as_bytes());
        assert_eq!(&cover.body(HEAD, &Bytes::from_static(b"is s3"), true)[..], b"is s3");
    }

    #[test]
    fn a_beginning_of_four_bytes_at_the_end_of_a_cut_body_tells_too_much() {
        let cover = cover("s3cr3t-token");
        let shown = |body: &'static str, cut| cover.body(HEAD, &Bytes::from_static(body.as_bytes()), cut);
        assert_eq!(shown("is s3cr", true), "is •••");
        assert_eq!((shown("is s3c", true), shown("is s3cr", false)), ("is s3c".into(), "is s3cr".into()));
        assert_eq!(shown("s3cr3t-token", true), "•••");
        assert_eq!(shown("s3cr", true), "•••");
    }

    #[test]
    fn a_compressed_body_of_which_the_end_is_missing_is_covered_whole() {
        use std::io::Write as _;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(b"nothing").unwrap();
        let body = Bytes::from(encoder.finish().unwrap());
        let head = b"HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nX: y\r\n content-encoding: br\r\ncontent-encoding : gzip\r\n\r\n";
        assert_eq!(cover("s3cr3t-token").body(head, &body, false), body);
        assert_eq!(cover("s3cr3t-token").body(head, &body, true), "•••");
        assert_eq!(Cover::default().body(head, &body, true), body);
    }

    #[test]
    fn bytes_that_are_no_text_are_covered_as_they_are_and_read_as_latin_1() {
        let cover = Cover::new([b"caf\xe9".to_vec(), Vec::new()], "•••");
        assert_eq!(cover.bytes(&Bytes::from_static(b"a caf\xe9 b")), "a ••• b");
        assert_eq!(cover.text("a café b"), "a ••• b");
        assert_eq!(cover.text("a cafe b"), "a cafe b");
        assert_eq!(Cover::new([Vec::new()], "•••").text("anything"), "anything");
    }

    #[test]
    fn a_credential_is_covered_with_the_parts_that_tell_as_much() {
        let parts = |value: &str, least| {
            let parts = credential(value.as_bytes(), least);
            parts.into_iter().map(|part| String::from_utf8(part).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(parts(" abc ", 4), [""; 0]);
        assert_eq!(parts(" abcd ", 4), [" abcd ", "abcd"]);
        assert_eq!(parts("k=abcdefgh;l=1234567", 4)[2..], ["abcdefgh"]);
        assert_eq!(parts("Bearer abcd", 4)[2..], ["abcd"]);
        assert_eq!((parts("Bearer abc", 2)[2..].len(), parts("Bearer abcde", 6)[2..].len()), (0, 0));
        assert_eq!(parts("bASIC dTphYmNk", 4)[2..], ["dTphYmNk", "dTphYmNk", "abcd", "u:abcd"]);
        // Of three letters is no password; nor is anything without a colon.
        assert_eq!(parts("Basic dTphYmM=", 4)[2..], ["dTphYmM=", "u:abc"]);
        assert_eq!(parts("Basic dWFiYw==", 4)[2..], ["dWFiYw==", "uabc"]);
        assert_eq!(parts("Bearer dTphYmNk", 4)[2..], ["dTphYmNk", "dTphYmNk"]);
        assert_eq!(after_word(b"Bearer  x "), Some(("Bearer", &b"x"[..])));
        assert_eq!((after_word(b"Bearer"), after_word(b"Other x")), (None, None));
    }

    #[test]
    fn what_is_too_much_to_look_for_covers_everything() {
        let cover = Cover::new([vec![b'x'; MAX_FORMS / 8 + 1]], "•••");
        assert_eq!((cover.text("anything"), cover.text("")), ("•••".into(), "".into()));
        let most = Cover::new([vec![b'x'; MAX_FORMS / 16], vec![b'y'; MAX_FORMS / 16]], "•••");
        assert_eq!(most.text("anything"), "anything");
        assert_eq!(most.text(&"y".repeat(MAX_FORMS / 16)), "•••");
    }
}
