//! Rejection of a head before any handler sees it, with a response that names the reason: the parser's own is an empty
//! 400.

use crate::http::Head;
use crate::http::text::is_token;
use crate::model::Rejection;

/// Why a head is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HeadRejection {
    pub(super) status: u16,
    /// The reason phrase of the status line.
    phrase: &'static str,
    /// Seconds after which the sender may retry, if that helps.
    retry_after: Option<u32>,
    /// What is stored, and the sentence that the sender gets.
    pub(super) reason: Rejection,
}

/// The head did not come in time.
pub(super) const SLOW_HEAD: HeadRejection =
    HeadRejection { status: 408, phrase: "Request Timeout", retry_after: None, reason: Rejection::HeadTooSlow };

/// The sender has left within the head: no response.
pub(super) const BROKE_OFF: HeadRejection =
    HeadRejection { status: 400, phrase: "Bad Request", retry_after: None, reason: Rejection::HeadBrokeOff };

/// Heads that are not complete take too much memory.
pub(super) const CROWDED: HeadRejection =
    HeadRejection { status: 503, phrase: "Service Unavailable", retry_after: Some(1), reason: Rejection::NotStored };

/// A `Content-Length` of up to this many digits fits its type; a longer one may not.
const MAX_LENGTH_DIGITS: usize = 19;

/// The longest target that the parser's type holds (`http::Uri`).
const MAX_TARGET: usize = u16::MAX as usize - 1;

impl HeadRejection {
    /// Finds the reason for the parser's `status` in what arrived of the head.
    pub(super) fn of(raw: &[u8], status: u16) -> Self {
        let of = |reason, status, phrase| Self { status, phrase, retry_after: None, reason };
        if status == 431 {
            return of(Rejection::HeadTooLarge, 431, "Request Header Fields Too Large");
        }
        let head = Head::new(raw.to_vec().into());
        if head.target().raw().len() > MAX_TARGET {
            return of(Rejection::TargetTooLong, 414, "URI Too Long");
        }
        match reason_of(&head) {
            Rejection::UnknownVersion => of(Rejection::UnknownVersion, 505, "HTTP Version Not Supported"),
            Rejection::UnknownCoding => of(Rejection::UnknownCoding, 501, "Not Implemented"),
            reason => of(reason, 400, "Bad Request"),
        }
    }

    /// The whole response, for the wire.
    pub(super) fn to_wire(self) -> String {
        let Self { status, phrase, retry_after, reason } = self;
        let retry_after = retry_after.map_or_else(String::new, |seconds| format!("retry-after: {seconds}\r\n"));
        // A rejection that is only counted is not the request's fault: there is no room now.
        let why = match reason {
            Rejection::NotStored => "too much is being received; try again",
            reason => reason.sentence(),
        };
        let body = format!(r#"{{"ok":false,"error":"{why}"}}"#);
        format!(
            "HTTP/1.1 {status} {phrase}\r\n{retry_after}content-type: application/json\r\ncontent-length: {}\r\n\
             x-content-type-options: nosniff\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
    }
}

/// The fault in a head that the parser rejects.
fn reason_of(head: &Head) -> Rejection {
    let version = head.version();
    if version.len() == 3 && version.as_bytes()[1] == b'.' && !version.starts_with("1.") {
        return Rejection::UnknownVersion;
    }
    let target = head.target();
    let odd_target = target.raw().iter().any(|byte| *byte <= b' ' || *byte == 0x7f);
    let odd_method = !is_token(head.method().as_bytes());
    if version.is_empty() || odd_method || target.raw().is_empty() || odd_target || !is_spaced_rightly(head) {
        return Rejection::BadRequestLine;
    }
    let headers = head.headers();
    if headers.iter().any(|field| !is_token(&field.name)) {
        return Rejection::BadFieldName;
    }
    if headers.iter().any(|field| field.value.iter().any(|byte| *byte != b'\t' && byte.is_ascii_control())) {
        return Rejection::BadFieldValue;
    }
    let codings: Vec<_> = headers.all("transfer-encoding").collect();
    let lengths: Vec<_> = headers.all("content-length").collect();
    if !codings.is_empty() && !lengths.is_empty() {
        return Rejection::LengthAndCoding;
    }
    let chunked = matches!(codings[..], [coding] if coding.eq_ignore_ascii_case(b"chunked"));
    match (lengths.len(), headers.all("host").count()) {
        _ if codings.len() > 1 => Rejection::SeveralCodings,
        _ if !codings.is_empty() && !chunked => Rejection::UnknownCoding,
        _ if version == "1.0" && (chunked || lengths.is_empty() && head.method() == "POST") => Rejection::NoLength,
        (2.., _) => Rejection::SeveralLengths,
        (1, _) if !lengths[0].iter().all(u8::is_ascii_digit) || lengths[0].len() > MAX_LENGTH_DIGITS => {
            Rejection::BadLength
        }
        (_, 0) if version == "1.1" => Rejection::NoHost,
        (_, 2..) => Rejection::SeveralHosts,
        (_, _) => Rejection::Malformed,
    }
}

/// Whether the parts of the request line have one space between them, and nothing around them (RFC 9112, section 3).
fn is_spaced_rightly(head: &Head) -> bool {
    let parts = head.scan().request_line();
    let right = [parts.method, b" ", parts.target, b" HTTP/", parts.version].concat();
    let start = head.raw().iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(0);
    let rest = head.raw()[start..].strip_prefix(&right[..]);
    rest.is_some_and(|rest| matches!(rest, [] | [b'\n', ..] | [b'\r', b'\n', ..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rejection_has_the_status_of_rfc_9110_and_a_reason() {
        for (head, told, status, word) in [
            (&b"GET /b HTTP/1.1\r\n\r\n"[..], 400, 400, "Host"),
            (b"GET /b HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", 400, 400, "more than one Host"),
            (b"PRI * HTTP/2.0\r\n\r\n", 400, 505, "HTTP/1.1"),
            (b"POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 400, 501, "chunked"),
            (
                b"POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
                400,
                400,
                "contradict",
            ),
            (
                b"POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
                400,
                400,
                "more than one",
            ),
            (b"\x16\x03\x01", 400, 400, "method, target and version"),
            (b"GET /b HTTP/1.1\r\nX: aaaa", 431, 431, "128 KiB"),
            (b"GET  /b HTTP/1.1\r\nHost: h\r\n\r\n", 400, 400, "method, target and version"),
            (b"GET /b HTTP/1.1 \r\nHost: h\r\n\r\n", 400, 400, "method, target and version"),
            (b" GET /b HTTP/1.1\r\nHost: h\r\n\r\n", 400, 400, "method, target and version"),
        ] {
            let rejection = HeadRejection::of(head, told);
            assert_eq!(rejection.status, status, "{}", head.escape_ascii());
            assert!(rejection.to_wire().contains(word), "{}", rejection.to_wire());
        }
        let long = [b"GET /".to_vec(), vec![b'a'; MAX_TARGET], b" HTTP/1.1\r\nHost: h\r\n\r\n".to_vec()].concat();
        assert_eq!(HeadRejection::of(&long, 400).status, 414);
    }

    #[test]
    fn only_what_will_pass_asks_the_sender_to_come_again() {
        let crowded = CROWDED.to_wire();
        assert!(crowded.starts_with("HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n"), "{crowded}");
        assert!(!SLOW_HEAD.to_wire().contains("retry-after"));
    }
}
