//! What `creel serve` is told: flags and environment (`CREEL_…`), validated once into a [`Config`].

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use url::Url;

use crate::model::{SecretValue, parse_size};
use crate::signature::Catalogue;
use crate::store::Durability;

/// How the log on stderr looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What commits survive, as a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum DurabilityArg {
    /// Every acknowledged request survives the death of the process.
    #[default]
    Normal,
    /// Every acknowledged request survives a power cut, too.
    Full,
}

/// The flags of `creel serve`.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "a flag on the command line is a bool")]
pub struct ServeArgs {
    /// Address of the capture listener: the bin URLs, the half that may be exposed
    #[arg(long, env = "CREEL_CAPTURE", value_name = "ADDR", default_value = "127.0.0.1:4665")]
    pub capture: SocketAddr,
    /// Address of the console: UI, API and live stream. Port 0 means any free port
    #[arg(long, env = "CREEL_CONSOLE", value_name = "ADDR", default_value = "127.0.0.1:4666")]
    pub console: SocketAddr,
    /// Database file [default: creel/creel.db in the user's data directory]
    #[arg(long, env = "CREEL_DB", value_name = "PATH", conflicts_with = "ephemeral")]
    pub db: Option<PathBuf>,
    /// Keep everything in a temporary file that is removed at the end
    #[arg(long, env = "CREEL_EPHEMERAL")]
    pub ephemeral: bool,
    /// What an acknowledged request survives
    #[arg(long, env = "CREEL_DURABILITY", value_enum, default_value_t)]
    pub durability: DurabilityArg,
    /// Largest body, when the bin does not say: 10MiB, 512k, 1000000
    #[arg(long, env = "CREEL_MAX_BODY", value_name = "SIZE", default_value = "10MiB", value_parser = size)]
    pub max_body: u64,
    /// Requests kept per bin, when the bin does not say; 0 means no limit
    #[arg(long, env = "CREEL_MAX_REQUESTS", value_name = "COUNT", default_value_t = 10_000)]
    pub max_requests: u64,
    /// Seconds that requests are kept, when the bin does not say; 0 means no limit
    #[arg(long, env = "CREEL_MAX_AGE", value_name = "SECONDS", default_value_t = 0)]
    pub max_age: u64,
    /// Bytes kept in all bins together; 0 means no limit
    #[arg(long, env = "CREEL_MAX_BYTES", value_name = "SIZE", default_value = "1GiB", value_parser = size)]
    pub max_bytes: u64,
    /// URL that senders use when it is not the capture address (tunnel, proxy); some schemes sign it
    #[arg(long, env = "CREEL_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<Url>,
    /// Signature schemes of your own: a JSON file with a list of records, offered and detected like the built-in ones
    #[arg(long, env = "CREEL_SCHEMES", value_name = "FILE")]
    pub schemes: Option<PathBuf>,
    /// Make a bin when a request names one that is not there
    #[arg(long, env = "CREEL_AUTO_CREATE")]
    pub auto_create: bool,
    /// Believe Forwarded and X-Forwarded-For headers; only behind a proxy that sets them
    #[arg(long, env = "CREEL_TRUST_FORWARDED")]
    pub trust_forwarded: bool,
    /// Token that the console asks for; needed when the console is not on a loopback address
    #[arg(long, env = "CREEL_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// Further host name that the console answers to (repeatable)
    #[arg(long = "allow-host", env = "CREEL_ALLOW_HOST", value_name = "HOST", value_delimiter = ',')]
    pub allow_hosts: Vec<String>,
    /// Connections that the capture listener holds at once
    #[arg(long, env = "CREEL_MAX_CONNECTIONS", value_name = "COUNT", default_value_t = 10_000)]
    pub max_connections: usize,
    /// Log format on stderr; `RUST_LOG` sets the level
    #[arg(long, env = "CREEL_LOG", value_enum, default_value_t)]
    pub log: LogFormat,
    /// Print the addresses as one JSON line instead of the start-up text
    #[arg(long, env = "CREEL_JSON")]
    pub json: bool,
}

/// Where requests are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// In this file.
    File(PathBuf),
    /// In a temporary file.
    Ephemeral,
}

/// A valid configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address of the capture listener.
    pub capture: SocketAddr,
    /// Address of the console.
    pub console: SocketAddr,
    /// Where requests are kept.
    pub database: Database,
    /// What commits survive.
    pub durability: Durability,
    /// Bytes of a body.
    pub max_body: u64,
    /// Requests kept per bin; 0 means no limit.
    pub max_requests: u64,
    /// Seconds that requests are kept; 0 means no limit.
    pub max_age_s: u64,
    /// Bytes kept in all; 0 means no limit.
    pub max_bytes: u64,
    /// URL that senders use, without a slash at the end.
    pub public_url: Option<String>,
    /// Make bins on first use.
    pub auto_create: bool,
    /// Believe forwarding headers.
    pub trust_forwarded: bool,
    /// What the console asks for.
    pub token: Option<SecretValue>,
    /// Further host names of the console.
    pub allow_hosts: Vec<String>,
    /// Connections of the capture listener.
    pub max_connections: usize,
    /// The schemes that can be chosen and are detected.
    pub catalogue: Catalogue,
}

