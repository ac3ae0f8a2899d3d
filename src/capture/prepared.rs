//! What is derived from a bin's settings and secrets once, and used for every request until they change.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;

use super::CaptureOptions;
use super::answer::Answers;
use super::judge::Judge;
use crate::model::BinId;
use crate::store::BinState;

/// A bin's settings, ready for use.
#[derive(Debug)]
pub(super) struct Prepared {
    version: u64,
    pub(super) answers: Answers,
    pub(super) judge: Judge,
}

/// The prepared bins. Entries of deleted bins go when the map is next swept.
#[derive(Debug, Default)]
pub(super) struct PreparedBins(RwLock<HashMap<BinId, Arc<Prepared>>>);

impl PreparedBins {
    /// The prepared form of a bin in its present version.
    pub(super) fn of(&self, bin: &BinState, options: &CaptureOptions) -> Arc<Prepared> {
        let id = bin.bin.id;
        let before = self.0.read().get(&id).cloned();
        if let Some(prepared) = before.as_ref().filter(|prepared| prepared.version == bin.version) {
            return Arc::clone(prepared);
        }
        let prepared = Arc::new(Prepared {
            version: bin.version,
            answers: Answers::new(&bin.bin.settings.response, before.as_ref().map(|before| &before.answers)),
            judge: Judge::new(&bin.bin, options),
        });
        self.0.write().insert(id, Arc::clone(&prepared));
        prepared
    }
}
