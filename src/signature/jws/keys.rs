//! Pasted keys of tokens: a JWK, a JWKS (RFC 7517), an endpoint's response with one, PEM or DER.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::pkcs1::{RsaPublicKeyRef, UintRef};
use serde_json::{Map, Value as Json};

use super::{Alg, Token, Wrong, shown};
use crate::signature::encoding::key_from_base64;
use crate::signature::pem::{self, KINDS};
use crate::signature::public_key::{Hash, PublicKey};

/// Keys of one set. Providers publish fewer than ten.
const MAX_KEYS: usize = 32;
/// Characters of a set.
const MAX_TEXT: usize = 256 << 10;
/// Characters of one value of a key: the modulus of 8,192 bits has 1,366.
const MAX_VALUE: usize = 2_048;

/// One key, with its set's statements about it.
#[derive(Debug, Clone)]
struct Known {
    kid: Option<String>,
    alg: Option<String>,
    key: PublicKey,
}

/// The public keys of one pasted text.
#[derive(Debug, Clone)]
pub(crate) struct KeySet(Vec<Known>);

impl KeySet {
    /// Reads a text.
    ///
    /// # Errors
    /// A sentence that says what it is instead.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.len() > MAX_TEXT {
            return Err(format!("A key set has at most {MAX_TEXT} characters."));
        }
        if text.starts_with(['{', '[']) {
            return Self::of_json(text);
        }
        let known = |key| Known { kid: None, alg: None, key };
        if pem::is_pem(text) {
            pem::check(text)?;
            let keys = pem::blocks(text).filter_map(|block| PublicKey::from_der(&block.der?)).map(known);
            return Ok(Self(keys.take(MAX_KEYS).collect()));
        }
        let key = key_from_base64(text).and_then(|der| PublicKey::from_der(&der));
        key.map(|key| Self(vec![known(key)])).ok_or_else(|| {
            "This is no public key: paste PEM (a public key or a certificate), a JWK or a JWKS.".to_owned()
        })
    }

    fn of_json(text: &str) -> Result<Self, String> {
        let json: Json = serde_json::from_str(text).map_err(|error| format!("The key set is no JSON: {error}."))?;
        let single;
        let members = match &json {
            Json::Array(keys) => keys,
            Json::Object(object) => match (object.get("keys"), object.get("key")) {
                (Some(Json::Array(keys)), _) => keys,
                // What Plaid's endpoint answers.
                (_, Some(key @ Json::Object(_))) => {
                    single = vec![key.clone()];
                    &single
                }
                _ => {
                    single = vec![json.clone()];
                    &single
                }
            },
            _ => return Err("The key set is no JSON object with `keys`.".to_owned()),
        };
        if members.len() > MAX_KEYS {
            return Err(format!("The key set has {} keys; {MAX_KEYS} are taken.", members.len()));
        }
        let mut keys = Vec::new();
        let mut others = Vec::new();
        for member in members.iter().filter_map(Json::as_object) {
            match of_jwk(member)? {
                Read::Key(key) => keys.push(*key),
                Read::Other(what) => others.push(what),
            }
        }
        if keys.is_empty() {
            let has =
                if others.is_empty() { "it has none".to_owned() } else { format!("it has {}", others.join(", ")) };
            return Err(format!("The key set has no key that can be used ({KINDS} is wanted): {has}."));
        }
        Ok(Self(keys))
    }

    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn into_keys(self) -> Vec<PublicKey> {
        self.0.into_iter().map(|known| known.key).collect()
    }

    /// Whether one of the keys makes the token's signature of the message.
    pub(crate) fn verify(&self, alg: Alg, token: &Token<'_>, message: &[u8]) -> Result<(), Wrong> {
        let fits =
            |known: &&Known| fits(&known.key, alg) && known.alg.as_ref().is_none_or(|own| Alg::named(own) == Some(alg));
        let of_kind: Vec<&Known> = self.0.iter().filter(fits).collect();
        if of_kind.is_empty() {
            let mut has: Vec<&str> = self.0.iter().map(|known| known.key.words()).collect();
            has.dedup();
            has.truncate(4);
            return Err(Wrong::KeyKind { alg: alg.name(), has: has.join(", ") });
        }
        // A key without a name matches any name.
        let named = |known: &&&Known| match (&token.kid, &known.kid) {
            (Some(wanted), Some(own)) => wanted == own,
            _ => true,
        };
        let candidates: Vec<&Known> = of_kind.iter().filter(named).copied().collect();
        if candidates.is_empty() {
            let known = of_kind.iter().filter_map(|known| known.kid.clone()).collect();
            return Err(Wrong::UnknownKey { kid: token.kid.clone().unwrap_or_default(), known });
        }
        if candidates.iter().any(|known| verifies(&known.key, alg, message, &token.signature)) {
            return Ok(());
        }
        Err(Wrong::Mismatch { kid: candidates.first().and_then(|known| known.kid.clone()) })
    }
}

