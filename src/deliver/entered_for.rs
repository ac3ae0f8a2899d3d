//! What a bin's secrets were entered for. A secret that signs by another scheme than its owner meant could be revealed
//! by it, so a change of the scheme is noted with its time: `token` lets no older secret sign.

use std::borrow::Cow;
use std::sync::Arc;

use crate::model::{BinSettings, Timestamp};
use crate::provider;
use crate::signature::{AUTO, Catalogue, Scheme, set_scheme};

/// Makes a change of a bin's settings. Notes the time if the scheme changes or becomes one that sends a token: no older
/// secret signs by it.
pub(crate) fn note_scheme_change(
    catalogue: &Catalogue,
    settings: &mut BinSettings,
    now: Timestamp,
    change: impl FnOnce(&mut BinSettings),
) {
    let (was_token, before) = (sends_its_secret(catalogue, settings), EnteredFor::of(settings));
    change(settings);
    let becomes_token = !was_token && sends_its_secret(catalogue, settings);
    if becomes_token || !EnteredFor::of(settings).is_meant_by(&before) {
        settings.scheme_since = Some(now);
    }
}

/// Whether the bin's sender signs with a private key of its own: then no secret can be made here.
pub(crate) fn has_private_key(catalogue: &Catalogue, settings: &BinSettings) -> bool {
    main_scheme(catalogue, settings).is_some_and(|scheme| scheme.algorithm.is_asymmetric())
}

/// Whether the scheme sends the secret itself as the signature.
fn sends_its_secret(catalogue: &Catalogue, settings: &BinSettings) -> bool {
    main_scheme(catalogue, settings).is_some_and(|scheme| scheme.sends_secret())
}

/// The scheme that the settings name; else the first one of their provider.
fn main_scheme(catalogue: &Catalogue, settings: &BinSettings) -> Option<Arc<Scheme>> {
    set_scheme(catalogue, settings).or_else(|| {
        let first = of_provider(settings).into_iter().next()?;
        catalogue.scheme(&first).cloned()
    })
}

fn of_provider(settings: &BinSettings) -> Vec<Cow<'static, str>> {
    settings.provider.as_deref().map(|id| provider::schemes_of(id, true)).unwrap_or_default()
}

/// The schemes by which a bin's secrets sign.
#[derive(PartialEq)]
enum EnteredFor {
    /// A record of the user's own.
    Custom(serde_json::Value),
    /// One of these schemes of the catalogue; any when empty.
    Known(Vec<String>),
}

impl EnteredFor {
    fn of(settings: &BinSettings) -> Self {
        if let Some(record) = &settings.custom_scheme {
            return Self::Custom(record.clone());
        }
        match settings.scheme.as_deref().filter(|id| *id != AUTO) {
            Some(id) => Self::Known(vec![id.to_owned()]),
            None => Self::Known(of_provider(settings).into_iter().map(Cow::into_owned).collect()),
        }
    }

    /// Whether an older secret is meant for this: its schemes were among those set before, or no scheme of the
    /// catalogue was set before.
    fn is_meant_by(&self, before: &Self) -> bool {
        match (self, before) {
            (Self::Known(now), Self::Known(before)) => {
                before.is_empty() || !now.is_empty() && now.iter().all(|id| before.contains(id))
            }
            _ => self == before,
        }
    }
}
