//! The JSON in another shape: wrapped in a member or a list, with members left out, with numbers as text.

use std::borrow::Cow;

use super::body::{Body, Variant, one};
use super::json_dialects::USUAL;
use super::white_space::{html_escaped, minified};
use crate::json::print::{Numbers, Style, print};
use crate::json::tree::{self, Node};
use crate::signature::encoding::to_base64;

/// Names of members that senders wrap a body in.
const WRAPPERS: &[&str] = &[
    "body", "data", "payload", "event", "message", "json", "params", "content", "detail", "rawBody", "webhook", "input",
];

/// The body wrapped in a member or a list, or as the text of such a member.
pub(super) fn wrapped(body: &Body<'_>) -> Vec<Variant> {
    let Ok(text) = std::str::from_utf8(body.bytes) else { return Vec::new() };
    let raw = html_escaped(&minified(text));
    let mut all = Vec::new();
    let mut push = |how: String, bytes: String| all.push(Variant { how: how.into(), bytes: bytes.into_bytes() });
    for name in WRAPPERS {
        let inside = |style: Style, node: Node<'_>| {
            print(&Node::Object(vec![(Cow::Borrowed(*name), node)]), style, body.bytes.len())
        };
        push(format!("inside `{{\"{name}\":…}}`"), format!("{{\"{name}\":{text}}}"));
        push(format!("inside `{{\"{name}\": …}}`"), format!("{{\"{name}\": {text}}}"));
        push(format!("inside `{{\"{name}\":…}}`, as Go writes a json.RawMessage"), format!("{{\"{name}\":{raw}}}"));
        for (writer, style) in USUAL {
            if let Some(written) = body.json.as_ref().and_then(|node| inside(*style, node.clone())) {
                push(format!("inside `{{\"{name}\":…}}`, as {writer} writes it"), written);
            }
        }
        for (writer, style) in USUAL.iter().take(7) {
            if let Some(written) = inside(*style, Node::Text(text.into())) {
                push(format!("as the text of `{{\"{name}\":\"…\"}}`, as {writer} writes it"), written);
            }
        }
    }
    push("inside a list".to_owned(), format!("[{text}]"));
    for (writer, style) in USUAL {
        let list = body.json.as_ref().map(|node| Node::Array(vec![node.clone()]));
        if let Some(written) = list.and_then(|list| print(&list, *style, body.bytes.len())) {
            push(format!("inside a list, as {writer} writes it"), written);
        }
    }
    all.extend(gateway(body, text));
    all
}

/// The event that an API gateway makes of a request, with only the members that hold the body.
fn gateway(body: &Body<'_>, text: &str) -> Vec<Variant> {
    let encoded = to_base64(body.bytes);
    let mut all = Vec::new();
    for (content, flag) in [(encoded.as_str(), "true"), (text, "false")] {
        let member = (Cow::Borrowed("body"), Node::Text(content.into()));
        let is_encoded = (Cow::Borrowed("isBase64Encoded"), Node::Literal(flag));
        for members in [vec![member.clone(), is_encoded.clone()], vec![is_encoded, member]] {
            let event = Node::Object(members);
            for (_, style) in USUAL.iter().take(2) {
                let written = print(&event, *style, content.len());
                all.extend(written.into_iter().flat_map(|text| one("as the event of an API gateway", text)));
            }
        }
    }
    all
}

/// A change of a text, a number or a literal; `None` leaves its member out.
type Leaf = for<'n> fn(Node<'n>) -> Option<Node<'n>>;

const CHANGES: &[(&str, Leaf)] = &[
    ("without the members that are empty texts", |leaf| (!is_empty(&leaf)).then_some(leaf)),
    ("without the members that are null or empty", |leaf| {
        (!is_empty(&leaf) && leaf != Node::Literal("null")).then_some(leaf)
    }),
    ("with its numbers as texts", |leaf| Some(as_text(leaf, |_| true))),
    ("with its numbers as JavaScript's texts", |leaf| Some(printed(leaf, &Numbers::JAVASCRIPT))),
    ("with its numbers as Python's texts", |leaf| Some(printed(leaf, &Numbers::PYTHON))),
    ("with its fractions as texts", |leaf| Some(as_text(leaf, |number| number.contains(['.', 'e', 'E'])))),
    ("with its texts that are numbers as numbers (JSON_NUMERIC_CHECK)", |leaf| Some(as_number(leaf))),
    ("with null for its empty texts", |leaf| Some(if is_empty(&leaf) { Node::Literal("null") } else { leaf })),
    ("with empty texts for null", |leaf| {
        Some(if leaf == Node::Literal("null") { Node::Text("".into()) } else { leaf })
    }),
];

