//! The known schemes, embedded.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use serde_json::Value as Json;

use super::record::SchemeError;
use super::scheme::Scheme;

/// One record a line. Every test run reads all of them.
const RECORDS: &str = include_str!("schemes/catalogue.json");

struct Catalogue {
    schemes: Vec<Arc<Scheme>>,
    by_id: HashMap<String, usize>,
}

static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();

#[expect(clippy::expect_used, reason = "the records are part of the program; a test reads them all")]
fn embedded() -> Vec<Scheme> {
    read_schemes(RECORDS).expect("the embedded records are right")
}

fn catalogue() -> &'static Catalogue {
    #[expect(clippy::expect_used, reason = "the records are part of the program; a test reads them all")]
    CATALOGUE.get_or_init(|| catalogue_of(embedded()).expect("the embedded ids are unique"))
}

fn catalogue_of(schemes: Vec<Scheme>) -> Result<Catalogue, SchemeError> {
    let mut by_id = HashMap::with_capacity(schemes.len());
    for (at, scheme) in schemes.iter().enumerate() {
        if by_id.insert(scheme.id.clone(), at).is_some() {
            return Err(SchemeError::new(&format!("{}.id", scheme.id), "there is a scheme of that id already"));
        }
    }
    Ok(Catalogue { schemes: schemes.into_iter().map(Arc::new).collect(), by_id })
}

/// Reads a list of records, such as a user's file.
///
/// # Errors
/// The record and field at fault, as `id.field`.
pub fn read_schemes(records: &str) -> Result<Vec<Scheme>, SchemeError> {
    let records: Vec<Json> = serde_json::from_str(records).map_err(|error| SchemeError::new("schemes", error))?;
    let read = |record: &Json| {
        let id = record.get("id").and_then(Json::as_str).unwrap_or("without id");
        Scheme::from_json(record).map_err(|error| SchemeError { field: format!("{id}.{}", error.field), ..error })
    };
    records.iter().map(read).collect()
}

/// Adds a user's schemes for the whole program, so that they can be chosen and are detected. To be called once, before anything else here.
///
/// # Errors
/// When an id is taken, or the catalogue is in use already.
pub fn add_schemes(own: Vec<Scheme>) -> Result<(), SchemeError> {
    let all = embedded().into_iter().chain(own).collect();
    let too_late = |_| SchemeError::new("schemes", "schemes can be added only at the start");
    CATALOGUE.set(catalogue_of(all)?).map_err(too_late)
}

/// Every known scheme, in the catalogue's order.
#[must_use]
pub fn schemes() -> &'static [Arc<Scheme>] {
    &catalogue().schemes
}

/// The known scheme of that id.
#[must_use]
pub fn scheme(id: &str) -> Option<&'static Arc<Scheme>> {
    let catalogue = catalogue();
    catalogue.by_id.get(id).and_then(|&at| catalogue.schemes.get(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::Evidence;

    #[test]
    fn every_record_is_read_and_found() {
        assert_eq!(schemes().len(), 169);
        for known in schemes() {
            assert_eq!(scheme(&known.id).map(|found| &found.id), Some(&known.id));
            assert!(!known.name.is_empty() && known.evidence.is_some() && known.source.is_some(), "{}", known.id);
            assert_eq!(known.caution().is_some(), known.evidence == Some(Evidence::ThirdParty));
        }
        assert!(scheme("no-such").is_none());
    }

    #[test]
    fn a_bad_record_is_named_with_its_field() {
        let error = |records: &str| read_schemes(records).and_then(catalogue_of).err().map(|error| error.field);
        let bad = r#"[{"id": "a", "signature": {"from": "header:X"}, "algorithm": "rot13"}]"#;
        assert_eq!(error(bad).as_deref(), Some("a.algorithm"));
        let twice =
            r#"[{"id": "a", "signature": {"from": "header:X"}}, {"id": "a", "signature": {"from": "header:X"}}]"#;
        assert_eq!(error(twice).as_deref(), Some("a.id"));
        assert_eq!(error("[]"), None);
        assert_eq!(error("nonsense").as_deref(), Some("schemes"));
    }
}
