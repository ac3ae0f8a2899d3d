//! JSON printed as the libraries of other languages print it.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::tree::Node;

pub(crate) use super::number::{Numbers, needs_double};

/// Which characters beyond the necessary ones are escaped, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Escapes {
    pub beyond_ascii: Beyond,
    /// Characters of ASCII written as `\uXXXX`.
    pub ascii: &'static str,
    /// Whether `/` is written as `\/`.
    pub slash: bool,
    /// Which hexadecimal digits are in upper case.
    pub upper: Upper,
    /// Whether backspace and form feed have their short forms.
    pub short: bool,
}

/// Which escapes have digits in upper case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Upper {
    None,
    /// Those of the listed characters of ASCII (PHP's `JSON_HEX_…`).
    Listed,
    All,
}

/// Which characters beyond ASCII are escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Beyond {
    None,
    /// The separators of lines and paragraphs, which JavaScript took for line ends.
    Lines,
    /// These, and U+0085.
    LinesAndNextLine,
    /// These, and what takes two UTF-16 units.
    LinesAndSupplementary,
    /// U+0080 to U+009F and U+2000 to U+20FF, as Java's org.json and json-simple have them.
    ControlsAndPunctuation,
    All,
}

impl Escapes {
    /// Only what JSON asks for.
    pub(crate) const LEAST: Self =
        Self { beyond_ascii: Beyond::None, ascii: "", slash: false, upper: Upper::None, short: true };
    /// Everything beyond printable ASCII (Python).
    pub(crate) const ASCII: Self = Self { beyond_ascii: Beyond::All, ascii: "\u{7f}", ..Self::LEAST };
    /// Everything beyond ASCII, and slashes (PHP).
    pub(crate) const PHP: Self = Self { beyond_ascii: Beyond::All, slash: true, ..Self::LEAST };
    /// `<`, `>`, `&` and the two line separators (Go from 1.22 on, Rails).
    pub(crate) const HTML: Self = Self { beyond_ascii: Beyond::Lines, ascii: "<>&", ..Self::LEAST };
    /// The same with `=` and `'` (Gson).
    pub(crate) const GSON: Self = Self { ascii: "<>&='", ..Self::HTML };
    /// Everything beyond ASCII, `<>&'"+` and backquotes, with upper-case digits (System.Text.Json).
    pub(crate) const DOTNET: Self =
        Self { beyond_ascii: Beyond::All, ascii: "<>&'\"+`\u{7f}", upper: Upper::All, ..Self::LEAST };
    /// `UnsafeRelaxedJsonEscaping` of System.Text.Json.
    pub(crate) const DOTNET_RELAXED: Self =
        Self { beyond_ascii: Beyond::LinesAndSupplementary, ascii: "\u{7f}", upper: Upper::All, ..Self::LEAST };
}

/// In which order the members of an object are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Order {
    AsRead,
    /// By name, byte by byte.
    Sorted,
    /// The same, but of the outermost object only.
    SortedTop,
    /// By name, array indexes first, as JavaScript and PHP have what they sorted.
    SortedIndexesFirst,
    /// The same of the outermost object only.
    SortedTopIndexesFirst,
    /// By the length of the name, then by name, as databases keep them.
    ByLength,
    /// As a Java `HashMap` has them that was filled one by one.
    Hashed,
    /// The same of the outermost object only.
    HashedTop,
    /// The outermost object only, as a `HashMap` has them that was made as a copy.
    HashedCopy,
    /// Names that are array indexes first, in ascending order, as JavaScript keeps them.
    IndexesFirst,
}

