//! Makes the head to send: the captured one with as few changes as possible. Pure.
//!
//! Kept lines go out byte for byte, with their own line ends. The request line's target, `Host` and `Content-Length`
//! change; fields about a single connection are left out. Each change is reported.

use bytes::Bytes;

use super::target::TargetUrl;
use crate::http::text::lossy;
use crate::http::{FieldLine, Head, split_head};

/// How a head is made for its target.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeadPlan<'a> {
    pub target: &'a TargetUrl,
    /// The requested path and query, see [`path_and_query`].
    pub path_and_query: &'a [u8],
    /// Keep the sender's `Host`; else it is the target's.
    pub keep_host: bool,
    /// Bytes of the body, for `Content-Length`.
    pub body_size: u64,
}

/// A line that differs from the captured head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeadChange {
    /// The line as captured, without its end; `None` for an added one.
    pub from: Option<String>,
    /// The line as sent; `None` for one that is left out.
    pub to: Option<String>,
    /// Why, in a sentence.
    pub why: &'static str,
}

/// A head that is ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutgoingHead {
    /// The bytes, with the empty line at the end.
    pub bytes: Bytes,
    /// How it differs from the captured one.
    pub changes: Vec<HeadChange>,
}

const TARGET: &str = "The request goes to the target's path.";
const HOST: &str = "The target's name.";
const HOST_ADDED: &str = "HTTP/1.1 wants a Host.";
const HOST_TWICE: &str = "One Host is sent.";
const HOP: &str = "It applies only to the sender's connection.";
const NAMED: &str = "Connection names it.";
const LENGTH: &str = "The length of the body that is sent.";
const LENGTH_TWICE: &str = "One length is sent.";
const VERSION: &str = "A version that can be sent.";

/// Fields of one connection, beside those that `Connection` names and all `Proxy-…` (RFC 9110, section 7.6.1).
const HOP_BY_HOP: &[&str] = &["connection", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];

/// The head to be sent, with the lines that differ from the captured one.
pub(crate) fn outgoing(head: &Head, plan: &HeadPlan<'_>) -> OutgoingHead {
    let raw = &head.raw()[..];
    let mut out = Writer { bytes: Vec::with_capacity(raw.len() + 64), changes: Vec::new() };
    let (first, fields) = split_head(raw);
    out.request_line(head, &raw[first.clone()], plan);
    let name = |field: &FieldLine| &raw[field.name.clone()];
    let is = |field: &FieldLine, wanted: &str| name(field).eq_ignore_ascii_case(wanted.as_bytes());
    let named = named_by_connection(head);
    let has_length = fields.iter().any(|field| is(field, "content-length"));
    let chunked = fields.iter().any(|field| is(field, "transfer-encoding"));
    let host = plan.target.authority();
    if !fields.iter().any(|field| is(field, "host")) {
        out.add(&format!("Host: {host}"), HOST_ADDED);
    }
    let (mut host_sent, mut length_sent) = (false, false);
    let length = format!("Content-Length: {}", plan.body_size);
    for field in &fields {
        let line = &raw[field.line.clone()];
        if is(field, "host") {
            if plan.keep_host {
                out.keep(line);
            } else if host_sent {
                out.leave_out(line, HOST_TWICE);
            } else {
                out.replace(line, name(field), host.as_bytes(), HOST);
            }
            host_sent = true;
        } else if is(field, "content-length") {
            if length_sent {
                out.leave_out(line, LENGTH_TWICE);
            } else if says(line, plan.body_size) {
                out.keep(line);
            } else {
                out.replace(line, name(field), plan.body_size.to_string().as_bytes(), LENGTH);
            }
            length_sent = true;
        } else if is_hop_by_hop(name(field)) {
            if is(field, "transfer-encoding") && !has_length && !length_sent {
                // The body is no longer chunked: the length replaces the field that announced the chunks.
                out.change(line, &length, LENGTH);
                length_sent = true;
            } else {
                out.leave_out(line, HOP);
            }
        } else if named.iter().any(|named| name(field).eq_ignore_ascii_case(named)) {
            out.leave_out(line, NAMED);
        } else {
            out.keep(line);
        }
    }
    if !length_sent && (plan.body_size > 0 || chunked) {
        out.add(&length, LENGTH);
    }
    out.bytes.extend_from_slice(ending(raw));
    OutgoingHead { bytes: out.bytes.into(), changes: out.changes }
}

