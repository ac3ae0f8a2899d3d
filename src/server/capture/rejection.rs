//! Why a head is rejected before any handler sees it, and the response that says so: the parser's own is an empty 400.

use crate::http::Head;
use crate::model::Rejection;

/// Why a head is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HeadRejection {
    pub(super) status: u16,
    /// The reason phrase of the status line.
    phrase: &'static str,
    /// Seconds after which the sender may come again, where that helps.
    retry_after: Option<u32>,
    /// The sentence that the sender gets.
    why: &'static str,
    /// What is stored.
    pub(super) reason: Rejection,
}

/// The head did not come in time.
pub(super) const SLOW_HEAD: HeadRejection = HeadRejection {
    status: 408,
    phrase: "Request Timeout",
    retry_after: None,
    why: "the head did not arrive in time",
    reason: Rejection::Timeout,
};

/// Heads that are not complete take too much memory.
pub(super) const CROWDED: HeadRejection = HeadRejection {
    status: 503,
    phrase: "Service Unavailable",
    retry_after: Some(1),
    why: "too much is being received; try again",
    reason: Rejection::NotStored,
};

/// The longest target that the parser's type holds (`http::Uri`).
const MAX_TARGET: usize = u16::MAX as usize - 1;

impl HeadRejection {
    /// Finds the reason for the parser's `status` in what arrived of the head.
    pub(super) fn of(raw: &[u8], status: u16) -> Self {
        let rejection = |reason, status, phrase, why| Self { status, phrase, retry_after: None, why, reason };
        let too_large = |status, phrase, why| rejection(Rejection::HeadTooLarge, status, phrase, why);
        let malformed = |status, phrase, why| rejection(Rejection::Malformed, status, phrase, why);
        if status == 431 {
            return too_large(431, "Request Header Fields Too Large", "the head has more than 96 fields or 128 KiB");
        }
        let head = Head::new(raw.to_vec().into());
        if head.target().raw().len() > MAX_TARGET {
            return too_large(414, "URI Too Long", "the target is longer than 65,534 bytes");
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

    /// The whole response, for the wire.
    pub(super) fn to_wire(self) -> String {
        let Self { status, phrase, retry_after, why, reason: _ } = self;
        let retry_after = retry_after.map_or_else(String::new, |seconds| format!("retry-after: {seconds}\r\n"));
        let body = format!(r#"{{"ok":false,"error":"{why}"}}"#);
        format!(
            "HTTP/1.1 {status} {phrase}\r\n{retry_after}content-type: application/json\r\ncontent-length: {}\r\n\
             x-content-type-options: nosniff\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
    }
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
            (b"\x16\x03\x01", 400, 400, "not valid HTTP"),
            (b"GET /b HTTP/1.1\r\nX: aaaa", 431, 431, "128 KiB"),
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
