//! Turns a target's response into the sender's. Pure.

use std::ops::Range;

use bytes::Bytes;

use crate::deliver::engine::{is_hop_by_hop, named_by_connection};
use crate::http::Head;
use crate::http::text::clipped;
use crate::model::{Delivered, Outcome, PassedAnswer, PassedHead};

/// Statuses that can be passed on; 1xx concern the connection only.
const STATUSES: Range<u16> = 200..600;
/// How many omitted fields the sentence names.
const MAX_TOLD: usize = 5;
/// Characters of such a name.
const MAX_NAME: usize = 40;

/// The answer, and a sentence about fields that are not passed on (other than those of the connection).
pub(crate) fn passed_back(delivered: &Delivered) -> (PassedAnswer, Option<String>) {
    match (&delivered.outcome, &delivered.response) {
        (Outcome::Answered, Some(response)) if response.body_cut => {
            (PassedAnswer::error(502, "The target's response is larger than is passed on (1 MiB)."), None)
        }
        (Outcome::Answered, Some(response)) if STATUSES.contains(&response.status) => {
            let (head, left_out) = passed_head(&response.head);
            let note = (!left_out.is_empty()).then(|| {
                let names: Vec<_> = left_out.iter().take(MAX_TOLD).map(String::as_str).collect();
                let more = if left_out.len() > MAX_TOLD { " and others" } else { "" };
                format!("Not passed on, for no sender could read it: {}{more}.", names.join(", "))
            });
            (PassedAnswer { status: response.status, head, body: response.body.clone() }, note)
        }
        (Outcome::Timeout, _) => (PassedAnswer::error(504, &delivered.sentence), None),
        _ => (PassedAnswer::error(502, &delivered.sentence), None),
    }
}

/// The head and body of a target's answer as received, if they are passed on unchanged.
pub(crate) fn as_it_came(delivered: &Delivered) -> Option<(&Bytes, &Bytes)> {
    let response = delivered.response.as_ref().filter(|_| delivered.outcome == Outcome::Answered)?;
    (!response.body_cut && STATUSES.contains(&response.status)).then_some((&response.head, &response.body))
}

/// The sender's answer for a received head; `None` when its status cannot be passed on.
pub(crate) fn passed_answer(head: &Bytes, body: Bytes) -> Option<PassedAnswer> {
    let mut words = head.split(|byte| *byte == b'\n').next()?.split(|byte| *byte == b' ');
    let version = words.next()?;
    let status = std::str::from_utf8(words.next()?).ok()?.trim_end().parse().ok();
    let status = status.filter(|status| version.starts_with(b"HTTP/1.") && STATUSES.contains(status))?;
    Some(PassedAnswer { status, head: passed_head(head).0, body })
}

/// The head without the fields of the target's connection, and the names of invalid fields.
///
/// Joins folded values (RFC 9112, section 5.2) and removes white space before a colon (section 5.1); all else stays
/// byte for byte.
fn passed_head(raw: &Bytes) -> (PassedHead, Vec<String>) {
    let mut lines = raw.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let first = lines.by_ref().find(|line| !line.is_empty()).unwrap_or_default();
    let mut fields: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for line in lines.take_while(|line| !line.is_empty()) {
        match (line.first(), fields.last_mut()) {
            (Some(b' ' | b'\t'), Some((_, value))) => {
                value.push(b' ');
                value.extend_from_slice(line.trim_ascii());
            }
            _ => {
                let colon = memchr::memchr(b':', line);
                let (name, value) = colon.map_or((line, None), |at| (&line[..at], Some(&line[at + 1..])));
                // A line without a colon has no valid name.
                let name = if value.is_some() { name.trim_ascii_end() } else { name };
                fields.push((name.to_vec(), value.map_or_else(|| b"\0".to_vec(), |value| value.trim_ascii().to_vec())));
            }
        }
    }
    let named = named_by_connection(&Head::new(raw.clone()));
    let is_own = |name: &[u8]| is_hop_by_hop(name) || named.iter().any(|named| name.eq_ignore_ascii_case(named));
    let (mut head, mut left_out) = (PassedHead { reason: Some(reason(first)), ..PassedHead::default() }, Vec::new());
    for (name, value) in fields.into_iter().filter(|(name, _)| !is_own(name)) {
        if is_token(&name) && !value.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n')) {
            head.fields.push((name.into(), value.into()));
        } else {
            left_out.push(clipped(&name.escape_ascii().to_string(), MAX_NAME));
        }
    }
    (head, left_out)
}

