//! A captured request, read by what its platform's document says. Costs a pass over the body: call it where waiting is allowed.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::http::{Headers, Target, coding};
use crate::json::{Outline, scan};
use crate::model::{Bin, CapturedRequest};
use crate::provider::contract::{self, Examined, Report};
use crate::provider::finding::{Finding, Severity};
use crate::provider::{self, EventInput};

/// What of a request its event is read from.
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

    /// The JSON that the body is about.
    pub(super) fn json(&self) -> Cow<'_, [u8]> {
        provider::json_of(&self.headers, &self.body)
    }

    /// The parts that a provider's facts are read from.
    pub(super) fn input<'r>(&'r self, json: &'r [u8]) -> EventInput<'r> {
        EventInput { headers: &self.headers, body: &self.body, json, query: self.target.query() }
    }

    /// The request by its platform's contract; else why it is not held against one.
    pub(super) fn contract(
        &self,
        request: &CapturedRequest,
        (json, outline): (&[u8], &Outline),
        has_secret: bool,
    ) -> Result<Report, &'static str> {
        let summary = &request.summary;
        if summary.rejected.is_some() {
            return Err("The request was rejected: its body was not kept.");
        }
        if !summary.complete {
            return Err("The body did not come whole.");
        }
        if summary.derived.event.handshake.is_some() {
            return Err("This is a handshake, not an event.");
        }
        let examined = Examined { method: &summary.method, headers: &self.headers, json, outline, has_secret };
        let report = summary.derived.event.provider.as_deref().and_then(|id| contract::check(id, &examined));
        report.ok_or("No document of the platform is known in full.")
    }
}

/// Whether the request is of a platform with a contract: of no other is the body read for one.
pub(super) fn has_contract(request: &CapturedRequest) -> bool {
    request.summary.derived.event.provider.as_deref().is_some_and(contract::is_known)
}

/// A request by its platform's contract; else why it is not held against one.
pub(super) fn contract_of(request: &CapturedRequest, bin: &Bin) -> Result<Report, &'static str> {
    let reading = Reading::new(request);
    let json = if has_contract(request) { reading.json() } else { Cow::default() };
    reading.contract(request, (&json, &scan(&json)), !bin.secrets.is_empty())
}

/// The colour of a severity, and what it is called.
pub(super) const fn severity_words(severity: Severity) -> (&'static str, &'static str) {
    match severity {
        Severity::Breaks => ("bad", "breaks the contract"),
        Severity::Unknown => ("warn", "not in the document"),
        Severity::Differs => ("warn", "differs from the sample"),
        Severity::Note => ("info", "note"),
    }
}

/// A finding at its value.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub(super) class: &'static str,
    pub(super) label: &'static str,
    pub(super) sentence: String,
}

/// The findings of a body by the pointers of the values at which they are shown.
#[derive(Debug, Default)]
pub(super) struct Marks(HashMap<String, Vec<Mark>>);

impl Marks {
    /// The findings of a request whose body is the JSON itself.
    pub(super) fn of(request: &CapturedRequest, bin: &Bin) -> Self {
        if !has_contract(request) {
            return Self::default();
        }
        let reading = Reading::new(request);
        let json = reading.json();
        // The pointers of a form's field would not be the body's.
        if !matches!(json, Cow::Borrowed(whole) if whole.len() == reading.body.len()) {
            return Self::default();
        }
        let report = reading.contract(request, (&json, &scan(&json)), !bin.secrets.is_empty());
        report.map(|report| Self::from(&report.findings[..])).unwrap_or_default()
    }

    /// What is found at that pointer, taken out: it is shown once.
    pub(super) fn take(&mut self, pointer: Option<&str>) -> Vec<Mark> {
        pointer.and_then(|pointer| self.0.remove(pointer)).unwrap_or_default()
    }
}

impl From<&[Finding]> for Marks {
    fn from(findings: &[Finding]) -> Self {
        let mut marks: HashMap<String, Vec<Mark>> = HashMap::new();
        for finding in findings {
            let Some(pointer) = finding.shown_at() else { continue };
            let (class, label) = severity_words(finding.severity);
            let mark = Mark { class, label, sentence: finding.sentence.clone() };
            marks.entry(pointer.to_owned()).or_default().push(mark);
        }
        Self(marks)
    }
}
