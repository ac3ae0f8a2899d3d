//! JSON for people: in lines, with colours by type of value.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::lines;
use super::paint::{Paint, Tone};
use crate::json::pretty;
use crate::view::hidden;

/// The text in lines and colours, up to about `limit` bytes; whether that was all.
pub(super) fn json(bytes: &[u8], limit: usize, paint: Paint) -> (String, bool) {
    let pretty = pretty(bytes, limit);
    // Control characters are made visible first: the colours are the only ones in the output.
    (coloured(&lines(&pretty.text), paint), !pretty.truncated)
}

/// JSON that is safe to show: characters that are invisible, move the cursor or change the writing direction are
/// escaped. They occur only in strings, so the JSON means the same.
pub(in crate::cli) fn inert(json: &str) -> Cow<'_, str> {
    // Lower characters occur in JSON only between values.
    let stays = |character: char| character < '\u{7f}' || hidden(character).is_none();
    if json.chars().all(stays) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 64);
    for character in json.chars() {
        if stays(character) {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    Cow::Owned(out)
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

/// Where the string that begins here ends.
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

    #[test]
    fn json_shows_no_character_that_hides_or_moves_and_reads_the_same() {
        let odd = "\u{9b}31m \u{7f} \u{202e}txt\u{2066} \u{200f} \u{61c} \u{e0041} é 👩\u{200d}💻 \u{1b}[2J";
        let json = serde_json::json!({"text": odd, odd: [1, "plain"]}).to_string();
        let shown = inert(&json);
        assert!(
            shown.contains("\\u009b31m \\u007f \\u202etxt\\u2066 \\u200f \\u061c \\udb40\\udc41 é 👩\u{200d}💻"),
            "{shown}"
        );
        assert_eq!(shown.chars().find(|character| hidden(*character).is_some()), None);
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&shown), read(&json));
        assert!(matches!(inert("{\"a\": \"é\"}\n"), Cow::Borrowed(_)));
    }

    proptest::proptest! {
        #[test]
        fn any_json_reads_the_same_without_characters_that_hide(text: String) {
            let json = serde_json::to_string(&text).unwrap();
            let shown = inert(&json);
            proptest::prop_assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
            proptest::prop_assert!(!shown.chars().any(|character| hidden(character).is_some()));
        }

        #[test]
        fn any_text_is_coloured_without_loss(text in "[\\\\\"a-z0-9:, {}é\u{1b}-]{0,40}") {
            let (plain, _) = json(text.as_bytes(), 1_000, Paint(false));
            let (coloured, _) = json(text.as_bytes(), 1_000, Paint(true));
            let codes = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
            proptest::prop_assert_eq!(codes.replace_all(&coloured, ""), plain);
        }
    }
}
