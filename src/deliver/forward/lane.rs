//! One target of a bin's forward: sends the requests that wait for it, in order. A target that is slow or down delays
//! no other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::sync::Notify;

use super::asked::{Has, MOMENT};
use super::line::{TICK, TROUBLE};
use super::verdict::{Verdict, before, is_over, lane_of, plan, targets, verdict};
use super::{Line, PAGE, PAGE_BYTES};
use crate::deliver::Deliver;
use crate::deliver::draft::draft;
use crate::deliver::engine::TargetUrl;
use crate::deliver::plan::SendError;
use crate::model::{Bin, BinId, CapturedRequest, ForwardAnswer, ForwardSettings, Forwarded, Why};
use crate::store::{RequestRef, StoreError, Thing};

/// How often a target that is down is probed by a bare connection.
const PROBE: Duration = Duration::from_secs(1);
/// The longest pause before a retry.
const MAX_BACKOFF: Duration = Duration::from_mins(1);
/// How often a lane looks for work without being woken.
const IDLE: Duration = Duration::from_secs(1);

/// The result for a request in its lane.
enum Sent {
    /// It is done at this target.
    Over(Forwarded),
    /// It now waits for other targets.
    Elsewhere,
    /// Not sent: the target is down, or the forward was changed or paused.
    LookAgain,
}

impl Deliver {
    /// Runs a lane for every target that has none.
    pub(super) fn start_lanes(&self, id: BinId, forward: &ForwardSettings, line: &Arc<Line>) {
        for target in forward.targets() {
            let wake = Arc::new(Notify::new());
            {
                let mut lanes = line.lanes.lock();
                if lanes.contains_key(target) {
                    continue;
                }
                lanes.insert(target.clone(), Arc::clone(&wake));
            }
            let (deliver, line, target) = (self.clone(), Arc::clone(line), target.clone());
            self.spawn(async move {
                loop {
                    deliver.run_lane(id, &line, &target, &wake).await;
                    let mut lanes = line.lanes.lock();
                    // The target was set again meanwhile: keep this lane, since the search for one has found it.
                    if !deliver.goes_to(id, &target) {
                        lanes.remove(&target);
                        return;
                    }
                }
            });
        }
    }

    fn goes_to(&self, id: BinId, target: &str) -> bool {
        let bin = self.0.store.bin(id.as_str());
        bin.is_some_and(|bin| bin.bin.settings.forward_targets().any(|known| known == target))
    }

    async fn run_lane(&self, id: BinId, line: &Line, target: &str, wake: &Notify) {
        loop {
            let Some(bin) = self.0.store.bin(id.as_str()) else { return };
            let Some(forward) = &bin.bin.settings.forward else { return };
            if !forward.targets().any(|known| known == target) {
                return;
            }
            let stepped =
                if forward.paused { Ok(false) } else { self.lane_step(&bin.bin, forward, line, target).await };
            match stepped {
                Ok(true) => {}
                Ok(false) => {
                    let _ = tokio::time::timeout(IDLE, wake.notified()).await;
                }
                Err(StoreError::NotFound(Thing::Bin)) => return,
                Err(error) => {
                    tracing::warn!(%error, bin = %id, "forwarding waits for the store");
                    tokio::time::sleep(TROUBLE).await;
                }
            }
        }
    }

    /// Sends the next requests; false when none waits.
    async fn lane_step(
        &self,
        bin: &Bin,
        forward: &ForwardSettings,
        line: &Line,
        target: &str,
    ) -> Result<bool, StoreError> {
        let (store, id, lane) = (&self.0.store, bin.id, lane_of(target));
        // All lanes of a bin together hold at most a page's bytes, or one request each.
        let max_bytes = PAGE_BYTES / forward.targets().count().max(1);
        let page = store.lane_page(id, lane, PAGE, max_bytes).await?;
        if page.is_empty() {
            return Ok(false);
        }
        for chunk in page.chunks(forward.parallel.max(1)) {
            let sent =
                join_all(chunk.iter().map(|request| self.forward_one(bin, forward, line, request, target))).await;
            let (mut failed, mut look_again) = (None, false);
            for (request, sent) in chunk.iter().zip(sent) {
                match sent {
                    // Noted even if an earlier request is not done, so that this one is not sent again.
                    Ok(Sent::Over(end)) => store.lane_over(id, request.summary.seq, lane, end).await?,
                    Ok(Sent::Elsewhere) => {}
                    Ok(Sent::LookAgain) => look_again = true,
                    Err(error) => failed = Some(error),
                }
            }
            if let Some(error) = failed {
                return Err(error);
            }
            if look_again {
                break;
            }
        }
        if line.is_down(target) {
            // This may take long: free the page meanwhile.
            drop(page);
            self.wait_until_up(id, forward, line, target).await;
        }
        Ok(true)
    }

    async fn wait_until_up(&self, bin: BinId, forward: &ForwardSettings, line: &Line, target: &str) {
        // Checked when it was set.
        let Ok(url) = TargetUrl::parse(target) else { return };
        while line.is_down(target) && !self.has_changed(bin, forward) {
            if self.0.engine.reaches(&url).await {
                line.note(target, None, self.0.clock.now());
            } else {
                tokio::time::sleep(PROBE).await;
            }
        }
    }

