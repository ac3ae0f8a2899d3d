//! Reading a head's bytes in place: the same reading as [`Head`](super::Head), without allocating.

/// The bytes of a head, borrowed.
#[derive(Debug, Clone, Copy)]
pub struct HeadScan<'a> {
    raw: &'a [u8],
}

/// The three parts of a request line; missing ones are empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestLine<'a> {
    /// The method.
    pub method: &'a [u8],
    /// The target: all between the first and the last space.
    pub target: &'a [u8],
    /// The version, without `HTTP/`.
    pub version: &'a [u8],
}

impl<'a> HeadScan<'a> {
    /// Reads these bytes.
    #[must_use]
    pub fn new(raw: &'a [u8]) -> Self {
        let start = raw.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(raw.len());
        Self { raw: &raw[start..] }
    }

    /// The request line.
    #[must_use]
    pub fn request_line(self) -> RequestLine<'a> {
        let line = self.lines().next().unwrap_or_default();
        let Some(method_end) = memchr::memchr(b' ', line) else {
            return RequestLine { method: line, ..RequestLine::default() };
        };
        let (method, rest) = (&line[..method_end], &line[method_end + 1..]);
        match memchr::memrchr(b' ', rest) {
            Some(end) => match rest[end + 1..].strip_prefix(b"HTTP/") {
                Some(version) => RequestLine { method, target: &rest[..end], version },
                None => RequestLine { method, target: rest, version: b"" },
            },
            None => RequestLine { method, target: rest, version: b"" },
        }
    }

    /// Names and values of the fields, in wire order.
    pub fn fields(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.lines().skip(1).map(|line| match memchr::memchr(b':', line) {
            Some(colon) => (&line[..colon], trimmed(&line[colon + 1..])),
            None => (&b""[..], trimmed(line)),
        })
    }

    /// The first value of the field of that name.
    #[must_use]
    pub fn field(self, name: &str) -> Option<&'a [u8]> {
        self.fields().find(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    /// The field lines as one piece, with the empty line that ends them.
    #[must_use]
    pub fn field_section(self) -> &'a [u8] {
        memchr::memchr(b'\n', self.raw).map_or(b"", |end| &self.raw[end + 1..])
    }

    /// The lines up to the empty one, without their ends.
    fn lines(self) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = self.raw;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let line = match memchr::memchr(b'\n', rest) {
                Some(end) => {
                    let line = &rest[..end];
                    rest = &rest[end + 1..];
                    line
                }
                None => std::mem::take(&mut rest),
            };
            Some(line.strip_suffix(b"\r").unwrap_or(line))
        })
        .take_while(|line| !line.is_empty())
    }
}

/// A field value without optional white space around it (RFC 9110, section 5.5).
fn trimmed(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = value {
        value = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Head;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn reads_the_same_as_head(raw in "(\r?\n)?([A-Z]{0,3} ?[/a?=]{0,5} ?(HTTP/1.[01])?)\r?\n([aB-]{0,3}:?[ \t]?[x ]{0,3}\r?\n){0,4}(\r?\nleft)?") {
            let head = Head::new(raw.clone().into());
            let scan = HeadScan::new(raw.as_bytes());
            let line = scan.request_line();
            let (method, target, version) = (head.method(), head.target(), head.version());
            prop_assert_eq!(method.as_bytes(), line.method);
            prop_assert_eq!(&target.raw()[..], line.target);
            prop_assert_eq!(version.as_bytes(), line.version);
            let owned = head.headers();
            let expected: Vec<(&[u8], &[u8])> = owned.iter().map(|field| (&field.name[..], &field.value[..])).collect();
            prop_assert_eq!(expected, scan.fields().collect::<Vec<_>>());
        }

        #[test]
        fn any_bytes_can_be_scanned(raw: Vec<u8>) {
            let scan = HeadScan::new(&raw);
            let _ = (scan.request_line(), scan.fields().count(), scan.field_section());
        }
    }
}
