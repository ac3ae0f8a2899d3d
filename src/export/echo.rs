//! Hides what an export redacts of a request also in its targets' answers: an endpoint may echo its input.

use super::redact::{self, REDACTED};
use crate::http::cover::{Cover, credential};
use crate::model::{Attempt, CapturedRequest};

/// Shorter values are hidden only in their own place: elsewhere, they would match unrelated text.
const LEAST: usize = 6;

/// Covers the values that are redacted in the request and in what was sent of it.
pub(super) fn cover(request: &CapturedRequest, attempts: &[Attempt]) -> Cover {
    let mut values = Vec::new();
    head(request.head.raw(), &mut values);
    fields(&request.trailers, &mut values);
    for attempt in attempts {
        head(&attempt.delivered.sent_head, &mut values);
        target(attempt.delivered.target.as_bytes(), &mut values);
    }
    // The placeholder itself is not hidden.
    values.retain(|value| value != REDACTED.as_bytes());
    Cover::new(values, REDACTED)
}

fn head(raw: &[u8], values: &mut Vec<Vec<u8>>) {
    for hidden in redact::hidden_values(raw, true) {
        take(hidden, values);
    }
}

/// The lines of a trailer section.
fn fields(raw: &[u8], values: &mut Vec<Vec<u8>>) {
    for hidden in redact::hidden_values(raw, false) {
        take(hidden, values);
    }
}

fn target(raw: &[u8], values: &mut Vec<Vec<u8>>) {
    for hidden in redact::hidden_in_target(raw) {
        take((hidden, false), values);
    }
}

fn take((value, is_field): (&[u8], bool), values: &mut Vec<Vec<u8>>) {
    // A folded value may be echoed on one line or on several.
    let mut forms: Vec<Vec<u8>> = value.split(|byte| *byte == b'\n').map(|line| line.trim_ascii().to_vec()).collect();
    if !is_field {
        forms.push(percent_encoding::percent_decode(value.trim_ascii()).collect());
    }
    values.extend(forms.iter().flat_map(|form| credential(form, LEAST)));
}
