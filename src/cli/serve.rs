//! `creel serve`: starts both listeners and says where they are.

use std::path::Path;

use crate::config::{Config, ConfigError, ServeArgs};
use crate::{server, signature, telemetry};

use super::output;

/// Runs the server until it is told to stop.
pub(super) fn run(args: &ServeArgs) -> anyhow::Result<()> {
    let config = Config::try_from(args)?;
    // Before anything looks at the known schemes.
    if let Some(path) = &args.schemes {
        add_schemes(path).map_err(|cause| ConfigError::Schemes { path: path.clone(), cause })?;
    }
    telemetry::start(args.log);
    let json = args.json;
    server::run(&config, move |started| if json { output::started_json(started) } else { output::started(started) })?;
    Ok(())
}

/// Adds the schemes of a file to the known ones; what is wrong with it, if anything.
fn add_schemes(path: &Path) -> Result<(), String> {
    let records = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let own = signature::read_schemes(&records).map_err(|error| error.to_string())?;
    signature::add_schemes(own).map_err(|error| error.to_string())
}
