//! What clients write: bins' settings and answers, read strictly and checked field by field.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::model::{
    Answer, BinName, BinSettings, CustomResponse, Fault, FaultKind, ResponseHeader, SecretValue, SignatureMode,
};
use crate::server::console::problem::Problem;
use crate::signature;

/// A response body, decoded.
const MAX_RESPONSE_BODY: usize = 1 << 20;
/// Answers of a script: more than a person writes.
const MAX_SCRIPT: usize = 1_000;
/// Header fields of one answer.
const MAX_HEADERS: usize = 100;
/// A delay, in milliseconds: longer than any sender waits.
const MAX_DELAY_MS: u64 = 60_000;
/// Characters of a secret: a PEM key fits.
const MAX_SECRET: usize = 16 << 10;
/// Characters of a label, a provider's or scheme's id, a URL.
const MAX_TEXT: usize = 2_048;

/// Keeps `null` (forget it) and absence (leave it) apart.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// The settings of a bin. What is absent stays as it is (or gets its default), `null` goes back to the default.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = BinInput)]
#[serde(deny_unknown_fields)]
pub(super) struct BinInput {
    /// A name to use in place of the id: `[a-z0-9][a-z0-9_-]{0,62}`.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, pattern = "^[a-z0-9][a-z0-9_-]{0,62}$")]
    name: Option<Option<String>>,
    /// The provider's id, when it is not to be recognised from the requests.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    provider: Option<Option<String>>,
    /// The signature scheme's id, when it is not to be recognised from the requests.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    scheme: Option<Option<String>>,
    /// A scheme of your own, as a record; wins over `scheme`.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Object>)]
    custom_scheme: Option<Option<serde_json::Map<String, serde_json::Value>>>,
    /// One secret; for a new bin only.
    #[schema(value_type = Option<String>)]
    secret: Option<SecretValue>,
    /// Several secrets; for a new bin only.
    secrets: Option<Vec<SecretInput>>,
    /// `report` (default) or `enforce`: 401 unless the signature is valid.
    #[schema(value_type = Option<String>)]
    signature_mode: Option<SignatureMode>,
    /// The URL that senders are given when it is not the capture URL; what schemes sign.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    public_url: Option<Option<String>>,
    /// What senders are answered; replaced as a whole.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<ResponseInput>)]
    response: Option<Option<ResponseInput>>,
    /// How much is kept.
    limits: Option<LimitsInput>,
}

/// How much a bin keeps. `null` means the server's default, 0 no limit.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = LimitsInput)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitsInput {
    /// Requests.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u64>)]
    max_requests: Option<Option<u64>>,
    /// Age in seconds.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u64>)]
    max_age_s: Option<Option<u64>>,
    /// Bytes of one body.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u64>)]
    max_body_bytes: Option<Option<u64>>,
}

/// A secret. Its text is never shown again.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = SecretInput)]
#[serde(deny_unknown_fields)]
pub(super) struct SecretInput {
    /// What you call it.
    pub(super) label: Option<String>,
    /// The text as the provider shows it.
    #[schema(value_type = String)]
    pub(super) value: SecretValue,
}

impl SecretInput {
    /// Checks it; `number` makes a label when there is none.
    pub(super) fn checked(self, field: &str, number: usize) -> Result<(String, SecretValue), Problem> {
        let prefix = if field.is_empty() { String::new() } else { format!("{field}.") };
        let characters = self.value.expose().chars().count();
        if characters == 0 || characters > MAX_SECRET {
            return Err(Problem::field(
                format!("{prefix}value"),
                format!("A secret has 1 to {MAX_SECRET} characters."),
            ));
        }
        let label = self.label.filter(|label| !label.trim().is_empty()).unwrap_or_else(|| format!("secret {number}"));
        short(&label, &format!("{prefix}label"))?;
        Ok((label, self.value))
    }
}

