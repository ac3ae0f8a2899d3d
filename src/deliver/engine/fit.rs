//! Which captured requests are fit to be sent on by themselves. Pure.
//!
//! What two programs may read in two ways is kept and shown exactly as it came, and sent only by somebody who has looked at
//! it: a receiver behind a proxy must not be reached by what the proxy would have refused.

use super::target::TargetUrl;
use crate::http::Head;
use crate::model::RequestSummary;

/// Why a request is not sent on; `None` when it may be.
pub fn unfit(summary: &RequestSummary, head: &Head, target: &TargetUrl) -> Option<&'static str> {
    if summary.rejected.is_some() {
        return Some("It was rejected when it came.");
    }
    if !summary.complete {
        return Some("Its body did not come whole.");
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

/// A name that some reader may take for one that frames the message: `Content_Length`, `Content-Length `.
fn resembles_framing(name: &[u8]) -> bool {
    let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
    if is("content-length") || is("transfer-encoding") {
        return false;
    }
    let letters: Vec<u8> =
        name.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
    letters == b"contentlength" || letters == b"transferencoding"
}

/// Whether a path has a segment `.` or `..`, plain or percent-encoded once or more often, with either slash.
pub fn has_dot_segment(path: &[u8]) -> bool {
    let mut path = path.to_vec();
    loop {
        let segments = path.split(|byte| matches!(byte, b'/' | b'\\' | b';'));
        if segments.into_iter().any(|segment| segment == b"." || segment == b"..") {
            return true;
        }
        let decoded: Vec<u8> = percent_encoding::percent_decode(&path).collect();
        // It gets shorter each time.
        if decoded.len() == path.len() {
            return false;
        }
        path = decoded;
    }
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
        for path in ["", "/", "/a.b/...", "/.well-known", "/%41", "/100%", "/a..b"] {
            assert!(!has_dot_segment(path.as_bytes()), "{path}");
        }
    }
}
