//! Imports: JSON lines and Creel's own HTTP archives completely, other archives as far as their data goes.

mod har;
mod jsonl;
mod record;

use std::collections::HashMap;
use std::fmt;

pub(crate) use har::Archive;
pub use har::har;
pub use jsonl::line;
use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::model::{Marks, NewRequest, SentResponse, Timestamp};

/// The first second after the year 9999.
const YEAR_10000: i64 = 253_402_300_800;

/// A request that was read from a file.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The request. Verdict and event facts are those of the file; the duplicate mark is the store's to set.
    pub request: NewRequest,
    /// What the sender was told when it was captured.
    pub response: SentResponse,
    /// What its owner had added.
    pub marks: Marks,
    /// Whether credentials were removed before: then its signature cannot be verified.
    pub redacted: bool,
}

/// Why a file cannot be read. A line counts from 1; in an HTTP archive it is the entry, and 0 the archive itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// It is not JSON, or not of the wanted shape.
    #[error("line {line}: is not {wanted}: {words}")]
    NotJson {
        /// The line at fault, as [`ImportError`] counts it.
        line: usize,
        /// What it should be.
        wanted: &'static str,
        /// What the JSON reader says.
        words: String,
    },
    /// A field's value is of another type than it should be.
    #[error("line {line}, field {field}: {words}")]
    Type {
        /// The line at fault, as [`ImportError`] counts it.
        line: usize,
        /// The field at fault.
        field: String,
        /// What the JSON reader says.
        words: String,
    },
    /// A field's value makes no sense.
    #[error("line {line}, field {field}: {message}")]
    Field {
        /// The line at fault, as [`ImportError`] counts it.
        line: usize,
        /// The field at fault.
        field: String,
        /// For the user, to follow the field's name.
        message: String,
    },
}

impl ImportError {
    fn not_json(line: usize, wanted: &'static str, error: &serde_json::Error) -> Self {
        Self::NotJson { line, wanted, words: error.to_string() }
    }

    /// The line at fault; in an HTTP archive the entry, or 0 for the archive itself.
    #[must_use]
    pub const fn line(&self) -> usize {
        match self {
            Self::NotJson { line, .. } | Self::Type { line, .. } | Self::Field { line, .. } => *line,
        }
    }
}

/// Most fields of an object. A browser's archive has a dozen.
const MAX_FIELDS: usize = 256;
/// Bytes of a field other than a text. What a few bytes of JSON become in memory can be ten times as large.
const MAX_FIELD: usize = 4 << 20;

/// An object whose fields are located but not read.
struct Object<'a>(HashMap<String, &'a RawValue>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = HashMap::new();
                while let Some((name, value)) = map.next_entry()? {
                    members.insert(name, value);
                    if members.len() > MAX_FIELDS {
                        return Err(A::Error::custom(format_args!("an object has more than {MAX_FIELDS} members")));
                    }
                }
                Ok(Object(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

/// The fields of an object, taken one by one, so that an error can name the field. Other fields are never read.
struct Fields<'a> {
    line: usize,
    /// What the object is in, with a dot at its end.
    within: &'static str,
    object: Object<'a>,
}

impl<'a> Fields<'a> {
    const fn new(line: usize, within: &'static str, object: Object<'a>) -> Self {
        Self { line, within, object }
    }

    fn error(&self, field: &str, message: impl Into<String>) -> ImportError {
        ImportError::Field { line: self.line, field: format!("{}{field}", self.within), message: message.into() }
    }

    /// What a field holds; `None` where it is missing or null.
    fn raw(&mut self, field: &str) -> Option<&'a str> {
        self.object.0.remove(field).map(RawValue::get).filter(|raw| *raw != "null")
    }

    fn read<T: Deserialize<'a>>(&self, field: &str, raw: &'a str) -> Result<T, ImportError> {
        serde_json::from_str(raw).map_err(|error| ImportError::Type {
            line: self.line,
            field: format!("{}{field}", self.within),
            words: error.to_string(),
        })
    }

    /// A field that may be missing or null.
    fn optional<T: DeserializeOwned>(&mut self, field: &str) -> Result<Option<T>, ImportError> {
        match self.raw(field) {
            Some(raw) if raw.len() > MAX_FIELD => Err(self.error(field, format!("has more than {MAX_FIELD} bytes"))),
            Some(raw) => self.read(field, raw).map(Some),
            None => Ok(None),
        }
    }

    /// A text of any length.
    fn text(&mut self, field: &str) -> Result<Option<String>, ImportError> {
        self.raw(field).map(|raw| self.read(field, raw)).transpose()
    }

    /// An object; `within` is its name with a dot at its end.
    fn object(&mut self, field: &str, within: &'static str) -> Result<Option<Self>, ImportError> {
        let object = self.raw(field).map(|raw| self.read(field, raw)).transpose()?;
        Ok(object.map(|object| Fields::new(self.line, within, object)))
    }

    fn required<T: DeserializeOwned>(&mut self, field: &str) -> Result<T, ImportError> {
        self.optional(field)?.ok_or_else(|| self.error(field, "is missing"))
    }

    /// Rejects times out of range: ids hold the time without a sign.
    fn in_range(&self, field: &str, at: Timestamp) -> Result<Timestamp, ImportError> {
        if at < Timestamp::from_secs(0) || at >= Timestamp::from_secs(YEAR_10000) {
            return Err(self.error(field, "is not between the years 1970 and 9999"));
        }
        Ok(at)
    }

    /// Bytes that are given as text in `field`, or in base64 in another field.
    fn bytes(&mut self, field: &str, encoded: &str) -> Result<Option<Vec<u8>>, ImportError> {
        use base64::Engine as _;
        let text = self.text(field)?;
        let base64 = self.text(encoded)?;
        match (text, base64) {
            (Some(_), Some(_)) => Err(self.error(encoded, format!("is given beside {field}; give only one of them"))),
            (Some(text), None) => Ok(Some(text.into_bytes())),
            (None, Some(base64)) => base64::engine::general_purpose::STANDARD
                .decode(base64)
                .map(Some)
                .map_err(|_| self.error(encoded, "is not base64 (standard alphabet, with padding)")),
            (None, None) => Ok(None),
        }
    }
}
