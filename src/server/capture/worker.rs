//! What the connections of one worker thread share. A request needs no lock for it.

use std::rc::Rc;

use super::header_cache::HeaderCache;
use super::in_flight::InFlight;
use super::stopping::Stopping;
use crate::capture::{Capture, WorkerBins};

/// One worker.
pub(super) struct Worker {
    pub(super) bins: WorkerBins,
    pub(super) in_flight: InFlight,
    pub(super) stopping: Rc<Stopping>,
    pub(super) headers: HeaderCache,
}

impl Worker {
    /// `in_flight` counts for all workers together.
    pub(super) fn new(capture: Capture, in_flight: &InFlight, stopping: Rc<Stopping>) -> Rc<Self> {
        Rc::new(Self {
            bins: WorkerBins::new(capture),
            in_flight: in_flight.clone(),
            stopping,
            headers: HeaderCache::default(),
        })
    }

    pub(super) const fn capture(&self) -> &Capture {
        self.bins.capture()
    }
}
