//! Which captured requests may be sent on automatically. Pure.
//!
//! A request that two programs may read in two ways is kept and shown as it came, but sent only when a person decides
//! so: a request that a proxy would refuse must not reach the receiver behind it.

use super::target::TargetUrl;
use crate::http::Head;
use crate::model::RequestSummary;

/// Why a request is not sent on; `None` when it may be.
pub(crate) fn unfit(summary: &RequestSummary, head: &Head, target: &TargetUrl) -> Option<&'static str> {
    if summary.rejected.is_some() {
        return Some("It was rejected when it came.");
    }
    if !summary.complete {
        return Some("Its body did not arrive completely.");
    }
    let raw = &head.raw()[..];
    let crlf = |at: usize| raw.get(at.wrapping_sub(1)) == Some(&b'\r');
    if memchr::memchr_iter(b'\n', raw).any(|at| !crlf(at))
        || memchr::memchr_iter(b'\r', raw).any(|at| raw.get(at + 1) != Some(&b'\n'))
    {
        return Some("Its head has bare line ends.");
    }
    if memchr::memchr(0, raw).is_some() {
        return Some("Its head has a NUL byte.");
    }
    if memchr::memchr_iter(b'\n', raw).any(|at| matches!(raw.get(at + 1), Some(b' ' | b'\t'))) {
        return Some("Its head has a folded line.");
    }
    if head.scan().fields().any(|(name, _)| resembles_framing(name)) {
        return Some("A header's name resembles Content-Length or Transfer-Encoding.");
    }
    let method = head.method();
    if method.eq_ignore_ascii_case("CONNECT") || method.eq_ignore_ascii_case("TRACE") {
        return Some("CONNECT and TRACE are not sent on.");
    }
    if target.path() != "/" && has_dot_segment(head.target().path_below_bin()) {
        return Some("Its path has dot segments, which could leave the target's path.");
    }
    None
}

/// Whether some parser may take a name for one that frames the message: `Content_Length`, `Content-Length `.
fn resembles_framing(name: &[u8]) -> bool {
    let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
    if is("content-length") || is("transfer-encoding") {
        return false;
    }
    let letters: Vec<u8> =
        name.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
    letters == b"contentlength" || letters == b"transferencoding"
}

/// Whether any known parser finds a segment `.` or `..` in a path: plain or percent-encoded (also repeatedly), with
/// either slash, before a character that ends a path or segment for some (`?`, `#`, `;`, NUL), or with white space and
/// control characters that URL parsers remove.
pub(crate) fn has_dot_segment(path: &[u8]) -> bool {
    let mut path = path.to_vec();
    loop {
        plain_marks(&mut path);
        let segments = path.split(|byte| matches!(byte, b'/' | b'\\' | b';' | b'?' | b'#' | 0));
        let is_dots = |segment: &[u8]| {
            let mut seen = segment.iter().filter(|byte| **byte > b' ' && **byte != 0x7f);
            seen.next() == Some(&b'.') && seen.next().is_none_or(|byte| *byte == b'.') && seen.next().is_none()
        };
        if segments.into_iter().any(is_dots) {
            return true;
        }
        let decoded: Vec<u8> = percent_encoding::percent_decode(&path).collect();
        // Each round shortens the path, so this ends.
        if decoded.len() == path.len() {
            return false;
        }
        path = decoded;
    }
}

/// Replaces what lenient decoders take for a dot or a slash by the plain character: `%uXXXX`, overlong UTF-8 and
/// full-width characters.
fn plain_marks(path: &mut Vec<u8>) {
    const MARKS: [(&[u8], u8); 13] = [
        (b"%u002e", b'.'),
        (b"%u002f", b'/'),
        (b"%u005c", b'\\'),
        (b"%uff0e", b'.'),
        (b"%uff0f", b'/'),
        (b"\xc0\xae", b'.'),
        (b"\xc0\xaf", b'/'),
        (b"\xe0\x80\xae", b'.'),
        (b"\xe0\x80\xaf", b'/'),
        (b"\xc1\x9c", b'\\'),
        (b"\xef\xbc\x8e", b'.'),
        (b"\xef\xbc\x8f", b'/'),
        (b"\xef\xbc\xbc", b'\\'),
    ];
    // Few paths have one of the bytes that these forms begin with.
    if !path.iter().any(|byte| *byte == b'%' || *byte >= 0xc0) {
        return;
    }
    let (mut at, mut plain) = (0, Vec::with_capacity(path.len()));
    while let Some(rest) = path.get(at..).filter(|rest| !rest.is_empty()) {
        let begins = |mark: &[u8]| rest.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark));
        let (byte, length) = match MARKS.iter().find(|(mark, _)| begins(mark)) {
            Some((mark, byte)) => (*byte, mark.len()),
            None => (rest[0], 1),
        };
        plain.push(byte);
        at += length;
    }
    *path = plain;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_programs_may_read_in_two_ways_is_not_sent_on() {
        for (fields, fit) in [
            ("Content-Length: 0", true),
            ("Transfer-Encoding: chunked", true),
            ("X-Content-Length: 0", true),
            ("Content_Length: 0", false),
            ("Content-Length : 0", false),
            ("transfer\u{b}encoding: chunked", false),
        ] {
            let names = Head::new(format!("GET /b HTTP/1.1\r\n{fields}\r\n\r\n").into());
            assert_eq!(!names.scan().fields().any(|(name, _)| resembles_framing(name)), fit, "{fields}");
        }
        for path in ["/..", "/a/../b", "/.", "/%2e%2E/x", "/.%2e", "/a/%252e%252e", "/..;x/", "/..\\a", "/a%2f..%2fb"] {
            assert!(has_dot_segment(path.as_bytes()), "{path}");
        }
        // Characters that end a path or a segment for some parser, or that some drop or take for a dot.
        for path in [
            "/..#/x",
            "/..%23/x",
            "/..%3f/x",
            "/a/..%2523x",
            "/..%00/x",
            "/.\t./x",
            "/.%09./x",
            "/.%0a%0d./x",
            "/..%20/x",
            "/%20../x",
            "/%c0%ae%c0%ae/x",
            "/..%c0%afx",
            "/%e0%80%ae%e0%80%ae/x",
            "/%u002e%u002E/x",
            "/..%u005Cx",
            "/%ef%bc%8e%ef%bc%8e/x",
        ] {
            assert!(has_dot_segment(path.as_bytes()), "{path}");
        }
        for path in [
            "",
            "/",
            "/a.b/...",
            "/.well-known",
            "/%41",
            "/100%",
            "/a..b",
            "/a#b",
            "/a%23b",
            "/..a#",
            "/%c3%a9",
            "/%u00e9",
            "/ a",
        ] {
            assert!(!has_dot_segment(path.as_bytes()), "{path}");
        }
    }
}