/// Checks a scheme's id or record.
pub(super) fn check_scheme(scheme: Option<&str>, custom: Option<&serde_json::Value>) -> Result<(), Problem> {
    if scheme.is_some_and(|id| id != signature::AUTO && signature::scheme(id).is_none()) {
        return Err(Problem::field("scheme", "This scheme is not known; `GET /api/v1/schemes` lists them."));
    }
    if let Some(Err(error)) = custom.map(signature::Scheme::from_json) {
        let field = if error.field.is_empty() { String::new() } else { format!(".{}", error.field) };
        return Err(Problem::field(format!("custom_scheme{field}"), capital(&error.message)));
    }
    Ok(())
}

/// Checked changes of a bin's settings.
#[derive(Debug)]
pub(super) struct BinChange {
    name: Option<Option<BinName>>,
    input: BinInput,
    response: Option<CustomResponse>,
    /// The secrets to add.
    pub(super) secrets: Vec<(String, SecretValue)>,
}

impl BinInput {
    /// Checks every field.
    pub(super) fn checked(mut self) -> Result<BinChange, Problem> {
        let name = match self.name.take() {
            None => None,
            Some(None) => Some(None),
            Some(Some(text)) => Some(Some(text.parse().map_err(|why: String| Problem::field("name", capital(&why)))?)),
        };
        for (field, text) in [("provider", &self.provider), ("scheme", &self.scheme)] {
            if let Some(Some(text)) = text {
                short(text, field)?;
            }
        }
        if let Some(Some(provider)) = &self.provider
            && !crate::provider::catalogue().iter().any(|known| known.id == provider)
        {
            return Err(Problem::field("provider", "This provider is not known; `GET /api/v1/providers` lists them."));
        }
        let custom = self.custom_scheme.clone().flatten().map(serde_json::Value::Object);
        check_scheme(self.scheme.as_ref().and_then(Option::as_deref), custom.as_ref())?;
        if let Some(Some(text)) = &self.public_url {
            short(text, "public_url")?;
            let usable = url::Url::parse(text).is_ok_and(|url| {
                matches!(url.scheme(), "http" | "https") && url.has_host() && url.fragment().is_none()
            });
            if !usable {
                return Err(Problem::field(
                    "public_url",
                    "A public URL starts with http:// or https:// and has no fragment.",
                ));
            }
        }
        let mut secrets = Vec::new();
        if let Some(value) = self.secret.take() {
            secrets.push(SecretInput { label: None, value }.checked("secret", 1)?);
        }
        for (index, secret) in self.secrets.take().into_iter().flatten().enumerate() {
            let number = secrets.len() + 1;
            secrets.push(secret.checked(&format!("secrets[{index}]"), number)?);
        }
        let response = match self.response.take() {
            None => None,
            Some(None) => Some(CustomResponse::default()),
            Some(Some(response)) => Some(response.checked("response")?),
        };
        Ok(BinChange { name, input: self, response, secrets })
    }
}

impl BinChange {
    /// The name that is asked for, if any.
    pub(super) fn name(&self) -> Option<&BinName> {
        self.name.as_ref()?.as_ref()
    }

    /// Asks for that name.
    pub(super) fn set_name(&mut self, name: BinName) {
        self.name = Some(Some(name));
    }

    /// Whether requests must be judged again.
    pub(super) fn touches_verdicts(&self) -> bool {
        let input = &self.input;
        input.provider.is_some()
            || input.scheme.is_some()
            || input.custom_scheme.is_some()
            || input.public_url.is_some()
    }

    /// Makes the changes.
    pub(super) fn apply(self, settings: &mut BinSettings) {
        fn set<T>(place: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *place = value;
            }
        }
        let input = self.input;
        set(&mut settings.name, self.name);
        set(&mut settings.provider, input.provider);
        set(&mut settings.scheme, input.scheme);
        set(&mut settings.custom_scheme, input.custom_scheme.map(|record| record.map(serde_json::Value::Object)));
        set(&mut settings.signature_mode, input.signature_mode);
        set(&mut settings.public_url, input.public_url);
        set(&mut settings.response, self.response);
        if let Some(limits) = input.limits {
            set(&mut settings.limits.max_requests, limits.max_requests);
            set(&mut settings.limits.max_age_s, limits.max_age_s);
            set(&mut settings.limits.max_body_bytes, limits.max_body_bytes);
        }
    }
}

