//! Reading the fields of a scheme's record. Each error names its field.

use serde_json::{Map, Value as Json};

use super::request::Config;
use super::scheme::{Basis, SchemeError};
use super::source::Source;
use super::template::Template;

/// Alternatives, items, vars and the like in one record; each multiplies the work on a request.
const MAX_ENTRIES: usize = 8;

pub(super) fn refuse_unknown(fields: &Map<String, Json>, known: &[&str], within: &str) -> Result<(), SchemeError> {
    match fields.keys().find(|name| !known.contains(&name.as_str())) {
        Some(unknown) => Err(SchemeError::new(
            &format!("{within}{unknown}"),
            format!("is no field here; the fields are {}", known.join(", ")),
        )),
        None => Ok(()),
    }
}

pub(super) fn text<'f>(fields: &'f Map<String, Json>, field: &str) -> Result<Option<&'f str>, SchemeError> {
    match fields.get(field) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(SchemeError::new(field, "must be text")),
    }
}

/// A text or a list of texts.
pub(super) fn texts(fields: &Map<String, Json>, field: &str) -> Result<Vec<String>, SchemeError> {
    let wrong = || SchemeError::new(field, "must be a text or a list of texts");
    match fields.get(field) {
        None => Ok(Vec::new()),
        Some(Json::String(text)) => Ok(vec![text.clone()]),
        Some(Json::Array(items)) if items.len() > MAX_ENTRIES => {
            Err(SchemeError::new(field, format!("has more than {MAX_ENTRIES} entries")))
        }
        Some(Json::Array(items)) => {
            items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        Some(_) => Err(wrong()),
    }
}

pub(super) fn parsed<T>(
    texts: &[String],
    field: &str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, SchemeError> {
    texts.iter().map(|text| parse(text).map_err(|message| SchemeError::new(field, message))).collect()
}

/// The characters that separate; `None` when nothing is split.
pub(super) fn separators(fields: &Map<String, Json>, field: &str) -> Result<Option<String>, SchemeError> {
    Ok(text(fields, field)?.filter(|characters| !characters.is_empty()).map(str::to_owned))
}

pub(super) fn basis(text: Option<&str>) -> Result<Option<Basis>, SchemeError> {
    Ok(Some(match text {
        None => return Ok(None),
        Some("A") => Basis::A,
        Some("B") => Basis::B,
        Some("C") => Basis::C,
        Some(_) => return Err(SchemeError::new("basis", "must be A, B or C")),
    }))
}

pub(super) fn config(field: Option<&Json>) -> Result<Config, SchemeError> {
    let wrong = || SchemeError::new("config", "must be an object of texts");
    let Some(field) = field else { return Ok(Config::new()) };
    let entries = field.as_object().filter(|entries| entries.len() <= MAX_ENTRIES).ok_or_else(wrong)?;
    entries.iter().map(|(name, value)| Ok((name.clone(), value.as_str().ok_or_else(wrong)?.to_owned()))).collect()
}

pub(super) fn vars(field: Option<&Json>) -> Result<Vec<(String, Source)>, SchemeError> {
    let wrong = || SchemeError::new("vars", format!("must be an object of up to {MAX_ENTRIES} sources"));
    let Some(field) = field else { return Ok(Vec::new()) };
    let entries = field.as_object().filter(|entries| entries.len() <= MAX_ENTRIES).ok_or_else(wrong)?;
    let source = |(name, value): (&String, &Json)| {
        let source = Source::parse(value.as_str().ok_or_else(wrong)?);
        Ok((name.clone(), source.map_err(|message| SchemeError::new("vars", message))?))
    };
    entries.iter().map(source).collect()
}

pub(super) fn require(field: Option<&Json>) -> Result<Vec<(Template, Template)>, SchemeError> {
    let wrong = || SchemeError::new("require", format!("must be a list of up to {MAX_ENTRIES} pairs of templates"));
    let Some(field) = field else { return Ok(Vec::new()) };
    let pairs = field.as_array().filter(|pairs| pairs.len() <= MAX_ENTRIES).ok_or_else(wrong)?;
    let side = |text: &Json| {
        let text = text.as_str().ok_or_else(wrong)?;
        Template::parse(text).map_err(|message| SchemeError::new("require", message))
    };
    let pair = |pair: &Json| match pair.as_array().map(Vec::as_slice) {
        Some([left, right]) => Ok((side(left)?, side(right)?)),
        Some(_) | None => Err(wrong()),
    };
    pairs.iter().map(pair).collect()
}
