//! Signs a request again by the catalogue: with a new timestamp and delivery id where the scheme has them. All else
//! stays.

use std::sync::Arc;

use super::engine::TargetUrl;
use super::plan::{Resign, ResignSecret, SendError};
use super::token;
use crate::http::cover::Cover;
use crate::http::{Head, Headers};
use crate::model::{Bin, BinId, RequestSummary, Secret, SecretValue, Timestamp};
use crate::provider;
use crate::signature::{Catalogue, Scheme, SignInput, Signed, set_scheme, sign};

/// The request to sign.
pub(super) struct Unsigned<'a> {
    pub(super) head: &'a Head,
    pub(super) body: &'a [u8],
    /// The URL as the receiver knows it.
    pub(super) url: &'a str,
    pub(super) target: &'a TargetUrl,
    pub(super) now: Timestamp,
}

/// Which part of the secret is sent.
pub(super) struct SentSecret {
    /// The secret, if the scheme sends it as it is: it must not be shown.
    pub(super) hidden: Cover,
    /// Whether it is a stored secret that the scheme sends as it is: then it may not go everywhere.
    pub(super) is_stored_token: bool,
}

/// Signs with the secret and the scheme that are asked for. A stored secret is refused where it may not be used.
pub(super) fn sign_again(
    catalogue: &Catalogue,
    bin: &Bin,
    summary: &RequestSummary,
    how: &Resign,
    what: &Unsigned<'_>,
) -> Result<(Signed, SentSecret), SendError> {
    let (entered_at, value) = secret(bin, summary, &how.secret)?;
    let stored = entered_at.is_some();
    let scheme = match (&how.scheme, stored) {
        (None, _) => usual_scheme(catalogue, bin, summary)?,
        (Some(id), false) => by_id(catalogue, id)?,
        (Some(id), true) => stored_scheme(catalogue, bin, summary, id)?,
    };
    let used = token::Use { bin: Some(bin), entered_at, target: what.target };
    token::check(catalogue, &scheme, used, ("resign.scheme", "resign.secret"), "give the value")?;
    let headers = what.head.headers();
    let id = scheme.delivery_id_header().and_then(|name| headers.get_str(name)).map(fresh_id);
    let kept: Headers = match (scheme.delivery_id_header(), &id) {
        // Only a missing field is added.
        (Some(name), Some(_)) => headers
            .iter()
            .filter(|field| !field.name.eq_ignore_ascii_case(name.as_bytes()))
            .map(|field| (field.name.clone(), field.value.clone()))
            .collect(),
        _ => headers,
    };
    let method = what.head.method();
    let input = SignInput {
        method: &method,
        url: what.url,
        headers: &kept,
        body: what.body,
        timestamp: what.now,
        id: id.as_deref(),
        config: None,
    };
    let signed =
        sign(&scheme, value.expose(), &input).map_err(|error| SendError::field("resign", error.to_string()))?;
    let is_stored_token = stored && scheme.sends_secret();
    Ok((signed, SentSecret { hidden: token::cover(&scheme, &value), is_stored_token }))
}

/// A new id of the same form: the part up to its last underscore stays.
fn fresh_id(old: &str) -> String {
    let prefix = old.rfind('_').map_or("", |at| &old[..=at]);
    format!("{prefix}{}", BinId::generate())
}

/// The secret, and its time of entry if it is stored.
fn secret(
    bin: &Bin,
    summary: &RequestSummary,
    wanted: &ResignSecret,
) -> Result<(Option<Timestamp>, SecretValue), SendError> {
    let labelled = |label: &str| bin.secrets.iter().find(|secret| secret.label == label);
    let found: Option<&Secret> = match wanted {
        ResignSecret::Value(value) => return Ok((None, value.clone())),
        ResignSecret::Label(label) => match labelled(label) {
            None => {
                let sentence = "The bin has no secret of this label; `GET …/secrets` lists them.";
                return Err(SendError::field("resign.secret", sentence));
            }
            found => found,
        },
        ResignSecret::Usual => {
            summary.derived.verdict.secret.as_deref().and_then(labelled).or_else(|| bin.secrets.last())
        }
    };
    match found {
        Some(secret) => Ok((Some(secret.created_at), secret.value.clone())),
        None => {
            let sentence = "The bin has no secret: add one, or give `{\"value\": …}`.";
            Err(SendError::field("resign.secret", sentence))
        }
    }
}

fn by_id(catalogue: &Catalogue, id: &str) -> Result<Arc<Scheme>, SendError> {
    let unknown = || SendError::field("resign.scheme", "This scheme is not known; `GET /api/v1/schemes` lists them.");
    catalogue.scheme(id).cloned().ok_or_else(unknown)
}

/// The bin's scheme, else that of the request's verdict, else the provider's first.
fn usual_scheme(catalogue: &Catalogue, bin: &Bin, summary: &RequestSummary) -> Result<Arc<Scheme>, SendError> {
    let judged = || summary.derived.verdict.scheme.as_deref().and_then(|id| catalogue.scheme(id)).cloned();
    let providers = || {
        let provider = bin.settings.provider.as_deref()?;
        catalogue.scheme(provider::schemes_of(provider, true).first()?).cloned()
    };
    set_scheme(catalogue, &bin.settings).or_else(judged).or_else(providers).ok_or_else(|| {
        SendError::field("resign.scheme", "No scheme is known for this request: set the bin's, or give one.")
    })
}

/// The scheme for a stored secret: only one for which the bin itself would use the secret.
fn stored_scheme(
    catalogue: &Catalogue,
    bin: &Bin,
    summary: &RequestSummary,
    id: &str,
) -> Result<Arc<Scheme>, SendError> {
    let usual = usual_scheme(catalogue, bin, summary)?;
    if usual.id == id {
        return Ok(usual);
    }
    let of_provider = bin.settings.provider.as_deref().map(|provider| provider::schemes_of(provider, true));
    if set_scheme(catalogue, &bin.settings).is_none()
        && of_provider.is_some_and(|ids| ids.iter().any(|known| known == id))
    {
        return by_id(catalogue, id);
    }
    Err(SendError::field(
        "resign.scheme",
        format!(
            "A stored secret signs only under its own scheme ({}); give the value to sign under another.",
            usual.id
        ),
    ))
}
