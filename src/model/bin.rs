//! A bin: a URL to hand out, and its settings.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{BinId, BinName, ExpectSettings, ForwardSettings, OnMatch, ResponseSettings, Timestamp};

/// What happens when a signature is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureMode {
    /// The verdict is reported; the sender gets the bin's response.
    #[default]
    Report,
    /// The sender gets 401 unless the verdict is valid.
    Enforce,
}

/// How much a bin keeps. `None` means the server's default; 0 means no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BinLimits {
    /// Requests; the oldest unpinned ones are removed first.
    pub max_requests: Option<u64>,
    /// Seconds that a request is kept.
    pub max_age_s: Option<u64>,
    /// Bytes of one body; more gets 413.
    pub max_body_bytes: Option<u64>,
}

/// Everything about a bin that its owner sets, other than secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BinSettings {
    /// A name to use in place of the id.
    pub name: Option<BinName>,
    /// The provider's id; without it, the provider is recognised from each request.
    pub provider: Option<String>,
    /// The signature scheme's id; without it, the scheme is recognised from each request.
    pub scheme: Option<String>,
    /// A scheme of the user's own, as a full record; wins over `scheme`.
    pub custom_scheme: Option<serde_json::Value>,
    /// Report or enforce.
    pub signature_mode: SignatureMode,
    /// The URL that the sender was given when it is not the capture URL (tunnel, proxy).
    pub public_url: Option<String>,
    /// The responses to senders.
    pub response: ResponseSettings,
    /// How much is kept.
    pub limits: BinLimits,
    /// When the scheme was last changed, or became one that sends a token: older secrets do not sign by it. Databases
    /// of earlier builds hold only the latter time, under the name `token_since`.
    #[serde(alias = "token_since", skip_serializing_if = "Option::is_none")]
    pub scheme_since: Option<Timestamp>,
    /// When the forward's targets were last changed: older secrets are not sent there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forward_since: Option<Timestamp>,
    /// Where it sends on what it captures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forward: Option<ForwardSettings>,
    /// The URL that is told of requests found by a filter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_match: Option<OnMatch>,
    /// What its owner expects of the sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expect: Option<ExpectSettings>,
    /// What a configuration file says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared: Option<Declaration>,
}

impl BinSettings {
    /// Every target that it forwards to. The first is the default.
    pub fn forward_targets(&self) -> impl Iterator<Item = &String> {
        self.forward.iter().flat_map(ForwardSettings::targets)
    }

    /// Sets the forward. Notes the time if a target replaces others.
    pub fn set_forward(&mut self, forward: Option<ForwardSettings>, now: Timestamp) {
        let before: Vec<String> = self.forward_targets().cloned().collect();
        self.forward = forward;
        let is_known = self.forward_targets().all(|target| before.contains(target));
        let is_over = self.forward.is_none();
        if !before.is_empty() && (is_over || !is_known) {
            self.forward_since = Some(now);
        }
    }
}

/// What a configuration file sets of a bin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declaration {
    /// The settings that it names, by their names in the API.
    pub fields: Vec<String>,
    /// The parts of settings that it names only in part, such as `limits.max_age_s`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    /// Whether it still names the bin.
    pub current: bool,
    /// The labels of its secrets. A secret that the file no longer names is removed.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// The events for which it sets a JSON Schema. The schema of an event that the file no longer names is removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub event_schemas: Vec<String>,
}

/// A bin as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bin {
    /// Its generated id.
    pub id: BinId,
    /// When it was made, by the server's clock.
    pub created_at: Timestamp,
    /// What its owner set.
    pub settings: BinSettings,
    /// The secrets, oldest first.
    pub secrets: Vec<Secret>,
}

impl Bin {
    /// Its name in URLs and texts: the chosen name, else the id.
    pub fn handle(&self) -> String {
        self.settings.name.as_ref().map_or_else(|| self.id.to_string(), ToString::to_string)
    }
}

/// What a bin holds and has lost. Kept up to date with every commit, never counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct BinCounts {
    /// Stored requests.
    pub requests: u64,
    /// Of these, not yet read.
    pub unread: u64,
    /// Bytes of their heads and bodies, and of their attempts.
    pub bytes: u64,
    /// Requests that retention removed.
    pub evicted: u64,
    /// Requests that were rejected (too large, malformed…). Those still stored count as requests too.
    pub rejected: u64,
}

/// Which requests of a bin were removed. If any were, a missing request may have arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// None.
    Nothing,
    /// The oldest, by retention.
    Oldest,
    /// Some, by hand.
    Any,
}

/// A secret's number in its database.
pub(crate) type SecretId = i64;

/// A secret of a bin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Its number; it names the secret to the API.
    pub id: SecretId,
    /// What the user calls it; names the secret that matched.
    pub label: String,
    /// The text as pasted.
    pub value: SecretValue,
    /// When it was added.
    pub created_at: Timestamp,
}

