//! Multipart bodies: parts and files with their places in the body. Reads what senders write, also when it breaks off;
//! the parts keep offsets, so that nothing is copied.

use memchr::memmem;
use serde::Serialize;

use super::{Body, ContentType, Fit, Member, RenderOptions, ViewContent, ViewKind, ViewModel};

pub(super) const MEMBER: Member = Member { kind: ViewKind::Multipart, label: "Multipart", fit, render };

/// Parts that are listed. A bomb of a million empty parts stops here.
const MAX_PARTS: usize = 500;
/// Bytes of one part's head.
const MAX_PART_HEAD: usize = 16 * 1024;
/// Field lines of one part's head.
const MAX_PART_FIELDS: usize = 50;
/// Bytes of a boundary. RFC 2046 allows 70; some senders do not know.
const MAX_BOUNDARY: usize = 256;
/// Bytes of a part that are shown beside its facts.
const PREVIEW: usize = 1_024;

/// The parts of a multipart body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MultipartView {
    /// The boundary that separates them.
    pub boundary: String,
    /// The parts in order.
    pub parts: Vec<Part>,
    /// Whether the closing boundary is there.
    pub complete: bool,
}

/// One part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The form field's name.
    pub name: Option<String>,
    /// The file's name as sent; may be a path or worse, so never a place to write to.
    pub filename: Option<String>,
    /// The part's `Content-Type`.
    pub content_type: Option<String>,
    /// The part's field lines as sent.
    pub headers: Vec<(String, String)>,
    /// Where its content starts in the decoded body.
    pub offset: usize,
    /// Bytes of its content.
    pub size: usize,
    /// The content, or its start, when it is text.
    pub text: Option<String>,
    /// Whether `text` is only the start.
    pub truncated: bool,
}

fn fit(body: &Body<'_>) -> Option<Fit> {
    let declared = body.content_type.as_ref().is_some_and(|declared| declared.main_type() == "multipart");
    declared.then_some(Fit::Declared)
}

fn render(body: &Body<'_>, _options: &RenderOptions) -> ViewModel {
    let mut model = ViewModel::new(ViewKind::Multipart);
    let Some(boundary) = body.content_type.as_ref().and_then(|declared| declared.parameter("boundary")) else {
        model.notes.push("The Content-Type names no boundary, so the parts cannot be told apart.".to_owned());
        return model;
    };
    if boundary.is_empty() || boundary.len() > MAX_BOUNDARY {
        model.notes.push("The Content-Type names a boundary that cannot be used.".to_owned());
        return model;
    }
    let (parts, complete, more) = split(body.bytes(), boundary);
    if parts.is_empty() {
        model.notes.push("The boundary does not stand in the body.".to_owned());
    }
    if more {
        model.truncated = true;
        model.notes.push(format!("Only the first {MAX_PARTS} parts are listed."));
    } else if !complete {
        model.notes.push("The closing boundary is missing: the body is not whole.".to_owned());
    }
    model.content = ViewContent::Multipart(MultipartView { boundary: boundary.to_owned(), parts, complete });
    model
}

/// The parts, whether the closing boundary is there, and whether there are more parts than are listed.
fn split(bytes: &[u8], boundary: &str) -> (Vec<Part>, bool, bool) {
    let delimiter = [b"--", boundary.as_bytes()].concat();
    let finder = memmem::Finder::new(&delimiter);
    let mut parts = Vec::new();
    // Where the content after the last delimiter line starts.
    let mut open: Option<usize> = None;
    let mut at = 0;
    while let Some(found) = finder.find(&bytes[at..]).map(|found| at + found) {
        at = found + delimiter.len();
        let Some(after) = delimiter_end(bytes, found, at) else { continue };
        if let Some(start) = open.take() {
            parts.push(part(bytes, start, content_end(bytes, start, found)));
        }
        match after {
            After::Close => return (parts, true, false),
            After::Part(_) if parts.len() >= MAX_PARTS => return (parts, false, true),
            After::Part(start) => {
                open = Some(start);
                at = start;
            }
        }
    }
    if let Some(start) = open {
        parts.push(part(bytes, start, bytes.len()));
    }
    (parts, false, false)
}

enum After {
    Close,
    Part(usize),
}

/// What follows the delimiter at `found..end`, if it is one: at the start of a line, and alone on it but for blanks.
fn delimiter_end(bytes: &[u8], found: usize, end: usize) -> Option<After> {
    if found > 0 && bytes[found - 1] != b'\n' {
        return None;
    }
    let rest = &bytes[end..];
    if rest.starts_with(b"--") {
        return Some(After::Close);
    }
    let line_end = memchr::memchr(b'\n', rest)?;
    rest[..line_end].iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')).then_some(After::Part(end + line_end + 1))
}

/// The line end before a delimiter belongs to the delimiter (RFC 2046, section 5.1.1).
fn content_end(bytes: &[u8], start: usize, found: usize) -> usize {
    let content = &bytes[start..found];
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    start + content.strip_suffix(b"\r").unwrap_or(content).len()
}

