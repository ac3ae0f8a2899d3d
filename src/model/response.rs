//! What a bin responds with: a fixed response, one per method, a script of responses, faults.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A header of a response. Repeats are allowed, so a response holds a list of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResponseHeader {
    /// The field name, sent as it is.
    pub name: String,
    /// The field value; may hold templates.
    pub value: String,
}

/// One response. What is not set comes from the level above: a response of a script or method takes the bin's, the
/// bin's takes the default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Response {
    /// The status, 200 to 599; default 200.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The headers; default `Content-Type: text/plain`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<Vec<ResponseHeader>>,
    /// The body as text; may hold templates (`{{request.json./challenge}}`). Up to 1 MiB; default `ok`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The body as bytes, in base64. At most one of the two is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_base64: Option<String>,
    /// Wait this long before answering, in milliseconds, up to 60,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// What goes wrong on purpose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
}

impl Eq for Response {}

/// The settings of `PUT …/response`: the bin's response, others per method, a script.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResponseSettings {
    /// The response when nothing below says otherwise.
    #[serde(flatten)]
    pub response: Response,
    /// Responses for single methods, by method name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub methods: BTreeMap<String, Response>,
    /// Responses used in turn; each entry is a response or just a status.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub script: Vec<Response>,
    /// After the last response of the script, start again instead of repeating the last one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub script_cycles: bool,
    /// Add CORS headers for requests with an `Origin`, and answer preflights.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cors: bool,
    /// Leave out the `Content-Security-Policy: sandbox` that keeps a custom HTML response harmless.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub no_sandbox: bool,
    /// Hold senders until they are answered by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
}

/// Holds senders until they are answered by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// Milliseconds after which the wait ends, up to 60,000.
    pub timeout_ms: u64,
    /// What senders get then. What is not set comes from the bin's response.
    #[serde(default)]
    pub otherwise: Response,
}

/// Something that goes wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// How often, 0 to 1; default always.
    #[serde(default = "always")]
    pub probability: f64,
    /// For `drip`: bytes per second. For `cut`: bytes of the body that still arrive. Default 1 and half of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

const fn always() -> f64 {
    1.0
}

/// The kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Close the connection in order, without a response.
    Close,
    /// Reset the connection.
    Reset,
    /// Announce the whole body, send a part, close.
    Cut,
    /// Send the body slowly.
    Drip,
    /// Never answer; wait until the sender leaves.
    Hang,
}

impl FaultKind {
    /// Every kind, for help and tests.
    pub const ALL: [Self; 5] = [Self::Close, Self::Reset, Self::Cut, Self::Drip, Self::Hang];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_happens_always_unless_it_says_how_often() {
        let fault = |json: &str| serde_json::from_str::<Fault>(json).unwrap().probability;
        assert!((fault(r#"{"kind":"reset"}"#) - 1.0).abs() < f64::EPSILON);
        assert!((fault(r#"{"kind":"cut","probability":0.25}"#) - 0.25).abs() < f64::EPSILON);
    }
}
