//! Forwarding: each bin that forwards has a line, which takes what was committed in its order and says for which targets it
//! waits, and a lane for each target, which sends what waits for it in that order.
//!
//! The queue is the database: a cursor per bin says how far the line is, and a row says that a request waits for a target. A
//! row goes only after the request is over there, so that a restart goes on where it stopped. A target that is slow or down
//! delays neither the others nor a sender; the exception is a bin whose target answers its senders.

mod answer;
mod asked;
mod circle;
mod lane;
mod line;
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
use circle::Circle;
use line::TICK;
pub use passed_back::{as_it_came, passed_answer, passed_back};
pub use route::route;

/// How often bins are looked at for forwards that were set, when any bin has changed.
const SUPERVISE: Duration = Duration::from_millis(50);
/// How long a line pauses for a circle at first; twice as long each time that it comes back.
const PAUSE: Duration = Duration::from_mins(1);
const MAX_PAUSE: Duration = Duration::from_hours(1);

/// Requests that are read at once, and their bytes.
const PAGE: usize = 32;
const PAGE_BYTES: usize = 8 << 20;

/// Whether a target answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The target.
    pub target: String,
    /// Whether connections stand.
    pub reachable: bool,
    /// Since when.
    pub since: Timestamp,
    /// What to look at, when it is down.
    pub sentence: Option<String>,
}

/// What a line knows beside what is stored.
#[derive(Debug)]
struct Line {
    health: Mutex<HashMap<String, Health>>,
    circle: Mutex<Circle>,
    /// How often it has paused itself for a circle since somebody looked.
    pauses: AtomicU32,
    /// What the bin held when there was nothing to do; `None` to look again.
    looked_at: Mutex<Option<(u64, u64, Option<Timestamp>)>>,
    /// The generation of the settings for which nothing waits for a target that is none any more.
    sorted_at: AtomicU64,
    /// The lanes that run, by their targets; each is woken when there may be something to send.
    lanes: Mutex<HashMap<String, Arc<Notify>>>,
}

impl Line {
    fn new() -> Self {
        Self {
            health: Mutex::default(),
            circle: Mutex::default(),
            pauses: AtomicU32::new(0),
            looked_at: Mutex::default(),
            sorted_at: AtomicU64::new(u64::MAX),
            lanes: Mutex::default(),
        }
    }

    /// Lets every lane look for something to send.
    fn wake(&self) {
        self.lanes.lock().values().for_each(|lane| lane.notify_one());
    }

    /// How long to pause for a circle: the longer, the oftener it has come back.
    fn pause(&self) -> Duration {
        PAUSE.saturating_mul(2_u32.saturating_pow(self.pauses.load(Ordering::Relaxed))).min(MAX_PAUSE)
    }

    /// Counts circles anew.
    fn forget_circle(&self) {
        self.circle.lock().clear();
    }

    /// Notes a request that is to be sent on; true when it goes in a circle.
    fn closes_circle(&self, request: &CapturedRequest) -> bool {
        self.circle.lock().closes(&request.head, &request.body, request.summary.received_at)
    }

    fn is_down(&self, target: &str) -> bool {
        self.health.lock().get(target).is_some_and(|health| !health.reachable)
    }

    /// Notes that a target answers or not; the time is that of the change.
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

/// The lines that run.
#[derive(Debug, Default)]
pub(super) struct Lines(Mutex<HashMap<BinId, Arc<Line>>>);

impl Lines {
    fn find(&self, bin: BinId) -> Option<Arc<Line>> {
        self.0.lock().get(&bin).cloned()
    }
}

impl Deliver {
    /// Runs a line for every bin that forwards, until it is stopped.
    pub fn start_forwarding(&self) {
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
                    // Its settings may have changed: look again.
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

    /// Takes away a line that is over; false when it goes on.
    fn ends(&self, id: BinId, line: &Line) -> bool {
        let mut lines = self.0.lines.0.lock();
        // Set again meanwhile: whoever looked for the line has found this one.
        let over = self.0.store.bin(id.as_str()).is_none_or(|bin| bin.bin.settings.forward.is_none());
        // A lane may be in the middle of a delivery. Were the line gone, another could start a second lane to the same
        // target, which would send the same again.
        let ends = over && line.lanes.lock().is_empty();
        if ends {
            lines.remove(&id);
        }
        ends
    }

    /// The health of a bin's targets, as far as something was sent to them.
    pub fn health(&self, bin: BinId, forward: &ForwardSettings) -> Vec<Health> {
        let Some(line) = self.0.lines.find(bin) else { return Vec::new() };
        let health = line.health.lock();
        let mut known: Vec<Health> = forward.targets().filter_map(|target| health.get(target).cloned()).collect();
        known.sort_by(|one, other| one.target.cmp(&other.target));
        known.dedup();
        known
    }

    /// Lets a bin forward by `after`, which `update` stores. What came while nothing was sent is passed over; a catch-up takes
    /// it back.
    pub async fn set_forward(
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

    /// Somebody has looked at the forward: circles are counted anew, and everything is looked at again.
    pub fn forward_was_set(&self, bin: BinId) {
        self.start_lines();
        if let Some(line) = self.0.lines.find(bin) {
            line.forget_circle();
            line.pauses.store(0, Ordering::Relaxed);
            *line.looked_at.lock() = None;
            line.wake();
        }
    }
}
