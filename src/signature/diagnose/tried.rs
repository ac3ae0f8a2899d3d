//! The bodies and styles that a search has tried, so that none is tried twice.

use std::collections::HashSet;

use crate::json::print::Style;

/// The bodies and styles that were tried.
#[derive(Debug, Default)]
pub(super) struct Tried {
    /// Digests of the bodies.
    pub(super) bodies: HashSet<u64>,
    /// Styles that JSON was printed in, without settings that do not matter; whether with every line end after it.
    pub(super) styles: HashSet<(Style, bool)>,
}
