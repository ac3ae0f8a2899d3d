//! A platform document's hints for setting it up, on a bin's pages.

use askama::Template;
use askama::filters::HtmlSafe;

use super::shell::BinLinks;
use crate::model::Bin;
use crate::provider::finding::Says;
use crate::provider::lifecycle;
use crate::provider::platform::{Hints, hints};

/// What a platform's document says to those who set it up.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/setup.html")]
pub(super) struct Setup {
    says: Says,
    /// The settings to paste at the platform, and the document's text about them.
    paste: Option<(String, Says)>,
}

impl HtmlSafe for Setup {}

impl Setup {
    /// The hints for the bin's platform.
    pub(super) fn new(bin: &Bin, links: &BinLinks) -> Option<Self> {
        let provider = bin.settings.provider.as_deref()?;
        let hints: Hints = hints(provider)?;
        let chosen = bin.settings.expect.as_ref().and_then(|expect| expect.events.clone());
        let all = || lifecycle::events(provider).into_iter().map(|(name, _)| name.to_owned()).collect();
        let events: Vec<String> = chosen.unwrap_or_else(all);
        Some(Self { says: hints.empty, paste: hints.setup(&links.capture_url, &events, !bin.secrets.is_empty()) })
    }
}
