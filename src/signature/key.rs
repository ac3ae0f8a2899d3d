//! Keys that are ready for use: what they compute of a message, and which signatures they verify.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq as _;

use super::algorithm::Algorithm;
use super::jws::{self, Alg, KeySet, Token, Wrong};
use super::public_key::PublicKey;
use super::sink::Sink;
use super::{pem, private_key};

/// Most keys of a pasted set that are tried on a signature outside a token: it does not name its key.
const MAX_KEYS: usize = 8;

/// A key that is ready for use. HMAC keys are already scheduled: each message clones the state.
#[derive(Clone)]
pub(crate) enum Key {
    HmacMd5(Hmac<Md5>),
    HmacSha1(Hmac<Sha1>),
    HmacSha256(Hmac<Sha256>),
    HmacSha224(Hmac<Sha224>),
    HmacSha384(Box<Hmac<Sha384>>),
    HmacSha512(Box<Hmac<Sha512>>),
    DigestMd5,
    DigestSha1,
    DigestSha256,
    DigestSha384,
    DigestSha512,
    Token(Vec<u8>),
    /// With the algorithm that it is for.
    Public(Algorithm, Vec<PublicKey>),
    Tokens(Box<KeySet>),
    /// The shared secret of tokens.
    TokenSecret(Vec<u8>),
}

fn hmac<M: KeyInit>(key: &[u8]) -> Option<M> {
    M::new_from_slice(key).ok()
}

impl Key {
    /// A key of the algorithm; `None` when the bytes are no such key.
    pub(crate) fn new(algorithm: Algorithm, key: &[u8]) -> Option<Self> {
        Some(match algorithm {
            Algorithm::HmacMd5 => Self::HmacMd5(hmac(key)?),
            Algorithm::HmacSha1 => Self::HmacSha1(hmac(key)?),
            Algorithm::HmacSha256 => Self::HmacSha256(hmac(key)?),
            Algorithm::HmacSha224 => Self::HmacSha224(hmac(key)?),
            Algorithm::HmacSha384 => Self::HmacSha384(Box::new(hmac(key)?)),
            Algorithm::HmacSha512 => Self::HmacSha512(Box::new(hmac(key)?)),
            Algorithm::DigestMd5 => Self::DigestMd5,
            Algorithm::DigestSha1 => Self::DigestSha1,
            Algorithm::DigestSha256 => Self::DigestSha256,
            Algorithm::DigestSha384 => Self::DigestSha384,
            Algorithm::DigestSha512 => Self::DigestSha512,
            Algorithm::Equal => Self::Token(key.to_vec()),
            Algorithm::Ed25519
            | Algorithm::EcdsaP256Sha256
            | Algorithm::EcdsaP256Sha1
            | Algorithm::RsaSha1
            | Algorithm::RsaSha256
            | Algorithm::RsaSha512
            | Algorithm::RsaPssSha256
            | Algorithm::RsaPssSha512 => {
                Self::Public(algorithm, Some(public_keys(algorithm, key)).filter(|keys| !keys.is_empty())?)
            }
            Algorithm::Jws => Self::Tokens(Box::new(KeySet::parse(std::str::from_utf8(key).ok()?).ok()?)),
            Algorithm::JwsHmac => Self::TokenSecret(token_secret(key)?),
        })
    }

