//! Multipart bodies (RFC 2046, RFC 7578): the parts with their places in the body. Accepts what senders write, also
//! incomplete bodies. Parts hold offsets, so contents are not copied.

use std::ops::Range;

use memchr::memmem;

use super::{ContentType, text};

/// Bytes of one part's head.
const MAX_PART_HEAD: usize = 16 * 1024;
/// Field lines of one part's head.
const MAX_PART_FIELDS: usize = 50;

/// A part of a multipart body (RFC 7578); its content stays in the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The field lines as sent.
    pub headers: Vec<(String, String)>,
    /// The form field's name.
    pub name: Option<String>,
    /// The file's name as sent. It may be a path or worse: never a place to write to.
    pub filename: Option<String>,
    /// The place of the content in the body.
    pub content: Range<usize>,
}

impl Part {
    /// The value of a field of the part's head.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn read(body: &[u8], section: Range<usize>) -> Self {
        let (headers, start) = head(body, &section);
        let mut part = Self { headers, name: None, filename: None, content: start..section.end };
        let disposition = part.field("content-disposition").map(ContentType::parse).unwrap_or_default();
        let owned = |name: &str| disposition.parameter(name).map(str::to_owned);
        part.name = owned("name");
        part.filename = disposition.parameter("filename*").and_then(extended).or_else(|| owned("filename"));
        part
    }
}

/// Reads the parts of a body one by one, leniently: white space after a boundary is no error.
#[derive(Debug)]
pub struct Parts<'a> {
    body: &'a [u8],
    delimiter: Vec<u8>,
    /// Where the search for the next delimiter starts.
    at: usize,
    /// Where the part after the last delimiter starts, while it is open.
    open: Option<usize>,
    closed: bool,
}

impl<'a> Parts<'a> {
    /// The parts that this boundary separates, given without its leading `--`.
    pub fn new(body: &'a [u8], boundary: &str) -> Self {
        Self { body, delimiter: [b"--", boundary.as_bytes()].concat(), at: 0, open: None, closed: false }
    }

    /// Whether the closing boundary was read. Until the last part was taken, it was not.
    pub fn closed(&self) -> bool {
        self.closed
    }

    /// The next delimiter: where it begins, and what follows it.
    fn delimiter(&mut self) -> Option<(usize, After)> {
        let finder = memmem::Finder::new(&self.delimiter);
        while let Some(found) = self.body.get(self.at..).and_then(|rest| finder.find(rest)).map(|found| self.at + found)
        {
            self.at = found + self.delimiter.len();
            if let Some(after) = after(self.body, found, self.at) {
                return Some((found, after));
            }
        }
        None
    }
}

impl Iterator for Parts<'_> {
    type Item = Part;

    fn next(&mut self) -> Option<Part> {
        while !self.closed {
            let Some((found, after)) = self.delimiter() else {
                // The body broke off inside this part.
                let start = self.open.take()?;
                return Some(Part::read(self.body, start..self.body.len()));
            };
            let before = self.open.take();
            match after {
                After::Close => self.closed = true,
                After::Part(start) => {
                    self.open = Some(start);
                    self.at = start;
                }
            }
            if let Some(start) = before {
                return Some(Part::read(self.body, start..content_end(self.body, start, found)));
            }
        }
        None
    }
}

enum After {
    Close,
    Part(usize),
}

/// What follows the delimiter at `found..end`, if it is one: it begins a line, and only blanks follow on that line.
fn after(body: &[u8], found: usize, end: usize) -> Option<After> {
    if found > 0 && body[found - 1] != b'\n' {
        return None;
    }
    let rest = &body[end..];
    if rest.starts_with(b"--") {
        return Some(After::Close);
    }
    let line_end = memchr::memchr(b'\n', rest)?;
    rest[..line_end].iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')).then_some(After::Part(end + line_end + 1))
}

/// The line end before a delimiter belongs to the delimiter (RFC 2046, section 5.1.1).
fn content_end(body: &[u8], start: usize, found: usize) -> usize {
    let content = body.get(start..found).unwrap_or_default();
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    start + content.strip_suffix(b"\r").unwrap_or(content).len()
}

