//! `creel serve`: starts both listeners and says where they are.

use crate::config::{Config, ServeArgs};
use crate::{server, telemetry};

use super::output;

/// Runs the server until it is told to stop.
pub(super) fn run(args: &ServeArgs) -> anyhow::Result<()> {
    let config = Config::try_from(args)?;
    telemetry::start(args.log);
    let json = args.json;
    server::run(&config, move |started| if json { output::started_json(started) } else { output::started(started) })?;
    Ok(())
}
