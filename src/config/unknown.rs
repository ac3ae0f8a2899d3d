//! What is not known, and the name that a misspelt one may mean.

use crate::model::nearest;

/// A name or value that is not known where it is, and those that are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unknown {
    /// As it was given; the API shortens a long one.
    pub name: String,
    /// What may be there.
    pub known: Vec<String>,
}

impl Unknown {
    /// The names in serde's "one of `a`, `b`".
    pub(crate) fn names_in(known: &str) -> Vec<String> {
        known.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }
}

/// `; did you mean 'x'?` for the most similar of the names, if one is similar.
pub(crate) fn did_you_mean<'n>(given: &str, names: impl Iterator<Item = &'n str>) -> String {
    nearest(given, names).map(|name| format!("; did you mean '{name}'?")).unwrap_or_default()
}
