//! Reads a captured request by its platform's document. Costs a pass over the body: call it where blocking is allowed.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::http::{Headers, Target, coding};
use crate::json::{Outline, scan};
use crate::model::{Bin, CapturedRequest};
use crate::provider::contract::{self, Examined, Report};
use crate::provider::finding::{Finding, Severity};
use crate::provider::own_schema::{self, SchemaReport};
use crate::provider::{self, EventInput, expected};

/// The parts of a request from which its event is read.
pub(super) struct Reading<'a> {
    pub(super) headers: Headers,
    /// The body with its content encoding undone.
    pub(super) body: Cow<'a, [u8]>,
    target: Target,
}

impl<'a> Reading<'a> {
    pub(super) fn new(request: &'a CapturedRequest) -> Self {
        let headers = request.head.headers();
        let body = coding::plain(headers.get_str("content-encoding"), &request.body);
        Self { headers, body, target: request.head.target() }
    }

    /// The body's JSON.
    pub(super) fn json(&self) -> Cow<'_, [u8]> {
        provider::json_of(&self.headers, &self.body)
    }

    /// The parts that a provider's facts are read from.
    pub(super) fn input<'r>(&'r self, json: &'r [u8]) -> EventInput<'r> {
        EventInput { headers: &self.headers, body: &self.body, json, query: self.target.query() }
    }

    /// Header fields that the bin expects and that are missing or different. A handshake needs none.
    pub(super) fn headers(&self, request: &CapturedRequest, bin: &Bin) -> Vec<Finding> {
        let (event, expect) = (&request.summary.derived.event, bin.settings.expect.as_ref());
        let expected = expect.filter(|_| event.handshake.is_none()).map_or(&[][..], |expect| &expect.headers);
        expected::check(expected, &self.headers, event.provider.as_deref())
    }

    /// The check against the platform's contract; else why it was not checked.
    pub(super) fn contract(
        &self,
        request: &CapturedRequest,
        (json, outline): (&[u8], &Outline),
        has_secret: bool,
    ) -> Result<Report, &'static str> {
        let summary = &request.summary;
        if let Some(why) = not_read(request) {
            return Err(why);
        }
        let examined = Examined { method: &summary.method, headers: &self.headers, json, outline, has_secret };
        let report = summary.derived.event.provider.as_deref().and_then(|id| contract::check(id, &examined));
        report.ok_or("No document of the platform is known in full.")
    }
}

/// Why a request is not read as an event.
fn not_read(request: &CapturedRequest) -> Option<&'static str> {
    let summary = &request.summary;
    if summary.rejected.is_some() {
        Some("The request was rejected: its body was not kept.")
    } else if !summary.complete {
        Some("The body did not arrive completely.")
    } else if summary.derived.event.handshake.is_some() {
        Some("This is a handshake, not an event.")
    } else {
        None
    }
}

/// The check of a body against the owner's schema for its event; `None` if none is set.
pub(super) fn by_schema(
    request: &CapturedRequest,
    json: &[u8],
    bin: &Bin,
) -> Option<Result<SchemaReport, &'static str>> {
    let event = request.summary.derived.event.name.as_deref()?;
    let schema = bin.settings.expect.as_ref()?.schema(event)?;
    Some(match not_read(request) {
        Some(why) => Err(why),
        None => own_schema::examine(&schema.schema, json),
    })
}

/// Whether the bin's owner has set a schema for the request's event.
pub(super) fn has_schema(request: &CapturedRequest, bin: &Bin) -> bool {
    let (event, expect) = (request.summary.derived.event.name.as_deref(), bin.settings.expect.as_ref());
    event.zip(expect).is_some_and(|(event, expect)| expect.schema(event).is_some())
}

/// Whether the request's platform has a contract: only then is the body read for it.
pub(super) fn has_contract(request: &CapturedRequest) -> bool {
    request.summary.derived.event.provider.as_deref().is_some_and(contract::is_known)
}

/// A request's checks against the platform's contract and the owner's schema.
pub(super) struct EventReport {
    /// By the contract; else why it was not checked.
    pub(super) contract: Result<Report, &'static str>,
    /// By the schema, if one is set; else why it was not checked.
    pub(super) schema: Option<Result<SchemaReport, &'static str>>,
    /// What of the header fields that the bin expects is missing or different.
    pub(super) headers: Vec<Finding>,
}