/// A way to write JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each is a habit of some library, and they combine freely")]
pub(crate) struct Style {
    pub comma: &'static str,
    pub colon: &'static str,
    /// The indent of one level; none for one line.
    pub indent: Option<&'static str>,
    /// The line end of indented JSON.
    pub line_end: &'static str,
    pub order: Order,
    /// `None` keeps numbers as written.
    pub numbers: Option<Numbers>,
    pub escapes: Escapes,
    /// Objects without members, and those whose names count up from 0, become arrays, as PHP's associative arrays do.
    pub php_arrays: bool,
    /// Members that are null are left out.
    pub without_nulls: bool,
    /// Brackets with nothing between them are on lines of their own, as Ruby's `pretty_generate` has them.
    pub empty_lines: bool,
    /// Jackson's pretty printer: arrays on one line, blanks inside what is empty.
    pub jackson: bool,
    /// Arrays become objects whose names count up, as PHP's `JSON_FORCE_OBJECT` has them.
    pub array_objects: bool,
}

impl Style {
    /// Without any white space.
    pub(crate) const COMPACT: Self = Self {
        comma: ",",
        colon: ":",
        indent: None,
        line_end: "\n",
        order: Order::AsRead,
        numbers: None,
        escapes: Escapes::LEAST,
        php_arrays: false,
        without_nulls: false,
        empty_lines: false,
        jackson: false,
        array_objects: false,
    };
    /// JavaScript's `JSON.stringify`.
    pub(crate) const JAVASCRIPT: Self =
        Self { numbers: Some(Numbers::JAVASCRIPT), order: Order::IndexesFirst, ..Self::COMPACT };
    /// Python's `json.dumps`.
    pub(crate) const PYTHON: Self =
        Self { comma: ", ", colon: ": ", numbers: Some(Numbers::PYTHON), escapes: Escapes::ASCII, ..Self::COMPACT };

    /// The same with sorted names.
    pub(crate) const fn sorted(self) -> Self {
        Self { order: Order::Sorted, ..self }
    }

    /// The same in lines, each level indented by this.
    pub(crate) const fn indented(self, indent: &'static str) -> Self {
        Self { comma: ",", colon: ": ", indent: Some(indent), ..self }
    }
}

/// Escapes make a text six times as long at most. What is longer still is indentation, which deep nesting makes
/// endless.
const MAX_GROWTH: usize = 8;
/// Short texts may grow more.
const LEAST_LIMIT: usize = 64 << 10;

/// Writes a value that was read from a text of this length; `None` when it becomes many times as long.
pub(crate) fn print(node: &Node<'_>, style: Style, length: usize) -> Option<String> {
    let mut out = String::with_capacity(length + length / 8);
    let limit = length.saturating_mul(MAX_GROWTH).max(LEAST_LIMIT);
    Printer { style, plain: plain_bytes(style.escapes), limit, out: &mut out }.value(node, 0);
    (out.len() <= limit).then_some(out)
}

fn plain_bytes(escapes: Escapes) -> [bool; 256] {
    let mut plain = [true; 256];
    for (byte, plain) in (0_u8..=255).zip(&mut plain) {
        // Of longer characters the first byte says whether a second look is needed.
        *plain = match (byte, escapes.beyond_ascii) {
            (0..=0x7f, _) => !needs_escape(char::from(byte), escapes),
            (0x80.., Beyond::None) => true,
            (0x80.., Beyond::All) => false,
            (0x80.., Beyond::Lines) => byte != 0xe2,
            (0x80.., Beyond::LinesAndNextLine) => !matches!(byte, 0xe2 | 0xc2),
            (0x80.., Beyond::LinesAndSupplementary) => byte != 0xe2 && byte < 0xf0,
            (0x80.., Beyond::ControlsAndPunctuation) => !matches!(byte, 0xe2 | 0xc2),
        };
    }
    plain
}

