//! Finds credentials in any text: pairs of a name and a value in any form, elements of XML, tokens after `Bearer`,
//! parameters of URLs.

use std::ops::Range;

use super::is_member;
use crate::export;

/// Bytes of a name. A longer one is none.
const MAX_NAME: usize = 100;
/// Bytes of a tag.
const MAX_TAG: usize = 1_000;
/// Elements without an end for which one is looked for.
const MAX_OPEN: usize = 100;

/// The places, in no order.
pub(super) fn find(text: &[u8]) -> Vec<Range<usize>> {
    let mut ranges = pairs(text);
    ranges.extend(after_scheme(text));
    ranges.extend(elements(text));
    ranges.extend(in_urls(text));
    ranges
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

const fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'[' | b']' | b'$' | b'%')
}

/// A name before a separator.
struct Name<'t> {
    text: &'t [u8],
    /// Whether it is in its own quotes.
    is_quoted: bool,
    /// A quote before it that continues after the separator.
    open: Option<u8>,
    /// What is before it on its line, without quotes and blanks.
    before: Option<u8>,
}

impl<'t> Name<'t> {
    /// The name that ends where the separator is.
    fn before(text: &'t [u8], separator: usize) -> Self {
        let start = separator.saturating_sub(MAX_NAME);
        let line = &text[start..separator];
        let end = line.iter().rposition(|&byte| !is_blank(byte)).map_or(0, |last| last + 1);
        let closing = end.checked_sub(1).map(|last| line[last]).filter(|byte| is_quote(*byte));
        let mut end = end - usize::from(closing.is_some());
        while closing.is_some() && end > 0 && line[end - 1] == b'\\' {
            end -= 1;
        }
        let begin = line[..end].iter().rposition(|&byte| !is_name(byte)).map_or(0, |other| other + 1);
        let opening = begin.checked_sub(1).map(|at| line[at]).filter(|byte| is_quote(*byte));
        let rest = &line[..begin - usize::from(opening.is_some())];
        let before = rest.iter().rev().copied().find(|&byte| !is_blank(byte) && byte != b'\\');
        Self {
            text: &line[begin..end],
            is_quoted: closing.is_some(),
            open: opening.filter(|_| closing.is_none()),
            before: before.filter(|&byte| byte != b'\n' && byte != b'\r'),
        }
    }

    fn says_so(&self) -> bool {
        is_member(&percent_encoding::percent_decode(self.text).decode_utf8_lossy())
    }

    /// Whether it is the name of a header field, which counts everywhere.
    fn is_field(&self) -> bool {
        let name = self.text.to_ascii_lowercase();
        name.ends_with(b"authorization") || name.ends_with(b"cookie")
    }

    /// Whether a colon behind it makes it a name: in a sentence it does not.
    fn takes_colon(&self) -> bool {
        self.is_quoted
            || self.open.is_some()
            || self.is_field()
            || self.before.is_none_or(|byte| matches!(byte, b'{' | b',' | b'(' | b'[' | b';' | b'|' | b'>' | b'-'))
    }
}

/// Values behind `name=`, `name: `, `"name": ` and the like.
fn pairs(text: &[u8]) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'=', b':', &text[at..]).map(|found| at + found) {
        at = found + 1;
        let name = Name::before(text, found);
        if !name.says_so() {
            continue;
        }
        let is_colon = text[found] == b':';
        match text.get(at) {
            Some(b'=') => continue,
            Some(b'/') if is_colon && text.get(at + 1) == Some(&b'/') => continue,
            Some(b'>') => at += 1,
            _ => {}
        }
        if is_colon && !name.takes_colon() {
            continue;
        }
        let value = value(text, at, &name, is_colon);
        at = value.end.max(at);
        let is_plain = name.is_quoted && is_plain(&text[value.clone()]);
        if !(is_plain || value.is_empty()) {
            ranges.push(value);
        }
    }
    ranges
}

/// Whether it is a JSON number or literal.
fn is_plain(value: &[u8]) -> bool {
    matches!(value, b"true" | b"false" | b"null") || value.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
}

/// The value that begins behind a separator.
fn value(text: &[u8], at: usize, name: &Name<'_>, is_colon: bool) -> Range<usize> {
    let count = |at: usize, is_one: fn(u8) -> bool| text[at..].iter().take_while(|byte| is_one(**byte)).count();
    let start = at + count(at, is_blank);
    let slashes = count(start, |byte| byte == b'\\');
    let until = |from: usize, ends: &dyn Fn(u8) -> bool| {
        from..text[from..].iter().position(|&byte| ends(byte)).map_or(text.len(), |length| from + length)
    };
    match text.get(start + slashes) {
        Some(&quote) if is_quote(quote) => quoted(text, start + slashes + 1, quote, slashes),
        Some(b'{' | b'[') if slashes == 0 && is_colon => bracketed(text, start),
        _ if !is_colon => until(start, &|byte| {
            byte.is_ascii_whitespace()
                || is_quote(byte)
                || matches!(byte, b'&' | b';' | b',' | b'<' | b'>' | b')' | b'}')
        }),
        _ => {
            let ends_line = |byte: u8| matches!(byte, b'\r' | b'\n');
            match name.open {
                Some(quote) => until(start, &|byte| ends_line(byte) || byte == quote),
                None if name.before.is_none() && !name.is_quoted || name.is_field() => until(start, &ends_line),
                None => until(start, &|byte| ends_line(byte) || matches!(byte, b',' | b';' | b')' | b'}' | b']')),
            }
        }
    }
}

