//! The parts of the API's responses that commands read. Lenient: a server of another version may send more or less.

use serde::Deserialize;
use serde_json::Value;

use crate::model::{Seq, Timestamp};

/// A request, as a list or a single request shows it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Request {
    pub id: String,
    pub seq: Seq,
    pub received_at: Option<Timestamp>,
    pub method: String,
    pub target: String,
    pub path: String,
    pub http_version: String,
    pub client: Option<Sender>,
    pub headers: Vec<Field>,
    pub body: Body,
    pub rejected: Option<String>,
    pub signature: Signature,
    pub freshness: Freshness,
    pub event: Event,
    pub response: Response,
    pub pinned: bool,
    pub note: Option<String>,
    pub tags: Vec<String>,
}

impl Request {
    /// Reads one; what is missing is empty.
    pub(crate) fn of(value: &Value) -> Self {
        Self::deserialize(value).unwrap_or_default()
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sender {
    pub ip: String,
    pub port: u16,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Field {
    pub name: String,
    pub value: Option<String>,
    pub value_base64: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Body {
    pub size: u64,
    pub complete: bool,
    pub content_type: Option<String>,
    pub text: Option<String>,
    pub base64: Option<String>,
}

impl Body {
    /// The bytes; `None` when they are not included, or not in base64.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        use base64::Engine as _;
        let decoded = |text: &String| base64::engine::general_purpose::STANDARD.decode(text).ok();
        self.text.as_ref().map(|text| text.clone().into_bytes()).or_else(|| self.base64.as_ref().and_then(decoded))
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Signature {
    pub status: String,
    pub scheme: Option<String>,
    pub secret: Option<String>,
    pub reason: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Freshness {
    pub status: String,
    pub age_s: Option<i64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Event {
    pub provider: Option<String>,
    pub name: Option<String>,
    pub session: Option<String>,
    pub duplicate_of: Option<String>,
    pub same_before: Option<SameBefore>,
    pub handshake: Option<String>,
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SameBefore {
    pub status: Option<u16>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Response {
    pub status: Option<u16>,
    pub duration_ms: Option<f64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Bin {
    pub id: String,
    pub name: Option<String>,
    pub capture_url: String,
    pub console_url: String,
    pub public_url: Option<String>,
    pub provider: Option<String>,
    pub scheme: Option<String>,
    pub signature_mode: String,
    pub secrets: Vec<Secret>,
    pub response: Value,
    pub limits: Value,
    pub counts: Counts,
    pub created_at: Option<Timestamp>,
    pub last_request_at: Option<Timestamp>,
    pub declared: Option<Declared>,
}

/// What a configuration file sets of a bin.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Declared {
    pub fields: Vec<String>,
    pub current: bool,
}

impl Bin {
    /// Reads one; what is missing is empty.
    pub(crate) fn of(value: &Value) -> Self {
        Self::deserialize(value).unwrap_or_default()
    }

    /// Its name, else its id.
    pub(crate) fn handle(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Secret {
    pub id: i64,
    pub label: String,
    pub hint: String,
    pub length: usize,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Counts {
    pub requests: u64,
    pub unread: u64,
    pub evicted: u64,
    pub rejected: u64,
}
