//! Rare changes of a body on the way: compression, base64, charsets, multipart, lists of bytes. The common ones are in
//! `recode`.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

use super::body::{Body, Tier, Variant, one};
use super::json_dialects::USUAL;
use super::json_writers::writers;
use crate::http::ContentType;
use crate::http::coding;
use crate::http::multipart::Parts;
use crate::http::text::BYTE_ORDER_MARK;
use crate::json::print::print;
use crate::json::tree;
use crate::signature::encoding::{key_from_base64, to_base64};

/// The most parts, or lines, that are tried alone.
const MAX_PARTS: usize = 8;
/// Larger bodies are not listed: as lists of numbers they become four times as long.
const MAX_LISTED: usize = 16 << 10;

/// No limit: every usual writer.
pub(super) const ALL: usize = usize::MAX;
/// The longest content that is tried: after decompression it may be many times as long as the body. Longer ones are
/// left to the common forms.
const MAX_INSIDE: usize = 64 << 10;

/// What the body holds after one step, or two, of decoding.
fn contents(body: &Body<'_>) -> Vec<(String, Vec<u8>)> {
    let first = decoded(body.bytes);
    let mut all = Vec::new();
    for (how, bytes) in first {
        for (again, inner) in decoded(&bytes) {
            all.push((format!("{how} and {again}"), inner));
        }
        all.push((how.to_owned(), bytes));
    }
    all
}

fn decoded(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut all = Vec::new();
    if let Some(inner) = bytes.strip_prefix(BYTE_ORDER_MARK) {
        all.push(("without its byte order mark", inner.to_vec()));
    }
    if let Some(inner) = coding::decode_by_magic(None, bytes) {
        all.push(("after decompression", inner));
    }
    let text = std::str::from_utf8(bytes).ok().map(|text| text.trim_ascii().trim_matches('"'));
    if let Some(inner) = text.filter(|text| text.len() >= 8).and_then(key_from_base64) {
        all.push(("decoded from base64", inner));
    }
    for encoding in [UTF_16LE, UTF_16BE] {
        if let Some(text) = from_utf16(bytes, encoding) {
            all.push(("read as UTF-16", text.into_bytes()));
        }
    }
    all.retain(|(_, inner)| inner.len() <= MAX_INSIDE);
    all
}

/// Text whose every second byte is zero, or that has the mark of UTF-16.
fn from_utf16(bytes: &[u8], encoding: &'static Encoding) -> Option<String> {
    let mark: &[u8] = if encoding == UTF_16LE { &[0xff, 0xfe] } else { &[0xfe, 0xff] };
    let zero = usize::from(encoding == UTF_16LE);
    let looks_like_it = bytes.starts_with(mark) || (bytes.len() >= 4 && bytes.get(zero) == Some(&0));
    let text = looks_like_it.then(|| encoding.decode_without_bom_handling_and_without_replacement(bytes)).flatten()?;
    Some(text.trim_start_matches('\u{feff}').to_owned())
}

/// The decoded contents, as they are and written anew.
pub(super) fn inside(body: &Body<'_>) -> Vec<Variant> {
    let mut all = Vec::new();
    for (how, bytes) in contents(body) {
        all.extend(written_anew(&bytes, &how, ALL));
        all.push(Variant {
            how: format!("{how}, with a line feed after it").into(),
            bytes: [&bytes[..], b"\n"].concat(),
        });
        all.push(Variant { how: format!("{how}, in base64").into(), bytes: to_base64(&bytes).into_bytes() });
        all.push(Variant { how: how.into(), bytes });
    }
    all
}

/// JSON that was inside something, as the first `most` usual writers write it.
pub(super) fn written_anew(bytes: &[u8], how: &str, most: usize) -> Vec<Variant> {
    let Some(node) = tree::parse(bytes.trim_ascii()) else { return Vec::new() };
    let common = writers(Tier::Common).into_iter().map(|writer| (writer.how, writer.style));
    let usual = USUAL.iter().map(|(name, style)| (Cow::Owned(format!("as {name} writes it")), *style));
    let mut all = Vec::new();
    for (writer, style) in common.chain(usual).take(most) {
        let Some(text) = print(&node, style, bytes.len()) else { continue };
        let line = format!("{text}\n").into_bytes();
        all.push(Variant { how: format!("{how}, {writer}").into(), bytes: text.into_bytes() });
        all.push(Variant { how: format!("{how}, {writer} with a line feed after it").into(), bytes: line });
    }
    all
}

