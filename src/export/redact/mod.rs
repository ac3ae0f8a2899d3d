//! Hides credentials, cookies and signatures in exports, unless the user wants them. All else in a head stays byte for
//! byte, even if it is malformed.

mod names;
mod urls;
mod values;

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;

pub(crate) use self::names::{is_credential, is_sensitive};
use self::names::{is_of_signature, is_sensitive_parameter};
use self::urls::{Kind, sensitive};
use crate::http::Head;
pub(crate) use crate::http::cover::REDACTED;

/// Fields whose value is one URL or target. Others may hold some.
const URLS: &[&str] = &[
    "referer",
    "referrer",
    "origin",
    "location",
    "content-location",
    "destination",
    "x-original-url",
    "x-original-uri",
    "x-rewrite-url",
    "x-forwarded-uri",
    "x-forwarded-url",
    "x-request-uri",
    "x-request-url",
];

/// Fields whose value is a host.
const AUTHORITIES: &[&str] = &["host", ":authority", "x-host", "x-original-host", "x-forwarded-host"];

/// The rules for hiding: by names of header fields and parameters, and for other fields by values that look like a
/// credential.
#[derive(Clone, Copy)]
struct Hidden {
    field: fn(&[u8]) -> bool,
    parameter: fn(&[u8]) -> bool,
    value: fn(&[u8], &[u8]) -> bool,
}

/// What an export hides.
const SENSITIVE: Hidden = Hidden { field: is_sensitive, parameter: is_sensitive_parameter, value: looks_sensitive };
/// What is hidden when a signature is being diagnosed.
const CREDENTIALS: Hidden = Hidden { field: is_credential, parameter: is_credential, value: lets_in };

fn looks_sensitive(_: &[u8], value: &[u8]) -> bool {
    values::is_credential(value)
}

/// A signature may be a token that is signed; it stays.
fn lets_in(name: &[u8], value: &[u8]) -> bool {
    !is_of_signature(name) && values::is_credential(value)
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    range: Range<usize>,
    /// Whether it is a field's whole value, with the blanks before it.
    is_whole: bool,
}

/// A target without credentials; signatures stay.
#[must_use]
pub(crate) fn open_target(raw: &[u8]) -> Cow<'_, [u8]> {
    without(raw, &in_target(raw, CREDENTIALS))
}

/// A head without credentials; signatures stay.
#[must_use]
pub(crate) fn open_head(raw: &[u8]) -> Vec<u8> {
    without(raw, &in_head(raw, CREDENTIALS)).into_owned()
}

/// The value of a field that is no credential itself, without those that it holds; signatures stay.
#[must_use]
pub(crate) fn open_value<'v>(name: &[u8], value: &'v [u8]) -> Cow<'v, [u8]> {
    without(value, &in_value(name, value, 0, CREDENTIALS))
}

/// The places of credentials in a URL; signatures stay.
#[must_use]
pub(crate) fn credentials_in_url(raw: &[u8]) -> Vec<Range<usize>> {
    in_target(raw, CREDENTIALS).into_iter().map(|place| place.range).collect()
}

/// A target with what is sensitive in it replaced; every other byte stays.
pub(super) fn target(raw: &[u8], redact: bool) -> Cow<'_, [u8]> {
    if redact { without(raw, &in_target(raw, SENSITIVE)) } else { Cow::Borrowed(raw) }
}

/// A head with sensitive values replaced; every other byte stays.
pub(super) fn head(raw: &[u8], redact: bool) -> Vec<u8> {
    if redact { without(raw, &in_head(raw, SENSITIVE)).into_owned() } else { raw.to_vec() }
}

/// The same, to be read: exporters that write a head anew take its parts from this one.
pub(super) fn shown(head: &Head, redact: bool) -> Head {
    if redact { Head::new(self::head(head.raw(), true).into()) } else { head.clone() }
}

/// Field lines (a trailer section) with sensitive values replaced; every other byte stays.
pub(super) fn fields(raw: &[u8], redact: bool) -> Bytes {
    let mut places = Vec::new();
    if redact {
        in_fields(raw, 0, SENSITIVE, &mut places);
    }
    without(raw, &places).into_owned().into()
}

