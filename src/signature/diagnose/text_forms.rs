//! What is signed by mistake when an object is turned into text: its language's text form, JSON in a JSON string, a
//! word.

use std::borrow::Cow;

use super::body::{Body, Tier, Variant, one};
use super::json_dialects::USUAL;
use super::json_writers::{PHP, writers};
use crate::json::inspected::inspected;
use crate::json::php_forms;
use crate::json::pretty_python::pformat;
use crate::json::print::{Style, print};
use crate::json::text_forms::{TextForm, text_form};
use crate::json::tree::{self, Node};

/// The text of an object that was not serialised.
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
    "NaN",
    "False",
    "false",
    "[object Buffer]",
    "System.Byte[]",
    "System.Collections.Generic.Dictionary`2[System.String,System.Object]",
    "System.Text.Json.JsonElement",
    "Newtonsoft.Json.Linq.JObject",
];

pub(super) const FORMS: &[(&str, TextForm)] = &[
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
    for (writer, style) in USUAL.iter().take(6) {
        if let Some(written) = body.json.as_ref().and_then(|node| print(node, *style, body.bytes.len())) {
            let how = format!("as Python's repr of the bytes that {writer} writes");
            all.push(Variant { how: how.into(), bytes: bytes_repr(written.as_bytes()).into_bytes() });
        }
    }
    // A body that is encoded twice: the sender signed the object and sent its text in quotes.
    if let Ok(inner) = serde_json::from_slice::<String>(body.bytes) {
        all.extend(common_json(&inner));
        all.extend(one("without the JSON string around it", inner));
    }
    all
}

/// Rarer text forms: pretty-printed ones, sorted ones, PHP's.
pub(super) fn printed(body: &Body<'_>) -> Vec<Variant> {
    let Some(node) = &body.json else { return Vec::new() };
    let mut all = Vec::new();
    let mut push = |how: &'static str, text: String| {
        all.extend(one(how, format!("{text}\n")));
        all.extend(one(how, text));
    };
    push("as Node's util.inspect shows the object", inspected(node, 2));
    push("as Node's util.inspect shows the object with all its depth", inspected(node, usize::MAX));
    let by_php = |write: fn(&Node<'_>, &mut String)| {
        let mut out = String::new();
        write(node, &mut out);
        out
    };
    push("as PHP's print_r of the array", by_php(|node, out| php_forms::print_r(node, 0, out)));
    push("as PHP's var_export of the array", by_php(|node, out| php_forms::exported(node, 0, out)));
    push("as PHP's serialize of the array", by_php(php_forms::serialized));
    push("as Python's pformat of the object", pformat(node));
    for (how, form) in FORMS.iter().chain(SELDOM_FORMS) {
        push(how, text_form(node, *form));
        push(how, text_form(&tree::sorted(node, false), *form));
        push(how, text_form(&tree::sorted(node, true), *form));
    }
    let parameters = text_form(node, TextForm::Ruby);
    push(
        "as Rails' inspect of the parameters",
        format!("#<ActionController::Parameters {parameters} permitted: false>"),
    );
    push("as Rails' to_s of the parameters", parameters);
    if let Node::Object(members) = node {
        let mut names: Vec<&(Cow<'_, str>, Node<'_>)> = members.iter().collect();
        for how in ["as Python's list of its items", "as Python's list of its sorted items"] {
            let item = |(name, value): &&(Cow<'_, str>, Node<'_>)| {
                let name = text_form(&Node::Text(name.as_ref().into()), TextForm::Python);
                format!("({name}, {})", text_form(value, TextForm::Python))
            };
            let items = names.iter().map(item).collect::<Vec<_>>().join(", ");
            push("as Python's OrderedDict", format!("OrderedDict([{items}])"));
            push("as Python's dict_items", format!("dict_items([{items}])"));
            push(how, format!("[{items}]"));
            names.sort_by(|a, b| a.0.cmp(&b.0));
        }
    }
    all
}

const SELDOM_FORMS: &[(&str, TextForm)] = &[
    ("as Ruby's to_s of the Hash with symbols", TextForm::RubySymbols),
    ("as Ruby's to_s of the Hash, its outermost names symbols", TextForm::RubyOuterSymbols),
    ("as to_s of the Hash with symbols of Ruby 3.4", TextForm::RubySymbolsSpaced),
    ("as to_s of the Hash of Ruby 3.4, its outermost names symbols", TextForm::RubyOuterSymbolsSpaced),
];

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

/// A JSON text in the commonest forms, for one that was inside another text.
fn common_json(inner: &str) -> Vec<Variant> {
    let Some(node) = tree::parse(inner.as_bytes()) else { return Vec::new() };
    let written = writers(Tier::Common).into_iter().filter_map(|writer| {
        let bytes = print(&node, writer.style, inner.len())?.into_bytes();
        Some(Variant { how: format!("without the JSON string around it, {}", writer.how).into(), bytes })
    });
    written.collect()
}
