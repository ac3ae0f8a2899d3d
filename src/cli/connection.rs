//! The way from a command to the server.

use std::path::{Path, PathBuf};
use std::sync::Once;

use clap::Args;

use super::common::Usage;
use super::output;
use crate::client::{Client, ClientError, DEFAULT_CONSOLE, Running, find};
use crate::config::{self, token_file};
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
    /// File whose first line is that token [env: `CREEL_TOKEN_FILE`]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl ServerArgs {
    /// A client for that server. A server that is not named is searched for each time.
    pub(super) fn client(&self) -> anyhow::Result<Client> {
        let found = || self.running().map(|running| running.console_url);
        let server = given(self.server.clone()).or_else(found).unwrap_or_else(|| DEFAULT_CONSOLE.to_owned());
        let client = Client::new(&server, self.token()?).map_err(|error| match error {
            ClientError::Server { server, cause } if Some(&server) == variable("CREEL_SERVER").as_ref() => {
                anyhow::Error::from(Usage(format!("CREEL_SERVER {server}: {cause}; give a URL like {DEFAULT_CONSOLE}")))
            }
            error => error.into(),
        })?;
        Ok(client.telling(other_version))
    }

    /// The command line wins over the environment, and the token over a file with it.
    fn token(&self) -> anyhow::Result<Option<SecretValue>> {
        let token = given(self.token.clone());
        let read = |file: &Path| Ok(Some(token_file::read(file)?));
        match (&self.token_file, token) {
            (Some(_), Some(token)) if Some(&token) != variable("CREEL_TOKEN").as_ref() => {
                Err(Usage("--token-file cannot be used with --token; give one of the two".to_owned()).into())
            }
            (Some(file), _) => read(file),
            (None, Some(token)) => Ok(Some(SecretValue::new(token))),
            (None, None) => match variable(TOKEN_FILE) {
                Some(file) => Ok(Some(
                    token_file::read(Path::new(&file)).map_err(|error| error.in_environment(|_| Some(TOKEN_FILE)))?,
                )),
                None => Ok(None),
            },
        }
    }

    /// Whether a server is named, by flag or variable.
    pub(super) fn is_named(&self) -> bool {
        given(self.server.clone()).is_some()
    }

    /// The server that runs on this machine, if none is named.
    pub(super) fn running(&self) -> Option<Running> {
        if self.is_named() { None } else { config::data_folder().and_then(|data: PathBuf| find(&data)) }
    }

    pub(super) fn run<T>(&self, work: impl AsyncFnOnce(&Client) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let client = self.client()?;
        block_on(work(&client))
    }
}

const TOKEN_FILE: &str = "CREEL_TOKEN_FILE";

/// The value of an environment variable; `None` when it is not set or empty.
fn variable(name: &str) -> Option<String> {
    given(std::env::var(name).ok())
}

/// Treats an empty text as absent.
fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// Notes once that the server has another version: at its first response, because a stream may never end.
fn other_version(server: &str, version: &str) {
    static TOLD: Once = Once::new();
    let ours = env!("CARGO_PKG_VERSION");
    TOLD.call_once(|| output::note(&format!("the server at {server} is version {version}, this command {ours}")));
}

/// Runs a future on this thread.
pub(super) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
