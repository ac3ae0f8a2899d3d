//! What a client must send: the captured request without the fields that the client writes itself, with notes on what
//! still differs.

use std::borrow::Cow;
use std::collections::HashMap;

use super::field::{Field, framing_field, is_own};
use super::wire::Framing;
use super::{ExportOptions, redact, wire};
use crate::http::text::{clipped, is_token};
use crate::http::{Head, Headers, split_head};
use crate::json::pretty_python::is_python_space;
use crate::model::{CapturedRequest, HeadSource, Rejection};

/// Names that a note lists.
const MAX_NAMES: usize = 8;
/// Characters of a name or value in a note.
const MAX_NOTED: usize = 60;

/// A request to be sent by some client.
pub(super) struct Outgoing<'a> {
    /// The method as sent, as text.
    pub(super) method: &'a str,
    /// The URL, printable ASCII.
    pub(super) url: String,
    /// The target to send, byte for byte.
    pub(super) target: Vec<u8>,
    /// The fields with valid names, in order, without those that most clients write themselves.
    pub(super) headers: Vec<Field>,
    /// The body as sent, still content-encoded.
    pub(super) body: &'a [u8],
    /// `Host`, if the sender had it, with the new target's value.
    pub(super) host: Option<Field>,
    /// The field that delimits the body.
    pub(super) framed: Option<Field>,
    /// How the body is delimited.
    pub(super) framing: Framing,
    /// The trailer fields, if the body is chunked.
    pub(super) trailers: Vec<Field>,
    /// Whether it was HTTP/1.0.
    pub(super) is_http_10: bool,
    /// The head, to see how its fields are written.
    head: Head,
    /// What no client can send unchanged, one sentence each.
    differences: Vec<String>,
}

impl<'a> Outgoing<'a> {
    pub(super) fn new(request: &'a CapturedRequest, options: &ExportOptions) -> Self {
        let summary = &request.summary;
        let mut odd_names = Vec::new();
        let head = redact::shown(&request.head, options.redact);
        let framing = Framing::of(request);
        let (mut own, headers): (Vec<Field>, Vec<Field>) =
            fields(&head.headers(), &mut odd_names).into_iter().partition(|field| is_own(&field.name));
        let framed = framing_field(framing, &own, request.body.len());
        // Each is sent once, and the body is delimited in one way.
        let host = own.iter().position(|field| field.name.eq_ignore_ascii_case("host")).map(|at| own.remove(at));
        own.retain(|field| framed.as_ref().is_none_or(|framed| framed.at != field.at));
        odd_names.extend(own.iter().map(|field| field.name.clone()));
        let trailers = match framing {
            Framing::Chunked => fields(&wire::trailers(request, options.redact), &mut odd_names),
            Framing::None | Framing::Length => Vec::new(),
        };
        let mut differences = Vec::new();
        if !odd_names.is_empty() {
            differences.push(format!("what cannot be sent as a field is left out: {}", listed(&odd_names)));
        }
        if !matches!(&*summary.http_version, "1.0" | "1.1") {
            differences.push("the request line has no version that can be sent".to_owned());
        }
        if summary.head_source == HeadSource::Parsed {
            differences.push("the head is known only as the parser understood it".to_owned());
        }
        if let Some(sentence) = missing_body(request) {
            differences.push(sentence);
        }
        Self {
            method: &summary.method,
            url: url(request, options),
            target: options.url.as_ref().map_or_else(
                || head.target().raw().to_vec(),
                |url| path(&printable(url.as_bytes())).as_bytes().to_vec(),
            ),
            headers,
            host,
            framed,
            body: &request.body,
            framing,
            trailers,
            is_http_10: summary.http_version == "1.0",
            differences,
            head,
        }
    }

    /// What differs, as comment lines: what no client can send, then what this one cannot.
    pub(super) fn comments(&self, start: &str, own: &[String]) -> String {
        let sentences = self.differences.iter().chain(own);
        let lines = sentences.map(|sentence| format!("{start} Differs from what was captured: {sentence}.\n"));
        lines.collect::<Vec<_>>().concat()
    }

    /// In place of code: why no client can send this at all.
    pub(super) fn refusal(&self, start: &str) -> Option<String> {
        let refused = !is_token(self.method.as_bytes());
        let why = "the method is none that a client sends; the HTTP export has the bytes";
        refused.then(|| format!("{start} This cannot be sent again: {why}.\n"))
    }

    /// Whether a field of that (lower-case) name is sent.
    pub(super) fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// Whether the URL's path and query are the target as sent.
    pub(super) fn url_keeps_target(&self) -> bool {
        path(&self.url).as_bytes() == self.target
    }

