//! Hashes that are no HMAC: of the body alone, of secret and body together; and HMAC where a plain hash is asked for.

use super::Finding;
use super::search::{KeyText, Search};
use crate::signature::Algorithm;
use crate::signature::template::Template;

/// Content, code, and what the sender did.
const CONTENTS: &[(&str, &str, &str)] = &[
    ("{body}", "digest_without_secret", "a plain hash of the body, without any secret"),
    ("{secret}{body}", "digest_with_secret", "a plain hash of the secret followed by the body"),
    ("{body}{secret}", "digest_with_secret", "a plain hash of the body followed by the secret"),
    ("{secret}.{body}", "digest_with_secret", "a plain hash of the secret, a dot and the body"),
    ("{body}.{secret}", "digest_with_secret", "a plain hash of the body, a dot and the secret"),
    ("{body}{secret}{body}", "digest_with_secret", "a plain hash of body, secret and body"),
];

pub(super) fn find(search: &mut Search<'_>) -> Option<Finding> {
    let request = search.case.request;
    let own = search.scheme.algorithm;
    if own.is_asymmetric() || own == Algorithm::Equal {
        return None;
    }
    let is_hmac =
        matches!(own, Algorithm::HmacMd5 | Algorithm::HmacSha1 | Algorithm::HmacSha256 | Algorithm::HmacSha512);
    let keys: Vec<KeyText> = search
        .case
        .secrets
        .iter()
        .map(|secret| {
            let text = secret.value.expose().trim().to_owned();
            KeyText { bytes: text.clone().into_bytes(), text: Some(text) }
        })
        .collect();
    for algorithm in
        [Algorithm::DigestSha256, Algorithm::DigestSha1, Algorithm::DigestMd5].into_iter().filter(|_| is_hmac)
    {
        for (content, code, words) in CONTENTS {
            let Ok(template) = Template::parse(content) else { continue };
            for key in &keys {
                if let Some(hit) = search.hit_with(algorithm, std::slice::from_ref(&template), &request, key) {
                    let sentence = format!("The signature is {words}.");
                    return Some(search.found(hit, code, &sentence, "Use HMAC with the secret as its key."));
                }
            }
        }
    }
    let hmacs = [Algorithm::HmacSha256, Algorithm::HmacSha1, Algorithm::HmacMd5];
    for algorithm in hmacs.into_iter().filter(|_| !is_hmac) {
        let Ok(template) = Template::parse("{body}") else { continue };
        for key in &keys {
            if let Some(hit) = search.hit_with(algorithm, std::slice::from_ref(&template), &request, key) {
                let sentence =
                    "The signature is an HMAC of the body; the scheme asks for a plain hash that holds the secret.";
                return Some(search.found(
                    hit,
                    "hmac_for_digest",
                    sentence,
                    "Compute what the scheme signs, or choose another scheme.",
                ));
            }
        }
    }
    None
}
