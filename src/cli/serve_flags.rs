//! The effective flags of `creel serve`, each with the source of its value.

use std::cmp::Ordering;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args as _, Command, FromArgMatches as _};

use super::common::Usage;
use super::serve_args::ServeArgs;
use crate::config::{At, ConfigFile};

/// The source of a flag's value. Later ones win.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    Default,
    File,
    Environment,
    CommandLine,
}

impl Origin {
    /// Of a flag, by its long name.
    pub(super) fn of(flag: &str, matches: &ArgMatches, file: Option<&ConfigFile>) -> Self {
        let command = flags();
        let arg = command.get_arguments().find(|arg| arg.get_long() == Some(flag));
        match arg.and_then(|arg| matches.value_source(arg.get_id().as_str())) {
            Some(ValueSource::CommandLine) => Self::CommandLine,
            Some(ValueSource::EnvVariable) => Self::Environment,
            _ if file.is_some_and(|file| file.serve.contains_key(flag)) => Self::File,
            _ => Self::Default,
        }
    }
}

/// The effective flags, after contradictions are resolved.
pub(super) struct Flags {
    pub(super) args: ServeArgs,
    /// The long names of those that the file sets.
    in_file: Vec<String>,
    /// The variables of those that the environment sets, by their long names.
    in_environment: Vec<(String, String)>,
}

impl Flags {
    /// Flags alone, without file and environment.
    #[cfg(test)]
    pub(super) const fn given(args: ServeArgs) -> Self {
        Self { args, in_file: Vec::new(), in_environment: Vec::new() }
    }

    /// The flags as read. Of two contradicting flags, the one with the higher precedence applies.
    pub(super) fn read(matches: &ArgMatches, file: Option<&ConfigFile>) -> anyhow::Result<Self> {
        let mut args = ServeArgs::from_arg_matches(matches)?;
        let of = |flag: &str| Origin::of(flag, matches, file);
        if args.ephemeral && args.db.is_some() {
            match of("db").cmp(&of("ephemeral")) {
                Ordering::Greater => args.ephemeral = false,
                Ordering::Less => args.db = None,
                Ordering::Equal => return Err(both(["ephemeral", "db"], of("db"), file)),
            }
        }
        if args.token.is_some() && args.token_file.is_some() {
            match of("token").cmp(&of("token-file")) {
                Ordering::Greater => args.token_file = None,
                Ordering::Less => args.token = None,
                Ordering::Equal => return Err(both(["token-file", "token"], of("token"), file)),
            }
        }
        let names = file.into_iter().flat_map(|file| file.serve.keys());
        let in_file = names.filter(|flag| of(flag) == Origin::File).cloned().collect();
        let command = flags();
        let in_environment = command
            .get_arguments()
            .filter_map(|arg| Some((arg.get_long()?.to_owned(), arg.get_env()?.to_string_lossy().into_owned())))
            .filter(|(flag, _)| of(flag) == Origin::Environment)
            .collect();
        Ok(Self { args, in_file, in_environment })
    }

    /// The environment variable that a flag has its value from; `None` when it has it from elsewhere.
    pub(super) fn variable(&self, flag: &str) -> Option<&str> {
        self.in_environment.iter().find(|(known, _)| known == flag).map(|(_, variable)| variable.as_str())
    }

    /// Whether a flag has its value from the file.
    pub(super) fn is_from_file(&self, flag: &str) -> bool {
        self.in_file.iter().any(|known| known == flag)
    }
}

/// The error for two contradicting flags, with their positions.
fn both([one, other]: [&str; 2], origin: Origin, file: Option<&ConfigFile>) -> anyhow::Error {
    match (origin, file) {
        (Origin::File, Some(file)) => {
            let sentence = format!("this cannot be used with {other}; give one of the two");
            file.text.error(&format!("serve.{one}"), At::Key, sentence).into()
        }
        (Origin::Environment, _) => {
            let [one, other] = [one, other].map(|flag| flag.replace('-', "_").to_uppercase());
            Usage(format!("CREEL_{one} cannot be used with CREEL_{other}; set one of the two")).into()
        }
        _ => Usage(format!("--{one} cannot be used with --{other}; give one of the two")).into(),
    }
}

/// The flags as a command of their own, whose line does not begin with a program's name.
pub(super) fn flags() -> Command {
    ServeArgs::augment_args(Command::new("creel").no_binary_name(true))
}
