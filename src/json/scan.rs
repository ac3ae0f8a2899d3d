//! Reads JSON text into an [`Outline`]: one pass, an explicit stack, nothing decoded, nothing converted.
//!
//! The grammar is RFC 8259's. Three things are accepted that `serde_json` refuses: any depth up to [`MAX_DEPTH`],
//! numbers of any size (they stay as written), and escapes of lone surrogates. A leading byte order mark is skipped.

use super::JsonError;
use super::outline::{NO_KEY, NO_PARENT, Node, NodeId, Outline};
use crate::http::text::BYTE_ORDER_MARK;

/// Values that are outlined: 28 bytes each, so 56 MB at most. Values after that are checked and counted in their
/// container only.
const MAX_NODES: usize = 2_000_000;
/// Levels that are followed. Far above what any parser takes; bounds the stack at 4 MB.
const MAX_DEPTH: usize = 1_000_000;
/// Bytes that are read. Offsets are 32 bits; a page that shows more than this would be of no use.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Reads `bytes`. A text that breaks off or is wrong gives the outline of what comes before, and the error.
#[must_use]
pub fn scan(bytes: &[u8]) -> Outline {
    let limited = &bytes[..bytes.len().min(MAX_BYTES)];
    let (readable, end_error) = match std::str::from_utf8(limited) {
        Ok(_) if bytes.len() > MAX_BYTES => (limited, "more than 64 MiB of JSON are not outlined"),
        Ok(_) => (limited, "the text ends too early"),
        Err(error) => (&limited[..error.valid_up_to()], "not valid UTF-8"),
    };
    let mut scanner = Scanner {
        bytes: readable,
        at: if readable.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 },
        cut: readable.len() < bytes.len(),
        end_error,
        nodes: Vec::new(),
        all_outlined: true,
        open: Vec::new(),
        key: NO_KEY,
    };
    let error = scanner.document().err().map(|(offset, message)| located(bytes, offset, message));
    scanner.close_all();
    Outline { nodes: scanner.nodes, error, all_outlined: scanner.all_outlined }
}

fn located(bytes: &[u8], offset: usize, message: &'static str) -> JsonError {
    let before = &bytes[..offset.min(bytes.len())];
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    JsonError {
        offset,
        line: memchr::memchr_iter(b'\n', before).count() + 1,
        column: String::from_utf8_lossy(&before[line_start..]).chars().count() + 1,
        message,
    }
}

pub(super) type Failure = (usize, &'static str);

/// What may come next.
#[derive(Clone, Copy)]
enum Expect {
    Value,
    ValueOrEnd,
    KeyOrEnd,
    Key,
    CommaOrEnd,
}

/// An open container: its node, if it is outlined, and which of the two it is.
#[derive(Clone, Copy)]
struct Open(u32);

impl Open {
    const NOT_OUTLINED: u32 = u32::MAX >> 1;

    fn new(node: Option<NodeId>, object: bool) -> Self {
        Self(node.unwrap_or(Self::NOT_OUTLINED) << 1 | u32::from(object))
    }

    fn node(self) -> Option<usize> {
        Some(self.0 >> 1).filter(|&node| node != Self::NOT_OUTLINED).map(|node| node as usize)
    }

    fn is_object(self) -> bool {
        self.0 & 1 == 1
    }
}

pub(super) struct Scanner<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    /// Whether there is more than `bytes` that cannot be read.
    cut: bool,
    pub(super) end_error: &'static str,
    nodes: Vec<Node>,
    all_outlined: bool,
    open: Vec<Open>,
    /// Where the key of the next value starts.
    key: u32,
}

