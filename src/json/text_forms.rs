//! JSON values as the usual languages print them when nobody asks for JSON: `str(dict)`, `Hash#to_s`, `Map.toString()`…

use std::fmt::Write as _;

use super::number::Numbers;
use super::tree::Node;

/// A language's way to print its own values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextForm {
    /// Python's `str` and `repr`: `{'a': 1, 'ok': True}`
    Python,
    /// Ruby's `inspect`: `{"a"=>1, "ok"=>true}`
    Ruby,
    /// The same from Ruby 3.4 on: `{"a" => 1, "ok" => true}`
    RubySpaced,
    /// Java's `Map.toString`: `{a=1, ok=true}`
    Java,
    /// Go's `fmt.Sprint`: `map[a:1 ok:true]`
    Go,
}

/// Writes a value; it is not longer than four times the JSON.
pub fn text_form(node: &Node<'_>, form: TextForm) -> String {
    let mut out = String::new();
    write(node, form, &mut out);
    out
}

fn write(node: &Node<'_>, form: TextForm, out: &mut String) {
    match node {
        Node::Literal(word) => out.push_str(literal(word, form)),
        Node::Number(text) => out.push_str(&number(text, form)),
        Node::Text(text) => string(text, form, out),
        Node::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str(if form == TextForm::Go { " " } else { ", " });
                }
                write(item, form, out);
            }
            out.push(']');
        }
        Node::Object(members) => {
            let mut order: Vec<_> = members.iter().collect();
            if form == TextForm::Go {
                order.sort_by(|a, b| a.0.cmp(&b.0));
            }
            let (open, between, within, close) = match form {
                TextForm::Python => ("{", ", ", ": ", "}"),
                TextForm::Ruby => ("{", ", ", "=>", "}"),
                TextForm::RubySpaced => ("{", ", ", " => ", "}"),
                TextForm::Java => ("{", ", ", "=", "}"),
                TextForm::Go => ("map[", " ", ":", "]"),
            };
            out.push_str(open);
            for (at, (name, value)) in order.into_iter().enumerate() {
                if at > 0 {
                    out.push_str(between);
                }
                string(name, form, out);
                out.push_str(within);
                write(value, form, out);
            }
            out.push_str(close);
        }
    }
}

fn literal(word: &'static str, form: TextForm) -> &'static str {
    match (word, form) {
        ("true", TextForm::Python) => "True",
        ("false", TextForm::Python) => "False",
        ("null", TextForm::Python) => "None",
        ("null", TextForm::Ruby | TextForm::RubySpaced) => "nil",
        ("null", TextForm::Go) => "<nil>",
        (word, _) => word,
    }
}

fn number(text: &str, form: TextForm) -> String {
    match form {
        TextForm::Python => Numbers::PYTHON.print(text),
        TextForm::Ruby | TextForm::RubySpaced => Numbers::RUBY.print(text),
        TextForm::Java => Numbers::JAVA.print(text),
        TextForm::Go => Numbers::GO_SPRINT.print(text),
    }
}

fn string(text: &str, form: TextForm, out: &mut String) {
    match form {
        TextForm::Java | TextForm::Go => out.push_str(text),
        TextForm::Python => {
            // Single quotes, unless only these are in the text.
            let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
            quoted(text, quote, out, |character, out| match character {
                '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{ad}' => {
                    let _ = write!(out, "\\x{:02x}", u32::from(character));
                }
                '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{feff}' => {
                    let _ = write!(out, "\\u{:04x}", u32::from(character));
                }
                character => out.push(character),
            });
        }
        TextForm::Ruby | TextForm::RubySpaced => {
            let text = text.replace("#{", "\u{0}#{").replace("#$", "\u{0}#$").replace("#@", "\u{0}#@");
            quoted(&text, '"', out, |character, out| match character {
                '\u{0}' => out.push('\\'),
                '\u{7}' => out.push_str("\\a"),
                '\u{8}' => out.push_str("\\b"),
                '\u{b}' => out.push_str("\\v"),
                '\u{c}' => out.push_str("\\f"),
                '\u{1b}' => out.push_str("\\e"),
                '\u{1}'..='\u{1f}'
                | '\u{7f}'..='\u{9f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{feff}' => {
                    let _ = write!(out, "\\u{:04X}", u32::from(character));
                }
                character => out.push(character),
            });
        }
    }
}

/// In quotes, with what both languages escape alike; `other` writes the rest.
fn quoted(text: &str, quote: char, out: &mut String, other: impl Fn(char, &mut String)) {
    out.push(quote);
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            character if character == quote => {
                out.push('\\');
                out.push(character);
            }
            character => other(character, out),
        }
    }
    out.push(quote);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::tree::parse;

    #[test]
    fn values_as_each_language_prints_them() {
        let body = r#"{"b": [1, 2.50, {}, null], "a": "it's \"x\"\n", "ok": true, "n": 1234567.0}"#;
        for (form, expected) in [
            (TextForm::Python, r#"{'b': [1, 2.5, {}, None], 'a': 'it\'s "x"\n', 'ok': True, 'n': 1234567.0}"#),
            (TextForm::Ruby, r#"{"b"=>[1, 2.5, {}, nil], "a"=>"it's \"x\"\n", "ok"=>true, "n"=>1234567.0}"#),
            (
                TextForm::RubySpaced,
                r#"{"b" => [1, 2.5, {}, nil], "a" => "it's \"x\"\n", "ok" => true, "n" => 1234567.0}"#,
            ),
            (TextForm::Java, "{b=[1, 2.5, {}, null], a=it's \"x\"\n, ok=true, n=1234567.0}"),
            (TextForm::Go, "map[a:it's \"x\"\n b:[1 2.5 map[] <nil>] n:1.234567e+06 ok:true]"),
        ] {
            assert_eq!(text_form(&parse(body.as_bytes()).unwrap(), form), expected, "{form:?}");
        }
    }
}
