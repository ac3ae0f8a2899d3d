//! The algorithms: keyed hashes, plain hashes, token equality, public-key signatures, JSON Web Signatures.

use serde::{Deserialize, Serialize};

/// How a signature is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// HMAC with MD5 (no record uses it; diagnosis tries it).
    HmacMd5,
    /// HMAC with SHA-1.
    HmacSha1,
    /// HMAC with SHA-256.
    HmacSha256,
    /// HMAC with SHA-224 (no record uses it; diagnosis tries it).
    HmacSha224,
    /// HMAC with SHA-384.
    HmacSha384,
    /// HMAC with SHA-512.
    HmacSha512,
    /// Plain MD5; the secret is part of the template.
    DigestMd5,
    /// Plain SHA-1; the secret is part of the template.
    DigestSha1,
    /// Plain SHA-256; the secret is part of the template.
    DigestSha256,
    /// Plain SHA-384; the secret is part of the template.
    DigestSha384,
    /// Plain SHA-512; the secret is part of the template.
    DigestSha512,
    /// The signature is the secret.
    Equal,
    /// Ed25519 (RFC 8032); the secret is the public key.
    Ed25519,
    /// ECDSA over P-256 with SHA-256, DER signature; the secret is the public key (SPKI).
    #[serde(rename = "ecdsa-p256-sha256")]
    EcdsaP256Sha256,
    /// The same with SHA-1 (eBay).
    #[serde(rename = "ecdsa-p256-sha1")]
    EcdsaP256Sha1,
    /// RSASSA-PKCS1-v1_5 with SHA-1; the secret is the public key or its certificate.
    RsaSha1,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaSha256,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RsaSha512,
    /// RSASSA-PSS with SHA-256 and a salt of 32 bytes.
    RsaPssSha256,
    /// RSASSA-PSS with SHA-512 and a salt of 64 bytes.
    RsaPssSha512,
    /// A JSON Web Signature by a public key; the secret is the key, its certificate, a JWK or a JWKS.
    Jws,
    /// A JSON Web Signature by a shared secret.
    JwsHmac,
}

impl Algorithm {
    /// Every algorithm.
    pub const ALL: [Self; 22] = [
        Self::HmacSha256,
        Self::HmacSha1,
        Self::HmacSha512,
        Self::HmacSha384,
        Self::HmacSha224,
        Self::HmacMd5,
        Self::DigestMd5,
        Self::DigestSha1,
        Self::DigestSha256,
        Self::DigestSha384,
        Self::DigestSha512,
        Self::Equal,
        Self::Ed25519,
        Self::EcdsaP256Sha256,
        Self::EcdsaP256Sha1,
        Self::RsaSha1,
        Self::RsaSha256,
        Self::RsaSha512,
        Self::RsaPssSha256,
        Self::RsaPssSha512,
        Self::Jws,
        Self::JwsHmac,
    ];

    /// The algorithm of that name in a record.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// Its name in a record.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HmacMd5 => "hmac-md5",
            Self::HmacSha1 => "hmac-sha1",
            Self::HmacSha256 => "hmac-sha256",
            Self::HmacSha224 => "hmac-sha224",
            Self::HmacSha384 => "hmac-sha384",
            Self::HmacSha512 => "hmac-sha512",
            Self::DigestMd5 => "digest-md5",
            Self::DigestSha1 => "digest-sha1",
            Self::DigestSha256 => "digest-sha256",
            Self::DigestSha384 => "digest-sha384",
            Self::DigestSha512 => "digest-sha512",
            Self::Equal => "equal",
            Self::Ed25519 => "ed25519",
            Self::EcdsaP256Sha256 => "ecdsa-p256-sha256",
            Self::EcdsaP256Sha1 => "ecdsa-p256-sha1",
            Self::RsaSha1 => "rsa-sha1",
            Self::RsaSha256 => "rsa-sha256",
            Self::RsaSha512 => "rsa-sha512",
            Self::RsaPssSha256 => "rsa-pss-sha256",
            Self::RsaPssSha512 => "rsa-pss-sha512",
            Self::Jws => "jws",
            Self::JwsHmac => "jws-hmac",
        }
    }

    /// Whether verifying takes a public key and signing a private one.
    #[must_use]
    pub const fn is_asymmetric(self) -> bool {
        matches!(self, Self::Ed25519 | Self::EcdsaP256Sha256 | Self::EcdsaP256Sha1 | Self::Jws) || self.is_rsa()
    }

    /// Whether it is one of RSA.
    #[must_use]
    pub const fn is_rsa(self) -> bool {
        matches!(self, Self::RsaSha1 | Self::RsaSha256 | Self::RsaSha512 | Self::RsaPssSha256 | Self::RsaPssSha512)
    }

    /// Whether the signature is a token that holds what it signs, or signs a part of the request.
    #[must_use]
    pub const fn is_token(self) -> bool {
        matches!(self, Self::Jws | Self::JwsHmac)
    }

    /// Whether it is a hash without a key: the secret has to be part of what is hashed.
    #[must_use]
    pub const fn is_plain_hash(self) -> bool {
        matches!(
            self,
            Self::DigestMd5 | Self::DigestSha1 | Self::DigestSha256 | Self::DigestSha384 | Self::DigestSha512
        )
    }

    /// The measured cost of hashing, relative to SHA-256, for which processors have instructions.
    pub const fn hash_cost(self) -> usize {
        match self {
            Self::HmacSha384
            | Self::HmacSha512
            | Self::DigestSha384
            | Self::DigestSha512
            | Self::Ed25519
            | Self::RsaSha512
            | Self::RsaPssSha512 => 3,
            Self::HmacMd5 | Self::DigestMd5 => 2,
            Self::HmacSha1
            | Self::HmacSha224
            | Self::HmacSha256
            | Self::DigestSha1
            | Self::DigestSha256
            | Self::Equal
            | Self::EcdsaP256Sha256
            | Self::EcdsaP256Sha1
            | Self::RsaSha1
            | Self::RsaSha256
            | Self::RsaPssSha256
            | Self::Jws
            | Self::JwsHmac => 1,
        }
    }

    /// Whether this algorithm makes signatures of this length in bytes.
    #[must_use]
    pub const fn fits_length(self, bytes: usize) -> bool {
        match self {
            Self::HmacMd5 | Self::DigestMd5 => bytes == 16,
            Self::HmacSha1 | Self::DigestSha1 => bytes == 20,
            Self::HmacSha256 | Self::DigestSha256 => bytes == 32,
            Self::HmacSha224 => bytes == 28,
            Self::HmacSha384 | Self::DigestSha384 => bytes == 48,
            Self::HmacSha512 | Self::DigestSha512 | Self::Ed25519 => bytes == 64,
            // DER of two integers of up to 33 bytes.
            Self::EcdsaP256Sha256 | Self::EcdsaP256Sha1 => bytes >= 8 && bytes <= 72,
            // As long as the modulus: 1,024 to 8,192 bits.
            Self::RsaSha1 | Self::RsaSha256 | Self::RsaSha512 | Self::RsaPssSha256 | Self::RsaPssSha512 => {
                bytes >= 128 && bytes <= 1024
            }
            // `{"alg":"…"}` in base64url, and two dots.
            Self::Jws | Self::JwsHmac => bytes >= 20,
            Self::Equal => bytes > 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_records() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::named(algorithm.name()), Some(algorithm));
            assert_eq!(serde_json::to_value(algorithm).unwrap(), algorithm.name());
        }
    }
}
