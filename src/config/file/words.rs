//! Turns the readers' errors about a setting into errors with a position; an unknown name gets the most similar known
//! one.

use super::text::{At, FileError, Text};
use crate::config::{Unknown, did_you_mean};

/// Settings of a bin that only the file has, and the one that it does not have: the table is its name.
const OF_BINS: [&str; 3] = ["forward", "expect", super::bins::EVENT_SCHEMAS];
const NOT_OF_BINS: &str = "name";

/// The error at the setting that serde's words name, with the nearest known name.
pub(crate) fn by_serde(text: &Text, field: &str, words: &str) -> FileError {
    if let Some((name, known)) = words.strip_prefix("unknown field `").and_then(|rest| rest.rsplit_once("`, expected "))
    {
        let around = field.strip_suffix(name).map_or(field, |around| around.trim_end_matches('.'));
        return text.unknown(&format!("{around}.{name}"), Unknown::names_in(known).iter().map(String::as_str));
    }
    if let Some((name, known)) =
        words.strip_prefix("unknown variant `").and_then(|rest| rest.rsplit_once("`, expected "))
    {
        return text.error(field, At::Value, not_known(name, &Unknown::names_in(known)));
    }
    if let Some(name) = words.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        return text.error(field, At::Key, format!("`{name}` is missing"));
    }
    let sentence = match words.rsplit_once(", expected ") {
        Some((given, wanted)) if given.starts_with("invalid type") => format!("must be {}", kind(wanted)),
        _ => words.to_owned(),
    };
    text.error(field, At::Value, sentence)
}

/// The expected type, in the file's terms.
fn kind(wanted: &str) -> &str {
    match wanted {
        "a string" | "string or map" | "variant identifier" => "a text",
        "a sequence" => "a list",
        "a boolean" => "true or false",
        "a map" | "an object" => "a table",
        wanted if wanted.starts_with("struct ") => "a table",
        "u32" | "u64" | "usize" | "i64" => "a whole number",
        wanted => wanted,
    }
}

/// An error from the API: what is not known, if that is the error, or else its sentence.
pub(crate) fn by_api(text: &Text, field: &str, unknown: Option<&Unknown>, sentence: &str) -> FileError {
    if let Some(Unknown { name, known }) = unknown {
        let mut names = known.clone();
        let parts: Vec<&str> = field.split('.').collect();
        // For a wrong value, the listed names are values.
        let is_field = parts.last() == Some(&name.as_str());
        match parts.as_slice() {
            _ if !is_field => {}
            ["bins", _, _] => {
                names.retain(|name| name != NOT_OF_BINS);
                names.extend(OF_BINS.map(str::to_owned));
            }
            // The short form exists only in the file, and so does a value from the environment.
            ["bins", _, "forward", _] => names.push("to".to_owned()),
            ["bins", _, "expect", _, _] => names.push("env".to_owned()),
            _ => {}
        }
        if is_field {
            return text.unknown(field, names.iter().map(String::as_str));
        }
        return text.error(field, At::Value, not_known(name, &names));
    }
    let sentence = sentence.trim_end_matches('.');
    // The position already names the setting.
    let rest = sentence.strip_prefix('`').and_then(|rest| rest.split_once("` "));
    let sentence = match rest {
        Some((name, rest)) if field.ends_with(name) => rest.to_owned(),
        _ => lower(sentence),
    };
    text.error(field, At::Value, sentence)
}

fn not_known(name: &str, names: &[String]) -> String {
    let near = did_you_mean(name, names.iter().map(String::as_str));
    let list = if near.is_empty() { format!("; there are {}", names.join(", ")) } else { near };
    format!("'{name}' is not known here{list}")
}

/// A sentence to follow a colon: begins in lower case, unless with a name in capitals.
fn lower(sentence: &str) -> String {
    let mut characters = sentence.chars();
    match (characters.next(), characters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain(characters).collect(),
        _ => sentence.to_owned(),
    }
}