fn is_empty(leaf: &Node<'_>) -> bool {
    matches!(leaf, Node::Text(text) if text.is_empty())
}

fn as_text(leaf: Node<'_>, is_meant: fn(&str) -> bool) -> Node<'_> {
    match leaf {
        Node::Number(text) if is_meant(text) => Node::Text(text.into()),
        other => other,
    }
}

fn printed<'n>(leaf: Node<'n>, numbers: &Numbers) -> Node<'n> {
    match leaf {
        Node::Number(text) => Node::Text(numbers.print(text).into()),
        other => other,
    }
}

fn as_number(leaf: Node<'_>) -> Node<'_> {
    match leaf {
        Node::Text(Cow::Borrowed(text)) if matches!(tree::parse(text.as_bytes()), Some(Node::Number(_))) => {
            Node::Number(text)
        }
        other => other,
    }
}

/// The JSON with its values changed, as the usual writers write it; and as `JSON.stringify` with a list of names does.
pub(super) fn changed(body: &Body<'_>) -> Vec<Variant> {
    let Some(node) = &body.json else { return Vec::new() };
    let mut all = Vec::new();
    let nulls = std::iter::once(("without the outermost members that are null", without_nulls(node)));
    for (words, changed) in nulls.chain(CHANGES.iter().map(|(words, leaf)| (*words, mapped(node, *leaf)))) {
        if changed == *node {
            continue;
        }
        all.extend(USUAL.iter().filter_map(|(writer, style)| {
            let bytes = print(&changed, *style, body.bytes.len())?.into_bytes();
            Some(Variant { how: format!("{words}, as {writer} writes it").into(), bytes })
        }));
    }
    if let Node::Object(members) = node {
        let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_ref()).collect();
        for words in [
            "as JSON.stringify writes it with the list of its names",
            "as JSON.stringify writes it with the sorted list of its names",
        ] {
            let style = Style { numbers: Style::JAVASCRIPT.numbers, ..Style::COMPACT };
            let written = print(&listed(node, &names), style, body.bytes.len());
            all.extend(written.into_iter().flat_map(|text| one(words, text)));
            names.sort_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
        }
    }
    all
}

/// Only members of these names, in the order of the list, at every depth.
fn listed<'n>(node: &Node<'n>, names: &[&str]) -> Node<'n> {
    match node {
        Node::Object(members) => {
            let found = |name: &&str| members.iter().find(|(member, _)| member == name);
            let found = names.iter().filter_map(found);
            Node::Object(found.map(|(name, value)| (name.clone(), listed(value, names))).collect())
        }
        Node::Array(items) => Node::Array(items.iter().map(|item| listed(item, names)).collect()),
        other => other.clone(),
    }
}

fn without_nulls<'n>(node: &Node<'n>) -> Node<'n> {
    match node {
        Node::Object(members) => {
            let kept = members.iter().filter(|(_, value)| *value != Node::Literal("null"));
            Node::Object(kept.cloned().collect())
        }
        other => other.clone(),
    }
}

fn mapped<'n>(node: &Node<'n>, leaf: Leaf) -> Node<'n> {
    match node {
        Node::Object(members) => {
            let kept = |(name, value): &(Cow<'n, str>, Node<'n>)| Some((name.clone(), changed_leaf(value, leaf)?));
            Node::Object(members.iter().filter_map(kept).collect())
        }
        Node::Array(items) => {
            let kept = |item: &Node<'n>| changed_leaf(item, leaf).unwrap_or_else(|| item.clone());
            Node::Array(items.iter().map(kept).collect())
        }
        other => other.clone(),
    }
}

fn changed_leaf<'n>(node: &Node<'n>, leaf: Leaf) -> Option<Node<'n>> {
    match node {
        Node::Object(_) | Node::Array(_) => Some(mapped(node, leaf)),
        scalar => leaf(scalar.clone()),
    }
}
