//! Platforms whose documents are known in full. One file per platform and one line in `PLATFORMS`: the document's
//! statements are data; the code is the same for all.

mod callaider;
pub(super) mod events;
mod hints;
mod pathors;
mod places;
pub(super) mod points;
pub(super) mod sessions;

use super::finding::Says;
use events::Contract;
pub(crate) use hints::{Hints, hints};
use places::Places;
use points::Point;
use sessions::Lifecycle;

/// Platforms whose documents are known in full.
static PLATFORMS: &[&Platform] = &[&callaider::PLATFORM, &pathors::PLATFORM];

/// What a platform's document says.
pub(super) struct Platform {
    pub id: &'static str,
    /// The title of the document.
    pub document: &'static str,
    /// What it says of the user's own header fields.
    pub custom_headers: Says,
    /// What each event holds.
    pub contract: Contract,
    /// Which events a session has.
    pub lifecycle: Lifecycle,
    /// Where its events hold readable content.
    pub places: Places,
    /// Its hints for setting it up.
    pub hints: Hints,
    /// Its conditions for going into production.
    pub points: &'static [Point],
}

/// The platform of that provider; `None` when its document is not known here.
pub(super) fn by_id(provider: &str) -> Option<&'static Platform> {
    PLATFORMS.iter().copied().find(|platform| platform.id == provider)
}

#[cfg(test)]
mod tests;
