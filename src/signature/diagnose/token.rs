//! A text that could be a signature, with every way to read its bytes.

use std::borrow::Cow;

use data_encoding::{BASE32, BASE32_NOPAD};
use percent_encoding::percent_decode_str;

use crate::signature::encoding::{Decoded, Encoding};

/// A text that could be the signature, with the values that were sent with it.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) vars: Vec<(String, String)>,
    pub(super) fault: Option<Fault>,
    /// Its bytes, by each way to read it.
    pub(super) readings: Vec<(Reading, Decoded)>,
}

/// What is wrong with the token's place or form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// In the right place, but not in the scheme's form. Holds the text before it.
    Form(String),
    /// In the scheme's form, but with something before and after it that does not belong to it.
    Around(String, String),
    /// In the scheme's form, but quoted, escaped or encoded as a whole. Holds the words for that.
    Dressed(&'static str),
    /// In another place. Holds that place, and whether its name suggests a signature.
    Elsewhere(String, bool),
}

/// A way to write bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    Hex,
    Base64,
    Base64OfHex,
    HexOfBase64,
    /// Digit pairs with dashes, colons or spaces between them.
    SpacedHex,
    Base32,
    Base64Twice,
    /// Base64 in lines or with spaces in it.
    WrappedBase64,
    /// Base64 of the bytes taken for text in Latin-1 and written in UTF-8.
    Base64OfUtf8,
    /// Base64 that was percent-encoded, or whose plus signs became spaces.
    EscapedBase64,
    /// The text itself.
    Text,
}

impl Reading {
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Base64 => "base64",
            Self::Base64OfHex => "base64 of the hex text",
            Self::HexOfBase64 => "hex of the base64 text",
            Self::SpacedHex => "hex with separators",
            Self::Base32 => "base32",
            Self::Base64Twice => "base64 of the base64 text",
            Self::WrappedBase64 => "base64 with spaces in it",
            Self::Base64OfUtf8 => "base64 of its bytes taken for text",
            Self::EscapedBase64 => "base64 with percent escapes or with spaces for plus signs",
            Self::Text => "plain text",
        }
    }

    /// Whether a scheme with this encoding reads it in this way.
    pub(super) fn is_of(self, encoding: Encoding) -> bool {
        matches!(
            (self, encoding),
            (Self::Hex, Encoding::Hex)
                | (Self::Base64, Encoding::Base64 | Encoding::Base64url)
                | (Self::Base64OfHex, Encoding::Base64Hex)
                | (Self::Text, Encoding::Utf8)
        )
    }
}

pub(super) const QUOTES: [char; 3] = ['"', '\'', '`'];

/// A signature has at least this many bytes: MD5 has 16.
const LEAST_BYTES: usize = 16;

/// Longest text of a signature; base64 of the hexadecimal text of 64 bytes has 172 characters.
const MAX_TEXT: usize = 512;

pub(super) fn token(text: &str, vars: Vec<(String, String)>, fault: Option<Fault>) -> Token {
    Token {
        text: text.to_owned(),
        vars,
        fault,
        readings: if text.len() <= MAX_TEXT { readings(text) } else { Vec::new() },
    }
}

