//! Where a fact is in a request.

use serde::Deserialize;
use serde_json::Value;

use crate::http::form;
use crate::json::{Pointer, edit, value_at};
use crate::provider::EventInput;
use crate::provider::samples::Made;

/// Where a fact is in a request: a JSON pointer, `header:NAME`, `query:NAME`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum Place {
    Pointer(Pointer),
    Header(String),
    Query(String),
}

impl TryFrom<String> for Place {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.split_once(':') {
            Some(("header", name)) if !name.is_empty() => Ok(Self::Header(name.to_owned())),
            Some(("query", name)) if !name.is_empty() => Ok(Self::Query(name.to_owned())),
            _ => Pointer::parse(&text).filter(|pointer| !pointer.steps().is_empty()).map(Self::Pointer).ok_or_else(
                || format!("'{text}' is no place; write a JSON pointer such as /data/id, header:NAME or query:NAME"),
            ),
        }
    }
}

impl Place {
    pub(super) fn read(&self, input: &EventInput<'_>) -> Option<String> {
        let text = match self {
            Self::Pointer(pointer) => match value_at(input.json, pointer)? {
                "null" => return None,
                text if text.starts_with('"') => serde_json::from_str(text).ok()?,
                // An object or a list cannot be a fact.
                text if text.starts_with(['{', '[']) => return None,
                scalar => scalar.to_owned(),
            },
            Self::Header(name) => input.headers.get_str(name)?.trim().to_owned(),
            Self::Query(name) => form::first(input.query?, name)?,
        };
        Some(text).filter(|text| !text.is_empty())
    }

    /// Writes a fact to the place that it is read from. A body is changed only if it has a string there.
    pub(super) fn write(&self, value: &str, made: &mut Made) {
        match self {
            Self::Pointer(pointer) => {
                let has_text = value_at(&made.body, pointer).is_some_and(|there| there.starts_with('"'));
                let changed = has_text.then(|| edit::set(&made.body, pointer, &Value::from(value).to_string()));
                if let Some(Ok(body)) = changed {
                    made.body = body;
                }
            }
            Self::Header(name) => {
                made.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
                made.headers.push((name.clone(), value.to_owned()));
            }
            Self::Query(name) => made.query.push((name.clone(), value.to_owned())),
        }
    }

    /// The header's name; `None` for a place elsewhere.
    pub(super) fn header(&self) -> Option<&str> {
        match self {
            Self::Header(name) => Some(name),
            Self::Pointer(_) | Self::Query(_) => None,
        }
    }
}
