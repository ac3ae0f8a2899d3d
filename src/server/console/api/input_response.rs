//! What clients write about responses: the bin's own, others per method, scripts, faults.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::schemas;
use crate::model::{Fault, FaultKind, Hold, Response, ResponseHeader, ResponseSettings};
use crate::server::console::extract::only_objects;
use crate::server::console::problem::Problem;

/// A response body, decoded.
const MAX_RESPONSE_BODY: usize = 1 << 20;
/// Responses of a script: more than a person writes.
const MAX_SCRIPT: usize = 1_000;
/// Methods with their own response: more than exist.
const MAX_METHODS: usize = 100;
/// Header fields of one response.
const MAX_HEADERS: usize = 100;
/// Bytes of one field value: what most clients take.
const MAX_HEADER_VALUE: usize = 8 << 10;
/// A delay, in milliseconds: longer than any sender waits.
const MAX_DELAY_MS: u64 = 60_000;
/// How long senders are held, in milliseconds, when the client does not say: what most of them wait at least.
const HOLD_MS: u64 = 30_000;

/// The response that senders get.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = ResponseSettingsInput)]
#[serde(deny_unknown_fields, remote = "Self")]
pub(super) struct ResponseSettingsInput {
    /// 200 to 599; default 200.
    #[serde(default, deserialize_with = "status")]
    #[schema(minimum = 200, maximum = 599)]
    status: Option<u16>,
    /// Header fields, repeats allowed; default `Content-Type: text/plain`.
    #[schema(max_items = 100)]
    headers: Option<Vec<HeaderInput>>,
    /// The body as text; may hold templates. Default `ok`.
    body: Option<String>,
    /// The body as bytes, in base64.
    body_base64: Option<String>,
    /// Milliseconds to wait before responding.
    #[serde(default, deserialize_with = "delay")]
    #[schema(maximum = 60000)]
    delay_ms: Option<u64>,
    /// What goes wrong on purpose.
    fault: Option<FaultInput>,
    /// Responses for single methods, by method name.
    #[serde(default)]
    methods: BTreeMap<String, ResponseInput>,
    /// Responses used in turn: `[500, 500, {"status": 200}]` or `"500,500,200"`.
    #[serde(default)]
    #[schema(schema_with = schemas::script, required = false)]
    script: Script,
    /// Start the script again rather than repeat its last response.
    #[serde(default)]
    script_cycles: bool,
    /// Answer `Origin`s with CORS headers and preflights.
    #[serde(default)]
    cors: bool,
    /// Leave out `Content-Security-Policy: sandbox`.
    #[serde(default)]
    no_sandbox: bool,
    /// Hold senders until they are answered by hand.
    hold: Option<HoldInput>,
}

/// Holds senders until they are answered by hand.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = HoldInput)]
#[serde(deny_unknown_fields, remote = "Self")]
pub(super) struct HoldInput {
    /// Milliseconds after which the wait ends; default 30000.
    #[serde(default, deserialize_with = "delay")]
    #[schema(minimum = 1, maximum = 60000)]
    timeout_ms: Option<u64>,
    /// What senders get then; what is not set comes from the bin's response.
    otherwise: Option<ResponseInput>,
}

/// One response; what is not set comes from the bin's own.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = ResponseInput)]
#[serde(deny_unknown_fields, remote = "Self")]
pub(super) struct ResponseInput {
    /// 200 to 599.
    #[serde(default, deserialize_with = "status")]
    #[schema(minimum = 200, maximum = 599)]
    status: Option<u16>,
    /// Header fields, repeats allowed.
    #[schema(max_items = 100)]
    headers: Option<Vec<HeaderInput>>,
    /// The body as text.
    body: Option<String>,
    /// The body as bytes, in base64.
    body_base64: Option<String>,
    /// Milliseconds to wait before responding.
    #[serde(default, deserialize_with = "delay")]
    #[schema(maximum = 60000)]
    delay_ms: Option<u64>,
    /// What goes wrong on purpose.
    fault: Option<FaultInput>,
}

/// A header field of a response.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = HeaderInput)]
#[serde(deny_unknown_fields, remote = "Self")]
pub(super) struct HeaderInput {
    /// The field name.
    name: String,
    /// The field value.
    value: String,
}

/// What goes wrong on purpose.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = FaultInput)]
#[serde(deny_unknown_fields, remote = "Self")]
pub(super) struct FaultInput {
    /// `close`, `reset`, `cut`, `drip` or `hang`.
    #[schema(schema_with = schemas::fault_kind)]
    kind: FaultKind,
    /// How often, 0 to 1; default always.
    #[serde(default, deserialize_with = "probability")]
    #[schema(minimum = 0, maximum = 1)]
    probability: Option<f64>,
    /// For `drip` bytes per second, for `cut` bytes that still arrive.
    bytes: Option<u64>,
}

