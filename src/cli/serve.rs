//! `creel serve`: starts both listeners and says where they are.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use url::Url;

use super::serve_file::{self, Flags, WithFile};
use super::{Done, browser, exit, output};
use crate::client::{self, Note};
use crate::config::{self, Config, ConfigError, ConfigFile, Database, DeliveryConfig, Setup, token_file};
use crate::deliver::engine::AllowedTarget;
use crate::model::{Network, SecretValue, parse_size};
use crate::server::Started;
use crate::server::console::declared;
use crate::signature::Catalogue;
use crate::store::Durability;
use crate::{provider, server, telemetry};

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

/// Runs the server until it is told to stop.
pub(super) fn run(args: &ServeArgs) -> Done {
    let WithFile { flags, setup, ignored } = serve_file::with_file(args)?;
    let args = &flags.args;
    let config = config(&flags, setup)?;
    let format = match args.log {
        LogFormat::Text => telemetry::Format::Text,
        LogFormat::Json => telemetry::Format::Json,
    };
    telemetry::start(format, output::look_beside(false).paint.0);
    if let Some(setup) = &config.setup {
        tracing::info!(file = %setup.file.text.path().display(), "configuration file");
    }
    if let Some(why) = ignored {
        tracing::warn!("{why}");
    }
    if let Some(why) = args.token_file.as_deref().and_then(token_file::open_to_others) {
        tracing::warn!("{why}");
    }
    let (json, open) = (args.json, args.open);
    let mut note = None;
    server::run(&config, |started| {
        note = leave_note(started);
        if json {
            output::started_json(started);
        } else {
            output::started(started);
        }
        if open {
            browser::show(&started.console_url);
        }
    })?;
    drop(note);
    Ok(exit::DONE)
}

/// Writes a note with the server's address for other commands; dropping it removes the note.
fn leave_note(started: &Started) -> Option<Note> {
    match client::announce(&config::data_folder()?, &started.console_url, Path::new(&started.database)) {
        Ok(note) => Some(note),
        Err(error) => {
            tracing::warn!(%error, "other commands will not find this server by themselves: they need --server");
            None
        }
    }
}

/// The flags as a configuration.
fn config(flags: &Flags, setup: Option<Arc<Setup>>) -> Result<Config, ConfigError> {
    let file = setup.as_deref().map(|setup| &setup.file);
    let database = match (&flags.args.db, flags.args.ephemeral) {
        (_, true) => Database::Ephemeral,
        (Some(path), false) => Database::File(path.clone()),
        (None, false) => Database::File(config::default_database()?),
    };
    let config = checked(flags, file, database)?;
    provider::declare(file.map(|file| file.providers.clone()).unwrap_or_default());
    Ok(Config { setup, ..config })
}

/// Checks whether a server could start with these flags and this file, as far as possible without starting. Returns the
/// schemes that it would know.
///
/// # Errors
/// The error, with its position in the file.
pub(super) fn check(flags: &Flags, file: &ConfigFile) -> Result<Catalogue, ConfigError> {
    checked(flags, Some(file), Database::Ephemeral).map(|config| config.catalogue)
}

fn checked(flags: &Flags, file: Option<&ConfigFile>, database: Database) -> Result<Config, ConfigError> {
    settings(&flags.args, file, database).map_err(|error| {
        let error = error.in_environment(|flag| flags.variable(flag));
        match file {
            Some(file) => error.in_file(file, |flag| flags.is_from_file(flag)),
            None => error,
        }
    })
}

fn settings(args: &ServeArgs, file: Option<&ConfigFile>, database: Database) -> Result<Config, ConfigError> {
    let catalogue = config::catalogue(args.schemes.as_deref(), file)?;
    if let Some(file) = file {
        // Before anything starts; the rest is checked when the database is open.
        declared::check(file, &catalogue)?;
    }
    Config {
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
        public_url: args.public_url.as_ref().map(config::public_url).transpose()?,
        auto_create: args.auto_create,
        trusted_proxies: trusted_proxies(args),
        token: match (&args.token, &args.token_file) {
            (Some(token), _) => Some(SecretValue::new(token.clone())),
            (None, Some(file)) => Some(token_file::read(file)?),
            (None, None) => None,
        },
        allow_hosts: args.allow_hosts.clone(),
        max_connections: args.max_connections,
        catalogue,
        delivery: DeliveryConfig {
            allowed: args.allow_targets.clone(),
            tls: config::tls_options(args.cacert.as_deref(), args.insecure)?,
        },
        setup: None,
    }
    .checked()
}

/// The proxies that are trusted; the older flag means those on this machine.
fn trusted_proxies(args: &ServeArgs) -> Vec<Network> {
    let loopback = ["127.0.0.0/8", "::1"].into_iter().filter(|_| args.trust_forwarded);
    args.trusted_proxies.iter().copied().chain(loopback.filter_map(|text| text.parse().ok())).collect()
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
        let args = Line::parse_from(std::iter::once("creel").chain(line.split_whitespace())).serve;
        super::config(&Flags::given(args), None)
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

    #[test]
    fn trusted_proxies_are_networks_and_the_older_flag_means_this_machine() {
        let trusted = |line: &str| config(&format!("--ephemeral {line}")).unwrap().trusted_proxies;
        let networks = |text: &str| text.split(' ').map(|text| text.parse().unwrap()).collect::<Vec<Network>>();
        assert_eq!(trusted(""), []);
        assert_eq!(trusted("--trusted-proxy 10.0.0.0/8 --trusted-proxy ::1"), networks("10.0.0.0/8 ::1"));
        assert_eq!(trusted("--trust-forwarded"), networks("127.0.0.0/8 ::1"));
        assert!(Line::try_parse_from(["creel", "--trusted-proxy", "proxy.example"]).is_err());
    }
}
