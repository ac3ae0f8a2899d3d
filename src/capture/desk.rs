//! One worker's way in: what its requests ask for again and again, remembered where no other thread has to be asked.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use super::Capture;
use super::prepared::Prepared;
use crate::store::BinState;

/// Names remembered at once; beyond it all are forgotten. More bins than this are hardly ever in use together.
const MAX_REMEMBERED: usize = 1_024;

/// A bin, ready to take requests.
#[derive(Debug, Clone)]
pub struct OpenBin {
    pub(super) state: Arc<BinState>,
    pub(super) prepared: Arc<Prepared>,
}

/// A [`Capture`] as one worker uses it: it remembers the bins that requests name, until any bin changes.
pub struct Desk {
    capture: Capture,
    open: RefCell<HashMap<Box<[u8]>, Rc<OpenBin>>>,
    /// What the store said when these were looked up.
    generation: Cell<u64>,
}

impl Desk {
    /// One that remembers nothing yet.
    #[must_use]
    pub fn new(capture: Capture) -> Self {
        Self { capture, open: RefCell::default(), generation: Cell::new(0) }
    }

    /// The bin that a target's first segment names.
    #[must_use]
    pub fn bin(&self, segment: &[u8]) -> Option<Rc<OpenBin>> {
        // Before the look-up: what is found may be newer than this says, never older.
        let generation = self.capture.0.store.bins_generation();
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

impl Deref for Desk {
    type Target = Capture;

    fn deref(&self) -> &Capture {
        &self.capture
    }
}
