//! Reads a head's bytes in place, without allocating. [`Head`](super::Head) uses it.

/// The bytes of a head, borrowed.
#[derive(Debug, Clone, Copy)]
pub struct HeadScan<'a> {
    raw: &'a [u8],
}

/// The three parts of a request line; missing ones are empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestLine<'a> {
    /// The method: all before the first blank, else the whole line.
    pub method: &'a [u8],
    /// The target: all between method and version, without the blanks around it.
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

    /// The request line. Accepts any number and kind of blanks between and around its parts: a request rejected for
    /// them still has a target.
    #[must_use]
    pub fn request_line(self) -> RequestLine<'a> {
        let line = trimmed(self.lines().next().unwrap_or_default());
        let Some(method_end) = memchr::memchr2(b' ', b'\t', line) else {
            return RequestLine { method: line, ..RequestLine::default() };
        };
        let (method, rest) = (&line[..method_end], trimmed(&line[method_end..]));
        match memchr::memrchr2(b' ', b'\t', rest) {
            Some(end) => match rest[end + 1..].strip_prefix(b"HTTP/") {
                Some(version) => RequestLine { method, target: trimmed(&rest[..end]), version },
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
    use crate::http::Head;
    use proptest::prelude::*;

    #[test]
    fn the_first_field_of_a_name_and_the_lines_below_the_request_line() {
        let raw = b"\r\nGET / HTTP/1.1\r\nA: 1\r\nB:2\r\na: 3\r\n\r\nC: 4";
        let scan = HeadScan::new(raw);
        assert_eq!((scan.field("a"), scan.field("b")), (Some(&b"1"[..]), Some(&b"2"[..])));
        assert_eq!((scan.field("c"), scan.field("")), (None, None));
        assert_eq!(scan.field_section(), b"A: 1\r\nB:2\r\na: 3\r\n\r\nC: 4");
        assert_eq!(HeadScan::new(b"GET /").field_section(), b"");
        assert_eq!(HeadScan::new(b"GET / http/1.1").request_line().target, b"/ http/1.1");
    }

    proptest! {
        #[test]
        fn the_parts_of_a_head_are_found_as_they_were_put_together(
            blank in "(\r?\n)?",
            method in "[A-Z!]{1,6}",
            target in "[/a?=]([/a?= ]{0,8}[/a?=])?",
            version in "1[.][01]",
            fields in prop::collection::vec(("[A-Za-z-]{1,6}", "[ \t]{0,2}", "([x:]([x: \t]{0,4}[x:])?)?", "[ \t]{0,2}"), 0..5),
            end in "\r?\n",
            left in "(left: over\r\n)?",
        ) {
            let lines: Vec<String> =
                fields.iter().map(|(name, before, value, after)| format!("{name}:{before}{value}{after}{end}")).collect();
            let lines = lines.concat();
            let raw = format!("{blank}{method} {target} HTTP/{version}{end}{lines}{end}{left}");
            let expected: Vec<(&[u8], &[u8])> = fields.iter().map(|(name, _, value, _)| (name.as_bytes(), value.as_bytes())).collect();
            let scan = HeadScan::new(raw.as_bytes());
            prop_assert_eq!(scan.request_line(), RequestLine { method: method.as_bytes(), target: target.as_bytes(), version: version.as_bytes() });
            prop_assert_eq!(&expected, &scan.fields().collect::<Vec<_>>());
            let head = Head::new(raw.clone().into());
            prop_assert_eq!((&*head.method(), &*head.version()), (&*method, &*version));
            let read = head.target();
            prop_assert_eq!(&read.raw()[..], target.as_bytes());
            let headers = head.headers();
            prop_assert_eq!(expected, headers.iter().map(|field| (&field.name[..], &field.value[..])).collect::<Vec<_>>());
        }

        #[test]
        fn any_bytes_can_be_scanned(raw: Vec<u8>) {
            let scan = HeadScan::new(&raw);
            let _ = (scan.request_line(), scan.fields().count(), scan.field_section());
        }
    }
}
