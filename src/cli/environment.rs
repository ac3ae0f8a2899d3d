//! Settings from the environment: errors name the variable.

use std::path::Path;

use clap::builder::{OsStr, Resettable};
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Command, Error};

use super::common::Usage;

/// Removes the variable from a flag.
pub(super) fn without(arg: Arg) -> Arg {
    arg.env(Resettable::<OsStr>::Reset)
}

/// An error about a value, with the variable that has it, if one does.
pub(super) fn named(mut error: Error, command: &Command) -> Error {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let (Some(flag), Some(value)) = (text(ContextKind::InvalidArg), text(ContextKind::InvalidValue)) else {
        return error;
    };
    if let Some(variable) = variable(command, &flag, &value) {
        let told = format!("the environment variable {variable} has this value");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![told.into()]));
    }
    error
}

/// The same in one line.
pub(super) fn in_a_line(error: Error, command: &Command) -> Usage {
    let text = named(error, command).to_string();
    let lines = |start: &str| text.lines().find_map(|line| line.trim().strip_prefix(start).map(str::to_owned));
    let (what, tip) = (lines("error: ").unwrap_or_default(), lines("tip: "));
    Usage(tip.map_or_else(|| what.clone(), |tip| format!("{what}; {tip}")))
}

/// The variable that sets a flag, if the command line does not set it.
fn variable(command: &Command, flag: &str, value: &str) -> Option<String> {
    let mut commands = vec![command];
    // Follows the subcommands of the command line.
    for word in std::env::args().skip(1) {
        let below = commands.last().and_then(|command| command.find_subcommand(&word));
        commands.extend(below);
    }
    let mut args = commands.iter().rev().flat_map(|command| command.get_arguments());
    let arg = args.find(|arg| arg.to_string() == flag && arg.get_env().is_some())?;
    let long = format!("--{}", arg.get_long()?);
    let mut words = std::env::args_os();
    let is_given = words.any(|word| word.to_str().is_some_and(|word| word.split('=').next() == Some(&long)));
    let name = arg.get_env().filter(|_| !is_given)?;
    let held = std::env::var(name).ok()?;
    held.contains(value).then(|| name.to_string_lossy().into_owned())
}

/// The variable, if it has this value.
pub(super) fn has(variable: &'static str, value: &Path) -> Option<&'static str> {
    (std::env::var_os(variable)? == value).then_some(variable)
}