impl Secret {
    /// What may be shown of it.
    #[must_use]
    pub fn hint(&self) -> SecretHint {
        let chars: Vec<char> = self.value.expose().chars().collect();
        // Four characters would be most of a short secret.
        let shown = if chars.len() >= 12 { 4 } else { 0 };
        SecretHint {
            id: self.id,
            label: self.label.clone(),
            hint: format!("…{}", chars[chars.len() - shown..].iter().collect::<String>()),
            length: chars.len(),
            public_key: self.value.public_key().map(str::to_owned),
        }
    }
}

/// What the API says about a secret: never its text, unless that is a public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SecretHint {
    /// Its number; it names the secret to the API.
    pub id: SecretId,
    /// Its label, as the user gave it.
    pub label: String,
    /// The last four characters; none of a secret under twelve.
    pub hint: String,
    /// Length of the whole text in characters.
    pub length: usize,
    /// The text, when it is no secret.
    pub public_key: Option<String>,
}

/// Prefixes that mark a text as a public key: PEM, SPKI in base64 (P-256 and Ed25519), Standard Webhooks.
const PUBLIC_KEYS: [&str; 4] =
    ["-----BEGIN PUBLIC KEY-----", "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE", "MCowBQYDK2VwAyEA", "whpk_"];

/// A secret's text. Can be written into requests; never serialised, never shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct SecretValue(String);

impl SecretValue {
    /// Wraps the text as pasted.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text. Call it where it is used, not earlier.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The text, when its form shows that it is a public key. A bare number might as well be a private key.
    #[must_use]
    pub fn public_key(&self) -> Option<&str> {
        let text = self.0.trim();
        PUBLIC_KEYS.iter().any(|start| text.starts_with(start)).then_some(text)
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_shows_more_than_its_end() {
        let secret = |text: &str| Secret {
            id: 1,
            label: "live".into(),
            value: SecretValue::new(text.into()),
            created_at: Timestamp::default(),
        };
        assert_eq!(secret("whsec_0123456789").hint().hint, "…6789");
        assert_eq!(secret("short").hint().hint, "…");
        assert!(!format!("{:?}", secret("whsec_0123456789")).contains("6789"));
    }

    #[test]
    fn a_hint_shows_four_characters_of_twelve_and_none_of_fewer() {
        let hint = |text: &str| {
            let value = SecretValue::new(text.to_owned());
            assert_eq!(value.expose(), text);
            Secret { id: 7, label: "live".into(), value, created_at: Timestamp::default() }.hint()
        };
        assert_eq!((hint("0123456789é").hint, hint("0123456789éx").hint), ("…".to_owned(), "…89éx".to_owned()));
        let shown = hint(" whpk_0123456789 ");
        assert_eq!((shown.id, &*shown.label, shown.length), (7, "live", 17));
        assert_eq!((shown.public_key.as_deref(), hint("whsec_012345").public_key), (Some("whpk_0123456789"), None));
    }

    #[test]
    fn a_bin_is_called_by_its_name_and_else_by_its_id() {
        let id = BinId::generate();
        let mut bin =
            Bin { id, created_at: Timestamp::default(), settings: BinSettings::default(), secrets: Vec::new() };
        assert_eq!(bin.handle(), id.to_string());
        bin.settings.name = Some("demo".parse().unwrap());
        assert_eq!(bin.handle(), "demo");
    }

    #[test]
    fn a_target_that_takes_the_place_of_others_is_noted_with_the_time() {
        let to = |targets: &[&str]| {
            let to = targets.iter().map(|&target| target.to_owned()).collect();
            Some(ForwardSettings {
                routes: vec![crate::model::Route { to, ..Default::default() }],
                ..Default::default()
            })
        };
        let now = Timestamp::from_secs(7);
        for (before, after, noted) in [
            (None, to(&["a"]), false),
            (to(&["a", "b"]), to(&["b"]), false),
            (to(&["a"]), to(&["a", "b"]), true),
            (to(&["a"]), None, true),
            (to(&["a"]), to(&["a"]), false),
            (to(&[]), None, false),
            (None, None, false),
        ] {
            let mut settings = BinSettings { forward: before, ..BinSettings::default() };
            settings.set_forward(after.clone(), now);
            assert_eq!((&settings.forward, settings.forward_since), (&after, noted.then_some(now)));
        }
        let settings = BinSettings { forward: to(&["a", "b"]), ..BinSettings::default() };
        assert_eq!(settings.forward_targets().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn only_what_is_a_public_key_beyond_doubt_is_shown() {
        let shown = |text: &str| SecretValue::new(text.into()).public_key().is_some();
        for start in PUBLIC_KEYS {
            assert!(shown(&format!(" {start}AAAA")), "{start}");
        }
        for hidden in ["-----BEGIN PRIVATE KEY-----", "whsk_AAAA", "whsec_AAAA", "0f3a9c5e7b1d2f4a", ""] {
            assert!(!shown(hidden), "{hidden}");
        }
    }
}
