//! The JSON Schemas that the file sets for events: each is another file's path, or the schema itself as a text.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::text::{At, FileError, Text};
use crate::config::files;
use crate::provider::own_schema::{self, MAX_NAME, MAX_SCHEMAS};

/// Bytes of a schema's file.
const MAX_FILE: u64 = 1 << 20;

/// A schema that the file sets for one event of a bin.
#[derive(Clone, PartialEq)]
pub struct DeclaredSchema {
    /// The event that it is for: a name of up to [`MAX_NAME`] characters.
    pub event: String,
    /// The schema; it was checked and can be used.
    pub schema: Value,
    /// The file that it is in; `None` of one that is written in the configuration itself.
    pub file: Option<PathBuf>,
}

/// Reads a table of schemas by the names of their events.
pub(super) fn read(text: &Text, given: Value, field: &str) -> Result<Vec<DeclaredSchema>, FileError> {
    let form = "write it as a table: { \"session.ended\" = \"schemas/ended.json\" }";
    let Value::Object(table) = given else { return Err(text.error(field, At::Value, form)) };
    if table.len() > MAX_SCHEMAS {
        return Err(text.error(field, At::Value, format!("a file sets schemas for at most {MAX_SCHEMAS} events")));
    }
    sorted(table).into_iter().map(|(event, given)| one(text, event, &given, field)).collect()
}

/// Sorted, because the result is compared with the stored schemas.
fn sorted(table: Map<String, Value>) -> Vec<(String, Value)> {
    let mut all: Vec<(String, Value)> = table.into_iter().collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

fn one(text: &Text, event: String, given: &Value, field: &str) -> Result<DeclaredSchema, FileError> {
    let at = format!("{field}.{event}");
    let wrong = |sentence: String| text.error(&at, At::Value, sentence);
    if event.is_empty() || event.chars().count() > MAX_NAME {
        return Err(text.error(&at, At::Key, format!("an event's name has 1 to {MAX_NAME} characters")));
    }
    let given = match given {
        Value::String(given) => given,
        Value::Object(_) => {
            let sentence =
                "give the path of a JSON file; a name with dots is quoted: \"session.ended\" = \"ended.json\"";
            return Err(text.error(&at, At::Key, sentence));
        }
        _ => return Err(wrong("give the path of a JSON file, or the schema itself as a text".to_owned())),
    };
    // No path begins like that.
    let is_itself = given.trim_start().starts_with('{');
    let folder = text.path().parent().unwrap_or(Path::new(""));
    let file = (!is_itself).then(|| folder.join(given));
    let named = file.as_ref().map_or_else(String::new, |file| format!("{}: ", file.display()));
    let json = match &file {
        Some(file) => files::read_plain(file, MAX_FILE).map_err(|error| wrong(format!("{named}{error}")))?,
        None => given.clone().into_bytes(),
    };
    let schema: Value =
        serde_json::from_slice(&json).map_err(|error| wrong(format!("{named}it is no JSON: {error}")))?;
    own_schema::check(&schema).map_err(|error| {
        let place = if error.pointer.is_empty() { String::new() } else { format!("{}: ", error.pointer) };
        wrong(format!("{named}{place}{}", error.sentence.trim_end_matches('.')))
    })?;
    Ok(DeclaredSchema { event, schema, file })
}