/// A number of one kind. Reads any value, so that a number out of bounds and a text get the same error.
#[derive(Clone, Copy)]
struct Number {
    /// What is expected, in words.
    wanted: &'static str,
    from: f64,
    to: f64,
    whole: bool,
}

const STATUS: Number = Number { wanted: "a whole number from 200 to 599", from: 200.0, to: 599.0, whole: true };
const DELAY: Number = Number { wanted: "a whole number from 0 to 60000", from: 0.0, to: 60_000.0, whole: true };
const PROBABILITY: Number = Number { wanted: "a number from 0 to 1", from: 0.0, to: 1.0, whole: false };

impl Number {
    fn within<E: serde::de::Error>(self, number: f64) -> Result<f64, E> {
        let fits = (self.from..=self.to).contains(&number) && (!self.whole || number.fract() == 0.0);
        let given = serde::de::Unexpected::Float(number);
        if fits { Ok(number) } else { Err(E::invalid_value(given, &self)) }
    }
}

#[expect(clippy::cast_precision_loss, reason = "what is that large is out of every bound")]
impl Visitor<'_> for Number {
    type Value = Option<f64>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.wanted)
    }
    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Option<f64>, E> {
        self.within(number as f64).map(Some)
    }
    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Option<f64>, E> {
        self.within(number as f64).map(Some)
    }
    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Option<f64>, E> {
        self.within(number).map(Some)
    }
    fn visit_unit<E>(self) -> Result<Option<f64>, E> {
        Ok(None)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be whole and within bounds")]
fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    Ok(deserializer.deserialize_any(STATUS)?.map(|number| number as u16))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be whole and within bounds")]
fn delay<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(deserializer.deserialize_any(DELAY)?.map(|number| number as u64))
}

fn probability<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    deserializer.deserialize_any(PROBABILITY)
}

only_objects!(ResponseSettingsInput, ResponseInput, HeaderInput, FaultInput, HoldInput);

/// The responses of a script. Each entry is a response or a status; all of it may be one text, `500,500,200`.
#[derive(Debug, Default)]
struct Script(Vec<ResponseInput>);

impl<'de> Deserialize<'de> for Script {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Script;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of responses or statuses, or a text like \"500,500,200\"")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Script, E> {
                let statuses = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                let responses = statuses.map(|part| match part.parse() {
                    Ok(status) => Ok(ResponseInput { status: Some(status), ..ResponseInput::default() }),
                    Err(_) => Err(E::custom(format!("'{part}' is no status"))),
                });
                let responses: Vec<_> = responses.take(MAX_SCRIPT + 1).collect::<Result<_, _>>()?;
                if responses.len() > MAX_SCRIPT { Err(E::custom(too_long())) } else { Ok(Script(responses)) }
            }
            fn visit_unit<E>(self) -> Result<Script, E> {
                Ok(Script::default())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Script, A::Error> {
                let mut script = Script::default();
                while let Some(Entry(response)) = entries.next_element()? {
                    if script.0.len() == MAX_SCRIPT {
                        return Err(A::Error::custom(too_long()));
                    }
                    script.0.push(response);
                }
                Ok(script)
            }
        }
        deserializer.deserialize_any(Entries)
    }
}

fn too_long() -> String {
    format!("a script has at most {MAX_SCRIPT} responses")
}

struct Entry(ResponseInput);

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StatusOrResponse;
        impl<'de> Visitor<'de> for StatusOrResponse {
            type Value = Entry;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a response or a status")
            }
            fn visit_u64<E: serde::de::Error>(self, status: u64) -> Result<Entry, E> {
                let status = u16::try_from(status).unwrap_or(u16::MAX);
                Ok(Entry(ResponseInput { status: Some(status), ..ResponseInput::default() }))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entry, A::Error> {
                ResponseInput::deserialize(MapAccessDeserializer::new(map)).map(Entry)
            }
        }
        deserializer.deserialize_any(StatusOrResponse)
    }
}

impl ResponseSettingsInput {
    /// Checks every field; `at` is its place in the body, empty for the body itself.
    pub(super) fn checked(self, at: &str) -> Result<ResponseSettings, Problem> {
        let prefix = if at.is_empty() { String::new() } else { format!("{at}.") };
        let response = ResponseInput {
            status: self.status,
            headers: self.headers,
            body: self.body,
            body_base64: self.body_base64,
            delay_ms: self.delay_ms,
            fault: self.fault,
        };
        let mut methods = BTreeMap::new();
        if self.methods.len() > MAX_METHODS {
            let detail = format!("At most {MAX_METHODS} methods have a response of their own.");
            return Err(Problem::field(format!("{prefix}methods"), detail));
        }
        for (method, response) in self.methods {
            let field = format!("{prefix}methods.{method}");
            if !is_token(&method) {
                return Err(Problem::field(field, "This is no HTTP method."));
            }
            let response = response.checked(&format!("{field}."))?;
            if methods.insert(method.to_ascii_uppercase(), response).is_some() {
                return Err(Problem::field(field, "This method is given twice; upper and lower case mean the same."));
            }
        }
        let script = self.script.0.into_iter().enumerate();
        Ok(ResponseSettings {
            response: response.checked(&prefix)?,
            methods,
            script: script
                .map(|(index, response)| response.checked(&format!("{prefix}script[{index}].")))
                .collect::<Result<_, _>>()?,
            script_cycles: self.script_cycles,
            cors: self.cors,
            no_sandbox: self.no_sandbox,
            hold: self.hold.map(|hold| hold.checked(&format!("{prefix}hold."))).transpose()?,
        })
    }
}

