//! A JSON text as a tree, to print it as the libraries of other languages do.

use std::borrow::Cow;
use std::collections::HashMap;

use super::outline::{NodeId, NodeKind, Outline};
use super::scan::scan;
use super::strings;

/// Levels that are followed. Webhooks are not nested as deeply; recursion must end.
const MAX_DEPTH: u32 = 100;
/// Characters of a number. Printing works on each digit.
const MAX_DIGITS: usize = 400;

/// A JSON value with its numbers as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node<'a> {
    Literal(&'static str),
    Number(&'a str),
    Text(Cow<'a, str>),
    Array(Vec<Node<'a>>),
    /// Members in order; of repeated names the last value takes the first one's place, as in most parsers.
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

/// Reads a text; `None` when it is not one JSON value, or nested too deeply, or holds what libraries write differently
/// (half a surrogate pair, a number of hundreds of digits).
pub(crate) fn parse(text: &[u8]) -> Option<Node<'_>> {
    let outline = scan(text);
    if outline.error.is_some() || !outline.all_outlined {
        return None;
    }
    build(&outline, text, 0)
}

fn build<'a>(outline: &Outline, text: &'a [u8], node: NodeId) -> Option<Node<'a>> {
    if outline.depth(node) >= MAX_DEPTH {
        return None;
    }
    let written = outline.raw(text, node);
    Some(match outline.kind(text, node)? {
        NodeKind::Object => {
            let mut members = Vec::with_capacity(outline.child_count(node) as usize);
            for child in outline.child_ids(node) {
                members.push((string(outline.raw_key(text, child)?)?, build(outline, text, child)?));
            }
            Node::Object(without_repeats(members))
        }
        NodeKind::Array => {
            Node::Array(outline.child_ids(node).map(|child| build(outline, text, child)).collect::<Option<_>>()?)
        }
        NodeKind::String => Node::Text(string(written)?),
        NodeKind::Number => Node::Number(std::str::from_utf8(written).ok().filter(|text| text.len() <= MAX_DIGITS)?),
        NodeKind::Bool if written == b"true" => Node::Literal("true"),
        NodeKind::Bool => Node::Literal("false"),
        NodeKind::Null => Node::Literal("null"),
    })
}

/// The same with the names of its objects sorted, or of the outermost one alone.
pub(crate) fn sorted<'n>(node: &Node<'n>, is_deep: bool) -> Node<'n> {
    let inner = |value: &Node<'n>| if is_deep { sorted(value, true) } else { value.clone() };
    match node {
        Node::Array(items) => Node::Array(items.iter().map(inner).collect()),
        Node::Object(members) => {
            let mut members: Vec<_> = members.iter().map(|(name, value)| (name.clone(), inner(value))).collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            Node::Object(members)
        }
        other => other.clone(),
    }
}

fn string(written: &[u8]) -> Option<Cow<'_, str>> {
    let (text, lone_surrogate) = strings::text(written);
    (!lone_surrogate).then_some(text)
}

/// Objects of up to this many members are searched one by one, which is quicker than hashing.
const FEW: usize = 16;

