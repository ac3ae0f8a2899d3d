//! A body as an agent reads it: as text, in pieces.

use serde_json::{Value, json};

use super::answer::Failure;
use super::fence::MAX_BODY;
use super::redact::{Redaction, header};
use crate::client::Body;
use crate::http::coding;
use crate::json::{Pointer, value_at};
use crate::signature::Source;

/// Bytes of a body that is no text which are shown: enough to tell its format.
const MAX_BINARY: usize = 512;

#[derive(Debug, Default, Clone)]
pub(super) struct Part {
    /// A value of a JSON body.
    pub(super) pointer: Option<String>,
    /// The first byte.
    pub(super) from: usize,
    /// How many bytes.
    pub(super) bytes: Option<usize>,
}

/// The whole body of a request: decoded, its credentials covered.
pub(super) fn covered(request: &Value, redaction: &mut Redaction, places: &[Source]) -> Vec<u8> {
    let body: Body = serde_json::from_value(request["body"].clone()).unwrap_or_default();
    let sent = body.bytes().unwrap_or_default();
    let decoded = coding::decode(header(request, "content-encoding").as_deref(), &sent);
    redaction.body(&decoded.bytes, body.content_type.as_deref(), places)
}

/// The body of a request: decoded, its credentials covered, cut.
pub(super) fn shown(
    request: &Value,
    part: &Part,
    redaction: &mut Redaction,
    places: &[Source],
) -> Result<Value, Failure> {
    let body: Body = serde_json::from_value(request["body"].clone()).unwrap_or_default();
    let sent = body.bytes().unwrap_or_default();
    let field = header(request, "content-encoding");
    let decoded = coding::decode(field.as_deref(), &sent);
    let covered = redaction.body(&decoded.bytes, body.content_type.as_deref(), places);
    let mut shown = request["body"].clone();
    if let Some(members) = shown.as_object_mut() {
        members.remove("text");
        members.remove("base64");
    }
    if !decoded.codings.is_empty() {
        let names: Vec<&str> = decoded.codings.iter().map(|coding| coding.name()).collect();
        shown["decoded_from"] = names.join(", ").into();
        shown["decoded_size"] = covered.len().into();
    }
    if let Some(sentence) = decoded.sentence() {
        shown["decoding"] = sentence.into();
    }
    let whole = match &part.pointer {
        None => &covered[..],
        Some(text) => {
            let pointer = Pointer::parse(text)
                .ok_or_else(|| Failure(format!("pointer: '{text}' is no JSON pointer; write /data/id")))?;
            value_at(&covered, &pointer)
                .ok_or_else(|| Failure(format!("pointer: the body has no value at '{text}'")))?
                .as_bytes()
        }
    };
    let from = part.from.min(whole.len());
    let length = part.bytes.unwrap_or(MAX_BODY).min(MAX_BODY);
    let piece = &whole[from..whole.len().min(from + length)];
    match text(piece, from > 0) {
        Some(text) => {
            if piece.len() < whole.len() {
                shown["shown_bytes"] = json!({"from": from, "to": from + piece.len(), "of": whole.len()});
            }
            shown["content"] = text.into();
        }
        None => {
            let piece = &piece[..piece.len().min(MAX_BINARY)];
            shown["shown_bytes"] = json!({"from": from, "to": from + piece.len(), "of": whole.len()});
            shown["content_hex"] = hex::encode(piece).into();
        }
    }
    Ok(shown)
}

/// Bytes as text, when they are some. A piece may begin and end within a character.
fn text(piece: &[u8], inner: bool) -> Option<String> {
    let broken = |start: usize| match std::str::from_utf8(&piece[start..]) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&piece[start..start + error.valid_up_to()]).ok()
        }
        Err(_) => None,
    };
    let mut starts = if inner { 0..piece.len().min(4) } else { 0..1 };
    starts
        .find_map(|start| broken(start.min(piece.len())))
        .map(str::to_owned)
        .or_else(|| if piece.is_empty() { Some(String::new()) } else { None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str, part: &Part) -> Value {
        let request = json!({"headers": [], "body": {"size": text.len(), "text": text}});
        shown(&request, part, &mut Redaction::new(false), &[]).unwrap()
    }

    #[test]
    fn a_long_body_is_cut_and_a_range_or_a_pointer_asks_for_more() {
        let long = format!(r#"{{"a": [1, {{"b": "wanted"}}], "é": "{}"}}"#, "é".repeat(MAX_BODY));
        let cut = body(&long, &Part::default());
        assert_eq!(cut["shown_bytes"], json!({"from": 0, "to": MAX_BODY, "of": long.len()}));
        let part = Part { from: 3, bytes: Some(5), ..Part::default() };
        assert_eq!(body(&long, &part)["content"], &long[3..8]);
        let part = Part { pointer: Some("/a/1".to_owned()), ..Part::default() };
        assert_eq!(body(&long, &part)["content"], r#"{"b": "wanted"}"#);
        let part = Part { from: long.len() - 5, ..Part::default() };
        assert_eq!(body(&long, &part)["content"], "é\"}", "from the middle of a character on");
        assert_eq!(body("", &Part::default())["content"], "");
    }

    #[test]
    fn a_compressed_body_is_read_and_bytes_are_shown_in_hex() {
        use std::io::Write as _;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(br#"{"token":"letmein"}"#).unwrap();
        let bytes = gzip.finish().unwrap();
        let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &bytes);
        let mut request = json!({
            "headers": [{"name": "Content-Encoding", "value": "gzip"}],
            "body": {"size": bytes.len(), "base64": base64},
        });
        let decoded = shown(&request, &Part::default(), &mut Redaction::new(false), &[]).unwrap();
        assert_eq!((&decoded["content"], &decoded["decoded_from"]), (&json!(r#"{"token":"*******"}"#), &json!("gzip")));
        request["headers"] = json!([]);
        let raw = shown(&request, &Part::default(), &mut Redaction::new(false), &[]).unwrap();
        assert!(raw["content_hex"].as_str().unwrap().starts_with("1f8b") && raw.get("base64").is_none());
    }
}