/// The reason phrase; empty when it is no text.
fn reason(line: &[u8]) -> Bytes {
    let after = |line: &[u8]| memchr::memchr(b' ', line).map(|at| line[at..].trim_ascii_start().to_vec());
    let words = after(line).and_then(|rest| after(&rest)).unwrap_or_default();
    if words.iter().any(u8::is_ascii_control) { Bytes::new() } else { words.into() }
}

/// A token (RFC 9110, section 5.6.2).
fn is_token(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(raw: &'static [u8]) -> (String, Vec<(String, String)>, Vec<String>) {
        let (head, left_out) = passed_head(&Bytes::from_static(raw));
        let text = |bytes: &Bytes| bytes.iter().map(|byte| char::from(*byte)).collect::<String>();
        let fields = head.fields.iter().map(|(name, value)| (text(name), text(value)));
        (text(&head.reason.unwrap()), fields.collect(), left_out)
    }

    #[test]
    fn a_head_is_passed_on_as_it_came_but_for_what_is_of_the_connection() {
        let (reason, fields, left_out) = passed(
            b"HTTP/1.1 299 Fine  Thing\r\nX-Caf\x45: caf\xe9\r\nb: 1\r\nConnection: close, X-Hop\r\nx-hop: 1\r\nKeep-Alive: 5\r\n\
              Proxy-Authenticate: Basic\r\nTrailer: T\r\nTransfer-Encoding: chunked\r\nB : 2\r\nX-Fold: one\r\n \t two\r\n\tthree\r\n\
              X-Empty:\r\nX-Bell: a\x07b\r\nContent-Length: 2\r\nDate: x\r\n\r\n",
        );
        assert_eq!((reason.as_str(), left_out), ("Fine  Thing", Vec::<String>::new()));
        let expected = [
            ("X-CafE", "caf\u{e9}"),
            ("b", "1"),
            ("B", "2"),
            ("X-Fold", "one two three"),
            ("X-Empty", ""),
            ("X-Bell", "a\u{7}b"),
            ("Content-Length", "2"),
            ("Date", "x"),
        ];
        assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn only_an_answer_is_one() {
        let status =
            |head: &'static [u8]| passed_answer(&Bytes::from_static(head), Bytes::new()).map(|answer| answer.status);
        assert_eq!(status(b"HTTP/1.1 299 Fine\r\nA: b\r\n\r\n"), Some(299));
        assert_eq!(status(b"HTTP/1.0 200\r\n\r\n"), Some(200));
        for wrong in [
            &b""[..],
            b"GET / HTTP/1.1\r\n\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"HTTP/1.1 999 X\r\n\r\n",
            b"HTTP/1.1 2x0\r\n\r\n",
        ] {
            assert_eq!(status(wrong), None, "{}", wrong.escape_ascii());
        }
    }

    #[test]
    fn what_no_head_can_have_is_left_out_and_named() {
        let (reason, fields, left_out) =
            passed(b"HTTP/1.1 200\r\nX Y: 1\r\nnothing\r\nX-Nul: a\0b\r\nX-Cr: a\rb\r\nGood: 1\r\n\r\n");
        assert_eq!((reason.as_str(), fields), ("", vec![("Good".to_owned(), "1".to_owned())]));
        assert_eq!(left_out, ["X Y", "nothing", "X-Nul", "X-Cr"]);
    }
}
