//! What clients write: bins' settings, read strictly and checked field by field.

use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::input_response::ResponseSettingsInput;
use super::schemas;
use crate::model::{BinName, BinSettings, ResponseSettings, SecretValue, SignatureMode};
use crate::provider::{self, OwnProvider};
use crate::server::console::error_text::told;
use crate::server::console::extract::only_objects;
use crate::server::console::problem::Problem;
use crate::signature::{self, AUTO, Catalogue, Scheme, set_scheme};
use crate::store::MAX_BODY;

/// Secrets of one bin: each is tried for every request.
const MAX_SECRETS: usize = 32;
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
#[serde(deny_unknown_fields, remote = "Self")]
pub(super) struct BinInput {
    /// A name to use in place of the id: letters, digits, `-` and `_`, up to 63. Capital letters are made small.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, pattern = "^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")]
    name: Option<Option<String>>,
    /// The provider's id; without it, the provider is recognised from each request.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    provider: Option<Option<String>>,
    /// The signature scheme's id; without it, the scheme is recognised from each request.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    scheme: Option<Option<String>>,
    /// A scheme of your own, as a record; wins over `scheme`.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Object>)]
    custom_scheme: Option<Option<serde_json::Map<String, serde_json::Value>>>,
    /// One secret; for a new bin only.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 16384)]
    secret: Option<SecretValue>,
    /// Several secrets; for a new bin only.
    #[schema(max_items = 32)]
    secrets: Option<Vec<SecretInput>>,
    /// `report` (default) or `enforce`: 401 unless the signature is valid.
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = schemas::signature_mode)]
    signature_mode: Option<Option<SignatureMode>>,
    /// The URL that senders are given when it is not the capture URL; what schemes sign. Its query counts for requests
    /// that come without one.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 2048, pattern = "^[Hh][Tt][Tt][Pp][Ss]?://[^#]+$")]
    public_url: Option<Option<String>>,
    /// The response that senders get; replaced as a whole.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<ResponseSettingsInput>)]
    response: Option<Option<ResponseSettingsInput>>,
    /// How much is kept.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<LimitsInput>)]
    limits: Option<Option<LimitsInput>>,
}

/// How much a bin keeps. `null` means the server's default, 0 no limit.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = LimitsInput)]
#[serde(deny_unknown_fields, remote = "Self")]
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
#[serde(deny_unknown_fields, remote = "Self")]
pub(super) struct SecretInput {
    /// What you call it. The name of a second value of the scheme (`webhook_id`) makes it that value.
    pub(super) label: Option<String>,
    /// The text as the provider shows it. For senders that sign with a private key, it is the public key: PEM, a
    /// certificate, base64 of its DER, a JWK or a JWKS. A private key is refused.
    #[schema(value_type = String, min_length = 1, max_length = 16384)]
    pub(super) value: SecretValue,
}

only_objects!(BinInput, LimitsInput, SecretInput);

impl SecretInput {
    /// Checks it; without a label, makes one from `number`.
    pub(super) fn checked(self, field: &str, number: usize) -> Result<(String, SecretValue), Problem> {
        let prefix = if field.is_empty() { String::new() } else { format!("{field}.") };
        check_secret(&self.value, &format!("{prefix}value"))?;
        let label = self.label.filter(|label| !label.trim().is_empty()).unwrap_or_else(|| format!("secret {number}"));
        short(&label, &format!("{prefix}label"))?;
        Ok((label, self.value))
    }
}

/// Reads a bin's name. Capital letters are accepted: `CallAIder` names the bin `callaider`.
pub(super) fn bin_name(text: &str) -> Result<BinName, String> {
    text.to_ascii_lowercase().parse()
}

/// Checks how many secrets a bin would have.
pub(super) fn check_count(count: usize) -> Result<(), Problem> {
    if count > MAX_SECRETS {
        return Err(Problem::field("secrets", format!("A bin has at most {MAX_SECRETS} secrets.")));
    }
    Ok(())
}

/// Checks the length of a secret, and that it is no private or damaged key.
pub(super) fn check_secret(secret: &SecretValue, field: &str) -> Result<(), Problem> {
    let characters = secret.expose().chars().count();
    if characters == 0 || characters > MAX_SECRET {
        return Err(Problem::field(field, format!("A secret has 1 to {MAX_SECRET} characters.")));
    }
    signature::check_secret(secret.expose()).map_err(|sentence| Problem::field(field, sentence))
}

/// Checks that a secret can be one of the bin's scheme, where one is set. A label may name a second value of it.
pub(super) fn check_fits(
    scheme: Option<&Scheme>,
    label: &str,
    secret: &SecretValue,
    field: &str,
) -> Result<(), Problem> {
    match scheme {
        Some(scheme) if !scheme.settings().any(|name| name == label) => {
            scheme.check_secret(secret.expose()).map_err(|sentence| Problem::field(field, sentence))
        }
        _ => Ok(()),
    }
}

/// Checks the URL that senders were given.
pub(super) fn check_public_url(text: &str) -> Result<(), Problem> {
    short(text, "public_url")?;
    if !is_web_url(text) || text.contains('#') {
        let message = "A public URL starts with http:// or https:// and has no fragment.";
        return Err(Problem::field("public_url", message));
    }
    Ok(())
}

/// Whether this is a whole `http` or `https` URL. The parser alone would repair what is written wrongly.
pub(super) fn is_web_url(text: &str) -> bool {
    let begins = |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    (begins("http://") || begins("https://"))
        && !text.chars().any(|c| c.is_control() || c.is_whitespace())
        && url::Url::parse(text).is_ok_and(|url| url.has_host())
}