fn readings(text: &str) -> Vec<(Reading, Decoded)> {
    let spaced = |separator: char| {
        let joined: String = text.split(separator).collect();
        let pairs = text.split(separator).all(|pair| pair.len() == 2);
        if pairs { Encoding::Hex.decode(&joined) } else { None }
    };
    let percent = percent_decode_str(text).decode_utf8().ok().filter(|decoded| decoded != text);
    let escaped = percent.map(Cow::into_owned).or_else(|| text.contains(' ').then(|| text.replace(' ', "+")));
    let of_text = |bytes: Decoded, encoding: Encoding| encoding.decode(std::str::from_utf8(&bytes).ok()?);
    let hex = Encoding::Hex.decode(text);
    // The hex digits of a hash are base64 of a longer hash too, but the base64 of a hash never has only hex digits.
    let base64 = || if hex.is_some() { None } else { Encoding::Base64.decode(text) };
    let upper = text.to_ascii_uppercase();
    // Base32 of 16 bytes has at least 26 characters. No hex is base32 as well.
    let base32 = || BASE32.decode(upper.as_bytes()).or_else(|_| BASE32_NOPAD.decode(upper.as_bytes())).ok();
    let wrapped: String = text.split_whitespace().collect();
    // The same digits are read as hex or as base64, never as both: each further reading is a further algorithm to try.
    let base64_of = |bytes: &[u8]| {
        let inner = std::str::from_utf8(bytes.trim_ascii()).ok()?;
        if Encoding::Hex.decode(inner).is_some() { None } else { Encoding::Base64.decode(inner) }
    };
    let latin = |bytes: Decoded| {
        let text = std::str::from_utf8(&bytes).ok().filter(|text| !text.is_ascii())?;
        text.chars().map(|letter| u8::try_from(u32::from(letter)).ok()).collect::<Option<Decoded>>()
    };
    let trimmed = |bytes: Decoded| Decoded::from_slice(bytes.trim_ascii());
    [
        (Reading::Base64, base64()),
        (Reading::Base64OfHex, base64().and_then(|bytes| of_text(trimmed(bytes), Encoding::Hex))),
        (Reading::Base64Twice, base64().and_then(|bytes| base64_of(&bytes))),
        (Reading::Base64OfUtf8, base64().and_then(latin)),
        (Reading::Hex, hex),
        (Reading::HexOfBase64, Encoding::Hex.decode(text).and_then(|bytes| of_text(bytes, Encoding::Base64))),
        (Reading::SpacedHex, spaced('-').or_else(|| spaced(':')).or_else(|| spaced(' '))),
        (Reading::EscapedBase64, escaped.and_then(|text| Encoding::Base64.decode(&text))),
        (Reading::WrappedBase64, text.contains(' ').then(|| Encoding::Base64.decode(&wrapped)).flatten()),
        (Reading::Base32, if text.len() < 26 { None } else { base32().map(Decoded::from_vec) }),
        (Reading::Text, Some(text.as_bytes().into())),
    ]
    .into_iter()
    .filter_map(|(reading, bytes)| Some((reading, bytes?)))
    .collect()
}

/// Tokens of a text that is in the right place but not in the scheme's form: other prefixes, quotes, other separators.
pub(super) fn malformed(text: &[u8]) -> Vec<Token> {
    let Ok(text) = std::str::from_utf8(text) else { return Vec::new() };
    if text.len() > 4 * MAX_TEXT {
        return Vec::new();
    }
    let mut vars = Vec::new();
    let mut found = Vec::new();
    for part in text.split([',', ';', ' ']).map(str::trim).filter(|part| !part.is_empty()) {
        let (prefix, value) = prefix_of(part);
        let value = value.trim_matches(QUOTES);
        if value.len() <= 20 && value.parse::<u64>().is_ok() {
            vars.push(("timestamp".to_owned(), value.to_owned()));
        } else if !value.is_empty() {
            found.push((value, prefix.to_owned()));
        }
    }
    found.into_iter().map(|(value, prefix)| token(value, vars.clone(), Some(Fault::Form(prefix)))).collect()
}

/// `sha256=`, `v1=`, `v1:`… and the rest. The equals signs at the end of base64 are no prefix.
pub(super) fn prefix_of(part: &str) -> (&str, &str) {
    // Base64 can begin with `0x` too, but does not continue with only hex digits.
    let is_hex = |rest: &str| rest.len() >= 2 * LEAST_BYTES && rest.bytes().all(|byte| byte.is_ascii_hexdigit());
    if part.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("0x")) && is_hex(&part[2..]) {
        return part.split_at(2);
    }
    let at = part.find(['=', ':']).filter(|&at| at <= 16 && !part[at..].trim_matches('=').is_empty());
    at.map_or(("", part), |at| part.split_at(at + 1))
}
