//! JSON printed as the libraries of other languages print it.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::number;
use super::tree::Node;

/// How numbers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    AsWritten,
    JavaScript,
    Python,
}

/// Which characters beyond the necessary ones are escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escapes {
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
pub struct Style {
    pub comma: &'static str,
    pub colon: &'static str,
    /// The indent of one level; none for one line.
    pub indent: Option<&'static str>,
    pub sorted: bool,
    pub numbers: Numbers,
    pub escapes: Escapes,
}

impl Style {
    /// Without any white space.
    pub const COMPACT: Self = Self {
        comma: ",",
        colon: ":",
        indent: None,
        sorted: false,
        numbers: Numbers::AsWritten,
        escapes: Escapes::Least,
    };
    /// JavaScript's `JSON.stringify`.
    pub const JAVASCRIPT: Self = Self { numbers: Numbers::JavaScript, ..Self::COMPACT };
    /// Python's `json.dumps`.
    pub const PYTHON: Self =
        Self { comma: ", ", colon: ": ", numbers: Numbers::Python, escapes: Escapes::Ascii, ..Self::COMPACT };
}

/// Escapes make a text six times as long at most. What is longer still is indentation, which deep nesting makes endless.
const MAX_GROWTH: usize = 8;
/// Short texts may grow more.
const LEAST_LIMIT: usize = 64 << 10;

/// Writes a value that was read from a text of this length; `None` when it becomes many times as long.
pub fn print(node: &Node<'_>, style: Style, length: usize) -> Option<String> {
    let mut out = String::with_capacity(length + length / 8);
    let limit = length.saturating_mul(MAX_GROWTH).max(LEAST_LIMIT);
    Printer { style, plain: plain_bytes(style.escapes), limit, out: &mut out }.value(node, 0);
    (out.len() <= limit).then_some(out)
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
    /// Indentation ends here.
    limit: usize,
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
                let mut order: Vec<&(Cow<'_, str>, Node<'_>)> = members.iter().collect();
                if self.style.sorted {
                    order.sort_by(|a, b| a.0.cmp(&b.0));
                } else if self.style.numbers == Numbers::JavaScript
                    && members.iter().any(|(name, _)| array_index(name).is_some())
                {
                    // JavaScript lists names that are array indexes first, in ascending order.
                    order.sort_by_key(|(name, _)| array_index(name).map_or((1, 0), |index| (0, index)));
                }
                for (at, (name, value)) in order.into_iter().enumerate() {
                    self.between(at, depth);
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
        if let Some(indent) = self.style.indent.filter(|_| self.out.len() <= self.limit) {
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
