//! A scheme: how one provider signs, read from its record.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::algorithm::Algorithm;
use super::encoding::Encoding;
use super::pattern::{Pattern, SIGNATURE, TIMESTAMP};
use super::record::{basis, config, parsed, refuse_unknown, require, separators, text, texts, vars};
use super::request::Config;
use super::secret::Pipeline;
use super::source::Source;
use super::template::{Missing, RESERVED, Template, Value};
use super::timestamp::TimestampRule;

/// How well a record is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Basis {
    /// A published vector was recomputed and agrees.
    A,
    /// Read in the provider's own source or documentation.
    B,
    /// From third-party documentation.
    C,
}

/// What is said about schemes of basis C.
pub const NOT_PROVEN: &str = "from documentation, not proven";

/// Why a record is no scheme.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("scheme field `{field}`: {message}")]
pub struct SchemeError {
    /// The field at fault.
    pub field: String,
    /// One sentence.
    pub message: String,
}

impl SchemeError {
    pub(crate) fn new(field: &str, message: impl fmt::Display) -> Self {
        Self { field: field.to_owned(), message: message.to_string() }
    }
}

/// A header whose presence hints at a scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hint {
    /// Lower case.
    pub(crate) name: String,
    pub(crate) is_prefix: bool,
}

/// A compiled scheme.
#[derive(Debug, Clone)]
pub struct Scheme {
    /// Its id, unique in the catalogue.
    pub id: String,
    /// What users read.
    pub name: String,
    /// How a signature is computed.
    pub algorithm: Algorithm,
    /// How a signature is written.
    pub encoding: Encoding,
    /// From the secret's text to the key.
    pub secret: Pipeline,
    /// What is signed; any of these may match. Not used by `equal`.
    pub signed: Vec<Template>,
    /// What it says about its timestamp, if it has one.
    pub timestamp: Option<TimestampRule>,
    /// How well it is proven; `None` for a user's own.
    pub basis: Option<Basis>,
    /// Where it was read.
    pub source: Option<String>,
    /// What to know about it.
    pub notes: Option<String>,
    /// Second values that the record itself sets.
    pub config: Config,
    pub(crate) detect: Vec<Hint>,
    pub(crate) from: Vec<Source>,
    pub(crate) group: Option<String>,
    pub(crate) split: Option<String>,
    pub(crate) items: Vec<Pattern>,
    pub(crate) vars: Vec<(String, Source)>,
    pub(crate) require: Vec<(Template, Template)>,
    record: Json,
}

const FIELDS: [&str; 15] = [
    "id",
    "name",
    "detect",
    "signature",
    "algorithm",
    "encoding",
    "secret",
    "vars",
    "signed",
    "timestamp",
    "require",
    "basis",
    "source",
    "notes",
    "config",
];
const SIGNATURE_FIELDS: [&str; 4] = ["from", "group", "split", "items"];
const PLAIN_FIELDS: [&str; 6] = ["id", "name", "header", "algorithm", "encoding", "prefix"];

impl Scheme {
    /// Reads a record: the full form of the catalogue, or the plain form
    /// `{"header": "X-Sig", "algorithm": "hmac-sha256", "encoding": "hex", "prefix": "sha256="}`.
    ///
    /// # Errors
    /// The field at fault and why; unknown fields are refused by name.
    pub fn from_json(record: &Json) -> Result<Self, SchemeError> {
        let fields = record.as_object().ok_or_else(|| SchemeError::new("scheme", "must be an object"))?;
        if fields.contains_key("header") { Self::from_plain(fields) } else { Self::from_full(fields) }
    }

