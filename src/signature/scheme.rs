//! A scheme: how one provider signs, compiled from its record.

use serde_json::Value as Json;

use crate::json::Pointer;

use super::algorithm::Algorithm;
use super::encoding::Encoding;
use super::jws::Alg;
use super::missing::Missing;
use super::pattern::{Pattern, SIGNATURE, TIMESTAMP};
use super::record::{self, Evidence, Record, Requirement, SchemeError, SignatureRecord};
use super::request::Config;
use super::secret::Pipeline;
use super::source::Source;
use super::template::{RESERVED, Template, Value};
use super::timestamp::TimestampRule;

/// The caution for schemes that are known only from third parties.
pub(super) const NOT_PROVEN: &str = "from documentation, not proven";

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
    /// The name shown to users.
    pub name: String,
    /// How a signature is computed.
    pub algorithm: Algorithm,
    /// How a signature is written.
    pub encoding: Encoding,
    /// From the secret's text to the key.
    pub secret: Pipeline,
    /// What is signed; any of these may match. Not used by `equal`.
    pub signed: Vec<Template>,
    /// The rule for its timestamp, if it has one.
    pub timestamp: Option<TimestampRule>,
    /// How well it is proven; `None` for a user's own.
    pub evidence: Option<Evidence>,
    /// Where its rules were read: documents or source files, in words.
    pub source: Option<String>,
    /// Remarks for users.
    pub notes: Option<String>,
    /// Second values that the record itself sets.
    pub config: Config,
    /// What a token may be signed with; empty for all that fit the key.
    pub(crate) alg: Vec<Alg>,
    pub(crate) detect: Vec<Hint>,
    pub(crate) from: Vec<Source>,
    pub(crate) group: Option<String>,
    pub(crate) split: Option<String>,
    pub(crate) items: Vec<Pattern>,
    pub(crate) vars: Vec<(String, Source)>,
    /// Parts typical of the sender, to tell it from others with the same header.
    pub(crate) marks: Vec<Source>,
    pub(crate) require: Vec<(Template, Template)>,
    record: Json,
}

impl Scheme {
    /// Reads a record: the full form of the catalogue, or the plain form
    /// `{"header": "X-Sig", "algorithm": "hmac-sha256", "encoding": "hex", "prefix": "sha256="}`.
    ///
    /// # Errors
    /// The field at fault and why; unknown fields are refused by name.
    pub fn from_json(record: &Json) -> Result<Self, SchemeError> {
        if record::is_plain(record) {
            let full = record::full(record)?;
            Self::compile(record::read(&full)?, full)
        } else {
            Self::compile(record::read(record)?, record.clone())
        }
    }

    fn compile(record: Record, written: Json) -> Result<Self, SchemeError> {
        check_id(&record.id)?;
        let signature = checked_signature(record.signature)?;
        let mut signed = record.signed.0;
        // A token that is not detached holds what it signs.
        if signed.is_empty() && record.algorithm != Algorithm::Equal && !record.algorithm.is_token() {
            signed.push(Template::body());
        }
        // Without separators nothing is split.
        let separators = |characters: Option<String>| characters.filter(|characters| !characters.is_empty());
        let is_text = record.algorithm == Algorithm::Equal || record.algorithm.is_token();
        let otherwise = if is_text { Encoding::Utf8 } else { Encoding::Hex };
        let scheme = Self {
            name: record.name.unwrap_or_else(|| record.id.clone()),
            id: record.id,
            algorithm: record.algorithm,
            encoding: record.encoding.unwrap_or(otherwise),
            secret: record.secret,
            signed,
            timestamp: record.timestamp,
            evidence: record.evidence,
            source: record.source,
            notes: record.notes,
            config: record.config.into(),
            alg: checked_algs(record.algorithm, &record.alg.0)?,
            detect: record.detect.0.iter().map(|name| Hint::of(name)).collect(),
            from: signature.from.0,
            group: separators(signature.group),
            split: separators(signature.split),
            items: signature.items.0,
            vars: record.vars.0,
            marks: record.marks.0,
            require: record.require.0.into_iter().map(|Requirement(left, right)| (left, right)).collect(),
            record: written,
        };
        scheme.check_names()?;
        scheme.check_key()?;
        Ok(scheme)
    }

    /// Whether senders send the secret itself, or a bearer token.
    #[must_use]
    pub fn hands_over(&self) -> bool {
        self.sends_secret() || self.algorithm.is_token()
    }

    /// Whether the secret itself is sent: as the signature, or in another required place.
    #[must_use]
    pub fn sends_secret(&self) -> bool {
        let required = || self.require.iter().flat_map(|(left, right)| [left, right]).flat_map(Template::values);
        self.algorithm == Algorithm::Equal || required().any(|value| *value == Value::Secret)
    }

