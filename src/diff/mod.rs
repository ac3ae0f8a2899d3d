//! Compares two captured requests part by part, in terms of each part. Pure, and bounded in time and size.

mod align;
mod answers;
mod bytes;
mod head;
mod json;
mod text;

pub(crate) use answers::{AnswerDiff, answers};
pub(crate) use bytes::BytesDiff;
pub(crate) use head::{FieldChange, PartChange};
pub(crate) use json::JsonDiff;
use serde::Serialize;
pub(crate) use text::{LineKind, TextDiff};

use crate::http::Headers;
use crate::http::text::without_mark;
use crate::json::scan;
use crate::model::{CapturedRequest, RequestId, Seq, Timestamp};
use crate::view::{Body, BodyInput};

/// The largest body that is compared as JSON.
const MAX_JSON: usize = 12 * 1024 * 1024;
/// The largest body that is compared line by line.
const MAX_TEXT: usize = 1024 * 1024;

/// What differs between two requests.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Comparison {
    /// The first request.
    pub a: Side,
    /// The second request.
    pub b: Side,
    /// Whether nothing that is compared differs.
    pub same: bool,
    /// Method, path below the bin, version.
    pub line: Vec<PartChange>,
    /// Header fields by name.
    pub headers: Vec<FieldChange>,
    /// Whether fields that both have come in another order.
    pub header_order_differs: bool,
    /// Query pairs by name.
    pub query: Vec<FieldChange>,
    /// The bodies, with their content encoding undone.
    pub body: BodyDiff,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Side {
    pub id: RequestId,
    pub seq: Seq,
    pub received_at: Timestamp,
    /// Bytes of its body as sent.
    pub body_size: usize,
}

/// How bodies differ, in the best terms that both allow.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "as", rename_all = "snake_case")]
pub(crate) enum BodyDiff {
    /// They are equal, byte for byte.
    Same,
    /// Both are JSON.
    Json(JsonDiff),
    /// Both are text.
    Text(TextDiff),
    /// Anything else, or too large for more.
    Bytes(BytesDiff),
}

/// Places of JSON bodies that are not compared: pointers, in which `*` stands for any one name or place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ignored(Vec<Vec<String>>);

impl Ignored {
    /// Reads pointers with commas or white space between.
    ///
    /// # Errors
    /// The text that is no pointer.
    pub(crate) fn parse(text: &str) -> Result<Self, &str> {
        let words = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty());
        let parts = |word: &str| word[1..].split('/').map(str::to_owned).collect();
        words
            .map(|word| if word.starts_with('/') { Ok(parts(word)) } else { Err(word) })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether a place is one of them, or below one.
    fn has(&self, pointer: &str) -> bool {
        let parts: Vec<&str> = pointer.split('/').skip(1).collect();
        self.0.iter().any(|ignored| {
            ignored.len() <= parts.len() && ignored.iter().zip(&parts).all(|(one, part)| one == "*" || one == part)
        })
    }
}

impl Comparison {
    /// Ignores differences at these places of the bodies.
    #[must_use]
    pub(crate) fn without(mut self, ignored: &Ignored) -> Self {
        if leave_out(&mut self.body, ignored) {
            let rest_is_same = self.line.is_empty() && self.headers.is_empty() && self.query.is_empty();
            self.same = rest_is_same && !self.header_order_differs;
        }
        self
    }
}

/// Removes the differences at these places; returns whether there were any and none is left.
fn leave_out(body: &mut BodyDiff, ignored: &Ignored) -> bool {
    let BodyDiff::Json(json) = body else { return false };
    let before = json.changes.len();
    json.changes.retain(|change| {
        let mut places = [&change.pointer, &change.pointer_b].into_iter().flatten();
        !places.any(|pointer| ignored.has(pointer))
    });
    json.changes.is_empty() && before > 0 && !json.truncated
}

/// Compares two requests. Bodies are compared with their content encoding undone.
#[must_use]
pub(crate) fn compare(a: &CapturedRequest, b: &CapturedRequest) -> Comparison {
    let line = head::line(a, b);
    let (headers, header_order_differs) = head::headers(&a.head.headers(), &b.head.headers());
    let query = head::query(&a.head.target().query_pairs(), &b.head.target().query_pairs());
    let body = with_body(a, |a| with_body(b, |b| bodies(a, b)));
    let same = line.is_empty()
        && headers.is_empty()
        && !header_order_differs
        && query.is_empty()
        && matches!(body, BodyDiff::Same);
    Comparison { a: side(a), b: side(b), same, line, headers, header_order_differs, query, body }
}

fn side(request: &CapturedRequest) -> Side {
    Side {
        id: request.summary.id,
        seq: request.summary.seq,
        received_at: request.summary.received_at,
        body_size: request.body.len(),
    }
}