/// Checks a request against all that is known of its event.
pub(super) fn report(request: &CapturedRequest, bin: &Bin) -> EventReport {
    let reading = Reading::new(request);
    let is_read = has_contract(request) || has_schema(request, bin);
    let json = if is_read { reading.json() } else { Cow::default() };
    EventReport {
        contract: reading.contract(request, (&json, &scan(&json)), !bin.secrets.is_empty()),
        schema: by_schema(request, &json, bin),
        headers: reading.headers(request, bin),
    }
}

/// The colour of a severity, and what it is called.
pub(super) const fn severity_words(severity: Severity) -> (&'static str, &'static str) {
    match severity {
        Severity::Breaks => ("bad", "breaks the contract"),
        Severity::Unknown => ("warn", "not in the document"),
        Severity::Drift => ("warn", "differs from the sample"),
        Severity::Note => ("info", "note"),
    }
}

/// The colour and name of drift: from the last request with the event, if the platform's document is known in full;
/// else from the earlier ones.
pub(super) fn drift_words(request: &CapturedRequest) -> (&'static str, &'static str) {
    if has_contract(request) { ("info", "differs from the last") } else { ("warn", "differs from before") }
}

/// What a finding of the owner's own schema is called.
pub(super) const BREAKS_SCHEMA: &str = "breaks your schema";

/// A finding at its value.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub(super) class: &'static str,
    pub(super) label: &'static str,
    pub(super) sentence: String,
}

/// The pointer without the part that means any item of an array: no single value has such a place.
fn without_any(pointer: &str) -> &str {
    let any = pointer.match_indices("/*").find(|(at, _)| matches!(pointer.as_bytes().get(at + 2), None | Some(b'/')));
    any.map_or(pointer, |(at, _)| &pointer[..at])
}

/// The findings of a body, by the pointer of the value where each is shown.
#[derive(Debug, Default)]
pub(super) struct Marks(HashMap<String, Vec<Mark>>);

impl Marks {
    /// The findings of a request whose body is the JSON itself.
    pub(super) fn of(request: &CapturedRequest, bin: &Bin, drift: &[Finding]) -> Self {
        if !has_contract(request) && !has_schema(request, bin) && drift.is_empty() {
            return Self::default();
        }
        let reading = Reading::new(request);
        let json = reading.json();
        // Pointers into a form's field do not apply to the body.
        if !matches!(json, Cow::Borrowed(whole) if whole.len() == reading.body.len()) {
            return Self::default();
        }
        let mut marks = Self::default();
        if has_contract(request)
            && let Ok(report) = reading.contract(request, (&json, &scan(&json)), !bin.secrets.is_empty())
        {
            marks.add(&report.findings, severity_words);
        }
        let (class, label) = drift_words(request);
        marks.add(drift, |_| (class, label));
        if let Some(Ok(report)) = by_schema(request, &json, bin) {
            marks.add(&report.findings, |severity| (severity_words(severity).0, BREAKS_SCHEMA));
        }
        marks
    }

    /// Adds findings, in a colour and under a name.
    fn add(&mut self, findings: &[Finding], words: impl Fn(Severity) -> (&'static str, &'static str)) {
        for finding in findings {
            let Some(pointer) = finding.shown_at() else { continue };
            let (class, label) = words(finding.severity);
            let mark = Mark { class, label, sentence: finding.sentence.clone() };
            self.0.entry(without_any(pointer).to_owned()).or_default().push(mark);
        }
    }

    /// Removes and returns the findings at that pointer: each is shown once.
    pub(super) fn take(&mut self, pointer: Option<&str>) -> Vec<Mark> {
        pointer.and_then(|pointer| self.0.remove(pointer)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_in_any_item_is_shown_at_the_array() {
        for (pointer, shown) in [
            ("/items/*/name", "/items"),
            ("/items/*", "/items"),
            ("/*", ""),
            ("/a/*b/c", "/a/*b/c"),
            ("/a/0/c", "/a/0/c"),
            ("", ""),
        ] {
            assert_eq!(without_any(pointer), shown, "{pointer}");
        }
    }
}
