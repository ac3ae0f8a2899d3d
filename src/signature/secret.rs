//! Derives the key from a secret's pasted text.

use sha1::Sha1;
use sha2::Digest as _;
use unicode_normalization::UnicodeNormalization as _;

use super::encoding::{Encoding, key_from_base64};
use super::{jws, pem};

/// The steps from text to key, e.g. `strip whsec_ > base64`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pipeline {
    text: Vec<TextStep>,
    decode: Decode,
    bytes: Vec<ByteStep>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum TextStep {
    /// Removes each of these prefixes, in order, if present.
    Strip(Vec<String>),
    /// Unicode compatibility decomposition.
    Nfkd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Decode {
    Utf8,
    Hex,
    Base64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum ByteStep {
    Sha1,
}

impl Default for Pipeline {
    fn default() -> Self {
        Self { text: Vec::new(), decode: Decode::Utf8, bytes: Vec::new() }
    }
}

impl Pipeline {
    /// Reads the notation of the records: text steps (`strip a|b`, `nfkd`), one of `utf8`, `hex`, `base64`, then byte
    /// steps (`sha1`).
    ///
    /// # Errors
    /// A sentence that names the step at fault.
    pub fn parse(notation: &str) -> Result<Self, String> {
        let mut text = Vec::new();
        let mut decode = None;
        let mut bytes = Vec::new();
        for step in notation.split('>').map(str::trim) {
            let decoded = match step {
                "utf8" => Some(Decode::Utf8),
                "hex" => Some(Decode::Hex),
                "base64" => Some(Decode::Base64),
                _ => None,
            };
            match (step, decode) {
                (_, None) if decoded.is_some() => decode = decoded,
                ("nfkd", None) => text.push(TextStep::Nfkd),
                ("sha1", Some(_)) => bytes.push(ByteStep::Sha1),
                (_, None) if step.starts_with("strip ") => {
                    let prefixes = step["strip ".len()..].split('|').map(|prefix| prefix.trim().to_owned());
                    text.push(TextStep::Strip(prefixes.filter(|prefix| !prefix.is_empty()).collect()));
                }
                ("", _) => return Err("a step is empty; steps are strip …, nfkd, utf8, hex, base64, sha1".to_owned()),
                _ => return Err(format!("`{step}` is no step, or is in the wrong place")),
            }
        }
        let decode = decode.ok_or("one of `utf8`, `hex`, `base64` is needed")?;
        Ok(Self { text, decode, bytes })
    }

    /// The notation, written again from what was read.
    #[must_use]
    pub fn notation(&self) -> String {
        let text = self.text.iter().map(|step| match step {
            TextStep::Strip(prefixes) => format!("strip {}", prefixes.join("|")),
            TextStep::Nfkd => "nfkd".to_owned(),
        });
        let bytes = self.bytes.iter().map(|step| match step {
            ByteStep::Sha1 => "sha1".to_owned(),
        });
        text.chain([self.written_in().name().to_owned()]).chain(bytes).collect::<Vec<_>>().join(" > ")
    }

    /// The encoding of the text, after its prefix.
    #[must_use]
    pub const fn written_in(&self) -> Encoding {
        match self.decode {
            Decode::Utf8 => Encoding::Utf8,
            Decode::Hex => Encoding::Hex,
            Decode::Base64 => Encoding::Base64,
        }
    }

    /// The expected form, in words: ``base64, with or without `whsec_` before it``.
    #[must_use]
    pub fn words(&self) -> String {
        let wanted = match self.written_in() {
            Encoding::Utf8 => "text",
            encoding => encoding.name(),
        };
        let prefixes: Vec<&str> = self
            .text
            .iter()
            .flat_map(|step| match step {
                TextStep::Strip(prefixes) => &prefixes[..],
                TextStep::Nfkd => &[],
            })
            .map(String::as_str)
            .collect();
        // `v1,whsec_` is `whsec_` with more before it.
        let is_least = |prefix: &&&str| !prefixes.iter().any(|other| *other != **prefix && prefix.ends_with(other));
        let least: Vec<String> = prefixes.iter().filter(is_least).map(|prefix| format!("`{prefix}`")).collect();
        if least.is_empty() {
            wanted.to_owned()
        } else {
            format!("{wanted}, with or without {} before it", least.join(" or "))
        }
    }

    /// The key; `None` when the text does not fit the steps, or nothing is left of it.
    #[must_use]
    pub fn key(&self, secret: &str) -> Option<Vec<u8>> {
        let mut text = secret.to_owned();
        for step in &self.text {
            match step {
                TextStep::Strip(prefixes) => {
                    for prefix in prefixes {
                        if let Some(rest) = text.strip_prefix(prefix.as_str()) {
                            text = rest.into();
                        }
                    }
                }
                TextStep::Nfkd => text = text.nfkd().collect(),
            }
        }
        let mut key = match self.decode {
            Decode::Utf8 => text.into_bytes(),
            Decode::Hex => hex::decode(&text).ok()?,
            Decode::Base64 => key_from_base64(&text)?,
        };
        if key.is_empty() {
            return None;
        }
        for step in &self.bytes {
            match step {
                ByteStep::Sha1 => key = sha1_of(&key),
            }
        }
        Some(key)
    }

    /// The key of a public-key algorithm: PEM is taken as it is, anything else goes through the steps.
    #[must_use]
    pub fn asymmetric_key(&self, secret: &str) -> Option<Vec<u8>> {
        match () {
            () if pem::is_pem(secret) => pem::first_block(secret),
            // A JWK is read by its members.
            () if jws::is_jwk(secret) => Some(secret.trim().as_bytes().to_vec()),
            () => self.key(secret),
        }
    }
}

fn sha1_of(bytes: &[u8]) -> Vec<u8> {
    Sha1::digest(bytes).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(notation: &str, secret: &str) -> Option<Vec<u8>> {
        Pipeline::parse(notation).unwrap().key(secret)
    }

    #[test]
    fn every_step_does_what_it_says() {
        assert_eq!(key("utf8", " a ").as_deref(), Some(&b" a "[..]));
        assert_eq!(key("hex", "00fF"), Some(vec![0, 255]));
        assert_eq!(key("base64", "_-8"), Some(vec![255, 239]));
        assert_eq!(key("strip v1,whsec_|whsec_ > base64", "v1,whsec_AAAA"), Some(vec![0; 3]));
        assert_eq!(key("strip v1,whsec_|whsec_ > base64", "whsec_AAAA"), Some(vec![0; 3]));
        assert_eq!(key("strip v1,whsec_|whsec_ > base64", "AAAA"), Some(vec![0; 3]));
        assert_eq!(key("nfkd > utf8", "\u{e9}").as_deref(), Some("e\u{301}".as_bytes()));
        assert_eq!(
            key("utf8 > sha1", "abc").map(hex::encode).as_deref(),
            Some("a9993e364706816aba3e25717850c26c9cd0d89d")
        );
    }

    #[test]
    fn what_is_wanted_is_said_in_words() {
        for (notation, words) in [
            ("hex", "hex"),
            ("nfkd > utf8", "text"),
            ("strip v1,whsec_|whsec_ > base64", "base64, with or without `whsec_` before it"),
            ("strip whpk_|whsk_ > base64", "base64, with or without `whpk_` or `whsk_` before it"),
        ] {
            assert_eq!(Pipeline::parse(notation).unwrap().words(), words);
        }
    }

    #[test]
    fn what_cannot_be_decoded_is_no_key() {
        for (notation, secret) in
            [("hex", "xyz"), ("hex", ""), ("base64", "not base64!"), ("strip whsec_ > base64", "whsec_")]
        {
            assert_eq!(key(notation, secret), None, "{notation} {secret}");
        }
    }

    #[test]
    fn a_wrong_notation_is_refused_and_a_right_one_is_written_back() {
        for wrong in ["", "strip x", "base32", "sha1 > utf8", "utf8 > hex", "utf8 > nfkd"] {
            assert!(Pipeline::parse(wrong).is_err(), "{wrong}");
        }
        for empty in ["utf8 >", "> utf8", "utf8 > > sha1"] {
            assert!(Pipeline::parse(empty).unwrap_err().starts_with("a step is empty"), "{empty}");
        }
        for right in ["utf8", "strip a|b > base64", "nfkd > utf8", "utf8 > sha1"] {
            assert_eq!(Pipeline::parse(right).unwrap().notation(), right);
        }
    }
}