fn with_body<T>(request: &CapturedRequest, then: impl FnOnce(&[u8]) -> T) -> T {
    decoded(&request.head.headers(), &request.body, then)
}

fn decoded<T>(headers: &Headers, body: &[u8], then: impl FnOnce(&[u8]) -> T) -> T {
    let encoding = headers.joined("content-encoding");
    let input = BodyInput { content_type: None, content_encoding: encoding.as_deref(), bytes: body };
    then(Body::open(input).bytes())
}

/// Compares two bodies as they are given: their content encoding is undone before.
#[must_use]
pub(crate) fn bodies(a: &[u8], b: &[u8]) -> BodyDiff {
    if a == b {
        return BodyDiff::Same;
    }
    if a.len().max(b.len()) <= MAX_JSON && looks_like_json(a) && looks_like_json(b) {
        let (outline_a, outline_b) = (scan(a), scan(b));
        if [&outline_a, &outline_b].iter().all(|outline| outline.error.is_none() && outline.all_outlined) {
            return BodyDiff::Json(json::diff((a, &outline_a), (b, &outline_b)));
        }
    }
    if a.len().max(b.len()) <= MAX_TEXT
        && let (Ok(a), Ok(b)) = (std::str::from_utf8(a), std::str::from_utf8(b))
        && !a.contains('\0')
        && !b.contains('\0')
    {
        return BodyDiff::Text(text::diff(a, b));
    }
    BodyDiff::Bytes(bytes::diff(a, b))
}

/// Whether it may be JSON that is worth a structural comparison.
fn looks_like_json(bytes: &[u8]) -> bool {
    let bytes = without_mark(bytes).trim_ascii();
    matches!((bytes.first(), bytes.last()), (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_differs_no_more_and_what_is_beside_it_does() {
        let (a, b) = (r#"{"at":1,"items":[{"id":1,"n":2}]}"#, r#"{"at":2,"items":[{"id":7,"n":2}]}"#);
        for (ignore, same) in [
            ("/at,/items/*/id", true),
            ("/at /items", true),
            ("/at", false),
            ("/items/0/n,/at", false),
            ("/a,/items", false),
        ] {
            let ignored = Ignored::parse(ignore).unwrap();
            assert_eq!(leave_out(&mut bodies(a.as_bytes(), b.as_bytes()), &ignored), same, "{ignore}");
        }
        assert_eq!(Ignored::parse("/a,b"), Err("b"));
    }

    fn kind(diff: &BodyDiff) -> String {
        serde_json::to_value(diff).unwrap()["as"].as_str().unwrap().to_owned()
    }

    #[test]
    fn bodies_are_compared_in_the_best_terms_that_both_allow() {
        for (a, b, wanted) in [
            (&b"x"[..], &b"x"[..], "same"),
            (b"{\"a\":1}", b" {\"a\":2} ", "json"),
            (b"{\"a\":1}", b"{\"a\":", "text"),
            (b"a\nb", b"a\nc", "text"),
            (b"a\0", b"b", "bytes"),
            (b"\xff", b"", "bytes"),
        ] {
            assert_eq!(kind(&bodies(a, b)), wanted);
        }
    }

    #[test]
    fn large_bodies_do_not_take_long() {
        let json =
            |word: &str| format!("[{}0]", format!("{{\"k\":\"{word}\",\"n\":[1,2,3]}},").repeat(200_000)).into_bytes();
        let (a, b) = (json("a"), json("b"));
        let BodyDiff::Json(diff) = bodies(&a, &b) else { panic!() };
        assert!(diff.truncated && diff.changes.len() == 1_000);
        let noise = |seed: u32| (0..800_000_u32).flat_map(|n| n.wrapping_mul(seed).to_le_bytes()).collect::<Vec<_>>();
        assert_eq!(kind(&bodies(&noise(2_654_435_761), &noise(40_503))), "bytes");
        let lines = |seed: u32| {
            (0..100_000_u32).map(|n| format!("{}\n", n.wrapping_mul(seed) % 977)).collect::<Vec<_>>().concat()
        };
        assert_eq!(kind(&bodies(lines(2_654_435_761).as_bytes(), lines(40_503).as_bytes())), "text");
    }

    #[test]
    fn depth_does_not_matter() {
        let deep = |inner: &str| format!("{}{inner}{}", "[".repeat(100_000), "]".repeat(100_000));
        let BodyDiff::Json(diff) = bodies(deep("1").as_bytes(), deep("2").as_bytes()) else { panic!() };
        assert_eq!(
            (diff.changes.len(), diff.changes[0].a.as_deref(), diff.changes[0].pointer.as_deref()),
            (1, Some("1"), None)
        );
    }

    proptest::proptest! {
        #[test]
        fn any_two_bodies_can_be_compared(a: Vec<u8>, b: Vec<u8>) {
            proptest::prop_assert_eq!(kind(&bodies(&a, &b)) == "same", a == b);
        }
    }
}
