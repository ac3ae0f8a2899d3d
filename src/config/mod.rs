//! The server's configuration, validated once, from all sources.

mod file;
pub(crate) mod files;
pub(crate) mod token_file;
mod unknown;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use url::Url;

pub(crate) use file::{
    At, ConfigFile, DeclaredBin, DeclaredSchema, FileError, Found, NAME as FILE_NAME, by_api, by_serde, find,
};
pub(crate) use unknown::{Unknown, did_you_mean};

use crate::deliver::engine::{AllowedTarget, TlsOptions};
use crate::model::{Network, SecretValue};
use crate::signature::Catalogue;
use crate::store::{Durability, MAX_BODY};

/// Where requests are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// In this file.
    File(PathBuf),
    /// In a temporary file.
    Ephemeral,
}

/// The settings of a server, checked by [`Config::checked`].
#[derive(Debug, Clone)]
pub struct Config {
    /// Address of the capture listener.
    pub capture: SocketAddr,
    /// Address of the console. On any but a loopback address it needs a token.
    pub console: SocketAddr,
    /// Where requests are kept.
    pub database: Database,
    /// What commits survive.
    pub durability: Durability,
    /// Most bytes of a body, for bins without a limit of their own.
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
    /// Proxies whose forwarding headers are believed.
    pub trusted_proxies: Vec<Network>,
    /// What the console asks for.
    pub token: Option<SecretValue>,
    /// Further host names of the console.
    pub allow_hosts: Vec<String>,
    /// Connections of the capture listener.
    pub max_connections: usize,
    /// The schemes that can be chosen and are detected.
    pub catalogue: Catalogue,
    /// The allowed targets.
    pub delivery: DeliveryConfig,
    /// The configuration file; `None` when the server runs without one.
    pub setup: Option<Arc<Setup>>,
}

/// The configuration file of a running server.
#[derive(Debug)]
pub struct Setup {
    /// As it was read at the start.
    pub file: ConfigFile,
    /// Whether it is read again when it changes.
    pub watch: bool,
    /// The start's check of a file apart from its bins; returns the schemes known with it.
    pub check: StartCheck,
    /// The error of the last reading, if any.
    pub trouble: Mutex<Option<String>>,
    /// A sentence about settings that need a restart, if any.
    pub waits: Mutex<Option<String>>,
}

/// The start's check of a whole file, for rereading. Returns the schemes known with the file, or the error.
pub struct StartCheck(pub Box<Checker>);

type Checker = dyn Fn(&ConfigFile) -> Result<Catalogue, String> + Send + Sync;

/// A closure has nothing to show.
impl std::fmt::Debug for StartCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StartCheck")
    }
}

/// The allowed targets, and how their certificates are checked.
#[derive(Debug, Clone, Default)]
pub struct DeliveryConfig {
    /// Targets other than this machine.
    pub allowed: Vec<AllowedTarget>,
    /// How targets' certificates are checked.
    pub tls: TlsOptions,
}

/// Why flags and environment are no valid configuration. Each error names the flag and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The console would be open to other machines.
    #[error(
        "--console {0} can be reached from other machines: give --token-file, CREEL_TOKEN or --token, or use a loopback address"
    )]
    TokenNeeded(SocketAddr),
    /// The token could be guessed.
    #[error("--token has {0} characters: give at least 16, e.g. from `openssl rand -hex 16`")]
    TokenShort(usize),
    /// The token's file cannot be read, or its first line is no token.
    #[error("--token-file {}: {cause}", path.display())]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
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
    /// The certificates cannot be read.
    #[error("--cacert {}: {cause}", path.display())]
    CaCert {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// A variable of the environment is at fault.
    #[error("{0}")]
    Environment(String),
    /// An error in the configuration file.
    #[error(transparent)]
    File(#[from] FileError),
    /// Both listeners on one address.
    #[error("--capture and --console are both {0}: the two halves need an address each")]
    SameAddress(SocketAddr),
}

/// Bytes of a file of schemes or certificates: all those of Creel, and all that a system trusts, are a quarter of it.
const MAX_FILE: u64 = 4 << 20;

impl ConfigError {
    /// The flags whose values make it, by their long names.
    pub const fn flags(&self) -> &'static [&'static str] {
        match self {
            Self::TokenNeeded(_) => &["console"],
            Self::TokenShort(_) => &["token"],
            Self::TokenFile { .. } => &["token-file"],
            Self::PublicUrl(_) => &["public-url"],
            Self::MaxBody(_) => &["max-body"],
            Self::Schemes { .. } => &["schemes"],
            Self::CaCert { .. } => &["cacert"],
            Self::SameAddress(_) => &["capture", "console"],
            Self::NoDataDirectory | Self::Environment(_) | Self::File(_) => &[],
        }
    }

    /// The same about values of the environment, by the names of their variables.
    #[must_use]
    pub fn in_environment<'v>(self, variable: impl Fn(&str) -> Option<&'v str>) -> Self {
        let from: Vec<(&str, &str)> = self.flags().iter().filter_map(|flag| Some((*flag, variable(flag)?))).collect();
        if from.is_empty() {
            return self;
        }
        let words = self.to_string();
        // Only the first mention of a flag is the error; later ones may be the advice.
        let named = |words: String, (flag, variable): &(&str, &str)| words.replacen(&format!("--{flag}"), variable, 1);
        Self::Environment(from.iter().fold(words, named))
    }

    /// The same about a value that the file sets, with its place.
    #[must_use]
    pub fn in_file(self, file: &ConfigFile, is_from_file: impl Fn(&str) -> bool) -> Self {
        let Some(flag) = self.flags().iter().find(|flag| is_from_file(flag)) else { return self };
        let words = self.to_string();
        let words = match self.flags() {
            // The position already names the setting.
            [flag] => words.strip_prefix(&format!("--{flag} ")).unwrap_or(&words),
            _ => &words,
        };
        Self::File(file.text.error(&format!("serve.{flag}"), At::Value, words))
    }
}