fn part(bytes: &[u8], start: usize, end: usize) -> Part {
    let end = end.max(start);
    let (headers, offset) = head(bytes, start, end);
    let field = |name: &str| headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    let disposition = field("content-disposition").map(|value| ContentType::parse(value)).unwrap_or_default();
    let filename = disposition
        .parameter("filename*")
        .and_then(extended)
        .or_else(|| disposition.parameter("filename").map(str::to_owned));
    let content_type = field("content-type").cloned();
    let content = &bytes[offset..end];
    let start = &content[..content.len().min(PREVIEW)];
    let text = match std::str::from_utf8(start) {
        Ok(text) => Some(text),
        // A cut through a character is no sign of other data.
        Err(error) if error.error_len().is_none() && start.len() < content.len() => {
            std::str::from_utf8(&start[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    };
    let text = text.filter(|text| !text.contains('\0')).map(str::to_owned);
    Part {
        name: disposition.parameter("name").map(str::to_owned),
        filename,
        content_type,
        offset,
        size: content.len(),
        truncated: text.as_ref().is_some_and(|text| text.len() < content.len()),
        text,
        headers,
    }
}

/// The field lines from `start` on, and where the content starts. A head without its empty line is all content.
fn head(bytes: &[u8], start: usize, end: usize) -> (Vec<(String, String)>, usize) {
    let limit = end.min(start + MAX_PART_HEAD);
    let mut headers = Vec::new();
    let mut at = start;
    while let Some(length) = memchr::memchr(b'\n', &bytes[at..limit]) {
        let line = &bytes[at..at + length];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        at += length + 1;
        if line.is_empty() {
            return (headers, at);
        }
        let line = String::from_utf8_lossy(line);
        match line.split_once(':') {
            Some((name, value)) if headers.len() < MAX_PART_FIELDS => {
                headers.push((name.trim().to_owned(), value.trim().to_owned()));
            }
            Some(_) | None => {}
        }
    }
    (Vec::new(), start)
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
    use crate::view::BodyInput;

    fn multipart(content_type: &str, bytes: &[u8]) -> (Option<MultipartView>, Vec<String>) {
        let body = Body::open(BodyInput { content_type: Some(content_type), content_encoding: None, bytes });
        let model = body.render(ViewKind::Multipart, &RenderOptions::default());
        match model.content {
            ViewContent::Multipart(view) => (Some(view), model.notes),
            _ => (None, model.notes),
        }
    }

    #[test]
    fn names_files_types_sizes_and_places_are_kept() {
        let bytes = b"preamble\r\n--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--xy\r\n\r\n--xyz  \r\n\
            content-disposition: form-data; name=f; filename=\"\xc3\xa9.bin\"; filename*=UTF-8''%e2%82%ac.bin\r\nContent-Type: application/x\r\n\r\n\0\xff\r\n--xyz--\r\nend";
        let (view, notes) = multipart("multipart/form-data; boundary=xyz", bytes);
        let view = view.unwrap();
        assert!(view.complete && notes.is_empty(), "{notes:?}");
        let [a, f] = &view.parts[..] else { panic!("{view:?}") };
        assert_eq!((a.name.as_deref(), a.text.as_deref(), a.size), (Some("a"), Some("one\r\n--xy\r\n"), 11));
        assert_eq!(
            (f.filename.as_deref(), f.content_type.as_deref(), f.text.as_deref()),
            (Some("€.bin"), Some("application/x"), None)
        );
        assert_eq!(&bytes[f.offset..f.offset + f.size], b"\0\xff");
        assert_eq!(f.headers[1], ("Content-Type".to_owned(), "application/x".to_owned()));
    }

    #[test]
    fn bare_line_feeds_missing_ends_and_empty_parts_are_read() {
        let (view, notes) = multipart("multipart/mixed; boundary=b", b"--b\n\nx\n--b\n\n--b\nA: 1\n\nrest");
        let view = view.unwrap();
        assert_eq!(view.parts.iter().map(|part| part.text.as_deref().unwrap()).collect::<Vec<_>>(), ["x", "", "rest"]);
        assert!(!view.complete && notes[0].contains("closing boundary"));
    }

    #[test]
    fn a_boundary_must_be_named_and_must_be_there() {
        assert!(multipart("multipart/form-data", b"--x").0.is_none());
        assert!(multipart("multipart/form-data; boundary=\"\"", b"--x").0.is_none());
        assert!(multipart("multipart/form-data; boundary=x", b"text").1[0].contains("does not stand"));
    }

    #[test]
    fn a_million_parts_are_cut() {
        let (view, notes) = multipart("multipart/mixed; boundary=b", "--b\r\n\r\n\r\n".repeat(1_000_000).as_bytes());
        assert_eq!(view.unwrap().parts.len(), MAX_PARTS);
        assert!(notes[0].contains("first 500"));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_can_be_split(text in "(--b|--|\\r\\n|\\n|A: b|;|name=\"|x){0,30}") {
            multipart("multipart/form-data; boundary=b", text.as_bytes());
        }
    }
}