/// Up to the quote that ends a text: one with no more backslashes before it than that which began it has.
fn quoted(text: &[u8], start: usize, quote: u8, slashes: usize) -> Range<usize> {
    for found in memchr::memchr_iter(quote, &text[start..]).map(|found| start + found) {
        let before = text[start..found].iter().rev().take_while(|byte| **byte == b'\\').count();
        if before <= slashes {
            return start..found - before;
        }
    }
    start..text.len()
}

/// A whole object or list, or what is there of it.
fn bracketed(text: &[u8], start: usize) -> Range<usize> {
    let (mut level, mut is_text, mut at) = (0_usize, false, start);
    while let Some(&byte) = text.get(at) {
        at += 1;
        match byte {
            b'\\' => at += 1,
            b'"' => is_text = !is_text,
            b'{' | b'[' if !is_text => level += 1,
            b'}' | b']' if !is_text => level = level.saturating_sub(1),
            _ => {}
        }
        if level == 0 {
            break;
        }
    }
    start..at.min(text.len())
}

/// What follows the name of a scheme of authorization.
fn after_scheme(text: &[u8]) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    for at in memchr::memchr2_iter(b'b', b'B', text) {
        if at > 0 && text[at - 1].is_ascii_alphanumeric() {
            continue;
        }
        let begins = |word: &[u8]| text[at..].get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        let word = if begins(b"bearer") {
            6
        } else if begins(b"basic") {
            5
        } else {
            continue;
        };
        let rest = &text[at + word..];
        let blanks = rest.iter().take_while(|byte| is_blank(**byte)).count();
        // Checked first: otherwise each of many words without blanks would be read to the end of the text.
        if blanks == 0 {
            continue;
        }
        let is_part =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=');
        let length = rest[blanks..].iter().take_while(|byte| is_part(byte)).count();
        let value = &rest[blanks..blanks + length];
        let is_one = if word == 6 { length >= 8 || value.iter().any(u8::is_ascii_digit) } else { is_pair(value) };
        if is_one {
            ranges.push(at + word + blanks..at + word + blanks + length);
        }
    }
    ranges
}

/// Whether it is a user and a password as `Basic` has them.
fn is_pair(value: &[u8]) -> bool {
    use base64::Engine as _;
    let trimmed = value.iter().rposition(|&byte| byte != b'=').map_or(0, |last| last + 1);
    let decoded = base64::engine::general_purpose::STANDARD_NO_PAD.decode(&value[..trimmed]);
    decoded.is_ok_and(|decoded| decoded.contains(&b':'))
}

/// The content of elements with such names.
fn elements(text: &[u8]) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let (mut at, mut open) = (0, 0);
    while let Some(found) = memchr::memchr(b'<', &text[at..]).map(|found| at + found + 1) {
        at = found;
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b':');
        let length = text[found..].iter().take(MAX_NAME).take_while(|byte| is_part(byte)).count();
        let name = &text[found..found + length];
        if !is_member(&String::from_utf8_lossy(name)) {
            continue;
        }
        let tag = &text[found + length..text.len().min(found + length + MAX_TAG)];
        let Some(end) = memchr::memchr(b'>', tag).filter(|end| *end == 0 || tag[end - 1] != b'/') else { continue };
        let start = found + length + end + 1;
        let closing = [b"</", name].concat();
        let closed = if open < MAX_OPEN { memchr::memmem::find(&text[start..], &closing) } else { None };
        open += usize::from(closed.is_none());
        let ends = |byte: &u8| matches!(byte, b'<' | b'\r' | b'\n');
        let length = closed.or_else(|| text[start..].iter().position(ends)).unwrap_or(text.len() - start);
        at = start + length;
        if length > 0 {
            ranges.push(start..at);
        }
    }
    ranges
}

/// Credentials in URLs, by the rules for a request's URL.
fn in_urls(text: &[u8]) -> Vec<Range<usize>> {
    const MAX_SCHEME: usize = 20;
    let mut ranges = Vec::new();
    let mut at = 0;
    while let Some(found) = memchr::memmem::find(&text[at..], b"://").map(|found| at + found) {
        let is_scheme = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let start = found - text[at..found].iter().rev().take(MAX_SCHEME).take_while(is_scheme).count();
        let ends = |byte: &u8| byte.is_ascii_whitespace() || is_quote(*byte) || matches!(byte, b'<' | b'>' | b'\\');
        let end = text[found..].iter().position(ends).map_or(text.len(), |length| found + length);
        let found = export::credentials_in_url(&text[start..end]);
        ranges.extend(found.into_iter().map(|range| start + range.start..start + range.end));
        at = end;
    }
    ranges
}