impl Scanner<'_> {
    fn document(&mut self) -> Result<(), Failure> {
        let mut expect = Expect::Value;
        loop {
            self.skip_white_space();
            if self.open.is_empty() && matches!(expect, Expect::CommaOrEnd) {
                return match self.bytes.get(self.at) {
                    None if self.cut => Err((self.at, self.end_error)),
                    None => Ok(()),
                    Some(_) => Err((self.at, "there is more after the value")),
                };
            }
            let Some(&byte) = self.bytes.get(self.at) else {
                return Err((self.at, self.end_error));
            };
            expect = match (expect, byte) {
                (Expect::ValueOrEnd, b']') | (Expect::KeyOrEnd, b'}') => self.close(),
                (Expect::Value | Expect::ValueOrEnd, _) => self.value(byte)?,
                (Expect::Key | Expect::KeyOrEnd, b'"') => self.key()?,
                (Expect::Key, _) => return Err((self.at, "expected a key in double quotes")),
                (Expect::KeyOrEnd, _) => return Err((self.at, "expected a key in double quotes, or '}'")),
                (Expect::CommaOrEnd, _) => self.after_value(byte)?,
            };
        }
    }

    fn after_value(&mut self, byte: u8) -> Result<Expect, Failure> {
        let object = self.open.last().is_some_and(|open| open.is_object());
        match (byte, object) {
            (b',', true) => {
                self.at += 1;
                Ok(Expect::Key)
            }
            (b',', false) => {
                self.at += 1;
                Ok(Expect::Value)
            }
            (b'}', true) | (b']', false) => Ok(self.close()),
            (_, true) => Err((self.at, "expected ',' or '}'")),
            (_, false) => Err((self.at, "expected ',' or ']'")),
        }
    }

    fn key(&mut self) -> Result<Expect, Failure> {
        self.key = offset(self.at);
        self.string()?;
        self.skip_white_space();
        match self.bytes.get(self.at) {
            Some(b':') => {
                self.at += 1;
                Ok(Expect::Value)
            }
            Some(_) => Err((self.at, "expected ':'")),
            None => Err((self.at, self.end_error)),
        }
    }

    fn value(&mut self, byte: u8) -> Result<Expect, Failure> {
        let start = self.at;
        if let b'{' | b'[' = byte {
            if self.open.len() >= MAX_DEPTH {
                return Err((self.at, "deeper than 1,000,000 levels"));
            }
            let node = self.push(start);
            let object = byte == b'{';
            self.open.push(Open::new(node, object));
            self.at += 1;
            return Ok(if object { Expect::KeyOrEnd } else { Expect::ValueOrEnd });
        }
        match byte {
            b'"' => self.string()?,
            b'-' | b'0'..=b'9' => self.number()?,
            b't' => self.literal(b"true")?,
            b'f' => self.literal(b"false")?,
            b'n' => self.literal(b"null")?,
            _ => return Err((self.at, "expected a value")),
        }
        if let Some(node) = self.push(start) {
            self.nodes[node as usize].end = offset(self.at);
        }
        Ok(Expect::CommaOrEnd)
    }

    /// Adds a node for the value at `start` and counts it in its container.
    fn push(&mut self, start: usize) -> Option<NodeId> {
        let parent = self.open.last().map(|open| open.node());
        if let Some(Some(parent)) = parent {
            self.nodes[parent].children += 1;
        }
        let key = std::mem::replace(&mut self.key, NO_KEY);
        if self.nodes.len() >= MAX_NODES {
            self.all_outlined = false;
            return None;
        }
        let id = offset(self.nodes.len());
        self.nodes.push(Node {
            key,
            start: offset(start),
            end: offset(start),
            parent: parent.flatten().map_or(NO_PARENT, offset),
            children: 0,
            subtree_end: id + 1,
            depth: offset(self.open.len()),
        });
        Some(id)
    }

    fn close(&mut self) -> Expect {
        self.at += 1;
        self.close_last();
        Expect::CommaOrEnd
    }

    fn close_last(&mut self) {
        let count = self.nodes.len();
        if let Some(node) = self.open.pop().and_then(Open::node) {
            self.nodes[node].end = offset(self.at);
            self.nodes[node].subtree_end = offset(count);
        }
    }

    fn close_all(&mut self) {
        while !self.open.is_empty() {
            self.close_last();
        }
    }

    fn skip_white_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }
}

