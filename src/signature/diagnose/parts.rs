//! Only a part of the JSON was signed, or the JSON without a part.

use super::body::{Body, Variant};
use super::json_dialects::USUAL;
use super::json_writers::PHP;
use super::on_the_way::{ALL, written_anew};
use crate::json::print::{Style, print};
use crate::json::scan;
use crate::json::tree::Node;
use crate::signature::encoding::key_from_base64;

/// The most members and items that are tried, and the deepest level that is searched.
const MAX_PARTS: usize = 24;
const MAX_DEPTH: usize = 2;

/// The commonest ways to serialise a part again.
const STYLES: &[(&str, Style)] = &[
    ("JavaScript's JSON.stringify", Style::JAVASCRIPT),
    ("Python's json.dumps", Style::PYTHON),
    ("Python's json.dumps without spaces", Style { comma: ",", colon: ":", ..Style::PYTHON }),
    ("compact JSON", Style::COMPACT),
    ("compact JSON with sorted names", Style::COMPACT.sorted()),
    ("PHP's json_encode", PHP),
    ("Go's json.Marshal", super::json_writers::GO),
];

/// Names of members that hold the signature itself, which some senders leave out of what they sign.
const SIGNATURES: &[&str] = &["signature", "sign", "sig", "hmac", "hash", "checksum", "digest", "token", "mac"];

/// For senders that sign only one member, or one item, of the body.
pub(super) fn member(body: &Body<'_>) -> Vec<Variant> {
    let Some(node) = &body.json else { return Vec::new() };
    let mut all = as_written(body.bytes);
    let mut left = MAX_PARTS;
    collect(node, "", MAX_DEPTH, &mut left, body.bytes.len(), &mut all);
    all
}

/// The rarer ones: nested members, more ways to write them, texts that hold base64 or JSON, the body without a member.
pub(super) fn member_anew(body: &Body<'_>) -> Vec<Variant> {
    let Some(node) = &body.json else { return Vec::new() };
    let mut all = Vec::new();
    let mut left = MAX_PARTS;
    let length = body.bytes.len();
    inner(node, "", MAX_DEPTH + 1, &mut left, length, &mut all);
    for part in as_written(body.bytes) {
        let bytes = [&part.bytes[..], b"\n"].concat();
        all.push(Variant { how: format!("{}, with a line feed after it", part.how).into(), bytes });
    }
    if let Node::Object(members) = node {
        for (removed, _) in members.iter().take(MAX_PARTS) {
            let rest = Node::Object(members.iter().filter(|(name, _)| name != removed).cloned().collect());
            all.extend(STYLES.iter().filter_map(|(writer, style)| {
                let bytes = print(&rest, *style, length)?.into_bytes();
                let name = short(removed);
                Some(Variant { how: format!("without the member `{name}`, as {writer} writes it").into(), bytes })
            }));
        }
    }
    all
}

/// The members of an object, or the first items of an array, each with its full path.
fn children<'n, 'a>(node: &'n Node<'a>, path: &str) -> Vec<(String, &'n Node<'a>)> {
    match node {
        Node::Object(members) => {
            members.iter().map(|(name, value)| (format!("{path}{}", short(name)), value)).collect()
        }
        Node::Array(items) => {
            items.iter().enumerate().take(4).map(|(at, value)| (format!("{path}{at}"), value)).collect()
        }
        Node::Literal(_) | Node::Number(_) | Node::Text(_) => Vec::new(),
    }
}

fn inner(node: &Node<'_>, path: &str, depth: usize, left: &mut usize, length: usize, all: &mut Vec<Variant>) {
    for (name, child) in children(node, path) {
        if *left == 0 {
            return;
        }
        match child {
            Node::Object(_) | Node::Array(_) => {
                *left -= 1;
                for (writer, style) in USUAL {
                    let Some(text) = print(child, *style, length) else { continue };
                    let how = format!("when only `{name}` is signed, as {writer} writes it");
                    let line = format!("{text}\n").into_bytes();
                    all.push(Variant { how: how.clone().into(), bytes: text.into_bytes() });
                    all.push(Variant { how: format!("{how} with a line feed after it").into(), bytes: line });
                }
                if depth > 1 {
                    inner(child, &format!("{name}."), depth - 1, left, length, all);
                }
            }
            Node::Text(text) if text.len() > 7 => {
                *left -= 1;
                let how = format!("when only the text of `{name}` is signed");
                if let Some(decoded) = key_from_base64(text) {
                    all.extend(written_anew(&decoded, &format!("{how}, decoded from base64"), ALL));
                    all.push(Variant { how: format!("{how}, decoded from base64").into(), bytes: decoded });
                }
                if text.starts_with(['{', '[']) {
                    all.extend(written_anew(text.as_bytes(), &how, ALL));
                }
                let bytes = format!("{text}\n").into_bytes();
                all.push(Variant { how: format!("{how}, with a line feed after it").into(), bytes });
            }
            Node::Text(_) | Node::Number(_) | Node::Literal(_) => {}
        }
    }
}

/// The outermost members, byte for byte as they are in the body.
fn as_written(bytes: &[u8]) -> Vec<Variant> {
    let outline = scan(bytes);
    let written = outline.child_ids(0).take(MAX_PARTS).map(|child| {
        let name = outline.raw_key(bytes, child).map_or_else(|| "item".to_owned(), crate::json::unescape);
        Variant {
            how: format!("when only `{}` is signed, as it is written", short(&name)).into(),
            bytes: outline.raw(bytes, child).to_vec(),
        }
    });
    written.collect()
}

fn collect(node: &Node<'_>, path: &str, depth: usize, left: &mut usize, length: usize, all: &mut Vec<Variant>) {
    for (name, child) in children(node, path) {
        if *left == 0 {
            return;
        }
        match child {
            Node::Object(_) | Node::Array(_) => {
                *left -= 1;
                for (writer, style) in STYLES {
                    let Some(text) = print(child, *style, length) else { continue };
                    let how = format!("when only `{name}` is signed, as {writer} writes it");
                    all.push(Variant { how: how.into(), bytes: text.into_bytes() });
                }
                if depth > 1 {
                    collect(child, &format!("{name}."), depth - 1, left, length, all);
                }
            }
            Node::Text(text) if text.len() > 1 => {
                *left -= 1;
                let how = format!("when only the text of `{name}` is signed");
                all.push(Variant { how: how.into(), bytes: text.as_bytes().to_vec() });
            }
            Node::Text(_) | Node::Number(_) | Node::Literal(_) => {}
        }
    }
}

/// The body without the member that holds the signature.
pub(super) fn without_signature(body: &Body<'_>) -> Vec<Variant> {
    let Some(Node::Object(members)) = &body.json else { return Vec::new() };
    let is_signature = |name: &str| SIGNATURES.iter().any(|known| name.eq_ignore_ascii_case(known));
    let Some((removed, _)) = members.iter().find(|(name, _)| is_signature(name)) else { return Vec::new() };
    let rest = Node::Object(members.iter().filter(|(name, _)| name != removed).cloned().collect());
    let written = STYLES.iter().filter_map(|(writer, style)| {
        let bytes = print(&rest, *style, body.bytes.len())?.into_bytes();
        Some(Variant { how: format!("without the member `{removed}`, as {writer} writes it").into(), bytes })
    });
    written.collect()
}

fn short(name: &str) -> String {
    super::variation::shown(name).into_owned()
}
