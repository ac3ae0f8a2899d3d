//! Reverifies a whole bin in the background after a secret, a scheme or a provider has changed. The store announces
//! each change, so the code that makes it need not ask for this.

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

/// Requests per step: enough to be quick, few enough that captures get in between two writes.
const PAGE: usize = 500;
/// Bytes per step.
const PAGE_BYTES: usize = 8 << 20;

/// Concurrent steps over all bins.
static STEPS: Semaphore = Semaphore::const_new(2);

/// If more requests than this arrive during a step, the server is busy.
const BUSY: u64 = 50;
/// On a busy server, reverifying pauses for this many times the step's duration: senders wait, this work can.
const REST: u32 = 9;

/// The newest run of each bin; older runs stop.
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
    pub(crate) async fn reverify_after_changes(self, mut updates: UnboundedReceiver<BinUpdate>) {
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
    /// Ends early when the bin is deleted or a newer run starts.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    async fn reverify(&self, bin: BinId) -> Result<(), StoreError> {
        let run = self.0.runs.begin(bin);
        let store = &self.0.store;
        let Some(state) = store.bin(bin.as_str()) else { return Ok(()) };
        let judge = Arc::new(Judge::new(&state.bin, &self.0.options));
        let total = store.counts(bin).requests;
        // Later requests are judged with the new settings on arrival.
        let end = store.head_seq();
        let (mut after, mut done) = (0, 0);
        while self.0.runs.is_newest(bin, run) {
            // The semaphore is never closed; without a permit, the step would only take more memory.
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
            if is_busy(captured, store.captured()) {
                tokio::time::sleep(started.elapsed() * REST).await;
            }
        }
        if self.0.runs.is_newest(bin, run) {
            store.announce(bin, ChangeKind::Progress { done: total, total, finished: true });
        }
        Ok(())
    }
}

/// Whether more requests were stored during a step than a server that is not busy stores.
const fn is_busy(before: u64, now: u64) -> bool {
    now - before > BUSY
}

/// The facts of a stored request, if they differ from those that are stored.
pub(super) fn reverified(judge: &Judge, request: &crate::model::CapturedRequest) -> Option<Reverified> {
    let before = &request.summary.derived;
    let headers = request.head.headers();
    let mut derived = judge.judge(&request.head, &headers, &request.body, request.summary.received_at).derived;
    if request.summary.origin == Origin::Composed {
        never_arrived(&mut derived);
    }
    // Keeps what the store found among earlier requests.
    derived.event.same_before = before.event.same_before;
    if derived.event.duplicate_key == before.event.duplicate_key {
        derived.event.duplicate_of = before.event.duplicate_of;
    }
    // Keeps the handshake: with a secret learnt since, the request may no longer look like one.
    if derived.event.handshake.is_none() {
        derived.event.handshake.clone_from(&before.event.handshake);
    }
    (derived != *before).then_some(Reverified { seq: request.summary.seq, derived })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_busy_by_what_comes_during_a_step_and_not_by_what_came_before() {
        for (before, now, expected) in
            [(0, 0, false), (0, BUSY, false), (0, BUSY + 1, true), (1_000, 1_000 + BUSY, false), (60, 200, true)]
        {
            assert_eq!(is_busy(before, now), expected, "{before} {now}");
        }
    }

    #[test]
    fn an_older_run_over_a_bin_is_told_from_its_newest_and_from_those_over_others() {
        let (runs, one, other) = (Runs::default(), BinId::generate(), BinId::generate());
        let first = runs.begin(one);
        assert!(runs.is_newest(one, first) && !runs.is_newest(other, first));
        let (second, others) = (runs.begin(one), runs.begin(other));
        assert!(!runs.is_newest(one, first) && runs.is_newest(one, second) && runs.is_newest(other, others));
    }
}