const fn fits(key: &PublicKey, alg: Alg) -> bool {
    match key {
        PublicKey::Rsa(_) => {
            matches!(alg, Alg::Rs256 | Alg::Rs384 | Alg::Rs512 | Alg::Ps256 | Alg::Ps384 | Alg::Ps512)
        }
        PublicKey::P256(_) => matches!(alg, Alg::Es256),
        PublicKey::Ed25519(_) => matches!(alg, Alg::EdDsa),
    }
}

fn verifies(key: &PublicKey, alg: Alg, message: &[u8], signature: &[u8]) -> bool {
    match alg {
        Alg::Rs256 => key.verifies_rsa(Hash::Sha256, message, signature),
        Alg::Rs384 => key.verifies_rsa(Hash::Sha384, message, signature),
        Alg::Rs512 => key.verifies_rsa(Hash::Sha512, message, signature),
        Alg::Ps256 => key.verifies_pss(Hash::Sha256, message, signature),
        Alg::Ps384 => key.verifies_pss(Hash::Sha384, message, signature),
        Alg::Ps512 => key.verifies_pss(Hash::Sha512, message, signature),
        Alg::Es256 => key.verifies_p256_fixed(message, signature),
        Alg::EdDsa => key.verifies_ed25519(message, signature),
        Alg::Hs256 | Alg::Hs384 | Alg::Hs512 => false,
    }
}

enum Read {
    Key(Box<Known>),
    /// A key of another kind or for another use, in words.
    Other(String),
}

fn of_jwk(jwk: &Map<String, Json>) -> Result<Read, String> {
    let text = |name: &str| jwk.get(name).and_then(Json::as_str).filter(|text| text.len() <= MAX_VALUE);
    let bytes = |name: &str| text(name).and_then(|text| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok());
    let kid = text("kid").map(str::to_owned);
    let called = kid.as_deref().map(|kid| format!(" `{}`", shown(kid))).unwrap_or_default();
    if jwk.contains_key("d") {
        return Err(format!(
            "The JWK{called} is a private key: it has the member `d`. Paste the public one, without the members d, p, q, dp, dq, qi."
        ));
    }
    if let Some(usage) = text("use").filter(|usage| *usage != "sig") {
        return Ok(Read::Other(format!("a key for `{}`", shown(usage))));
    }
    let damaged = || format!("The JWK{called} is damaged: its members cannot be read as {KINDS}.");
    let key = match (text("kty").unwrap_or_default(), text("crv")) {
        ("RSA", _) => rsa(bytes("n"), bytes("e")).ok_or_else(damaged)?,
        ("EC", Some("P-256")) => p256(bytes("x"), bytes("y")).ok_or_else(damaged)?,
        ("OKP", Some("Ed25519")) => bytes("x").and_then(|x| PublicKey::ed25519(&x)).ok_or_else(damaged)?,
        ("oct", _) => return Ok(Read::Other("a shared secret (`oct`)".to_owned())),
        (kind, curve) => {
            return Ok(Read::Other(format!("{} {}", shown(kind), shown(curve.unwrap_or_default())).trim().to_owned()));
        }
    };
    Ok(Read::Key(Box::new(Known { kid, alg: text("alg").map(str::to_owned), key })))
}

fn rsa(modulus: Option<Vec<u8>>, exponent: Option<Vec<u8>>) -> Option<PublicKey> {
    let (modulus, exponent) = (modulus?, exponent?);
    let key = RsaPublicKeyRef { modulus: UintRef::new(&modulus).ok()?, public_exponent: UintRef::new(&exponent).ok()? };
    rsa::PublicKey::try_from(key).ok().map(PublicKey::Rsa)
}

fn p256(x: Option<Vec<u8>>, y: Option<Vec<u8>>) -> Option<PublicKey> {
    let point: Vec<u8> = [vec![4], x.filter(|x| x.len() == 32)?, y.filter(|y| y.len() == 32)?].concat();
    p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).ok().map(PublicKey::P256)
}

/// The bytes of a shared secret that is written as a JWK (`"kty": "oct"`).
pub(crate) fn symmetric(text: &str) -> Option<Vec<u8>> {
    let jwk: Map<String, Json> = serde_json::from_str(text.trim()).ok()?;
    let is_secret = jwk.get("kty").and_then(Json::as_str) == Some("oct");
    let key = jwk.get("k").and_then(Json::as_str).filter(|_| is_secret)?;
    URL_SAFE_NO_PAD.decode(key).ok().filter(|key| !key.is_empty())
}

/// Whether a text is JSON that holds a key or several.
pub(crate) fn is_jwk(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && (text.contains("\"kty\"") || text.contains("\"keys\""))
}
