//! The `[serve]` table of a configuration file: its values replace the flags' defaults, so flags and environment
//! override them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::builder::PossibleValue;
use clap::{Arg, ArgAction, Command};
use parking_lot::Mutex;
use serde_json::Value;

use super::serve_args::ServeArgs;
use super::serve_flags::{Flags, flags};
use super::{environment, serve_config};
use crate::config::{self, At, ConfigFile, FILE_NAME, FileError, Found, Setup, StartCheck, did_you_mean};
use crate::signature::Catalogue;

/// Flags that make no sense in the file.
const NOT_IN_A_FILE: [&str; 4] = ["config", "help", "open", "version"];
/// Settings that a file found by default may not set: they would open the console or redirect data.
const ONLY_NAMED: [&str; 7] = ["console", "token", "token-file", "allow-host", "allow-target", "tunnel", "db"];
/// Paths: they are relative to the file.
const PATHS: [&str; 4] = ["db", "schemes", "cacert", "token-file"];
/// Settings that belong in the environment, not in a file; a file may depend on them.
const FROM_ENVIRONMENT: [&str; 2] = ["token", "token-file"];

/// The flags with the file's values.
pub(super) struct WithFile {
    pub(super) flags: Flags,
    pub(super) setup: Option<Arc<Setup>>,
    /// Why an existing file is not used.
    pub(super) ignored: Option<String>,
}

/// Reads the file that the flags name, or the default one.
pub(super) fn load(named: Option<&Path>) -> Result<(Option<ConfigFile>, Option<String>), FileError> {
    load_with(named, |name| std::env::var(name).ok())
}

