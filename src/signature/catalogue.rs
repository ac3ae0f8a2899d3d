//! The schemes that a server knows: the built-in ones, and those of a user's file.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use serde_json::Value as Json;

use super::index::Index;
use super::record::SchemeError;
use super::scheme::Scheme;

/// The records that come with Creel. Every test run reads all of them.
const RECORDS: &str = include_str!("schemes/catalogue.json");

/// Known schemes, chosen by id or detected in requests. Cheap to clone.
#[derive(Clone)]
pub struct Catalogue(Arc<Inner>);

struct Inner {
    schemes: Vec<Arc<Scheme>>,
    by_id: HashMap<String, usize>,
    index: Index,
}

/// The schemes that come with Creel.
impl Default for Catalogue {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "the records are part of the program; a test reads them all")]
        Self::with("[]").expect("the embedded records are right")
    }
}

impl Catalogue {
    /// The built-in schemes, followed by those of a list of records, such as a user's file.
    ///
    /// # Errors
    /// The record and field at fault, as `id.field`.
    pub fn with(records: &str) -> Result<Self, SchemeError> {
        let mut schemes = Vec::new();
        let mut by_id = HashMap::new();
        for scheme in read(RECORDS)?.into_iter().chain(read(records)?) {
            if by_id.insert(scheme.id.clone(), schemes.len()).is_some() {
                return Err(SchemeError::new(&format!("{}.id", scheme.id), "there is a scheme of that id already"));
            }
            schemes.push(Arc::new(scheme));
        }
        let index = Index::new(&schemes);
        Ok(Self(Arc::new(Inner { schemes, by_id, index })))
    }

    /// All of them, in order.
    #[must_use]
    pub fn schemes(&self) -> &[Arc<Scheme>] {
        &self.0.schemes
    }

    /// The scheme of that id.
    #[must_use]
    pub fn scheme(&self, id: &str) -> Option<&Arc<Scheme>> {
        self.0.by_id.get(id).and_then(|&at| self.0.schemes.get(at))
    }

    pub(super) fn index(&self) -> &Index {
        &self.0.index
    }
}

/// A shared, replaceable catalogue: after a replacement, the next read returns the new one. Cheap to clone; clones
/// share the catalogue.
#[derive(Clone)]
pub(crate) struct CurrentCatalogue(Arc<ArcSwap<Inner>>);

impl CurrentCatalogue {
    #[must_use]
    pub(crate) fn new(catalogue: Catalogue) -> Self {
        Self(Arc::new(ArcSwap::new(catalogue.0)))
    }

    #[must_use]
    pub(crate) fn now(&self) -> Catalogue {
        Catalogue(self.0.load_full())
    }

    pub(crate) fn replace(&self, catalogue: Catalogue) {
        self.0.store(catalogue.0);
    }
}

/// The schemes that come with Creel.
impl Default for CurrentCatalogue {
    fn default() -> Self {
        Self::new(Catalogue::default())
    }
}

impl fmt::Debug for CurrentCatalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.now().fmt(f)
    }
}

/// Shows only the number of schemes: records are long.
impl fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Catalogue({} schemes)", self.schemes().len())
    }
}

fn read(records: &str) -> Result<Vec<Scheme>, SchemeError> {
    let records: Vec<Json> = serde_json::from_str(records).map_err(|error| SchemeError::new("schemes", error))?;
    let read = |record: &Json| {
        let id = record.get("id").and_then(Json::as_str).unwrap_or("without id");
        Scheme::from_json(record).map_err(|error| SchemeError { field: format!("{id}.{}", error.field), ..error })
    };
    records.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::record::Evidence;

    #[test]
    fn every_record_is_read_and_found() {
        let records: Vec<Json> = serde_json::from_str(RECORDS).unwrap();
        let catalogue = Catalogue::default();
        assert!(!records.is_empty() && catalogue.schemes().iter().map(|known| known.record()).eq(&records));
        for known in catalogue.schemes() {
            assert_eq!(catalogue.scheme(&known.id).map(|found| &found.id), Some(&known.id));
            assert!(!known.name.is_empty() && known.evidence.is_some() && known.source.is_some(), "{}", known.id);
            assert_eq!(known.caution().is_some(), known.evidence == Some(Evidence::ThirdParty));
        }
        assert!(catalogue.scheme("no-such").is_none());
    }

    #[test]
    fn the_records_are_indented_so_that_a_change_shows_as_one() {
        let records: Vec<Json> = serde_json::from_str(RECORDS).unwrap();
        let written = serde_json::to_string_pretty(&records).unwrap() + "\n";
        if std::env::var_os("UPDATE_CATALOGUE").is_some() {
            let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/signature/schemes/catalogue.json");
            std::fs::write(file, written).unwrap();
            return;
        }
        assert!(RECORDS == written, "run UPDATE_CATALOGUE=1 cargo test --lib records_are_indented");
    }

    #[test]
    fn a_catalogue_with_own_schemes_leaves_others_as_they_are() {
        let own = Catalogue::with(r#"[{"id": "acme", "header": "X-Acme-Sum"}]"#).unwrap();
        let (known, more) = (Catalogue::default(), own.schemes().len());
        assert_eq!(known.schemes().len() + 1, more);
        assert!(own.scheme("acme").is_some() && known.scheme("acme").is_none());
        assert_eq!(own.schemes().last().map(|last| last.id.as_str()), Some("acme"));
    }

    #[test]
    fn a_bad_record_is_named_with_its_field() {
        let error = |records: &str| Catalogue::with(records).err().map(|error| error.field);
        let bad = r#"[{"id": "a", "signature": {"from": "header:X"}, "algorithm": "rot13"}]"#;
        assert_eq!(error(bad).as_deref(), Some("a.algorithm"));
        let twice =
            r#"[{"id": "a", "signature": {"from": "header:X"}}, {"id": "a", "signature": {"from": "header:X"}}]"#;
        assert_eq!(error(twice).as_deref(), Some("a.id"));
        assert_eq!(error(r#"[{"id": "github", "header": "X"}]"#).as_deref(), Some("github.id"));
        assert_eq!(error("[]"), None);
        assert_eq!(error("nonsense").as_deref(), Some("schemes"));
    }
}
