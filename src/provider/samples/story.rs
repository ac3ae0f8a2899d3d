//! What all events of one sample share: the session, the time, the language.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::model::Timestamp;

/// The language that people speak in a sample.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumString, VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Russian.
    Ru,
    /// Chinese, in traditional characters.
    Zh,
    /// Spanish.
    Es,
    /// German.
    De,
    /// Japanese.
    Ja,
}

impl Language {
    /// The name that API and command line use: `en`, `ru`, …
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// How people talk to an assistant.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumString, VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Mode {
    /// A call.
    #[default]
    Voice,
    /// A chat.
    Text,
}

/// What the events of one sample share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Story {
    /// Decides everything that is made up.
    pub seed: u64,
    /// When the session ends, or a single event happens.
    pub ended: Timestamp,
    pub language: Language,
    /// A call or a chat.
    pub mode: Mode,
    /// Bytes of the body, where samples come in any size; `None` for the usual one.
    pub size: Option<usize>,
    /// The session's id; made up when absent.
    pub session: Option<String>,
}

impl Story {
    /// A call in English that ends at a moment. The same seed makes the same story.
    pub(crate) fn new(seed: u64, ended: Timestamp) -> Self {
        let (language, mode) = (Language::default(), Mode::default());
        Self { seed, ended, language, mode, size: None, session: None }
    }

    /// The session's id: the given one, else one that depends on the seed alone.
    pub(crate) fn session(&self) -> String {
        self.session.clone().unwrap_or_else(|| self.uuid("session"))
    }

    fn digest(&self, label: &str) -> [u8; 32] {
        Sha256::new().chain_update(self.seed.to_be_bytes()).chain_update(label).finalize().into()
    }

    /// A random UUID (version 4), the same for the same label.
    pub(crate) fn uuid(&self, label: &str) -> String {
        let mut bytes = self.digest(label);
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let text = hex::encode(&bytes[..16]);
        format!("{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
    }

    /// That many letters and digits, the same for the same label.
    pub(crate) fn token(&self, label: &str, length: usize) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
        let digest = self.digest(label);
        (0..length).map(|at| char::from(LETTERS[usize::from(digest[at % 32]) % LETTERS.len()])).collect()
    }

    /// Hex digits, up to 64, the same for the same label.
    pub(crate) fn hex(&self, label: &str, length: usize) -> String {
        hex::encode(self.digest(label)).chars().take(length).collect()
    }

    /// A number below the bound, the same for the same label.
    pub(crate) fn number(&self, label: &str, below: u64) -> u64 {
        let digest = self.digest(label);
        let number = digest[..8].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        number % below.max(1)
    }
}
