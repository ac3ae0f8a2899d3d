//! The right signature, written or placed in another way: prefix, encoding, algorithm, header, cut short, lower-cased.

use super::Finding;
use super::schemes;
use super::search::Search;
use super::tokens::Reading;
use crate::signature::Algorithm;
use crate::signature::encoding::Encoding;

/// Fewest characters that a cut-off signature must have to be called one by its beginning.
const LEAST_START: usize = 12;

pub(super) fn find(search: &mut Search<'_>) -> Option<Finding> {
    let request = search.case.request;
    for (_, key) in search.keys() {
        if let Some(hit) = search.hit(&request, &key) {
            let mut irregular = search.irregularities(hit).into_iter();
            let Some((code, first, fix)) = irregular.next() else {
                search.is_right = true;
                return None;
            };
            // What is irregular by this scheme may be just right by another one.
            let other = schemes::find(search);
            if matches!(code, "signature_algorithm" | "signature_encoding") && other.is_some() {
                return other;
            }
            let (sentences, mut fixes) = irregular.fold((first, fix), |(sentences, fixes), (_, sentence, fix)| {
                (format!("{sentences}, and {sentence}"), format!("{fixes} {fix}"))
            });
            if let Some(other) = other {
                // Many schemes share a header's name, so this is only said beside it.
                let set = other.fix.trim_end_matches('.');
                fixes = format!("{set}, by which the request is right as it is. Or: {fixes}");
            }
            let what = if search.scheme.algorithm == Algorithm::Equal { "token" } else { "signature" };
            let sentence = if search.scheme.encoding == Encoding::Utf8 && hit.reading == Reading::Base64 {
                "The token was sent base64-encoded.".to_owned()
            } else {
                format!("The {what} itself is right, but {sentences}.")
            };
            return Some(Finding { code, sentence, fix: fixes, verifies: true });
        }
        if let Some(finding) = damaged(search, &key) {
            return Some(finding);
        }
    }
    None
}

/// A signature that lost characters, or the case of its letters.
fn damaged(search: &mut Search<'_>, key: &super::search::KeyText) -> Option<Finding> {
    let encoding = search.scheme.encoding;
    let could_be = |token: &super::tokens::Token| token.text.len() >= LEAST_START;
    if encoding == Encoding::Utf8 || !search.tokens.iter().any(could_be) {
        return None;
    }
    let expected = encoding.encode(&search.expected(key)?);
    for token in search.tokens.iter().filter(|token| could_be(token)) {
        let text = token.text.as_str();
        let case_lost = encoding != Encoding::Hex && text.eq_ignore_ascii_case(&expected) && text != expected;
        if case_lost {
            return Some(Finding {
                code: "signature_case",
                sentence: "The signature is right but for the case of its letters, which counts in base64.".to_owned(),
                fix: "Keep the signature's text as it is on the way; look for lower-casing of header values."
                    .to_owned(),
                verifies: true,
            });
        }
        let start = expected.get(..text.len()).filter(|start| start.eq_ignore_ascii_case(text));
        if start.is_some() && text.len() < expected.trim_end_matches('=').len() {
            return Some(Finding {
                code: "signature_truncated",
                sentence: format!(
                    "The signature is the right one cut off: {} of {} characters.",
                    text.len(),
                    expected.len()
                ),
                fix: "Send the whole signature; look for a column or header that is too short.".to_owned(),
                verifies: true,
            });
        }
    }
    None
}
