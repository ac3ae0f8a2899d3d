//! PEM: the blocks of a text, and why they hold no public key that can be used.

use rsa::pkcs8::PrivateKeyInfoRef;
use x509_cert::der::Decode as _;

use super::encoding::key_from_base64;
use super::public_key::PublicKey;

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

/// Why a text in the form of PEM cannot be used as a key.
pub(super) fn check(text: &str) -> Result<(), String> {
    blocks(text).try_for_each(|block| check_block(&block))
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

/// Whether it is a private key: PKCS #8 or PKCS #1.
pub(super) fn is_private(der: &[u8]) -> bool {
    der.first() == Some(&0x30)
        && (PrivateKeyInfoRef::from_der(der).is_ok() || rsa::pkcs1::RsaPrivateKeyRef::from_der(der).is_ok())
}

/// What to say about a private key.
pub(super) fn private(what: &str) -> String {
    format!(
        "This is a private key ({what}). Signatures are checked with the public half alone: leave the private key where it signs, and paste the public key or the certificate."
    )
}