    /// Whether a signature may be a plain hash of the secret and nothing that a receiver checks: an observer could
    /// search for the secret.
    #[must_use]
    pub fn may_hash_secret_alone(&self) -> bool {
        let is_of_request = |value: &Value| value.is_of_address() || matches!(value, Value::Query(..));
        let is_alone = |template: &Template| !self.reads_body(template) && !template.values().any(is_of_request);
        self.algorithm.is_plain_hash() && self.signed.iter().any(is_alone)
    }

    /// Whether the signature depends on the receiver's URL.
    #[must_use]
    pub fn signs_address(&self) -> bool {
        self.signed.iter().flat_map(Template::values).any(Value::is_of_address)
    }

    /// Where the signature is in a request.
    #[must_use]
    pub fn places(&self) -> &[Source] {
        &self.from
    }

    /// Every value that a template uses must come from somewhere.
    fn check_names(&self) -> Result<(), SchemeError> {
        let captured: Vec<&str> = self.items.iter().flat_map(Pattern::names).collect();
        let known = |name: &str| captured.contains(&name) || self.vars.iter().any(|(var, _)| var == name);
        let names = captured.iter().copied().chain(self.vars.iter().map(|(name, _)| name.as_str()));
        if let Some(reserved) = names.into_iter().find(|name| RESERVED.contains(name)) {
            return Err(SchemeError::new("signature.items", format!("`{reserved}` names a part of the request")));
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

    /// Signing must take the secret, and a signature must depend on the request.
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

    /// The record that it was read from; of a plain one, its full form.
    #[must_use]
    pub const fn record(&self) -> &Json {
        &self.record
    }

    /// The key bytes that this scheme derives from a secret's text; `None` when it cannot be decoded.
    #[must_use]
    pub fn key(&self, secret: &str) -> Option<Vec<u8>> {
        key_bytes(self.algorithm, &self.secret, secret)
    }

    /// The list in the body whose items are signed one by one.
    pub(crate) fn list(&self) -> Option<&Pointer> {
        self.from.iter().find_map(|source| match source {
            Source::Each(list, _) => Some(list),
            _ => None,
        })
    }

    /// The same scheme for one item of its list alone.
    pub(crate) fn for_item(&self, item: usize) -> Self {
        let at = |source: &Source| match source {
            Source::Each(list, rest) => Pointer::parse(&format!("{list}/{item}{rest}")).map(Source::Json),
            _ => None,
        };
        let source = |source: &Source| at(source).unwrap_or_else(|| source.clone());
        let mut one = self.clone();
        one.from = self.from.iter().map(source).collect();
        one.vars = self.vars.iter().map(|(name, place)| (name.clone(), source(place))).collect();
        for template in &mut one.signed {
            template.replace_sources(at);
        }
        for (left, right) in &mut one.require {
            left.replace_sources(at);
            right.replace_sources(at);
        }
        one
    }

    /// Whether anything of the body is in what the template signs.
    pub(crate) fn reads_body(&self, template: &Template) -> bool {
        template.values().any(|value| value.is_body() || self.source_in_body(value).is_some())
    }

    /// The part of the body that a value is read from, if it is a part.
    pub(crate) fn source_in_body<'s>(&'s self, value: &'s Value) -> Option<&'s Source> {
        let source = match value {
            Value::Source(source) => source,
            Value::Var(name) => &self.vars.iter().find(|(var, _)| var == name)?.1,
            Value::Body
            | Value::Method
            | Value::Url
            | Value::UrlNoQuery
            | Value::UrlNoPort
            | Value::UrlWithPort
            | Value::Path
            | Value::PathQuery
            | Value::Secret
            | Value::Query(..)
            | Value::Form(..)
            | Value::Config(_) => return None,
        };
        Some(source).filter(|source| source.in_body())
    }

    /// The second values that the scheme needs.
    pub fn settings(&self) -> impl Iterator<Item = &str> {
        let required = self.require.iter().flat_map(|(left, right)| [left, right]);
        self.signed.iter().chain(required).flat_map(Template::values).filter_map(|value| match value {
            Value::Config(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The header with the delivery's id, where that is signed.
    #[must_use]
    pub fn delivery_id_header(&self) -> Option<&str> {
        self.vars.iter().find_map(|(name, source)| match source {
            Source::Header(header) if name == "id" => Some(header.as_str()),
            _ => None,
        })
    }

    /// What to say when the record is not proven.
    #[must_use]
    pub fn caution(&self) -> Option<&'static str> {
        (self.evidence == Some(Evidence::ThirdParty)).then_some(NOT_PROVEN)
    }

    /// Where the signature is, in words: `header X-Callaider-Signature`.
    #[must_use]
    pub fn signature_place(&self) -> String {
        self.from.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
    }

    /// The form of a signature's text, e.g. `sha256={signature}`; `None` when the signature is all of it.
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
            Missing::Config(name) => format!(
                "The scheme needs the setting {name}, which is not set: add it to the bin as a secret with the label `{name}`."
            ),
            Missing::SignedHeader(name) => format!("The signed header {name} is missing."),
            Missing::TooManySignedHeaders => "The request lists too many signed headers.".to_owned(),
            Missing::Secret => "The scheme signs the secret, and there is none.".to_owned(),
        }
    }
}

/// The key's bytes that a secret's text gives for an algorithm.
pub(super) fn key_bytes(algorithm: Algorithm, pipeline: &Pipeline, secret: &str) -> Option<Vec<u8>> {
    match algorithm {
        // The text's form says what it is: PEM, JWK, JWKS.
        Algorithm::Jws => Some(secret.trim().as_bytes().to_vec()).filter(|text| !text.is_empty()),
        _ if algorithm.is_asymmetric() => pipeline.asymmetric_key(secret),
        _ => pipeline.key(secret),
    }
}

/// The algorithms of tokens, of one family only: a public key must never be used as a shared secret.
fn checked_algs(algorithm: Algorithm, names: &[String]) -> Result<Vec<Alg>, SchemeError> {
    if !names.is_empty() && !algorithm.is_token() {
        return Err(SchemeError::new("alg", "belongs to the algorithms jws and jws-hmac"));
    }
    let read = |name: &String| {
        Alg::named(name).filter(|alg| alg.is_hmac() == (algorithm == Algorithm::JwsHmac)).ok_or_else(|| {
            SchemeError::new("alg", format!("`{name}` is no algorithm of {} that is known", algorithm.name()))
        })
    };
    names.iter().map(read).collect()
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

fn check_id(id: &str) -> Result<(), SchemeError> {
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
        return Err(SchemeError::new("id", "must consist of letters, digits, `-`, `_` and `.`"));
    }
    Ok(())
}

/// Where the signature is, with at least one place and one item that has it.
fn checked_signature(signature: Option<SignatureRecord>) -> Result<SignatureRecord, SchemeError> {
    let mut signature = signature.ok_or_else(|| {
        let message = "is missing; it says where the signature is. Or write the plain form, with `header`";
        SchemeError::new("signature", message)
    })?;
    if signature.from.0.is_empty() {
        return Err(SchemeError::new("signature.from", "is missing; write header:NAME, for example"));
    }
    for (field, characters) in [("signature.group", &signature.group), ("signature.split", &signature.split)] {
        // The separators would also cut the signed values.
        if characters.as_ref().is_some_and(|characters| characters.contains(|one: char| one.is_ascii_alphanumeric())) {
            return Err(SchemeError::new(field, "cuts at letters or digits, of which signatures and times consist"));
        }
    }
    let items = &mut signature.items.0;
    if items.is_empty() {
        items.push(Pattern::bare());
    }
    if !items.iter().any(Pattern::has_signature) {
        return Err(SchemeError::new("signature.items", "no item has {signature}"));
    }
    Ok(signature)
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
            ("vars", serde_json::json!(["header:X"])),
            ("basis", serde_json::json!("Z")),
            ("signature", serde_json::json!("header:X")),
            ("signature", serde_json::json!(["header:X"])),
            ("name", Json::Null),
        ] {
            assert_eq!(with(field, value.clone()), field, "{value}");
        }
        for (field, value, path) in [
            ("timestamp", serde_json::json!({"unit": "fortnights"}), "timestamp.unit"),
            ("vars", serde_json::json!({"timestamp": "cookie:a"}), "vars.timestamp"),
            ("require", serde_json::json!([["{body}"]]), "require[0]"),
            ("require", serde_json::json!([["{body}", "{body|sort_pairs}"]]), "require[0][1]"),
            ("signed", serde_json::json!(["{body}", 1]), "signed[1]"),
            ("config", serde_json::json!({"a": 1}), "config.a"),
            ("", serde_json::json!(1), "\"\""),
            ("signature", serde_json::json!({"from": "header:X", "split": ",a"}), "signature.split"),
            ("signature", serde_json::json!({"from": "header:X", "group": "2"}), "signature.group"),
        ] {
            assert_eq!(with(field, value.clone()), path, "{value}");
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