/// The values that an export hides in a head (`is_head`) or in the field lines of a trailer section, and for each
/// whether it is the whole value of its field.
pub(super) fn hidden_values(raw: &[u8], is_head: bool) -> Vec<(&[u8], bool)> {
    let mut places = Vec::new();
    if is_head {
        places = in_head(raw, SENSITIVE);
    } else {
        in_fields(raw, 0, SENSITIVE, &mut places);
    }
    places.into_iter().map(|place| (&raw[place.range], place.is_whole)).collect()
}

/// The parts of a target that an export hides.
pub(super) fn hidden_in_target(raw: &[u8]) -> Vec<&[u8]> {
    in_target(raw, SENSITIVE).into_iter().map(|place| &raw[place.range]).collect()
}

/// The bytes with these places replaced. Lines stay lines: one that goes on with a hidden value becomes a blank.
fn without<'r>(raw: &'r [u8], places: &[Place]) -> Cow<'r, [u8]> {
    if places.is_empty() {
        return Cow::Borrowed(raw);
    }
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    for Place { range, is_whole } in places {
        out.extend_from_slice(&raw[at..range.start]);
        at = range.end;
        if *is_whole {
            out.push(b' ');
        }
        out.extend_from_slice(REDACTED.as_bytes());
        let mut lines = raw[range.clone()].split_inclusive(|&byte| byte == b'\n').peekable();
        while let Some(line) = lines.next() {
            let Some(text) = line.strip_suffix(b"\n") else { break };
            out.extend_from_slice(if text.ends_with(b"\r") { b"\r\n" } else { b"\n" });
            // Also before the end of the hidden part, which is within a line.
            if lines.peek().is_some() {
                out.push(b' ');
            }
        }
    }
    out.extend_from_slice(&raw[at..]);
    Cow::Owned(out)
}

fn in_target(raw: &[u8], hide: Hidden) -> Vec<Place> {
    // A target that is no path, as CONNECT has it, is a host.
    let is_authority = raw.contains(&b'@') && !raw.iter().any(|byte| matches!(byte, b'/' | b'?' | b'#'));
    parts(raw, 0, if is_authority { Kind::Authority } else { Kind::Url }, hide)
}

fn parts(text: &[u8], at: usize, kind: Kind, hide: Hidden) -> Vec<Place> {
    let place = |range: Range<usize>| Place { range: at + range.start..at + range.end, is_whole: false };
    sensitive(text, kind, hide.parameter, hide.value).into_iter().map(place).collect()
}

fn in_head(raw: &[u8], hide: Hidden) -> Vec<Place> {
    // Empty lines may precede the request line.
    let start = raw.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(raw.len());
    let end = start + end_of_line(&raw[start..]);
    let line = raw[start..end].trim_ascii_end();
    let mut places = Vec::new();
    // A sender may have forgotten the request line.
    let name = memchr::memchr(b':', line).map(|colon| &line[..colon]);
    let is_one = |name: &[u8]| !name.trim_ascii().iter().any(u8::is_ascii_whitespace) && (hide.field)(name);
    if let Some(name) = name.filter(|name| is_one(name)) {
        let end = field_end(raw, start);
        places.push(Place { range: start + name.len() + 1..end, is_whole: true });
        in_fields(&raw[end..], end, hide, &mut places);
        return places;
    }
    // Some readers take what follows a bare CR for a field.
    let cut = memchr::memchr(b'\r', line);
    let line = line[..cut.unwrap_or(line.len())].trim_ascii_end();
    let target = target_of(line);
    let at = start + target.start;
    let shifted = |place: Place| Place { range: at + place.range.start..at + place.range.end, ..place };
    places.extend(in_target(&line[target], hide).into_iter().map(shifted));
    let mut from = cut.map_or(end, |cut| start + cut + 1);
    // A value that reaches the end of the line goes on in the lines that begin with a blank.
    if let Some(place) = places.last_mut().filter(|place| place.range.end == start + line.len()) {
        from = field_end(raw, start);
        if from > end || cut.is_some() {
            place.range.end = start + raw[start..from].trim_ascii_end().len();
        }
    }
    in_fields(&raw[from..], from, hide, &mut places);
    places
}

