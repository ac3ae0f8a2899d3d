//! The fields of a form as JSON, flat or nested, and in the text forms of objects.

use std::borrow::Cow;

use super::body::{Body, Variant};
use super::form_dialects::{once, with_lists};
use super::form_writers::{self, Pairs};
use super::json_dialects::USUAL;
use crate::json::php_forms;
use crate::json::print::print;
use crate::json::text_forms::text_form;
use crate::json::tree::Node;

/// The form's fields as JSON and in other text forms.
pub(super) fn as_json(body: &Body<'_>) -> Vec<Variant> {
    let mut all = Vec::new();
    for (lists, pairs) in with_lists(body) {
        of_pairs(&pairs, lists, body.bytes.len(), &mut all);
    }
    all
}

fn of_pairs(pairs: &Pairs, lists: &str, length: usize, all: &mut Vec<Variant>) {
    let by_name = form_writers::sorted(pairs);
    for (node, what) in [
        (object(&once(pairs, true), single), "as JSON"),
        (object(&once(pairs, false), single), "as JSON with the first values"),
        (object(pairs, |values| if values.len() > 1 { list(values) } else { single(values) }), "as JSON with lists"),
        (
            object(&by_name, |values| if values.len() > 1 { list(values) } else { single(values) }),
            "as sorted JSON with lists",
        ),
        (object(pairs, list), "as JSON with lists of values"),
        (object(&by_name, list), "as sorted JSON with lists of values"),
        (nested(pairs), "as nested JSON"),
        (nested(&by_name), "as sorted, nested JSON"),
        (
            Node::Array(pairs.iter().map(|(name, value)| Node::Array(vec![text(name), text(value)])).collect()),
            "as a list of pairs",
        ),
    ] {
        for (writer, style) in USUAL {
            let Some(text) = print(&node, *style, length) else { continue };
            all.push(Variant {
                how: format!("with the form {what} of {writer}{lists}, with a line feed after it").into(),
                bytes: format!("{text}\n").into(),
            });
            all.push(Variant {
                how: format!("with the form {what} of {writer}{lists}").into(),
                bytes: text.into_bytes(),
            });
        }
        for (how, form) in super::text_forms::FORMS {
            let bytes = text_form(&node, *form).into_bytes();
            all.push(Variant { how: format!("with the form {what}, {how}{lists}").into(), bytes });
        }
        if what.ends_with("nested JSON") {
            for (how, text) in by_php(&node) {
                all.push(Variant { how: format!("with the form {how}").into(), bytes: text.into_bytes() });
            }
        }
    }
}

/// The array that PHP makes of a form, as its functions print it.
fn by_php(node: &Node<'_>) -> [(&'static str, String); 3] {
    let (mut serialized, mut exported, mut printed) = (String::new(), String::new(), String::new());
    php_forms::serialized(node, &mut serialized);
    php_forms::exported(node, 0, &mut exported);
    php_forms::print_r(node, 0, &mut printed);
    [
        ("as PHP's serialize writes its array", serialized),
        ("as PHP's var_export writes its array", exported),
        ("as PHP's print_r shows its array", printed),
    ]
}

fn text(text: &str) -> Node<'_> {
    Node::Text(text.into())
}

fn single<'p>(values: &[&'p str]) -> Node<'p> {
    text(values.last().copied().unwrap_or_default())
}

fn list<'p>(values: &[&'p str]) -> Node<'p> {
    Node::Array(values.iter().map(|value| text(value)).collect())
}

/// An object of the names, each with the value that `of` makes of its values.
fn object<'p>(pairs: &'p Pairs, of: impl Fn(&[&'p str]) -> Node<'p>) -> Node<'p> {
    let mut members: Vec<(&str, Vec<&str>)> = Vec::new();
    for (name, value) in pairs {
        match members.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values.push(value.as_str()),
            None => members.push((name.as_str(), vec![value.as_str()])),
        }
    }
    Node::Object(members.into_iter().map(|(name, values)| (Cow::Borrowed(name), of(&values))).collect())
}

/// The most levels of brackets that are followed.
const MAX_LEVELS: usize = 5;

/// `a[b][]=1` as `{"a":{"b":["1"]}}`, as PHP, Rack and Node's qs read it.
fn nested(pairs: &Pairs) -> Node<'_> {
    let mut root = Node::Object(Vec::new());
    for (name, value) in pairs {
        let mut path = name.splitn(MAX_LEVELS + 1, '[');
        let first = path.next().unwrap_or_default();
        let rest: Vec<&str> = path.map(|part| part.trim_end_matches(']')).collect();
        put(&mut root, first, &rest, value);
    }
    root
}

fn put<'p>(node: &mut Node<'p>, name: &'p str, rest: &[&'p str], value: &'p str) {
    let fresh = |rest: &[&str]| match rest.first() {
        None => text(value),
        Some(next) if next.is_empty() || next.bytes().all(|byte| byte.is_ascii_digit()) => Node::Array(Vec::new()),
        Some(_) => Node::Object(Vec::new()),
    };
    match node {
        Node::Object(members) => {
            if let Some(at) = members.iter().position(|(known, _)| known == name) {
                if rest.is_empty() {
                    members[at].1 = text(value);
                }
            } else {
                members.push((Cow::Borrowed(name), fresh(rest)));
            }
            if let (Some((_, child)), [next, rest @ ..]) = (members.iter_mut().find(|(known, _)| known == name), rest) {
                put(child, next, rest, value);
            }
        }
        Node::Array(items) => {
            let at = name.parse().unwrap_or(items.len()).min(items.len());
            if at == items.len() {
                items.push(fresh(rest));
            }
            if let (Some(child), [next, rest @ ..]) = (items.get_mut(at), rest) {
                put(child, next, rest, value);
            }
        }
        Node::Text(_) | Node::Number(_) | Node::Literal(_) => {}
    }
}
