//! The signature schemes that commands without a server know.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::common::Usage;
use crate::config::{self, nearest};
use crate::signature::{Catalogue, Scheme};

/// Schemes of one's own.
#[derive(Debug, Clone, Args)]
pub(super) struct CatalogueArgs {
    /// Signature schemes of your own: a JSON file with a list of records
    #[arg(long, env = "CREEL_SCHEMES", value_name = "FILE")]
    schemes: Option<PathBuf>,
}

impl CatalogueArgs {
    pub(super) fn catalogue(&self) -> anyhow::Result<Catalogue> {
        Ok(self.schemes.as_deref().map(config::catalogue_with).transpose()?.unwrap_or_default())
    }
}

/// The scheme of that id, or the error that names the nearest.
pub(super) fn scheme<'c>(catalogue: &'c Catalogue, id: &str) -> Result<&'c Arc<Scheme>, Usage> {
    catalogue.scheme(id).ok_or_else(|| {
        let ids = catalogue.schemes().iter().map(|scheme| scheme.id.as_str());
        Usage(format!("'{id}' is not a known scheme{}; `creel schemes` lists them", nearest(id, ids)))
    })
}