/// What senders are answered.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = ResponseInput)]
#[serde(deny_unknown_fields)]
pub(super) struct ResponseInput {
    /// 200 to 599; default 200.
    #[schema(minimum = 200, maximum = 599)]
    status: Option<u16>,
    /// Header fields, repeats allowed; default `Content-Type: text/plain`.
    headers: Option<Vec<HeaderInput>>,
    /// The body as text; may hold templates. Default `ok`.
    body: Option<String>,
    /// The body as bytes, in base64.
    body_base64: Option<String>,
    /// Milliseconds to wait before answering.
    #[schema(maximum = 60000)]
    delay_ms: Option<u64>,
    /// What goes wrong on purpose.
    fault: Option<FaultInput>,
    /// Answers for single methods, by method name.
    #[serde(default)]
    methods: BTreeMap<String, AnswerInput>,
    /// Answers used in turn: `[500, 500, {"status": 200}]` or `"500,500,200"`.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    script: Script,
    /// Start the script again rather than repeat its last answer.
    #[serde(default)]
    script_cycles: bool,
    /// Answer `Origin`s with CORS headers and preflights.
    #[serde(default)]
    cors: bool,
    /// Leave out `Content-Security-Policy: sandbox`.
    #[serde(default)]
    no_sandbox: bool,
}

/// One answer; what is not set comes from the bin's answer.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = AnswerInput)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerInput {
    /// 200 to 599.
    #[schema(minimum = 200, maximum = 599)]
    status: Option<u16>,
    /// Header fields, repeats allowed.
    headers: Option<Vec<HeaderInput>>,
    /// The body as text.
    body: Option<String>,
    /// The body as bytes, in base64.
    body_base64: Option<String>,
    /// Milliseconds to wait before answering.
    #[schema(maximum = 60000)]
    delay_ms: Option<u64>,
    /// What goes wrong on purpose.
    fault: Option<FaultInput>,
}

/// A header field of an answer.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = HeaderInput)]
#[serde(deny_unknown_fields)]
pub(super) struct HeaderInput {
    /// The field name.
    name: String,
    /// The field value.
    value: String,
}

/// What goes wrong on purpose.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = FaultInput)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultInput {
    /// `close`, `reset`, `cut`, `drip` or `hang`.
    #[schema(value_type = String)]
    kind: FaultKind,
    /// How often, 0 to 1; default always.
    #[schema(minimum = 0, maximum = 1)]
    probability: Option<f64>,
    /// For `drip` bytes per second, for `cut` bytes that still arrive.
    bytes: Option<u64>,
}

/// The answers of a script. Each entry is an answer or a status; all of it may be one text, `500,500,200`.
#[derive(Debug, Default)]
struct Script(Vec<AnswerInput>);

impl<'de> Deserialize<'de> for Script {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Script;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of answers or statuses, or a text like \"500,500,200\"")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Script, E> {
                let statuses = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                let answers = statuses.map(|part| match part.parse() {
                    Ok(status) => Ok(AnswerInput { status: Some(status), ..AnswerInput::default() }),
                    Err(_) => Err(E::custom(format!("'{part}' is no status"))),
                });
                answers.collect::<Result<_, _>>().map(Script)
            }
            fn visit_unit<E>(self) -> Result<Script, E> {
                Ok(Script::default())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Script, A::Error> {
                let mut script = Script::default();
                while let Some(Entry(answer)) = entries.next_element()? {
                    if script.0.len() == MAX_SCRIPT {
                        return Err(A::Error::custom(format!("a script has at most {MAX_SCRIPT} answers")));
                    }
                    script.0.push(answer);
                }
                Ok(script)
            }
        }
        deserializer.deserialize_any(Entries)
    }
}