/// A shorter token can be guessed in time; 16 characters of hex are 64 bits.
pub(crate) const MIN_TOKEN: usize = 16;

impl Config {
    /// The configuration unchanged, or an error for the first setting that cannot be used.
    pub fn checked(self) -> Result<Self, ConfigError> {
        if !self.console.ip().is_loopback() && self.token.is_none() {
            return Err(ConfigError::TokenNeeded(self.console));
        }
        if let Some(length) = self.token.as_ref().map(|token| token.expose().len()).filter(|length| *length < MIN_TOKEN)
        {
            return Err(ConfigError::TokenShort(length));
        }
        if self.capture == self.console && self.capture.port() != 0 {
            return Err(ConfigError::SameAddress(self.capture));
        }
        if self.max_body > MAX_BODY {
            return Err(ConfigError::MaxBody(self.max_body));
        }
        Ok(self)
    }
}

/// The URL that senders use, as it is kept: without a slash at the end.
pub(crate) fn public_url(url: &Url) -> Result<String, ConfigError> {
    let usable = matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none();
    if usable { Ok(url.as_str().trim_end_matches('/').to_owned()) } else { Err(ConfigError::PublicUrl(url.clone())) }
}

/// The certificates of a file, beside the system's.
pub(crate) fn tls_options(file: Option<&Path>, insecure: bool) -> Result<TlsOptions, ConfigError> {
    let options = TlsOptions { insecure, ..TlsOptions::default() };
    match file {
        None => Ok(options),
        Some(path) => {
            let cannot = |cause| ConfigError::CaCert { path: path.to_owned(), cause };
            let pem = files::read(path, MAX_FILE).map_err(|error| cannot(error.to_string()))?;
            options.with_pem(&pem).map_err(cannot)
        }
    }
}

/// The known schemes, those of a list of records and those of the configuration file.
pub(crate) fn catalogue(records: Option<&Path>, file: Option<&ConfigFile>) -> Result<Catalogue, ConfigError> {
    let mut all: Vec<serde_json::Value> = Vec::new();
    if let Some(path) = records {
        let cannot = |cause: String| ConfigError::Schemes { path: path.to_owned(), cause };
        let text = files::read(path, MAX_FILE).map_err(|error| cannot(error.to_string()))?;
        let text = String::from_utf8(text).map_err(|_| cannot("it is no UTF-8 text".to_owned()))?;
        // Read alone first, so that errors are certainly in this file.
        Catalogue::with(&text).map_err(|error| cannot(error.to_string()))?;
        all = serde_json::from_str(&text).map_err(|error| cannot(error.to_string()))?;
    }
    let Some(file) = file else { return with_records(&all).map_err(|(_, cause)| unexpected(cause)) };
    all.extend(file.schemes.iter().cloned());
    let catalogue = with_records(&all).map_err(|(field, cause)| {
        // The id is the table's name.
        if let Some(id) = field.strip_suffix(".id") {
            return file.text.error(&format!("schemes.{id}"), At::Key, cause);
        }
        // An error about the whole record, as the reader reports unknown fields.
        by_serde(&file.text, &format!("schemes.{}", field.strip_suffix(".scheme").unwrap_or(&field)), &cause)
    })?;
    for own in &file.providers {
        if let Some(id) = own.schemes().iter().find(|id| catalogue.scheme(id).is_none()) {
            let known = catalogue.schemes().iter().map(|scheme| scheme.id.as_str());
            let near = did_you_mean(id, known);
            let field = format!("providers.{}.scheme", own.id());
            return Err(file.text.error(&field, At::Value, format!("'{id}' is not a known scheme{near}")).into());
        }
    }
    Ok(catalogue)
}

fn with_records(records: &[serde_json::Value]) -> Result<Catalogue, (String, String)> {
    let records = serde_json::Value::from(records.to_vec()).to_string();
    Catalogue::with(&records).map_err(|error| (error.field, error.message))
}

/// Records that could be read alone are read again.
fn unexpected(cause: String) -> ConfigError {
    ConfigError::Schemes { path: PathBuf::new(), cause }
}

/// The database file when none is named: `creel/creel.db` in the user's data directory.
pub(crate) fn default_database() -> Result<PathBuf, ConfigError> {
    Ok(data_folder().ok_or(ConfigError::NoDataDirectory)?.join("creel.db"))
}

/// The program's folder in the user's data directory.
pub(crate) fn data_folder() -> Option<PathBuf> {
    Some(data_directory()?.join("creel"))
}

/// The user's data directory by the platform's custom.
fn data_directory() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("XDG_DATA_HOME").or_else(|| {
        let below = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".local/share" };
        Some(set("HOME")?.join(below))
    })
}
