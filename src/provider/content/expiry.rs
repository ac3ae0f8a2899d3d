//! When a signed URL expires, by its own parameters.

use std::collections::HashMap;

use crate::http::form;
use crate::model::Timestamp;

/// When a URL expires, and which of its parameters says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expiry {
    pub at: Timestamp,
    pub by: &'static str,
}

/// Parameters that are read.
const MAX_PARAMETERS: usize = 64;
/// The range of plausible times in seconds since 1970; a smaller number is a duration with an unknown start.
const MOMENTS: std::ops::Range<i64> = 1_000_000_000..100_000_000_000;

/// Start and length of the form that the big clouds share: AWS Signature Version 4, Google Cloud Storage V4.
const SPANS: [(&str, &str, &str); 2] = [
    ("x-amz-date", "x-amz-expires", "X-Amz-Date and X-Amz-Expires"),
    ("x-goog-date", "x-goog-expires", "X-Goog-Date and X-Goog-Expires"),
];
/// Parameters with seconds since 1970: AWS Signature Version 2 and its distributions, Google V2, and home-made ones.
const SECONDS: [(&str, &str); 4] = [("expires", "Expires"), ("exp", "exp"), ("expiry", "expiry"), ("e", "e")];

/// When a URL expires; `None` when it does not say.
pub(crate) fn expiry(url: &str) -> Option<Expiry> {
    let query = url.split_once('?')?.1;
    let query = query.split_once('#').map_or(query, |(query, _)| query);
    let values: HashMap<String, String> = form::first_pairs(query.as_bytes(), MAX_PARAMETERS)
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect();
    let span = |&(date, length, by): &(&str, &str, &'static str)| {
        let start = basic_time(values.get(date)?)?;
        let seconds: i64 = values.get(length)?.parse().ok().filter(|seconds| *seconds >= 0)?;
        Some(Expiry { at: Timestamp::from_secs(start.as_secs().saturating_add(seconds)), by })
    };
    let moment = |&(name, by): &(&str, &'static str)| {
        let seconds: i64 = values.get(name)?.parse().ok()?;
        MOMENTS.contains(&seconds).then(|| Expiry { at: Timestamp::from_secs(seconds), by })
    };
    // Azure's shared access signatures.
    let azure = || Some(Expiry { at: values.get("se")?.parse().ok()?, by: "se" });
    SPANS.iter().find_map(span).or_else(azure).or_else(|| SECONDS.iter().find_map(moment))
}

/// `20260528T124100Z`.
fn basic_time(text: &str) -> Option<Timestamp> {
    let digits = |from: usize, to: usize| text.get(from..to);
    if text.len() != 16 || !text.is_ascii() {
        return None;
    }
    let (date, time) =
        ((digits(0, 4)?, digits(4, 6)?, digits(6, 8)?), (digits(9, 11)?, digits(11, 13)?, digits(13, 15)?));
    format!("{}-{}-{}T{}:{}:{}Z", date.0, date.1, date.2, time.0, time.1, time.2).parse().ok()
}
