//! The message as it goes over the wire: for `nc`, for a file in a test, for an editor's HTTP client.

use super::{ExportOptions, Single, redact};
use crate::model::CapturedRequest;

pub(super) const SINGLE: Single =
    Single { id: "http", label: "HTTP", media_type: "application/octet-stream", extension: "http", write };

/// The head as sent. Only its framing changes, and only when it has to: the stored body is what chunks carried, so
/// `Content-Length` takes the place of `Transfer-Encoding`, and of a declared length that the sender did not reach.
fn write(request: &CapturedRequest, options: &ExportOptions) -> Vec<u8> {
    let head = redact::head(request.head.raw(), options.redact);
    let chunked = request.head.headers().contains("transfer-encoding");
    let kept = request.summary.declared_size.is_none_or(|size| size == request.body.len() as u64);
    if !chunked && kept {
        return [&head, &request.body[..]].concat();
    }
    let mut out = Vec::with_capacity(head.len() + request.body.len() + 32);
    let mut skipping = false;
    for line in head.split_inclusive(|&byte| byte == b'\n') {
        if line.trim_ascii().is_empty() && !out.is_empty() {
            break;
        }
        let folded = matches!(line.first(), Some(b' ' | b'\t'));
        let name = line[..memchr::memchr(b':', line).unwrap_or(0)].trim_ascii().to_ascii_lowercase();
        skipping = (folded && skipping) || matches!(&name[..], b"transfer-encoding" | b"content-length" | b"trailer");
        if !skipping {
            out.extend_from_slice(line);
        }
    }
    out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", request.body.len()).as_bytes());
    out.extend_from_slice(&request.body);
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::{options, request};
    use super::*;

    #[test]
    fn a_message_is_as_it_was_sent() {
        let head = b"post /b HTTP/1.1\r\nhOST:h\r\nContent-Length: 3\r\n\r\n";
        assert_eq!(write(&request(head, b"\0\xff\n"), &options(true)), [&head[..], b"\0\xff\n"].concat());
    }

    #[test]
    fn chunks_become_a_length() {
        let head = b"POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\nA: 1\r\n\r\n";
        let wanted = b"POST /b HTTP/1.1\r\nA: 1\r\nContent-Length: 3\r\n\r\nabc";
        assert_eq!(write(&request(head, b"abc"), &options(true)), wanted);
    }
}