/// Base64, and compressed forms, of the body as it came.
pub(super) fn encoded(body: &Body<'_>) -> Vec<Variant> {
    let base64 = to_base64(body.bytes);
    let wrapped = |end: &str| {
        let lines: Vec<&str> = base64.as_bytes().chunks(76).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        lines.join(end)
    };
    let mut all = one("encoded in base64 with a line feed after it", format!("{base64}\n"));
    all.extend(one("encoded in base64 and in quotes", format!("\"{base64}\"")));
    all.extend(one("encoded in base64 in lines of 76", wrapped("\n")));
    all.extend(one("encoded in base64 in lines of 76", wrapped("\n") + "\n"));
    all.extend(one("encoded in base64 in lines of 76 (CR LF)", wrapped("\r\n")));
    all.extend(one("encoded in base64 in lines of 76 (CR LF)", wrapped("\r\n") + "\r\n"));
    all.extend(one("encoded in base64 without padding", base64.trim_end_matches('=')));
    all.extend(one("encoded in base64url with padding", base64.replace('+', "-").replace('/', "_")));
    all.extend(one("encoded in base64 twice", to_base64(base64.as_bytes())));
    all.extend(one("encoded in upper-case hex", hex::encode_upper(body.bytes)));
    let text = String::from_utf8_lossy(body.bytes);
    let escaped = |style| {
        let pair = [(text.to_string(), String::new())];
        crate::http::form::write(&pair, crate::http::form::FormStyle { empty: crate::http::form::Empty::Bare, ..style })
    };
    all.extend(one("with percent escapes", escaped(crate::http::form::FormStyle::JAVASCRIPT)));
    all.extend(one("with percent escapes", escaped(crate::http::form::FormStyle::RFC3986)));
    all.extend(one("with percent escapes and + for spaces", escaped(crate::http::form::FormStyle::PHP)));
    all
}

/// The body in UTF-16, with and without its mark.
pub(super) fn utf16(body: &Body<'_>) -> Vec<Variant> {
    let Ok(text) = std::str::from_utf8(body.bytes) else { return Vec::new() };
    let marked = format!("\u{feff}{text}");
    let little = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    let mut all = one("in UTF-16", little(text));
    all.extend(one("in UTF-16 with a byte order mark", little(&marked)));
    all.extend(one("in UTF-16 (big endian)", big(text)));
    all.extend(one("in UTF-16 (big endian) with a byte order mark", big(&marked)));
    all.extend(one("in UTF-32", text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect::<Vec<u8>>()));
    all
}

/// Charsets in use other than UTF-8, Latin-1 and Windows-1252.
const CHARSETS: &[&str] = &[
    "windows-1251",
    "shift_jis",
    "gbk",
    "iso-8859-15",
    "iso-8859-2",
    "windows-1250",
    "euc-jp",
    "euc-kr",
    "big5",
    "koi8-r",
    "gb18030",
    "iso-2022-jp",
    "windows-1254",
    "windows-1253",
    "windows-1255",
    "windows-1256",
    "iso-8859-5",
    "iso-8859-7",
    "windows-874",
    "windows-1257",
    "windows-1258",
    "macintosh",
    "ibm866",
];

/// The body read or written in the charset that its media type names, or in another.
pub(super) fn charsets(body: &Body<'_>) -> Vec<Variant> {
    let named = body.headers.get_str("content-type").and_then(|value| {
        ContentType::parse(value).parameter("charset").and_then(|label| Encoding::for_label(label.as_bytes()))
    });
    let others = CHARSETS.iter().filter_map(|label| Encoding::for_label(label.as_bytes()));
    let mut all = Vec::new();
    for encoding in named.into_iter().chain(others) {
        let name = encoding.name();
        if let Ok(text) = std::str::from_utf8(body.bytes) {
            let (bytes, _, is_lossy) = encoding.encode(text);
            if !is_lossy {
                all.push(Variant { how: format!("in {name}").into(), bytes: bytes.into_owned() });
            }
            if body.json.is_some() && !is_lossy {
                all.extend(in_charset(text, encoding));
            }
        }
        if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(body.bytes) {
            let how = format!("read as {name} and written in UTF-8");
            if std::str::from_utf8(body.bytes).is_err() {
                all.extend(written_anew(text.as_bytes(), &how, 4));
            }
            all.push(Variant { how: how.into(), bytes: text.into_owned().into_bytes() });
        }
    }
    all
}