    /// Forwards one request to one of its targets, unless that is no longer due.
    async fn forward_one(
        &self,
        bin: &Bin,
        forward: &ForwardSettings,
        line: &Line,
        request: &CapturedRequest,
        target: &str,
    ) -> Result<Sent, StoreError> {
        let all = targets(bin, forward, request).unwrap_or_default();
        if !all.iter().any(|known| known == target) {
            // The forward was changed while it waited.
            let routed = self.routed(bin, forward, request).await?;
            self.0.store.route_again(bin.id, request.summary.seq, routed).await?;
            line.wake();
            return Ok(Sent::Elsewhere);
        }
        let mut before = before(request);
        if forward.answer == ForwardAnswer::Target && before.is_none() {
            before = self.wait_for_answer(bin.id, request).await?;
        }
        if let Some(before) = before.filter(|_| is_over(before, forward)) {
            return Ok(Sent::Over(before));
        }
        if self.has_changed(bin.id, forward) {
            return Ok(Sent::LookAgain);
        }
        // A retried request was already counted.
        if before.is_none() && line.closes_loop(request) {
            self.pause_for_loop(bin.id, line).await?;
            return Ok(Sent::LookAgain);
        }
        let had = self.had_it(bin.id, request, all, before.is_some()).await?;
        if had.iter().any(|known| *known == target) {
            return Ok(Sent::Over(Forwarded::Delivered));
        }
        self.forward_to(bin, forward, line, request, target).await
    }

    /// The outcome of the delivery that the sender waits for; `None` if there is none.
    async fn wait_for_answer(&self, bin: BinId, request: &CapturedRequest) -> Result<Option<Forwarded>, StoreError> {
        let id = request.summary.id;
        let begun = Instant::now();
        loop {
            match self.0.asked.has(bin, id) {
                Has::This => {}
                Has::Perhaps if begun.elapsed() < MOMENT => {}
                Has::Perhaps | Has::Not => break,
            }
            tokio::time::sleep(TICK).await;
        }
        match self.0.store.request(bin, RequestRef::Id(id)).await {
            Ok(request) => Ok(before(&request)),
            // Deleted: nothing to send.
            Err(StoreError::NotFound(Thing::Request)) => Ok(Some(Forwarded::Failed)),
            Err(error) => Err(error),
        }
    }

    /// Sends to the target until it succeeds or the retries are used up.
    async fn forward_to(
        &self,
        bin: &Bin,
        forward: &ForwardSettings,
        line: &Line,
        request: &CapturedRequest,
        target: &str,
    ) -> Result<Sent, StoreError> {
        // Checked when it was set.
        let Ok(url) = TargetUrl::parse(target) else { return Ok(Sent::Over(Forwarded::Failed)) };
        let plan = plan(forward, url);
        let mut tries = 0;
        loop {
            if line.is_down(target) {
                return Ok(Sent::LookAgain);
            }
            let draft = match draft(&self.catalogue(), bin, request, &plan, self.0.clock.now()) {
                Ok(draft) => draft,
                Err(SendError::Unfit(_)) => return Ok(Sent::Over(Forwarded::SkippedUnfit)),
                Err(_) => return Ok(Sent::Over(Forwarded::Failed)),
            };
            let delivered = self.0.engine.deliver(&draft.parcel).await;
            let verdict = verdict(&delivered);
            let down = (verdict == Verdict::Down).then(|| delivered.sentence.clone());
            line.note(target, down.as_deref(), self.0.clock.now());
            match self.0.store.attempt(bin.id, request.summary.id, Why::Forward, delivered).await {
                // Deleted or evicted meanwhile, but it was sent.
                Ok(_) | Err(StoreError::NotFound(Thing::Request)) => {}
                Err(error) => return Err(error),
            }
            match verdict {
                Verdict::Over(end) => return Ok(Sent::Over(end)),
                Verdict::Down => return Ok(Sent::LookAgain),
                Verdict::Again(end) if tries == forward.retries.count => return Ok(Sent::Over(end)),
                Verdict::Again(_) => {
                    let backoff =
                        Duration::from_millis(forward.retries.backoff_ms) * 2_u32.saturating_pow(tries.min(10));
                    tries += 1;
                    if !self.rest(bin.id, forward, backoff.min(MAX_BACKOFF)).await {
                        return Ok(Sent::LookAgain);
                    }
                }
            }
        }
    }

    /// Waits this long; false when the forward was changed meanwhile.
    async fn rest(&self, bin: BinId, forward: &ForwardSettings, time: Duration) -> bool {
        let end = Instant::now() + time;
        while Instant::now() < end {
            if self.has_changed(bin, forward) {
                return false;
            }
            tokio::time::sleep(PROBE.min(end.saturating_duration_since(Instant::now()))).await;
        }
        true
    }

    fn has_changed(&self, bin: BinId, forward: &ForwardSettings) -> bool {
        self.0.store.bin(bin.as_str()).is_none_or(|now| now.bin.settings.forward.as_ref() != Some(forward))
    }
}