/// The same with a given environment.
pub(super) fn load_with(
    named: Option<&Path>,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<(Option<ConfigFile>, Option<String>), FileError> {
    let read = |path: &Path, named| ConfigFile::read(path, named, &environment);
    if let Some(path) = named {
        return Ok((Some(read(path, true)?), None));
    }
    Ok(match config::find(Path::new("")) {
        Found::Nothing => (None, None),
        Found::Usable(_) => (Some(read(Path::new(FILE_NAME), false)?), None),
        Found::Ignored(why) => (None, Some(why)),
    })
}

/// The list of schemes that a file names.
pub(super) fn schemes(file: &ConfigFile) -> Result<Option<PathBuf>, FileError> {
    let values = values(file)?;
    let texts = values.into_iter().find(|(id, _)| id == "schemes").map(|(_, texts)| texts);
    Ok(texts.and_then(|texts| texts.into_iter().next()).map(PathBuf::from))
}

/// The flags with the file's values in the place of defaults.
pub(super) fn with_file(given: &ServeArgs) -> anyhow::Result<WithFile> {
    let (file, ignored) = load(given.config.as_deref())?;
    let flags = of_process(file.as_ref())?;
    let (watch, schemes) = (flags.args.watch, flags.args.schemes.clone());
    let again = move |file: &ConfigFile| again(file, schemes.as_deref()).map_err(|error| format!("{error:#}"));
    let check = StartCheck(Box::new(again));
    let setup = |file| Setup { file, watch, check, trouble: Mutex::default(), waits: Mutex::default() };
    Ok(WithFile { flags, setup: file.map(|file| Arc::new(setup(file))), ignored })
}

/// Checks a reread file with the flags of this process. `schemes` is the list named at the start; another one takes
/// effect only at the next start.
fn again(file: &ConfigFile, schemes: Option<&Path>) -> anyhow::Result<Catalogue> {
    let flags = of_process(Some(file))?;
    let catalogue = serve_config::check(&flags, file)?;
    Ok(if flags.args.schemes.as_deref() == schemes { catalogue } else { config::catalogue(schemes, Some(file))? })
}

/// The flags of this process, with the file's values in the place of defaults.
fn of_process(file: Option<&ConfigFile>) -> anyhow::Result<Flags> {
    let mut command = super::definition_for_line();
    if let Some(file) = file {
        let values = values(file)?;
        command = with_defaults(command, &values).mut_subcommand("serve", |serve| with_defaults(serve, &values));
    }
    // The command line was read before, so it is valid.
    let matches = command.try_get_matches()?;
    Flags::read(matches.subcommand_matches("serve").unwrap_or(&matches), file)
}

/// The flags alone, with the file's values, to show the effective settings.
pub(super) fn alone(file: Option<&ConfigFile>) -> Result<Command, FileError> {
    let command = flags().disable_help_flag(true);
    Ok(match file {
        Some(file) => with_defaults(command, &values(file)?),
        None => command,
    })
}

/// Checks a file as the start does, without other flags.
pub(super) fn check(file: &ConfigFile) -> anyhow::Result<()> {
    let keeps = |arg: &Arg| arg.get_long().is_some_and(|long| FROM_ENVIRONMENT.contains(&long));
    let command = alone(Some(file))?.mut_args(|arg| if keeps(&arg) { arg } else { environment::without(arg) });
    let flags = Flags::read(&command.try_get_matches_from(Vec::<String>::new())?, Some(file))?;
    Ok(serve_config::check(&flags, file).map(drop)?)
}

fn with_defaults(command: Command, values: &[(String, Vec<String>)]) -> Command {
    let set = |command: Command, (id, texts): &(String, Vec<String>)| {
        command.mut_arg(id, |arg| arg.default_values(texts.clone()))
    };
    values.iter().fold(command, set)
}

/// The values of a file by the ids of their flags, each checked.
fn values(file: &ConfigFile) -> Result<Vec<(String, Vec<String>)>, FileError> {
    // The environment overrides the file, but does not affect whether the file is valid.
    let command = flags().mut_args(environment::without);
    let known: Vec<(&str, &Arg)> = command
        .get_arguments()
        .filter_map(|arg| Some((arg.get_long()?, arg)))
        .filter(|(long, _)| !NOT_IN_A_FILE.contains(long))
        .collect();
    let mut values = Vec::new();
    for (name, value) in &file.serve {
        let field = format!("serve.{name}");
        let Some((long, arg)) = known.iter().find(|(long, _)| long == name) else {
            let offered = known.iter().filter(|(_, arg)| !arg.is_hide_set()).map(|(long, _)| *long);
            return Err(file.text.unknown(&field, offered));
        };
        if !file.named && ONLY_NAMED.contains(long) {
            let path = file.text.path().display();
            let sentence = format!("a file that is found cannot set this; start with --config {path}");
            return Err(file.text.error(&field, At::Key, sentence));
        }
        let is_flag = matches!(arg.get_action(), ArgAction::SetTrue);
        let texts = texts(file, &field, value, is_flag)?;
        let texts = if PATHS.contains(long) { below(file, texts) } else { texts };
        if is_flag {
            if texts == ["false"] {
                continue;
            }
        } else {
            for (index, text) in texts.iter().enumerate().filter(|_| value.is_array()) {
                check_value(&command, file, &format!("{field}[{index}]"), arg, std::slice::from_ref(text))?;
            }
            check_value(&command, file, &field, arg, &texts)?;
        }
        values.push((arg.get_id().to_string(), texts));
    }
    Ok(values)
}

/// A value as typed on the command line.
fn texts(file: &ConfigFile, field: &str, value: &Value, is_flag: bool) -> Result<Vec<String>, FileError> {
    let wrong = |sentence: &str| Err(file.text.error(field, At::Value, sentence));
    let one = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    match value {
        Value::Bool(flag) if is_flag => Ok(vec![flag.to_string()]),
        _ if is_flag => wrong("write true or false"),
        Value::Array(items) => match items.iter().map(one).collect::<Option<Vec<_>>>() {
            Some(texts) => Ok(texts),
            None => wrong("write a list of texts"),
        },
        other => match one(other) {
            Some(text) => Ok(vec![text]),
            None => wrong("write a text or a number"),
        },
    }
}

/// Paths below the folder of the file.
fn below(file: &ConfigFile, paths: Vec<String>) -> Vec<String> {
    let folder = file.text.path().parent().unwrap_or(Path::new(""));
    paths.into_iter().map(|path| folder.join(path).to_string_lossy().into_owned()).collect()
}

/// Checks a value with the flag's own parser.
fn check_value(
    command: &Command,
    file: &ConfigFile,
    field: &str,
    arg: &Arg,
    texts: &[String],
) -> Result<(), FileError> {
    let long = arg.get_long().unwrap_or_default();
    let line = texts.iter().map(|text| format!("--{long}={text}"));
    let Err(error) = command.clone().try_get_matches_from(line) else { return Ok(()) };
    let words = error.to_string();
    let first = words.lines().next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first);
    let sentence = match first.split_once(&format!(" for '--{long}")) {
        Some((value, rest)) => match rest.split_once("': ") {
            Some((_, why)) => format!("{value}: {why}"),
            None => format!("{value}{}", known_values(arg, texts)),
        },
        None if texts.len() > 1 => "give one value".to_owned(),
        None => first.to_owned(),
    };
    Err(file.text.error(field, At::Value, sentence))
}

/// The possible values of a flag, most similar first.
fn known_values(arg: &Arg, texts: &[String]) -> String {
    let known = arg.get_possible_values();
    let names: Vec<&str> = known.iter().map(PossibleValue::get_name).collect();
    let wrong = texts.iter().find(|text| !names.contains(&text.as_str())).map_or("", String::as_str);
    let near = did_you_mean(wrong, names.iter().copied());
    if names.is_empty() || !near.is_empty() { near } else { format!("; there are {}", names.join(", ")) }
}
