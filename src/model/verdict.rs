//! What Creel derives from a request: the signature's verdict, its freshness, the provider's event.
//! All of it can be computed again from the raw request at any time.

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::RequestId;

/// Whether the signature is right. Says nothing about time: see [`Freshness`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum SignatureStatus {
    /// A secret of the bin made exactly this signature.
    Valid,
    /// A signature is there and no secret makes it.
    Invalid,
    /// The scheme is known and the request carries no signature (or lacks a part that the scheme signs).
    Missing,
    /// The request carries a signature and the bin has no secret to check it with.
    NoSecret,
    /// No scheme is set and none is recognised: nothing was signed.
    UnsignedScheme,
    /// The bin's secrets cannot be decoded as the scheme wants them (hex, base64, a public key…).
    UndecodableSecret,
}

impl SignatureStatus {
    /// The name that API and filter use; the database keeps a number.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether a receiver that checks signatures is right to reject such a request.
    #[must_use]
    pub const fn is_unproven(self, has_secret: bool) -> bool {
        match self {
            Self::Invalid | Self::UndecodableSecret => true,
            Self::Missing => has_secret,
            Self::Valid | Self::NoSecret | Self::UnsignedScheme => false,
        }
    }
}

/// The verdict on a request's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// How the signature stands; the other members say by which scheme and secret, and why.
    pub status: SignatureStatus,
    /// The id of the scheme that was used, set on the bin or detected.
    pub scheme: Option<String>,
    /// The label of the secret that matched.
    pub secret: Option<String>,
    /// One sentence: why it is not valid or, if it is valid, what a stricter receiver would refuse.
    pub reason: Option<String>,
}

impl Verdict {
    /// Whether a receiver that checks signatures is right to reject the request.
    #[must_use]
    pub const fn is_unproven(&self, has_secret: bool) -> bool {
        self.status.is_unproven(has_secret)
    }

    /// Nothing signed, nothing expected.
    #[must_use]
    pub const fn unsigned() -> Self {
        Self { status: SignatureStatus::UnsignedScheme, scheme: None, secret: None, reason: None }
    }
}

/// How old the signed timestamp was when the request arrived, against the scheme's tolerance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum FreshnessStatus {
    /// Within the tolerance.
    Fresh,
    /// Older than the tolerance.
    Stale,
    /// From further in the future than the tolerance allows.
    Future,
    /// The scheme signs no timestamp, or none could be read.
    None,
}

impl FreshnessStatus {
    /// The name that API and filter use; the database keeps a number.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// The second fact beside the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freshness {
    /// Whether the age is within the tolerance.
    pub status: FreshnessStatus,
    /// Receive time minus signed time, in seconds; negative for the future.
    pub age_s: Option<i64>,
    /// The scheme's tolerance, in seconds.
    pub tolerance_s: Option<i64>,
}

impl Freshness {
    /// No timestamp is signed.
    #[must_use]
    pub const fn none() -> Self {
        Self { status: FreshnessStatus::None, age_s: None, tolerance_s: None }
    }
}

/// What the request means to the platform that sent it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventFacts {
    /// The provider's id (`callaider`, `github`, …), set on the bin or recognised.
    pub provider: Option<String>,
    /// The event's name as the platform writes it; `None` where the request has none.
    pub name: Option<String>,
    /// The provider's conversation: `sessionId` and the like.
    pub session: Option<String>,
    /// The provider's id of this delivery.
    pub delivery_id: Option<String>,
    /// What is equal for deliveries of the same event (`sessionId + event` at CallAIder); compared within the bin.
    pub duplicate_key: Option<String>,
    /// The first request of the bin with the same duplicate key.
    pub duplicate_of: Option<RequestId>,
    /// Without a known platform: whether the same method, target and body came lately.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_before: Option<SameBefore>,
    /// What is odd about the event itself, e.g. a header that names another event than the body. Plain sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// A provider's handshake that was answered (`slack-url-verification`, …), not an event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handshake: Option<String>,
}

impl EventFacts {
    /// Whether the same event or the same request came before.
    #[must_use]
    pub const fn is_repeat(&self) -> bool {
        self.duplicate_of.is_some() || self.same_before.is_some()
    }
}

/// The same request, sent before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SameBefore {
    /// The status that its sender got then; `None` for no response.
    pub status: Option<u16>,
}

/// The three derived facts, as they are stored with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// Is the signature right?
    pub verdict: Verdict,
    /// Was it made just now?
    pub freshness: Freshness,
    /// What does it mean?
    pub event: EventFacts,
}

impl Default for Derived {
    fn default() -> Self {
        Self { verdict: Verdict::unsigned(), freshness: Freshness::none(), event: EventFacts::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_has_the_name_that_it_is_stored_under() {
        assert_eq!((SignatureStatus::NoSecret.name(), FreshnessStatus::Stale.name()), ("no_secret", "stale"));
        let nothing = Derived::default();
        assert_eq!((nothing.verdict.status.name(), nothing.freshness.status.name()), ("unsigned_scheme", "none"));
    }
}