fn needs_escape(character: char, escapes: Escapes) -> bool {
    match character {
        '"' | '\\' | '\0'..='\u{1f}' => true,
        '/' => escapes.slash || escapes.ascii.contains('/'),
        '\0'..='\u{7f}' => escapes.ascii.contains(character),
        '\u{2028}' | '\u{2029}' => escapes.beyond_ascii != Beyond::None,
        '\u{80}'..='\u{9f}' | '\u{2000}'..='\u{20ff}' if escapes.beyond_ascii == Beyond::ControlsAndPunctuation => true,
        '\u{85}' => matches!(escapes.beyond_ascii, Beyond::All | Beyond::LinesAndNextLine),
        '\u{10000}'.. => matches!(escapes.beyond_ascii, Beyond::All | Beyond::LinesAndSupplementary),
        '\u{80}'.. => escapes.beyond_ascii == Beyond::All,
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
                None => self.out.push_str(text),
                Some(numbers) => numbers.write(text, self.out),
            },
            Node::Text(text) => self.text(text),
            Node::Array(items) if self.style.array_objects => self.numbered(items, depth),
            Node::Array(items) => self.array(&items.iter().collect::<Vec<_>>(), depth),
            Node::Object(members) if self.style.php_arrays && !self.style.array_objects && counts_up(members) => {
                self.array(&members.iter().map(|(_, value)| value).collect::<Vec<_>>(), depth);
            }
            Node::Object(members) => self.object(members, depth),
        }
    }

    /// An array as an object.
    fn numbered(&mut self, items: &[Node<'_>], depth: usize) {
        if items.is_empty() {
            self.empty('{', '}', depth);
            return;
        }
        self.out.push('{');
        for (at, item) in items.iter().enumerate() {
            self.between(at, depth);
            // Writing to a String does not fail.
            let _ = write!(self.out, "\"{at}\"{}", self.style.colon);
            self.value(item, depth + 1);
        }
        self.line(depth);
        self.out.push('}');
    }

    fn array(&mut self, items: &[&Node<'_>], depth: usize) {
        if items.is_empty() {
            self.empty('[', ']', depth);
            return;
        }
        self.out.push('[');
        for (at, item) in items.iter().enumerate() {
            if self.style.jackson {
                self.out.push_str(if at > 0 { ", " } else { " " });
                self.value(item, depth);
            } else {
                self.between(at, depth);
                self.value(item, depth + 1);
            }
        }
        if self.style.jackson {
            self.out.push(' ');
        } else {
            self.line(depth);
        }
        self.out.push(']');
    }

    fn object(&mut self, members: &[(Cow<'_, str>, Node<'_>)], depth: usize) {
        let is_written = |value: &Node<'_>| !self.style.without_nulls || *value != Node::Literal("null");
        let mut order: Vec<&(Cow<'_, str>, Node<'_>)> = members.iter().filter(|(_, value)| is_written(value)).collect();
        if order.is_empty() {
            self.empty('{', '}', depth);
            return;
        }
        match self.style.order {
            Order::Sorted => order.sort_by(|a, b| a.0.cmp(&b.0)),
            Order::SortedTop if depth == 0 => order.sort_by(|a, b| a.0.cmp(&b.0)),
            Order::SortedIndexesFirst => sort_indexes_first(&mut order),
            Order::SortedTopIndexesFirst if depth == 0 => sort_indexes_first(&mut order),
            Order::IndexesFirst | Order::SortedTopIndexesFirst
                if order.iter().any(|(name, _)| array_index(name).is_some()) =>
            {
                order.sort_by_key(|(name, _)| array_index(name).map_or((1, 0), |index| (0, index)));
            }
            Order::ByLength => order.sort_by(|a, b| (a.0.len(), &a.0).cmp(&(b.0.len(), &b.0))),
            Order::Hashed => sort_hashed(&mut order, grown_table),
            Order::HashedTop if depth == 0 => sort_hashed(&mut order, grown_table),
            Order::HashedCopy if depth == 0 => sort_hashed(&mut order, copied_table),
            Order::AsRead
            | Order::IndexesFirst
            | Order::SortedTop
            | Order::SortedTopIndexesFirst
            | Order::HashedTop
            | Order::HashedCopy => {}
        }
        self.out.push('{');
        for (at, (name, value)) in order.into_iter().enumerate() {
            self.between(at, depth);
            self.text(name);
            self.out.push_str(self.style.colon);
            self.value(value, depth + 1);
        }
        self.line(depth);
        self.out.push('}');
    }

    /// Brackets with nothing between them.
    fn empty(&mut self, open: char, close: char, depth: usize) {
        self.out.push(open);
        if self.style.jackson {
            self.out.push(' ');
        } else if self.style.empty_lines {
            if open == '[' {
                self.out.push_str(self.style.line_end);
            }
            self.line(depth);
        }
        self.out.push(close);
    }

    fn between(&mut self, at: usize, depth: usize) {
        if at > 0 {
            self.out.push_str(self.style.comma);
        }
        self.line(depth + 1);
    }

    fn line(&mut self, depth: usize) {
        if let Some(indent) = self.style.indent.filter(|_| self.out.len() <= self.limit) {
            self.out.push_str(self.style.line_end);
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
            // The table is by bytes; a character begins here, because earlier ones were read whole.
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
            character if self.style.escapes.ascii.contains(character) => None,
            '"' => Some("\\\""),
            '\\' => Some("\\\\"),
            '/' => Some("\\/"),
            '\u{8}' if self.style.escapes.short => Some("\\b"),
            '\u{c}' if self.style.escapes.short => Some("\\f"),
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
            let is_upper = match self.style.escapes.upper {
                Upper::None => false,
                Upper::Listed => self.style.escapes.ascii.contains(character),
                Upper::All => true,
            };
            let digits: &[u8; 16] = if is_upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
            self.out.push_str("\\u");
            for shift in [12, 8, 4, 0] {
                self.out.push(char::from(digits[usize::from((*unit >> shift) & 15)]));
            }
        }
    }
}

type Members<'m, 'a> = Vec<&'m (Cow<'a, str>, Node<'a>)>;

fn sort_indexes_first(members: &mut Members<'_, '_>) {
    members.sort_by(|a, b| {
        let key = |name: &str| array_index(name).map_or((1, 0), |index| (0, index));
        (key(&a.0), &a.0).cmp(&(key(&b.0), &b.0))
    });
}

/// In the order of the buckets of a table of that size; what shares one keeps its order.
fn sort_hashed(members: &mut Members<'_, '_>, table: fn(usize) -> u32) {
    let mask = table(members.len()) - 1;
    members.sort_by_key(|(name, _)| {
        let hash = name.encode_utf16().fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)));
        (hash ^ (hash >> 16)) & mask
    });
}

