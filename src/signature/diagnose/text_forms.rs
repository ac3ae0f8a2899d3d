//! What is signed by mistake when an object is turned into text: its language's own form, JSON in a JSON string, a word.

use super::body::{Body, Tier, Variant, one};
use super::json_writers::{PHP, writers};
use crate::json::print::{Style, print};
use crate::json::text_forms::{TextForm, text_form};
use crate::json::tree::{self, Node};

/// What remains of an object that nobody serialised.
const WORDS: &[&str] = &[
    "[object Object]",
    "undefined",
    "null",
    "None",
    "nil",
    "Array",
    "[object Promise]",
    "[object ReadableStream]",
    "[object ArrayBuffer]",
    "[object Uint8Array]",
    "System.IO.MemoryStream",
    "true",
    "\"\"",
    "[]",
];

const FORMS: &[(&str, TextForm)] = &[
    ("as Python's str() of the object", TextForm::Python),
    ("as Ruby's to_s of the Hash", TextForm::Ruby),
    ("as to_s of the Hash of Ruby 3.4", TextForm::RubySpaced),
    ("as Java's toString() of the Map", TextForm::Java),
    ("as Go's fmt.Sprint of the map", TextForm::Go),
];

pub(super) fn words(_: &Body<'_>) -> Vec<Variant> {
    let variant = |word: &&str| Variant { how: format!("when it is `{word}`").into(), bytes: word.as_bytes().to_vec() };
    WORDS.iter().map(variant).collect()
}

pub(super) fn stringified(body: &Body<'_>) -> Vec<Variant> {
    let mut all = Vec::new();
    if let Some(node) = &body.json {
        all.extend(FORMS.iter().flat_map(|(how, form)| one(how, text_form(node, *form))));
    }
    let Ok(text) = std::str::from_utf8(body.bytes) else { return all };
    all.extend(in_a_string(text, "its text", body));
    for (what, style) in [("JavaScript's JSON", Style::JAVASCRIPT), ("Python's JSON", Style::PYTHON)] {
        if let Some(written) = body.json.as_ref().and_then(|node| print(node, style, body.bytes.len())) {
            all.extend(in_a_string(&written, what, body));
        }
    }
    all.extend(one("as Python's repr of its bytes", bytes_repr(body.bytes)));
    // A body that is encoded twice: the sender signed the object and sent its text in quotes.
    if let Ok(inner) = serde_json::from_slice::<String>(body.bytes) {
        all.extend(common_json(&inner));
        all.extend(one("without the JSON string around it", inner));
    }
    all
}

/// A text as a JSON string, as the languages escape it.
fn in_a_string<'b>(text: &'b str, what: &'b str, body: &Body<'_>) -> impl Iterator<Item = Variant> + use<'b> {
    let node = Node::Text(text.into());
    let limit = body.bytes.len();
    let styles = [("", Style::COMPACT), (", escaped as Python does", Style::PYTHON), (", escaped as PHP does", PHP)];
    styles.into_iter().filter_map(move |(words, style)| {
        let bytes = print(&node, style, limit)?.into_bytes();
        Some(Variant { how: format!("as a JSON string of {what}{words}").into(), bytes })
    })
}

/// Python's `repr` of bytes.
fn bytes_repr(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut out = format!("b{quote}");
    for &byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            byte if char::from(byte) == quote => {
                out.push('\\');
                out.push(quote);
            }
            b' '..=b'~' => out.push(char::from(byte)),
            byte => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push(quote);
    out
}

/// A JSON text in the forms that are met most, for one that was inside another.
fn common_json(inner: &str) -> Vec<Variant> {
    let Some(node) = tree::parse(inner.as_bytes()) else { return Vec::new() };
    let written = writers(Tier::Common).into_iter().filter_map(|writer| {
        let bytes = print(&node, writer.style, inner.len())?.into_bytes();
        Some(Variant { how: format!("without the JSON string around it, {}", writer.how).into(), bytes })
    });
    written.collect()
}
