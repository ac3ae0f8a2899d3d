//! Secrets that a scheme sends as they are: to which targets a stored one may go.

use super::engine::{TargetUrl, has_dot_segment};
use super::plan::{Plan, SendError};
use crate::http::cover::{Cover, credential};
use crate::model::{Bin, SecretValue, Timestamp};
use crate::provider;
use crate::signature::{Catalogue, Scheme, set_scheme};

/// Shown in place of a secret.
pub(super) const COVERED: &str = "•••";
/// Secrets of at least this length are masked.
pub(super) const LEAST: usize = 1;

#[derive(Debug, Clone, Copy)]
pub(super) struct Use<'a> {
    /// The bin; without one there are no stored secrets.
    pub(super) bin: Option<&'a Bin>,
    /// When the secret was entered; `None` for one that is not stored.
    pub(super) entered_at: Option<Timestamp>,
    pub(super) target: &'a TargetUrl,
}

/// Checks that a stored secret signs only by the scheme that it was entered for, and that a scheme which sends it may
/// do so. `fields` are the names of scheme and secret in the API; `else_do` says what to do instead of using the stored
/// secret.
///
/// # Errors
/// The field at fault, and the way out.
pub(super) fn check(
    catalogue: &Catalogue,
    scheme: &Scheme,
    used: Use<'_>,
    fields: (&str, &str),
    else_do: &str,
) -> Result<(), SendError> {
    let (Some(bin), Some(entered_at)) = (used.bin, used.entered_at) else { return Ok(()) };
    let name = &scheme.name;
    if bin.settings.scheme_since > Some(entered_at) {
        let sentence =
            format!("This secret was entered for another scheme: enter it again for this one, or {else_do}.");
        return Err(SendError::field(fields.1, sentence));
    }
    if bin.settings.custom_scheme.is_some() && scheme.may_hash_secret_alone() {
        let sentence = format!(
            "{name} hashes the secret without body or URL, which would reveal it: sign them as well, or {else_do}."
        );
        return Err(SendError::field(fields.0, sentence));
    }
    if !scheme.sends_secret() {
        return Ok(());
    }
    if !is_set(catalogue, bin, scheme) {
        let sentence = format!(
            "{name} sends the secret itself, and the bin is not set to it: set the bin's scheme, or give the value."
        );
        return Err(SendError::field(fields.0, sentence));
    }
    if !is_own_target(bin, used.target) {
        let sentence = format!(
            "{name} sends the secret itself, and a stored one goes only to the bin's own forward target: {else_do}."
        );
        return Err(SendError::field(fields.1, sentence));
    }
    if bin.settings.forward_since > Some(entered_at) {
        let sentence = format!(
            "This secret was entered while the bin forwarded elsewhere: enter it again for this target, or {else_do}."
        );
        return Err(SendError::field(fields.1, sentence));
    }
    Ok(())
}

/// Checks a request that contains a stored secret: it must not leave the forward target.
///
/// # Errors
/// The field at fault, and the way out.
pub(super) fn check_sent(plan: &Plan, path_and_query: &[u8]) -> Result<(), SendError> {
    const ONLY: &str = "A stored secret that is sent as it is goes only to the bin's own forward target";
    let edit = &plan.edit.head;
    if plan.keep_host {
        let sentence =
            format!("{ONLY}, and another `Host` may lead elsewhere: leave it out, or give the secret's value.");
        return Err(SendError::field("keep_host", sentence));
    }
    if edit.set.iter().any(|(name, _)| name.trim().eq_ignore_ascii_case("host")) {
        let sentence =
            format!("{ONLY}, and another `Host` may lead elsewhere: do not set it, or give the secret's value.");
        return Err(SendError::field("edit.headers.set", sentence));
    }
    let path = path_and_query.split(|byte| *byte == b'?').next().unwrap_or_default();
    if has_dot_segment(path) {
        let field = if edit.path.is_some() { "edit.path" } else { "resign.secret" };
        let sentence = format!(
            "{ONLY}, and a path with dot segments (`..`) may leave it: give a plain path in `edit.path`, or the secret's value."
        );
        return Err(SendError::field(field, sentence));
    }
    Ok(())
}

/// The mask for a request that this scheme signs with this secret.
pub(super) fn cover(scheme: &Scheme, secret: &SecretValue) -> Cover {
    if !scheme.sends_secret() {
        return Cover::default();
    }
    let written = scheme.key(secret.expose()).map(|key| scheme.encoding.encode(&key).into_bytes());
    Cover::new(credential(secret.expose().as_bytes(), LEAST).into_iter().chain(written), COVERED)
}

/// Whether the bin is set to this scheme, or to a provider with it: what a request says decides about no stored secret
/// that would be sent as it is.
fn is_set(catalogue: &Catalogue, bin: &Bin, scheme: &Scheme) -> bool {
    match set_scheme(catalogue, &bin.settings) {
        Some(set) => set.id == scheme.id,
        None => {
            let provider = bin.settings.provider.as_deref();
            provider.is_some_and(|provider| provider::schemes_of(provider, true).iter().any(|id| *id == scheme.id))
        }
    }
}

/// Whether a target is the bin's own forward target, or below it.
fn is_own_target(bin: &Bin, target: &TargetUrl) -> bool {
    let mut own = bin.settings.forward_targets().filter_map(|own| TargetUrl::parse(own).ok());
    !has_dot_segment(target.path().as_bytes()) && own.any(|own| target.is_below(&own))
}
