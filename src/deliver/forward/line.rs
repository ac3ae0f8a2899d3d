//! One bin's line: decides which request waits for which target, and wakes the lanes, which send it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::oneshot;

use super::verdict::{before, is_over, lane_of, targets};
use super::{Line, PAGE, PAGE_BYTES};
use crate::deliver::Deliver;
use crate::deliver::engine::{TargetUrl, path_and_query};
use crate::model::{
    Bin, BinId, BinSettings, CapturedRequest, ForwardSettings, Forwarded, Routed, Timestamp, Why, filter::Filter,
};
use crate::store::{AttemptDepth, StoreError, Thing};

/// How soon a line notices a commit. Idle lines only compare one number.
pub(super) const TICK: Duration = Duration::from_millis(20);
/// The pause after a failure of the store.
pub(super) const TROUBLE: Duration = Duration::from_secs(1);

impl Deliver {
    pub(super) async fn run_line(&self, id: BinId, line: &Arc<Line>) {
        loop {
            let generation = self.0.store.bins_generation();
            let Some(bin) = self.0.store.bin(id.as_str()) else { return };
            let Some(forward) = &bin.bin.settings.forward else { return };
            if forward.paused_until.is_some_and(|at| at <= self.0.clock.now()) {
                self.resume_after_loop(id, line).await;
                continue;
            }
            if forward.paused || *line.looked_at.lock() == Some(self.state_of(id)) {
                tokio::time::sleep(TICK).await;
                continue;
            }
            match self.step(&bin.bin, forward, line, generation).await {
                Ok(true) => line.wake(),
                Ok(false) => tokio::time::sleep(TICK).await,
                Err(StoreError::Closed | StoreError::NotFound(Thing::Bin)) => return,
                Err(error) => {
                    tracing::warn!(%error, bin = %id, "forwarding waits for the store");
                    tokio::time::sleep(TROUBLE).await;
                }
            }
        }
    }

    /// Routes the next requests; false when there is none. `generation` is that of the settings.
    async fn step(
        &self,
        bin: &Bin,
        forward: &ForwardSettings,
        line: &Arc<Line>,
        generation: u64,
    ) -> Result<bool, StoreError> {
        let (store, id) = (&self.0.store, bin.id);
        // Read first: any later commit changes this state.
        let state = self.state_of(id);
        self.start_lanes(id, forward, line);
        if line.sorted_at.load(Ordering::Relaxed) != generation {
            let lanes = forward.targets().map(|target| lane_of(target)).collect();
            let strays = store.strays(id, lanes, PAGE, PAGE_BYTES).await?;
            for request in &strays {
                let routed = self.routed(bin, forward, request).await?;
                store.route_again(id, request.summary.seq, routed).await?;
            }
            if !strays.is_empty() {
                return Ok(true);
            }
            line.sorted_at.store(generation, Ordering::Relaxed);
        }
        let Some(cursor) = store.forward_cursor(id).await? else {
            // Set without a cursor (by an import of settings): forwards from now on.
            store.forward_from(id, store.head_seq(), true).await?;
            return Ok(false);
        };
        let page = store.requests_after(id, cursor.through, &Filter::default(), PAGE, PAGE_BYTES).await?;
        if page.is_empty() {
            *line.looked_at.lock() = Some(state);
            return Ok(false);
        }
        let mut routed = Vec::with_capacity(page.len());
        for request in &page {
            routed.push((request.summary.seq, self.routed(bin, forward, request).await?));
        }
        // Does nothing if the cursor was moved meanwhile; the next step reads it again.
        store.route(id, cursor.through, routed).await?;
        Ok(true)
    }

    /// The lanes of the targets that a request still has to go to, or its outcome if there are none.
    pub(super) async fn routed(
        &self,
        bin: &Bin,
        forward: &ForwardSettings,
        request: &CapturedRequest,
    ) -> Result<Routed, StoreError> {
        let before = before(request);
        let targets = match targets(bin, forward, request) {
            Ok(targets) => targets,
            Err(skipped) => return Ok(Routed::Over(before.unwrap_or(skipped))),
        };
        if let Some(before) = before.filter(|_| is_over(before, forward)) {
            return Ok(Routed::Over(before));
        }
        let had = self.had_it(bin.id, request, targets, before.is_some()).await?;
        let left: Vec<_> = targets.iter().filter(|target| !had.contains(target)).map(|to| lane_of(to)).collect();
        Ok(if left.is_empty() { Routed::Over(Forwarded::Delivered) } else { Routed::To(left) })
    }

    /// With several targets, those that have already accepted the request: each gets it once.
    pub(super) async fn had_it<'t>(
        &self,
        bin: BinId,
        request: &CapturedRequest,
        targets: &'t [String],
        tried: bool,
    ) -> Result<Vec<&'t String>, StoreError> {
        if targets.len() < 2 || !(tried || request.summary.last_attempt.is_some()) {
            return Ok(Vec::new());
        }
        let attempts = match self.0.store.attempts(bin, request.summary.id, AttemptDepth::FACTS).await {
            Ok(attempts) => attempts,
            // Deleted meanwhile.
            Err(StoreError::NotFound(Thing::Request)) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let accepted = |target: &&String| {
            let Ok(url) = TargetUrl::parse(target) else { return false };
            let path = path_and_query(&request.head, &url, false);
            let sent_to = url.with_path(&path);
            let mut forwards = attempts.iter().filter(|attempt| attempt.why == Why::Forward);
            forwards.any(|attempt| attempt.delivered.target == sent_to && attempt.delivered.last().is_delivered())
        };
        Ok(targets.iter().filter(accepted).collect())
    }

    /// A state that changes with every request added to or removed from the bin.
    fn state_of(&self, bin: BinId) -> (u64, u64, Option<Timestamp>) {
        let counts = self.0.store.counts(bin);
        (counts.requests, counts.evicted, self.0.store.last_request_at(bin))
    }

    /// Pauses the forward because of a loop, once for several requests that reveal it together.
    pub(super) async fn pause_for_loop(&self, bin: BinId, line: &Line) -> Result<(), StoreError> {
        let until = self.0.clock.now().plus(line.pause());
        let (tell, told) = oneshot::channel();
        let pause = move |settings: &mut BinSettings| {
            if let Some(forward) = settings.forward.as_mut().filter(|forward| !forward.paused) {
                (forward.paused, forward.paused_until) = (true, Some(until));
                let _ = tell.send(());
            }
        };
        self.0.store.update_bin(bin, pause).await?;
        if told.await.is_ok() {
            line.pauses.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(%bin, %until, "forwarding is paused: a request is in a delivery loop");
        }
        Ok(())
    }

    /// Resumes after a pause because of a loop; sends what arrived meanwhile.
    async fn resume_after_loop(&self, bin: BinId, line: &Line) {
        line.forget_loop();
        let resume = |settings: &mut BinSettings| {
            // Unless it was paused by hand meanwhile.
            if let Some(forward) = settings.forward.as_mut().filter(|forward| forward.paused_until.is_some()) {
                forward.set_paused(false);
            }
        };
        if let Err(error) = self.0.store.update_bin(bin, resume).await {
            tracing::warn!(%error, %bin, "a forward that was paused for a delivery loop does not resume");
            tokio::time::sleep(TROUBLE).await;
        }
    }
}
