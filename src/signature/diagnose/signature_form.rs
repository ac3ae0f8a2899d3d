//! The right signature, written or placed in another way: prefix, encoding, algorithm, header, cut short, lower-cased;
//! or sent with a timestamp that cannot be read.

use super::schemes;
use super::search::Search;
use super::token::Reading;
use super::{Case, Finding};
use crate::signature::encoding::Encoding;
use crate::signature::pattern::TIMESTAMP;
use crate::signature::received::{groups, shared_vars, texts};
use crate::signature::request::View;
use crate::signature::rules;
use crate::signature::template::Vars;
use crate::signature::timestamp::Unit;
use crate::signature::{Algorithm, Missing};

/// The fewest characters that a cut-off signature must have: fewer may be equal by chance.
const LEAST_START: usize = 12;

pub(super) fn find(search: &mut Search<'_>) -> Option<Finding> {
    if let Some(found) = secret_itself(search) {
        return Some(found);
    }
    let request = search.case.request;
    for (_, key) in search.keys() {
        if let Some(hit) = search.hit(&request, &key) {
            let mut irregular = search.irregularities(hit).into_iter();
            let Some((code, first, fix)) = irregular.next() else {
                search.is_right = true;
                return None;
            };
            // A form that is wrong for this scheme may be right for another one.
            let other = schemes::find(search);
            if matches!(code, "signature_algorithm" | "signature_encoding") && other.is_some() {
                return other;
            }
            let (sentences, mut fixes) = irregular.fold((first, fix), |(sentences, fixes), (_, sentence, fix)| {
                (format!("{sentences}, and {sentence}"), format!("{fixes} {fix}"))
            });
            if let Some(other) = other {
                // Many schemes share a header's name, so the other scheme is only mentioned as an alternative.
                let set = other.fix.trim_end_matches('.');
                fixes = format!("{set}, by which the request is right as it is. Or: {fixes}");
            }
            let what = if search.scheme.algorithm == Algorithm::Equal { "token" } else { "signature" };
            let sentence = if search.scheme.encoding == Encoding::Utf8 && hit.reading == Reading::Base64 {
                "The token was sent base64-encoded.".to_owned()
            } else {
                format!("The {what} itself is right, but {sentences}.")
            };
            return Some(Finding { code, sentence, fix: fixes, verifies: true, custom_scheme: None });
        }
        if let Some(finding) = damaged(search, &key) {
            return Some(finding);
        }
    }
    None
}

/// The secret itself was sent in place of the signature.
fn secret_itself(search: &Search<'_>) -> Option<Finding> {
    if search.scheme.sends_secret() || search.scheme.algorithm.is_asymmetric() {
        return None;
    }
    let view = View::new(&search.case.request, search.case.config);
    let texts = texts(&search.scheme, &view);
    let whole = texts.iter().filter_map(|text| std::str::from_utf8(text).ok()).map(str::trim);
    let mut sent = whole.chain(search.tokens.iter().map(|token| token.text.as_str()));
    let is_secret = |text: &str| search.case.secrets.iter().any(|secret| secret.value.expose().trim() == text);
    sent.any(|text| !text.is_empty() && is_secret(text)).then(|| Finding {
        code: "signature_is_secret",
        sentence: format!("The secret itself was sent in the {}, not a signature.", search.scheme.signature_place()),
        fix: "Send the HMAC that is made with the secret, and change the secret: whoever saw the request has it."
            .to_owned(),
        verifies: true,
        custom_scheme: None,
    })
}

