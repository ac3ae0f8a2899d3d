//! Simulates a platform for a bin or a target, and checks a receiver. The page has the forms; its scripts call the API.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;
use strum::VariantArray as _;

use super::editable::Editable;
use super::html;
use super::shell::{BinLinks, Shell};
use crate::provider::battery;
use crate::provider::samples::{self, Fault, SESSION, SimulatedEvent};
use crate::server::console::extract::{BinRef, Query, State, which_request};
use crate::server::console::heavy;
use crate::server::console::problem::Problem;

/// The page.
#[derive(Debug, Template)]
#[template(path = "send.html")]
pub(super) struct SendPage {
    shell: Shell,
    bin: BinLinks,
    platforms: Vec<Platform>,
    languages: &'static [(&'static str, &'static str)],
    faults: Vec<(&'static str, String, &'static str)>,
    receivers: Vec<(&'static str, String)>,
    /// Where the bin forwards to, as the receiver to check.
    forward: String,
    /// The bin's platform.
    provider: String,
    /// The preselected event, if the address names one.
    wanted: Option<String>,
    has_secret: bool,
    /// The request to compose: empty, or from a request of the bin, with its id.
    edit: Editable,
    from: String,
    /// The labels of the bin's secrets, the newest first.
    secrets: Vec<String>,
    /// Schemes by id and name.
    schemes: Vec<(String, String)>,
}

/// The page's parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SendParams {
    /// A request of the bin to compose from.
    from: Option<String>,
    /// The preselected event of the bin's platform; `session` for a whole session.
    event: Option<String>,
}

/// A platform with its events.
#[derive(Debug)]
struct Platform {
    id: String,
    name: String,
    events: Vec<SimulatedEvent>,
    sessions: bool,
}

const LANGUAGES: &[(&str, &str)] = &[
    ("en", "English"),
    ("ru", "Russian"),
    ("zh", "Chinese (traditional)"),
    ("es", "Spanish"),
    ("de", "German"),
    ("ja", "Japanese"),
];

fn name_of(provider: &str) -> String {
    let known = crate::provider::catalogue().into_iter().find(|known| known.id == provider);
    known.map_or_else(|| provider.to_owned(), |known| known.name.into_owned())
}

impl SendPage {
    /// Whether this event is preselected.
    fn is_chosen(&self, platform: &Platform, event: &str) -> bool {
        let own = self.platforms.iter().any(|known| known.id == self.provider);
        let first = if own { self.provider.as_str() } else { "callaider" };
        let known = |name: &&str| {
            platform.events.iter().any(|known| known.name == *name) || platform.sessions && *name == SESSION
        };
        let last = platform.events.last().map(|last| &*last.name);
        platform.id == first && self.wanted.as_deref().filter(known).or(last) == Some(event)
    }

    /// The name for a whole session.
    #[expect(clippy::unused_self, reason = "the template reaches it through the page")]
    const fn session(&self) -> &'static str {
        SESSION
    }
}

/// `GET /bins/{bin}/send`.
pub(super) async fn show(
    state: State,
    BinRef(bin): BinRef,
    params: Query<SendParams>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let from = match params.from.as_deref().filter(|from| !from.is_empty()) {
        Some(from) => Some(heavy::read(&state.store, bin.bin.id, which_request(from)?).await?),
        None => None,
    };
    let catalogue = state.capture.catalogue();
    let schemes = catalogue.schemes().iter();
    let settings = &bin.bin.settings;
    let links = BinLinks::new(&bin.bin, &state);
    html(&SendPage {
        shell: Shell::new(&request, format!("Send to {}", links.label)),
        platforms: samples::simulated_platforms()
            .map(|platform| Platform {
                id: platform.provider().to_owned(),
                name: name_of(platform.provider()),
                events: platform.events(),
                sessions: platform.has_sessions(),
            })
            .collect(),
        languages: LANGUAGES,
        faults: Fault::VARIANTS
            .iter()
            .map(|fault| (fault.name(), fault.name().replace('_', " "), fault.about()))
            .collect(),
        receivers: battery::batteries()
            .map(|battery| (battery.sender.provider, name_of(battery.sender.provider)))
            .collect(),
        forward: settings.forward_targets().next().cloned().unwrap_or_default(),
        provider: settings.provider.clone().unwrap_or_default(),
        wanted: params.0.event,
        has_secret: !bin.bin.secrets.is_empty(),
        edit: from.as_ref().map_or_else(Editable::nothing, |from| Editable::of(from.request())),
        from: from.map(|from| from.request().summary.id.to_string()).unwrap_or_default(),
        secrets: bin.bin.secrets.iter().rev().map(|secret| secret.label.clone()).collect(),
        schemes: schemes.map(|scheme| (scheme.id.clone(), scheme.name.clone())).collect(),
        bin: links,
    })
}
