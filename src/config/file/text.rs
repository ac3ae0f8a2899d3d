//! The text of a configuration file: read as TOML into JSON, with the place of every key and value.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::did_you_mean;

/// An error in a configuration file, with its position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}:{column}: {}{sentence}", path.display(), prefix(field))]
pub struct FileError {
    /// The file, as it was named.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The setting at fault, such as `bins.orders.response.status`; empty for the whole.
    pub field: String,
    /// What is wrong, and what to do.
    pub sentence: String,
}

fn prefix(field: &str) -> String {
    if field.is_empty() { String::new() } else { format!("{field}: ") }
}

/// The position of a setting.
#[derive(Debug, Clone)]
struct Place {
    key: Range<usize>,
    value: Range<usize>,
}

/// Which part of a setting is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Its name.
    Key,
    /// Its value.
    Value,
}

/// A text and the positions of its settings.
#[derive(Clone)]
pub struct Text {
    path: PathBuf,
    text: String,
    places: HashMap<String, Place>,
    /// The short forms as written, by the settings that they expand to.
    written: HashMap<String, String>,
}

/// The same text has the same places.
impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path && self.text == other.text
    }
}

impl Text {
    /// Reads TOML, and notes where each setting is written.
    pub(super) fn parse(path: &Path, text: &str) -> Result<(Self, Map<String, Value>), FileError> {
        let mut read =
            Self { path: path.to_owned(), text: text.to_owned(), places: HashMap::new(), written: HashMap::new() };
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().unwrap_or(0..0);
            read.at(at.start, String::new(), error.message().trim().replace('\n', ", "))
        })?;
        let root = read.table(table.get_ref(), "")?;
        Ok((read, root))
    }

    /// The file, as it was named.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// An error about a setting. For a missing one, points at the enclosing setting.
    pub fn error(&self, field: &str, at: At, sentence: impl Into<String>) -> FileError {
        let exact = self.places.contains_key(field);
        let place = around(field).find_map(|field| self.places.get(field));
        let offset = place.map_or(0, |place| if at == At::Key || !exact { place.key.start } else { place.value.start });
        self.at(offset, self.written(field), sentence.into())
    }

    /// A setting as written in the file, possibly in a short form.
    fn written(&self, field: &str) -> String {
        let short = around(field).find_map(|part| Some((part, self.written.get(part)?)));
        // Short forms may be nested.
        short
            .map_or_else(|| field.to_owned(), |(part, written)| self.written(&(written.clone() + &field[part.len()..])))
    }

    /// The error for a name that is not known, with the nearest one that is.
    pub fn unknown<'n>(&self, field: &str, names: impl Iterator<Item = &'n str> + Clone) -> FileError {
        let name = field.rsplit(['.']).next().unwrap_or(field);
        let near = did_you_mean(name, names.clone());
        let list = if near.is_empty() { format!("; there are {}", names.collect::<Vec<_>>().join(", ")) } else { near };
        self.error(field, At::Key, format!("there is no such setting{list}"))
    }

    /// The line of a setting's name, from 1; `None` when the file does not hold it.
    pub fn line(&self, field: &str) -> Option<usize> {
        self.places.get(field).map(|place| self.position(place.key.start).0)
    }

    /// Maps an expanded setting to its short form, whose position and name errors then use.
    pub(super) fn alias(&mut self, new: &str, old: &str) {
        self.written.insert(new.to_owned(), old.to_owned());
        if let Some(place) = around(old).find_map(|field| self.places.get(field)).cloned() {
            self.places.insert(new.to_owned(), place);
        }
    }

    fn at(&self, offset: usize, field: String, sentence: String) -> FileError {
        let (line, column) = self.position(offset);
        FileError { path: self.path.clone(), line, column, field, sentence }
    }

    fn position(&self, offset: usize) -> (usize, usize) {
        position(&self.text[..self.text.floor_char_boundary(offset.min(self.text.len()))])
    }

    fn table(&mut self, table: &DeTable<'_>, path: &str) -> Result<Map<String, Value>, FileError> {
        let mut map = Map::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            self.places.insert(path.clone(), Place { key: key.span(), value: value.span() });
            let value = self.value(value, &path)?;
            map.insert(name.to_owned(), value);
        }
        Ok(map)
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, path: &str) -> Result<Value, FileError> {
        let wrong = |text: &Self| text.error(path, At::Value, "this number is too large");
        Ok(match value.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Integer(number) => {
                let read = i64::from_str_radix(number.as_str(), number.radix());
                Value::Number(read.map_err(|_| wrong(self))?.into())
            }
            DeValue::Float(number) => {
                let read = number.as_str().parse().ok().and_then(Number::from_f64);
                Value::Number(
                    read.ok_or_else(|| self.error(path, At::Value, "write a number that can be counted with"))?,
                )
            }
            DeValue::Boolean(flag) => Value::Bool(*flag),
            DeValue::Datetime(time) => Value::String(time.to_string()),
            DeValue::Array(items) => {
                let mut list = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    let path = format!("{path}[{index}]");
                    self.places.insert(path.clone(), Place { key: item.span(), value: item.span() });
                    list.push(self.value(item, &path)?);
                }
                Value::Array(list)
            }
            DeValue::Table(table) => Value::Object(self.table(table, path)?),
        })
    }
}

/// Line and column, from 1, of what follows a text.
pub(super) fn position(before: &str) -> (usize, usize) {
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (line, before[start..].chars().count() + 1)
}

/// A setting and those around it, from the inside out.
fn around(field: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(field), |field| {
        let end = field.rfind(['.', '['])?;
        Some(&field[..end])
    })
}
