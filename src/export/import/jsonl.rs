//! One line of the lossless format.

use super::record::record;
use super::{Fields, ImportError, Imported};
use crate::http::text::without_mark;
use crate::model::BinId;

/// Reads a line of an export for a bin; `None` for an empty line. `number` is the line's, from 1, for errors.
/// Limits on sizes are the caller's: the line is in memory already.
///
/// # Errors
/// The field at fault and what is expected.
pub fn line(number: usize, text: &[u8], bin: BinId) -> Result<Option<Imported>, ImportError> {
    let text = text.trim_ascii();
    // Some editors put a byte order mark before the first line.
    let text = without_mark(text);
    if text.is_empty() {
        return Ok(None);
    }
    let object =
        serde_json::from_slice(text).map_err(|error| ImportError::not_json(number, "a JSON object", &error))?;
    record(Fields::new(number, "", object), bin, None).map(Some)
}

#[cfg(test)]
mod tests {
    use super::super::super::many;
    use super::super::super::tests::{options, request};
    use super::*;
    use crate::model::{CapturedRequest, HeadSource, Marks, Rejection, SentResponse, Timestamp};

    fn bin() -> BinId {
        "zzzzzzzzzzzzzzzz".parse().unwrap()
    }

    fn round(request: &CapturedRequest, redact: bool) -> Imported {
        let written = many("jsonl".parse().unwrap(), options(redact)).row(request);
        assert_eq!(memchr::memchr(b'\n', &written), Some(written.len() - 1));
        line(1, &written, bin()).unwrap().unwrap()
    }

    fn error(text: &str) -> (Option<String>, String) {
        let error = line(7, text.as_bytes(), bin()).unwrap_err();
        assert_eq!(error.line(), 7);
        match error {
            ImportError::NotJson { wanted, words, .. } => (None, format!("is not {wanted}: {words}")),
            ImportError::Type { field, words: message, .. } | ImportError::Field { field, message, .. } => {
                (Some(field), message)
            }
        }
    }

    #[test]
    fn errors_name_line_and_field() {
        assert_eq!(error("{}"), (Some("creel".into()), "is missing".into()));
        assert_eq!(error(r#"{"creel":2}"#).1, "is format 2; this version reads up to 1");
        assert_eq!(error(r#"{"creel":1}"#).0.as_deref(), Some("head"));
        assert_eq!(error(r#"{"creel":1,"head":"x","head_base64":"eA=="}"#).0.as_deref(), Some("head_base64"));
        assert_eq!(error(r#"{"creel":1,"head":"x","body_base64":"?"}"#).0.as_deref(), Some("body_base64"));
        assert_eq!(error(r#"{"creel":1,"head":"x"}"#).0.as_deref(), Some("received_at"));
        assert_eq!(error(r#"{"creel":1,"head":"x","received_at":"noon"}"#).0.as_deref(), Some("received_at"));
        assert_eq!(error(r#"{"creel":1,"head":"x","received_at_us":-1}"#).0.as_deref(), Some("received_at_us"));
        assert_eq!(
            error(r#"{"creel":1,"head":"x","received_at_us":1,"client":{"ip":"?"}}"#).0.as_deref(),
            Some("client")
        );
        assert!(error("[").1.starts_with("is not a JSON object"));
        assert_eq!(line(7, b"{}", bin()).unwrap_err().to_string(), "line 7, field creel: is missing");
        assert!(line(1, b" \r\n", bin()).unwrap().is_none());
        let deep = "[".repeat(100_000);
        assert!(error(&format!("{{\"a\":{deep}")).1.starts_with("is not a JSON object"));
        let known = error(&format!(
            "{{\"creel\":1,\"head\":\"\",\"marks\":{deep}{},\"received_at_us\":1}}",
            "]".repeat(100_000)
        ));
        assert_eq!(known.0.as_deref(), Some("marks"));
    }

    #[test]
    fn a_redacted_line_says_so() {
        let imported = round(&request(b"POST /b HTTP/1.1\r\nCookie: a\r\n\r\n", b""), true);
        assert!(imported.redacted);
        assert_eq!(imported.request.head.raw(), "POST /b HTTP/1.1\r\nCookie: REDACTED\r\n\r\n");
    }

    proptest::proptest! {
        #[test]
        fn everything_comes_back(
            head: Vec<u8>,
            body: Vec<u8>,
            trailers: Vec<u8>,
            micros in 0_i64..4_000_000_000_000_000,
            flags: [bool; 4],
            note: Option<String>,
            tags: std::collections::BTreeSet<String>,
            declared: Option<u64>,
        ) {
            let mut request = request(&head, &body);
            request.trailers = trailers.into();
            let summary = &mut request.summary;
            summary.received_at = Timestamp::from_micros(micros);
            summary.declared_size = declared;
            summary.complete = flags[0];
            summary.rejected = flags[1].then_some(Rejection::SeveralLengths);
            summary.head_source = if flags[2] { HeadSource::Parsed } else { HeadSource::Wire };
            summary.response = SentResponse { status: Some(503), duration_us: declared };
            summary.marks = Marks { read: flags[3], pinned: flags[0], note, tags: tags.into_iter().collect() };
            summary.derived.event.name = Some("session.ended".to_owned());
            let imported = round(&request, false);
            let new = imported.request;
            proptest::prop_assert_eq!(new.head.raw(), request.head.raw());
            proptest::prop_assert_eq!(&new.body, &request.body);
            proptest::prop_assert_eq!(&new.trailers, &request.trailers);
            proptest::prop_assert_eq!(
                (new.bin, new.received_at, new.body_took, new.declared_size, new.complete, new.client, new.rejected),
                (bin(), request.summary.received_at, request.summary.body_took, declared, flags[0], request.summary.client, request.summary.rejected)
            );
            proptest::prop_assert_eq!((new.head_source, new.derived), (request.summary.head_source, request.summary.derived.clone()));
            proptest::prop_assert_eq!((imported.response, imported.marks, imported.redacted), (request.summary.response, request.summary.marks, false));
        }

        #[test]
        fn any_line_is_read_or_refused(text: Vec<u8>) {
            let _ = line(1, &text, bin());
        }
    }
}