    /// The signature's bytes, made with this key of the message that `feed` passes; `None` for public keys, which only
    /// verify. Returns an error of `feed`.
    pub(crate) fn compute<E>(&self, feed: impl FnOnce(&mut Sink<'_>) -> Result<(), E>) -> Result<Option<Tag>, E> {
        fn mac<M: Mac + Clone, E>(
            keyed: &M,
            feed: impl FnOnce(&mut Sink<'_>) -> Result<(), E>,
        ) -> Result<Option<Tag>, E> {
            let mut mac = keyed.clone();
            feed(&mut |piece| mac.update(piece))?;
            Ok(Some(Tag::new(&mac.finalize().into_bytes())))
        }
        fn digest<D: sha2::Digest, E>(feed: impl FnOnce(&mut Sink<'_>) -> Result<(), E>) -> Result<Option<Tag>, E> {
            let mut hash = D::new();
            feed(&mut |piece| hash.update(piece))?;
            Ok(Some(Tag::new(&hash.finalize())))
        }
        match self {
            Self::HmacMd5(key) => mac(key, feed),
            Self::HmacSha1(key) => mac(key, feed),
            Self::HmacSha256(key) => mac(key, feed),
            Self::HmacSha224(key) => mac(key, feed),
            Self::HmacSha384(key) => mac(&**key, feed),
            Self::HmacSha512(key) => mac(&**key, feed),
            Self::DigestMd5 => digest::<Md5, E>(feed),
            Self::DigestSha1 => digest::<Sha1, E>(feed),
            Self::DigestSha256 => digest::<Sha256, E>(feed),
            Self::DigestSha384 => digest::<Sha384, E>(feed),
            Self::DigestSha512 => digest::<Sha512, E>(feed),
            Self::Token(_) | Self::Public(..) | Self::Tokens(_) | Self::TokenSecret(_) => Ok(None),
        }
    }

    /// The same for a complete message.
    pub(crate) fn tag(&self, message: &[u8]) -> Option<Tag> {
        let fed = self.compute(|sink| {
            sink(message);
            Ok::<(), std::convert::Infallible>(())
        });
        match fed {
            Ok(tag) => tag,
            Err(never) => match never {},
        }
    }

    /// For tokens: whether the received one is the same, in constant time.
    pub(crate) fn token_matches(&self, received: &[u8]) -> bool {
        matches!(self, Self::Token(token) if token.ct_eq(received).into())
    }

    /// For public keys: whether the signature is right.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Public(algorithm, keys) => keys.iter().any(|key| key.verifies(*algorithm, message, signature)),
            _ => false,
        }
    }

    /// The number of keys: each key of a set may have made a signature.
    pub(crate) fn count(&self) -> usize {
        match self {
            Self::Public(_, keys) => keys.len(),
            Self::Tokens(keys) => keys.len(),
            _ => 1,
        }
    }

    /// Whether a check takes longer than with elliptic curves.
    pub(crate) const fn is_slow(&self) -> bool {
        match self {
            Self::Public(algorithm, _) => algorithm.is_rsa(),
            Self::Tokens(_) => true,
            _ => false,
        }
    }

    /// For keys of tokens: whether the token's signature of the message is right.
    pub(crate) fn verifies_token(&self, alg: Alg, token: &Token<'_>, message: &[u8]) -> Result<(), Wrong> {
        match self {
            Self::Tokens(keys) => keys.verify(alg, token, message),
            Self::TokenSecret(secret) if jws::secret_verifies(secret, alg, message, &token.signature) => Ok(()),
            _ => Err(Wrong::Mismatch { kid: None }),
        }
    }
}

/// The public keys for this algorithm of a pasted text or its bytes: those of a JWKS, or one.
pub(super) fn public_keys(algorithm: Algorithm, key: &[u8]) -> Vec<PublicKey> {
    match std::str::from_utf8(key) {
        Ok(text) if jws::is_jwk(text) => {
            let keys = KeySet::parse(text).map(KeySet::into_keys).unwrap_or_default();
            keys.into_iter().filter(|key| key.is_of(algorithm)).take(MAX_KEYS).collect()
        }
        _ => PublicKey::for_algorithm(algorithm, key).into_iter().collect(),
    }
}

/// A public key is never used as a shared secret: anyone who knows the key could sign with it.
fn token_secret(key: &[u8]) -> Option<Vec<u8>> {
    if PublicKey::from_der(key).is_some() {
        return None;
    }
    let Ok(text) = std::str::from_utf8(key) else { return Some(key.to_vec()) };
    if jws::is_jwk(text) {
        return jws::symmetric(text);
    }
    let is_public = pem::is_pem(text) || KeySet::parse(text).is_ok();
    (!is_public).then(|| key.to_vec())
}

/// A computed keyed or plain hash.
pub(crate) struct Tag {
    bytes: [u8; 64],
    length: usize,
}

impl Tag {
    fn new(bytes: &[u8]) -> Self {
        let mut tag = Self { bytes: [0; 64], length: bytes.len().min(64) };
        tag.bytes[..tag.length].copy_from_slice(&bytes[..tag.length]);
        tag
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Compared in constant time.
    pub(crate) fn matches(&self, received: &[u8]) -> bool {
        self.as_bytes().ct_eq(received).into()
    }
}

/// The signature's bytes: any algorithm, any key bytes, any message. For public-key algorithms, `key` is the private
/// key. `None` when the key does not fit the algorithm.
#[must_use]
pub(crate) fn compute(algorithm: Algorithm, key: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    match algorithm {
        Algorithm::Ed25519
        | Algorithm::EcdsaP256Sha256
        | Algorithm::EcdsaP256Sha1
        | Algorithm::RsaSha1
        | Algorithm::RsaSha256
        | Algorithm::RsaSha512
        | Algorithm::RsaPssSha256
        | Algorithm::RsaPssSha512 => private_key::sign(algorithm, key, message),
        // A token is made by `sign.rs`, which knows its claims.
        Algorithm::Jws | Algorithm::JwsHmac => None,
        Algorithm::Equal => Some(key.to_vec()),
        Algorithm::HmacMd5
        | Algorithm::HmacSha1
        | Algorithm::HmacSha224
        | Algorithm::HmacSha256
        | Algorithm::HmacSha384
        | Algorithm::HmacSha512
        | Algorithm::DigestMd5
        | Algorithm::DigestSha1
        | Algorithm::DigestSha256
        | Algorithm::DigestSha384
        | Algorithm::DigestSha512 => Some(Key::new(algorithm, key)?.tag(message)?.as_bytes().to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::public_key::ED25519_SPKI_PREFIX;
    use super::*;

    fn hex_of(algorithm: Algorithm, key: &[u8], message: &[u8]) -> String {
        hex::encode(compute(algorithm, key, message).unwrap())
    }

    #[test]
    fn keyed_hashes_agree_with_their_rfcs() {
        // RFC 2202 and RFC 4231, test case 2; RFC 2202, section 2, test case 2.
        let message = b"what do ya want for nothing?";
        for (algorithm, expected) in [
            (Algorithm::HmacMd5, "750c783e6ab0b503eaa86e310a5db738"),
            (Algorithm::HmacSha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (Algorithm::HmacSha224, "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44"),
            (Algorithm::HmacSha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (
                Algorithm::HmacSha384,
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
            ),
            (
                Algorithm::HmacSha512,
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ),
        ] {
            assert_eq!(hex_of(algorithm, b"Jefe", message), expected, "{algorithm:?}");
        }
    }

    #[test]
    fn plain_hashes_agree_with_their_standards() {
        // RFC 1321, appendix A.5; FIPS 180-4, example "abc".
        for (algorithm, expected) in [
            (Algorithm::DigestMd5, "900150983cd24fb0d6963f7d28e17f72"),
            (Algorithm::DigestSha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (Algorithm::DigestSha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                Algorithm::DigestSha384,
                "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
            ),
            (
                Algorithm::DigestSha512,
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
        ] {
            assert_eq!(hex_of(algorithm, b"not used", b"abc"), expected, "{algorithm:?}");
        }
    }

    #[test]
    fn ed25519_agrees_with_rfc_8032() {
        // Section 7.1, test 2.
        let seed = hex::decode("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").unwrap();
        let public = hex::decode("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c").unwrap();
        let expected = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
        assert_eq!(hex_of(Algorithm::Ed25519, &seed, &[0x72]), expected);
        let signature = hex::decode(expected).unwrap();
        let pair = [seed, public.clone()].concat();
        let spki = [&ED25519_SPKI_PREFIX[..], &public].concat();
        for key in [&public, &pair, &spki] {
            let key = Key::new(Algorithm::Ed25519, key).unwrap();
            assert!(key.verifies(&[0x72], &signature));
            assert!(!key.verifies(&[0x73], &signature));
            assert!(!key.verifies(&[0x72], &signature[1..]));
        }
        assert!(Key::new(Algorithm::Ed25519, b"short").is_none());
    }

    #[test]
    fn ecdsa_agrees_with_rfc_6979() {
        // Appendix A.2.5, SHA-256, message "sample".
        let private = hex::decode("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721").unwrap();
        let public = hex::decode("0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299").unwrap();
        let made = compute(Algorithm::EcdsaP256Sha256, &private, b"sample").unwrap();
        let expected = hex::decode("3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8").unwrap();
        assert_eq!(made, expected);
        let key = Key::new(Algorithm::EcdsaP256Sha256, &public).unwrap();
        assert!(key.verifies(b"sample", &expected));
        assert!(!key.verifies(b"Sample", &expected));
    }

    #[test]
    fn a_signature_has_the_length_of_its_algorithm() {
        for algorithm in Algorithm::ALL {
            let (least, most) = match algorithm {
                // DER of two numbers (X.690), the modulus (RFC 8017), a header and two dots, any text.
                Algorithm::EcdsaP256Sha256 | Algorithm::EcdsaP256Sha1 => (8, 72),
                Algorithm::RsaSha1
                | Algorithm::RsaSha256
                | Algorithm::RsaSha512
                | Algorithm::RsaPssSha256
                | Algorithm::RsaPssSha512 => (1_024 / 8, 8_192 / 8),
                Algorithm::Jws | Algorithm::JwsHmac => (20, usize::MAX),
                Algorithm::Equal => (1, usize::MAX),
                hash => {
                    let length = compute(hash, &[7; 32], b"any").unwrap().len();
                    (length, length)
                }
            };
            assert!(algorithm.fits_length(least) && algorithm.fits_length(most), "{algorithm:?}");
            assert!(!algorithm.fits_length(least - 1), "{algorithm:?}");
            assert!(most == usize::MAX || !algorithm.fits_length(most + 1), "{algorithm:?}");
        }
    }
}
