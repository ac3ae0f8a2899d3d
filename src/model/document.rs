//! Finds the JSON of a body: the body itself (whatever its type), a field of a form (`payload=…`), a part of a
//! multipart body, or a string inside other JSON (`Message` of an Amazon SNS notification).

use std::borrow::Cow;

use crate::http::fields::{Field, fields};
use crate::http::text::without_mark;
use crate::json::key_of;
use crate::json::pick::{Picked, pick};

/// How deep strings inside JSON are read as JSON.
const MAX_DEPTH: usize = 3;
/// Steps of a pointer at which a string is tried as JSON.
const MAX_STEPS: usize = 8;

/// The JSON of a body: in a form or multipart body the field `payload`, else the first field that is JSON; otherwise
/// the body itself.
pub(crate) fn json_in<'a>(content_type: Option<&str>, body: &'a [u8]) -> Cow<'a, [u8]> {
    let Some(fields) = fields(content_type, body) else { return Cow::Borrowed(body) };
    let (mut named, mut others): (Vec<_>, Vec<_>) =
        fields.into_iter().filter(|(_, value)| may_be_json(value)).partition(|(name, _)| name == "payload");
    let first = if named.is_empty() { others.drain(..).next() } else { named.drain(..).next() };
    first.map_or(Cow::Borrowed(body), |(_, value)| value)
}

/// The value at a pointer (RFC 6901). In a form or multipart body the pointer begins with the name of a field, or leads
/// into one that is JSON.
pub(crate) fn value_in(content_type: Option<&str>, body: &[u8], pointer: &str) -> Option<Picked<'static>> {
    match fields(content_type, body) {
        None => value_at(body, pointer, MAX_DEPTH),
        Some(fields) => value_of(&fields, pointer),
    }
}

fn value_of(fields: &[Field<'_>], pointer: &str) -> Option<Picked<'static>> {
    let (step, rest) = split(pointer);
    let name = key_of(step);
    let named = fields.iter().filter(|(found, _)| *found == *name).find_map(|(_, value)| match rest {
        "" => Some(Picked::Text(String::from_utf8_lossy(value).into_owned().into())),
        rest => value_at(value, rest, MAX_DEPTH),
    });
    named.or_else(|| {
        let json = fields.iter().filter(|(_, value)| may_be_json(value));
        json.take(MAX_STEPS).find_map(|(_, value)| value_at(value, pointer, MAX_DEPTH))
    })
}

/// The value at a pointer of a JSON text. The pointer may lead into a string that is JSON.
fn value_at(json: &[u8], pointer: &str, depth: usize) -> Option<Picked<'static>> {
    let [found] = pick(json, &[pointer]).values;
    if let Some(found) = found {
        return Some(found.into_owned());
    }
    // Few JSON texts have a string that begins like this, and a search is faster than parsing again.
    let inside = [&b"\"{"[..], b"\"["].iter().any(|start| memchr::memmem::find(json, start).is_some());
    if depth == 0 || !inside {
        return None;
    }
    let mut ends = pointer.match_indices('/').skip(1).map(|(at, _)| at).take(MAX_STEPS);
    ends.find_map(|end| {
        let [outer] = pick(json, &[&pointer[..end]]).values;
        let text = outer?.text()?.to_owned();
        if may_be_json(text.as_bytes()) { value_at(text.as_bytes(), &pointer[end..], depth - 1) } else { None }
    })
}

/// The first step of a pointer, and the others.
fn split(pointer: &str) -> (&str, &str) {
    let steps = pointer.strip_prefix('/').unwrap_or(pointer);
    steps.split_at(steps.find('/').unwrap_or(steps.len()))
}

fn may_be_json(value: &[u8]) -> bool {
    matches!(without_mark(value).trim_ascii_start().first(), Some(b'{' | b'['))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: Option<&str> = Some("application/x-www-form-urlencoded");
    const MULTIPART: Option<&str> = Some("multipart/form-data; boundary=x");

    fn value(content_type: Option<&str>, body: &str, pointer: &str) -> Option<String> {
        value_in(content_type, body.as_bytes(), pointer)?.scalar().map(Cow::into_owned)
    }

    #[test]
    fn json_is_found_wherever_it_is() {
        let encoded = "payload=%7B%22action%22%3A%22opened%22%2C%22n%22%3A%7B%22m%22%3A1%7D%7D&token=t";
        let part =
            "--x\r\nContent-Disposition: form-data; name=\"json\"\r\n\r\n{\"event\":{\"type\":\"sent\"}}\r\n--x--\r\n";
        let message =
            r#"{"Type":"Notification","Message":"{\"detail\":{\"state\":\"ok\",\"in\":\"[{\\\"a\\\":7}]\"}}"}"#;
        for (content_type, body, pointer, expected) in [
            (FORM, encoded, "/action", Some("opened")),
            (FORM, encoded, "/payload/action", Some("opened")),
            (FORM, encoded, "/payload/n/m", Some("1")),
            (FORM, encoded, "/n/m", Some("1")),
            (FORM, encoded, "/token", Some("t")),
            (FORM, encoded, "/token/x", None),
            (FORM, "a%2Fb=%5B%5D&a%2Fb=%5B0%2C1%2C2%2C%7B%22~%22%3A3%7D%5D", "/a~1b/3/~0", Some("3")),
            (FORM, encoded, "/other", None),
            (FORM, r#"{"a":"b=c"}"#, "/a", Some("b=c")),
            (MULTIPART, part, "/event/type", Some("sent")),
            (MULTIPART, part, "/json/event/type", Some("sent")),
            (Some("text/plain; charset=UTF-8"), message, "/Type", Some("Notification")),
            (Some("text/plain"), message, "/Message/detail/state", Some("ok")),
            (None, message, "/Message/detail/in/0/a", Some("7")),
            (None, message, "/Message/detail/in/0/b", None),
            (None, r#"{"a":"{","b":{"c":1}}"#, "/a/c", None),
        ] {
            assert_eq!(value(content_type, body, pointer).as_deref(), expected, "{pointer} in {body}");
        }
    }

    #[test]
    fn the_payload_comes_before_other_fields_and_a_body_without_json_is_itself() {
        assert_eq!(&*json_in(FORM, b"a=%5B1%5D&payload=%7B%7D"), b"{}");
        assert_eq!(&*json_in(FORM, b"a=1&b=%5B1%5D"), b"[1]");
        assert_eq!(&*json_in(FORM, b"a=1"), b"a=1");
        assert_eq!(&*json_in(Some("text/plain"), b"{}"), b"{}");
    }

    #[test]
    fn texts_in_texts_are_read_three_deep() {
        let nested = |depth: usize| {
            (0..depth).fold(r#"{"v":1}"#.to_owned(), |json, _| serde_json::json!({ "t": json }).to_string())
        };
        let found = |depth: usize| value(None, &nested(depth), &format!("{}/v", "/t".repeat(depth)));
        assert_eq!((found(0), found(3), found(4)), (Some("1".to_owned()), Some("1".to_owned()), None));
        assert_eq!(value(None, r#"{"t":"x{\"v\":1}","u":"{"}"#, "/t/v"), None);
        assert_eq!(value(FORM, "t=%5B1%5D", "/t").as_deref(), Some("[1]"));
    }

    proptest::proptest! {
        #[test]
        fn any_body_can_be_asked(body: Vec<u8>, pointer in "(/[a-c0]{0,2}){0,12}", kind in 0_usize..3) {
            let _ = value_in([None, FORM, MULTIPART][kind], &body, &pointer);
        }
    }
}
