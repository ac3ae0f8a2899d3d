//! What else is irregular about a signature that was found: its place, its form, its algorithm or its encoding.

use super::Finding;
use super::search::{Hit, Search};
use super::token::Fault;
use crate::signature::algorithm::Algorithm;
use crate::signature::encoding::Encoding;

impl Search<'_> {
    /// What else differs from the scheme, apart from the variation: code, sentence, fix.
    pub(super) fn irregularities(&self, hit: Hit) -> Vec<(&'static str, String, String)> {
        let mut all = Vec::new();
        let place = self.scheme.signature_place();
        let form = self.scheme.shown_form().unwrap_or_else(|| "…".to_owned());
        match self.tokens.get(hit.token).and_then(|token| token.fault.as_ref()) {
            Some(Fault::Form(before)) if before.is_empty() => all.push((
                "signature_prefix",
                format!("the signature is bare in the {place}, not as `{form}`"),
                format!("Write the signature as `{form}`."),
            )),
            Some(Fault::Form(before)) => all.push((
                "signature_prefix",
                format!("the signature comes after `{before}` in the {place}, not as `{form}`"),
                format!("Write the signature as `{form}`."),
            )),
            Some(Fault::Around(before, after)) => {
                let what = if self.scheme.algorithm == Algorithm::Equal { "token" } else { "signature" };
                let (around, comes) = match (before.as_str(), after.as_str()) {
                    (before, "") => (format!("`{before}`"), "comes before"),
                    ("", after) => (format!("`{after}`"), "comes after"),
                    (before, after) if before == after => (format!("`{before}`"), "is around"),
                    (before, after) => (format!("`{before}` and `{after}`"), "are around"),
                };
                all.push((
                    "signature_prefix",
                    format!("{around} {comes} the {what} in the {place}"),
                    format!("Write the {what} without {around}."),
                ));
            }
            Some(Fault::Dressed(how)) => {
                let form = self.scheme.shown_form().map(|form| format!(" as `{form}`")).unwrap_or_default();
                all.push((
                    "signature_form",
                    format!("the signature is sent {how} in the {place}"),
                    format!("Send the signature itself{form}."),
                ));
            }
            Some(Fault::Elsewhere(other, _)) => {
                let what = if self.scheme.algorithm == Algorithm::Equal { "token" } else { "signature" };
                let (code, name) = match other.strip_prefix("header ") {
                    Some(name) => ("signature_header", name),
                    None => ("signature_place", &other[..]),
                };
                all.push((
                    code,
                    format!("the {what} is in the {other}, not in the {place}"),
                    format!("Send it in the {place}, or choose a scheme that reads {name}."),
                ));
            }
            None => {}
        }
        if hit.algorithm != self.scheme.algorithm {
            all.push((
                "signature_algorithm",
                format!("it was made with {}, not with {}", hit.algorithm.name(), self.scheme.algorithm.name()),
                format!("Use {} on the sender's side.", self.scheme.algorithm.name()),
            ));
        }
        if !hit.reading.is_of(self.scheme.encoding) {
            let is_token = self.scheme.encoding == Encoding::Utf8;
            let way = hit.reading.words();
            all.push(if is_token {
                ("signature_encoding", format!("it was sent in {way}"), "Send it as it is.".to_owned())
            } else {
                (
                    "signature_encoding",
                    format!("it is written in {way}, not in {}", self.scheme.encoding.name()),
                    format!("Write the signature in {}.", self.scheme.encoding.name()),
                )
            });
        }
        all
    }

    /// A finding that verifies, with whatever else is irregular about the hit.
    pub(super) fn found(&self, hit: Hit, code: &'static str, sentence: &str, fix: &str) -> Finding {
        let mut finding =
            Finding { code, sentence: sentence.to_owned(), fix: fix.to_owned(), verifies: true, custom_scheme: None };
        for (_, more, fix) in self.irregularities(hit) {
            finding.sentence.push_str(" Besides, ");
            finding.sentence.push_str(&more);
            finding.sentence.push('.');
            finding.fix.push(' ');
            finding.fix.push_str(&fix);
        }
        finding
    }
}