/// An offset or count as it is kept. Bounded by [`MAX_BYTES`], so nothing is lost.
fn offset(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> (usize, usize, &'static str) {
        let error = scan(text.as_bytes()).error.unwrap();
        (error.line, error.column, error.message)
    }

    #[test]
    fn errors_say_what_is_expected_and_where() {
        assert_eq!(error("{\n  \"é\": tru,\n}"), (2, 8, "expected a value"));
        assert_eq!(error("[1 2]"), (1, 4, "expected ',' or ']'"));
        assert_eq!(error("{\"a\" 1}"), (1, 6, "expected ':'"));
        assert_eq!(error("{a:1}"), (1, 2, "expected a key in double quotes, or '}'"));
        assert_eq!(error("{\"a\":1,}"), (1, 8, "expected a key in double quotes"));
        assert_eq!(error("[1,]"), (1, 4, "expected a value"));
        assert_eq!(error("01"), (1, 2, "a number has no leading zeros"));
        assert_eq!(error("[\"a\tb\"]"), (1, 4, "a control character in a string must be escaped"));
        assert_eq!(error("\"\\x\""), (1, 3, "no such escape"));
        assert_eq!(error("1 1"), (1, 3, "there is more after the value"));
        assert_eq!(error("[[1"), (1, 4, "the text ends too early"));
        assert_eq!(error(""), (1, 1, "the text ends too early"));
        for (number, column) in [("-", 2), ("1.", 3), ("1e", 3), ("1e+", 4)] {
            assert_eq!(error(number), (1, column, "the text ends too early"), "{number}");
            assert_eq!(error(&format!("{number}x")), (1, column, "expected a digit"), "{number}x");
        }
        for (escape, column) in [("\"\\", 3), ("\"\\u00", 6), ("\"\\u0041\\u00", 12)] {
            assert_eq!(error(escape), (1, column, "the text ends too early"), "{escape}");
        }
        for (escape, column) in [("\"\\u00g0\"", 6), ("\"\\u0041\\u00\"", 12), ("\"\\u+041\"", 4)] {
            assert_eq!(error(escape), (1, column, "expected four hexadecimal digits after \\u"), "{escape}");
        }
        assert_eq!(scan(b"[\"\xff\"]").error.unwrap().message, "not valid UTF-8");
        assert_eq!(scan(b"[1]\xff").error.unwrap().offset, 3);
    }

    #[test]
    fn a_text_that_breaks_off_keeps_what_came_before() {
        let outline = scan(br#"{"a":[1,2"#);
        assert!(outline.error.is_some());
        assert_eq!(outline.count(), 4);
    }

    #[test]
    fn a_hundred_thousand_levels_are_read_without_recursion() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let outline = scan(deep.as_bytes());
        assert_eq!((outline.error.as_ref(), outline.count()), (None, 100_000));
        let objects = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
        assert_eq!(scan(objects.as_bytes()).error, None);
        let error = scan("[".repeat(MAX_DEPTH + 1).as_bytes()).error.unwrap();
        assert_eq!((error.offset, error.message), (MAX_DEPTH, "deeper than 1,000,000 levels"));
        assert_eq!(scan("[".repeat(MAX_DEPTH).as_bytes()).error.unwrap().offset, MAX_DEPTH);
    }

    #[test]
    fn more_values_than_are_outlined_are_still_counted() {
        let wide = format!("[{}0]", "0,".repeat(MAX_NODES + 10));
        let outline = scan(wide.as_bytes());
        assert_eq!((outline.error.as_ref(), outline.count(), outline.all_outlined), (None, MAX_NODES, false));
        assert_eq!(outline.nodes[0].children as usize, MAX_NODES + 11);
    }

    #[test]
    fn not_more_than_64_mib_are_read() {
        let string = |length: usize| [&b"\""[..], &vec![b'a'; length - 2], b"\""].concat();
        assert_eq!(scan(&string(64 << 20)).error, None);
        let error = scan(&string((64 << 20) + 1)).error.unwrap();
        assert_eq!((error.offset, error.message), (64 << 20, "more than 64 MiB of JSON are not outlined"));
    }

    /// Whether `serde_json` takes it, with the differences that are documented above left out.
    fn serde_takes(text: &[u8]) -> bool {
        let mut deserializer = serde_json::Deserializer::from_slice(text);
        <&serde_json::value::RawValue as serde::Deserialize>::deserialize(&mut deserializer).is_ok()
            && deserializer.end().is_ok()
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(2_000))]

        #[test]
        fn any_bytes_are_judged_as_serde_json_judges_them(text: Vec<u8>) {
            if !text.starts_with(BYTE_ORDER_MARK) {
                proptest::prop_assert_eq!(scan(&text).error.is_none(), serde_takes(&text));
            }
        }

        #[test]
        fn near_json_is_judged_as_serde_json_judges_it(
            text in r#"([\[\]{},:\" \n\\]|"a"|"\\u00e9"|"\\n"|\\u|-|0|1|1\.5|1e9|true|false|null|é|"k":){0,12}"#
        ) {
            proptest::prop_assert_eq!(scan(text.as_bytes()).error.is_none(), serde_takes(text.as_bytes()), "{}", text);
        }
    }
}
