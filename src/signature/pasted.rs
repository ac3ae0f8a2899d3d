//! Recognises pasted keys, and says why a text is no key. Every secret goes through [`check`] when it is set: a damaged
//! key is reported then, not at the first request, and a private key is never accepted.

use rsa::pkcs8::PrivateKeyInfoRef;
use x509_cert::der::Decode as _;

use super::algorithm::{Algorithm, Key};
use super::encoding::key_from_base64;
use super::jws::KeySet;
use super::public_key::PublicKey;
use super::scheme::Scheme;

/// Most PEM blocks of one text; a chain of certificates has three.
const MAX_BLOCKS: usize = 64;

/// What public keys may be, for sentences.
pub(super) const KINDS: &str = "RSA (1,024 to 8,192 bits), P-256 or Ed25519";

/// One block of a PEM text.
pub(super) struct Block<'t> {
    pub(super) label: &'t str,
    /// `None` when the block does not end or is no base64.
    pub(super) der: Option<Vec<u8>>,
}

/// The blocks of a PEM text. Line ends may be lost or written as `\n`, as environment variables and JSON make them.
pub(super) fn blocks(text: &str) -> impl Iterator<Item = Block<'_>> {
    text.split("-----BEGIN ").skip(1).take(MAX_BLOCKS).filter_map(|rest| {
        let (label, rest) = rest.split_once("-----")?;
        let der = rest.split_once("-----END").and_then(|(inside, _)| {
            let plain: String = inside.replace("\\r", "").replace("\\n", "").split_ascii_whitespace().collect();
            key_from_base64(&plain)
        });
        Some(Block { label, der: der.filter(|der| !der.is_empty()) })
    })
}

/// The bytes of the first block of a PEM text; `None` when it is none or damaged. OpenSSL writes a block with the curve
/// before the key, which is skipped.
pub(super) fn first_block(text: &str) -> Option<Vec<u8>> {
    blocks(text).find(|block| block.label != "EC PARAMETERS")?.der
}

/// Whether a text has the form of PEM.
pub(super) fn is_pem(text: &str) -> bool {
    text.contains("-----BEGIN ")
}

/// Whether a text is JSON that holds a key or several.
pub(super) fn is_jwk(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && (text.contains("\"kty\"") || text.contains("\"keys\""))
}

/// Why a text in the form of a key cannot be used as one. Texts that may be any secret are accepted.
pub(super) fn check(text: &str) -> Result<(), String> {
    if is_pem(text) {
        return blocks(text).try_for_each(|block| check_block(&block));
    }
    if is_jwk(text) {
        // A key for HMAC may be written as a JWK.
        return match KeySet::parse(text) {
            Err(_) if super::jws::symmetric(text).is_some() => Ok(()),
            read => read.map(|_| ()),
        };
    }
    let trimmed = text.trim();
    if trimmed.starts_with("ssh-") && trimmed.contains(' ') {
        return Err("This is a key in OpenSSH's form. Write it as PEM: ssh-keygen -e -m PKCS8 -f key.pub.".to_owned());
    }
    if key_from_base64(trimmed).is_some_and(|der| is_private(&der)) {
        return Err(private("base64 of PKCS #8 or PKCS #1"));
    }
    Ok(())
}

/// The same for a bin's scheme: for public keys or tokens, the text must be one of its keys. Schemes that also take
/// other texts report a bad one in their verdict.
pub(super) fn check_for(scheme: &Scheme, text: &str) -> Result<(), String> {
    check(text)?;
    if !(scheme.algorithm.is_rsa() || scheme.algorithm.is_token()) {
        return Ok(());
    }
    if scheme.key(text).is_some_and(|key| Key::new(scheme.algorithm, &key).is_some()) {
        return Ok(());
    }
    Err(match scheme.algorithm {
        Algorithm::Jws => match KeySet::parse(text) {
            Err(sentence) => sentence,
            Ok(_) => format!("The key is none of {}.", scheme.name),
        },
        Algorithm::JwsHmac if is_pem(text) || is_jwk(text) => {
            "This is a public key. The scheme's tokens are made with a shared secret (HS256): a public key is never used as one."
                .to_owned()
        }
        Algorithm::JwsHmac => format!("The secret cannot be read (expected: {}).", scheme.secret.words()),
        _ => format!("This is no RSA public key of {}: paste {}.", scheme.name, wanted(scheme.algorithm)),
    })
}

/// What to paste, in words.
pub(super) const fn wanted(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Jws => "a public key or certificate in PEM, a JWK or a JWKS",
        _ => "the public key or the X.509 certificate in PEM, or base64 of its DER",
    }
}

fn check_block(block: &Block<'_>) -> Result<(), String> {
    let label = block.label;
    if label.contains("PRIVATE KEY") {
        return Err(private(&format!("PEM, “{}”", shown(label))));
    }
    if !matches!(label, "PUBLIC KEY" | "RSA PUBLIC KEY" | "CERTIFICATE" | "X509 CERTIFICATE") {
        return Err(format!(
            "The PEM text is a “{}”; a PUBLIC KEY, an RSA PUBLIC KEY or a CERTIFICATE is wanted.",
            shown(label)
        ));
    }
    match &block.der {
        None => Err(format!("The PEM text of the {label} is damaged: paste it whole, from BEGIN to END.")),
        Some(der) if is_private(der) => Err(private(&format!("under the label “{label}”"))),
        Some(der) if PublicKey::from_der(der).is_none() => {
            Err(format!("The {label} holds no key that can be used: {KINDS} is wanted."))
        }
        Some(_) => Ok(()),
    }
}

fn shown(label: &str) -> String {
    label.chars().filter(|character| !character.is_control()).take(40).collect()
}

/// PKCS #8 or PKCS #1.
fn is_private(der: &[u8]) -> bool {
    der.first() == Some(&0x30)
        && (PrivateKeyInfoRef::from_der(der).is_ok() || rsa::pkcs1::RsaPrivateKeyRef::from_der(der).is_ok())
}

fn private(what: &str) -> String {
    format!(
        "This is a private key ({what}). Signatures are checked with the public half alone: leave the private key where it signs, and paste the public key or the certificate."
    )
}
