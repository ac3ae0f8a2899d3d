//! Making visible what hides in a text: control characters, marks that turn the writing direction, characters without width.

use std::borrow::Cow;

use serde::Serialize;

/// A piece of text for display.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Segment<'a> {
    /// Text to show as it is.
    Text {
        /// The text.
        text: &'a str,
    },
    /// A character to show as a mark.
    Mark {
        /// The character.
        character: char,
        /// What to show for it: `␀`, or its code point (`U+202E`).
        label: Cow<'static, str>,
        /// What it is.
        what: &'static str,
    },
}

/// What a character is if it must not be shown as it is. Line ends and tabs are fine; so are the joiners, which emoji and
/// several scripts need.
fn hidden(character: char) -> Option<&'static str> {
    Some(match character {
        '\n' | '\t' => return None,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => "control character",
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => "direction mark",
        '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' => "no width",
        '\u{2028}' | '\u{2029}' => "line separator",
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => "hidden text",
        _ => return None,
    })
}

fn label(character: char) -> Cow<'static, str> {
    let code = u32::from(character);
    match code {
        // Unicode has a picture for each of these (U+2400 and after).
        0..=0x1f => char::from_u32(0x2400 + code).map_or(Cow::Borrowed("?"), |picture| picture.to_string().into()),
        0x7f => Cow::Borrowed("␡"),
        _ => format!("U+{code:04X}").into(),
    }
}

/// Cuts a text into pieces to show as they are and characters to show as marks. A carriage return before a line feed is a line end.
#[must_use]
pub fn visible(text: &str) -> Vec<Segment<'_>> {
    let mut segments = Vec::new();
    let mut start = 0;
    for (at, character, what) in marks(text) {
        if at > start {
            segments.push(Segment::Text { text: &text[start..at] });
        }
        segments.push(Segment::Mark { character, label: label(character), what });
        start = at + character.len_utf8();
    }
    if start < text.len() {
        segments.push(Segment::Text { text: &text[start..] });
    }
    segments
}

fn marks(text: &str) -> impl Iterator<Item = (usize, char, &'static str)> {
    text.char_indices().filter_map(|(at, character)| {
        let line_end = character == '\r' && text.as_bytes().get(at + 1) == Some(&b'\n');
        hidden(character).filter(|_| !line_end).map(|what| (at, character, what))
    })
}

/// Whether a text has a character that [`visible`] marks.
#[must_use]
pub fn has_marks(text: &str) -> bool {
    marks(text).next().is_some()
}

/// A text for one line of a terminal: all that is hidden, line ends and tabs too, written as an escape (`\n`, `\u{202e}`).
#[must_use]
pub fn escaped(text: &str) -> Cow<'_, str> {
    let odd = |character: char| hidden(character).is_some() || matches!(character, '\n' | '\t');
    if !text.contains(odd) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if odd(character) {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_marked_and_the_rest_is_left_alone() {
        let shown: Vec<_> = visible("a\0b\u{202e}c\r\nd\re\té👩‍💻")
            .into_iter()
            .map(|segment| match segment {
                Segment::Text { text } => text.to_owned(),
                Segment::Mark { label, .. } => format!("<{label}>"),
            })
            .collect();
        assert_eq!(shown, ["a", "<␀>", "b", "<U+202E>", "c\r\nd", "<␍>", "e\té👩‍💻"]);
        assert!(!has_marks("plain\r\ntext"));
        assert_eq!(visible(""), []);
    }

    #[test]
    fn a_terminal_line_has_no_control_left() {
        assert_eq!(escaped("a\x1b[31m\r\n\u{202e}é"), "a\\u{1b}[31m\\r\\n\\u{202e}é");
        assert!(matches!(escaped("plain é"), Cow::Borrowed(_)));
    }

    proptest::proptest! {
        #[test]
        fn no_character_is_lost(text: String) {
            let joined: String = visible(&text).iter().map(|segment| match segment {
                Segment::Text { text } => (*text).to_owned(),
                Segment::Mark { character, .. } => character.to_string(),
            }).collect();
            proptest::prop_assert_eq!(joined, text.clone());
            proptest::prop_assert!(!escaped(&text).chars().any(char::is_control));
        }
    }
}
