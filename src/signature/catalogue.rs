//! The known schemes, embedded.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use serde_json::Value as Json;

use super::scheme::{Scheme, SchemeError};

/// One record a line. Every test run reads all of them.
const RECORDS: &str = include_str!("schemes/catalogue.json");

struct Catalogue {
    schemes: Vec<Arc<Scheme>>,
    by_id: HashMap<String, usize>,
}

fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    #[expect(clippy::expect_used, reason = "the records are part of the program; a test reads them all")]
    CATALOGUE.get_or_init(|| read(RECORDS).expect("the embedded records are right"))
}

fn read(records: &str) -> Result<Catalogue, SchemeError> {
    let records: Vec<Json> = serde_json::from_str(records).map_err(|error| SchemeError::new("catalogue", error))?;
    let mut schemes = Vec::with_capacity(records.len());
    let mut by_id = HashMap::with_capacity(records.len());
    for record in &records {
        let id = record.get("id").and_then(Json::as_str).unwrap_or("without id");
        let scheme = Scheme::from_json(record)
            .map_err(|error| SchemeError { field: format!("{id}.{}", error.field), ..error })?;
        if by_id.insert(scheme.id.clone(), schemes.len()).is_some() {
            return Err(SchemeError::new(&format!("{id}.id"), "stands twice in the catalogue"));
        }
        schemes.push(Arc::new(scheme));
    }
    Ok(Catalogue { schemes, by_id })
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
    use crate::signature::scheme::Basis;

    #[test]
    fn every_record_is_read_and_found() {
        assert_eq!(schemes().len(), 169);
        for known in schemes() {
            assert_eq!(scheme(&known.id).map(|found| &found.id), Some(&known.id));
            assert!(!known.name.is_empty() && known.basis.is_some() && known.source.is_some(), "{}", known.id);
            assert_eq!(known.caution().is_some(), known.basis == Some(Basis::C));
        }
        assert!(scheme("no-such").is_none());
    }

    #[test]
    fn a_bad_record_is_named_with_its_field() {
        let error = |records: &str| read(records).err().map(|error| error.field);
        let bad = r#"[{"id": "a", "signature": {"from": "header:X"}, "algorithm": "rot13"}]"#;
        assert_eq!(error(bad).as_deref(), Some("a.algorithm"));
        let twice =
            r#"[{"id": "a", "signature": {"from": "header:X"}}, {"id": "a", "signature": {"from": "header:X"}}]"#;
        assert_eq!(error(twice).as_deref(), Some("a.id"));
        assert_eq!(error("nonsense").as_deref(), Some("catalogue"));
    }
}
