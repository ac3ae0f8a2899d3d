//! The findings about one request, bounded.

use std::collections::HashMap;

use super::finding::{Finding, Place, Says, Severity};

/// Most findings listed for a request; the others are counted.
const MAX_FINDINGS: usize = 200;
/// Most findings of one code about fields of one name: the first few explain the rest.
pub(super) const MAX_ALIKE: u32 = 10;

/// What is found, bounded.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) told: Vec<Finding>,
    alike: HashMap<(&'static str, &'static str), u32>,
    pub(super) more: u64,
}

impl Findings {
    /// Adds a finding about a field of that name (the document's, or a placeholder for unknown ones).
    pub(super) fn add(&mut self, about: &'static str, finding: Finding) {
        let alike = self.alike.entry((finding.code, about)).or_default();
        *alike += 1;
        if *alike > MAX_ALIKE || self.told.len() >= MAX_FINDINGS {
            self.more += 1;
        } else {
            self.told.push(finding);
        }
    }

    /// Adds a finding at a pointer of the body.
    pub(super) fn at(
        &mut self,
        pointer: &'static str,
        severity: Severity,
        code: &'static str,
        says: Says,
        sentence: String,
    ) {
        self.add(pointer, Finding { place: Place::Body(pointer.to_owned()), severity, code, sentence, says });
    }
}
