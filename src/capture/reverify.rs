//! Reverifying a whole bin in the background, after a secret, a scheme or a provider has changed. The store tells of
//! each change, so that what makes it need not remember to ask for this.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedReceiver;

use super::Capture;
use super::composed::never_arrived;
use super::judge::Judge;
use crate::model::{BinId, ChangeKind, Origin, filter::Filter};
use crate::store::{BinUpdate, Reverified, StoreError};

/// Requests of one step: large enough to be quick, small enough that captures come between two writes.
const PAGE: usize = 500;
/// Bytes of one step.
const PAGE_BYTES: usize = 8 << 20;

/// Steps of all bins that run at once.
static STEPS: Semaphore = Semaphore::const_new(2);

/// Requests that arrive during one step when the server has better things to do than to look at old ones.
const BUSY: u64 = 50;
/// Then it pauses this many times as long as the step took: senders wait for their responses, nothing waits for this.
const REST: u32 = 9;

/// Which run of a bin is the newest; older ones stop.
#[derive(Debug, Default)]
pub(super) struct Runs(Mutex<HashMap<BinId, u64>>);

impl Runs {
    fn begin(&self, bin: BinId) -> u64 {
        let mut runs = self.0.lock();
        let run = runs.entry(bin).or_default();
        *run += 1;
        *run
    }

    fn is_newest(&self, bin: BinId, run: u64) -> bool {
        self.0.lock().get(&bin) == Some(&run)
    }
}

impl Capture {
    /// Reverifies each bin whose verdicts may come out differently after a change, until the store is dropped.
    pub async fn reverify_after_changes(self, mut updates: UnboundedReceiver<BinUpdate>) {
        while let Some(BinUpdate { before, after }) = updates.recv().await {
            if !Judge::may_differ(&before.bin, &after.bin) {
                continue;
            }
            self.reverify_in_background(after.bin.id);
        }
    }

    pub(super) fn reverify_in_background(&self, bin: BinId) {
        let capture = self.clone();
        tokio::spawn(async move {
            if let Err(error) = capture.reverify(bin).await {
                tracing::warn!(%error, %bin, "the bin's requests could not be reverified");
            }
        });
    }

    /// Reverifies everything in the bin, oldest first, with the settings as they are now. Progress goes to the stream.
    /// Ends early when the bin goes or a newer run starts.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    async fn reverify(&self, bin: BinId) -> Result<(), StoreError> {
        let run = self.0.runs.begin(bin);
        let store = &self.0.store;
        let Some(state) = store.bin(bin.as_str()) else { return Ok(()) };
        let judge = Arc::new(Judge::new(&state.bin, &self.0.options));
        let total = store.counts(bin).requests;
        // What arrives from now on is judged with the new settings already.
        let end = store.head_seq();
        let (mut after, mut done) = (0, 0);
        while self.0.runs.is_newest(bin, run) {
            // Never closed; without a permit it would only take more memory.
            let step = STEPS.acquire().await.ok();
            let (started, captured) = (Instant::now(), store.captured());
            let page = store.requests_after(bin, after, &Filter::default(), PAGE, PAGE_BYTES).await?;
            let Some(last) = page.last().map(|request| request.summary.seq) else { break };
            after = last;
            done += page.len() as u64;
            let facts = {
                let judge = Arc::clone(&judge);
                let judged = tokio::task::spawn_blocking(move || {
                    page.iter().filter_map(|request| reverified(&judge, request)).collect::<Vec<_>>()
                });
                judged.await.map_err(|error| StoreError::Failed(error.to_string()))?
            };
            drop(step);
            if !facts.is_empty() {
                store.reverify(bin, facts).await?;
            }
            store.announce(bin, ChangeKind::Progress { done: done.min(total), total, finished: false });
            if after >= end {
                break;
            }
            if store.captured() - captured > BUSY {
                tokio::time::sleep(started.elapsed() * REST).await;
            }
        }
        if self.0.runs.is_newest(bin, run) {
            store.announce(bin, ChangeKind::Progress { done: total, total, finished: true });
        }
        Ok(())
    }
}

/// The facts of a stored request, if they differ from those that are stored.
fn reverified(judge: &Judge, request: &crate::model::CapturedRequest) -> Option<Reverified> {
    let before = &request.summary.derived;
    let headers = request.head.headers();
    let mut derived = judge.judge(&request.head, &headers, &request.body, request.summary.received_at).derived;
    if request.summary.origin == Origin::Composed {
        never_arrived(&mut derived);
    }
    // What the store found among its neighbours stays.
    derived.event.same_before = before.event.same_before;
    if derived.event.duplicate_key == before.event.duplicate_key {
        derived.event.duplicate_of = before.event.duplicate_of;
    }
    // A handshake is what happened then; with a secret learnt since, it may no longer look like one.
    if derived.event.handshake.is_none() {
        derived.event.handshake.clone_from(&before.event.handshake);
    }
    (derived != *before).then_some(Reverified { seq: request.summary.seq, derived })
}
