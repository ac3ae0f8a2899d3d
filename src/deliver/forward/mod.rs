//! Forwarding. Each bin that forwards has a line, which routes committed requests to targets in order, and a lane per
//! target, which sends them in that order.
//!
//! The queue is the database: a cursor per bin marks the line's progress, and a row says that a request waits for a
//! target. The row is deleted only after the request is done at that target, so a restart continues where it stopped. A
//! target that is slow or down delays neither the others nor a sender; the exception is a bin whose target answers its
//! senders.

mod answer;
mod asked;
mod lane;
mod line;
mod loop_detector;
mod passed_back;
mod route;
mod verdict;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::Deliver;
use crate::model::{BinId, BinSettings, CapturedRequest, ForwardSettings, Timestamp};
use crate::store::{BinState, StoreError};
pub(super) use asked::Asked;
use line::TICK;
use loop_detector::LoopDetector;
pub(crate) use passed_back::{as_it_came, passed_answer, passed_back};
pub(crate) use route::route;

/// How often changed bins are checked for new forwards.
const SUPERVISE: Duration = Duration::from_millis(50);
/// The first pause of a line because of a loop; doubled each time the loop returns.
const PAUSE: Duration = Duration::from_mins(1);
const MAX_PAUSE: Duration = Duration::from_hours(1);

/// Requests per page, and their bytes.
const PAGE: usize = 32;
const PAGE_BYTES: usize = 8 << 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Health {
    pub target: String,
    /// Whether it accepts connections.
    pub reachable: bool,
    /// When `reachable` last changed, or was first known.
    pub since: Timestamp,
    /// What to check, when it is down.
    pub sentence: Option<String>,
}

/// A line's state in memory, in addition to the store's.
#[derive(Debug)]
struct Line {
    health: Mutex<HashMap<String, Health>>,
    detector: Mutex<LoopDetector>,
    /// How often it has paused because of a loop since the owner last acted.
    pauses: AtomicU32,
    /// The bin's state when there was nothing to do; `None` forces a new look.
    looked_at: Mutex<Option<(u64, u64, Option<Timestamp>)>>,
    /// The generation of the settings at which requests of removed targets were last routed again.
    sorted_at: AtomicU64,
    /// The running lanes by target; each is notified when there may be something to send.
    lanes: Mutex<HashMap<String, Arc<Notify>>>,
}

impl Line {
    fn new() -> Self {
        Self {
            health: Mutex::default(),
            detector: Mutex::default(),
            pauses: AtomicU32::new(0),
            looked_at: Mutex::default(),
            sorted_at: AtomicU64::new(u64::MAX),
            lanes: Mutex::default(),
        }
    }

    /// Wakes every lane to look for work.
    fn wake(&self) {
        self.lanes.lock().values().for_each(|lane| lane.notify_one());
    }

    /// How long to pause because of a loop: longer each time it returns.
    fn pause(&self) -> Duration {
        PAUSE.saturating_mul(2_u32.saturating_pow(self.pauses.load(Ordering::Relaxed))).min(MAX_PAUSE)
    }

    /// Forgets the requests seen, so that a loop has to show itself again.
    fn forget_loop(&self) {
        self.detector.lock().clear();
    }

    /// Notes a request that will be forwarded; true when it is in a loop.
    fn closes_loop(&self, request: &CapturedRequest) -> bool {
        self.detector.lock().is_loop(&request.head, &request.body, request.summary.received_at)
    }

    fn is_down(&self, target: &str) -> bool {
        self.health.lock().get(target).is_some_and(|health| !health.reachable)
    }

    /// Notes whether a target answers; the time is that of the last change.
    fn note(&self, target: &str, down: Option<&str>, now: Timestamp) {
        let mut health = self.health.lock();
        let reachable = down.is_none();
        let sentence = down.map(str::to_owned);
        match health.get_mut(target) {
            Some(known) if known.reachable == reachable => known.sentence = sentence,
            _ => {
                let news = Health { target: target.to_owned(), reachable, since: now, sentence };
                health.insert(target.to_owned(), news);
            }
        }
    }
}

