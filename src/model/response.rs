//! What a bin answers: a fixed answer, one per method, a script of answers, faults.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A header of an answer. Repeats are allowed, so answers hold a list of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResponseHeader {
    /// The field name.
    pub name: String,
    /// The field value.
    pub value: String,
}

/// One answer. What is not set comes from the level above: an answer of a script or method takes the bin's, the bin's takes the default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answer {
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

impl Eq for Answer {}

/// The settings of `PUT …/response`: the bin's answer, others per method, a script.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CustomResponse {
    /// The answer when nothing below says otherwise.
    #[serde(flatten)]
    pub answer: Answer,
    /// Answers for single methods, by method name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub methods: BTreeMap<String, Answer>,
    /// Answers used in turn; each entry is an answer or just a status.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub script: Vec<Answer>,
    /// After the last answer of the script: start again, rather than repeat the last one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub script_cycles: bool,
    /// Answer `Origin`s with CORS headers and preflights by itself.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cors: bool,
    /// Leave out the `Content-Security-Policy: sandbox` that keeps a custom HTML answer harmless.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub no_sandbox: bool,
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
    /// Close the connection in order, without an answer.
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

/// A field of a write that cannot be taken as it is, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct FieldError {
    /// The field, as a path: `response.script[2].status`.
    pub field: String,
    /// One sentence: what is expected.
    pub message: String,
}

/// Bytes of an answer's body: 1 MiB.
const MAX_ANSWER_BODY: usize = 1 << 20;
/// The longest delay: 60 s, after which most senders have given up.
const MAX_DELAY_MS: u64 = 60_000;
/// Answers of one script; longer ones are no longer readable.
const MAX_SCRIPT: usize = 1_000;
/// Headers of one answer.
const MAX_HEADERS: usize = 100;

impl CustomResponse {
    /// Checks every value.
    ///
    /// # Errors
    /// The first field that cannot be sent as it stands; its path starts with `at`.
    pub fn check(&self, at: &str) -> Result<(), FieldError> {
        self.answer.check(at)?;
        for (method, answer) in &self.methods {
            let at = format!("{at}.methods.{method}");
            if !is_token(method) {
                return Err(FieldError { field: at, message: "is no HTTP method".to_owned() });
            }
            answer.check(&at)?;
        }
        if self.script.len() > MAX_SCRIPT {
            return Err(FieldError {
                field: format!("{at}.script"),
                message: format!("has at most {MAX_SCRIPT} answers"),
            });
        }
        self.script.iter().enumerate().try_for_each(|(turn, answer)| answer.check(&format!("{at}.script[{turn}]")))
    }
}

impl Answer {
    fn check(&self, at: &str) -> Result<(), FieldError> {
        use base64::Engine as _;
        let wrong = |field: &str, message: &str| {
            Err(FieldError { field: format!("{at}.{field}"), message: message.to_owned() })
        };
        if self.status.is_some_and(|status| !(200..=599).contains(&status)) {
            return wrong("status", "is a status from 200 to 599");
        }
        if self.headers.as_ref().is_some_and(|headers| headers.len() > MAX_HEADERS) {
            return wrong("headers", "has at most 100 headers");
        }
        for (index, header) in self.headers.iter().flatten().enumerate() {
            if !is_token(&header.name) {
                return wrong(
                    &format!("headers[{index}].name"),
                    "is no header name: letters, digits and !#$%&'*+-.^_`|~",
                );
            }
            if FRAMING.iter().any(|name| header.name.eq_ignore_ascii_case(name)) {
                return wrong(&format!("headers[{index}].name"), "is set by Creel itself; leave it out");
            }
            if header.value.chars().any(|character| character.is_control() && character != '\t') {
                return wrong(&format!("headers[{index}].value"), "has no control characters");
            }
        }
        if self.body.is_some() && self.body_base64.is_some() {
            return wrong("body_base64", "cannot stand beside body; give one of them");
        }
        if self.body.as_ref().is_some_and(|body| body.len() > MAX_ANSWER_BODY) {
            return wrong("body", "has at most 1 MiB");
        }
        if let Some(encoded) = &self.body_base64 {
            match base64::engine::general_purpose::STANDARD.decode(encoded) {
                Err(_) => return wrong("body_base64", "is not base64 (standard alphabet, with padding)"),
                Ok(body) if body.len() > MAX_ANSWER_BODY => return wrong("body_base64", "has at most 1 MiB"),
                Ok(_) => {}
            }
        }
        if self.delay_ms.is_some_and(|delay| delay > MAX_DELAY_MS) {
            return wrong("delay_ms", "is at most 60000 (60 s)");
        }
        if let Some(fault) = &self.fault {
            if !(0.0..=1.0).contains(&fault.probability) {
                return wrong("fault.probability", "is a number from 0 to 1");
            }
            if fault.kind == FaultKind::Drip && fault.bytes == Some(0) {
                return wrong("fault.bytes", "is at least 1 byte per second");
            }
        }
        Ok(())
    }
}

/// Headers that frame the message: a wrong one would break the connection, and faults are the way to do that.
const FRAMING: &[&str] = &["Content-Length", "Transfer-Encoding", "Connection", "Upgrade"];

/// Whether this is a token (RFC 9110, section 5.6.2).
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_cannot_be_sent_is_refused_by_the_name_of_its_field() {
        for (json, field) in [
            (r#"{"status":100}"#, "response.status"),
            (r#"{"status":600}"#, "response.status"),
            (r#"{"headers":[{"name":"A","value":"b"},{"name":"a b","value":""}]}"#, "response.headers[1].name"),
            (r#"{"headers":[{"name":"Content-Length","value":"1"}]}"#, "response.headers[0].name"),
            (r#"{"headers":[{"name":"A","value":"x\r\ny"}]}"#, "response.headers[0].value"),
            (r#"{"body":"a","body_base64":"YQ=="}"#, "response.body_base64"),
            (r#"{"body_base64":"?"}"#, "response.body_base64"),
            (r#"{"delay_ms":60001}"#, "response.delay_ms"),
            (r#"{"fault":{"kind":"drip","bytes":0}}"#, "response.fault.bytes"),
            (r#"{"fault":{"kind":"cut","probability":1.5}}"#, "response.fault.probability"),
            (r#"{"script":[{"status":200},{"status":42}]}"#, "response.script[1].status"),
            (r#"{"methods":{"GE T":{}}}"#, "response.methods.GE T"),
        ] {
            let response: CustomResponse = serde_json::from_str(json).unwrap();
            assert_eq!(response.check("response").unwrap_err().field, field);
        }
        assert_eq!(CustomResponse::default().check("response"), Ok(()));
    }
}