impl HoldInput {
    fn checked(self, prefix: &str) -> Result<Hold, Problem> {
        let timeout_ms = self.timeout_ms.unwrap_or(HOLD_MS);
        if !(1..=MAX_DELAY_MS).contains(&timeout_ms) {
            let sentence = format!("Senders are held for 1 to {MAX_DELAY_MS} ms.");
            return Err(Problem::field(format!("{prefix}timeout_ms"), sentence));
        }
        let otherwise = self.otherwise.unwrap_or_default().checked(&format!("{prefix}otherwise."))?;
        Ok(Hold { timeout_ms, otherwise })
    }
}

impl ResponseInput {
    /// Checks every field; `prefix` is its place in the body, with a dot at the end unless it is the body itself.
    pub(super) fn checked(self, prefix: &str) -> Result<Response, Problem> {
        let fault = |name: &str, why: String| Err(Problem::field(format!("{prefix}{name}"), why));
        if self.status.is_some_and(|status| !(200..=599).contains(&status)) {
            return fault("status", "A status is a number from 200 to 599.".to_owned());
        }
        if self.delay_ms.is_some_and(|delay| delay > MAX_DELAY_MS) {
            return fault("delay_ms", format!("A delay has at most {MAX_DELAY_MS} ms."));
        }
        if self.body.is_some() && self.body_base64.is_some() {
            return fault("body_base64", "Give body or body_base64, not both.".to_owned());
        }
        if self.body.as_ref().is_some_and(|body| body.len() > MAX_RESPONSE_BODY) {
            return fault("body", format!("A response body has at most {MAX_RESPONSE_BODY} bytes."));
        }
        if let Some(encoded) = &self.body_base64 {
            match base64::engine::general_purpose::STANDARD.decode(encoded) {
                Ok(body) if body.len() <= MAX_RESPONSE_BODY => {}
                Ok(_) => {
                    return fault("body_base64", format!("A response body has at most {MAX_RESPONSE_BODY} bytes."));
                }
                Err(_) => {
                    return fault("body_base64", "This is not base64 (the standard alphabet, padded).".to_owned());
                }
            }
        }
        let headers = self.headers.map(|headers| checked_headers(headers, prefix)).transpose()?;
        let checked_fault = match self.fault {
            None => None,
            Some(FaultInput { probability: Some(chance), .. }) if !(0.0..=1.0).contains(&chance) => {
                return fault("fault.probability", "A probability is a number from 0 to 1.".to_owned());
            }
            Some(FaultInput { kind: FaultKind::Drip, bytes: Some(0), .. }) => {
                return fault("fault.bytes", "Give at least 1 byte per second.".to_owned());
            }
            Some(FaultInput { kind, probability, bytes }) => {
                Some(Fault { kind, probability: probability.unwrap_or(1.0), bytes })
            }
        };
        Ok(Response {
            status: self.status,
            headers,
            body: self.body,
            body_base64: self.body_base64,
            delay_ms: self.delay_ms,
            fault: checked_fault,
        })
    }
}

fn checked_headers(headers: Vec<HeaderInput>, prefix: &str) -> Result<Vec<ResponseHeader>, Problem> {
    if headers.len() > MAX_HEADERS {
        return Err(Problem::field(
            format!("{prefix}headers"),
            format!("A response has at most {MAX_HEADERS} header fields."),
        ));
    }
    let checked = headers.into_iter().enumerate().map(|(index, HeaderInput { name, value })| {
        let field = |part: &str| format!("{prefix}headers[{index}].{part}");
        if !is_token(&name) {
            return Err(Problem::field(field("name"), "This is no HTTP field name."));
        }
        // The server does the framing: a wrong length here would break the connection by accident. Faults break it on
        // purpose.
        if ["content-length", "transfer-encoding", "connection", "upgrade"]
            .contains(&name.to_ascii_lowercase().as_str())
        {
            return Err(Problem::field(
                field("name"),
                "The server sets this header itself; use a fault to break a response.",
            ));
        }
        if value.len() > MAX_HEADER_VALUE || value.bytes().any(|byte| (byte < b' ' && byte != b'\t') || byte == 0x7f) {
            return Err(Problem::field(field("value"), "This is no HTTP field value."));
        }
        Ok(ResponseHeader { name, value })
    });
    checked.collect()
}

/// RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.len() <= 256 && text.bytes().all(token)
}
