//! Says why a pasted text is no key. Every secret goes through [`check`] when it is set: a damaged key is reported
//! then, not at the first request, and a private key is never accepted.

use super::algorithm::Algorithm;
use super::encoding::key_from_base64;
use super::jws::{self, KeySet};
use super::key::Key;
use super::pem;
use super::scheme::Scheme;

/// Why a text in the form of a key cannot be used as one. Texts that may be any secret are accepted.
pub(super) fn check(text: &str) -> Result<(), String> {
    if pem::is_pem(text) {
        return pem::check(text);
    }
    if jws::is_jwk(text) {
        // A key for HMAC may be written as a JWK.
        return match KeySet::parse(text) {
            Err(_) if jws::symmetric(text).is_some() => Ok(()),
            read => read.map(|_| ()),
        };
    }
    let trimmed = text.trim();
    if trimmed.starts_with("ssh-") && trimmed.contains(' ') {
        return Err("This is a key in OpenSSH's form. Write it as PEM: ssh-keygen -e -m PKCS8 -f key.pub.".to_owned());
    }
    if key_from_base64(trimmed).is_some_and(|der| pem::is_private(&der)) {
        return Err(pem::private("base64 of PKCS #8 or PKCS #1"));
    }
    Ok(())
}

/// What to paste, in words.
pub(super) const fn wanted(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Jws => "a public key or certificate in PEM, a JWK or a JWKS",
        _ => "the public key or the X.509 certificate in PEM, or base64 of its DER",
    }
}

impl Scheme {
    /// Rejects a text that cannot be a secret of this scheme. Texts that only a request can disprove are accepted.
    ///
    /// # Errors
    /// A sentence with what the text is and what is expected.
    pub fn check_secret(&self, text: &str) -> Result<(), String> {
        check(text)?;
        // For public keys or tokens, the text must be one of the scheme's keys. Schemes that also take other texts
        // report a bad one in their verdict.
        if !(self.algorithm.is_rsa() || self.algorithm.is_token()) {
            return Ok(());
        }
        if self.key(text).is_some_and(|key| Key::new(self.algorithm, &key).is_some()) {
            return Ok(());
        }
        Err(match self.algorithm {
            Algorithm::Jws => match KeySet::parse(text) {
                Err(sentence) => sentence,
                Ok(_) => format!("The key is none of {}.", self.name),
            },
            Algorithm::JwsHmac if pem::is_pem(text) || jws::is_jwk(text) => {
                "This is a public key. The scheme's tokens are made with a shared secret (HS256): a public key is never used as one."
                    .to_owned()
            }
            Algorithm::JwsHmac => format!("The secret cannot be read (expected: {}).", self.secret.words()),
            _ => format!("This is no RSA public key of {}: paste {}.", self.name, wanted(self.algorithm)),
        })
    }
}