/// The path and query to be sent: the target's path, the path below the bin, the target's query, the captured query.
/// With `exact`, the target's alone.
pub(crate) fn path_and_query(head: &Head, target: &TargetUrl, exact: bool) -> Vec<u8> {
    if exact {
        return target.path_and_query().into();
    }
    let captured = head.target();
    let (below, base) = (captured.path_below_bin(), target.path().as_bytes());
    let base = if below.is_empty() { base } else { base.strip_suffix(b"/").unwrap_or(base) };
    let mut out = [base, below].concat();
    let own = target.query().map(str::as_bytes);
    for (number, query) in own.into_iter().chain(captured.query()).enumerate() {
        out.push(if number == 0 { b'?' } else { b'&' });
        out.extend_from_slice(query);
    }
    out
}

struct Writer {
    bytes: Vec<u8>,
    changes: Vec<HeadChange>,
}

impl Writer {
    fn request_line(&mut self, head: &Head, line: &[u8], plan: &HeadPlan<'_>) {
        let start = self.bytes.len();
        let version = head.version();
        let minor = version.strip_prefix("1.").unwrap_or_default();
        let sendable = !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit());
        self.bytes.extend_from_slice(head.scan().request_line().method);
        self.bytes.push(b' ');
        self.bytes.extend_from_slice(plan.path_and_query);
        self.bytes.extend_from_slice(b" HTTP/");
        self.bytes.extend_from_slice(if sendable { version.as_bytes() } else { b"1.1" });
        let (from, to) = (shown(line), shown(&self.bytes[start..]));
        self.bytes.extend_from_slice(line_end(line));
        if from != to {
            self.changes.push(HeadChange {
                from: Some(from),
                to: Some(to),
                why: if sendable { TARGET } else { VERSION },
            });
        }
    }

    fn keep(&mut self, line: &[u8]) {
        self.bytes.extend_from_slice(line);
    }

    fn leave_out(&mut self, line: &[u8], why: &'static str) {
        self.changes.push(HeadChange { from: Some(shown(line)), to: None, why });
    }

    /// The field with another value: its name and line end stay.
    fn replace(&mut self, line: &[u8], name: &[u8], value: &[u8], why: &'static str) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(name);
        self.bytes.extend_from_slice(b": ");
        self.bytes.extend_from_slice(value);
        let to = shown(&self.bytes[start..]);
        self.bytes.extend_from_slice(line_end(line));
        let from = shown(line);
        if from != to {
            self.changes.push(HeadChange { from: Some(from), to: Some(to), why });
        }
    }

    fn change(&mut self, line: &[u8], to: &str, why: &'static str) {
        self.bytes.extend_from_slice(to.as_bytes());
        self.bytes.extend_from_slice(line_end(line));
        self.changes.push(HeadChange { from: Some(shown(line)), to: Some(to.to_owned()), why });
    }

    fn add(&mut self, line: &str, why: &'static str) {
        self.bytes.extend_from_slice(line.as_bytes());
        self.bytes.extend_from_slice(b"\r\n");
        self.changes.push(HeadChange { from: None, to: Some(line.to_owned()), why });
    }
}

/// Why the user cannot set this field; `None` for all others.
pub(crate) fn is_set_by_creel(name: &str) -> Option<&'static str> {
    if name.eq_ignore_ascii_case("content-length") {
        Some("Creel sets Content-Length to the length of the body that is sent: leave it out, or change the body.")
    } else if name.eq_ignore_ascii_case("transfer-encoding") {
        Some("A body is sent whole, with its Content-Length: leave Transfer-Encoding out.")
    } else if is_hop_by_hop(name.as_bytes()) {
        Some("This field applies only to one connection, and Creel's own is made for each delivery: leave it out.")
    } else {
        None
    }
}

/// The names that `Connection` lists, except `Host` and `Content-Length`: without these, the message would be another
/// one.
pub(crate) fn named_by_connection(head: &Head) -> Vec<Vec<u8>> {
    let scan = head.scan();
    let values = scan.fields().filter(|(name, _)| name.eq_ignore_ascii_case(b"connection")).map(|(_, value)| value);
    values
        .flat_map(|value| value.split(|byte| *byte == b','))
        .map(|name| name.trim_ascii().to_ascii_lowercase())
        .filter(|name| !name.is_empty() && name != b"host" && name != b"content-length")
        .collect()
}

/// Whether a field is one of a single connection.
pub(crate) fn is_hop_by_hop(name: &[u8]) -> bool {
    HOP_BY_HOP.iter().any(|hop| name.eq_ignore_ascii_case(hop.as_bytes()))
        || name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case(b"proxy-"))
}

