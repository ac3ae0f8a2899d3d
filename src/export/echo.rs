//! What an export hides of a request, hidden as well in what its targets answered: an endpoint may say again what it got.

use super::redact::{self, REDACTED};
use crate::http::cover::{Cover, credential};
use crate::http::split_head;
use crate::model::{Attempt, CapturedRequest};

/// A shorter value is hidden only where it stands: hidden everywhere, it would hit others.
const LEAST: usize = 6;

/// Covers the values that are redacted in the request and in what was sent of it.
pub(super) fn cover(request: &CapturedRequest, attempts: &[Attempt]) -> Cover {
    let mut values = Vec::new();
    head(request.head.raw(), &mut values);
    fields(&request.trailers, &mut values);
    for attempt in attempts {
        head(&attempt.delivered.sent_head, &mut values);
        query(attempt.delivered.target.as_bytes(), &mut values);
    }
    // What stands for a hidden value is none.
    values.retain(|value| value != REDACTED.as_bytes());
    Cover::new(values, REDACTED)
}

fn head(raw: &[u8], values: &mut Vec<Vec<u8>>) {
    let (line, _) = split_head(raw);
    query(raw[line.clone()].split(|byte| *byte == b' ').nth(1).unwrap_or_default(), values);
    fields(&raw[line.end..], values);
}

/// The lines of a head, or of a trailer section.
fn fields(raw: &[u8], values: &mut Vec<Vec<u8>>) {
    // A line that is no field stands for the request line.
    let whole = [b"-\r\n", raw].concat();
    let (_, fields) = split_head(&whole);
    for field in fields {
        let name = whole[field.name.clone()].trim_ascii();
        let value = whole.get(field.name.end + 1..field.line.end).unwrap_or_default();
        if redact::is_sensitive(name) {
            // A folded value is said again in one line or in several.
            values.extend(value.split(|byte| *byte == b'\n').flat_map(|line| credential(line.trim_ascii(), LEAST)));
        } else if redact::is_url(name) {
            query(value, values);
        }
    }
}

fn query(target: &[u8], values: &mut Vec<Vec<u8>>) {
    let Some(start) = memchr::memchr(b'?', target) else { return };
    for pair in target[start + 1..].split(|byte| matches!(byte, b'&' | b';')) {
        let Some(equals) = memchr::memchr(b'=', pair) else { continue };
        let decoded = |raw: &[u8]| percent_encoding::percent_decode(raw).collect::<Vec<u8>>();
        if redact::is_sensitive_parameter(&decoded(&pair[..equals])) {
            let value = pair[equals + 1..].trim_ascii();
            values.extend([value.to_vec(), decoded(value)].into_iter().flat_map(|value| credential(&value, LEAST)));
        }
    }
}
