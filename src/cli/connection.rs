//! The way from a command to the server.

use std::path::PathBuf;
use std::sync::Once;

use clap::Args;

use super::output;
use crate::client::{Client, ClientError, DEFAULT_CONSOLE, find};
use crate::config;
use crate::model::SecretValue;

/// Which server a command talks to.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub(super) struct ServerArgs {
    /// The console's URL [default: the server that runs here, else port 4666 of this machine]
    #[arg(long, env = "CREEL_SERVER", value_name = "URL", hide_env_values = true)]
    server: Option<String>,
    /// Token that the console asks for
    #[arg(long, env = "CREEL_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    token: Option<String>,
}

impl ServerArgs {
    /// A client for that server. A server that is not named is looked for each time.
    pub(super) fn client(&self) -> Result<Client, ClientError> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let found = || config::data_folder().and_then(|data: PathBuf| find(&data));
        let server = given(&self.server).or_else(found).unwrap_or_else(|| DEFAULT_CONSOLE.to_owned());
        Ok(Client::new(&server, given(&self.token).map(SecretValue::new))?.telling(other_version))
    }

    /// Does something with the server.
    pub(super) fn run<T>(&self, work: impl AsyncFnOnce(&Client) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let client = self.client()?;
        block_on(work(&client))
    }
}

/// Says once that the server is of another version: at its first answer, since a stream may never end.
fn other_version(server: &str, version: &str) {
    static TOLD: Once = Once::new();
    let ours = env!("CARGO_PKG_VERSION");
    TOLD.call_once(|| output::note(&format!("the server at {server} is version {version}, this command {ours}")));
}

/// Runs a future on this thread.
pub(super) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
