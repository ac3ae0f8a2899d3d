//! Platforms whose documents are known in full. One file per platform and one line in `PLATFORMS`: what its document says is
//! data there, and what is done with it is done for all alike.

mod callaider;
mod hints;
mod pathors;

use super::checklist::Point;
use super::content::Places;
use super::contract::Contract;
use super::finding::Says;
use super::lifecycle::Lifecycle;

pub use hints::{Hints, hints};

/// Every platform.
static PLATFORMS: &[&Platform] = &[&callaider::PLATFORM, &pathors::PLATFORM];

/// What a platform's document says.
pub(super) struct Platform {
    /// The provider's id.
    pub id: &'static str,
    /// The title of the document.
    pub document: &'static str,
    /// What it says of header fields of the user's own.
    pub custom_headers: Says,
    /// What each event holds.
    pub contract: Contract,
    /// Which events a session has.
    pub lifecycle: Lifecycle,
    /// Where its events hold what people want to see.
    pub places: Places,
    /// What it says to those who set it up.
    pub hints: Hints,
    /// What must be so before an endpoint goes into production.
    pub points: &'static [Point],
}

/// The platform of that provider.
pub(super) fn by_id(provider: &str) -> Option<&'static Platform> {
    PLATFORMS.iter().copied().find(|platform| platform.id == provider)
}

#[cfg(test)]
mod tests;
