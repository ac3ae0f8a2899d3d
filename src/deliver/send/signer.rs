//! Which of a bin's secrets signs a simulated sender's events, and by which scheme.

use std::sync::Arc;

use super::compose::Signer;
use crate::deliver::Deliver;
use crate::deliver::engine::TargetUrl;
use crate::deliver::plan::SendError;
use crate::deliver::token;
use crate::model::{Bin, SecretValue, Timestamp};
use crate::provider;
use crate::signature::{Catalogue, Scheme, set_scheme};

#[derive(Debug, Clone)]
pub(crate) enum SignWith {
    /// The bin's newest secret; without one nothing is signed.
    Usual,
    /// The bin's secret of that label.
    Label(String),
    /// This one. It is not stored.
    Value(SecretValue),
    /// Nothing is signed.
    Nothing,
}

impl Deliver {
    /// Finds the secret and the scheme. Without a bin there are no stored secrets. `provider` is the simulated
    /// platform.
    ///
    /// # Errors
    /// When there is no such secret or scheme, or the secret is stored for another scheme.
    pub(crate) fn signer(
        &self,
        bin: Option<&Bin>,
        with: &SignWith,
        scheme: Option<&str>,
        provider: Option<&str>,
        target: &TargetUrl,
    ) -> Result<Option<Signer>, SendError> {
        let Some((entered_at, secret)) = secret(bin, with)? else { return Ok(None) };
        let catalogue = &self.catalogue();
        let stored = entered_at.is_some();
        let scheme = match scheme {
            Some(id) => catalogue.scheme(id).cloned().ok_or_else(|| {
                SendError::field("scheme", "This scheme is not known; `GET /api/v1/schemes` lists them.")
            })?,
            None => match usual(catalogue, bin, provider, stored) {
                Some(scheme) => scheme,
                // The user's own request is only signed when asked for.
                None if matches!(with, SignWith::Usual) => return Ok(None),
                None => return Err(SendError::field("scheme", "No scheme is known for this; give one.")),
            },
        };
        if stored && !signs_for(catalogue, bin, &scheme) {
            let sentence = format!(
                "A stored secret signs only under its own scheme, and the bin's is not {}: give the value.",
                scheme.name
            );
            return Err(SendError::field("secret", sentence));
        }
        let used = token::Use { bin, entered_at, target };
        token::check(catalogue, &scheme, used, ("scheme", "secret"), "give the value, or sign nothing")?;
        Ok(Some(Signer { scheme, secret }))
    }
}

/// The secret, and its time of entry if it is stored.
fn secret(bin: Option<&Bin>, with: &SignWith) -> Result<Option<(Option<Timestamp>, SecretValue)>, SendError> {
    let stored = match with {
        SignWith::Nothing => return Ok(None),
        SignWith::Value(value) => return Ok(Some((None, value.clone()))),
        SignWith::Usual => bin.and_then(|bin| bin.secrets.last()),
        SignWith::Label(label) => {
            let found = bin.and_then(|bin| bin.secrets.iter().find(|secret| secret.label == *label));
            let sentence = "There is no bin with a secret of this label; `GET …/secrets` lists a bin's.";
            Some(found.ok_or_else(|| SendError::field("secret", sentence))?)
        }
    };
    Ok(stored.map(|secret| (Some(secret.created_at), secret.value.clone())))
}

/// The scheme when none is given: for a stored secret the bin's own, else the platform's first, else the bin's.
fn usual(catalogue: &Catalogue, bin: Option<&Bin>, provider: Option<&str>, stored: bool) -> Option<Arc<Scheme>> {
    let of = |provider: Option<&str>| catalogue.scheme(provider::schemes_of(provider?, true).first()?).cloned();
    let set = || set_scheme(catalogue, &bin?.settings);
    let bins = || set().or_else(|| of(bin?.settings.provider.as_deref()));
    let platforms = || of(provider);
    if stored { set().or_else(platforms).or_else(bins) } else { platforms().or_else(bins) }
}

/// Whether the bin itself would use its secrets for this scheme.
fn signs_for(catalogue: &Catalogue, bin: Option<&Bin>, scheme: &Scheme) -> bool {
    let Some(bin) = bin else { return true };
    if let Some(set) = set_scheme(catalogue, &bin.settings) {
        return set.id == scheme.id;
    }
    match bin.settings.provider.as_deref().map(|provider| provider::schemes_of(provider, true)) {
        Some(ids) if !ids.is_empty() => ids.iter().any(|id| *id == scheme.id),
        // The bin recognises the scheme from each request.
        _ => true,
    }
}