    fn from_plain(fields: &Map<String, Json>) -> Result<Self, SchemeError> {
        refuse_unknown(fields, &PLAIN_FIELDS, "")?;
        let header = text(fields, "header")?.unwrap_or_default();
        if header.is_empty() || !header.bytes().all(|byte| byte.is_ascii_graphic() && !b":*{}".contains(&byte)) {
            return Err(SchemeError::new("header", "must be a header name"));
        }
        let prefix = text(fields, "prefix")?.unwrap_or_default();
        if prefix.contains(['{', '}', '\n']) {
            return Err(SchemeError::new("prefix", "must not contain braces or line ends"));
        }
        let mut full = serde_json::json!({
            "id": text(fields, "id")?.unwrap_or("custom"),
            "signature": { "from": format!("header:{header}"), "items": [format!("{}{{signature}}", prefix.trim_start())] },
            "algorithm": text(fields, "algorithm")?.unwrap_or("hmac-sha256"),
            "encoding": text(fields, "encoding")?.unwrap_or("hex"),
            "detect": [header.to_ascii_lowercase()],
        });
        if let (Some(name), Some(full)) = (fields.get("name"), full.as_object_mut()) {
            full.insert("name".to_owned(), name.clone());
        }
        Self::from_json(&full)
    }

    fn from_full(fields: &Map<String, Json>) -> Result<Self, SchemeError> {
        refuse_unknown(fields, &FIELDS, "")?;
        let id = text(fields, "id")?.unwrap_or("custom").to_owned();
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
            return Err(SchemeError::new("id", "must consist of letters, digits, `-`, `_` and `.`"));
        }
        let name = text(fields, "name")?.unwrap_or(&id).to_owned();
        let signature = match fields.get("signature") {
            Some(Json::Object(signature)) => signature,
            Some(_) => return Err(SchemeError::new("signature", "must be an object")),
            None => {
                return Err(SchemeError::new(
                    "signature",
                    "is missing; it says where the signature stands. Or write the plain form, with `header`",
                ));
            }
        };
        refuse_unknown(signature, &SIGNATURE_FIELDS, "signature.")?;
        let in_signature = |error: SchemeError| SchemeError { field: format!("signature.{}", error.field), ..error };
        let from = texts(signature, "from").map_err(in_signature)?;
        let from = parsed(&from, "signature.from", Source::parse)?;
        if from.is_empty() {
            return Err(SchemeError::new("signature.from", "is missing; write header:NAME, for example"));
        }
        let mut items = parsed(&texts(signature, "items").map_err(in_signature)?, "signature.items", Pattern::parse)?;
        if items.is_empty() {
            items.push(Pattern::bare());
        }
        if !items.iter().any(Pattern::has_signature) {
            return Err(SchemeError::new("signature.items", "no item has {signature}"));
        }
        let algorithm = text(fields, "algorithm")?.unwrap_or("hmac-sha256");
        let algorithm = Algorithm::named(algorithm).ok_or_else(|| {
            SchemeError::new("algorithm", format!("`{algorithm}` is none of {}", names_of_algorithms()))
        })?;
        let encoding = text(fields, "encoding")?.unwrap_or("hex");
        let encoding = Encoding::named(encoding)
            .ok_or_else(|| SchemeError::new("encoding", format!("`{encoding}` is none of {}", names_of_encodings())))?;
        let secret = Pipeline::parse(text(fields, "secret")?.unwrap_or("utf8"))
            .map_err(|message| SchemeError::new("secret", message))?;
        let mut signed = texts(fields, "signed")?;
        if signed.is_empty() && algorithm != Algorithm::Equal {
            signed.push("{body}".to_owned());
        }
        let timestamp = match fields.get("timestamp") {
            None => None,
            Some(rule) => {
                let wrong = |_| {
                    SchemeError::new(
                        "timestamp",
                        "may have `unit` (s, ms, rfc3339 or http-date), `tolerance_s` (whole seconds) and `direction` (both or past)",
                    )
                };
                Some(serde_json::from_value(rule.clone()).map_err(wrong)?)
            }
        };
        let scheme = Self {
            name,
            algorithm,
            encoding,
            secret,
            signed: parsed(&signed, "signed", Template::parse)?,
            timestamp,
            basis: basis(text(fields, "basis")?)?,
            source: text(fields, "source")?.map(str::to_owned),
            notes: text(fields, "notes")?.map(str::to_owned),
            config: config(fields.get("config"))?,
            detect: texts(fields, "detect")?.iter().map(|name| Hint::of(name)).collect(),
            from,
            group: separators(signature, "group").map_err(in_signature)?,
            split: separators(signature, "split").map_err(in_signature)?,
            items,
            vars: vars(fields.get("vars"))?,
            require: require(fields.get("require"))?,
            record: Json::Object(fields.clone()),
            id,
        };
        scheme.check_names()?;
        scheme.check_key()?;
        Ok(scheme)
    }

    /// Every value that a template uses must come from somewhere.
    fn check_names(&self) -> Result<(), SchemeError> {
        let captured: Vec<&str> = self.items.iter().flat_map(Pattern::names).collect();
        let known = |name: &str| captured.contains(&name) || self.vars.iter().any(|(var, _)| var == name);
        let names = captured.iter().copied().chain(self.vars.iter().map(|(name, _)| name.as_str()));
        if let Some(reserved) = names.into_iter().find(|name| RESERVED.contains(name)) {
            return Err(SchemeError::new("signature.items", format!("`{reserved}` stands for a part of the request")));
        }
        let templates = self.signed.iter().map(|template| ("signed", template));
        let required = self.require.iter().flat_map(|(left, right)| [("require", left), ("require", right)]);
        for (field, template) in templates.chain(required) {
            for value in template.values() {
                if let Value::Var(name) = value
                    && (name == SIGNATURE || !known(name))
                {
                    return Err(SchemeError::new(field, format!("nothing gives `{{{name}}}` a value")));
                }
            }
        }
        if self.timestamp.is_some() && !known(TIMESTAMP) {
            return Err(SchemeError::new("timestamp", "no item and no var gives `{timestamp}` a value"));
        }
        Ok(())
    }

    /// Whoever does not know the secret must not be able to sign, and a signature must be one of something.
    fn check_key(&self) -> Result<(), SchemeError> {
        for template in &self.signed {
            let mut values = template.values().peekable();
            if values.peek().is_none() {
                return Err(SchemeError::new(
                    "signed",
                    "has no placeholder such as {body}: nothing of the request is signed",
                ));
            }
            if self.algorithm.is_plain_hash() && !values.any(|value| *value == Value::Secret) {
                let message =
                    format!("{} has no key of its own: put {{secret}} into what is signed", self.algorithm.name());
                return Err(SchemeError::new("signed", message));
            }
        }
        Ok(())
    }

    /// The record that it was read from.
    #[must_use]
    pub const fn record(&self) -> &Json {
        &self.record
    }

    /// What to say when the record is not proven.
    #[must_use]
    pub fn caution(&self) -> Option<&'static str> {
        (self.basis == Some(Basis::C)).then_some(NOT_PROVEN)
    }

    /// Where the signature stands, in words: `header X-Callaider-Signature`.
    #[must_use]
    pub fn signature_place(&self) -> String {
        self.from.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
    }

    /// The form of a signature's text, e.g. `sha256={signature}`; `None` when it stands bare.
    #[must_use]
    pub fn signature_form(&self) -> Option<String> {
        let pattern = self.items.iter().find(|item| item.has_signature())?;
        (!pattern.is_bare()).then(|| pattern.text())
    }

    /// The same as it is shown to people: `sha256=…`.
    #[must_use]
    pub fn shown_form(&self) -> Option<String> {
        self.signature_form().map(|form| form.replace("{signature}", "…"))
    }

    /// One sentence about what a request lacks.
    #[must_use]
    pub fn missing_sentence(&self, missing: &Missing) -> String {
        match missing {
            Missing::Source(source) => format!("The {source} is missing."),
            Missing::Var(name) => match self.vars.iter().find(|(var, _)| var == name) {
                Some((_, source)) => format!("The {source} is missing."),
                None => format!("The {} has no {name}.", self.signature_place()),
            },
            Missing::Config(name) => format!("The scheme needs the setting {name}, which is not set."),
            Missing::SignedHeader(name) => format!("The signed header {name} is missing."),
            Missing::TooManySignedHeaders => "The request lists too many signed headers.".to_owned(),
            Missing::Secret => "The scheme signs the secret, and there is none.".to_owned(),
        }
    }
}

