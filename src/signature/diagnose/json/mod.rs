//! JSON bodies written anew, as the libraries of the common languages write what they have read.

mod print;

use std::borrow::Cow;
use std::collections::HashMap;

pub(super) use print::{Escapes, Numbers, Style, print};

/// Nesting that is followed. Deeper bodies are not written anew: no webhook is, and recursion must end.
const MAX_DEPTH: usize = 100;

/// A JSON value with its numbers as written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node<'a> {
    Literal(&'static str),
    Number(&'a str),
    Text(Cow<'a, str>),
    Array(Vec<Node<'a>>),
    /// Members in order; of repeated names the last value stands in the first one's place, as every parser has it.
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

/// Reads a body; `None` when it is not one JSON value, or nested too deeply.
pub(super) fn parse(body: &[u8]) -> Option<Node<'_>> {
    let text = std::str::from_utf8(body).ok()?;
    let mut reader = Reader { text, at: 0 };
    let node = reader.value(0)?;
    reader.space();
    (reader.at == text.len()).then_some(node)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn value(&mut self, depth: usize) -> Option<Node<'a>> {
        self.space();
        match self.peek()? {
            b'{' | b'[' if depth == MAX_DEPTH => None,
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.string().map(Node::Text),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            _ => self.number(),
        }
    }

    fn literal(&mut self, word: &'static str) -> Option<Node<'a>> {
        let there = self.text[self.at..].starts_with(word);
        self.at += word.len();
        there.then_some(Node::Literal(word))
    }

    fn number(&mut self) -> Option<Node<'a>> {
        let rest = &self.text[self.at..];
        let length = rest.bytes().position(|byte| !matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
        let number = &rest[..length.unwrap_or(rest.len())];
        let starts_well = number.trim_start_matches('-').starts_with(|first: char| first.is_ascii_digit());
        // Bounded, as printing works on each digit.
        if !starts_well || number.len() > 400 || number.parse::<f64>().is_err() {
            return None;
        }
        self.at += number.len();
        Some(Node::Number(number))
    }

    fn string(&mut self) -> Option<Cow<'a, str>> {
        self.at += 1;
        let start = self.at;
        let mut owned = String::new();
        let mut copied = start;
        loop {
            let bytes = &self.text.as_bytes()[self.at..];
            let here = self.at + memchr::memchr2(b'"', b'\\', bytes)?;
            if self.text.as_bytes()[here] == b'"' {
                self.at = here + 1;
                if copied == start {
                    return Some(Cow::Borrowed(&self.text[start..here]));
                }
                owned.push_str(&self.text[copied..here]);
                return Some(Cow::Owned(owned));
            }
            owned.push_str(&self.text[copied..here]);
            self.at = here + 1;
            owned.push(self.escape()?);
            copied = self.at;
        }
    }

    /// The character after a backslash. Half a surrogate pair is given up: what printers do with it differs.
    fn escape(&mut self) -> Option<char> {
        let escape = self.peek()?;
        self.at += 1;
        Some(match escape {
            b'"' | b'\\' | b'/' => char::from(escape),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.unit()?;
                let code = if (0xd800..0xdc00).contains(&first) && self.eat(b'\\') && self.eat(b'u') {
                    let second = self.unit().filter(|unit| (0xdc00..0xe000).contains(unit))?;
                    0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                } else {
                    first
                };
                char::from_u32(code)?
            }
            _ => return None,
        })
    }

    fn unit(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))
    }

    fn array(&mut self, depth: usize) -> Option<Node<'a>> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.eat(b']') {
            return Some(Node::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            if self.eat(b']') {
                return Some(Node::Array(items));
            }
            if !self.eat(b',') {
                return None;
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<Node<'a>> {
        self.at += 1;
        // Most objects are small; growing from nothing costs more than the few bytes.
        let mut members: Vec<(Cow<'a, str>, Node<'a>)> = Vec::with_capacity(4);
        self.space();
        if self.eat(b'}') {
            return Some(Node::Object(members));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return None;
            }
            let name = self.string()?;
            self.space();
            if !self.eat(b':') {
                return None;
            }
            let value = self.value(depth + 1)?;
            members.push((name, value));
            self.space();
            if self.eat(b'}') {
                return Some(Node::Object(without_repeats(members)));
            }
            if !self.eat(b',') {
                return None;
            }
        }
    }
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

    fn written(body: &str, style: Style) -> String {
        print(&parse(body.as_bytes()).unwrap(), style, 0).unwrap()
    }

    const BODY: &str = r#" {"b": [1, 2.50, {}], "a\u0041": "é😀/<\u001b\"", "2": null, "10": true, "b": []} "#;

    #[test]
    fn as_each_language_writes_it() {
        for (style, expected) in [
            (Style::JAVASCRIPT, r#"{"2":null,"10":true,"b":[],"aA":"é😀/<\u001b\""}"#),
            (Style::PYTHON, r#"{"b": [], "aA": "\u00e9\ud83d\ude00/<\u001b\"", "2": null, "10": true}"#),
            (Style { sorted: true, ..Style::COMPACT }, r#"{"10":true,"2":null,"aA":"é😀/<\u001b\"","b":[]}"#),
            (
                Style { escapes: Escapes::AsciiAndSlash, ..Style::COMPACT },
                r#"{"b":[],"aA":"\u00e9\ud83d\ude00\/<\u001b\"","2":null,"10":true}"#,
            ),
            (
                Style { escapes: Escapes::Html, ..Style::COMPACT },
                r#"{"b":[],"aA":"é😀/\u003c\u001b\"","2":null,"10":true}"#,
            ),
            (
                Style { escapes: Escapes::DotNet, ..Style::COMPACT },
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
