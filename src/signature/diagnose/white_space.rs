//! White space around and within the body, and JSON text that was changed without being read.

use super::body::{Body, Variant, one};

/// Text that may follow a body, other than one newline.
const ENDS: &[(&str, &str)] = &[
    ("with two line feeds after it", "\n\n"),
    ("with three line feeds after it", "\n\n\n"),
    ("with a carriage return after it", "\r"),
    ("with two newlines (CR LF) after it", "\r\n\r\n"),
    ("with a space after it", " "),
    ("with two spaces after it", "  "),
    ("with a tab after it", "\t"),
    ("with a zero byte after it", "\0"),
    ("with a line feed and a space after it", "\n "),
    ("with a space and a line feed after it", " \n"),
];
const STARTS: &[(&str, &str)] = &[
    ("with a line feed before it", "\n"),
    ("with a newline (CR LF) before it", "\r\n"),
    ("with a space before it", " "),
    ("with two line feeds before it", "\n\n"),
    ("with a tab before it", "\t"),
];

/// The most characters at the end of a body that are removed one by one.
const MAX_TAKEN: usize = 15;

/// More, or less, white space before and after the body.
pub(super) fn around(body: &Body<'_>) -> Vec<Variant> {
    let bytes = body.bytes;
    let mut all = Vec::new();
    for (how, end) in ENDS {
        all.extend(one(how, [bytes, end.as_bytes()].concat()));
    }
    for (how, start) in STARTS {
        all.extend(one(how, [start.as_bytes(), bytes].concat()));
    }
    all.extend(one("with a line feed before and after it", [b"\n", bytes, b"\n"].concat()));
    all.extend(one("without the white space before it", bytes.trim_ascii_start()));
    all.extend(one("without the white space after it", bytes.trim_ascii_end()));
    let mut rest = bytes;
    for _ in 0..MAX_TAKEN {
        let Some((b' ' | b'\n' | b'\r' | b'\t' | b'\0', shorter)) = rest.split_last() else { break };
        rest = shorter;
        all.extend(one("without some of what is after it", rest));
    }
    all.extend(one("with one line feed for what is after it", [bytes.trim_ascii_end(), b"\n"].concat()));
    all.extend(one("with one newline (CR LF) for what is after it", [bytes.trim_ascii_end(), b"\r\n"].concat()));
    all.extend(one("in quotes", [b"\"", bytes, b"\""].concat()));
    all.extend(one("in single quotes", [b"'", bytes, b"'"].concat()));
    all
}

/// White space within the body.
pub(super) fn within(body: &Body<'_>) -> Vec<Variant> {
    let Ok(text) = std::str::from_utf8(body.bytes) else { return Vec::new() };
    let unix = text.replace("\r\n", "\n");
    let trimmed = |trim: fn(&str) -> &str| unix.split('\n').map(trim).collect::<Vec<_>>().join("\n");
    let mut all = one("with CR newlines", unix.replace('\n', "\r"));
    all.extend(one("with LF newlines for its lone CR", unix.replace('\r', "\n")));
    all.extend(one("with a space for each newline", unix.replace('\n', " ")));
    all.extend(one("with two line feeds for each", unix.replace('\n', "\n\n")));
    all.extend(one("with CR CR LF newlines", unix.replace('\n', "\r\r\n")));
    all.extend(one("without the white space at the end of its lines", trimmed(str::trim_end)));
    all.extend(one("without the white space at the start of its lines", trimmed(str::trim_start)));
    let all_lines = |between: &str| unix.split('\n').map(str::trim).collect::<Vec<_>>().join(between);
    all.extend(one("with its lines trimmed and joined", all_lines("")));
    all.extend(one("with its lines trimmed and joined by spaces", all_lines(" ")));
    all.extend(one(
        "without its empty lines",
        unix.split('\n').filter(|line| !line.trim().is_empty()).collect::<Vec<_>>().join("\n"),
    ));
    all.extend(one(
        "with one space for each run of white space",
        text.split_whitespace().collect::<Vec<_>>().join(" "),
    ));
    all.extend(one("without its spaces", text.replace(' ', "")));
    for (how, spaces) in [
        ("with two spaces for each tab", "  "),
        ("with four spaces for each tab", "    "),
        ("with eight spaces for each tab", "        "),
    ] {
        all.extend(one(how, text.replace('\t', spaces)));
    }
    all.extend(one("with a tab for each two spaces", text.replace("  ", "\t")));
    all.extend(one("with a tab for each four spaces", text.replace("    ", "\t")));
    all.extend(one("with spaces for its no-break spaces", text.replace('\u{a0}', " ")));
    all.extend(one("with backslash-n for each newline", unix.replace('\n', "\\n")));
    all.extend(one("with newlines for each backslash-n", text.replace("\\r\\n", "\r\n").replace("\\n", "\n")));
    all
}

/// JSON whose escapes stay as they arrived: without its white space, and with further escapes applied to the text.
pub(super) fn json_text(body: &Body<'_>) -> Vec<Variant> {
    let Ok(text) = std::str::from_utf8(body.bytes) else { return Vec::new() };
    let small = minified(text);
    let mut all = Vec::new();
    all.extend(one("as Go's json.Compact and PostgreSQL's json keep it, without white space", small.clone()));
    all.extend(one("after Go's json.HTMLEscape", html_escaped(text)));
    all.extend(one("as Go's json.Marshal writes a json.RawMessage", html_escaped(&small)));
    all.extend(one("as Go's json.Encoder writes a json.RawMessage", html_escaped(&small) + "\n"));
    all.extend(one("without white space, with a line feed after it", small.clone() + "\n"));
    for (how, text) in
        [("with its slashes escaped", text), ("without white space and with its slashes escaped", &small)]
    {
        all.extend(one(how, text.replace("\\/", "/").replace('/', "\\/")));
    }
    for (how, text) in [("without its escaped slashes", text), ("without white space and its escaped slashes", &small)]
    {
        all.extend(one(how, text.replace("\\/", "/")));
    }
    for (how, text) in [
        ("with everything beyond ASCII escaped", text),
        ("without white space and with everything beyond ASCII escaped", &small),
    ] {
        all.extend(one(how, ascii(text)));
    }
    all.extend(one("with its escapes in upper case", recased(text, u8::to_ascii_uppercase)));
    all.extend(one("with its escapes in lower case", recased(text, u8::to_ascii_lowercase)));
    all
}

/// JSON text as Go's `json.HTMLEscape` changes it.
pub(super) fn html_escaped(text: &str) -> String {
    let text = text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    text.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// JSON text without the white space between its values.
pub(super) fn minified(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut is_text, mut is_escaped) = (false, false);
    for character in text.chars() {
        if is_text {
            is_text = is_escaped || character != '"';
            is_escaped = !is_escaped && character == '\\';
        } else if character.is_ascii_whitespace() {
            continue;
        } else {
            is_text = character == '"';
        }
        out.push(character);
    }
    out
}

fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii() {
            out.push(character);
        } else {
            character.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        }
    }
    out
}

/// The digits of `\uXXXX` in another case.
fn recased(text: &str, change: fn(&u8) -> u8) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memmem::find(rest, b"\\u")) {
        at += found + 2;
        for digit in bytes.iter_mut().skip(at).take(4).filter(|byte| byte.is_ascii_hexdigit()) {
            *digit = change(digit);
        }
    }
    bytes
}