    /// The target as text of single bytes if it has only those that `sendable` knows; else with escapes, and a note.
    pub(super) fn target_or_escaped(&self, sendable: fn(u8) -> bool, notes: &mut Vec<String>) -> Cow<'_, str> {
        if !self.target.is_empty() && self.target.iter().copied().all(sendable) {
            return self.target.iter().map(|&byte| char::from(byte)).collect::<String>().into();
        }
        notes.push("the target has bytes that are written as escapes here".to_owned());
        path(&self.url).into()
    }

    /// Notes for a client that speaks HTTP/1.1 alone.
    pub(super) fn note_version(&self, notes: &mut Vec<String>) {
        if self.is_http_10 {
            notes.push("the sender spoke HTTP/1.0, this speaks HTTP/1.1".to_owned());
        }
    }

    /// Notes for a client that writes every field as `Name: value`, and one without a value with what is in `empty`
    /// after its colon.
    pub(super) fn note_spaces(&self, empty: &str, notes: &mut Vec<String>) {
        let odd = odd_spaces(self.head.raw(), empty.as_bytes());
        if !odd.is_empty() {
            notes.push(format!("the white space around the value is not as it was: {}", listed(&odd)));
        }
    }

    /// Notes for a client that sends no trailer fields.
    pub(super) fn note_trailers(&self, notes: &mut Vec<String>) {
        if !self.trailers.is_empty() {
            let names: Vec<&str> = self.trailers.iter().map(|field| field.name.as_str()).collect();
            notes.push(format!("the trailer fields are not sent: {}", listed(&names)));
        }
    }

    /// The fields whose names have the same key together, in the order of their first; the name as in the first.
    pub(super) fn grouped(&self, key: fn(&str) -> String) -> Vec<(&str, Vec<&Field>)> {
        let mut index: HashMap<String, usize> = HashMap::new();
        let mut groups: Vec<(&str, Vec<&Field>)> = Vec::new();
        for field in &self.headers {
            let at = *index.entry(key(&field.name)).or_insert(groups.len());
            match groups.get_mut(at) {
                Some((_, fields)) => fields.push(field),
                None => groups.push((&field.name, vec![field])),
            }
        }
        groups
    }

    /// Whether the path has segments that URL libraries resolve away (`/../`), or two slashes that some of them fold.
    pub(super) fn has_odd_path(&self) -> bool {
        let path = path(&self.url);
        let path = &path[..path.find('?').unwrap_or(path.len())];
        let dots = |segment: &str| {
            let plain = segment.to_ascii_lowercase().replace("%2e", ".");
            plain == "." || plain == ".."
        };
        path.split('/').any(dots) || path.contains('\\')
    }

    /// Whether urllib3, which requests and `HTTPie` are built on, sends the target as it is: it resolves dots, writes
    /// escapes in capitals, encodes what it does not know, and drops a question mark that nothing follows.
    pub(super) fn urllib3_keeps_target(&self) -> bool {
        let target = path(&self.url);
        let digit = |byte: &u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(byte);
        let escapes =
            target.split('%').skip(1).all(|rest| rest.as_bytes().get(..2).is_some_and(|two| two.iter().all(digit)));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte);
        let whole = !target.starts_with("//") && !target.ends_with('?') && self.url_keeps_target();
        escapes && target.bytes().all(plain) && whole && !self.has_odd_path()
    }
}

/// The fields that are sent; names of those that cannot be go to `odd`.
fn fields(headers: &Headers, odd: &mut Vec<String>) -> Vec<Field> {
    let mut sent = Vec::with_capacity(headers.len());
    for (at, field) in headers.into_iter().enumerate() {
        let name = std::str::from_utf8(&field.name).ok().filter(|name| is_token(name.as_bytes()));
        // No client sends a line end or NUL; the head of a rejected request may hold them.
        let Some(name) = name.filter(|_| !field.value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0))) else {
            odd.push(field.name.escape_ascii().to_string());
            continue;
        };
        sent.push(Field { name: name.to_owned(), value: field.value.to_vec(), at });
    }
    sent
}

/// Names of the fields that are not written as `Name: value`, or without a value with `empty` after the colon.
fn odd_spaces(raw: &[u8], empty: &[u8]) -> Vec<String> {
    let (_, fields) = split_head(raw);
    let odd = fields.into_iter().filter_map(|field| {
        let name = std::str::from_utf8(&raw[field.name.clone()]).ok().filter(|name| is_token(name.as_bytes()))?;
        let line = &raw[field.line];
        let line = line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
        let value = line.get(name.len() + 1..)?;
        let right = match value.strip_prefix(b" ") {
            _ if value.trim_ascii().is_empty() => value == empty,
            Some(value) => value.trim_ascii() == value,
            None => false,
        };
        (!right).then(|| name.to_owned())
    });
    odd.collect()
}

/// Whether a value begins or ends with what Python takes for white space, beyond what HTTP does.
pub(super) fn has_odd_ends(value: &str) -> bool {
    value.starts_with(is_python_space) || value.ends_with(is_python_space)
}

