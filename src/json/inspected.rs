//! JSON values as Node's `util.inspect` and `console.log` print them (lib/internal/util/inspect.js).

use super::number::Numbers;
use super::print::array_index;
use super::tree::Node;

/// Characters that Node puts on a line.
const LINE: usize = 80;
/// Objects within one another that may share a line.
const COMPACT: usize = 3;
/// Items of an array that are shown.
const MAX_ITEMS: usize = 100;
/// The same for characters of a text.
const MAX_TEXT: usize = 10_000;
/// Texts of up to as many stay on one line.
const SHORT_TEXT: usize = 16;
/// Arrays of more items are written in columns.
const FEW: usize = 6;

struct Inspector {
    /// Levels that are shown; deeper ones are `[Object]`.
    depth: usize,
    indent: usize,
    /// The depth of what was formatted last.
    current: usize,
}

/// With that depth; Node's default is 2.
pub(crate) fn inspected(node: &Node<'_>, depth: usize) -> String {
    Inspector { depth, indent: 0, current: 0 }.value(node, 0)
}

fn width(text: &str) -> usize {
    text.encode_utf16().count()
}

impl Inspector {
    fn value(&mut self, node: &Node<'_>, level: usize) -> String {
        match node {
            Node::Literal(word) => (*word).to_owned(),
            Node::Number(text) => number(text),
            Node::Text(text) => self.text(text),
            Node::Array(items) if items.is_empty() => "[]".to_owned(),
            Node::Object(members) if members.is_empty() => "{}".to_owned(),
            Node::Array(_) if level > self.depth => "[Array]".to_owned(),
            Node::Object(_) if level > self.depth => "[Object]".to_owned(),
            Node::Array(items) => {
                self.current = level + 1;
                let mut output = Vec::new();
                for item in items.iter().take(MAX_ITEMS) {
                    output.push(self.inner(item, level + 1));
                }
                let more = items.len().saturating_sub(MAX_ITEMS);
                if more > 0 {
                    output.push(format!("... {more} more item{}", if more == 1 { "" } else { "s" }));
                }
                let numbers = items.iter().all(|item| matches!(item, Node::Number(_)));
                let shown = items.len().min(MAX_ITEMS);
                let entries = output.len();
                if entries > FEW {
                    output = self.columns(output, shown, numbers);
                }
                let is_grouped = entries != output.len();
                self.joined(&output, ('[', ']'), level + 1, is_grouped)
            }
            Node::Object(members) => {
                self.current = level + 1;
                let mut order: Vec<_> = members.iter().collect();
                order.sort_by_key(|(name, _)| array_index(name).map_or((1, 0), |index| (0, index)));
                let mut output = Vec::new();
                for (name, value) in order {
                    let value = self.inner(value, level + 1);
                    output.push(format!("{}: {value}", key(name)));
                }
                self.joined(&output, ('{', '}'), level + 1, false)
            }
        }
    }

    fn inner(&mut self, node: &Node<'_>, level: usize) -> String {
        self.indent += 2;
        let text = self.value(node, level);
        self.indent -= 2;
        text
    }

    fn joined(&self, output: &[String], (open, close): (char, char), level: usize, is_grouped: bool) -> String {
        if self.current - level < COMPACT && !is_grouped {
            let start = output.len() + self.indent + 1 + 10;
            let total: usize = output.iter().map(|entry| width(entry)).sum::<usize>() + output.len() + start;
            let line = output.join(", ");
            if total <= LINE && !line.contains('\n') {
                return format!("{open} {line} {close}");
            }
        }
        let indent = format!("\n{}", " ".repeat(self.indent));
        format!("{open}{indent}  {}{indent}{close}", output.join(&format!(",{indent}  ")))
    }

    /// Node's `groupArrayElements`.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
    fn columns(&self, output: Vec<String>, shown: usize, numbers: bool) -> Vec<String> {
        let lengths: Vec<usize> = output.iter().take(shown).map(|entry| width(entry)).collect();
        let total: usize = lengths.iter().map(|length| length + 2).sum();
        let longest = lengths.iter().copied().max().unwrap_or_default();
        let actual = longest + 2;
        let fits = actual * 3 + self.indent < LINE;
        if !(fits && (total as f64 / actual as f64 > 5.0 || longest <= 6)) {
            return output;
        }
        let bias = (actual as f64 - total as f64 / output.len() as f64).sqrt();
        let biased = (actual as f64 - 3.0 - bias).max(1.0);
        let by_area = ((2.5 * biased * shown as f64).sqrt() / biased).round() as usize;
        let columns = by_area.min((LINE - self.indent) / actual).min(COMPACT * 4);
        if columns <= 1 {
            return output;
        }
        let widths: Vec<usize> = (0..columns)
            .map(|column| lengths.iter().skip(column).step_by(columns).max().copied().unwrap_or_default() + 2)
            .collect();
        let mut lines = Vec::new();
        for row in output[..shown].chunks(columns) {
            let mut line = String::new();
            for (at, entry) in row.iter().enumerate() {
                let is_last = at + 1 == row.len();
                let text = if is_last { entry.clone() } else { format!("{entry}, ") };
                let wanted = if is_last { widths[at] - 2 } else { widths[at] };
                let pad = " ".repeat(wanted.saturating_sub(width(&text)));
                if numbers {
                    line.push_str(&pad);
                    line.push_str(&text);
                } else {
                    line.push_str(&text);
                    if !is_last {
                        line.push_str(&pad);
                    }
                }
            }
            lines.push(line);
        }
        lines.extend(output[shown..].iter().cloned());
        lines
    }

