//! What a document says about the head of a request.

use super::Examined;
use crate::http::essence;
use crate::http::text::lossy;
use crate::provider::clipped;
use crate::provider::finding::{Finding, MISSING, Place, Says, Severity};
use crate::provider::findings::Findings;
use crate::provider::platform::events::HeadRule;

const CONTENT_TYPE: &str = "Content-Type";

impl HeadRule {
    pub(super) fn check(&self, request: &Examined<'_>, body_event: Option<&str>, findings: &mut Findings) {
        match *self {
            Self::Post(says) => {
                if request.method != "POST" {
                    let sentence = format!("The method is {}, not POST.", clipped(request.method.to_owned()));
                    let place = Place::Line;
                    let finding = Finding { place, severity: Severity::Breaks, code: "method", sentence, says };
                    findings.add("method", finding);
                }
            }
            Self::Json(says) => json(request, says, findings),
            Self::Event(header, says, priority) => event(request, body_event, (header, says, priority), findings),
            Self::HexSha256(header, says) => signature(request, header, says, findings),
        }
    }
}

fn json(request: &Examined<'_>, says: Says, findings: &mut Findings) {
    let Some(declared) = request.headers.get(CONTENT_TYPE).map(|value| lossy(value)) else {
        return add(findings, CONTENT_TYPE, MISSING, says, "The header Content-Type is missing.".to_owned());
    };
    if !essence(&declared).eq_ignore_ascii_case("application/json") {
        let sentence = format!("Content-Type is “{}”.", clipped(declared.into_owned()));
        add(findings, CONTENT_TYPE, "content_type", says, sentence);
    }
}

fn event(
    request: &Examined<'_>,
    body_event: Option<&str>,
    (header, says, priority): (&'static str, Says, Says),
    findings: &mut Findings,
) {
    let mut values = request.headers.all(header);
    let Some(first) = values.next() else {
        return add(findings, header, MISSING, says, format!("The header {header} is missing."));
    };
    if values.any(|other| other != first) {
        let sentence = format!("The header {header} is there more than once, with different values.");
        add(findings, header, "repeated_header", priority, sentence);
    }
    let value = lossy(first);
    if let Some(body_event) = body_event
        && value != body_event
    {
        let (value, body) = (clipped(value.into_owned()), clipped(body_event.to_owned()));
        add(findings, header, "other_event", says, format!("{header} says “{value}”, the body says “{body}”."));
    }
}

fn signature(request: &Examined<'_>, header: &'static str, says: Says, findings: &mut Findings) {
    match request.headers.get(header) {
        // Only if the bin has a secret is it known that the platform has one.
        None if !request.has_secret => {}
        None => {
            let sentence = format!("The header {header} is missing, and the bin has a secret.");
            add(findings, header, MISSING, says, sentence);
        }
        Some(value) => {
            let digest = value.strip_prefix(b"sha256=");
            let is_hex = |digest: &[u8]| digest.len() == 64 && digest.iter().all(u8::is_ascii_hexdigit);
            if !digest.is_some_and(is_hex) {
                let sentence = format!("{header} is not `sha256=` and 64 hexadecimal digits.");
                add(findings, header, "signature_form", says, sentence);
            }
        }
    }
}

fn add(findings: &mut Findings, header: &'static str, code: &'static str, says: Says, sentence: String) {
    let place = Place::Header(header.into());
    findings.add(header, Finding { place, severity: Severity::Breaks, code, sentence, says });
}
