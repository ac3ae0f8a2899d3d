//! Writes the head of an answer that is passed on, in place of the framework's, which has lower-case names in no order
//! and its own reason phrase.

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::model::PassedHead;

/// The bytes written in place of the framework's head.
pub(super) struct Swap {
    /// The bytes that are left to be written.
    pub(super) out: Bytes,
    /// How many of the framework's bytes they replace.
    pub(super) stands_for: usize,
}

/// Fields that frame the message or concern this connection: they always come from the framework.
const OURS: [&str; 6] = ["connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];

/// Makes the replacement for `bytes`, which begin with the framework's head; `None` if they do not.
///
/// The passed fields come first, unchanged. Framework fields that are not among them follow: the framing, and what
/// Creel adds. `Content-Length` keeps its position and gets the framework's length; in a response to HEAD, it keeps its
/// own.
pub(super) fn swap(bytes: &[u8], passed: &PassedHead) -> Option<Swap> {
    let end_of = |from: usize| memchr::memmem::find(&bytes[from..], b"\r\n\r\n").map(|at| from + at + 4);
    let mut start = 0;
    let mut end = end_of(0)?;
    // Skips a `100 Continue` that the sender waited for.
    while bytes.get(start + 9..start + 12) == Some(b"100") {
        start = end;
        end = end_of(start)?;
    }
    let mut lines =
        bytes[start..end - 4].split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let first = lines.next()?;
    let status = first.get(..12)?;
    let own: Vec<(&[u8], &[u8])> =
        lines.filter_map(|line| memchr::memchr(b':', line).map(|at| line.split_at(at))).collect();
    let mut out = BytesMut::with_capacity(end + 256);
    out.put_slice(&bytes[..start]);
    match &passed.reason {
        Some(reason) => {
            out.put_slice(status);
            out.put_u8(b' ');
            out.put_slice(reason);
        }
        None => out.put_slice(first),
    }
    out.put_slice(b"\r\n");
    let is = |name: &[u8], wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
    let is_ours = |name: &[u8]| OURS.iter().any(|ours| is(name, ours));
    // Characters that could end a line are checked here, for lists from any source.
    let whole = |text: &[u8]| !text.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n'));
    let mut length_is_written = false;
    for (name, value) in &passed.fields {
        if name.is_empty() || is_ours(name) || !whole(name) || !whole(value) || name.contains(&b':') {
            continue;
        }
        let mut rest = &value[..];
        if is(name, "content-length") {
            let length = own.iter().find(|(own, _)| is(own, "content-length"));
            let Some((_, length)) = length.filter(|_| !length_is_written) else { continue };
            length_is_written = true;
            let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
            rest = if passed.to_head && is_number { rest } else { length[1..].trim_ascii() };
        }
        for part in [&name[..], b": ", rest, b"\r\n"] {
            out.put_slice(part);
        }
    }
    for (name, rest) in own
        .into_iter()
        .filter(|(name, _)| is_ours(name) || !passed.fields.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)))
    {
        for part in [name, rest, b"\r\n"] {
            out.put_slice(part);
        }
    }
    out.put_slice(b"\r\n");
    Some(Swap { out: out.freeze(), stands_for: end })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn swapped(bytes: &[u8], reason: Option<&'static str>, fields: &[(&'static str, &'static str)]) -> (String, usize) {
        let fields = fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let head = PassedHead { reason: reason.map(Into::into), fields, to_head: false };
        let swap = swap(bytes, &head).unwrap();
        (String::from_utf8(swap.out.to_vec()).unwrap(), swap.stands_for)
    }

    const OWN: &[u8] = b"HTTP/1.1 299 <unknown>\r\ncontent-length: 2\r\nconnection: close\r\nx-content-type-options: nosniff\r\ndate: now\r\n\r\nok";

    #[test]
    fn fields_come_as_passed_on_and_the_framing_is_the_frameworks() {
        let fields = [
            ("X-B", "1"),
            ("CONTENT-length", "99"),
            ("a", "2"),
            ("X-B", "3"),
            ("Date", "then"),
            ("content-length", "7"),
        ];
        assert_eq!(
            swapped(OWN, Some("Fine"), &fields),
            (
                "HTTP/1.1 299 Fine\r\nX-B: 1\r\nCONTENT-length: 2\r\na: 2\r\nX-B: 3\r\nDate: then\r\nconnection: close\r\n\
                 x-content-type-options: nosniff\r\n\r\n"
                    .to_owned(),
                OWN.len() - 2
            )
        );
        let (head, _) = swapped(OWN, Some(""), &[]);
        assert!(head.starts_with("HTTP/1.1 299 \r\ncontent-length: 2\r\n"), "{head}");
        let waited = [b"HTTP/1.1 100 Continue\r\n\r\n", OWN].concat();
        let (head, stands_for) = swapped(&waited, None, &[("X-Content-Type-Options", "foo")]);
        assert!(
            head.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 299 <unknown>\r\nX-Content-Type-Options: foo\r\n")
        );
        assert!(!head.contains("nosniff") && stands_for == waited.len() - 2, "{head}");
    }

    #[test]
    fn the_answer_to_a_head_has_its_own_length_if_that_is_one() {
        for (value, written) in [("12345", "12345"), ("1x", "2"), ("", "2"), ("-1", "2")] {
            let fields = vec![("Content-Length".into(), value.into())];
            let swap = swap(OWN, &PassedHead { reason: None, fields, to_head: true }).unwrap();
            let head = String::from_utf8(swap.out.to_vec()).unwrap();
            assert!(head.contains(&format!("\r\nContent-Length: {written}\r\n")), "{value}: {head}");
        }
    }

    #[test]
    fn nothing_that_is_passed_on_can_frame_the_message_or_end_a_line() {
        let fields = [
            ("Transfer-Encoding", "chunked"),
            ("Connection", "keep-alive"),
            ("X", "a\r\nContent-Length: 0"),
            ("X\r\nY", "1"),
            ("X: Y", "1"),
            ("", "1"),
        ];
        assert_eq!(swapped(OWN, None, &fields).0.as_bytes(), &OWN[..OWN.len() - 2]);
        assert!(swap(b"HTTP/1.1 200 OK\r\nno end", &PassedHead::default()).is_none());
    }
}
