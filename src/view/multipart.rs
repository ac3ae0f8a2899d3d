//! Multipart bodies: parts and files with their places in the body.

use serde::Serialize;

use super::{Body, Fit, Member, RenderOptions, ViewContent, ViewModel};
use crate::http::ContentType;
use crate::http::multipart::{self, Parts};

pub(super) const MEMBER: Member = Member { id: "multipart", label: "Multipart", fit, render };

/// Parts that are listed. A bomb of a million empty parts stops here.
const MAX_PARTS: usize = 500;
/// Bytes of a part that are shown beside its facts.
const PREVIEW: usize = 1_024;

/// The parts of a multipart body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MultipartView {
    /// The boundary that separates them.
    pub boundary: String,
    /// The parts in order, 500 at most.
    pub parts: Vec<Part>,
    /// Whether the closing boundary is there, and every part is listed.
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
    let mut model = ViewModel::new(&MEMBER);
    let declared = body.content_type.as_ref();
    let Some(boundary) = declared.and_then(ContentType::boundary) else {
        let is_named = declared.is_some_and(|declared| declared.parameter("boundary").is_some());
        let what = if is_named { "a boundary that cannot be used" } else { "no boundary" };
        model.notes.push(format!("The Content-Type names {what}, so the parts cannot be told apart."));
        return model;
    };
    let mut reader = Parts::new(body.bytes(), boundary);
    let parts: Vec<Part> = reader.by_ref().take(MAX_PARTS).map(|part| shown(body.bytes(), part)).collect();
    let more = parts.len() == MAX_PARTS && reader.next().is_some();
    if parts.is_empty() {
        model.notes.push("The body does not contain the boundary.".to_owned());
    }
    if more {
        model.truncated = true;
        model.notes.push(format!("Only the first {MAX_PARTS} parts are listed."));
    } else if !reader.closed() {
        model.notes.push("The closing boundary is missing: the body is not whole.".to_owned());
    }
    let complete = reader.closed() && !more;
    model.content = ViewContent::Multipart(MultipartView { boundary: boundary.to_owned(), parts, complete });
    model
}

fn shown(bytes: &[u8], part: multipart::Part) -> Part {
    let content = &bytes[part.content.clone()];
    let start = &content[..content.len().min(PREVIEW)];
    let text = match std::str::from_utf8(start) {
        Ok(text) => Some(text),
        // A character that the cut splits does not make the part binary.
        Err(error) if error.error_len().is_none() && start.len() < content.len() => {
            std::str::from_utf8(&start[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    };
    let text = text.filter(|text| !text.contains('\0')).map(str::to_owned);
    Part {
        content_type: part.field("content-type").map(str::to_owned),
        offset: part.content.start,
        size: content.len(),
        truncated: text.as_ref().is_some_and(|text| text.len() < content.len()),
        text,
        name: part.name,
        filename: part.filename,
        headers: part.headers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{BodyInput, ViewKind};

    fn multipart(content_type: &str, bytes: &[u8]) -> (Option<MultipartView>, Vec<String>) {
        let body = Body::open(BodyInput { content_type: Some(content_type), content_encoding: None, bytes });
        let model = body.render(ViewKind(&MEMBER), &RenderOptions::default());
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
        assert!(multipart("multipart/form-data; boundary=x", b"text").1[0].contains("does not contain"));
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
