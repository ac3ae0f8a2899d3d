//! The flags of `creel serve`, as the command line and the environment give them.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use url::Url;

use crate::deliver::engine::AllowedTarget;
use crate::model::{Network, parse_size};

/// How the log on stderr looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What commits survive, as a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum DurabilityArg {
    /// Every acknowledged request survives the death of the process.
    #[default]
    Normal,
    /// Every acknowledged request survives a power cut, too.
    Full,
}

/// The flags of `creel serve`.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "a flag on the command line is a bool")]
pub(super) struct ServeArgs {
    /// Configuration file [default: creel.toml in the working directory, if it is yours alone]
    #[arg(long, env = "CREEL_CONFIG", value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Read the configuration file again when it changes (SIGHUP always does)
    #[arg(long, env = "CREEL_WATCH")]
    pub(super) watch: bool,
    /// Address of the capture listener: the bin URLs, the half that may be exposed
    #[arg(long, env = "CREEL_CAPTURE", value_name = "ADDR", default_value = "127.0.0.1:4665")]
    pub(super) capture: SocketAddr,
    /// Address of the console: UI, API and live stream. Port 0 means any free port
    #[arg(long, env = "CREEL_CONSOLE", value_name = "ADDR", default_value = "127.0.0.1:4666")]
    pub(super) console: SocketAddr,
    /// Database file [default: creel/creel.db in the user's data directory]
    #[arg(long, env = "CREEL_DB", value_name = "PATH")]
    pub(super) db: Option<PathBuf>,
    /// Keep everything in a temporary file that is removed at the end
    #[arg(long, env = "CREEL_EPHEMERAL")]
    pub(super) ephemeral: bool,
    /// What an acknowledged request survives
    #[arg(long, env = "CREEL_DURABILITY", value_enum, default_value_t)]
    pub(super) durability: DurabilityArg,
    /// Largest body, when the bin does not say: 10MiB, 512k, 1000000
    #[arg(long, env = "CREEL_MAX_BODY", value_name = "SIZE", default_value = "10MiB", value_parser = size)]
    pub(super) max_body: u64,
    /// Requests kept per bin, when the bin does not say; 0 means no limit
    #[arg(long, env = "CREEL_MAX_REQUESTS", value_name = "COUNT", default_value_t = 10_000)]
    pub(super) max_requests: u64,
    /// Seconds that requests are kept, when the bin does not say; 0 means no limit
    #[arg(long, env = "CREEL_MAX_AGE", value_name = "SECONDS", default_value_t = 0)]
    pub(super) max_age: u64,
    /// Bytes kept in all bins together; 0 means no limit
    #[arg(long, env = "CREEL_MAX_BYTES", value_name = "SIZE", default_value = "1GiB", value_parser = size)]
    pub(super) max_bytes: u64,
    /// URL that senders use when it is not the capture address (tunnel, proxy); some schemes sign it
    #[arg(long, env = "CREEL_PUBLIC_URL", value_name = "URL")]
    pub(super) public_url: Option<Url>,
    /// Signature schemes of your own: a JSON file with a list of records, offered and detected like the built-in ones
    #[arg(long, env = "CREEL_SCHEMES", value_name = "FILE")]
    pub(super) schemes: Option<PathBuf>,
    /// Make a bin when a request names one that is not there
    #[arg(long, env = "CREEL_AUTO_CREATE")]
    pub(super) auto_create: bool,
    /// Proxy whose Forwarded and X-Forwarded-For headers are believed: an address or network (repeatable)
    #[arg(long = "trusted-proxy", env = "CREEL_TRUSTED_PROXY", value_name = "CIDR", value_delimiter = ',')]
    pub(super) trusted_proxies: Vec<Network>,
    /// Deprecated: the same as `--trusted-proxy 127.0.0.0/8,::1`
    #[arg(long, env = "CREEL_TRUST_FORWARDED", hide = true)]
    pub(super) trust_forwarded: bool,
    /// Token that the console asks for; needed when the console is not on a loopback address
    #[arg(long, env = "CREEL_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub(super) token: Option<String>,
    /// File whose first line is that token, without the white space around it
    #[arg(long, env = "CREEL_TOKEN_FILE", value_name = "FILE")]
    pub(super) token_file: Option<PathBuf>,
    /// Further host name that the console answers to (repeatable)
    #[arg(long = "allow-host", env = "CREEL_ALLOW_HOST", value_name = "HOST", value_delimiter = ',')]
    pub(super) allow_hosts: Vec<String>,
    /// Target that requests may be sent to, beside this machine (repeatable): HOST, HOST:PORT, *.domain or a network
    #[arg(long = "allow-target", env = "CREEL_ALLOW_TARGET", value_name = "TARGET", value_delimiter = ',')]
    pub(super) allow_targets: Vec<AllowedTarget>,
    /// Certificates that targets may have beside those that the system trusts: a PEM file
    #[arg(long, env = "CREEL_CACERT", value_name = "FILE")]
    pub(super) cacert: Option<PathBuf>,
    /// Trust every certificate of a target
    #[arg(long, env = "CREEL_INSECURE")]
    pub(super) insecure: bool,
    /// Connections that the capture listener holds at once
    #[arg(long, env = "CREEL_MAX_CONNECTIONS", value_name = "COUNT", default_value_t = 10_000)]
    pub(super) max_connections: usize,
    /// Log format on stderr; `RUST_LOG` sets the level
    #[arg(long, env = "CREEL_LOG", value_enum, default_value_t)]
    pub(super) log: LogFormat,
    /// Open the console in the browser
    #[arg(long, env = "CREEL_OPEN")]
    pub(super) open: bool,
    /// Print the addresses as one JSON line instead of the start-up text
    #[arg(long, env = "CREEL_JSON")]
    pub(super) json: bool,
}

/// Reads a size of the command line.
fn size(text: &str) -> Result<u64, String> {
    parse_size(text).ok_or_else(|| "give a number with k, M or G, such as 10MiB".to_owned())
}
