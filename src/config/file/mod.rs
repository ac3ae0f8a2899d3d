//! `creel.toml`, for a team's repository. It is read and checked completely before any of it takes effect; errors have
//! line and column.

mod bins;
mod event_schemas;
mod found;
mod samples;
mod text;
mod words;

use std::path::Path;

use serde_json::{Map, Value};

pub(crate) use bins::DeclaredBin;
pub(crate) use event_schemas::DeclaredSchema;
pub(crate) use found::{Found, NAME, find};
pub(crate) use text::{At, FileError, Text};
pub(crate) use words::{by_api, by_serde};

use found::{NO_FILE, not_used, why_not};

use super::files;
use crate::provider::OwnProvider;

/// Bytes of a file. A set-up is short.
const MAX_FILE: u64 = 1 << 20;
/// The tables at the top.
const TABLES: [&str; 4] = ["serve", "bins", "schemes", "providers"];

/// A configuration file, read. What is in the API's form is checked where it is applied.
#[derive(Clone)]
pub struct ConfigFile {
    /// The text, to say where something is.
    pub text: Text,
    /// Whether the user named the file, so that it may set everything.
    pub named: bool,
    /// Flags of `creel serve` by their long names.
    pub serve: Map<String, Value>,
    /// Bins, in the order of the file.
    pub bins: Vec<DeclaredBin>,
    /// Records of schemes, each with the name of its table as its `id`.
    pub schemes: Vec<Value>,
    /// The user's own platforms.
    pub providers: Vec<OwnProvider>,
}

/// Does not show the bins, which may hold secrets.
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
        // A named pipe is read too, as in `--config <(…)`.
        Self::parse(path, &text_of(path, named, named)?, named, environment)
    }

    /// Reads a file again while the server runs, by the same rules. Pipes are not read: they would wait for a writer.
    ///
    /// # Errors
    /// The first mistake, or why the file is not used any more.
    pub fn read_again(
        path: &Path,
        named: bool,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, FileError> {
        Self::parse(path, &text_of(path, named, false)?, named, environment)
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

    /// The schemas that it sets, of all bins.
    pub fn event_schemas(&self) -> impl Iterator<Item = &DeclaredSchema> {
        self.bins.iter().flat_map(|bin| &bin.event_schemas)
    }
}

/// The text of a file. The checks apply to the open file, so it cannot be replaced between check and reading.
fn text_of(path: &Path, named: bool, may_wait: bool) -> Result<String, FileError> {
    let cannot =
        |sentence: String| FileError { path: path.to_owned(), line: 1, column: 1, field: String::new(), sentence };
    let unreadable = |error: std::io::Error| cannot(format!("it cannot be read: {error}"));
    let file = files::open(path).map_err(unreadable)?;
    if !may_wait && file.length().is_none() {
        return Err(cannot(NO_FILE.to_owned()));
    }
    if !named && let Some(why) = why_not(&file.metadata().map_err(unreadable)?) {
        return Err(cannot(format!("it {}", not_used(path, why))));
    }
    let bytes = files::read_all(file, MAX_FILE).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|error| {
        let right = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let (line, column) = text::position(&String::from_utf8_lossy(right));
        FileError { line, column, ..cannot("it is no UTF-8 text from here on; save it as UTF-8".to_owned()) }
    })
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
        let mut own = own.named(&id).map_err(|sentence| text.error(&field, At::Key, sentence))?;
        samples::read(&mut own, folder)
            .map_err(|sentence| text.error(&format!("{field}.samples"), At::Value, sentence))?;
        Ok(own)
    };
    table.into_iter().map(provider).collect()
}
