//! The bodies and styles that a search has tried, so that none is tried twice.

use std::collections::HashSet;

use crate::json::print::Style;

/// The bodies and styles that were tried.
#[derive(Debug, Default)]
pub(super) struct Tried {
    /// Digests of the bodies.
    pub(super) bodies: HashSet<u64>,
    /// Styles that the JSON was printed in, without settings that change nothing for this body; whether the text was
    /// then tried with each of the `ENDS` of `bodies.rs` after it, or only with the first.
    pub(super) styles: HashSet<(Style, bool)>,
}
