//! Bodies in other forms, whatever they hold: line ends, compression, charsets, base64.

use unicode_normalization::UnicodeNormalization as _;

use super::body::{Body, Variant, one};
use crate::http::coding;
use crate::http::text::BYTE_ORDER_MARK;
use crate::signature::encoding::{key_from_base64, to_base64};

pub(super) fn without_newline(body: &Body<'_>) -> Vec<Variant> {
    let mut all = Vec::new();
    if let Some(rest) = body.bytes.strip_suffix(b"\n") {
        all.extend(one("without its trailing newline", rest.strip_suffix(b"\r").unwrap_or(rest)));
    }
    all.extend(one("without the white space around it", body.bytes.trim_ascii()));
    all
}

pub(super) fn with_newline(body: &Body<'_>) -> Vec<Variant> {
    let mut all = one("with a line feed after it", [body.bytes, b"\n"].concat());
    all.extend(one("with a trailing newline (CR LF)", [body.bytes, b"\r\n"].concat()));
    all
}

pub(super) fn decompressed(body: &Body<'_>) -> Vec<Variant> {
    let coding = body.headers.get_str("content-encoding");
    coding::decode_by_magic(coding, body.bytes).map_or_else(Vec::new, |decoded| one("after decompression", decoded))
}

pub(super) fn line_ends(body: &Body<'_>) -> Vec<Variant> {
    let Ok(text) = std::str::from_utf8(body.bytes) else { return Vec::new() };
    if !text.contains('\n') {
        return Vec::new();
    }
    let unix = text.replace("\r\n", "\n");
    let windows = unix.replace('\n', "\r\n");
    let none = unix.replace('\n', "");
    [("with LF newlines", unix), ("with CR LF newlines", windows), ("without newlines", none)]
        .into_iter()
        .flat_map(|(how, text)| one(how, text))
        .collect()
}

pub(super) fn without_mark(body: &Body<'_>) -> Vec<Variant> {
    body.bytes.strip_prefix(BYTE_ORDER_MARK).map_or_else(Vec::new, |rest| one("without its byte order mark", rest))
}

pub(super) fn with_mark(body: &Body<'_>) -> Vec<Variant> {
    one("with a byte order mark before it", [BYTE_ORDER_MARK, body.bytes].concat())
}

pub(super) fn charsets(body: &Body<'_>) -> Vec<Variant> {
    let Ok(text) = std::str::from_utf8(body.bytes) else {
        let windows = encoding_rs::WINDOWS_1252.decode_without_bom_handling(body.bytes).0;
        let mut all = one("read as Latin-1 and written in UTF-8", latin_as_utf8(body.bytes));
        all.extend(one("read as Windows-1252 and written in UTF-8", windows.as_bytes()));
        all.extend(one(
            "with replacement characters for what is not UTF-8",
            String::from_utf8_lossy(body.bytes).as_bytes(),
        ));
        return all;
    };
    if text.is_ascii() {
        return Vec::new();
    }
    let latin: Option<Vec<u8>> = text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect();
    let (windows, _, is_lossy) = encoding_rs::WINDOWS_1252.encode(text);
    let mut all = Vec::new();
    for (bytes, name) in [(latin, "in Latin-1"), ((!is_lossy).then(|| windows.to_vec()), "in Windows-1252")] {
        // If the result is UTF-8 too, the body was encoded twice on the way.
        all.extend(bytes.into_iter().flat_map(|bytes| {
            let is_utf8 = std::str::from_utf8(&bytes).is_ok();
            one(if is_utf8 { "encoded in UTF-8 once; it arrived encoded twice" } else { name }, bytes)
        }));
    }
    all.extend(replaced(text));
    all.extend(one("encoded in UTF-8 twice", latin_as_utf8(body.bytes)));
    let windows = encoding_rs::WINDOWS_1252.decode_without_bom_handling(body.bytes).0;
    all.extend(one("encoded in UTF-8 twice, by way of Windows-1252", windows.as_bytes()));
    all.extend(one("in UTF-16", text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()));
    all
}

