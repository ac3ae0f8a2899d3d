//! JSON bodies written anew, as the libraries of the common languages write what they have read.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use super::number;

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

/// How numbers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbers {
    AsWritten,
    JavaScript,
    Python,
}

/// Which characters beyond the necessary ones are escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escapes {
    /// None.
    Least,
    /// Everything beyond ASCII, as `\uXXXX`.
    Ascii,
    /// Everything beyond ASCII, and slashes (PHP).
    AsciiAndSlash,
    /// Slashes only (PHP with `JSON_UNESCAPED_UNICODE`).
    Slash,
    /// `<`, `>`, `&` and the two line separators (Go).
    Html,
    /// Everything beyond ASCII, `<>&'"+` and backquotes, with upper-case digits (.NET).
    DotNet,
}

/// A way to write JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) comma: &'static str,
    pub(super) colon: &'static str,
    /// The indent of one level; none for one line.
    pub(super) indent: Option<&'static str>,
    pub(super) sorted: bool,
    pub(super) numbers: Numbers,
    pub(super) escapes: Escapes,
}

impl Style {
    /// Without any white space.
    pub(super) const COMPACT: Self = Self {
        comma: ",",
        colon: ":",
        indent: None,
        sorted: false,
        numbers: Numbers::AsWritten,
        escapes: Escapes::Least,
    };
    /// JavaScript's `JSON.stringify`.
    pub(super) const JAVASCRIPT: Self = Self { numbers: Numbers::JavaScript, ..Self::COMPACT };
    /// Python's `json.dumps`.
    pub(super) const PYTHON: Self =
        Self { comma: ", ", colon: ": ", numbers: Numbers::Python, escapes: Escapes::Ascii, ..Self::COMPACT };
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
        let mut members: Vec<(Cow<'a, str>, Node<'a>)> = Vec::new();
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

fn without_repeats<'a>(members: Vec<(Cow<'a, str>, Node<'a>)>) -> Vec<(Cow<'a, str>, Node<'a>)> {
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

/// Writes a value. `capacity` is about how long the text becomes.
pub(super) fn print(node: &Node<'_>, style: Style, capacity: usize) -> String {
    let mut out = String::with_capacity(capacity);
    Printer { style, plain: plain_bytes(style.escapes), out: &mut out }.value(node, 0);
    out
}

fn plain_bytes(escapes: Escapes) -> [bool; 256] {
    let mut plain = [true; 256];
    for (byte, plain) in (0_u8..=255).zip(&mut plain) {
        // Longer characters are all escaped, or at most the two line separators, which begin with 0xE2.
        *plain = match byte {
            0..=0x7f => !needs_escape(char::from(byte), escapes),
            0x80.. => !needs_escape('\u{80}', escapes) && (byte != 0xe2 || escapes == Escapes::Least),
        };
    }
    plain
}

fn needs_escape(character: char, escapes: Escapes) -> bool {
    match character {
        '"' | '\\' | '\0'..='\u{1f}' => true,
        '\u{7f}' => matches!(escapes, Escapes::Ascii | Escapes::DotNet),
        '/' => matches!(escapes, Escapes::Slash | Escapes::AsciiAndSlash),
        '<' | '>' | '&' => matches!(escapes, Escapes::Html | Escapes::DotNet),
        '\'' | '+' | '`' => escapes == Escapes::DotNet,
        '\u{2028}' | '\u{2029}' => escapes != Escapes::Least,
        '\u{80}'.. => matches!(escapes, Escapes::Ascii | Escapes::AsciiAndSlash | Escapes::DotNet),
        _ => false,
    }
}

struct Printer<'o> {
    style: Style,
    /// For each byte whether it needs no second look; most text is such bytes.
    plain: [bool; 256],
    out: &'o mut String,
}

