//! JSON Web Signatures (RFC 7515) in their compact form: a token read strictly, and the keys that check it.
//!
//! The token names the algorithm but does not choose it: a scheme takes either public keys or a shared secret, so that
//! a public key is never used for HMAC. `none` is no signature. A token's statements about its key (`jku`, `jwk`,
//! `x5u`, `x5c`, a URL as `kid`) are ignored.

mod keys;
mod token;

pub(crate) use keys::{KeySet, is_jwk, symmetric};
pub(crate) use token::{Alg, Token, claim, looks_like};

use hmac::Hmac;
use sha2::{Sha256, Sha384, Sha512};

/// Why a token is not right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It has the algorithm `none`.
    Unsigned,
    /// The scheme does not accept its algorithm.
    Algorithm { alg: String, wanted: String },
    /// There is no key for its algorithm.
    KeyKind { alg: &'static str, has: String },
    /// The key that it names is not among the known ones.
    UnknownKey { kid: String, known: Vec<String> },
    /// The signature matches no key.
    Mismatch { kid: Option<String> },
}

/// Most characters of a token's text in a sentence.
const SHOWN: usize = 60;

pub(crate) fn shown(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(SHOWN).collect();
    if text.chars().count() > SHOWN { format!("{clean}…") } else { clean }
}

impl Wrong {
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::Unsigned => "The token is not signed: its algorithm is `none`, which is never taken.".to_owned(),
            Self::Algorithm { alg, wanted } => {
                format!("The token is signed with {}; the scheme takes {wanted}.", shown(alg))
            }
            Self::KeyKind { alg, has } => format!("The token is signed with {alg}, and the bin has {has}."),
            Self::UnknownKey { kid, known } => {
                let known: Vec<String> = known.iter().take(4).map(|kid| format!("`{}`", shown(kid))).collect();
                format!(
                    "The token names the key `{}`, which is not among the bin's keys ({}).",
                    shown(kid),
                    known.join(", ")
                )
            }
            Self::Mismatch { kid: Some(kid) } => {
                format!("The token's signature does not fit the bin's key `{}`.", shown(kid))
            }
            Self::Mismatch { kid: None } => "The token's signature does not fit the bin's key.".to_owned(),
        }
    }

    /// How specific it is; of several keys' reasons, the most specific one is shown.
    const fn weight(&self) -> u8 {
        match self {
            Self::KeyKind { .. } => 0,
            Self::UnknownKey { .. } => 1,
            Self::Mismatch { .. } => 2,
            Self::Algorithm { .. } => 3,
            Self::Unsigned => 4,
        }
    }

    /// The more specific one of the two.
    pub(crate) fn or(self, other: Option<Self>) -> Self {
        match other {
            Some(other) if other.weight() >= self.weight() => other,
            _ => self,
        }
    }
}

/// The algorithm that the token names, if the scheme accepts it. `is_hmac` is the scheme's family; `allowed` narrows
/// it.
pub(crate) fn algorithm(token: &Token<'_>, is_hmac: bool, allowed: &[Alg]) -> Result<Alg, Wrong> {
    if token.alg.eq_ignore_ascii_case("none") {
        return Err(Wrong::Unsigned);
    }
    let takes = |alg: &Alg| alg.is_hmac() == is_hmac && (allowed.is_empty() || allowed.contains(alg));
    Alg::named(&token.alg).filter(takes).ok_or_else(|| {
        let names = |all: &[Alg]| all.iter().map(|alg| alg.name()).collect::<Vec<_>>().join(", ");
        let wanted = match (allowed, is_hmac) {
            ([], true) => "HS256, HS384 or HS512".to_owned(),
            ([], false) => names(&Alg::PUBLIC),
            (allowed, _) => names(allowed),
        };
        Wrong::Algorithm { alg: token.alg.clone(), wanted }
    })
}

/// Whether the secret makes the token's signature; compared in constant time.
pub(crate) fn secret_verifies(secret: &[u8], alg: Alg, message: &[u8], signature: &[u8]) -> bool {
    fn mac<M: hmac::Mac + hmac::KeyInit>(secret: &[u8], message: &[u8], signature: &[u8]) -> bool {
        let Ok(mut mac) = <M as hmac::KeyInit>::new_from_slice(secret) else { return false };
        mac.update(message);
        mac.verify_slice(signature).is_ok()
    }
    match alg {
        Alg::Hs256 => mac::<Hmac<Sha256>>(secret, message, signature),
        Alg::Hs384 => mac::<Hmac<Sha384>>(secret, message, signature),
        Alg::Hs512 => mac::<Hmac<Sha512>>(secret, message, signature),
        _ => false,
    }
}

/// A token's signature by a secret or a private key; `None` where the key does not fit.
pub(crate) fn sign(alg: Alg, key: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    use super::algorithm::Algorithm;
    use super::{pem, private_key};
    fn mac<M: hmac::Mac + hmac::KeyInit>(secret: &[u8], message: &[u8]) -> Option<Vec<u8>> {
        let mut mac = <M as hmac::KeyInit>::new_from_slice(secret).ok()?;
        mac.update(message);
        Some(mac.finalize().into_bytes().to_vec())
    }
    let der = || std::str::from_utf8(key).ok().and_then(pem::first_block).unwrap_or_else(|| key.to_vec());
    match alg {
        Alg::Hs256 => mac::<Hmac<Sha256>>(key, message),
        Alg::Hs384 => mac::<Hmac<Sha384>>(key, message),
        Alg::Hs512 => mac::<Hmac<Sha512>>(key, message),
        Alg::Rs256 => private_key::sign(Algorithm::RsaSha256, &der(), message),
        Alg::Rs512 => private_key::sign(Algorithm::RsaSha512, &der(), message),
        Alg::Ps256 => private_key::sign(Algorithm::RsaPssSha256, &der(), message),
        Alg::Ps512 => private_key::sign(Algorithm::RsaPssSha512, &der(), message),
        Alg::EdDsa => private_key::sign(Algorithm::Ed25519, &der(), message),
        Alg::Es256 => {
            use p256::ecdsa::signature::Signer as _;
            let signature: p256::ecdsa::Signature = private_key::p256(&der())?.try_sign(message).ok()?;
            Some(signature.to_bytes().to_vec())
        }
        Alg::Rs384 | Alg::Ps384 => None,
    }
}

#[cfg(test)]
mod tests;
