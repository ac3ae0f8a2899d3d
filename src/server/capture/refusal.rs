//! What a sender is told whose request the parser refuses: a status and a reason, rather than the parser's empty 400.

use crate::http::Head;
use crate::model::Rejection;

/// A refusal: what goes into the answer and into the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    phrase: &'static str,
    why: &'static str,
    pub(super) reason: Rejection,
}

/// The head did not come in time.
pub(super) const SLOW_HEAD: Refusal = Refusal {
    status: 408,
    phrase: "Request Timeout",
    why: "the head did not arrive in time",
    reason: Rejection::Timeout,
};

/// Too many heads are coming in pieces.
pub(super) const CROWDED: Refusal = Refusal {
    status: 503,
    phrase: "Service Unavailable\r\nretry-after: 1",
    why: "too much is being received; try again",
    reason: Rejection::NotStored,
};

/// The longest target that the parser's type holds (`http::Uri`).
const MAX_TARGET: usize = u16::MAX as usize - 1;

impl Refusal {
    /// Finds the reason for the parser's `status` in what was received of the head.
    pub(super) fn of(raw: &[u8], status: u16) -> Self {
        let malformed = |status, phrase, why| Self { status, phrase, why, reason: Rejection::Malformed };
        if status == 431 {
            return Self {
                status,
                phrase: "Request Header Fields Too Large",
                why: "the head has more than 96 fields or 128 KiB",
                reason: Rejection::HeadTooLarge,
            };
        }
        let head = Head::new(raw.to_vec().into());
        if head.target().raw().len() > MAX_TARGET {
            let why = "the target is longer than 65,534 bytes";
            return Self { status: 414, phrase: "URI Too Long", why, reason: Rejection::HeadTooLarge };
        }
        let version = head.version();
        if version.len() == 3 && version.as_bytes()[1] == b'.' && !version.starts_with("1.") {
            return malformed(505, "HTTP Version Not Supported", "only HTTP/1.0 and HTTP/1.1 are spoken here");
        }
        let headers = head.headers();
        let codings: Vec<_> = headers.all("transfer-encoding").collect();
        let bad_request = |why| malformed(400, "Bad Request", why);
        if !codings.is_empty() && headers.contains("content-length") {
            return bad_request("Content-Length and Transfer-Encoding contradict each other");
        }
        if codings.len() == 1 && version == "1.1" && !codings[0].eq_ignore_ascii_case(b"chunked") {
            return malformed(501, "Not Implemented", "the only transfer coding taken here is chunked");
        }
        if headers.all("content-length").count() > 1 {
            return bad_request("there is more than one Content-Length");
        }
        match headers.all("host").count() {
            0 if version == "1.1" => bad_request("HTTP/1.1 requests need a Host field"),
            0 | 1 => bad_request("the request is not valid HTTP"),
            _ => bad_request("there is more than one Host field"),
        }
    }

    /// The whole answer, for the wire.
    pub(super) fn to_wire(self) -> String {
        let Self { status, phrase, why, .. } = self;
        let body = format!(r#"{{"ok":false,"error":"{why}"}}"#);
        format!(
            "HTTP/1.1 {status} {phrase}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             x-content-type-options: nosniff\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_the_status_of_rfc_9110_and_a_reason() {
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
            (b"\x16\x03\x01", 400, 400, "not valid HTTP"),
            (b"GET /b HTTP/1.1\r\nX: aaaa", 431, 431, "128 KiB"),
        ] {
            let refusal = Refusal::of(head, told);
            assert_eq!(refusal.status, status, "{}", head.escape_ascii());
            assert!(refusal.to_wire().contains(word), "{}", refusal.to_wire());
        }
        let long = [b"GET /".to_vec(), vec![b'a'; MAX_TARGET], b" HTTP/1.1\r\nHost: h\r\n\r\n".to_vec()].concat();
        assert_eq!(Refusal::of(&long, 400).status, 414);
    }
}
