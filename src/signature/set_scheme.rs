//! The signature scheme that a bin's settings name.

use std::sync::Arc;

use crate::model::Bin;
use crate::signature::{AUTO, Catalogue, Scheme};

/// The scheme set on the bin.
pub(super) fn set_scheme(catalogue: &Catalogue, bin: &Bin) -> Option<Arc<Scheme>> {
    let settings = &bin.settings;
    if let Some(record) = &settings.custom_scheme {
        return Scheme::from_json(record).ok().map(Arc::new);
    }
    settings.scheme.as_deref().filter(|id| *id != AUTO).and_then(|id| catalogue.scheme(id)).cloned()
}
