//! The user's JSON Schema for an event, and the check of a body against it. References lead only into the schema
//! itself; the work of a check is estimated before it starts.

mod walk;

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::Value;

use super::finding::{Finding, MISSING, Place, Says, Severity};
use crate::http::text::clipped;
use crate::json::step_of;

/// Schemas of a bin: its settings are kept in memory.
pub(crate) const MAX_SCHEMAS: usize = 20;
/// Most characters of an event's name, as stored.
pub(crate) const MAX_NAME: usize = 256;
/// Bytes of a schema, written without spaces.
pub(crate) const MAX_BYTES: usize = 64 << 10;
/// Largest body that is checked, in bytes.
const MAX_BODY: usize = 4 << 20;
/// Most work of a check, in values times subschemas: about a fifth of a second.
const MAX_WORK: u32 = 400_000;
/// Bytes that a compiled pattern may take, and its cache.
const MAX_PATTERN: usize = 256 << 10;
/// Most findings listed for a body.
const MAX_FINDINGS: usize = 50;
/// Characters of a sentence.
const MAX_SENTENCE: usize = 300;

const SAYS: Says = Says::new("Your JSON Schema", "set for this event in this bin");

/// Why a schema cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub(crate) struct SchemaError {
    /// Where in the schema, as a JSON pointer.
    pub pointer: String,
    /// What is wrong, and what to do.
    pub sentence: String,
}

impl SchemaError {
    fn new(pointer: &str, sentence: impl Into<String>) -> Self {
        Self { pointer: pointer.to_owned(), sentence: sentence.into() }
    }
}

/// The differences of a body from the schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SchemaReport {
    /// In the order of the schema.
    pub findings: Vec<Finding>,
    /// Findings that are not listed: beyond the most that are.
    pub more: u64,
}

/// Checks that a schema can be used.
///
/// # Errors
/// The place and the reason, if it cannot.
pub(crate) fn check(schema: &Value) -> Result<(), SchemaError> {
    if !schema.is_object() {
        return Err(SchemaError::new("", "A schema is a JSON object, as in {\"type\": \"object\"}."));
    }
    if schema.to_string().len() > MAX_BYTES {
        return Err(SchemaError::new("", format!("A schema has at most {MAX_BYTES} bytes.")));
    }
    walk::check(schema)?;
    compiled(schema).map(drop)
}

fn compiled(schema: &Value) -> Result<Validator, SchemaError> {
    // Uses a regex engine with linear time.
    let patterns = PatternOptions::regex().size_limit(MAX_PATTERN).dfa_size_limit(MAX_PATTERN);
    let built = jsonschema::options().offline().with_pattern_options(patterns).build(schema);
    built.map_err(|error| {
        let pointer = error.instance_path().as_str().to_owned();
        SchemaError::new(&pointer, format!("{}.", clipped(&error.to_string(), MAX_SENTENCE)))
    })
}

/// Checks a body against a schema.
///
/// # Errors
/// Why the body was not checked: a sentence.
pub(crate) fn examine(schema: &Value, json: &[u8]) -> Result<SchemaReport, &'static str> {
    if json.len() > MAX_BODY {
        return Err("The body is too long to be checked against your JSON Schema.");
    }
    let finding = |pointer: &str, code, sentence| Finding {
        place: Place::Body(pointer.to_owned()),
        severity: Severity::Breaks,
        code,
        sentence,
        says: SAYS,
    };
    let body: Value = match serde_json::from_slice(json) {
        Ok(body) => body,
        Err(error) => {
            let sentence = format!("The body is no JSON that can be checked against a schema: {error}.");
            return Ok(SchemaReport { findings: vec![finding("", "not_json", sentence)], more: 0 });
        }
    };
    if !walk::is_bounded(schema, &body, MAX_WORK) {
        return Err("Your JSON Schema and this body make too much work together; it was not tried.");
    }
    let validator = compiled(schema).map_err(|_| "Your JSON Schema cannot be used any more: set it again.")?;
    let mut report = SchemaReport::default();
    for error in validator.iter_errors(&body) {
        for (pointer, code, sentence) in told(&error) {
            if report.findings.len() < MAX_FINDINGS {
                report.findings.push(finding(&pointer, code, sentence));
            } else {
                report.more += 1;
            }
        }
    }
    Ok(report)
}

/// The places, codes and sentences of an error. No sentence repeats a value of the body.
fn told(error: &ValidationError<'_>) -> Vec<(String, &'static str, String)> {
    let at = error.instance_path().as_str().to_owned();
    let member = |name: &str| format!("{at}/{}", step_of(name));
    let shown = |name: &str| clipped(name, 60);
    let code = match error.kind() {
        Kind::Required { property: Value::String(name) } => {
            let sentence = format!("`{}` is missing; your schema requires it.", shown(name));
            return vec![(member(name), MISSING, sentence)];
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            let names = unexpected.iter().take(MAX_FINDINGS);
            let line = |name: &String| {
                let sentence = format!("`{}` is not in your schema, which allows no other fields.", shown(name));
                (member(name), "unknown_field", sentence)
            };
            return names.map(line).collect();
        }
        Kind::Type { .. } => "wrong_type",
        Kind::Enum { .. } | Kind::Constant { .. } => "unknown_value",
        _ => "schema",
    };
    let sentence = clipped(&error.masked_with("The value").to_string(), MAX_SENTENCE);
    vec![(at, code, format!("{sentence}."))]
}

#[cfg(test)]
mod tests;