/// The running lines, by bin.
#[derive(Debug, Default)]
pub(super) struct Lines(Mutex<HashMap<BinId, Arc<Line>>>);

impl Lines {
    fn find(&self, bin: BinId) -> Option<Arc<Line>> {
        self.0.lock().get(&bin).cloned()
    }
}

impl Deliver {
    /// Runs a line for every bin that forwards, until it is stopped.
    pub(crate) fn start_forwarding(&self) {
        let deliver = self.clone();
        self.spawn(async move {
            let mut seen = None;
            loop {
                let generation = deliver.0.store.bins_generation();
                if seen != Some(generation) {
                    seen = Some(generation);
                    deliver.start_lines();
                }
                tokio::time::sleep(SUPERVISE).await;
            }
        });
    }

    fn start_lines(&self) {
        for bin in self.0.store.bins() {
            if bin.bin.settings.forward.is_none() {
                continue;
            }
            let id = bin.bin.id;
            let line = {
                let mut lines = self.0.lines.0.lock();
                if let Some(line) = lines.get(&id) {
                    // Its settings may have changed.
                    *line.looked_at.lock() = None;
                    line.wake();
                    continue;
                }
                let line = Arc::new(Line::new());
                lines.insert(id, Arc::clone(&line));
                line
            };
            let deliver = self.clone();
            self.spawn(async move {
                loop {
                    deliver.run_line(id, &line).await;
                    if deliver.ends(id, &line) {
                        return;
                    }
                    line.wake();
                    tokio::time::sleep(TICK).await;
                }
            });
        }
    }

    /// Removes a line whose forward has ended; false when the line continues.
    fn ends(&self, id: BinId, line: &Line) -> bool {
        let mut lines = self.0.lines.0.lock();
        // The forward was set again meanwhile: keep this line, since the search for one has found it.
        let over = self.0.store.bin(id.as_str()).is_none_or(|bin| bin.bin.settings.forward.is_none());
        // A lane may be in the middle of a delivery. Without this line, a new one could start a second lane to the same
        // target, which would send the request twice.
        let ends = over && line.lanes.lock().is_empty();
        if ends {
            lines.remove(&id);
        }
        ends
    }

    /// The health of a bin's targets to which something was sent.
    pub(crate) fn health(&self, bin: BinId, forward: &ForwardSettings) -> Vec<Health> {
        let Some(line) = self.0.lines.find(bin) else { return Vec::new() };
        let health = line.health.lock();
        let mut known: Vec<Health> = forward.targets().filter_map(|target| health.get(target).cloned()).collect();
        known.sort_by(|one, other| one.target.cmp(&other.target));
        known.dedup();
        known
    }

    /// Sets a bin's forward to `after`, which `update` stores. Requests that came while nothing was sent are passed
    /// over; a catch-up sends them later.
    pub(crate) async fn set_forward(
        &self,
        bin: &BinState,
        after: &ForwardSettings,
        update: impl FnOnce(&mut BinSettings) + Send + 'static,
    ) -> Result<Arc<BinState>, StoreError> {
        let (store, id) = (&self.0.store, bin.bin.id);
        let before = bin.bin.settings.forward.as_ref();
        let resumes = before.is_some_and(|before| before.paused) && !after.paused;
        if resumes {
            store.pass_over(id, store.head_seq()).await?;
        } else if before.is_none() {
            store.forward_from(id, store.head_seq(), true).await?;
        }
        let changed = store.update_bin(id, update).await?;
        self.forward_was_set(id);
        Ok(changed)
    }

    /// Called when the owner has set the forward: resets the count of loops and looks for work again.
    pub(crate) fn forward_was_set(&self, bin: BinId) {
        self.start_lines();
        if let Some(line) = self.0.lines.find(bin) {
            line.forget_loop();
            line.pauses.store(0, Ordering::Relaxed);
            *line.looked_at.lock() = None;
            line.wake();
        }
    }
}
