//! The positions of a head's lines, for code that rewrites only some of them.

use std::ops::Range;

/// A field: its line with the lines that continue it (RFC 9112, section 5.2), line ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldLine {
    /// The name, as far as the colon; empty for a line without one.
    pub name: Range<usize>,
    /// All of it.
    pub line: Range<usize>,
}

/// The positions of the request line and of the fields.
pub(crate) fn split_head(raw: &[u8]) -> (Range<usize>, Vec<FieldLine>) {
    let start = raw.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(raw.len());
    let end_of = |at: usize| memchr::memchr(b'\n', &raw[at..]).map_or(raw.len(), |end| at + end + 1);
    let first = start..end_of(start);
    let mut at = first.end;
    let mut fields: Vec<FieldLine> = Vec::new();
    while at < raw.len() {
        let line = at..end_of(at);
        at = line.end;
        let text = &raw[line.clone()];
        if text.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
            break;
        }
        match fields.last_mut() {
            // A folded line belongs to the field above it.
            Some(field) if matches!(text.first(), Some(b' ' | b'\t')) => field.line.end = line.end,
            _ => {
                let colon = memchr::memchr(b':', text).unwrap_or(0);
                fields.push(FieldLine { name: line.start..line.start + colon, line });
            }
        }
    }
    (first, fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_up_to_the_empty_line_is_in_one_line() {
        let raw = b"\r\nGET / HTTP/1.1\r\nA: 1\n b\r\n\tc\nno colon\r\nB:\r\n\r\nbody: x\r\n";
        let (first, fields) = split_head(raw);
        assert_eq!(&raw[first.clone()], b"GET / HTTP/1.1\r\n");
        let shown: Vec<(&[u8], &[u8])> =
            fields.iter().map(|field| (&raw[field.name.clone()], &raw[field.line.clone()])).collect();
        assert_eq!(shown, [(&b"A"[..], &b"A: 1\n b\r\n\tc\n"[..]), (b"", b"no colon\r\n"), (b"B", b"B:\r\n"),]);
        let mut at = first.end;
        for field in &fields {
            assert_eq!(field.line.start, at);
            at = field.line.end;
        }
        assert_eq!(&raw[at..at + 2], b"\r\n");
    }
}
