//! JSON values as common languages print them without a JSON library: `str(dict)`, `Hash#to_s`, `Map.toString()`…

use std::fmt::Write as _;

use super::number::Numbers;
use super::tree::Node;

/// A language's way to print its own values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextForm {
    /// Python's `str` and `repr`: `{'a': 1, 'ok': True}`
    Python,
    /// Ruby's `inspect`: `{"a"=>1, "ok"=>true}`
    Ruby,
    /// The same from Ruby 3.4 on: `{"a" => 1, "ok" => true}`
    RubySpaced,
    /// Ruby's of a hash with symbols for names: `{:a=>1, :ok=>true}`
    RubySymbols,
    /// The same from Ruby 3.4 on: `{a: 1, ok: true}`
    RubySymbolsSpaced,
    /// Only the outermost hash has symbols.
    RubyOuterSymbols,
    /// The same from Ruby 3.4 on.
    RubyOuterSymbolsSpaced,
    /// Java's `Map.toString`: `{a=1, ok=true}`
    Java,
    /// Go's `fmt.Sprint`: `map[a:1 ok:true]`
    Go,
}

/// Writes a value; it is not longer than four times the JSON.
pub(crate) fn text_form(node: &Node<'_>, form: TextForm) -> String {
    let mut out = String::new();
    write(node, form, &mut out);
    out
}

impl TextForm {
    /// What the values within have.
    const fn inner(self) -> Self {
        match self {
            Self::RubyOuterSymbols => Self::Ruby,
            Self::RubyOuterSymbolsSpaced => Self::RubySpaced,
            other => other,
        }
    }

    const fn is_ruby(self) -> bool {
        matches!(
            self,
            Self::Ruby
                | Self::RubySpaced
                | Self::RubySymbols
                | Self::RubySymbolsSpaced
                | Self::RubyOuterSymbols
                | Self::RubyOuterSymbolsSpaced
        )
    }
}

/// A name as a symbol; in quotes where it is no word.
fn symbol(name: &str, out: &mut String) {
    let is_word = name.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && name.chars().all(|character| character.is_alphanumeric() || character == '_');
    if is_word { out.push_str(name) } else { string(name, TextForm::Ruby, out) }
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
                write(item, form.inner(), out);
            }
            out.push(']');
        }
        Node::Object(members) => {
            let mut order: Vec<_> = members.iter().collect();
            if form == TextForm::Go {
                order.sort_by(|a, b| a.0.cmp(&b.0));
            }
            let (open, between, within, close) = match form {
                TextForm::Python | TextForm::RubySymbolsSpaced | TextForm::RubyOuterSymbolsSpaced => {
                    ("{", ", ", ": ", "}")
                }
                TextForm::Ruby | TextForm::RubySymbols | TextForm::RubyOuterSymbols => ("{", ", ", "=>", "}"),
                TextForm::RubySpaced => ("{", ", ", " => ", "}"),
                TextForm::Java => ("{", ", ", "=", "}"),
                TextForm::Go => ("map[", " ", ":", "]"),
            };
            out.push_str(open);
            for (at, (name, value)) in order.into_iter().enumerate() {
                if at > 0 {
                    out.push_str(between);
                }
                match form {
                    TextForm::RubySymbols | TextForm::RubyOuterSymbols => {
                        out.push(':');
                        symbol(name, out);
                    }
                    TextForm::RubySymbolsSpaced | TextForm::RubyOuterSymbolsSpaced => symbol(name, out),
                    _ => string(name, form, out),
                }
                out.push_str(within);
                write(value, form.inner(), out);
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
        ("null", form) if form.is_ruby() => "nil",
        ("null", TextForm::Go) => "<nil>",
        (word, _) => word,
    }
}

fn number(text: &str, form: TextForm) -> String {
    match form {
        TextForm::Python => Numbers::PYTHON.print(text),
        TextForm::Java => Numbers::JAVA.print(text),
        TextForm::Go => Numbers::GO_SPRINT.print(text),
        _ => Numbers::RUBY.print(text),
    }
}

fn string(text: &str, form: TextForm, out: &mut String) {
    match form {
        TextForm::Java | TextForm::Go => out.push_str(text),
        TextForm::Python => {
            // Single quotes, unless only these are in the text.
            let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
            quoted(text, quote, out, |character, _, out| match character {
                '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{ad}' => {
                    let _ = write!(out, "\\x{:02x}", u32::from(character));
                }
                '\u{2000}'..='\u{200f}'
                | '\u{2028}'..='\u{202f}'
                | '\u{205f}'..='\u{206f}'
                | '\u{3000}'
                | '\u{feff}' => {
                    let _ = write!(out, "\\u{:04x}", u32::from(character));
                }
                character => out.push(character),
            });
        }
        _ => {
            quoted(text, '"', out, |character, rest, out| match character {
                // What would be read as a value to be filled in.
                '#' if rest.starts_with(['{', '$', '@']) => out.push_str("\\#"),
                '\u{7}' => out.push_str("\\a"),
                '\u{8}' => out.push_str("\\b"),
                '\u{b}' => out.push_str("\\v"),
                '\u{c}' => out.push_str("\\f"),
                '\u{1b}' => out.push_str("\\e"),
                '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' => {
                    let _ = write!(out, "\\u{:04X}", u32::from(character));
                }
                character => out.push(character),
            });
        }
    }
}

/// In quotes, with what both languages escape alike; `other` writes any other character and sees what follows it.
fn quoted(text: &str, quote: char, out: &mut String, other: impl Fn(char, &str, &mut String)) {
    out.push(quote);
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            character if character == quote => {
                out.push('\\');
                out.push(character);
            }
            character => other(character, characters.as_str(), out),
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

    #[test]
    fn strings_and_literals_as_each_language_prints_them() {
        let shown = |body: &str, form| text_form(&parse(body.as_bytes()).unwrap(), form);
        for (form, expected) in [
            (TextForm::Python, "[True, False, None]"),
            (TextForm::Ruby, "[true, false, nil]"),
            (TextForm::Java, "[true, false, null]"),
            (TextForm::Go, "[true false <nil>]"),
        ] {
            assert_eq!(shown("[true, false, null]", form), expected);
        }
        for (form, expected) in [
            (TextForm::Python, "[1000000000000000.0, 10000000.0]"),
            (TextForm::Ruby, "[1.0e+15, 10000000.0]"),
            (TextForm::Java, "[1.0E15, 1.0E7]"),
            (TextForm::Go, "[1e+15 1e+07]"),
        ] {
            assert_eq!(shown("[1e15, 1e7]", form), expected);
        }
        let python = r#""\u0000\u001f\u007f\u00a0\u00ad\u2009\u200b\u2028\u202f\u2066\u3000\ufeff\t\r\n\\é ""#;
        let expected = r"'\x00\x1f\x7f\xa0\xad\u2009\u200b\u2028\u202f\u2066\u3000\ufeff\t\r\n\\é '";
        assert_eq!(shown(python, TextForm::Python), expected);
        assert_eq!(shown(r#""it's""#, TextForm::Python), r#""it's""#);
        assert_eq!(shown(r#""\"x\"""#, TextForm::Python), r#"'"x"'"#);
        let ruby = r#""\u0000\u0007\b\u000b\f\u001b\u0001\u007f\u009f\u2028\u200b #{a} #$a #@a #a # '\"\\""#;
        let expected =
            "\"\\u0000\\a\\b\\v\\f\\e\\u0001\\u007F\\u009F\\u2028\u{200b} \\#{a} \\#$a \\#@a #a # '\\\"\\\\\"";
        assert_eq!(shown(ruby, TextForm::Ruby), expected);
    }
}
