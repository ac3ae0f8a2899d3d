//! Hashes that are no HMAC: of the body only, of secret and body together; and HMAC in place of a plain hash.

use super::Finding;
use super::search::{KeyText, Search};
use crate::signature::Algorithm;
use crate::signature::template::Template;

/// Content, code, and what the sender did.
type Content = (&'static str, &'static str, &'static str);

const CONTENTS: &[Content] = &[
    ("{body}", "digest_without_secret", "a plain hash of the body, without any secret"),
    ("{secret}{body}", "digest_with_secret", "a plain hash of the secret followed by the body"),
    ("{body}{secret}", "digest_with_secret", "a plain hash of the body followed by the secret"),
    ("{secret}.{body}", "digest_with_secret", "a plain hash of the secret, a dot and the body"),
    ("{body}.{secret}", "digest_with_secret", "a plain hash of the body, a dot and the secret"),
    ("{secret}:{body}", "digest_with_secret", "a plain hash of the secret, a colon and the body"),
    ("{body}:{secret}", "digest_with_secret", "a plain hash of the body, a colon and the secret"),
    ("{body}&key={secret}", "digest_with_secret", "a plain hash of the body, `&key=` and the secret"),
    ("{secret}{body}{secret}", "digest_with_secret", "a plain hash of secret, body and secret"),
    ("{body}{secret}{body}", "digest_with_secret", "a plain hash of body, secret and body"),
];

/// The rarest ones; tried only for small bodies.
const RAREST: &[Content] = &[
    ("{secret}", "digest_with_secret", "a plain hash of the secret alone"),
    ("{secret}|{body}", "digest_with_secret", "a plain hash of the secret, a bar and the body"),
    ("{body}|{secret}", "digest_with_secret", "a plain hash of the body, a bar and the secret"),
    ("{secret}\n{body}", "digest_with_secret", "a plain hash of the secret, a newline and the body"),
    ("{body}\n{secret}", "digest_with_secret", "a plain hash of the body, a newline and the secret"),
    ("{secret} {body}", "digest_with_secret", "a plain hash of the secret, a space and the body"),
    ("{body} {secret}", "digest_with_secret", "a plain hash of the body, a space and the secret"),
    ("{secret},{body}", "digest_with_secret", "a plain hash of the secret, a comma and the body"),
    ("{body},{secret}", "digest_with_secret", "a plain hash of the body, a comma and the secret"),
    ("{secret}-{body}", "digest_with_secret", "a plain hash of the secret, a dash and the body"),
    ("{body}-{secret}", "digest_with_secret", "a plain hash of the body, a dash and the secret"),
    ("{secret}_{body}", "digest_with_secret", "a plain hash of the secret, an underscore and the body"),
    ("{body}_{secret}", "digest_with_secret", "a plain hash of the body, an underscore and the secret"),
    ("{secret}&{body}", "digest_with_secret", "a plain hash of the secret, an ampersand and the body"),
    ("{body}&{secret}", "digest_with_secret", "a plain hash of the body, an ampersand and the secret"),
    ("{secret};{body}", "digest_with_secret", "a plain hash of the secret, a semicolon and the body"),
    ("{body};{secret}", "digest_with_secret", "a plain hash of the body, a semicolon and the secret"),
    ("{body}&secret={secret}", "digest_with_secret", "a plain hash of the body, `&secret=` and the secret"),
    ("{body}{secret|md5|hex}", "digest_with_secret", "a plain hash of the body and the secret's MD5"),
    ("{secret|md5|hex}{body}", "digest_with_secret", "a plain hash of the secret's MD5 and the body"),
    ("{body}{secret|sha256|hex}", "digest_with_secret", "a plain hash of the body and the secret's SHA-256"),
    ("{secret|sha256|hex}{body}", "digest_with_secret", "a plain hash of the secret's SHA-256 and the body"),
    ("{secret}{body|sha256|hex}", "digest_with_secret", "a plain hash of the secret and the body's SHA-256"),
    ("{body|sha256|hex}{secret}", "digest_with_secret", "a plain hash of the body's SHA-256 and the secret"),
    ("{url}{body}{secret}", "digest_with_secret", "a plain hash of URL, body and secret"),
    ("{secret}{url}{body}", "digest_with_secret", "a plain hash of secret, URL and body"),
    ("{body}{body}", "digest_without_secret", "a plain hash of the body twice"),
    ("{body|base64}", "digest_without_secret", "a plain hash of the body's base64 text"),
];

pub(super) fn find(search: &mut Search<'_>) -> Option<Finding> {
    let request = search.case.request;
    let own = search.scheme.algorithm;
    if own.is_asymmetric() || own == Algorithm::Equal {
        return None;
    }
    let is_hmac = !own.is_plain_hash();
    let keys: Vec<KeyText> = search
        .case
        .secrets
        .iter()
        .map(|secret| {
            let text = secret.value.expose().trim().to_owned();
            KeyText { bytes: text.clone().into_bytes(), text: Some(text) }
        })
        .collect();
    if is_hmac && let Some(found) = swapped(search, &keys) {
        return Some(found);
    }
    for algorithm in [
        Algorithm::DigestSha256,
        Algorithm::DigestSha1,
        Algorithm::DigestMd5,
        Algorithm::DigestSha512,
        Algorithm::DigestSha384,
    ]
    .into_iter()
    .filter(|_| is_hmac)
    {
        let rarest = if search.is_small() { RAREST } else { &[] };
        for (content, code, words) in CONTENTS.iter().chain(rarest) {
            let Ok(template) = Template::parse(content) else { continue };
            for key in &keys {
                if let Some(hit) = search.hit_with(algorithm, std::slice::from_ref(&template), &request, key) {
                    let sentence = format!("The signature is {words}.");
                    return Some(search.found(hit, code, &sentence, "Use HMAC with the secret as its key."));
                }
            }
        }
    }
    let hmacs =
        [Algorithm::HmacSha256, Algorithm::HmacSha1, Algorithm::HmacMd5, Algorithm::HmacSha512, Algorithm::HmacSha384];
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

/// An HMAC whose key and message changed places: the scheme's message as the key, the secret as the message.
fn swapped(search: &mut Search<'_>, keys: &[KeyText]) -> Option<Finding> {
    let templates = search.scheme.signed.clone();
    for algorithm in search.algorithms.clone() {
        for template in &templates {
            for key in keys {
                let hit = search.hit_swapped(algorithm, template, key);
                if let Some(hit) = hit {
                    return Some(search.found(
                        hit,
                        "key_message_swapped",
                        "The signature is an HMAC with its parts swapped: the signed text was taken for the key, and the secret for the message.",
                        "Change the order of the two arguments at the sender: the secret is the key.",
                    ));
                }
            }
        }
    }
    None
}
