//! The `[serve]` table of a configuration file: its values take the place of the flags' defaults, so that flags and
//! environment win over them.

use std::path::Path;
use std::sync::Arc;

use clap::{ArgAction, Args as _, Command, FromArgMatches as _};
use parking_lot::Mutex;
use serde_json::Value;

use super::serve::ServeArgs;
use crate::config::{self, At, ConfigFile, FILE_NAME, FileError, Found, Setup};

/// Flags that make no sense in the file.
const NOT_IN_A_FILE: [&str; 4] = ["config", "watch", "help", "version"];
/// What a file that nobody named may not set: it would open the console, or lead data elsewhere.
const ONLY_NAMED: [&str; 6] = ["console", "token", "allow-host", "allow-target", "tunnel", "db"];
/// Paths: they are relative to the file.
const PATHS: [&str; 3] = ["db", "schemes", "cacert"];

/// The flags with the file's values.
pub(super) struct WithFile {
    pub(super) args: ServeArgs,
    pub(super) setup: Option<Arc<Setup>>,
    /// Why a file that is there is not used.
    pub(super) ignored: Option<String>,
}

/// Reads the file that the flags name, or the one that is there.
pub(super) fn load(named: Option<&Path>) -> Result<(Option<ConfigFile>, Option<String>), FileError> {
    let read = |path: &Path, named| ConfigFile::read(path, named, |name| std::env::var(name).ok());
    if let Some(path) = named {
        return Ok((Some(read(path, true)?), None));
    }
    Ok(match config::find(Path::new("")) {
        Found::Nothing => (None, None),
        Found::Usable(_) => (Some(read(Path::new(FILE_NAME), false)?), None),
        Found::Ignored(why) => (None, Some(why)),
    })
}

/// The flags with the file's values in the place of defaults.
pub(super) fn with_file(given: &ServeArgs) -> anyhow::Result<WithFile> {
    let (file, ignored) = load(given.config.as_deref())?;
    let Some(file) = file else { return Ok(WithFile { args: given.clone(), setup: None, ignored }) };
    let command = with_defaults(super::definition(), &file, given)?;
    let command = command.mut_subcommand("serve", |serve| with_defaults(serve, &file, given).unwrap_or_default());
    // It was read before: what is given cannot be wrong.
    let matches = command.try_get_matches()?;
    let args = ServeArgs::from_arg_matches(matches.subcommand_matches("serve").unwrap_or(&matches))?;
    let watch = args.watch;
    let setup = Some(Arc::new(Setup { file, watch, trouble: Mutex::default(), waits: Mutex::default() }));
    Ok(WithFile { args, setup, ignored })
}

/// The flags alone, with the file's values, for those who ask what holds.
pub(super) fn alone(file: Option<&ConfigFile>, given: &ServeArgs) -> Result<Command, FileError> {
    let command = ServeArgs::augment_args(Command::new("creel").no_binary_name(true).disable_help_flag(true));
    match file {
        Some(file) => with_defaults(command, file, given),
        None => Ok(command),
    }
}

fn with_defaults(command: Command, file: &ConfigFile, given: &ServeArgs) -> Result<Command, FileError> {
    let known: Vec<(String, String, bool)> = ServeArgs::augment_args(Command::new("creel"))
        .get_arguments()
        .filter_map(|arg| {
            let long = arg.get_long()?.to_owned();
            let is_flag = matches!(arg.get_action(), ArgAction::SetTrue);
            Some((long, arg.get_id().to_string(), is_flag))
        })
        .filter(|(long, ..)| !NOT_IN_A_FILE.contains(&long.as_str()))
        .collect();
    let mut command = command;
    for (name, value) in &file.serve {
        let field = format!("serve.{name}");
        let Some((long, id, is_flag)) = known.iter().find(|(long, ..)| long == name) else {
            return Err(file.text.unknown(&field, known.iter().map(|(long, ..)| long.as_str())));
        };
        if !file.named && ONLY_NAMED.contains(&long.as_str()) {
            let path = file.text.path().display();
            let sentence = format!("a file that is found cannot set this; start with --config {path}");
            return Err(file.text.error(&field, At::Key, sentence));
        }
        // What is given decides where requests are kept.
        if long == "ephemeral" && given.db.is_some() {
            continue;
        }
        let texts = texts(file, &field, value, *is_flag)?;
        let texts = if PATHS.contains(&long.as_str()) { below(file, texts) } else { texts };
        check(file, &field, long, &texts, *is_flag)?;
        if !(*is_flag && texts == ["false"]) {
            command = command.mut_arg(id, |arg| arg.default_values(texts));
        }
    }
    Ok(command)
}

/// A value as somebody would type it.
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

/// Lets the flag's own reader say what is wrong with a value.
fn check(file: &ConfigFile, field: &str, long: &str, texts: &[String], is_flag: bool) -> Result<(), FileError> {
    if is_flag {
        return Ok(());
    }
    let command = ServeArgs::augment_args(Command::new("creel").no_binary_name(true));
    let line = texts.iter().map(|text| format!("--{long}={text}"));
    let Err(error) = command.try_get_matches_from(line) else { return Ok(()) };
    let words = error.to_string();
    let first = words.lines().next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first);
    let sentence = match first.split_once(&format!(" for '--{long}")) {
        Some((value, rest)) => match rest.split_once("': ") {
            Some((_, why)) => format!("{value}: {why}"),
            None => value.to_owned(),
        },
        None => first.to_owned(),
    };
    Err(file.text.error(field, At::Value, sentence))
}