impl Hint {
    fn of(name: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        match lower.strip_suffix('*') {
            Some(prefix) => Self { name: prefix.to_owned(), is_prefix: true },
            None => Self { name: lower, is_prefix: false },
        }
    }
}

fn names_of_algorithms() -> String {
    Algorithm::ALL.map(Algorithm::name).join(", ")
}

fn names_of_encodings() -> String {
    Encoding::ALL.map(Encoding::name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(record: &Json) -> String {
        Scheme::from_json(record).unwrap_err().field
    }

    #[test]
    fn the_plain_form_is_a_scheme() {
        let scheme = Scheme::from_json(&serde_json::json!({"header": "X-Sig", "prefix": "sha256="})).unwrap();
        assert_eq!(scheme.signature_form().as_deref(), Some("sha256={signature}"));
        assert_eq!((scheme.algorithm, scheme.encoding), (Algorithm::HmacSha256, Encoding::Hex));
        assert_eq!(scheme.signature_place(), "header X-Sig");
        assert_eq!(Scheme::from_json(scheme.record()).unwrap().id, "custom");
    }

    #[test]
    fn a_wrong_field_is_named() {
        let with = |field: &str, value: Json| {
            let mut record = serde_json::json!({"signature": {"from": "header:X-Sig"}});
            record.as_object_mut().unwrap().insert(field.into(), value);
            refused(&record)
        };
        for (field, value) in [
            ("colour", serde_json::json!(1)),
            ("id", serde_json::json!("a b")),
            ("algorithm", serde_json::json!("rot13")),
            ("algorithm", serde_json::json!(5)),
            ("encoding", serde_json::json!("base32")),
            ("secret", serde_json::json!("guess")),
            ("signed", serde_json::json!("{nothing}")),
            ("signed", serde_json::json!("static")),
            ("signed", serde_json::json!(vec!["{body}"; 9])),
            ("timestamp", serde_json::json!({"unit": "s"})),
            ("timestamp", serde_json::json!({"unit": "fortnights"})),
            ("vars", serde_json::json!({"timestamp": "cookie:a"})),
            ("require", serde_json::json!([["{body}"]])),
            ("basis", serde_json::json!("Z")),
            ("config", serde_json::json!({"a": 1})),
            ("signature", serde_json::json!("header:X")),
        ] {
            assert_eq!(with(field, value.clone()), field, "{value}");
        }
        assert_eq!(refused(&serde_json::json!({"header": "X", "algorithm": "digest-sha256"})), "signed");
        assert_eq!(refused(&serde_json::json!([])), "scheme");
        assert_eq!(refused(&serde_json::json!({})), "signature");
        assert_eq!(refused(&serde_json::json!({"signature": {}})), "signature.from");
        assert_eq!(refused(&serde_json::json!({"signature": {"from": "header:X", "glue": ","}})), "signature.glue");
        assert_eq!(
            refused(&serde_json::json!({"signature": {"from": "header:X", "items": ["t={t}"]}})),
            "signature.items"
        );
        assert_eq!(
            refused(&serde_json::json!({"signature": {"from": "header:X", "items": ["{body}={signature}"]}})),
            "signature.items"
        );
        assert_eq!(refused(&serde_json::json!({"header": "X", "secret": "utf8"})), "secret");
        assert_eq!(refused(&serde_json::json!({"header": "X Y"})), "header");
    }
}
