//! The signature schemes and platforms that commands without a server know.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::common::Usage;
use super::{environment, output, serve_file};
use crate::config::{self, did_you_mean};
use crate::provider;
use crate::signature::{Catalogue, Scheme};

/// The user's own schemes and platforms.
#[derive(Debug, Clone, Args)]
pub(super) struct CatalogueArgs {
    /// Signature schemes of your own: a JSON file with a list of records
    #[arg(long, env = "CREEL_SCHEMES", value_name = "FILE")]
    schemes: Option<PathBuf>,
    /// Configuration file, whose schemes and platforms are known, too [default: creel.toml here, if it is yours alone]
    #[arg(long, env = "CREEL_CONFIG", value_name = "FILE")]
    config_file: Option<PathBuf>,
}

impl CatalogueArgs {
    /// The schemes; the platforms are in the registry from then on.
    pub(super) fn catalogue(&self) -> anyhow::Result<Catalogue> {
        // The file's bins are not needed: their secrets are known only where the server runs.
        let (file, ignored) = serve_file::load_with(self.config_file.as_deref(), |_| Some("unknown".to_owned()))?;
        if let Some(why) = ignored {
            output::note(&why);
        }
        let records = match (&self.schemes, &file) {
            (Some(path), _) => Some(path.clone()),
            (None, Some(file)) => serve_file::schemes(file)?,
            (None, None) => None,
        };
        let variable = |_: &str| environment::has("CREEL_SCHEMES", self.schemes.as_deref()?);
        let catalogue = config::catalogue(records.as_deref(), file.as_ref());
        let catalogue = catalogue.map_err(|error| error.in_environment(variable))?;
        provider::declare(file.map(|file| file.providers).unwrap_or_default());
        Ok(catalogue)
    }
}

/// The scheme with that id, or an error that names the most similar one.
pub(super) fn scheme<'c>(catalogue: &'c Catalogue, id: &str) -> Result<&'c Arc<Scheme>, Usage> {
    catalogue.scheme(id).ok_or_else(|| {
        let ids = catalogue.schemes().iter().map(|scheme| scheme.id.as_str());
        Usage(format!("'{id}' is not a known scheme{}; `creel schemes` lists them", did_you_mean(id, ids)))
    })
}
