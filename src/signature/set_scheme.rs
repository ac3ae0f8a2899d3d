//! The signature scheme that a bin's settings name.

use std::sync::Arc;

use super::{AUTO, Catalogue, Scheme};
use crate::model::BinSettings;

/// The scheme that the settings have as a record or name; `None` when it is to be recognised, or is no longer known.
pub(crate) fn set_scheme(catalogue: &Catalogue, settings: &BinSettings) -> Option<Arc<Scheme>> {
    if let Some(record) = &settings.custom_scheme {
        return Scheme::from_json(record).ok().map(Arc::new);
    }
    settings.scheme.as_deref().filter(|id| *id != AUTO).and_then(|id| catalogue.scheme(id)).cloned()
}
