//! Bodies in forms other than JSON serialised again: line ends, compression, charsets, forms, text forms of objects.

use super::body::{Body, Variant};
use crate::http::text::BYTE_ORDER_MARK;
use crate::http::{coding, form};

fn one(how: &'static str, bytes: impl Into<Vec<u8>>) -> Vec<Variant> {
    vec![Variant { how, bytes: bytes.into() }]
}

pub(super) fn without_newline(body: &Body<'_>) -> Vec<Variant> {
    let mut all = Vec::new();
    if let Some(rest) = body.bytes.strip_suffix(b"\n") {
        all.extend(one("without its last line end", rest.strip_suffix(b"\r").unwrap_or(rest)));
    }
    all.extend(one("without the white space around it", body.bytes.trim_ascii()));
    all
}

pub(super) fn with_newline(body: &Body<'_>) -> Vec<Variant> {
    let mut all = one("with a line feed after it", [body.bytes, b"\n"].concat());
    all.extend(one("with a line end (CR LF) after it", [body.bytes, b"\r\n"].concat()));
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
    [("with LF line ends", unix), ("with CR LF line ends", windows), ("without line ends", none)]
        .into_iter()
        .flat_map(|(how, text)| one(how, text))
        .collect()
}

pub(super) fn byte_order_mark(body: &Body<'_>) -> Vec<Variant> {
    match body.bytes.strip_prefix(BYTE_ORDER_MARK) {
        Some(rest) => one("without its byte order mark", rest),
        None => one("with a byte order mark before it", [BYTE_ORDER_MARK, body.bytes].concat()),
    }
}

pub(super) fn charsets(body: &Body<'_>) -> Vec<Variant> {
    let latin_as_utf8 = || body.bytes.iter().map(|&byte| char::from(byte)).collect::<String>();
    let Ok(text) = std::str::from_utf8(body.bytes) else {
        let windows = encoding_rs::WINDOWS_1252.decode_without_bom_handling(body.bytes).0;
        let mut all = one("read as Latin-1 and written in UTF-8", latin_as_utf8());
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
    let mut all: Vec<Variant> = latin.into_iter().flat_map(|latin| one("in Latin-1", latin)).collect();
    let (windows, _, is_lossy) = encoding_rs::WINDOWS_1252.encode(text);
    if !is_lossy {
        all.extend(one("in Windows-1252", windows.as_ref()));
    }
    let question: String = text.chars().map(|character| if character.is_ascii() { character } else { '?' }).collect();
    all.extend(one("with a question mark for each character beyond ASCII", question));
    all.extend(one("encoded in UTF-8 twice", latin_as_utf8()));
    all
}

fn is_form(body: &Body<'_>) -> bool {
    body.header_has("content-type", "x-www-form-urlencoded")
        && memchr::memchr_iter(b'&', body.bytes).take(1000).count() < 1000
}

pub(super) fn form_fields(body: &Body<'_>) -> Vec<Variant> {
    if !is_form(body) {
        return Vec::new();
    }
    let long = form::pairs(body.bytes).into_iter().filter(|(_, value)| value.starts_with(['{', '[']));
    long.take(4).flat_map(|(_, value)| one("that stands in the form's field, decoded", value)).collect()
}

pub(super) fn form_decoded(body: &Body<'_>) -> Vec<Variant> {
    if !is_form(body) {
        return Vec::new();
    }
    let pairs = form::pairs(body.bytes);
    let joined = |pairs: &[(String, String)]| {
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    };
    let mut sorted = pairs.clone();
    sorted.sort();
    let object: serde_json::Map<String, serde_json::Value> =
        pairs.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    let mut all = one("with the form decoded", joined(&pairs));
    all.extend(one("with the form decoded and sorted", joined(&sorted)));
    all.extend(one("with the form as JSON", serde_json::Value::Object(object).to_string()));
    all
}

pub(super) fn empty(_: &Body<'_>) -> Vec<Variant> {
    let mut all = one("when it is empty", *b"");
    all.extend(one("when it is `{}`", *b"{}"));
    all
}

pub(super) fn stringified(body: &Body<'_>) -> Vec<Variant> {
    let mut all = one("when it is `[object Object]`", *b"[object Object]");
    all.extend(one("when it is `undefined`", *b"undefined"));
    all.extend(one("when it is `null`", *b"null"));
    if let Ok(text) = std::str::from_utf8(body.bytes) {
        all.extend(one("as a JSON string of its text", serde_json::Value::from(text).to_string()));
        if !text.contains(['\'', '\\']) {
            all.extend(one("as Python's repr of its bytes", format!("b'{text}'")));
        }
        // A double-encoded body: the sender signed the object and sent its text in quotes.
        if let Ok(inner) = serde_json::from_slice::<String>(body.bytes) {
            all.extend(one("without the JSON string around it", inner));
        }
    }
    all
}
