//! Forwarding: each bin that forwards has a line, which takes what was committed in its order and sends it on.
//!
//! The queue is the database: a cursor per bin says how far the line is. It moves only after a request is over, so that a
//! restart goes on where it stopped. Senders never wait for a line; the exception is a bin whose target answers them.

mod answer;
mod asked;
mod circle;
mod line;
mod route;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use super::Deliver;
use crate::model::{BinId, BinSettings, CapturedRequest, ForwardSettings, Timestamp};
use crate::store::{BinState, StoreError};
pub use answer::{TargetAnswer, passed_back};
pub(super) use asked::Asked;
use circle::Circle;
pub use route::route;

/// How often bins are looked at for forwards that were set, when any bin has changed.
const SUPERVISE: Duration = Duration::from_millis(50);
/// How long a line pauses for a circle at first; twice as long each time that it comes back.
const PAUSE: Duration = Duration::from_mins(1);
const MAX_PAUSE: Duration = Duration::from_hours(1);

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
    /// When a line that has paused itself for a circle goes on.
    resumes_at: Mutex<Option<Timestamp>>,
    /// How often it has done so since somebody looked.
    pauses: AtomicU32,
    /// What the bin held when there was nothing to do; `None` to look again.
    looked_at: Mutex<Option<(u64, u64, Option<Timestamp>)>>,
}

impl Line {
    fn new() -> Self {
        Self {
            health: Mutex::default(),
            circle: Mutex::default(),
            resumes_at: Mutex::default(),
            pauses: AtomicU32::new(0),
            looked_at: Mutex::default(),
        }
    }

    /// Pauses for a circle: the longer, the oftener it has come back.
    fn pause(&self, now: Timestamp) {
        let pauses = self.pauses.fetch_add(1, Ordering::Relaxed);
        let time = PAUSE.saturating_mul(2_u32.saturating_pow(pauses)).min(MAX_PAUSE);
        *self.resumes_at.lock() = Some(now.plus(time));
    }

    /// Whether it has paused for a circle, and that is over.
    fn resumes(&self, now: Timestamp) -> bool {
        self.resumes_at.lock().is_some_and(|at| at <= now)
    }

    fn resume(&self) {
        *self.resumes_at.lock() = None;
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
                    let mut lines = deliver.0.lines.0.lock();
                    let bin = deliver.0.store.bin(id.as_str());
                    // Set again meanwhile: whoever looked for the line has found this one.
                    if bin.is_none_or(|bin| bin.bin.settings.forward.is_none()) {
                        lines.remove(&id);
                        return;
                    }
                }
            });
        }
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

    /// Why the bin's line has paused itself, if it has.
    pub fn paused_because(&self, bin: BinId) -> Option<String> {
        let at = (*self.0.lines.find(bin)?.resumes_at.lock())?;
        Some(format!(
            "The same request came again and again within ten seconds: it goes in a circle, or its sender repeats itself. \
             Look where the target sends it. It goes on by itself at {at}."
        ))
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
        if before.is_none() || resumes {
            store.forward_from(id, store.head_seq(), resumes).await?;
        }
        let changed = store.update_bin(id, update).await?;
        self.forward_was_set(id);
        Ok(changed)
    }

    /// Somebody has looked at the forward: circles are counted anew, and everything is looked at again.
    pub fn forward_was_set(&self, bin: BinId) {
        self.start_lines();
        if let Some(line) = self.0.lines.find(bin) {
            line.resume();
            line.pauses.store(0, Ordering::Relaxed);
            *line.looked_at.lock() = None;
        }
    }
}