/// Buckets of a `HashMap` that grew: it doubles when it is more than three quarters full.
fn grown_table(count: usize) -> u32 {
    let mut buckets = 16_u32;
    while count > buckets as usize / 4 * 3 && buckets < 1 << 30 {
        buckets *= 2;
    }
    buckets
}

/// Buckets of a map that was made for this many entries.
fn copied_table(count: usize) -> u32 {
    u32::try_from(count.saturating_mul(4) / 3 + 1).unwrap_or(1 << 30).min(1 << 30).next_power_of_two()
}

/// Whether the names are 0, 1, 2…; so they are where there are none.
fn counts_up(members: &[(Cow<'_, str>, Node<'_>)]) -> bool {
    members
        .iter()
        .enumerate()
        .all(|(at, (name, _))| array_index(name).and_then(|index| usize::try_from(index).ok()) == Some(at))
}

/// Whether any object has a name that is an array index.
pub(crate) fn has_indexes(node: &Node<'_>) -> bool {
    match node {
        Node::Array(items) => items.iter().any(has_indexes),
        Node::Object(members) => members.iter().any(|(name, value)| array_index(name).is_some() || has_indexes(value)),
        Node::Literal(_) | Node::Number(_) | Node::Text(_) => false,
    }
}

pub(crate) fn array_index(name: &str) -> Option<u32> {
    let is_canonical = name == "0" || !name.starts_with(['0', '+']);
    name.parse().ok().filter(|&index| is_canonical && index != u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::json::tree::parse;

    fn written(body: &str, style: Style) -> String {
        print(&parse(body.as_bytes()).unwrap(), style, 0).unwrap()
    }

    #[test]
    fn each_library_escapes_its_own_characters() {
        let text = "\u{7f}/<>&='+`\u{85}\u{2028}é\u{1f600}\u{10ffff}\u{8}\u{c}\"\\\n\r\t\u{1}\u{2029}\u{20ac}";
        let next_line = Escapes { beyond_ascii: Beyond::LinesAndNextLine, short: false, ..Escapes::LEAST };
        for (escapes, expected) in [
            (Escapes::LEAST, "\u{7f}/<>&='+`\u{85}\u{2028}é\u{1f600}\u{10ffff}\\b\\f\\\"\\\\\\n\\r\\t\\u0001\u{2029}€"),
            (
                Escapes::ASCII,
                r#"\u007f/<>&='+`\u0085\u2028\u00e9\ud83d\ude00\udbff\udfff\b\f\"\\\n\r\t\u0001\u2029\u20ac"#,
            ),
            (
                Escapes::PHP,
                "\u{7f}\\/<>&='+`\\u0085\\u2028\\u00e9\\ud83d\\ude00\\udbff\\udfff\\b\\f\\\"\\\\\\n\\r\\t\\u0001\\u2029\\u20ac",
            ),
            (
                Escapes::HTML,
                "\u{7f}/\\u003c\\u003e\\u0026='+`\u{85}\\u2028é\u{1f600}\u{10ffff}\\b\\f\\\"\\\\\\n\\r\\t\\u0001\\u2029€",
            ),
            (
                Escapes::GSON,
                "\u{7f}/\\u003c\\u003e\\u0026\\u003d\\u0027+`\u{85}\\u2028é\u{1f600}\u{10ffff}\\b\\f\\\"\\\\\\n\\r\\t\\u0001\\u2029€",
            ),
            (
                Escapes::DOTNET,
                r"\u007F/\u003C\u003E\u0026=\u0027\u002B\u0060\u0085\u2028\u00E9\uD83D\uDE00\uDBFF\uDFFF\b\f\u0022\\\n\r\t\u0001\u2029\u20AC",
            ),
            (
                Escapes::DOTNET_RELAXED,
                "\\u007F/<>&='+`\u{85}\\u2028é\\uD83D\\uDE00\\uDBFF\\uDFFF\\b\\f\\\"\\\\\\n\\r\\t\\u0001\\u2029€",
            ),
            (
                Escapes { beyond_ascii: Beyond::ControlsAndPunctuation, ..Escapes::LEAST },
                "\u{7f}/<>&='+`\\u0085\\u2028é\u{1f600}\u{10ffff}\\b\\f\\\"\\\\\\n\\r\\t\\u0001\\u2029\\u20ac",
            ),
            (
                next_line,
                "\u{7f}/<>&='+`\\u0085\\u2028é\u{1f600}\u{10ffff}\\u0008\\u000c\\\"\\\\\\n\\r\\t\\u0001\\u2029€",
            ),
        ] {
            let style = Style { escapes, ..Style::COMPACT };
            let written = print(&Node::Text(text.into()), style, 0).unwrap();
            assert_eq!(written, format!("\"{expected}\""), "{escapes:?}");
        }
    }

    #[test]
    fn members_come_in_the_order_of_the_style() {
        let body = r#"{"b":0,"10":1,"2":2,"01":3,"4294967295":4,"4294967294":5,"-1":6,"":7,"0":8}"#;
        let names = |style| {
            written(body, style)
                .split(',')
                .map(|member| member[..member.len() - 2].to_owned())
                .collect::<Vec<_>>()
                .join(",")
        };
        assert_eq!(names(Style::COMPACT), r#"{"b","10","2","01","4294967295","4294967294","-1","","0":"#);
        assert_eq!(names(Style::JAVASCRIPT), r#"{"0","2","10","4294967294","b","01","4294967295","-1","":"#);
        assert_eq!(names(Style::COMPACT.sorted()), r#"{"","-1","0","01","10","2","4294967294","4294967295","b":"#);
        assert_eq!(written(r#"{"b":1.50,"a":1e2}"#, Style::JAVASCRIPT), r#"{"b":1.5,"a":100}"#);
    }

    #[test]
    fn an_index_of_an_array_is_written_in_one_way_only() {
        for (name, index) in [
            ("0", Some(0)),
            ("10", Some(10)),
            ("4294967294", Some(4_294_967_294)),
            ("4294967295", None),
            ("01", None),
            ("00", None),
            ("+1", None),
            ("-1", None),
            ("-0", None),
            ("1a", None),
            (" 1", None),
            ("", None),
        ] {
            assert_eq!(array_index(name), index, "{name}");
            let body = format!(r#"[1,{{"a":[{{"{name}":1}}]}}]"#);
            assert_eq!(has_indexes(&parse(body.as_bytes()).unwrap()), index.is_some(), "{name}");
        }
    }

    #[test]
    fn the_habits_of_libraries_combine() {
        let php = Style { php_arrays: true, ..Style::COMPACT };
        assert_eq!(
            written(r#"[{"0":"a","1":{}},{"1":"a"},{"0":1,"01":2},{"a":1}]"#, php),
            r#"[["a",[]],{"1":"a"},{"0":1,"01":2},{"a":1}]"#
        );
        let dense = Style { without_nulls: true, ..Style::COMPACT };
        assert_eq!(written(r#"{"a":null,"b":[null,{"c":null}],"d":true}"#, dense), r#"{"b":[null,{}],"d":true}"#);
        let body = r#"{"a":[1,{"x":2}],"b":{},"c":[]}"#;
        let ruby = Style { empty_lines: true, ..Style::COMPACT.indented("  ") };
        assert_eq!(
            written(body, ruby),
            "{\n  \"a\": [\n    1,\n    {\n      \"x\": 2\n    }\n  ],\n  \"b\": {\n  },\n  \"c\": [\n\n  ]\n}"
        );
        let jackson = Style { jackson: true, colon: " : ", ..Style::COMPACT.indented("  ") };
        assert_eq!(
            written(body, jackson),
            "{\n  \"a\" : [ 1, {\n    \"x\" : 2\n  } ],\n  \"b\" : { },\n  \"c\" : [ ]\n}"
        );
        let windows = Style { line_end: "\r\n", ..Style::PYTHON.indented("\t") };
        assert_eq!(written("[1.0,[]]", windows), "[\r\n\t1.0,\r\n\t[]\r\n]");
        assert_eq!(written(r#"{"a":[1,true]}"#, Style::PYTHON), r#"{"a": [1, true]}"#);
    }

    #[test]
    fn a_table_is_doubled_when_it_is_three_quarters_full_and_has_at_most_a_thirtieth_power_of_buckets() {
        for (count, buckets) in [
            (0, 16),
            (12, 16),
            (13, 32),
            (24, 32),
            (25, 64),
            (3 << 27, 1 << 29),
            ((3 << 27) + 1, 1 << 30),
            (usize::MAX, 1 << 30),
        ] {
            assert_eq!(grown_table(count), buckets, "{count}");
        }
        for (count, buckets) in [(0, 1), (1, 2), (2, 4), (3, 8), (5, 8), (6, 16), (usize::MAX, 1 << 30)] {
            assert_eq!(copied_table(count), buckets, "{count}");
        }
    }

    #[test]
    fn nothing_becomes_more_than_eight_times_as_long() {
        let print = |text: String, length| print(&Node::Text(text.into()), Style::PYTHON, length).map(|out| out.len());
        assert_eq!((print("é".repeat(20_000), 15_001), print("é".repeat(20_000), 15_000)), (Some(120_002), None));
        assert_eq!((print("a".repeat(65_534), 0), print("a".repeat(65_535), 0)), (Some(64 << 10), None));
    }
}
