//! Public keys as people paste them: PEM or DER, bare (SPKI, PKCS #1) or in an X.509 certificate. Nothing is fetched,
//! and a certificate only wraps its key: its issuer and its expiry are not checked.

use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::pkcs8::DecodePublicKey as _;
use rsa::pkcs1::DecodeRsaPublicKey as _;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_cert::der::{Decode as _, Encode as _};

use super::algorithm::Algorithm;

#[derive(Clone, Debug)]
pub(crate) enum PublicKey {
    Ed25519(ed25519_dalek::VerifyingKey),
    P256(p256::ecdsa::VerifyingKey),
    Rsa(rsa::PublicKey),
}

/// The hash under an RSA signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// The bytes before the 32 of an Ed25519 public key in its SPKI form (RFC 8410, section 4).
pub(super) const ED25519_SPKI_PREFIX: [u8; 12] =
    [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

impl PublicKey {
    /// A key in DER: SPKI, PKCS #1, or a certificate's. RSA keys have 1,024 to 8,192 bits.
    pub(crate) fn from_der(der: &[u8]) -> Option<Self> {
        if let Ok(certificate) = x509_cert::Certificate::from_der(der) {
            let key = certificate.tbs_certificate().subject_public_key_info().to_der().ok()?;
            return Self::from_spki(&key);
        }
        Self::from_spki(der).or_else(|| rsa::PublicKey::from_pkcs1_der(der).ok().map(Self::Rsa))
    }

    fn from_spki(der: &[u8]) -> Option<Self> {
        if let Some(raw) = der.strip_prefix(&ED25519_SPKI_PREFIX) {
            return Self::ed25519(raw);
        }
        let p256 = || p256::ecdsa::VerifyingKey::from_public_key_der(der).ok().map(Self::P256);
        p256().or_else(|| rsa::PublicKey::from_public_key_der(der).ok().map(Self::Rsa))
    }

    /// The 32 bytes of an Ed25519 key.
    pub(crate) fn ed25519(raw: &[u8]) -> Option<Self> {
        ed25519_dalek::VerifyingKey::from_bytes(raw.try_into().ok()?).ok().map(Self::Ed25519)
    }

    /// A key for this algorithm: DER, or the bare form that the algorithm's senders show.
    pub(super) fn for_algorithm(algorithm: Algorithm, key: &[u8]) -> Option<Self> {
        let read = match algorithm {
            // Raw, or the second half of a 64-byte key pair.
            Algorithm::Ed25519 if key.len() == 64 => Self::ed25519(&key[32..]),
            Algorithm::Ed25519 => Self::ed25519(key),
            // The bare point; DER is none.
            Algorithm::EcdsaP256Sha256 | Algorithm::EcdsaP256Sha1 => {
                p256::ecdsa::VerifyingKey::from_sec1_bytes(key).ok().map(Self::P256)
            }
            _ => None,
        };
        read.or_else(|| Self::from_der(key)).filter(|key| key.is_of(algorithm))
    }

    pub(super) const fn is_of(&self, algorithm: Algorithm) -> bool {
        match algorithm {
            Algorithm::Ed25519 => matches!(self, Self::Ed25519(_)),
            Algorithm::EcdsaP256Sha256 | Algorithm::EcdsaP256Sha1 => matches!(self, Self::P256(_)),
            _ => matches!(self, Self::Rsa(_)) && algorithm.is_rsa(),
        }
    }

    /// What it is, for a sentence.
    pub(crate) const fn words(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "an Ed25519 key",
            Self::P256(_) => "a P-256 key",
            Self::Rsa(_) => "an RSA key",
        }
    }

    /// Whether the signature of the message is right.
    pub(super) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match (self, algorithm) {
            (Self::Ed25519(_), Algorithm::Ed25519) => self.verifies_ed25519(message, signature),
            (Self::P256(key), Algorithm::EcdsaP256Sha256) => p256::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            (Self::P256(key), Algorithm::EcdsaP256Sha1) => p256::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify_prehash(&Sha1::digest(message), &signature).is_ok()),
            (Self::Rsa(_), Algorithm::RsaSha1) => self.verifies_rsa(Hash::Sha1, message, signature),
            (Self::Rsa(_), Algorithm::RsaSha256) => self.verifies_rsa(Hash::Sha256, message, signature),
            (Self::Rsa(_), Algorithm::RsaSha512) => self.verifies_rsa(Hash::Sha512, message, signature),
            (Self::Rsa(_), Algorithm::RsaPssSha256) => self.verifies_pss(Hash::Sha256, message, signature),
            (Self::Rsa(_), Algorithm::RsaPssSha512) => self.verifies_pss(Hash::Sha512, message, signature),
            _ => false,
        }
    }

    pub(super) fn verifies_ed25519(&self, message: &[u8], signature: &[u8]) -> bool {
        let Self::Ed25519(key) = self else { return false };
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok())
    }

    /// The 64 bytes of a JWS signature (RFC 7518, section 3.4).
    pub(super) fn verifies_p256_fixed(&self, message: &[u8], signature: &[u8]) -> bool {
        let Self::P256(key) = self else { return false };
        p256::ecdsa::Signature::from_slice(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
    }

    /// RSASSA-PKCS1-v1_5 (RFC 8017, section 8.2).
    pub(super) fn verifies_rsa(&self, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
        let Self::Rsa(key) = self else { return false };
        let verified = match hash {
            Hash::Sha1 => key.pkcs1v15_verify::<Sha1>(message, signature),
            Hash::Sha256 => key.pkcs1v15_verify::<Sha256>(message, signature),
            Hash::Sha384 => key.pkcs1v15_verify::<Sha384>(message, signature),
            Hash::Sha512 => key.pkcs1v15_verify::<Sha512>(message, signature),
        };
        verified.is_ok()
    }

    /// RSASSA-PSS with a salt as long as the hash (RFC 7518, section 3.5).
    pub(super) fn verifies_pss(&self, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
        let Self::Rsa(key) = self else { return false };
        let verified = match hash {
            Hash::Sha1 => key.pss_verify::<Sha1>(message, signature),
            Hash::Sha256 => key.pss_verify::<Sha256>(message, signature),
            Hash::Sha384 => key.pss_verify::<Sha384>(message, signature),
            Hash::Sha512 => key.pss_verify::<Sha512>(message, signature),
        };
        verified.is_ok()
    }
}