struct Entry(AnswerInput);

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StatusOrAnswer;
        impl<'de> Visitor<'de> for StatusOrAnswer {
            type Value = Entry;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an answer or a status")
            }
            fn visit_u64<E: serde::de::Error>(self, status: u64) -> Result<Entry, E> {
                let status = u16::try_from(status).map_err(|_| E::custom(format!("{status} is no status")))?;
                Ok(Entry(AnswerInput { status: Some(status), ..AnswerInput::default() }))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entry, A::Error> {
                AnswerInput::deserialize(MapAccessDeserializer::new(map)).map(Entry)
            }
        }
        deserializer.deserialize_any(StatusOrAnswer)
    }
}

impl ResponseInput {
    /// Checks every field; `at` is where it stands in the body, empty for the body itself.
    pub(super) fn checked(self, at: &str) -> Result<CustomResponse, Problem> {
        let prefix = if at.is_empty() { String::new() } else { format!("{at}.") };
        let answer = AnswerInput {
            status: self.status,
            headers: self.headers,
            body: self.body,
            body_base64: self.body_base64,
            delay_ms: self.delay_ms,
            fault: self.fault,
        };
        let mut methods = BTreeMap::new();
        for (method, answer) in self.methods {
            let field = format!("{prefix}methods.{method}");
            if !is_token(&method) {
                return Err(Problem::field(field, "This is no HTTP method."));
            }
            methods.insert(method.to_ascii_uppercase(), answer.checked(&format!("{field}."))?);
        }
        let script = self.script.0.into_iter().enumerate();
        Ok(CustomResponse {
            answer: answer.checked(&prefix)?,
            methods,
            script: script
                .map(|(index, answer)| answer.checked(&format!("{prefix}script[{index}].")))
                .collect::<Result<_, _>>()?,
            script_cycles: self.script_cycles,
            cors: self.cors,
            no_sandbox: self.no_sandbox,
        })
    }
}

impl AnswerInput {
    fn checked(self, prefix: &str) -> Result<Answer, Problem> {
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
        let spoilt = match self.fault {
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
        Ok(Answer {
            status: self.status,
            headers,
            body: self.body,
            body_base64: self.body_base64,
            delay_ms: self.delay_ms,
            fault: spoilt,
        })
    }
}

fn checked_headers(headers: Vec<HeaderInput>, prefix: &str) -> Result<Vec<ResponseHeader>, Problem> {
    if headers.len() > MAX_HEADERS {
        return Err(Problem::field(
            format!("{prefix}headers"),
            format!("An answer has at most {MAX_HEADERS} header fields."),
        ));
    }
    let checked = headers.into_iter().enumerate().map(|(index, HeaderInput { name, value })| {
        let field = |part: &str| format!("{prefix}headers[{index}].{part}");
        if !is_token(&name) {
            return Err(Problem::field(field("name"), "This is no HTTP field name."));
        }
        // Framing is the server's: a wrong length here would break the connection by accident. Faults break it on purpose.
        if ["content-length", "transfer-encoding", "connection"].contains(&name.to_ascii_lowercase().as_str()) {
            return Err(Problem::field(
                field("name"),
                "The server sets this header itself; use a fault to break an answer.",
            ));
        }
        if value.len() > MAX_TEXT * 4 || value.bytes().any(|byte| (byte < b' ' && byte != b'\t') || byte == 0x7f) {
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

fn short(text: &str, field: &str) -> Result<(), Problem> {
    if text.is_empty() || text.len() > MAX_TEXT || text.chars().any(char::is_control) {
        return Err(Problem::field(field, format!("This has 1 to {MAX_TEXT} bytes and no control characters.")));
    }
    Ok(())
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| format!("{}{}.", first.to_uppercase(), characters.as_str())).unwrap_or_default()
}
