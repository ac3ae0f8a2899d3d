//! The configuration that the flags of `creel serve` and its file make.

use std::sync::Arc;

use super::serve_args::{DurabilityArg, ServeArgs};
use super::serve_flags::Flags;
use crate::config::{self, Config, ConfigError, ConfigFile, Database, DeliveryConfig, Setup, token_file};
use crate::model::{Network, SecretValue};
use crate::provider;
use crate::server::console::declared;
use crate::signature::Catalogue;
use crate::store::Durability;

/// The flags as a configuration, with the platforms of the file declared for the whole process.
pub(super) fn config(flags: &Flags, setup: Option<Arc<Setup>>) -> Result<Config, ConfigError> {
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
