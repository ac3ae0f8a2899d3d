//! All that Creel knows of a request, as a JSON object, so that an archive can be read back unchanged.

use serde::Serialize;
use serde::ser::SerializeMap as _;

use super::shell::base64;
use super::{ExportOptions, redact};
use crate::http::cover::Cover;
use crate::http::text::lossy;
use crate::model::{Attempt, CapturedRequest};

/// The format's version. A reader refuses a newer one.
pub(super) const VERSION: u64 = 1;

/// The object. Credentials are replaced on demand.
pub(super) struct Record<'a> {
    pub(super) request: &'a CapturedRequest,
    pub(super) options: &'a ExportOptions,
    /// Whether the body is in it; an HTTP archive has it elsewhere.
    pub(super) with_body: bool,
}

impl Serialize for Record<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let summary = &self.request.summary;
        let redact = self.options.redact;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("creel", &VERSION)?;
        map.serialize_entry("id", &summary.id)?;
        map.serialize_entry("seq", &summary.seq)?;
        map.serialize_entry("bin", &summary.bin)?;
        map.serialize_entry("received_at", &summary.received_at)?;
        // The time for people above has milliseconds only.
        map.serialize_entry("received_at_us", &summary.received_at.as_micros())?;
        map.serialize_entry("body_took_us", &u64::try_from(summary.body_took.as_micros()).unwrap_or(u64::MAX))?;
        let mut bytes = |name: &str, encoded: &str, bytes: &[u8]| match text(bytes) {
            Some(text) => map.serialize_entry(name, text),
            None => map.serialize_entry(encoded, &base64(bytes)),
        };
        bytes("head", "head_base64", &redact::head(self.request.head.raw(), redact))?;
        if self.with_body {
            bytes("body", "body_base64", &self.request.body)?;
        }
        bytes("trailers", "trailers_base64", &redact::fields(&self.request.trailers, redact))?;
        map.serialize_entry("redacted", &redact)?;
        map.serialize_entry("head_source", &summary.head_source)?;
        map.serialize_entry("declared_size", &summary.declared_size)?;
        map.serialize_entry("complete", &summary.complete)?;
        map.serialize_entry("client", &summary.client)?;
        map.serialize_entry("rejected", &summary.rejected.map(crate::model::Rejection::name))?;
        map.serialize_entry("rejected_because", &summary.rejected)?;
        map.serialize_entry("signature", &summary.derived.verdict)?;
        map.serialize_entry("freshness", &summary.derived.freshness)?;
        map.serialize_entry("event", &summary.derived.event)?;
        map.serialize_entry("response", &summary.response)?;
        map.serialize_entry("marks", &summary.marks)?;
        map.serialize_entry("origin", &summary.origin)?;
        map.serialize_entry("last_attempt", &summary.last_attempt)?;
        map.end()
    }
}

pub(super) fn attempt(attempt: &Attempt, cover: &Cover, options: &ExportOptions) -> Vec<u8> {
    serde_json::to_vec(&Attempted { attempt, redact: options.redact, cover }).unwrap_or_default()
}

/// An attempt. Credentials are replaced in what was sent and in what came back.
struct Attempted<'a> {
    attempt: &'a Attempt,
    redact: bool,
    /// Hides redacted values where a target echoes them.
    cover: &'a Cover,
}

impl Serialize for Attempted<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let delivered = &self.attempt.delivered;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.attempt.id)?;
        map.serialize_entry("why", &self.attempt.why)?;
        map.serialize_entry("target", &lossy(&redact::target(delivered.target.as_bytes(), self.redact)))?;
        map.serialize_entry("started_at", &delivered.started_at)?;
        map.serialize_entry("outcome", &delivered.outcome)?;
        map.serialize_entry("sentence", &self.cover.text(&delivered.sentence))?;
        map.serialize_entry("sent_head", &lossy(&redact::head(&delivered.sent_head, self.redact)))?;
        map.serialize_entry("sent_body_size", &delivered.sent_body_size)?;
        if let Some(response) = &delivered.response {
            map.serialize_entry("status", &response.status)?;
            let head = self.cover.bytes(&response.head);
            map.serialize_entry("response_head", &lossy(&redact::head(&head, self.redact)))?;
            let body = self.cover.body(&response.head, &response.body, response.body_cut);
            match text(&body) {
                Some(text) => map.serialize_entry("response_body", text)?,
                None => map.serialize_entry("response_body_base64", &base64(&body))?,
            }
            map.serialize_entry("response_body_size", &response.body_size)?;
            map.serialize_entry("response_body_cut", &response.body_cut)?;
        }
        map.serialize_entry("times_us", &delivered.times)?;
        map.end()
    }
}

/// Bytes as text, unless base64 is shorter: JSON writes a control character as six.
pub(super) fn text(bytes: &[u8]) -> Option<&str> {
    let long = bytes.iter().filter(|&&byte| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')).count();
    std::str::from_utf8(bytes).ok().filter(|text| long <= text.len() / 15)
}