/// JSON written anew in that charset.
fn in_charset(text: &str, encoding: &'static Encoding) -> Vec<Variant> {
    let Some(node) = tree::parse(text.as_bytes()) else { return Vec::new() };
    let styles =
        USUAL.iter().filter(|(_, style)| style.escapes.beyond_ascii != crate::json::print::Beyond::All).take(3);
    let written = styles.filter_map(|(writer, style)| {
        let text = print(&node, *style, text.len())?;
        let bytes = encoding.encode(&text).0.into_owned();
        Some(Variant { how: format!("in {}, as {writer} writes it", encoding.name()).into(), bytes })
    });
    written.collect()
}

/// One part of a multipart body, or one line of several.
pub(super) fn alone(body: &Body<'_>) -> Vec<Variant> {
    let mut all = Vec::new();
    let mut push = |how: String, bytes: &[u8]| {
        all.push(Variant { how: format!("{how}, with a line feed after it").into(), bytes: [bytes, b"\n"].concat() });
        all.extend(written_anew(bytes, &how, 16));
        all.push(Variant { how: how.into(), bytes: bytes.to_vec() });
    };
    let parameter = |value: &str| ContentType::parse(value).parameter("boundary").map(str::to_owned);
    let boundary = body.headers.get_str("content-type").and_then(parameter);
    if let Some(boundary) = boundary {
        for (at, part) in Parts::new(body.bytes, &boundary).take(MAX_PARTS).enumerate() {
            let name = part.name.clone().unwrap_or_else(|| format!("{}", at + 1));
            if let Some(content) = body.bytes.get(part.content.clone()) {
                push(format!("when only the content of the part `{name}` is signed"), content);
            }
        }
    } else {
        let lines: Vec<&[u8]> = body.bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        for (at, line) in lines.iter().enumerate().take(MAX_PARTS) {
            push(format!("when only line {} is signed", at + 1), line.strip_suffix(b"\r").unwrap_or(line));
        }
        if let Some(last) = lines.last() {
            push("when only its last line is signed".to_owned(), last.strip_suffix(b"\r").unwrap_or(last));
        }
        if let Some(at) = memchr::memmem::find(body.bytes, b"\r\n\r\n") {
            push("when only what follows its first empty line is signed".to_owned(), &body.bytes[at + 4..]);
        } else if let Some(at) = memchr::memmem::find(body.bytes, b"\n\n") {
            push("when only what follows its first empty line is signed".to_owned(), &body.bytes[at + 2..]);
        }
    }
    all
}

/// Lists of the body's bytes: what objects that hold bytes become when they are turned into text.
pub(super) fn listed(body: &Body<'_>) -> Vec<Variant> {
    if body.bytes.len() > MAX_LISTED {
        return Vec::new();
    }
    let joined = |between: &str| body.bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(between);
    let (tight, spaced) = (joined(","), joined(", "));
    let numbered = |within: &str, between: &str| {
        let pairs = body.bytes.iter().enumerate().map(|(at, byte)| format!("\"{at}\":{within}{byte}"));
        pairs.collect::<Vec<_>>().join(between)
    };
    let pairs: Vec<String> = body.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut all = one("as Node's Buffer in JSON", format!("{{\"type\":\"Buffer\",\"data\":[{tight}]}}"));
    all.extend(one("as a list of its bytes", format!("[{tight}]")));
    all.extend(one("as a list of its bytes", format!("[{spaced}]")));
    all.extend(one("as a Uint8Array's text", tight));
    all.extend(one("as a Uint8Array in JSON", format!("{{{}}}", numbered("", ","))));
    all.extend(one("as Go's text of its bytes", format!("[{}]", joined(" "))));
    let shown = pairs.iter().take(50).cloned().collect::<Vec<_>>().join(" ");
    let more = body.bytes.len().saturating_sub(50);
    let rest =
        if more > 0 { format!(" ... {more} more byte{}", if more == 1 { "" } else { "s" }) } else { String::new() };
    all.extend(one("as Node shows a Buffer", format!("<Buffer {shown}{rest}>")));
    all
}
