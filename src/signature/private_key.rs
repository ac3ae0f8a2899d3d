//! Private keys, for signing: PKCS #8, SEC 1, or the bare form of their kind. A bin never holds one.

use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::pkcs8::DecodePrivateKey as _;
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use sha1::{Digest as _, Sha1};
use sha2::{Sha256, Sha512};

use super::algorithm::Algorithm;

/// The bytes before the 32 of an Ed25519 private key in its PKCS #8 form (RFC 8410, section 7).
const ED25519_PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// A seed, the first half of a 64-byte key pair, or PKCS #8.
pub(super) fn ed25519(key: &[u8]) -> Option<ed25519_dalek::SigningKey> {
    let seed = match key.len() {
        64 => &key[..32],
        48 => key.strip_prefix(&ED25519_PKCS8_PREFIX)?,
        _ => key,
    };
    Some(ed25519_dalek::SigningKey::from_bytes(seed.try_into().ok()?))
}

/// PKCS #8, SEC 1 (`EC PRIVATE KEY`, as openssl writes it), or the bare 32-byte scalar.
pub(super) fn p256(key: &[u8]) -> Option<p256::ecdsa::SigningKey> {
    let bare = || Some(key).filter(|key| key.len() == 32).and_then(|key| p256::SecretKey::from_slice(key).ok());
    let read = p256::SecretKey::from_pkcs8_der(key).ok().or_else(|| p256::SecretKey::from_sec1_der(key).ok());
    read.or_else(bare).map(p256::ecdsa::SigningKey::from)
}

/// PKCS #8 or PKCS #1.
pub(super) fn rsa(key: &[u8]) -> Option<rsa::PrivateKey> {
    rsa::PrivateKey::from_pkcs8_der(key).or_else(|_| rsa::PrivateKey::from_pkcs1_der(key)).ok()
}

/// The signature of the message by a private key; `None` when the key does not fit the algorithm.
pub(super) fn sign(algorithm: Algorithm, key: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    match algorithm {
        Algorithm::Ed25519 => {
            use ed25519_dalek::Signer as _;
            Some(ed25519(key)?.sign(message).to_bytes().to_vec())
        }
        Algorithm::EcdsaP256Sha256 => {
            let signature: p256::ecdsa::Signature = p256(key)?.try_sign(message).ok()?;
            Some(signature.to_der().as_bytes().to_vec())
        }
        Algorithm::EcdsaP256Sha1 => {
            let signature: p256::ecdsa::Signature = p256(key)?.sign_prehash(&Sha1::digest(message)).ok()?;
            Some(signature.to_der().as_bytes().to_vec())
        }
        // The blinding takes random numbers; the signature does not depend on them.
        Algorithm::RsaSha1 => rsa(key)?.pkcs1v15_sign_with_rng::<Sha1, _>(&mut rand::rng(), message).ok(),
        Algorithm::RsaSha256 => rsa(key)?.pkcs1v15_sign_with_rng::<Sha256, _>(&mut rand::rng(), message).ok(),
        Algorithm::RsaSha512 => rsa(key)?.pkcs1v15_sign_with_rng::<Sha512, _>(&mut rand::rng(), message).ok(),
        Algorithm::RsaPssSha256 => rsa(key)?.pss_sign_with_rng::<Sha256, _>(&mut rand::rng(), message).ok(),
        Algorithm::RsaPssSha512 => rsa(key)?.pss_sign_with_rng::<Sha512, _>(&mut rand::rng(), message).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::encoding::Encoding;
    use crate::signature::public_key::PublicKey;

    #[test]
    fn an_ed25519_key_is_read_in_each_of_its_forms() {
        // RFC 8410, sections 10.1 and 10.3.
        let decoded = |text: &str| Encoding::Base64.decode(text).unwrap().to_vec();
        let pkcs8 = decoded("MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC");
        let public = decoded("MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=");
        let pair = [&pkcs8[16..], &public[12..]].concat();
        let known = PublicKey::from_der(&public).unwrap();
        for key in [&pkcs8[..], &pkcs8[16..], &pair] {
            let signature = sign(Algorithm::Ed25519, key, b"message").unwrap();
            assert!(known.verifies(Algorithm::Ed25519, b"message", &signature), "{} bytes", key.len());
        }
        let other = [&[0; 16], &pkcs8[16..]].concat();
        for wrong in [&other[..], &pkcs8[..47], &pair[..63], &[]] {
            assert_eq!(sign(Algorithm::Ed25519, wrong, b"message"), None, "{} bytes", wrong.len());
        }
    }
}
