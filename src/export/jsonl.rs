//! JSON lines with all that Creel knows of a request. `import` reads them back.

use serde::Serialize;
use serde::ser::SerializeMap as _;

use super::shell::base64;
use super::{ExportOptions, Many, redact};
use crate::model::CapturedRequest;

pub(super) const MANY: Many = Many {
    id: "jsonl",
    label: "JSON lines",
    media_type: "application/x-ndjson",
    extension: "jsonl",
    start: "",
    between: "",
    end: "",
    row,
};

/// The format's version. A reader refuses a newer one.
pub(super) const VERSION: u64 = 1;

fn row(request: &CapturedRequest, options: &ExportOptions) -> Vec<u8> {
    let line = Line { request, redact: options.redact };
    // Writing to memory, with keys that are strings: nothing can fail.
    let mut out = serde_json::to_vec(&line).unwrap_or_default();
    out.push(b'\n');
    out
}

struct Line<'a> {
    request: &'a CapturedRequest,
    redact: bool,
}

impl Serialize for Line<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let summary = &self.request.summary;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("creel", &VERSION)?;
        map.serialize_entry("id", &summary.id)?;
        map.serialize_entry("seq", &summary.seq)?;
        map.serialize_entry("bin", &summary.bin)?;
        map.serialize_entry("received_at", &summary.received_at)?;
        // The time for people above has milliseconds only.
        map.serialize_entry("received_at_us", &summary.received_at.as_micros())?;
        map.serialize_entry("body_took_us", &u64::try_from(summary.body_took.as_micros()).unwrap_or(u64::MAX))?;
        let mut bytes = |name: &str, encoded: &str, bytes: &[u8]| match std::str::from_utf8(bytes) {
            Ok(text) => map.serialize_entry(name, text),
            Err(_) => map.serialize_entry(encoded, &base64(bytes)),
        };
        bytes("head", "head_base64", &redact::head(self.request.head.raw(), self.redact))?;
        bytes("body", "body_base64", &self.request.body)?;
        bytes("trailers", "trailers_base64", &redact::fields(&self.request.trailers, self.redact))?;
        map.serialize_entry("redacted", &self.redact)?;
        map.serialize_entry("head_source", &summary.head_source)?;
        map.serialize_entry("declared_size", &summary.declared_size)?;
        map.serialize_entry("complete", &summary.complete)?;
        map.serialize_entry("client", &summary.client)?;
        map.serialize_entry("rejected", &summary.rejected)?;
        map.serialize_entry("signature", &summary.derived.verdict)?;
        map.serialize_entry("freshness", &summary.derived.freshness)?;
        map.serialize_entry("event", &summary.derived.event)?;
        map.serialize_entry("response", &summary.response)?;
        map.serialize_entry("marks", &summary.marks)?;
        map.end()
    }
}