impl Printer<'_> {
    fn value(&mut self, node: &Node<'_>, depth: usize) {
        match node {
            Node::Literal(word) => self.out.push_str(word),
            Node::Number(text) => match self.style.numbers {
                Numbers::AsWritten => self.out.push_str(text),
                Numbers::JavaScript => self.out.push_str(&number::javascript(text)),
                Numbers::Python => self.out.push_str(&number::python(text)),
            },
            Node::Text(text) => self.text(text),
            Node::Array(items) if items.is_empty() => self.out.push_str("[]"),
            Node::Array(items) => {
                self.out.push('[');
                for (at, item) in items.iter().enumerate() {
                    self.between(at, depth);
                    self.value(item, depth + 1);
                }
                self.line(depth);
                self.out.push(']');
            }
            Node::Object(members) if members.is_empty() => self.out.push_str("{}"),
            Node::Object(members) => {
                self.out.push('{');
                let mut order: Vec<usize> = (0..members.len()).collect();
                if self.style.sorted {
                    order.sort_by(|&a, &b| members[a].0.cmp(&members[b].0));
                } else if self.style.numbers == Numbers::JavaScript {
                    // JavaScript lists names that are array indexes first, in ascending order.
                    order.sort_by_key(|&at| array_index(&members[at].0).map_or((1, 0), |index| (0, index)));
                }
                for (at, &member) in order.iter().enumerate() {
                    self.between(at, depth);
                    let (name, value) = &members[member];
                    self.text(name);
                    self.out.push_str(self.style.colon);
                    self.value(value, depth + 1);
                }
                self.line(depth);
                self.out.push('}');
            }
        }
    }

    fn between(&mut self, at: usize, depth: usize) {
        if at > 0 {
            self.out.push_str(self.style.comma);
        }
        self.line(depth + 1);
    }

    fn line(&mut self, depth: usize) {
        if let Some(indent) = self.style.indent {
            self.out.push('\n');
            for _ in 0..depth {
                self.out.push_str(indent);
            }
        }
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        let bytes = text.as_bytes();
        let mut copied = 0;
        let mut at = 0;
        while at < bytes.len() {
            if self.plain[usize::from(bytes[at])] {
                at += 1;
                continue;
            }
            // The table speaks of bytes; here a character begins, as the ones before were taken whole.
            let Some(character) = text[at..].chars().next() else { break };
            if needs_escape(character, self.style.escapes) {
                self.out.push_str(&text[copied..at]);
                self.escaped(character);
                copied = at + character.len_utf8();
            }
            at += character.len_utf8();
        }
        self.out.push_str(&text[copied..]);
        self.out.push('"');
    }

    fn escaped(&mut self, character: char) {
        let short = match character {
            '"' if self.style.escapes != Escapes::DotNet => Some("\\\""),
            '\\' => Some("\\\\"),
            '/' => Some("\\/"),
            '\u{8}' => Some("\\b"),
            '\u{c}' => Some("\\f"),
            '\n' => Some("\\n"),
            '\r' => Some("\\r"),
            '\t' => Some("\\t"),
            _ => None,
        };
        if let Some(short) = short {
            self.out.push_str(short);
            return;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a String does not fail.
            let _ = match self.style.escapes {
                Escapes::DotNet => write!(self.out, "\\u{unit:04X}"),
                Escapes::Least | Escapes::Ascii | Escapes::AsciiAndSlash | Escapes::Slash | Escapes::Html => {
                    write!(self.out, "\\u{unit:04x}")
                }
            };
        }
    }
}

fn array_index(name: &str) -> Option<u32> {
    let canonical = name == "0" || !name.starts_with('0');
    let digits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    if canonical && digits { name.parse().ok().filter(|&index| index != u32::MAX) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(body: &str, style: Style) -> String {
        print(&parse(body.as_bytes()).unwrap(), style, 0)
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
                let _ = (print(&node, Style::PYTHON, 0), print(&node, Style::JAVASCRIPT, 0));
            }
        }
    }
}