/// Checks a scheme's id or record.
pub(super) fn check_scheme(
    catalogue: &Catalogue,
    scheme: Option<&str>,
    custom: Option<&serde_json::Value>,
) -> Result<(), Problem> {
    if scheme.is_some_and(|id| id != AUTO && catalogue.scheme(id).is_none()) {
        return Err(Problem::field("scheme", "This scheme is not known; `GET /api/v1/schemes` lists them."));
    }
    if let Some(Err(error)) = custom.map(Scheme::from_json) {
        let field = format!("custom_scheme.{}", error.field);
        let told = told(&field, &error.message);
        let at = told.field.unwrap_or(field);
        return Err(Problem::field(at, told.sentence).with_unknown(told.unknown));
    }
    Ok(())
}

/// Checked changes of a bin's settings.
#[derive(Debug)]
pub(super) struct BinChange {
    name: Option<Option<BinName>>,
    input: BinInput,
    response: Option<ResponseSettings>,
    /// The secrets to add.
    pub(super) secrets: Vec<(String, SecretValue)>,
}

impl BinInput {
    /// The field that gives secrets, if any.
    pub(super) fn secrets_field(&self) -> Option<&'static str> {
        self.secret.as_ref().map(|_| "secret").or(self.secrets.as_ref().map(|_| "secrets"))
    }

    /// Checks every field; the scheme must be one of the catalogue.
    pub(super) fn checked(self, catalogue: &Catalogue) -> Result<BinChange, Problem> {
        self.checked_with(catalogue, &provider::declared())
    }

    /// The same with these platforms in place of the declared ones.
    pub(super) fn checked_with(mut self, catalogue: &Catalogue, own: &[OwnProvider]) -> Result<BinChange, Problem> {
        let name = match self.name.take() {
            None => None,
            Some(None) => Some(None),
            Some(Some(text)) => Some(Some(bin_name(&text).map_err(|why| Problem::field("name", capital(&why)))?)),
        };
        for (field, text) in [("provider", &self.provider), ("scheme", &self.scheme)] {
            if let Some(Some(text)) = text {
                short(text, field)?;
            }
        }
        if let Some(Some(provider)) = &self.provider
            && !provider::is_known(provider, own)
        {
            return Err(Problem::field("provider", "This provider is not known; `GET /api/v1/providers` lists them."));
        }
        let custom = self.custom_scheme.clone().flatten().map(serde_json::Value::Object);
        check_scheme(catalogue, self.scheme.as_ref().and_then(Option::as_deref), custom.as_ref())?;
        if let Some(Some(text)) = &self.public_url {
            check_public_url(text)?;
        }
        let secrets_field = self.secrets_field();
        let mut secrets = Vec::new();
        if let Some(value) = self.secret.take() {
            check_secret(&value, "secret")?;
            secrets.push(("secret 1".to_owned(), value));
        }
        for (index, secret) in self.secrets.take().into_iter().flatten().enumerate() {
            let number = secrets.len() + 1;
            check_count(number)?;
            secrets.push(secret.checked(&format!("secrets[{index}]"), number)?);
        }
        let body_limit =
            self.limits.as_ref().and_then(Option::as_ref).and_then(|limits| limits.max_body_bytes.flatten());
        if body_limit.is_some_and(|limit| limit > MAX_BODY) {
            return Err(Problem::field("limits.max_body_bytes", format!("A body has at most {MAX_BODY} bytes.")));
        }
        let named =
            BinSettings { scheme: self.scheme.clone().flatten(), custom_scheme: custom, ..BinSettings::default() };
        let scheme = set_scheme(catalogue, &named);
        let is_one = secrets_field == Some("secret");
        for (index, (label, value)) in secrets.iter().enumerate() {
            let field = if is_one { "secret".to_owned() } else { format!("secrets[{index}].value") };
            check_fits(scheme.as_deref(), label, value, &field)?;
        }
        let response = match self.response.take() {
            None => None,
            Some(None) => Some(ResponseSettings::default()),
            Some(Some(response)) => Some(response.checked("response")?),
        };
        Ok(BinChange { name, input: self, response, secrets })
    }
}

impl BinChange {
    /// The requested name, if any.
    pub(super) fn name(&self) -> Option<&BinName> {
        self.name.as_ref()?.as_ref()
    }

    /// Whether it sets the provider; the scheme.
    pub(super) const fn sets(&self) -> (bool, bool) {
        (self.input.provider.is_some(), self.input.scheme.is_some())
    }

    /// Asks for that name.
    pub(super) fn set_name(&mut self, name: BinName) {
        self.name = Some(Some(name));
    }

    /// Makes the changes.
    pub(super) fn apply(&self, settings: &mut BinSettings) {
        fn set<T>(place: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *place = value;
            }
        }
        let input = &self.input;
        set(&mut settings.name, self.name.clone());
        set(&mut settings.provider, input.provider.clone());
        set(&mut settings.scheme, input.scheme.clone());
        set(
            &mut settings.custom_scheme,
            input.custom_scheme.clone().map(|record| record.map(serde_json::Value::Object)),
        );
        set(&mut settings.signature_mode, input.signature_mode.map(Option::unwrap_or_default));
        set(&mut settings.public_url, input.public_url.clone());
        set(&mut settings.response, self.response.clone());
        if let Some(limits) = &input.limits {
            // `null` resets each of them.
            let forgotten = LimitsInput { max_requests: Some(None), max_age_s: Some(None), max_body_bytes: Some(None) };
            let limits = limits.as_ref().unwrap_or(&forgotten);
            set(&mut settings.limits.max_requests, limits.max_requests);
            set(&mut settings.limits.max_age_s, limits.max_age_s);
            set(&mut settings.limits.max_body_bytes, limits.max_body_bytes);
        }
    }
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
