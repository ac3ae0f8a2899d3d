//! Secrets that a scheme sends as they are: where a stored one may go.

use super::engine::TargetUrl;
use super::plan::SendError;
use super::resign::set_scheme;
use crate::model::{Bin, Timestamp};
use crate::provider;
use crate::signature::{Algorithm, Catalogue, Scheme};

/// The secret that is to be used.
#[derive(Debug, Clone, Copy)]
pub(super) struct Use<'a> {
    /// The bin; without one there are no stored secrets.
    pub(super) bin: Option<&'a Bin>,
    /// When the secret was entered; `None` for one that is not stored.
    pub(super) entered_at: Option<Timestamp>,
    /// Where it would go.
    pub(super) target: &'a TargetUrl,
}

/// Checks that a scheme which sends its secret may do so with this one. `fields` are the places of scheme and secret in the
/// API, `else_do` is what can be done in place of using the stored one.
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
    if scheme.algorithm != Algorithm::Equal {
        return Ok(());
    }
    let (Some(bin), Some(entered_at)) = (used.bin, used.entered_at) else { return Ok(()) };
    let name = &scheme.name;
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
    if bin.settings.token_since > Some(entered_at) {
        let sentence =
            "This secret was entered for another scheme, which does not send it: enter it again for this one.";
        return Err(SendError::field(fields.1, sentence));
    }
    Ok(())
}

/// Whether the bin is set to this scheme, or to a provider with it: what a request says decides about no stored secret that
/// would be sent as it is.
fn is_set(catalogue: &Catalogue, bin: &Bin, scheme: &Scheme) -> bool {
    match set_scheme(catalogue, bin) {
        Some(set) => set.id == scheme.id,
        None => {
            let provider = bin.settings.provider.as_deref();
            provider.is_some_and(|provider| provider::schemes_of(provider, true).contains(&scheme.id.as_str()))
        }
    }
}

/// Whether a target is the bin's own forward target, or below it.
fn is_own_target(bin: &Bin, target: &TargetUrl) -> bool {
    let mut own = bin.settings.forward_targets().filter_map(|own| TargetUrl::parse(own).ok());
    own.any(|own| target.is_below(&own))
}
