//! How a bin is shown.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::model::{Bin, BinCounts, Declaration, SecretHint, Timestamp};

/// A bin: a URL to hand out, its settings, and its counts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Bin)]
pub(crate) struct BinShape {
    /// The generated id.
    #[schema(value_type = String, example = "h3k9m2x7p4q8r6t1")]
    pub id: crate::model::BinId,
    /// The chosen name; every route takes it in place of the id.
    #[schema(value_type = Option<String>)]
    pub name: Option<crate::model::BinName>,
    /// Where senders send to.
    pub capture_url: String,
    /// Where to look at it in a browser.
    pub console_url: String,
    /// A command line that sends a first request.
    pub sample_curl: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// The provider's id; `null` means recognised from the requests.
    pub provider: Option<String>,
    /// The signature scheme's id; `null` means recognised from the requests.
    pub scheme: Option<String>,
    /// A scheme of the user's own; wins over `scheme`.
    #[schema(value_type = Option<Object>)]
    pub custom_scheme: Option<serde_json::Value>,
    /// `report` or `enforce`.
    #[schema(value_type = String, example = "report")]
    pub signature_mode: crate::model::SignatureMode,
    /// The URL that senders were given when it is not the capture URL; what schemes sign.
    pub public_url: Option<String>,
    /// The secrets, oldest first; never their text.
    pub secrets: Vec<SecretShape>,
    /// The response that senders get.
    #[schema(value_type = ResponseSettingsShape)]
    pub response: crate::model::ResponseSettings,
    /// How much is kept.
    #[schema(value_type = LimitsShape)]
    pub limits: crate::model::BinLimits,
    /// What it holds and has lost.
    pub counts: CountsShape,
    /// When its newest request arrived.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_request_at: Option<Timestamp>,
    /// What a configuration file sets; only for bins that a file declares or has declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub declared: Option<DeclaredShape>,
}

/// What a configuration file sets of a bin.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Declared)]
pub(crate) struct DeclaredShape {
    /// The settings that it names. A change to these lasts until the file is read again.
    pub fields: Vec<String>,
    /// The parts of settings that it names only in part: `limits.max_age_s`.
    pub parts: Vec<String>,
    /// Whether it still names the bin.
    pub current: bool,
}

impl From<&Declaration> for DeclaredShape {
    fn from(declared: &Declaration) -> Self {
        Self { fields: declared.fields.clone(), parts: declared.parts.clone(), current: declared.current }
    }
}

impl BinShape {
    /// The shape of a bin, with the base URLs of the two listeners (no slash at the end).
    #[must_use]
    pub(crate) fn new(
        bin: &Bin,
        counts: BinCounts,
        last_request_at: Option<Timestamp>,
        capture_base: &str,
        console_base: &str,
    ) -> Self {
        let handle = bin.handle();
        let capture_url = format!("{capture_base}/{handle}");
        let sample_target = bin.settings.public_url.as_ref().unwrap_or(&capture_url);
        Self {
            id: bin.id,
            name: bin.settings.name.clone(),
            console_url: format!("{console_base}/bins/{handle}"),
            sample_curl: format!(
                "curl -X POST {} -H 'Content-Type: application/json' -d '{{\"hello\":\"world\"}}'",
                shell_word(sample_target)
            ),
            capture_url,
            created_at: bin.created_at,
            provider: bin.settings.provider.clone(),
            scheme: bin.settings.scheme.clone(),
            custom_scheme: bin.settings.custom_scheme.clone(),
            signature_mode: bin.settings.signature_mode,
            public_url: bin.settings.public_url.clone(),
            secrets: bin.secrets.iter().map(|secret| secret.hint().into()).collect(),
            response: bin.settings.response.clone(),
            limits: bin.settings.limits.clone(),
            counts: counts.into(),
            last_request_at,
            declared: bin.settings.declared.as_ref().map(DeclaredShape::from),
        }
    }
}

