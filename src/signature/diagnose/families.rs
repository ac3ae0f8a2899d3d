//! Which algorithms a signature may have been made with by mistake: those of the scheme's own family.

use super::token::{Reading, Token};
use crate::signature::algorithm::Algorithm;
use crate::signature::scheme::Scheme;

/// The algorithms that may have made one of the tokens, the scheme's own first.
pub(super) fn algorithms(scheme: &Scheme, tokens: &[Token]) -> Vec<Algorithm> {
    let own = scheme.algorithm;
    let family: &[Algorithm] = match own {
        Algorithm::HmacMd5
        | Algorithm::HmacSha1
        | Algorithm::HmacSha224
        | Algorithm::HmacSha256
        | Algorithm::HmacSha384
        | Algorithm::HmacSha512 => &[
            Algorithm::HmacSha256,
            Algorithm::HmacSha1,
            Algorithm::HmacSha512,
            Algorithm::HmacSha384,
            Algorithm::HmacSha224,
            Algorithm::HmacMd5,
        ],
        Algorithm::DigestMd5
        | Algorithm::DigestSha1
        | Algorithm::DigestSha256
        | Algorithm::DigestSha384
        | Algorithm::DigestSha512 => &[
            Algorithm::DigestSha256,
            Algorithm::DigestSha1,
            Algorithm::DigestMd5,
            Algorithm::DigestSha512,
            Algorithm::DigestSha384,
        ],
        Algorithm::RsaSha1
        | Algorithm::RsaSha256
        | Algorithm::RsaSha512
        | Algorithm::RsaPssSha256
        | Algorithm::RsaPssSha512 => &[
            Algorithm::RsaSha256,
            Algorithm::RsaSha1,
            Algorithm::RsaSha512,
            Algorithm::RsaPssSha256,
            Algorithm::RsaPssSha512,
        ],
        Algorithm::EcdsaP256Sha256 | Algorithm::EcdsaP256Sha1 => {
            &[Algorithm::EcdsaP256Sha256, Algorithm::EcdsaP256Sha1]
        }
        Algorithm::Equal | Algorithm::Ed25519 | Algorithm::Jws | Algorithm::JwsHmac => &[],
    };
    let fits = |algorithm: Algorithm| {
        tokens.iter().flat_map(|token| &token.readings).any(|(reading, bytes)| {
            let is_text = *reading == Reading::Text;
            algorithm.fits_length(bytes.len()) && (algorithm == Algorithm::Equal || !is_text)
        })
    };
    let others = family.iter().copied().filter(|&algorithm| algorithm != own);
    [own].into_iter().chain(others).filter(|&algorithm| fits(algorithm)).collect()
}
