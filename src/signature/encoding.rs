//! The text forms of signatures. Only the canonical text is accepted: a lenient decoder would accept a changed
//! signature.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::{Deserialize, Serialize};
use smallvec::{SmallVec, smallvec};

/// Padding is optional but must be right; bits past the last byte must be zero.
const CANONICAL: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
/// Keys are pasted, not made by attackers: leftover bits are ignored, as in the providers' own libraries.
const LENIENT: GeneralPurposeConfig = CANONICAL.with_decode_allow_trailing_bits(true);

const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, CANONICAL);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, CANONICAL);
const URL_SAFE_UNPADDED: GeneralPurpose =
    GeneralPurpose::new(&alphabet::URL_SAFE, CANONICAL.with_encode_padding(false));
const KEY_STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const KEY_URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// A signature's bytes; those of the usual lengths stay on the stack.
pub(super) type Decoded = SmallVec<[u8; 72]>;

/// The text form of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// Two hexadecimal digits per byte, either case.
    #[default]
    Hex,
    /// Base64; the URL-safe alphabet is read as well.
    Base64,
    /// URL-safe base64 without padding; the standard alphabet is read as well.
    Base64url,
    /// Base64 of the hexadecimal text.
    #[serde(rename = "base64-hex")]
    Base64Hex,
    /// The text itself (plain tokens).
    Utf8,
}

impl Encoding {
    /// Every encoding, for help, diagnosis and tests.
    pub const ALL: [Self; 5] = [Self::Hex, Self::Base64, Self::Base64url, Self::Base64Hex, Self::Utf8];

    /// The encoding of that name in a record.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encoding| encoding.name() == name)
    }

    /// Its name in a record.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Base64 => "base64",
            Self::Base64url => "base64url",
            Self::Base64Hex => "base64-hex",
            Self::Utf8 => "utf8",
        }
    }

    /// The bytes that the text encodes; `None` unless it is a canonical, non-empty text of this encoding.
    #[must_use]
    pub fn decode(self, text: &str) -> Option<Decoded> {
        let bytes = match self {
            Self::Hex => from_hex(text.as_bytes())?,
            Self::Base64 | Self::Base64url => from_base64(text)?,
            // The text inside is lower case with every sender; a changed case would be a changed signature.
            Self::Base64Hex => {
                let inner = from_base64(text).filter(|inner| !inner.iter().any(u8::is_ascii_uppercase))?;
                from_hex(&inner)?
            }
            Self::Utf8 => text.as_bytes().into(),
        };
        (!bytes.is_empty()).then_some(bytes)
    }

    /// The text of the bytes, as senders write it.
    #[must_use]
    pub fn encode(self, bytes: &[u8]) -> String {
        match self {
            Self::Hex => hex::encode(bytes),
            Self::Base64 => STANDARD.encode(bytes),
            Self::Base64url => URL_SAFE_UNPADDED.encode(bytes),
            Self::Base64Hex => STANDARD.encode(hex::encode(bytes)),
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
        }
    }
}

fn from_hex(text: &[u8]) -> Option<Decoded> {
    let mut bytes = smallvec![0; text.len() / 2];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

fn is_url_safe(text: &str) -> bool {
    text.bytes().any(|byte| byte == b'-' || byte == b'_')
}

fn from_base64(text: &str) -> Option<Decoded> {
    let engine = if is_url_safe(text) { &URL_SAFE } else { &STANDARD };
    let mut bytes = smallvec![0; base64::decoded_len_estimate(text.len())];
    let length = engine.decode_slice(text, &mut bytes).ok()?;
    bytes.truncate(length);
    Some(bytes)
}

/// Base64 of a pasted key: either alphabet, any padding, leftover bits ignored.
pub(crate) fn key_from_base64(text: &str) -> Option<Vec<u8>> {
    let engine = if is_url_safe(text) { &KEY_URL_SAFE } else { &KEY_STANDARD };
    engine.decode(text.trim_end_matches('=')).ok()
}

/// Padded standard base64, for templates.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_canonical_text_is_read() {
        // 32 zero bytes: 43 characters of which the last carries two unused bits.
        let good = "A".repeat(43);
        for accepted in [good.clone(), format!("{good}=")] {
            assert_eq!(Encoding::Base64.decode(&accepted), Some(smallvec![0; 32]), "{accepted}");
        }
        for refused in
            ["A".repeat(42) + "B", format!("{good}=="), format!(" {good}"), "A=".into(), String::new(), "ab+_".into()]
        {
            assert_eq!(Encoding::Base64.decode(&refused), None, "{refused}");
        }
        for refused in ["abc", "0x12", "12 34", "", "gg"] {
            assert_eq!(Encoding::Hex.decode(refused), None, "{refused}");
        }
    }

    #[test]
    fn both_alphabets_and_both_cases_are_read() {
        assert_eq!(Encoding::Base64.decode("-_-_"), Encoding::Base64url.decode("+/+/"));
        assert_eq!(Encoding::Hex.decode("aBcD"), Some(smallvec![0xab, 0xcd]));
        assert_eq!(Encoding::Base64Hex.decode("YWJjZA=="), Some(smallvec![0xab, 0xcd]));
        assert_eq!(Encoding::Base64Hex.decode("YWJjRA=="), None);
    }

    #[test]
    fn what_is_written_is_read_back() {
        for encoding in Encoding::ALL {
            let bytes = b"any text";
            assert_eq!(encoding.decode(&encoding.encode(bytes)).as_deref(), Some(&bytes[..]), "{encoding:?}");
            assert_eq!(Encoding::named(encoding.name()), Some(encoding));
            assert_eq!(serde_json::to_value(encoding).unwrap(), encoding.name());
        }
    }

    #[test]
    fn a_pasted_key_may_have_leftover_bits() {
        assert_eq!(key_from_base64(&("A".repeat(42) + "B")), Some(vec![0; 32]));
        assert_eq!(key_from_base64("AAAA="), Some(vec![0; 3]));
        assert_eq!(key_from_base64("not base64"), None);
    }
}
