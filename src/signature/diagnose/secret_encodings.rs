//! A secret encoded, decoded, hashed or normalised once too often.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use percent_encoding::percent_decode_str;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};
use unicode_normalization::UnicodeNormalization as _;

use super::secret_variant::{Variant, bytes, is_blank, text};

pub(super) fn encoded(secret: &str) -> Vec<Variant> {
    let secret = secret.trim_matches(is_blank);
    let url_safe = STANDARD.encode(secret).replace('+', "-").replace('/', "_");
    let percent = percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC).to_string();
    vec![
        bytes("encoded in base64", STANDARD.encode(secret)),
        bytes("encoded in hex", hex::encode(secret)),
        bytes("encoded in upper-case hex", hex::encode_upper(secret)),
        bytes("and a trailing newline, encoded in base64", STANDARD.encode(format!("{secret}\n"))),
        bytes("encoded in base64url", url_safe.trim_end_matches('=')),
        bytes("encoded in base64url with padding", url_safe.as_str()),
        bytes("encoded in base64 without padding", STANDARD.encode(secret).trim_end_matches('=')),
        bytes("with percent escapes", percent),
        bytes("as a JSON string", serde_json::Value::from(secret).to_string()),
        bytes("and a zero byte after it", format!("{secret}\0")),
    ]
}

pub(super) fn hashed(secret: &str) -> Vec<Variant> {
    let secret = secret.trim_matches(is_blank);
    let (sha256, sha1, md5) = (Sha256::digest(secret), Sha1::digest(secret), Md5::digest(secret));
    vec![
        bytes("hashed with SHA-256, in hex", hex::encode(sha256)),
        bytes("hashed with SHA-256", sha256.to_vec()),
        bytes("hashed with SHA-1, in hex", hex::encode(sha1)),
        bytes("hashed with SHA-1", sha1.to_vec()),
        bytes("hashed with MD5, in hex", hex::encode(md5)),
        bytes("hashed with MD5", md5.to_vec()),
        bytes("hashed with SHA-256, in base64", STANDARD.encode(sha256)),
        bytes("hashed with SHA-256, in upper-case hex", hex::encode_upper(sha256)),
        bytes("hashed with SHA-512, in hex", hex::encode(Sha512::digest(secret))),
        bytes("hashed with SHA-512", Sha512::digest(secret).to_vec()),
    ]
}

pub(super) fn unescaped(secret: &str) -> Vec<Variant> {
    let mut all: Vec<Variant> = percent_decode_str(secret)
        .decode_utf8()
        .ok()
        .map(|decoded| text("with its percent escapes decoded", decoded))
        .into_iter()
        .collect();
    if let Ok(decoded) = serde_json::from_str::<String>(&format!("\"{secret}\"")) {
        all.push(text("with its backslash escapes decoded", decoded));
    }
    all.push(text("without its backslashes", secret.replace('\\', "")));
    all
}

pub(super) fn normalised(secret: &str) -> Vec<Variant> {
    let latin: Option<Vec<u8>> = secret.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect();
    let mut all = vec![
        text("in composed Unicode form", secret.nfc().collect::<String>()),
        text("in decomposed Unicode form", secret.nfd().collect::<String>()),
        text("in compatible Unicode form", secret.nfkd().collect::<String>()),
    ];
    all.extend(latin.map(|latin| bytes("in Latin-1", latin)));
    all
}