/// Why flags and environment make no configuration. Each names the flag and the way out.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The console would be open to everybody.
    #[error(
        "--console {0} can be reached from other machines: give --token (or CREEL_TOKEN), or use a loopback address"
    )]
    TokenNeeded(SocketAddr),
    /// The token would be guessed.
    #[error("--token has {0} characters: give at least 16, e.g. from `openssl rand -hex 16`")]
    TokenShort(usize),
    /// No place for the database.
    #[error("no data directory is known (neither XDG_DATA_HOME nor HOME is set): give --db PATH or --ephemeral")]
    NoDataDirectory,
    /// Not a URL that senders could use.
    #[error("--public-url {0}: give an http or https URL without query and fragment")]
    PublicUrl(Url),
    /// SQLite's own limit of a value.
    #[error("--max-body {0} is more than the database can hold in one value: give at most 900MiB")]
    MaxBody(u64),
    /// The user's schemes cannot be read.
    #[error("--schemes {}: {cause}", path.display())]
    Schemes {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// Both listeners on one address.
    #[error("--capture and --console are both {0}: the two halves need an address each")]
    SameAddress(SocketAddr),
}

/// A shorter token can be guessed in time; 16 characters of hex are 64 bits.
const MIN_TOKEN: usize = 16;
/// `SQLite` holds values up to 1e9 bytes; some is left for the head.
const MAX_MAX_BODY: u64 = 900 << 20;

impl TryFrom<&ServeArgs> for Config {
    type Error = ConfigError;

    fn try_from(args: &ServeArgs) -> Result<Self, ConfigError> {
        if !args.console.ip().is_loopback() && args.token.is_none() {
            return Err(ConfigError::TokenNeeded(args.console));
        }
        if let Some(length) = args.token.as_ref().map(String::len).filter(|length| *length < MIN_TOKEN) {
            return Err(ConfigError::TokenShort(length));
        }
        if args.capture == args.console && args.capture.port() != 0 {
            return Err(ConfigError::SameAddress(args.capture));
        }
        if args.max_body > MAX_MAX_BODY {
            return Err(ConfigError::MaxBody(args.max_body));
        }
        let public_url = args
            .public_url
            .as_ref()
            .map(|url| {
                let usable =
                    matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none();
                if usable {
                    Ok(url.as_str().trim_end_matches('/').to_owned())
                } else {
                    Err(ConfigError::PublicUrl(url.clone()))
                }
            })
            .transpose()?;
        let database = match (&args.db, args.ephemeral) {
            (_, true) => Database::Ephemeral,
            (Some(path), false) => Database::File(path.clone()),
            (None, false) => {
                Database::File(data_directory().ok_or(ConfigError::NoDataDirectory)?.join("creel").join("creel.db"))
            }
        };
        Ok(Self {
            capture: args.capture,
            console: args.console,
            database,
            durability: match args.durability {
                DurabilityArg::Normal => Durability::Normal,
                DurabilityArg::Full => Durability::Full,
            },
            max_body: args.max_body,
            max_requests: args.max_requests,
            max_age_s: args.max_age,
            max_bytes: args.max_bytes,
            public_url,
            auto_create: args.auto_create,
            trust_forwarded: args.trust_forwarded,
            token: args.token.clone().map(SecretValue::new),
            allow_hosts: args.allow_hosts.clone(),
            max_connections: args.max_connections,
            catalogue: args.schemes.as_deref().map(catalogue_with).transpose()?.unwrap_or_default(),
        })
    }
}

/// The known schemes and those of a file.
fn catalogue_with(path: &Path) -> Result<Catalogue, ConfigError> {
    std::fs::read_to_string(path)
        .map_err(|error| error.to_string())
        .and_then(|records| Catalogue::with(&records).map_err(|error| error.to_string()))
        .map_err(|cause| ConfigError::Schemes { path: path.to_owned(), cause })
}

/// The user's data directory by the platform's custom.
fn data_directory() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("XDG_DATA_HOME").or_else(|| {
        let below = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".local/share" };
        Some(set("HOME")?.join(below))
    })
}

/// Reads a size of the command line.
fn size(text: &str) -> Result<u64, String> {
    parse_size(text).ok_or_else(|| "give a number with k, M or G, such as 10MiB".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        serve: ServeArgs,
    }

    fn config(line: &str) -> Result<Config, ConfigError> {
        Config::try_from(&Line::parse_from(std::iter::once("creel").chain(line.split_whitespace())).serve)
    }

    #[test]
    fn a_console_for_other_machines_needs_a_token() {
        assert!(matches!(config("--ephemeral --console 0.0.0.0:4666"), Err(ConfigError::TokenNeeded(_))));
        assert!(matches!(config("--ephemeral --console 0.0.0.0:4666 --token short"), Err(ConfigError::TokenShort(5))));
        assert!(config("--ephemeral --console 0.0.0.0:4666 --token 0123456789abcdef").is_ok());
        assert!(config("--ephemeral --console [::1]:4666").is_ok());
    }

    #[test]
    fn what_cannot_work_is_refused_before_anything_starts() {
        assert!(matches!(config("--ephemeral --public-url ftp://h"), Err(ConfigError::PublicUrl(_))));
        assert!(matches!(config("--ephemeral --public-url https://h/?q"), Err(ConfigError::PublicUrl(_))));
        assert!(matches!(config("--ephemeral --max-body 2GiB"), Err(ConfigError::MaxBody(_))));
        assert!(matches!(config("--ephemeral --capture 127.0.0.1:4666"), Err(ConfigError::SameAddress(_))));
        assert_eq!(config("--ephemeral --public-url https://h/a/").unwrap().public_url.as_deref(), Some("https://h/a"));
    }
}
