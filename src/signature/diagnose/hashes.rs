//! Hashes of hashes, and keyed hashes that no scheme uses. The message is hashed once with the scheme's own hash; what
//! senders may have made of that costs nothing to try. Then it is hashed once with each of the others.

use hmac::{KeyInit, Mac, SimpleHmac};
use sha2::{Digest as _, Sha256, Sha512_256};
use sha3::{Keccak256, Sha3_256, Sha3_512};

use super::Finding;
use super::search::{KeyText, Search};
use crate::signature::Algorithm;
use crate::signature::encoding::Encoding;
use crate::signature::key::compute;
use crate::signature::template::Template;

/// Larger bodies are not tried, because the whole message is built in memory.
const MAX_BODY: usize = 64 << 10;

const AGAIN: &str = "Compute the HMAC once, over what the scheme signs.";

type Derive = fn(Algorithm, &[u8], &[u8]) -> Option<Vec<u8>>;

/// What senders make of the right signature: code, words, how it is made of algorithm, key and signature.
const OF_SIGNATURES: &[(&str, &str, Derive)] = &[
    ("signed_content", "the HMAC of the right signature's hex text", |algorithm, key, tag| {
        compute(algorithm, key, hex::encode(tag).as_bytes())
    }),
    ("signed_content", "the HMAC of the right signature's bytes", compute),
    ("signed_content", "the HMAC of the right signature's base64 text", |algorithm, key, tag| {
        compute(algorithm, key, Encoding::Base64.encode(tag).as_bytes())
    }),
    ("digest_of_hmac", "a plain hash of the right signature's bytes", |algorithm, _, tag| digest(algorithm, tag)),
    ("digest_of_hmac", "a plain hash of the right signature's hex text", |algorithm, _, tag| {
        digest(algorithm, hex::encode(tag).as_bytes())
    }),
    ("digest_of_hmac", "a plain hash of the right signature's base64 text", |algorithm, _, tag| {
        digest(algorithm, Encoding::Base64.encode(tag).as_bytes())
    }),
];

/// Keyed hashes that no scheme uses, of the same lengths as those in use.
const OTHER_HASHES: &[(&str, Keyed)] = &[
    ("hmac-sha512/256", keyed::<SimpleHmac<Sha512_256>>),
    ("hmac-sha3-256", keyed::<SimpleHmac<Sha3_256>>),
    ("hmac-sha3-512", keyed::<SimpleHmac<Sha3_512>>),
    ("hmac-keccak256", keyed::<SimpleHmac<Keccak256>>),
];

type Keyed = fn(&[u8], &[u8]) -> Option<Vec<u8>>;

fn keyed<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
    mac.update(message);
    Some(mac.finalize().into_bytes().to_vec())
}

/// The plain hash of the same family.
fn digest(algorithm: Algorithm, message: &[u8]) -> Option<Vec<u8>> {
    let plain = match algorithm {
        Algorithm::HmacMd5 => Algorithm::DigestMd5,
        Algorithm::HmacSha1 => Algorithm::DigestSha1,
        Algorithm::HmacSha256 => Algorithm::DigestSha256,
        Algorithm::HmacSha384 => Algorithm::DigestSha384,
        Algorithm::HmacSha512 => Algorithm::DigestSha512,
        _ => return None,
    };
    compute(plain, &[], message)
}

/// Contents that some senders hash twice, as cryptocurrencies do.
const PLAIN: &[&str] = &["{secret}{body}", "{body}{secret}", "{body}"];

pub(super) fn find(search: &mut Search<'_>) -> Option<Finding> {
    let own = search.scheme.algorithm;
    if own.is_asymmetric()
        || own.is_plain_hash()
        || own == Algorithm::Equal
        || search.case.request.body.len() > MAX_BODY
    {
        return None;
    }
    let mut templates = search.scheme.signed.clone();
    templates.truncate(2);
    templates.extend(Template::parse("{body}").ok().filter(|body| !search.scheme.signed.contains(body)));
    let keys: Vec<KeyText> = search.keys().into_iter().map(|(_, key)| key).collect();
    for key in &keys {
        for template in &templates {
            let Some(message) = search.message(template, key) else { continue };
            if let Some(found) = of_message(search, own, key, &message) {
                return Some(found);
            }
        }
        for content in PLAIN {
            let Some(message) = Template::parse(content).ok().and_then(|template| search.message(&template, key))
            else {
                continue;
            };
            let once = Sha256::digest(&message);
            for twice in [Sha256::digest(once), Sha256::digest(hex::encode(once))] {
                if let Some(hit) = search.compare(own, &twice[..]) {
                    return Some(search.found(
                        hit,
                        "digest_with_secret",
                        &format!("The signature is the SHA-256 of the SHA-256 of `{content}`."),
                        "Use HMAC with the secret as its key.",
                    ));
                }
            }
        }
    }
    None
}

fn of_message(search: &mut Search<'_>, own: Algorithm, key: &KeyText, message: &[u8]) -> Option<Finding> {
    let tag = compute(own, &key.bytes, message)?;
    for (code, what, derive) in OF_SIGNATURES {
        if let Some(hit) = derive(own, &key.bytes, &tag).and_then(|made| search.compare(own, &made)) {
            return Some(search.found(hit, code, &format!("The signature is {what}."), AGAIN));
        }
    }
    if !search.spend(message.len().saturating_mul(8)) {
        return None;
    }
    let mut made: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, compute) in OTHER_HASHES {
        made.extend(compute(&key.bytes, message).map(|tag| ((*name).to_owned(), tag)));
    }
    for longer in [Algorithm::HmacSha512, Algorithm::HmacSha384, Algorithm::HmacSha256, Algorithm::HmacSha1] {
        let Some(tag) = compute(longer, &key.bytes, message) else { continue };
        for length in [48, 32, 28, 24, 20, 16].into_iter().filter(|length| *length < tag.len()) {
            made.push((format!("{}, cut to {length} bytes", longer.name()), tag[..length].to_vec()));
            made.push((format!("the end of {}, {length} bytes", longer.name()), tag[tag.len() - length..].to_vec()));
        }
    }
    let (how, hit) = made.into_iter().find_map(|(how, tag)| Some((how, search.compare(own, &tag)?)))?;
    let sentence = format!("The signature was made with {how}, not with {}.", own.name());
    Some(search.found(hit, "signature_algorithm", &sentence, &format!("Use {} on the sender's side.", own.name())))
}
