//! Text for a shell and for source code: quoted so that exactly these bytes arrive.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::view::has_marks;

/// The longest text that is written into a command or a source as it is. Linux takes 128 KiB in one argument.
const MAX_PLAIN: usize = 64 * 1024;
/// Base64 per line, as in MIME.
const BASE64_LINE: usize = 76;

/// The bytes as text, if they survive copy and paste: UTF-8 of limited length without invisible characters.
pub(super) fn plain(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= MAX_PLAIN)?;
    // Terminals and editors change carriage returns.
    (!text.contains('\r') && !has_marks(text)).then_some(text)
}

/// Single quotes, which change nothing inside (POSIX, section 2.2.2). What cannot be pasted goes into `$'…'`, which
/// bash and zsh know.
pub(super) fn quote(bytes: &[u8]) -> String {
    match plain(bytes) {
        Some(text) => format!("'{}'", text.replace('\'', r"'\''")),
        None => ansi_quote(bytes),
    }
}

fn ansi_quote(bytes: &[u8]) -> String {
    let mut out = "$'".to_owned();
    for &byte in bytes {
        match byte {
            b'\'' => out.push_str("\\'"),
            b'\\' => out.push_str("\\\\"),
            0x20..0x7f => out.push(char::from(byte)),
            // Three octal digits always: a digit that follows cannot join them.
            _ => out.extend(['\\', digit(byte >> 6), digit(byte >> 3), digit(byte)]),
        }
    }
    out.push('\'');
    out
}

fn digit(bits: u8) -> char {
    char::from(b'0' + (bits & 7))
}

/// A pipe's beginning that writes these bytes: base64 in a here-document, which has no length limit.
pub(super) fn base64_pipe(bytes: &[u8], command: &str) -> String {
    format!("base64 -d <<'CREEL_BODY' | {command}\n{}CREEL_BODY\n", base64_lines(bytes))
}

fn base64_lines(bytes: &[u8]) -> String {
    let encoded = STANDARD.encode(bytes);
    let mut out = String::with_capacity(encoded.len() + encoded.len() / BASE64_LINE + 1);
    for line in encoded.as_bytes().chunks(BASE64_LINE) {
        out.extend(line.iter().map(|&byte| char::from(byte)));
        out.push('\n');
    }
    out
}

/// `\xNN`, as Python, JavaScript and Go write a byte.
pub(super) fn hex_escape(byte: u8) -> [char; 4] {
    let digit = |bits: u8| char::from(b"0123456789abcdef"[usize::from(bits & 15)]);
    ['\\', 'x', digit(byte >> 4), digit(byte)]
}

/// A string in double quotes, as Python and JavaScript both read it. `named` holds the control characters that are
/// written as a backslash and a letter. Characters up to U+00FF are mostly bytes of a header here; an escape leaves no
/// doubt about them.
pub(super) fn string_literal(text: &str, named: &str) -> String {
    let mut out = "\"".to_owned();
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            control if named.contains(control) => out.extend(control.escape_default()),
            ' '..='~' => out.push(character),
            other => match u8::try_from(other) {
                Ok(byte) => out.extend(hex_escape(byte)),
                Err(_) => out.push(other),
            },
        }
    }
    out.push('"');
    out
}

/// Bytes in base64, on one line.
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn string_literals_name_only_the_control_characters_that_are_asked_for() {
        assert_eq!(string_literal("a\"\\\n\t\u{e9}ł", "\n"), r#""a\"\\\n\x09\xe9ł""#);
        assert_eq!(string_literal("\r\t\0", "\n\r\t"), r#""\r\t\x00""#);
    }

    #[test]
    fn nothing_in_single_quotes_is_special() {
        assert_eq!(quote(b"it's $HOME `x` \"y\" \\"), r#"'it'\''s $HOME `x` "y" \'"#);
        assert_eq!(quote("é\n".as_bytes()), "'é\n'");
        assert_eq!(quote(b"a\xff1'\\\r"), "$'a\\3771\\'\\\\\\015'");
        assert_eq!(quote("\u{202e}".as_bytes()), "$'\\342\\200\\256'");
    }
}