    fn text(&self, text: &str) -> String {
        let mut units = 0;
        let is_beyond = |(_, character): &(usize, char)| {
            units += character.len_utf16();
            units > MAX_TEXT
        };
        let shown = &text[..text.char_indices().find(is_beyond).map_or(text.len(), |(at, _)| at)];
        let rest = match width(text).saturating_sub(MAX_TEXT) {
            0 => String::new(),
            1 => "... 1 more character".to_owned(),
            more => format!("... {more} more characters"),
        };
        let count = width(shown);
        if count <= SHORT_TEXT || count + 4 + self.indent <= LINE {
            return quoted(shown) + &rest;
        }
        let between = format!(" +\n{}", " ".repeat(self.indent + 2));
        shown.split_inclusive('\n').map(quoted).collect::<Vec<_>>().join(&between) + &rest
    }
}

fn number(text: &str) -> String {
    match Numbers::JAVASCRIPT.print(text).as_str() {
        "0" if text.starts_with('-') => "-0".to_owned(),
        "null" if text.starts_with('-') => "-Infinity".to_owned(),
        "null" => "Infinity".to_owned(),
        printed => printed.to_owned(),
    }
}

fn key(name: &str) -> String {
    let is_plain = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    if name == "__proto__" {
        "['__proto__']".to_owned()
    } else if is_plain {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// In single quotes, or in those that are not in the text.
fn quoted(text: &str) -> String {
    let quote = match text {
        text if !text.contains('\'') => '\'',
        text if !text.contains('"') => '"',
        text if !text.contains('`') && !text.contains("${") => '`',
        _ => '\'',
    };
    let mut out = String::from(quote);
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\\' => out.push_str("\\\\"),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => out.push_str(&format!("\\x{:02X}", u32::from(character))),
            character if character == quote => {
                out.push('\\');
                out.push(character);
            }
            character => out.push(character),
        }
    }
    out.push(quote);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::tree::parse;

    #[test]
    fn values_are_printed_as_node_prints_them() {
        // By Node 20: `util.inspect(JSON.parse(text))`.
        for (text, printed) in [
            (
                r#"{"a":{"b":{"c":{"d":1},"e":[1],"f":[],"g":{}}}}"#,
                "{ a: { b: { c: [Object], e: [Array], f: [], g: {} } } }",
            ),
            (r#"["it's","a\"b'c","`${x}'\""]"#, "[ \"it's\", `a\"b'c`, '`${x}\\'\"' ]"),
            (
                "[1,22,333,4444,55555,666666,7777777,88,9]",
                "[\n        1,     22,\n      333,   4444,\n    55555, 666666,\n  7777777,     88,\n        9\n]",
            ),
            (
                r#"["alpha","beta","gamma","delta","epsilon","zeta","eta","theta","iota","kappa"]"#,
                "[\n  'alpha',   'beta',\n  'gamma',   'delta',\n  'epsilon', 'zeta',\n  'eta',     'theta',\n  'iota',    'kappa'\n]",
            ),
            (
                r#"{"list":["a long text that fills a line quickly, number one","a long text that fills a line quickly, number two"]}"#,
                "{\n  list: [\n    'a long text that fills a line quickly, number one',\n    'a long text that fills a line quickly, number two'\n  ]\n}",
            ),
            (r#"{"2":3,"10":2,"a-b":1,"_x":4}"#, "{ '2': 3, '10': 2, 'a-b': 1, _x: 4 }"),
            (r#"{"a":{"b":{"n":[1,2,3,4,5,6,7,8,9,10]}}}"#, "{ a: { b: { n: [Array] } } }"),
            (
                "[0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0]",
                "[\n  0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1,\n  0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1,\n  0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1,\n  0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1,\n  0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1,\n  0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1,\n  0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1,\n  0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1,\n  0, 1, 0, 1,\n  ... 1 more item\n]",
            ),
            (r#"[{"a":1},{"b":[1,2]},{"c":{"d":{}}}]"#, "[ { a: 1 }, { b: [ 1, 2 ] }, { c: { d: {} } } ]"),
        ] {
            assert_eq!(inspected(&parse(text.as_bytes()).unwrap(), 2), printed, "{text}");
        }
    }
}
