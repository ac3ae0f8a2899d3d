//! Tests of the engine as a whole.

mod detection;
mod explanations;
mod limits;
mod properties;
mod public_keys;
mod records;
mod round_trip;
mod rules;
mod steps;
mod vectors;
mod verdicts;

use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::draft::{SignError, Signed};
use super::explain::MASKED_SECRET;
use super::jws::Alg;
use super::key::compute;
use super::source::Source;
use super::template::Template;
use super::*;
use crate::http::Headers;
use crate::model::{Secret, SecretValue, Timestamp};

/// The time at which the tests sign.
const NOW: Timestamp = Timestamp::from_secs(1_760_000_000);

/// The built-in schemes, read once for all tests.
pub(super) fn catalogue() -> &'static Catalogue {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(Catalogue::default);
    &CATALOGUE
}

pub(super) fn scheme(id: &str) -> &'static Arc<Scheme> {
    catalogue().scheme(id).unwrap()
}

fn secrets(texts: &[&str]) -> Vec<Secret> {
    let secret = |(id, text): (i64, &&str)| Secret {
        id,
        label: format!("secret {id}"),
        value: SecretValue::new((*text).to_owned()),
        created_at: Timestamp::default(),
    };
    (0..).zip(texts).map(secret).collect()
}

fn headers(fields: &[(&str, &str)]) -> Headers {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A request that its owner can change.
#[derive(Debug, Clone)]
struct Owned {
    method: String,
    url: String,
    headers: Headers,
    body: Vec<u8>,
}

impl Owned {
    fn request(&self) -> SignedRequest<'_> {
        SignedRequest {
            method: &self.method,
            url: &self.url,
            headers: &self.headers,
            body: &self.body,
            received_at: NOW,
        }
    }

    fn input<'a>(&'a self, config: &'a Config) -> SignInput<'a> {
        SignInput {
            method: &self.method,
            url: &self.url,
            headers: &self.headers,
            body: &self.body,
            timestamp: NOW,
            id: None,
            config: Some(config),
        }
    }

    fn with(&self, signed: &Signed) -> Self {
        Self {
            method: self.method.clone(),
            url: signed.url.clone().unwrap_or_else(|| self.url.clone()),
            headers: signed.apply_to(&self.headers),
            body: signed.body.clone().unwrap_or_else(|| self.body.clone()),
        }
    }
}

/// Values that schemes need in addition to a secret.
fn test_config() -> Config {
    [("app_key", "APP"), ("webhook_id", "WH-1")].map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// Made for these tests: `openssl genpkey`, `openssl req -x509`.
pub(super) const RSA_PRIVATE: &str = include_str!("keys/rsa-private.pem");
pub(super) const RSA_PUBLIC: &str = include_str!("keys/rsa-public.pem");
pub(super) const RSA_CERTIFICATE: &str = include_str!("keys/rsa-certificate.pem");

/// A secret for a scheme that can sign and verify: key pairs hold both halves.
fn secret_for(scheme: &Scheme) -> String {
    let notation = scheme.secret.notation();
    let key = match scheme.algorithm {
        Algorithm::Ed25519 => {
            let seed: [u8; 32] = std::array::from_fn(|at| u8::try_from(at).unwrap());
            ed25519_dalek::SigningKey::from_bytes(&seed).to_keypair_bytes().to_vec()
        }
        _ => b"a key of twenty-eight bytes.".to_vec(),
    };
    match () {
        () if notation.ends_with("hex") => hex::encode(key),
        () if notation.ends_with("base64") => STANDARD.encode(key),
        () => "a plain secret".to_owned(),
    }
}

/// For ECDSA the two halves are different texts: private for signing, public for verifying.
fn key_texts(scheme: &Scheme) -> (String, String) {
    if scheme.algorithm.is_rsa()
        || scheme.algorithm == Algorithm::Jws && scheme.alg != [Alg::Es256] && scheme.alg != [Alg::EdDsa]
    {
        return (RSA_PRIVATE.to_owned(), RSA_PUBLIC.to_owned());
    }
    if scheme.alg == [Alg::EdDsa] {
        let pair = ed25519_dalek::SigningKey::from_bytes(&[b'k'; 32]);
        let public = [&super::public_key::ED25519_SPKI_PREFIX[..], pair.verifying_key().as_bytes()].concat();
        // The seed's bytes are ASCII.
        return (String::from_utf8(vec![b'k'; 32]).unwrap(), STANDARD.encode(public));
    }
    if scheme.alg == [Alg::Es256] {
        use p256::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, LineEnding};
        let private = p256::SecretKey::from_slice(&[7; 32]).unwrap();
        let public = private.public_key().to_public_key_pem(LineEnding::LF).unwrap();
        return (private.to_pkcs8_pem(LineEnding::LF).unwrap().to_string(), public);
    }
    if matches!(scheme.algorithm, Algorithm::EcdsaP256Sha256 | Algorithm::EcdsaP256Sha1) {
        use p256::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _};
        let private = p256::SecretKey::from_slice(&[7; 32]).unwrap();
        let public = private.public_key().to_public_key_der().unwrap();
        return (STANDARD.encode(private.to_pkcs8_der().unwrap().as_bytes()), STANDARD.encode(public.as_bytes()));
    }
    let secret = secret_for(scheme);
    (secret.clone(), secret)
}

/// A signed request for a record: what the scheme needs of the sender's own data is filled in.
fn signed_for(scheme: &Arc<Scheme>) -> (Owned, Verifier) {
    let (private, public) = key_texts(scheme);
    let config = test_config();
    let record = scheme.record().to_string();
    let (content_type, body) = if record.contains("form:") || record.contains("{form") {
        ("application/x-www-form-urlencoded", &b"b=2&a=1+1&payload=%7B%7D"[..])
    } else {
        ("application/json", &br#"{"event": "x", "n": 1}"#[..])
    };
    let mut request = Owned {
        method: "POST".to_owned(),
        url: "https://hook.example/in/path?x=1".to_owned(),
        headers: headers(&[("Content-Type", content_type), ("X-Other", "kept")]),
        body: body.to_vec(),
    };
    for _ in 0..9 {
        match sign(scheme, &private, &request.input(&config)) {
            Ok(signed) => {
                let verifier =
                    Verifier::of(Arc::clone(scheme), &secrets(&["wrong", &public])).with_config(config.clone());
                return (request.with(&signed), verifier);
            }
            Err(SignError::Missing { missing: Missing::Source(source), .. }) => {
                let mut draft = draft::Draft::new(&request.input(&config));
                draft.place(&source, "12").unwrap();
                let filled = draft.into_signed();
                request = request.with(&filled);
            }
            Err(error) => panic!("{}: {error}", scheme.id),
        }
    }
    panic!("{}: cannot be filled in", scheme.id);
}