/// The sentence for an incomplete body.
fn missing_body(request: &CapturedRequest) -> Option<String> {
    let summary = &request.summary;
    if summary.complete {
        return None;
    }
    let of = summary.declared_size.map(|declared| format!(" of {declared}")).unwrap_or_default();
    Some(match summary.rejected {
        Some(Rejection::BodyTooLarge) => {
            format!("the body was over the bin's limit, {}{of} bytes of it are sent", request.body.len())
        }
        _ => format!("the body broke off, the {}{of} bytes that came are sent", request.body.len()),
    })
}

/// A few names, for a comment: on one line, in ASCII.
fn listed(names: &[impl AsRef<str>]) -> String {
    let shown: Vec<String> = names.iter().take(MAX_NAMES).map(|name| noted(name.as_ref().as_bytes())).collect();
    let more = names.len().saturating_sub(MAX_NAMES);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

/// A name or value for a comment: on one line, in ASCII, not long.
pub(super) fn noted(bytes: &[u8]) -> String {
    let text = if bytes.is_empty() { "(a line without a name)".to_owned() } else { bytes.escape_ascii().to_string() };
    clipped(&text, MAX_NOTED)
}

/// Path and query of an absolute URL, as they are.
pub(super) fn path(url: &str) -> &str {
    let after = url.find("://").map_or(0, |scheme| scheme + 3);
    url[after..].find(['/', '?']).map_or("", |start| &url[after + start..])
}

/// Scheme and authority of an absolute URL.
pub(super) fn origin(url: &str) -> &str {
    &url[..url.len() - path(url).len()]
}

/// The URL to send to: printable ASCII without a fragment; every other byte of the target is percent-encoded.
pub(super) fn url(request: &CapturedRequest, options: &ExportOptions) -> String {
    if let Some(url) = &options.url {
        return printable(url.as_bytes());
    }
    let target = redact::shown(&request.head, options.redact).target();
    let raw = &target.raw()[..];
    let origin_form = match memchr::memmem::find(raw, b"://") {
        Some(scheme) if raw.first() != Some(&b'/') => {
            let rest = &raw[scheme + 3..];
            memchr::memchr2(b'/', b'?', rest).map_or(&b""[..], |start| &rest[start..])
        }
        Some(_) | None => raw,
    };
    let slash = if origin_form.first() == Some(&b'/') { "" } else { "/" };
    format!("{}{slash}{}", options.origin.trim_end_matches('/'), printable(origin_form))
}

fn printable(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        if (0x21..0x7f).contains(&byte) && byte != b'#' {
            out.push(char::from(byte));
        } else {
            out.push_str(percent_encoding::percent_encode_byte(byte));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::{options, request};
    use super::*;

    #[test]
    fn only_the_address_and_the_framing_are_apart() {
        let head = b"POST /b?x=1 HTTP/1.1\r\nHost: h\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nContent-Length: 1\r\n\
            X-Stay: 2\r\nbad name: 3\r\nTE: trailers\r\nX-Cut: a\0b\r\n\r\n";
        let request = request(head, b"x");
        let outgoing = Outgoing::new(&request, &options(true));
        let names: Vec<&str> = outgoing.headers.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["Connection", "X-Hop", "X-Stay", "TE"]);
        assert_eq!((outgoing.url.as_str(), outgoing.framing), ("http://127.0.0.1:4665/b?x=1", Framing::Length));
        assert_eq!(
            outgoing.comments("#", &[]),
            "# Differs from what was captured: what cannot be sent as a field is left out: bad name, X-Cut.\n"
        );
    }

    #[test]
    fn whatever_was_captured_a_comment_is_one_line_of_ascii() {
        let mut request = request(b"POST /b HTTP/2\r\n\xffa\r\x0bb\xe2\x80\xa8: 1\r\n\x1b[31m\r\n\r\n", b"x");
        request.summary.complete = false;
        let comments = Outgoing::new(&request, &options(true)).comments("//", &[]);
        assert_eq!(comments.lines().count(), 3, "{comments}");
        assert!(comments.lines().all(|line| line.starts_with("// ") && line.is_ascii()), "{comments}");
    }

    #[test]
    fn urls_are_printable_and_whole() {
        let of = |target: &[u8]| {
            let request = request(&[b"GET ", target, b" HTTP/1.1\r\n\r\n"].concat(), b"");
            url(&request, &options(true))
        };
        assert_eq!(of(b"/b/\xff#x?a b"), "http://127.0.0.1:4665/b/%FF%23x?a%20b");
        assert_eq!(of(b"http://other/b?x"), "http://127.0.0.1:4665/b?x");
        assert_eq!(of(b"*"), "http://127.0.0.1:4665/*");
        assert_eq!(of(b"/b?u=http://x/y"), "http://127.0.0.1:4665/b?u=http://x/y");
    }
}
