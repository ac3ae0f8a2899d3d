//! Bins, ready to take requests: the form prepared once from their settings, and each worker's cache of them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use parking_lot::RwLock;

use super::judge::Judge;
use super::response::Responses;
use super::{Capture, CaptureOptions};
use crate::http::{Head, Target};
use crate::model::BinId;
use crate::store::BinState;

/// Words of a malformed request line that are searched for a path.
const MAX_WORDS: usize = 8;

impl Capture {
    /// The bin that a head names: by its target or, if the request line is malformed, by the first word that is a path
    /// to a bin.
    pub(super) fn named_by(&self, head: &Head) -> Option<Arc<BinState>> {
        if let Some(bin) = self.bin(head.target().bin_segment()) {
            return Some(bin);
        }
        let start = head.raw().iter().position(|byte| !matches!(byte, b'\r' | b'\n'))?;
        let line = head.raw().slice(start..);
        let line = line.slice(..memchr::memchr(b'\n', &line).unwrap_or(line.len()));
        let words = line.split(|byte| *byte <= b' ' || *byte == 0x7f).filter(|word| word.contains(&b'/'));
        let target = |word: &[u8]| Target::new(line.slice_ref(word));
        words.take(MAX_WORDS).find_map(|word| self.bin(target(word).bin_segment()))
    }
}

/// What is derived from a bin's settings and secrets.
#[derive(Debug)]
pub(super) struct Prepared {
    /// The version of the bin, and that of the schemes and platforms.
    version: (u64, u64),
    pub(super) responses: Responses,
    pub(super) judge: Judge,
}

/// The prepared form of each bin; renewed when the bin changes.
#[derive(Debug, Default)]
pub(super) struct PreparedBins(RwLock<HashMap<BinId, Arc<Prepared>>>);

impl PreparedBins {
    /// The prepared form of the bin's present version, with the schemes and platforms of that generation or a newer
    /// one. `exists` says whether a bin still exists.
    pub(super) fn of(
        &self,
        bin: &BinState,
        generation: u64,
        options: &CaptureOptions,
        exists: impl Fn(BinId) -> bool,
    ) -> Arc<Prepared> {
        let (id, version) = (bin.bin.id, (bin.version, generation));
        let before = self.0.read().get(&id).cloned();
        if let Some(prepared) = before.as_ref().filter(|prepared| prepared.version == version) {
            return Arc::clone(prepared);
        }
        let prepared = Arc::new(Prepared {
            version,
            responses: Responses::new(&bin.bin.settings.response, before.as_ref().map(|before| &before.responses)),
            judge: Judge::new(&bin.bin, options),
        });
        let mut all = self.0.write();
        // Before the map grows, removes deleted bins.
        if all.len() >= all.capacity() {
            all.retain(|id, _| exists(*id));
        }
        all.insert(id, Arc::clone(&prepared));
        drop(all);
        prepared
    }
}

/// A bin, ready to take requests.
#[derive(Debug, Clone)]
pub(crate) struct OpenBin {
    pub(super) state: Arc<BinState>,
    pub(super) prepared: Arc<Prepared>,
}

/// Names that a worker remembers; when it is full, all are forgotten. More bins are hardly ever in use together.
const MAX_REMEMBERED: usize = 1_024;

/// One worker's cache of named bins: look-ups need no lock until any bin changes.
pub(crate) struct WorkerBins {
    capture: Capture,
    open: RefCell<HashMap<Box<[u8]>, Rc<OpenBin>>>,
    /// The generations of the store's bins and of the schemes at the time of the look-ups.
    generation: Cell<(u64, u64)>,
}

impl WorkerBins {
    /// Remembers nothing yet.
    #[must_use]
    pub(crate) fn new(capture: Capture) -> Self {
        Self { capture, open: RefCell::default(), generation: Cell::default() }
    }

    /// The capture half that they belong to.
    pub(crate) const fn capture(&self) -> &Capture {
        &self.capture
    }

    /// The bin that a target's first segment names.
    #[must_use]
    pub(crate) fn bin(&self, segment: &[u8]) -> Option<Rc<OpenBin>> {
        // Read before the look-up: the bin found may be newer than this generation, never older.
        let generation = (self.capture.0.store.bins_generation(), self.capture.generation());
        let mut open = self.open.borrow_mut();
        if self.generation.replace(generation) != generation || open.len() >= MAX_REMEMBERED {
            open.clear();
        }
        if let Some(known) = open.get(segment) {
            return Some(Rc::clone(known));
        }
        let found = Rc::new(self.capture.open(self.capture.bin(segment)?));
        open.insert(segment.into(), Rc::clone(&found));
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Bin, BinSettings, Timestamp};

    #[test]
    fn a_bin_is_prepared_anew_when_its_version_or_that_of_the_schemes_is_another() {
        let (prepared, options) = (PreparedBins::default(), CaptureOptions::default());
        let bin = Bin {
            id: BinId::generate(),
            created_at: Timestamp::default(),
            settings: BinSettings::default(),
            secrets: Vec::new(),
        };
        let of =
            |version, generation| prepared.of(&BinState { bin: bin.clone(), version }, generation, &options, |_| true);
        let mut last = of(1, 0);
        for (version, generation, is_same) in [(1, 0, true), (2, 0, false), (2, 0, true), (2, 1, false), (2, 1, true)] {
            let next = of(version, generation);
            assert_eq!(Arc::ptr_eq(&last, &next), is_same, "{version} {generation}");
            last = next;
        }
    }

    #[test]
    fn deleted_bins_are_forgotten() {
        let prepared = PreparedBins::default();
        let (options, last) = (CaptureOptions::default(), BinId::generate());
        for n in 0..2_000 {
            let id = if n == 0 { last } else { BinId::generate() };
            let bin =
                Bin { id, created_at: Timestamp::default(), settings: BinSettings::default(), secrets: Vec::new() };
            prepared.of(&BinState { bin, version: 1 }, 0, &options, |id| id == last);
        }
        let all = prepared.0.read();
        assert!(all.len() < 100 && all.contains_key(&last), "{}", all.len());
    }
}