/// Quotes a word for a POSIX shell when it needs to be.
fn shell_word(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/@%+=,".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// What may be shown of a secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Secret)]
pub(crate) struct SecretShape {
    /// Its number.
    pub id: i64,
    /// What its owner calls it.
    pub label: String,
    /// The last four characters; none of a short secret.
    #[schema(example = "…cret")]
    pub hint: String,
    /// Length in characters.
    pub length: usize,
    /// The text, when its form shows that it is a public key (PEM, SPKI, `whpk_…`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub public_key: Option<String>,
}

impl From<SecretHint> for SecretShape {
    fn from(hint: SecretHint) -> Self {
        Self { id: hint.id, label: hint.label, hint: hint.hint, length: hint.length, public_key: hint.public_key }
    }
}

/// What a bin holds and has lost.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Counts)]
pub(crate) struct CountsShape {
    /// Stored requests.
    pub requests: u64,
    /// Of these, not yet read.
    pub unread: u64,
    /// Bytes of their heads and bodies, and of their attempts.
    pub bytes: u64,
    /// Requests that retention removed.
    pub evicted: u64,
    /// Requests that were rejected (too large, malformed…).
    pub rejected: u64,
}

impl From<BinCounts> for CountsShape {
    fn from(counts: BinCounts) -> Self {
        Self {
            requests: counts.requests,
            unread: counts.unread,
            bytes: counts.bytes,
            evicted: counts.evicted,
            rejected: counts.rejected,
        }
    }
}

/// A name with its value.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NameValue)]
pub(crate) struct PairShape {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// The response that senders get. Unset parts have their defaults.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BinResponse)]
pub(crate) struct ResponseSettingsShape {
    /// The response when nothing else applies.
    #[serde(flatten)]
    pub answer: ResponseShape,
    /// Responses for single methods, by method name.
    #[schema(required = false)]
    pub methods: BTreeMap<String, ResponseShape>,
    /// Responses used in turn.
    #[schema(required = false)]
    pub script: Vec<ResponseShape>,
    /// Start the script again rather than repeat its last response.
    #[schema(required = false)]
    pub script_cycles: bool,
    /// Answer `Origin`s with CORS headers.
    #[schema(required = false)]
    pub cors: bool,
    /// Leave out `Content-Security-Policy: sandbox`.
    #[schema(required = false)]
    pub no_sandbox: bool,
    /// Hold senders until they are answered by hand.
    #[schema(required = false, nullable = false)]
    pub hold: Option<HoldShape>,
}

/// Holds senders until they are answered by hand.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Hold)]
pub(crate) struct HoldShape {
    /// Milliseconds after which the wait ends.
    #[schema(maximum = 60000)]
    pub timeout_ms: u64,
    /// What senders get then; unset parts come from the bin's response.
    pub otherwise: ResponseShape,
}

/// One response.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Response)]
pub(crate) struct ResponseShape {
    /// 200 to 599; default 200.
    #[schema(minimum = 200, maximum = 599)]
    pub status: Option<u16>,
    /// The header fields, repeats allowed.
    pub headers: Option<Vec<PairShape>>,
    /// The body as text.
    pub body: Option<String>,
    /// The body as bytes, in base64.
    pub body_base64: Option<String>,
    /// Milliseconds to wait before answering.
    #[schema(maximum = 60000)]
    pub delay_ms: Option<u64>,
    /// What goes wrong on purpose.
    pub fault: Option<FaultShape>,
}

/// Something that goes wrong on purpose.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Fault)]
pub(crate) struct FaultShape {
    /// `close`, `reset`, `cut`, `drip` or `hang`.
    pub kind: String,
    /// How often, 0 to 1.
    pub probability: f64,
    /// For `drip` bytes per second, for `cut` bytes that still arrive.
    pub bytes: Option<u64>,
}

/// How much a bin keeps; `null` means the server's default, 0 no limit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Limits)]
pub(super) struct LimitsShape {
    /// Requests.
    pub max_requests: Option<u64>,
    /// Age in seconds.
    pub max_age_s: Option<u64>,
    /// Bytes of one body.
    pub max_body_bytes: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_line_survives_a_shell() {
        assert_eq!(shell_word("http://127.0.0.1:4665/a"), "http://127.0.0.1:4665/a");
        assert_eq!(shell_word("https://x/y?z=1&a"), "'https://x/y?z=1&a'");
        assert_eq!(shell_word("a'b"), r"'a'\''b'");
    }
}
