//! `creel.toml`: what a team commits. Read whole and checked whole before anything of it counts; every mistake is told with
//! its line and column.

mod bins;
mod found;
mod samples;
mod text;

use std::path::Path;

use serde_json::{Map, Value};

pub use bins::DeclaredBin;
pub use found::{Found, NAME, find};
pub use text::{At, FileError, Text};

use super::files;
use crate::provider::OwnProvider;

/// Bytes of a file. A set-up is short.
const MAX_FILE: u64 = 1 << 20;
/// The tables at the top.
const TABLES: [&str; 4] = ["serve", "bins", "schemes", "providers"];

/// A configuration file, read.
#[derive(Clone)]
pub struct ConfigFile {
    /// The text, to say where something is.
    pub text: Text,
    /// Whether somebody named the file, so that it may set everything.
    pub named: bool,
    /// Flags of `creel serve` by their long names.
    pub serve: Map<String, Value>,
    /// Bins, in the order of the file.
    pub bins: Vec<DeclaredBin>,
    /// Records of schemes.
    pub schemes: Vec<Value>,
    /// Platforms of one's own.
    pub providers: Vec<OwnProvider>,
}

/// Bins may hold secrets.
impl std::fmt::Debug for ConfigFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ConfigFile({})", self.text.path().display())
    }
}

impl ConfigFile {
    /// Reads a file. `environment` gives the values that it names.
    ///
    /// # Errors
    /// The first mistake.
    pub fn read(path: &Path, named: bool, environment: impl Fn(&str) -> Option<String>) -> Result<Self, FileError> {
        let cannot =
            |sentence: String| FileError { path: path.to_owned(), line: 1, column: 1, field: String::new(), sentence };
        let read = if named { files::read } else { files::read_plain };
        let bytes = read(path, MAX_FILE).map_err(|error| cannot(format!("it cannot be read: {error}")))?;
        let text = String::from_utf8(bytes).map_err(|_| cannot("it is no UTF-8 text".to_owned()))?;
        Self::parse(path, &text, named, environment)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// The first mistake.
    pub fn parse(
        path: &Path,
        text: &str,
        named: bool,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, FileError> {
        let (mut text, root) = Text::parse(path, text)?;
        if let Some(name) = root.keys().find(|name| !TABLES.contains(&name.as_str())) {
            return Err(text.unknown(name, TABLES.into_iter()));
        }
        let mut tables = root;
        let mut table = |text: &Text, name: &str| match tables.remove(name) {
            None => Ok(Map::new()),
            Some(Value::Object(table)) => Ok(table),
            Some(_) => Err(text.error(name, At::Value, format!("write it as a table: [{name}]"))),
        };
        let serve = table(&text, "serve")?;
        let declared = table(&text, "bins")?;
        let bins = bins::read(&mut text, declared, &environment)?;
        let schemes = schemes(&text, table(&text, "schemes")?)?;
        let providers = providers(&text, table(&text, "providers")?)?;
        Ok(Self { text, named, serve, bins, schemes, providers })
    }
}

/// The records, with their ids.
fn schemes(text: &Text, table: Map<String, Value>) -> Result<Vec<Value>, FileError> {
    let record = |(id, record): (String, Value)| {
        let field = format!("schemes.{id}");
        let Value::Object(mut record) = record else {
            return Err(text.error(&field, At::Value, format!("write it as a table: [{field}]")));
        };
        if record.contains_key("id") {
            return Err(text.error(&format!("{field}.id"), At::Key, "the id is the table's name; leave it out"));
        }
        let mut whole = Map::new();
        whole.insert("id".to_owned(), id.into());
        whole.append(&mut record);
        Ok(Value::Object(whole))
    };
    table.into_iter().map(record).collect()
}

fn providers(text: &Text, table: Map<String, Value>) -> Result<Vec<OwnProvider>, FileError> {
    let folder = text.path().parent().unwrap_or(Path::new(""));
    let provider = |(id, record): (String, Value)| {
        let field = format!("providers.{id}");
        let own: OwnProvider = serde_path_to_error::deserialize(&record).map_err(|error| {
            let path = error.path().to_string();
            let at = if path == "." { field.clone() } else { format!("{field}.{path}") };
            by_serde(text, &at, &error.into_inner().to_string())
        })?;
        let own = own.named(&id).map_err(|sentence| text.error(&field, At::Key, sentence))?;
        samples::check(&own, folder)
            .map_err(|sentence| text.error(&format!("{field}.samples"), At::Value, sentence))?;
        Ok(own)
    };
    table.into_iter().map(provider).collect()
}

/// What serde says about a setting, as an error with its place.
fn by_serde(text: &Text, field: &str, words: &str) -> FileError {
    if let Some((name, known)) = words.strip_prefix("unknown field `").and_then(|rest| rest.split_once("`, expected "))
    {
        let names: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
        let around = field.strip_suffix(name).map_or(field, |around| around.trim_end_matches('.'));
        return text.unknown(&format!("{around}.{name}"), names.into_iter());
    }
    text.error(field, At::Value, words.to_owned())
}

/// What the API says about a setting, as an error with its place: a name that it does not know gets the nearest one.
pub fn by_api(text: &Text, field: &str, sentence: &str) -> FileError {
    if let Some((name, known)) = sentence
        .strip_prefix('`')
        .and_then(|rest| rest.trim_end_matches('.').split_once("` is not known here; expected: "))
    {
        let mut names: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
        // The short form is the file's own.
        if field.rsplit('.').nth(1) == Some("forward") {
            names.push("to");
        }
        let is_field = field.rsplit('.').next() == Some(name);
        if is_field {
            return text.unknown(field, names.into_iter());
        }
        let near = nearest_or_list(name, &names);
        return text.error(field, At::Value, format!("'{name}' is not known here{near}"));
    }
    text.error(field, At::Value, lower(sentence.trim_end_matches('.')))
}

fn nearest_or_list(name: &str, names: &[&str]) -> String {
    let near = super::nearest(name, names.iter().copied());
    if near.is_empty() { format!("; there are {}", names.join(", ")) } else { near }
}

/// A sentence that goes on after a colon. Names in capitals stay.
fn lower(sentence: &str) -> String {
    let mut characters = sentence.chars();
    match (characters.next(), characters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain(characters).collect(),
        _ => sentence.to_owned(),
    }
}
