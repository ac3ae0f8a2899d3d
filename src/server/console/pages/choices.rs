//! Providers and signature schemes as one list to choose from, by name.

use actix_web::HttpResponse;
use askama::Template;
use askama::filters::HtmlSafe;

use super::html;
use crate::model::BinSettings;
use crate::provider::{self, ProviderInfo};
use crate::server::console::extract::State;
use crate::server::console::problem::Problem;
use crate::signature::Catalogue;

/// What a bin's provider and scheme are set to. An empty text means that it is recognised from the requests.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Choice {
    provider: String,
    scheme: String,
    label: String,
    /// Further search words.
    words: String,
    /// What it contributes: events, signatures or both.
    about: &'static str,
    chosen: bool,
}

/// The options of the choice.
#[derive(Debug, Template)]
#[template(path = "parts/choices.html")]
pub(super) struct Choices {
    choices: Vec<Choice>,
    /// The bin's setting, if it is not in the list: both parts, in words.
    other: Option<Choice>,
    /// Whether the bin has a scheme of its own.
    own: Option<bool>,
    provider: String,
}

impl HtmlSafe for Choices {}

/// The descriptions of entries.
const EVENTS_AND_SIGNATURE: &str = "events and signature";
const EVENTS: &str = "events";
const SIGNATURE: &str = "signature";

impl Choices {
    /// Every provider, and every scheme that is no provider's first one. `settings` selects the chosen entry; without
    /// them, a custom scheme is not offered.
    pub(super) fn new(catalogue: &Catalogue, settings: Option<&BinSettings>) -> Self {
        let providers = provider::catalogue();
        let chosen_provider = settings.and_then(|settings| settings.provider.clone()).unwrap_or_default();
        let chosen_scheme = settings.and_then(|settings| settings.scheme.clone()).unwrap_or_default();
        let own = settings.map(|settings| settings.custom_scheme.is_some());
        let chosen = |provider: &str, scheme: &str| {
            own != Some(true)
                && (provider, scheme) == (&*chosen_provider, &*chosen_scheme)
                && !(provider.is_empty() && scheme.is_empty())
        };
        let mut choices: Vec<Choice> = providers
            .iter()
            .map(|entry| Choice {
                provider: entry.id.to_string(),
                scheme: String::new(),
                label: entry.name.to_string(),
                words: words(
                    &entry.id,
                    entry.scheme.as_deref().and_then(|id| catalogue.scheme(id)).map(|scheme| &*scheme.name),
                ),
                about: if entry.schemes.is_empty() { EVENTS } else { EVENTS_AND_SIGNATURE },
                chosen: chosen(&entry.id, ""),
            })
            .collect();
        let is_first = |id: &str| providers.iter().any(|entry| entry.schemes.first().is_some_and(|first| first == id));
        choices.extend(catalogue.schemes().iter().filter(|scheme| !is_first(&scheme.id)).map(|scheme| {
            let provider = owner(&providers, &scheme.id);
            Choice {
                label: scheme.name.clone(),
                words: scheme.id.clone(),
                about: if provider.is_empty() { SIGNATURE } else { EVENTS_AND_SIGNATURE },
                chosen: chosen(provider, &scheme.id),
                provider: provider.to_owned(),
                scheme: scheme.id.clone(),
            }
        }));
        choices.sort_by_key(|choice| choice.label.to_lowercase());
        let is_set = !(chosen_provider.is_empty() && chosen_scheme.is_empty());
        let known = choices.iter().any(|choice| choice.chosen) || own == Some(true) || !is_set;
        let other = (!known).then(|| Choice {
            label: format!(
                "{}, signed as {}",
                if chosen_provider.is_empty() { "any provider" } else { &chosen_provider },
                if chosen_scheme.is_empty() { "recognised" } else { &chosen_scheme }
            ),
            words: String::new(),
            provider: chosen_provider.clone(),
            scheme: chosen_scheme,
            about: "set by the API",
            chosen: true,
        });
        Self { choices, other, own, provider: chosen_provider }
    }
}

/// A provider's id and the name of its scheme, which may name other providers with that scheme.
fn words(id: &str, scheme: Option<&str>) -> String {
    [id, scheme.unwrap_or_default()].join(" ")
}

/// The provider that uses this scheme.
fn owner<'p>(providers: &'p [ProviderInfo], scheme: &str) -> &'p str {
    let is_its = |entry: &&ProviderInfo| entry.schemes.iter().any(|id| id == scheme);
    providers.iter().find(is_its).map_or("", |entry| &entry.id)
}

/// The schemes to try, sorted by name.
pub(super) fn schemes(catalogue: &Catalogue) -> Vec<(String, String)> {
    let mut schemes: Vec<_> =
        catalogue.schemes().iter().map(|scheme| (scheme.id.clone(), scheme.name.clone())).collect();
    schemes.sort_by_key(|(_, name)| name.to_lowercase());
    schemes
}

/// `GET /parts/choices`: the options for a new bin.
pub(super) async fn part(state: State) -> Result<HttpResponse, Problem> {
    html(&Choices::new(&state.capture.catalogue(), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_can_be_set_is_in_one_list_by_name() {
        let catalogue = Catalogue::default();
        let all = Choices::new(&catalogue, None);
        let names: Vec<_> = all.choices.iter().map(|choice| choice.label.to_lowercase()).collect();
        assert!(names.is_sorted(), "{names:?}");
        for name in ["calendly", "callaider", "github", "pathors", "stripe"] {
            assert_eq!(names.iter().filter(|other| *other == name).count(), 1, "{name}");
        }
        let firsts: Vec<_> = provider::catalogue().into_iter().filter_map(|entry| entry.scheme).collect();
        for scheme in catalogue.schemes() {
            let listed = all.choices.iter().any(|choice| choice.scheme == scheme.id);
            assert!(listed != firsts.iter().any(|first| *first == scheme.id), "{}", scheme.id);
        }
    }

    #[test]
    fn what_is_set_is_chosen_also_when_only_the_api_can_set_it() {
        let catalogue = Catalogue::default();
        let chosen = |provider: Option<&str>, scheme: Option<&str>| {
            let settings = BinSettings {
                provider: provider.map(str::to_owned),
                scheme: scheme.map(str::to_owned),
                ..BinSettings::default()
            };
            let all = Choices::new(&catalogue, Some(&settings));
            let chosen: Vec<_> = all.choices.iter().chain(&all.other).filter(|choice| choice.chosen).cloned().collect();
            assert!(chosen.len() < 2, "{chosen:?}");
            chosen.into_iter().next().map(|choice| choice.label)
        };
        assert_eq!(chosen(None, None), None);
        assert_eq!(chosen(Some("github"), None).as_deref(), Some("GitHub"));
        assert_eq!(chosen(None, Some("calendly")).as_deref(), Some("Calendly"));
        assert_eq!(chosen(Some("github"), Some("calendly")).as_deref(), Some("github, signed as calendly"));
        assert_eq!(chosen(None, Some("auto")).as_deref(), Some("any provider, signed as auto"));
    }
}