fn without_repeats<'a>(members: Vec<(Cow<'a, str>, Node<'a>)>) -> Vec<(Cow<'a, str>, Node<'a>)> {
    let few = members.len() <= FEW;
    let repeats = |at: usize| members[..at].iter().any(|(name, _)| *name == members[at].0);
    if few && !(1..members.len()).any(repeats) {
        return members;
    }
    let mut places: HashMap<Cow<'a, str>, usize> = HashMap::with_capacity(members.len());
    let mut kept: Vec<(Cow<'a, str>, Node<'a>)> = Vec::with_capacity(members.len());
    for (name, value) in members {
        if let Some(&at) = places.get(&name) {
            kept[at].1 = value;
        } else {
            places.insert(name.clone(), kept.len());
            kept.push((name, value));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::print::{Escapes, Style, print};

    fn written(body: &str, style: Style) -> String {
        print(&parse(body.as_bytes()).unwrap(), style, 0).unwrap()
    }

    const BODY: &str = r#" {"b": [1, 2.50, {}], "a\u0041": "é😀/<\u001b\"", "2": null, "10": true, "b": []} "#;

    #[test]
    fn as_each_language_writes_it() {
        for (style, expected) in [
            (Style::JAVASCRIPT, r#"{"2":null,"10":true,"b":[],"aA":"é😀/<\u001b\""}"#),
            (Style::PYTHON, r#"{"b": [], "aA": "\u00e9\ud83d\ude00/<\u001b\"", "2": null, "10": true}"#),
            (Style::COMPACT.sorted(), r#"{"10":true,"2":null,"aA":"é😀/<\u001b\"","b":[]}"#),
            (
                Style { escapes: Escapes::PHP, ..Style::COMPACT },
                r#"{"b":[],"aA":"\u00e9\ud83d\ude00\/<\u001b\"","2":null,"10":true}"#,
            ),
            (
                Style { escapes: Escapes::HTML, ..Style::COMPACT },
                r#"{"b":[],"aA":"é😀/\u003c\u001b\"","2":null,"10":true}"#,
            ),
            (
                Style { escapes: Escapes::DOTNET, ..Style::COMPACT },
                r#"{"b":[],"aA":"\u00E9\uD83D\uDE00/\u003C\u001B\u0022","2":null,"10":true}"#,
            ),
        ] {
            assert_eq!(written(BODY, style), expected);
        }
        let pretty = Style { indent: Some("  "), colon: ": ", ..Style::COMPACT };
        assert_eq!(written(r#"{"a":[1,{}],"b":[]}"#, pretty), "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}");
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for wrong in
            ["", "{", "{\"a\"}", "[1,]", "01x", "--1", "\"\\x\"", "\"\\ud800\"", "\"\\u+041\"", "nul", "{} x", "[1 2]"]
        {
            assert_eq!(parse(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(parse(b"\xff"), None);
        assert!(parse("[".repeat(100_000).as_bytes()).is_none());
    }

    #[test]
    fn what_is_too_deep_too_long_or_too_much_is_no_tree() {
        let nested = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(nested(100).as_bytes()).is_some() && parse(nested(101).as_bytes()).is_none());
        let digits = |length| "1".repeat(length);
        assert!(parse(digits(400).as_bytes()).is_some() && parse(digits(401).as_bytes()).is_none());
        assert!(parse(format!("[{}0]", "0,".repeat(2_000_000)).as_bytes()).is_none());
    }

    #[test]
    fn of_repeated_names_the_last_value_takes_the_first_place_however_many_there_are() {
        for members in [1, 2, 16, 17, 40] {
            let names = (0..members).map(|at| format!("\"n{at}\":{at}")).collect::<Vec<_>>().join(",");
            assert_eq!(written(&format!("{{{names}}}"), Style::COMPACT), format!("{{{names}}}"));
            let again = written(&format!("{{{names},\"n0\":\"x\"}}"), Style::COMPACT);
            assert_eq!(again, format!("{{{}}}", names.replacen("\"n0\":0", "\"n0\":\"x\"", 1)));
        }
        assert_eq!(written("[true,false,null]", Style::COMPACT), "[true,false,null]");
    }

    #[test]
    fn indentation_does_not_grow_without_bound() {
        let deep = format!("{}{}1{}", "[".repeat(90), "1,".repeat(50_000), "]".repeat(90));
        let node = parse(deep.as_bytes()).unwrap();
        let indented = Style { indent: Some("    "), ..Style::COMPACT };
        assert_eq!(print(&node, indented, deep.len()), None);
        assert_eq!(print(&node, Style::COMPACT, deep.len()), Some(deep));
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_the_usual_library(text in ".{0,12}", name in ".{0,5}", number: i64) {
            let value = serde_json::json!({ name: [text, number, null, true] });
            let body = serde_json::to_string_pretty(&value).unwrap();
            proptest::prop_assert_eq!(written(&body, Style::COMPACT), value.to_string());
        }

        #[test]
        fn any_bytes_can_be_read(body: Vec<u8>) {
            if let Some(node) = parse(&body) {
                let _ = (print(&node, Style::PYTHON, body.len()), print(&node, Style::JAVASCRIPT, body.len()));
            }
        }
    }
}