/// Where in a request line the target is: all between the method and the version, however they are separated.
fn target_of(line: &[u8]) -> Range<usize> {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let trimmed = line.trim_ascii_end().len();
    let method = line[..trimmed].iter().position(|byte| !blank(byte)).unwrap_or(0);
    let after = line[method..trimmed].iter().position(blank).map_or(method, |end| method + end);
    // A sender may have forgotten the method.
    let after = if line[method..after].iter().any(|byte| matches!(byte, b'/' | b'?')) { method } else { after };
    let start = line[after..trimmed].iter().position(|byte| !blank(byte)).map_or(after, |skip| after + skip);
    let last = line[start..trimmed].iter().rposition(blank).map_or(start, |last| start + last);
    let has_version = line[last..trimmed].trim_ascii_start().to_ascii_uppercase().starts_with(b"HTTP/");
    let end = if has_version { last } else { trimmed };
    start..start + line[start..end.max(start)].trim_ascii_end().len()
}

/// Bytes up to the end of the line, with the line feed.
fn end_of_line(raw: &[u8]) -> usize {
    memchr::memchr(b'\n', raw).map_or(raw.len(), |end| end + 1)
}

/// The end of the field that begins here, with the lines that go on with it (RFC 9112, section 5.2), blank ones among
/// them.
fn field_end(raw: &[u8], start: usize) -> usize {
    let mut end = start + end_of_line(&raw[start..]);
    while matches!(raw.get(end), Some(b' ' | b'\t')) {
        end += end_of_line(&raw[end..]);
    }
    end
}

/// The name of a field line. Without a colon it is the first word: some readers take a blank or a `=` for one.
fn name_of(line: &[u8]) -> Option<&[u8]> {
    let blanks = line.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let colon = memchr::memchr(b':', line).or_else(|| {
        let end = line[blanks..].iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'=');
        end.map(|end| blanks + end)
    });
    colon.map(|colon| &line[..colon])
}

/// Takes in the places of field lines, which begin at `at`.
fn in_fields(raw: &[u8], at: usize, hide: Hidden, places: &mut Vec<Place>) {
    let mut start = 0;
    while start < raw.len() {
        let end = field_end(raw, start);
        let field = &raw[start..start + raw[start..end].trim_ascii_end().len()];
        in_field(field, at + start, hide, places);
        start = end;
    }
}

/// Takes in the places of one field, without its last line end.
fn in_field(field: &[u8], at: usize, hide: Hidden, places: &mut Vec<Place>) {
    let mut start = 0;
    let mut first = None;
    // Some parsers take a continuation line, or text after a bare CR, for a separate field.
    for line in field.split(|byte| matches!(byte, b'\r' | b'\n')) {
        let name = name_of(line);
        if let Some(name) = name.filter(|name| (hide.field)(name)) {
            if let Some((name, value)) = first {
                places.extend(in_value(name, &field[value..start], at + value, hide));
            }
            places.push(Place { range: at + start + name.len() + 1..at + field.len(), is_whole: true });
            return;
        }
        // A line without a name is treated as a value.
        first = first.or(Some((name.unwrap_or_default(), start + name.map_or(0, |name| name.len() + 1))));
        start += line.len() + 1;
    }
    if let Some((name, value)) = first {
        places.extend(in_value(name, &field[value..], at + value, hide));
    }
}

/// The places of the value of a field, which begins at `at`.
fn in_value(name: &[u8], value: &[u8], at: usize, hide: Hidden) -> Vec<Place> {
    let name = name.trim_ascii();
    let is_one = |known: &[&str]| known.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()));
    let blanks = value.len() - value.trim_ascii_start().len();
    if (hide.value)(name, value) {
        return vec![Place { range: at + blanks..at + value.len(), is_whole: false }];
    }
    let kind = match () {
        () if is_one(AUTHORITIES) => Kind::Authority,
        () if is_one(URLS) => Kind::Url,
        () => Kind::Text,
    };
    parts(&value[blanks..], at + blanks, kind, hide)
}

#[cfg(test)]
mod tests;
