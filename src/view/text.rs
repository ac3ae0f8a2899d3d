//! Text in any charset that browsers know.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use serde::Serialize;

use super::{Body, Fit, Member, RenderOptions, ViewContent, ViewModel};

pub(super) const MEMBER: Member = Member { id: "text", label: "Text", fit, render };

/// Bytes that are read to tell text from other data.
const SNIFFED: usize = 64 * 1024;

/// A body read as text, and in which charset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TextView {
    /// The text, cut at the limit. Use [`super::visible`] to show it.
    pub text: String,
    /// The charset that it was read with.
    pub charset: &'static str,
    /// Whether bytes that the charset does not have were replaced.
    pub replaced: bool,
}

fn fit(body: &Body<'_>) -> Option<Fit> {
    let bytes = body.bytes();
    let declared = body.content_type.as_ref().is_some_and(|declared| {
        let subtype = declared.subtype();
        declared.main_type() == "text"
            || matches!(
                subtype,
                "json" | "xml" | "javascript" | "x-www-form-urlencoded" | "graphql" | "x-ndjson" | "yaml"
            )
            || subtype.ends_with("+json")
            || subtype.ends_with("+xml")
    });
    if declared {
        // Ranks below a view for the specific type.
        return Some(Fit::Generic);
    }
    let start = &bytes[..bytes.len().min(SNIFFED)];
    let cut_character = |error: std::str::Utf8Error| error.error_len().is_none() && bytes.len() > SNIFFED;
    let utf8 = std::str::from_utf8(start).map_or_else(cut_character, |_| true);
    let printable = !start.iter().any(|&byte| matches!(byte, 0..=8 | 14..=26 | 28..=31));
    ((utf8 && printable) || Encoding::for_bom(bytes).is_some()).then_some(Fit::Generic)
}

fn render(body: &Body<'_>, options: &RenderOptions) -> ViewModel {
    let read = read(body, options.text_bytes);
    let mut model = ViewModel::new(&MEMBER);
    model.truncated = read.truncated;
    if let Some(unknown) = read.unknown {
        model.notes.push(format!("The charset '{unknown}' is not known; read as {}.", read.view.charset));
    }
    if read.view.replaced {
        model.notes.push(format!("Some bytes are not {}; they are shown as \u{fffd}.", read.view.charset));
    }
    model.content = ViewContent::Text(read.view);
    model
}

/// A body as text.
pub(super) struct Read {
    pub(super) view: TextView,
    pub(super) truncated: bool,
    /// A declared charset that is not known.
    unknown: Option<String>,
}

/// Reads up to about `max_bytes` of the body in the charset of its byte order mark, else of its declaration, else in
/// UTF-8, else in windows-1252, which takes any byte.
pub(super) fn read(body: &Body<'_>, max_bytes: usize) -> Read {
    let bytes = body.bytes();
    let label = body.content_type.as_ref().and_then(|declared| declared.parameter("charset"));
    let named = label.and_then(|label| Encoding::for_label(label.as_bytes()));
    let unknown = label.filter(|_| named.is_none()).map(|label| label.chars().take(40).collect());
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or_else(|| {
        let guess = || if std::str::from_utf8(bytes).is_ok() { UTF_8 } else { WINDOWS_1252 };
        (named.unwrap_or_else(guess), 0)
    });
    let rest = &bytes[mark..];
    let start = &rest[..rest.len().min(max_bytes)];
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length(start.len()).unwrap_or(0));
    let truncated = start.len() < rest.len();
    // At a cut, a half character is left out, not replaced.
    let (_, _, replaced) = decoder.decode_to_string(start, &mut text, !truncated);
    Read { view: TextView { text, charset: encoding.name(), replaced }, truncated, unknown }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::tests::views;
    use crate::view::{BodyInput, ViewKind};

    fn text(content_type: Option<&str>, bytes: &[u8], limit: usize) -> (TextView, Vec<String>, bool) {
        let body = Body::open(BodyInput { content_type, content_encoding: None, bytes });
        let model = body.render(ViewKind(&MEMBER), &RenderOptions { text_bytes: limit, ..RenderOptions::default() });
        match model.content {
            ViewContent::Text(view) => (view, model.notes, model.truncated),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_charset_comes_from_mark_declaration_or_bytes() {
        for (content_type, bytes, charset, wanted) in [
            (None, &b"caf\xc3\xa9"[..], "UTF-8", "café"),
            (None, b"caf\xe9", "windows-1252", "café"),
            (Some("text/plain; charset=\"ISO-8859-2\""), b"\xb1", "ISO-8859-2", "ą"),
            (Some("text/plain; charset=shift_jis"), b"\x83e\x83X\x83g", "Shift_JIS", "テスト"),
            (Some("text/plain; charset=ascii"), b"\xff\xfea\0\xe9\0", "UTF-16LE", "aé"),
            (None, b"\xef\xbb\xbfx", "UTF-8", "x"),
        ] {
            let (view, _, _) = text(content_type, bytes, 100);
            assert_eq!((view.charset, view.text.as_str()), (charset, wanted));
        }
    }

    #[test]
    fn odd_charsets_and_bytes_are_told() {
        let (_, notes, _) = text(Some("text/plain; charset=klingon"), b"x", 100);
        assert_eq!(notes, ["The charset 'klingon' is not known; read as UTF-8."]);
        let (view, notes, _) = text(Some("text/plain; charset=utf-8"), b"a\xffb", 100);
        assert!(view.replaced && notes.len() == 1, "{notes:?}");
    }

    #[test]
    fn a_cut_never_splits_a_character() {
        let (view, _, truncated) = text(None, "é".repeat(100).as_bytes(), 51);
        assert_eq!((view.text, truncated, view.replaced), ("é".repeat(25), true, false));
    }

    #[test]
    fn binary_is_not_offered_as_text() {
        let offered = |bytes: &[u8]| {
            views(BodyInput { content_type: None, content_encoding: None, bytes }).contains(&ViewKind(&MEMBER))
        };
        assert!(
            offered("é".repeat(SNIFFED).as_bytes()) && offered(b"\x1b[1m") && !offered(b"\0") && !offered(b"\xff\xd8")
        );
    }
}
