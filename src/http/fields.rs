//! The named fields of a body: of a form, or of a multipart body.

use std::borrow::Cow;

use super::multipart::Parts;
use super::text::without_mark;
use super::{ContentType, essence};

/// Most fields that are read. Senders' forms have a few dozen.
const MAX_FIELDS: usize = 200;

/// A field: its name (empty for a part without), and its value decoded.
pub(crate) type Field<'a> = (Cow<'a, str>, Cow<'a, [u8]>);

/// The fields of a body in order; `None` for one that is neither form nor multipart. JSON sent with a form's content
/// type, as curl does by default, is not read as a form.
pub(crate) fn fields<'a>(content_type: Option<&str>, body: &'a [u8]) -> Option<Vec<Field<'a>>> {
    let declared = content_type?;
    let media_type = essence(declared);
    if media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        if matches!(without_mark(body).trim_ascii_start().first(), Some(b'{' | b'[')) {
            return None;
        }
        let bytes = |text: Cow<'a, str>| match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        };
        let pairs = form_urlencoded::parse(body).take(MAX_FIELDS);
        return Some(pairs.map(|(name, value)| (name, bytes(value))).collect());
    }
    if media_type.len() > 10 && media_type.as_bytes()[..10].eq_ignore_ascii_case(b"multipart/") {
        let declared = ContentType::parse(declared);
        let parts = Parts::new(body, declared.boundary()?).take(MAX_FIELDS);
        return Some(
            parts.map(|part| (Cow::Owned(part.name.unwrap_or_default()), Cow::Borrowed(&body[part.content]))).collect(),
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content_type: &str, body: &str) -> Option<Vec<(String, String)>> {
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let fields = fields(Some(content_type), body.as_bytes())?;
        Some(fields.into_iter().map(|(name, value)| (name.into_owned(), text(&value))).collect())
    }

    #[test]
    fn forms_and_multipart_bodies_have_fields_and_nothing_else_has() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            read("Application/X-WWW-Form-Urlencoded; charset=utf-8", "a=%7B%7D&b+c=+d"),
            Some(vec![pair("a", "{}"), pair("b c", " d")])
        );
        let body =
            "--x\r\nContent-Disposition: form-data; name=\"json\"\r\n\r\n{\"a\":1}\r\n--x\r\n\r\n[]\r\n--x--\r\n";
        assert_eq!(
            read("multipart/form-data; boundary=x", body),
            Some(vec![pair("json", "{\"a\":1}"), pair("", "[]")])
        );
        assert_eq!(read("application/x-www-form-urlencoded", " {\"a\":\"b=c\"}"), None);
        assert_eq!(read("multipart/form-data", body), None);
        assert_eq!(read("application/x-www-form-urlencoded", "\u{feff}[1]"), None);
        for none in ["text/plain", "text/plainer; boundary=x", "multipart/; boundary=x", "x; boundary=x"] {
            assert_eq!(read(none, body), None, "{none}");
        }
        assert_eq!(fields(None, b"a=b"), None);
    }

    #[test]
    fn not_more_fields_are_read_than_anybody_sends() {
        let many = "a=1&".repeat(100_000);
        assert_eq!(read("application/x-www-form-urlencoded", &many).unwrap().len(), MAX_FIELDS);
    }
}
