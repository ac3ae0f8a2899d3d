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
    let was_token = sends_its_secret(catalogue, settings);
    let (before, provider_before) = (EnteredFor::of(settings), EnteredFor::of_provider(catalogue, settings));
    change(settings);
    let becomes_token = !was_token && sends_its_secret(catalogue, settings);
    let is_meant = EnteredFor::of(settings).is_meant_by(&before);
    let provider_is_meant = match (EnteredFor::of_provider(catalogue, settings), provider_before) {
        (Some(now), Some(before)) => now.is_meant_by(&before),
        _ => true,
    };
    if becomes_token || !is_meant || !provider_is_meant {
        settings.scheme_since = Some(now);
    }
}

/// Whether the bin's sender signs with a private key of its own: then no secret can be made here.
pub(crate) fn has_private_key(catalogue: &Catalogue, settings: &BinSettings) -> bool {
    main_scheme(catalogue, settings).is_some_and(|scheme| scheme.algorithm.is_asymmetric())
}

/// Whether a scheme by which the secrets sign sends the secret itself as the signature.
fn sends_its_secret(catalogue: &Catalogue, settings: &BinSettings) -> bool {
    let sends = |scheme: &Scheme| scheme.sends_secret();
    match set_scheme(catalogue, settings) {
        Some(scheme) => sends(&scheme),
        None => of_provider(settings).iter().any(|id| catalogue.scheme(id).is_some_and(|scheme| sends(scheme))),
    }
}

/// The scheme that the settings name; else, also where the named one is no longer known, the first of their provider.
fn main_scheme(catalogue: &Catalogue, settings: &BinSettings) -> Option<Arc<Scheme>> {
    set_scheme(catalogue, settings).or_else(|| {
        let first = of_provider(settings).into_iter().next()?;
        catalogue.scheme(&first).cloned()
    })
}

fn of_provider(settings: &BinSettings) -> Vec<Cow<'static, str>> {
    settings.provider.as_deref().map(|id| provider::schemes_of(id, true)).unwrap_or_default()
}

/// The schemes that a bin's secrets were entered for. Where the scheme is recognised from each request, they may sign
/// by others, too.
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
            None => Self::schemes_of_provider(settings),
        }
    }

    /// The provider's schemes, where they stand in for a scheme that is not set or no longer known.
    fn of_provider(catalogue: &Catalogue, settings: &BinSettings) -> Option<Self> {
        set_scheme(catalogue, settings).is_none().then(|| Self::schemes_of_provider(settings))
    }

    fn schemes_of_provider(settings: &BinSettings) -> Self {
        Self::Known(of_provider(settings).into_iter().map(Cow::into_owned).collect())
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Settings with a provider, a scheme and a scheme of the user's own; `-` for none, `?` for one that is not known.
    fn settings(provider: &str, scheme: &str, custom: &str) -> BinSettings {
        let named = |text: &str| (text != "-").then(|| text.to_owned());
        BinSettings {
            provider: named(provider),
            scheme: named(scheme),
            custom_scheme: named(custom).map(|text| json!({"signature": text})),
            ..BinSettings::default()
        }
    }

    #[test]
    fn a_change_is_noted_where_older_secrets_would_sign_by_what_they_were_not_entered_for() {
        let catalogue = Catalogue::default();
        for (before, after, is_noted) in [
            (("-", "-", "-"), ("stripe", "-", "-"), false),
            (("-", "-", "-"), ("gitlab", "-", "-"), true),
            (("-", "auto", "-"), ("gitlab", "auto", "-"), true),
            (("stripe", "auto", "-"), ("stripe", "-", "-"), false),
            (("gitlab", "auto", "-"), ("gitlab", "-", "-"), false),
            (("stripe", "-", "-"), ("github", "-", "-"), true),
            (("stripe", "-", "-"), ("stripe", "stripe", "-"), false),
            (("stripe", "stripe", "-"), ("stripe", "github", "-"), true),
            (("stripe", "stripe", "-"), ("-", "-", "-"), true),
            // What is set is no longer known, so that the provider stands in for it.
            (("stripe", "?", "-"), ("github", "?", "-"), true),
            (("stripe", "-", "?"), ("github", "-", "?"), true),
            (("stripe", "-", "?"), ("gitlab", "-", "?"), true),
            (("gitlab", "-", "?"), ("gitlab", "-", "-"), true),
            (("stripe", "?", "-"), ("stripe", "?", "-"), false),
        ] {
            let (provider, scheme, custom) = before;
            let mut changed = settings(provider, scheme, custom);
            let now = Timestamp::from_micros(1);
            let (provider, scheme, custom) = after;
            note_scheme_change(&catalogue, &mut changed, now, |changed| *changed = settings(provider, scheme, custom));
            assert_eq!(changed.scheme_since, is_noted.then_some(now), "{before:?} to {after:?}");
        }
    }
}