/// Whether a line's value is exactly that number, in digits.
fn says(line: &[u8], number: u64) -> bool {
    let value = memchr::memchr(b':', line).map_or(&line[..0], |colon| line[colon + 1..].trim_ascii());
    !value.is_empty()
        && value.iter().all(u8::is_ascii_digit)
        && std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()) == Some(number)
}

/// The line end of a line; CRLF where it has none.
pub(super) fn line_end(line: &[u8]) -> &'static [u8] {
    if line.ends_with(b"\r\n") || !line.ends_with(b"\n") { b"\r\n" } else { b"\n" }
}

/// The empty line that ends the head, as captured.
pub(super) fn ending(raw: &[u8]) -> &'static [u8] {
    if raw.ends_with(b"\n") { line_end(raw) } else { b"\r\n" }
}

fn shown(line: &[u8]) -> String {
    lossy(line.trim_ascii_end()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sent(raw: &[u8], target: &str, body_size: u64, keep_host: bool) -> String {
        let head = Head::new(Bytes::copy_from_slice(raw));
        let target = TargetUrl::parse(target).unwrap();
        let path = path_and_query(&head, &target, false);
        let plan = HeadPlan { target: &target, path_and_query: &path, keep_host, body_size };
        String::from_utf8_lossy(&outgoing(&head, &plan).bytes).into_owned()
    }

    #[test]
    fn only_what_must_change_changes() {
        let raw = b"POST /bin/a%2Fb?x=1&x HTTP/1.1\r\nzZ: 1\r\nhOST: h\r\nX-Spaced:   two  words\t \r\nzz:2\r\ncontent-LENGTH:  3 \r\n\r\n";
        assert_eq!(
            sent(raw, "http://127.0.0.1:3000/hook", 3, false),
            "POST /hook/a%2Fb?x=1&x HTTP/1.1\r\nzZ: 1\r\nhOST: 127.0.0.1:3000\r\nX-Spaced:   two  words\t \r\nzz:2\r\ncontent-LENGTH:  3 \r\n\r\n"
        );
        assert!(sent(raw, "http://127.0.0.1:3000/hook", 3, true).contains("\r\nhOST: h\r\n"));
    }

    #[test]
    fn what_speaks_of_the_senders_connection_is_left_out_with_all_that_it_names() {
        let raw = b"GET /b HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, X-One\r\nKeep-Alive: 5\r\nProxy-Authorization: x\r\nTE: trailers\r\nTrailer: T\r\nUpgrade: websocket\r\nExpect: 100-continue\r\nx-one: 1\r\nX-Two: 2\r\nconnection: content-length, host\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(
            sent(raw, "http://t/", 0, false),
            "GET / HTTP/1.1\r\nHost: t\r\nX-Two: 2\r\nContent-Length: 0\r\n\r\n"
        );
    }

    #[test]
    fn a_chunked_body_gets_its_length_where_the_chunks_were_announced() {
        let raw = b"POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: h\r\nA: b\r\n\r\n";
        assert_eq!(sent(raw, "http://t/", 5, false), "POST / HTTP/1.1\r\nContent-Length: 5\r\nHost: t\r\nA: b\r\n\r\n");
        assert!(sent(raw, "http://t/", 0, false).contains("Content-Length: 0\r\n"));
    }

    #[test]
    fn a_length_is_sent_only_where_there_was_a_body_or_a_length() {
        assert_eq!(
            sent(b"GET /b HTTP/1.1\r\nHost: h\r\n\r\n", "http://t/", 0, false),
            "GET / HTTP/1.1\r\nHost: t\r\n\r\n"
        );
        assert!(
            sent(b"GET /b HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", "http://t/", 7, false)
                .contains("\r\nContent-Length: 7\r\n")
        );
        assert!(
            sent(b"GET /b HTTP/1.1\r\nHost: h\r\n\r\n", "http://t/", 7, false)
                .ends_with("\r\nContent-Length: 7\r\n\r\n")
        );
        let twice = b"GET /b HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\ncontent-length: 7\r\n\r\n";
        assert_eq!(sent(twice, "http://t/", 7, false).to_ascii_lowercase().matches("content-length").count(), 1);
    }

    #[test]
    fn a_head_without_host_gets_one_and_bare_line_feeds_stay() {
        assert_eq!(sent(b"GET /b HTTP/1.0\r\n\r\n", "http://t:8/", 0, false), "GET / HTTP/1.0\r\nHost: t:8\r\n\r\n");
        assert_eq!(
            sent(b"GET /b HTTP/1.1\nHost: h\nA: b\n\n", "http://t/", 0, false),
            "GET / HTTP/1.1\nHost: t\nA: b\n\n"
        );
        assert_eq!(
            sent(b"GET /b HTTP/1.1\r\nA: b\r\n c\r\nHost: h\r\n folded\r\n\r\n", "http://t/", 0, false),
            "GET / HTTP/1.1\r\nA: b\r\n c\r\nHost: t\r\n\r\n"
        );
    }

    #[test]
    fn the_target_is_the_urls_path_then_the_path_below_the_bin_then_the_query() {
        for (captured, target, expected) in [
            ("/b", "http://t", "/"),
            ("/b", "http://t/hook", "/hook"),
            ("/b/", "http://t/hook", "/hook/"),
            ("/b/c//d", "http://t/hook/", "/hook/c//d"),
            ("/b?x", "http://t/hook", "/hook?x"),
            ("/b?x", "http://t/hook?own=1", "/hook?own=1&x"),
            ("/b?", "http://t/hook", "/hook?"),
            ("http://h/b/c?q", "http://t/", "/c?q"),
            ("/b/a b?c#d", "http://t/", "/a b?c#d"),
        ] {
            let head = Head::new(Bytes::from(format!("GET {captured} HTTP/1.1\r\n\r\n")));
            let target = TargetUrl::parse(target).unwrap();
            assert_eq!(String::from_utf8_lossy(&path_and_query(&head, &target, false)), expected, "{captured}");
        }
        let target = TargetUrl::parse("http://t/exactly?this").unwrap();
        let head = Head::new(Bytes::from_static(b"GET /b/c?d HTTP/1.1\r\n\r\n"));
        assert_eq!(path_and_query(&head, &target, true), b"/exactly?this");
    }

    #[test]
    fn every_change_is_told() {
        let head = Head::new(Bytes::from_static(b"GET /b HTTP/1.1\r\nHost: h\r\nTE: x\r\nA: b\r\n\r\n"));
        let target = TargetUrl::parse("http://t/").unwrap();
        let plan = HeadPlan { target: &target, path_and_query: b"/", keep_host: false, body_size: 2 };
        let told: Vec<(Option<String>, Option<String>)> =
            outgoing(&head, &plan).changes.into_iter().map(|change| (change.from, change.to)).collect();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            told,
            [
                (text("GET /b HTTP/1.1"), text("GET / HTTP/1.1")),
                (text("Host: h"), text("Host: t")),
                (text("TE: x"), None),
                (None, text("Content-Length: 2")),
            ]
        );
    }

    proptest! {
        #[test]
        fn fields_of_no_meaning_to_the_connection_go_out_byte_for_byte(
            fields in prop::collection::vec(("[Xx]-[A-Za-z0-9]{1,8}", prop::collection::vec(prop_oneof![Just(b' '), Just(b'\t'), 0x21_u8..=0xff], 0..20)), 0..12),
            end in "\r?\n",
        ) {
            let mut raw = format!("POST /b HTTP/1.1{end}Host: h{end}").into_bytes();
            let mut lines = Vec::new();
            for (name, value) in &fields {
                lines.extend_from_slice(&[name.as_bytes(), b":", &value[..], end.as_bytes()].concat());
            }
            raw.extend_from_slice(&lines);
            raw.extend_from_slice(end.as_bytes());
            let target = TargetUrl::parse("http://t/p").unwrap();
            let plan = HeadPlan { target: &target, path_and_query: b"/p", keep_host: false, body_size: 0 };
            let out = outgoing(&Head::new(raw.into()), &plan).bytes;
            let expected = [format!("POST /p HTTP/1.1{end}Host: t{end}").as_bytes(), &lines, end.as_bytes()].concat();
            prop_assert_eq!(out, expected);
        }

        #[test]
        fn any_head_can_be_made_ready(raw: Vec<u8>, body_size: u64, exact: bool, keep_host: bool) {
            let target = TargetUrl::parse("http://t/p?q").unwrap();
            let head = Head::new(raw.into());
            let path = path_and_query(&head, &target, exact);
            let plan = HeadPlan { target: &target, path_and_query: &path, keep_host, body_size };
            let _ = outgoing(&head, &plan);
        }
    }
}
