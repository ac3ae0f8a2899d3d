//! JSON for people: in lines, with colours by what stands there.

use super::lines;
use super::paint::{Paint, Tone};
use crate::json::pretty;

/// The text in lines and colours, up to about `limit` bytes; whether that was all.
pub(super) fn json(bytes: &[u8], limit: usize, paint: Paint) -> (String, bool) {
    let pretty = pretty(bytes, limit);
    // Made plain first: the colours are the only control characters that come out.
    (coloured(&lines(&pretty.text), paint), !pretty.truncated)
}

fn coloured(text: &str, paint: Paint) -> String {
    if !paint.0 {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (tone, length) = match first {
            '"' => {
                let length = string_end(rest);
                let is_key = rest[length..].trim_start().starts_with(':');
                (if is_key { Tone::Name } else { Tone::Good }, length)
            }
            '-' | '0'..='9' | 'a'..='z' => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '+' | '.'));
                (Tone::Value, end.unwrap_or(rest.len()))
            }
            other => (Tone::Plain, other.len_utf8()),
        };
        out.push_str(&paint.tone(tone, &rest[..length]));
        rest = &rest[length..];
    }
    out
}

/// Where the string ends that begins here.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_set_out_in_lines_and_keeps_what_was_written() {
        let (text, all) = json(b"{\"a\":[1.50,\"x\\\"\",null],\"b\":{}}", 1_000, Paint(false));
        assert_eq!(text, "{\n  \"a\": [\n    1.50,\n    \"x\\\"\",\n    null\n  ],\n  \"b\": {}\n}");
        assert!(all);
        let (coloured, _) = json(b"{\"a\":[1.50,\"x\\\"\",null],\"b\":{}}", 1_000, Paint(true));
        let codes = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
        assert_eq!(codes.replace_all(&coloured, ""), text);
        assert!(codes.is_match(&coloured));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_coloured_without_loss(text in "[\\\\\"a-z0-9:, {}é\u{1b}-]{0,40}") {
            let (plain, _) = json(text.as_bytes(), 1_000, Paint(false));
            let (coloured, _) = json(text.as_bytes(), 1_000, Paint(true));
            let codes = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
            proptest::prop_assert_eq!(codes.replace_all(&coloured, ""), plain);
        }
    }
}