/// A signature that lost characters, or the case of its letters.
fn damaged(search: &mut Search<'_>, key: &super::search::KeyText) -> Option<Finding> {
    let encoding = search.scheme.encoding;
    let could_be = |token: &super::token::Token| token.text.trim_end_matches('=').len() >= LEAST_START;
    // A token is compared itself: there is no hash that could be cut.
    if encoding == Encoding::Utf8 || !search.tokens.iter().any(could_be) {
        return None;
    }
    let expected = encoding.encode(&search.expected(key)?);
    let whole = expected.trim_end_matches('=');
    for token in search.tokens.iter().filter(|token| could_be(token)) {
        let text = token.text.trim_end_matches('=');
        let Some(lost) = whole.len().checked_sub(text.len()) else { continue };
        if lost == 0 {
            if encoding == Encoding::Hex || text == whole || !text.eq_ignore_ascii_case(whole) {
                continue;
            }
            return Some(Finding {
                code: "signature_case",
                sentence: "The signature is right but for the case of its letters, which counts in base64.".to_owned(),
                fix: "Keep the signature's text as it is on the way; look for lower-casing of header values."
                    .to_owned(),
                verifies: true,
                custom_scheme: None,
            });
        }
        let is_hex = encoding == Encoding::Hex;
        let is_end = |end: &str| if is_hex { end.eq_ignore_ascii_case(text) } else { end == text };
        if whole.get(lost..).is_some_and(is_end) {
            return Some(Finding {
                code: "signature_truncated",
                sentence: format!(
                    "The signature is the right one without its beginning: {} of {} characters.",
                    text.len(),
                    whole.len()
                ),
                fix: "Send the whole signature. If it was written as a number, its leading zeros were lost: write it as text.".to_owned(),
                verifies: true,
                custom_scheme: None,
            });
        }
        if whole.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text)) {
            return Some(Finding {
                code: "signature_truncated",
                sentence: format!(
                    "The signature is the right one cut off: {} of {} characters.",
                    text.len(),
                    whole.len()
                ),
                fix: "Send the whole signature; look for a column or header that is too short.".to_owned(),
                verifies: true,
                custom_scheme: None,
            });
        }
    }
    None
}

/// A right signature whose timestamp is missing or cannot be read. The age of a timestamp is no cause: it does not make
/// the signature wrong.
pub(super) fn timestamp(case: &Case<'_>) -> Option<Finding> {
    let rule = case.scheme.timestamp?;
    let view = View::new(&case.request, case.config);
    let shared = shared_vars(case.scheme, &view);
    let texts = texts(case.scheme, &view);
    let groups = groups(case.scheme, &texts);
    let vars = Vars { shared: &shared, group: groups.first().map(|group| &group.vars[..]).unwrap_or_default() };
    let form = match rule.unit {
        Unit::S => "in whole seconds since 1970",
        Unit::Ms => "in whole milliseconds since 1970",
        Unit::Rfc3339 => "like 2026-05-28T12:34:56Z",
        Unit::HttpDate => "like Thu, 28 May 2026 12:34:56 GMT",
    };
    let (code, sentence, fix) = match vars.get(TIMESTAMP) {
        None => {
            let missing = case.scheme.missing_sentence(&Missing::Var(TIMESTAMP.to_owned()));
            ("timestamp_missing", missing, format!("The signature is right. Send the timestamp as well, {form}."))
        }
        Some(text) => {
            let text = String::from_utf8_lossy(text);
            if rule.unit.parse(&text).is_some() {
                return None;
            }
            let sentence = format!("The signature is right, but “{text}” is no timestamp of the scheme.");
            ("timestamp_malformed", sentence, format!("Write the timestamp {form}."))
        }
    };
    Some(Finding { code, sentence, fix, verifies: true, custom_scheme: None })
}

/// The signature, or a value that belongs to it, was sent more than once. The sentence also says whether each of them
/// alone would be right.
pub(super) fn repeated(case: &Case<'_>) -> Option<Finding> {
    let view = View::new(&case.request, case.config);
    let repeated = rules::repeated(case.scheme, &view)?;
    Some(Finding {
        code: "signature_repeated",
        sentence: repeated.sentence(),
        fix: format!(
            "Send the {} once; look for a proxy or a middleware that adds a second one, or for a forged one.",
            repeated.place
        ),
        verifies: true,
        custom_scheme: None,
    })
}