/// The field lines of a part, and where its content starts. A head without its empty line is all content.
fn head(body: &[u8], section: &Range<usize>) -> (Vec<(String, String)>, usize) {
    let limit = section.end.min(section.start + MAX_PART_HEAD);
    let mut headers = Vec::new();
    let mut at = section.start;
    while let Some(length) = body.get(at..limit).and_then(|rest| memchr::memchr(b'\n', rest)) {
        let line = &body[at..at + length];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        at += length + 1;
        if line.is_empty() {
            return (headers, at);
        }
        match text::lossy(line).split_once(':') {
            Some((name, value)) if headers.len() < MAX_PART_FIELDS => {
                headers.push((name.trim().to_owned(), value.trim().to_owned()));
            }
            Some(_) | None => {}
        }
    }
    (Vec::new(), section.start)
}

/// `UTF-8''a%20b` (RFC 8187). RFC 7578 forbids it in forms; senders write it all the same.
fn extended(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_, encoded) = rest.split_once('\'')?;
    let bytes: Vec<u8> = percent_encoding::percent_decode_str(encoded).collect();
    let encoding = encoding_rs::Encoding::for_label(charset.as_bytes())?;
    Some(encoding.decode_without_bom_handling(&bytes).0.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delimiter_inside_a_line_is_content() {
        let body = b"--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none --X two\r\nthree --X\r\nfour --X--\r\n--X--\r\n";
        let mut parts = Parts::new(body, "X");
        let part = parts.next().unwrap();
        assert_eq!(
            (part.name.as_deref(), &body[part.content]),
            (Some("a"), &b"one --X two\r\nthree --X\r\nfour --X--"[..])
        );
        assert_eq!((parts.next(), parts.closed()), (None, true));
    }

    #[test]
    fn the_names_of_a_part_are_read_as_senders_write_them() {
        let named = |disposition: &str| {
            let body = format!("--X\r\ncontent-DISPOSITION:{disposition}\r\nX-A: 1\r\n\r\nc\r\n--X--");
            let part = Parts::new(body.as_bytes(), "X").next().unwrap();
            assert_eq!((part.field("x-a"), part.field("x-b"), part.headers.len()), (Some("1"), None, 2));
            (part.name, part.filename)
        };
        let names = |name: &str, file: &str| (Some(name.to_owned()), Some(file.to_owned()));
        assert_eq!(named(" form-data; name=a; filename=\"b c.txt\""), names("a", "b c.txt"));
        assert_eq!(named("form-data; name=a; filename=x; filename*=UTF-8''%C3%A9%20b"), names("a", "é b"));
        assert_eq!(named("form-data; name=a; filename=x; filename*=iso-8859-1'en'caf%E9"), names("a", "café"));
        assert_eq!(named("form-data; name=a; filename=x; filename*=none'b"), names("a", "x"));
        assert_eq!(named("form-data; name=a; filename=x; filename*=no-charset''b"), names("a", "x"));
        assert_eq!(named("form-data"), (None, None));
    }

    #[test]
    fn a_body_that_breaks_off_is_not_closed_and_its_last_part_goes_to_its_end() {
        let body = b"preamble\r\n--X \t\r\n\r\none\n--X\r\n\r\ntwo\r\n--Xtra";
        let mut parts = Parts::new(body, "X");
        let mut contents = Vec::new();
        while let Some(part) = parts.next() {
            contents.push(&body[part.content]);
            assert!(!parts.closed());
        }
        assert_eq!(contents, [&b"one"[..], b"two\r\n--Xtra"]);
    }

    #[test]
    fn a_part_has_at_most_50_fields_in_at_most_16_kib() {
        let read = |head: &str| {
            let body = format!("--X\r\n{head}\r\nc\r\n--X--");
            let part = Parts::new(body.as_bytes(), "X").next().unwrap();
            (part.headers.len(), part.content.len())
        };
        assert_eq!(read(&"A: 1\r\nno colon\r\n".repeat(60)), (50, 1));
        let head = |length: usize| format!("A: {}\r\n", "x".repeat(length - 7));
        // The empty line belongs to it.
        assert_eq!(read(&head(16 * 1024)), (1, 1));
        assert_eq!(read(&head(16 * 1024 + 1)), (0, 16 * 1024 + 2));
        assert_eq!(read("no empty line"), (0, 16));
    }

    proptest::proptest! {
        #[test]
        fn the_parts_of_any_bytes_lie_inside_them_in_order(text in "(--b|--|\\r\\n|\\n|A: b|;|name=\"|x){0,30}") {
            let mut end = 0;
            for part in Parts::new(text.as_bytes(), "b") {
                proptest::prop_assert!(end <= part.content.start && part.content.start <= part.content.end);
                end = part.content.end;
                proptest::prop_assert!(end <= text.len());
            }
        }
    }
}
