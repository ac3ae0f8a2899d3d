//! Finds invisible characters in a text: control characters, marks that change the writing direction, characters
//! without width.

use std::fmt::Write as _;

/// The kind of a character that must not be shown as it is. Line ends and tabs are allowed; so are the joiners, which
/// emoji and several scripts need.
pub(crate) fn hidden(character: char) -> Option<&'static str> {
    Some(match character {
        '\n' | '\t' => return None,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => "control character",
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => "direction mark",
        '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}' => {
            "no width"
        }
        '\u{2028}' | '\u{2029}' => "line separator",
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => "hidden text",
        _ => return None,
    })
}

/// Text from senders in one line, for attributes, titles and terminals: invisible characters are written as `\u{202e}`.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\r' => out.push_str("\\r"),
            '\n' => out.push_str("\\n"),
            unseen if hidden(unseen).is_some() => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(unseen));
            }
            seen => out.push(seen),
        }
    }
    out
}

/// Whether a text has invisible characters. A carriage return before a line feed is a line end.
pub(crate) fn has_marks(text: &str) -> bool {
    text.char_indices().any(|(at, character)| {
        let line_end = character == '\r' && text.as_bytes().get(at + 1) == Some(&b'\n');
        !line_end && hidden(character).is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_text_is_one_line() {
        assert_eq!(plain("x\u{1b}[2J\r\n"), "x\\u{1b}[2J\\r\\n");
    }

    #[test]
    fn what_hides_is_named_and_the_rest_is_left_alone() {
        let named = |text: &str| text.chars().filter_map(hidden).collect::<Vec<_>>();
        assert_eq!(named("a\0b\u{202e}c\u{200b}"), ["control character", "direction mark", "no width"]);
        // Joiners are needed in emoji and in Persian.
        assert_eq!(named("é👩\u{200d}💻\tمی\u{200c}خواهم\n"), [] as [&str; 0]);
        assert!(!has_marks("plain\r\ntext") && has_marks("a\rb"));
    }
}