fn latin_as_utf8(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

/// Characters that a charset lacks, replaced by one mark per character, UTF-16 unit or byte, or left out.
fn replaced(text: &str) -> Vec<Variant> {
    let marked = |mark: &str, is_lost: fn(char) -> bool, count: fn(char) -> usize| -> String {
        let mut out = String::with_capacity(text.len());
        for character in text.chars() {
            if is_lost(character) {
                (0..count(character)).for_each(|_| out.push_str(mark));
            } else {
                out.push(character);
            }
        }
        out
    };
    let beyond_ascii: fn(char) -> bool = |character| !character.is_ascii();
    let beyond_latin: fn(char) -> bool = |character| u32::from(character) > 0xff;
    let supplementary: fn(char) -> bool = |character| u32::from(character) > 0xffff;
    let mut all = one("with a question mark for each character beyond ASCII", marked("?", beyond_ascii, |_| 1));
    all.extend(one(
        "with question marks for what is beyond ASCII, two for an emoji",
        marked("?", beyond_ascii, char::len_utf16),
    ));
    all.extend(one("with a question mark for each byte beyond ASCII", marked("?", beyond_ascii, char::len_utf8)));
    all.extend(one("without what is beyond ASCII", marked("", beyond_ascii, |_| 1)));
    for mark in ["?", "\u{fffd}"] {
        all.extend(one("with question marks for emoji", marked(mark, supplementary, |_| 1)));
        all.extend(one("with two question marks for each emoji", marked(mark, supplementary, |_| 2)));
        all.extend(one("with four question marks for each emoji", marked(mark, supplementary, |_| 4)));
    }
    all.extend(one("without emoji", marked("", supplementary, |_| 1)));
    for (how, count) in [
        ("in Latin-1, with a question mark for each other character", (|_| 1) as fn(char) -> usize),
        ("in Latin-1, with question marks for other characters, two for an emoji", char::len_utf16),
    ] {
        let text = marked("?", beyond_latin, count);
        let bytes: Option<Vec<u8>> = text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect();
        all.extend(bytes.into_iter().flat_map(|bytes| one(how, bytes)));
    }
    all
}

pub(super) fn empty(_: &Body<'_>) -> Vec<Variant> {
    let mut all = one("when it is empty", *b"");
    all.extend(one("when it is `{}`", *b"{}"));
    all
}

/// Unicode normalisation: an accented letter as one character, or as the letter and its combining marks.
pub(super) fn normalised(body: &Body<'_>) -> Vec<Variant> {
    let Ok(text) = std::str::from_utf8(body.bytes) else { return Vec::new() };
    if text.is_ascii() {
        return Vec::new();
    }
    let mut all = one("in composed Unicode form (NFC)", text.nfc().collect::<String>());
    all.extend(one("in decomposed Unicode form (NFD)", text.nfd().collect::<String>()));
    all.extend(one("in compatible Unicode form (NFKC)", text.nfkc().collect::<String>()));
    all
}

/// Base64 or hex, added or removed on the way: gateways encode bodies that they take for binary.
pub(super) fn base64(body: &Body<'_>) -> Vec<Variant> {
    let text = body.bytes.trim_ascii();
    let decoded = std::str::from_utf8(text).ok().and_then(|text| key_from_base64(text.trim_matches('"')));
    let mut all: Vec<Variant> = decoded.into_iter().flat_map(|decoded| one("decoded from base64", decoded)).collect();
    all.extend(one("encoded in base64", to_base64(body.bytes)));
    all.extend(one("encoded in hex", hex::encode(body.bytes)));
    all.extend(one("encoded in base64url", to_base64(body.bytes).replace('+', "-").replace('/', "_").replace('=', "")));
    all
}

/// HTML entities and backslashes added or removed, percent escapes resolved.
pub(super) fn escaped(body: &Body<'_>) -> Vec<Variant> {
    let Ok(text) = std::str::from_utf8(body.bytes) else { return Vec::new() };
    let entities = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#39;")];
    let with = entities.iter().fold(text.to_owned(), |text, (plain, entity)| text.replace(plain, entity));
    let without = entities.iter().rev().fold(text.to_owned(), |text, (plain, entity)| text.replace(entity, plain));
    let mut all = one("with HTML entities", with);
    all.extend(one("with its HTML entities resolved", without));
    all.extend(one("without its backslashes", text.replace('\\', "")));
    all.extend(one("with a backslash before each quote", text.replace('\\', "\\\\").replace('"', "\\\"")));
    all.extend(one(
        "with its percent escapes resolved",
        percent_encoding::percent_decode(body.bytes).collect::<Vec<u8>>(),
    ));
    all.extend(one("without any white space", text.split_whitespace().collect::<String>()));
    all.extend(one("in lower case", text.to_lowercase()));
    all
}
