//! One bin's line.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::Line;
use super::asked::{Has, MOMENT};
use super::route::route;
use crate::deliver::Deliver;
use crate::deliver::draft::draft;
use crate::deliver::engine::{TargetUrl, path_and_query};
use crate::deliver::plan::{Edit, Plan, SendError};
use crate::model::{
    Bin, BinId, CapturedRequest, Delivered, ForwardAnswer, ForwardSettings, Forwarded, MAX_HOPS, Origin, Outcome,
    SignatureMode, SignatureStatus, Timestamp, Why, filter::Filter,
};
use crate::store::{AttemptDepth, RequestRef, StoreError, Thing};

/// How soon a line notices that something was committed. Lines that forward nothing cost a look at one number.
const TICK: Duration = Duration::from_millis(20);
/// A target that is down is tried this often, by a connection only.
const PROBE: Duration = Duration::from_secs(1);
/// The longest pause before a retry.
const MAX_BACKOFF: Duration = Duration::from_mins(1);
/// A store that does not work is asked again after this.
const TROUBLE: Duration = Duration::from_secs(1);
/// Requests that are read at once, and their bytes.
const PAGE: usize = 32;
const PAGE_BYTES: usize = 8 << 20;

/// What a delivery means for the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Over(Forwarded),
    /// Nothing was delivered, and no retry is used up.
    Down,
    /// Worth another try; this is what it comes to when there is none left.
    Again(Forwarded),
}

fn verdict(delivered: &Delivered) -> Verdict {
    match (delivered.outcome, delivered.status()) {
        (Outcome::Answered, Some(429 | 500..)) => Verdict::Again(Forwarded::NotAccepted),
        (Outcome::Answered, _) if delivered.last().is_delivered() => Verdict::Over(Forwarded::Delivered),
        (Outcome::Answered, _) => Verdict::Over(Forwarded::NotAccepted),
        (Outcome::Dns | Outcome::Connect, _) => Verdict::Down,
        (Outcome::Timeout | Outcome::Reset | Outcome::Cut, _) => Verdict::Again(Forwarded::Failed),
        (Outcome::RefusedTarget | Outcome::Tls | Outcome::Malformed, _) => Verdict::Over(Forwarded::Failed),
    }
}

/// The worse of what two targets came to.
pub(super) fn worse(one: Forwarded, other: Forwarded) -> Forwarded {
    let rank = |end| match end {
        Forwarded::Delivered => 0,
        Forwarded::NotAccepted => 1,
        Forwarded::Failed => 2,
        // Of these a request has one for all targets, but for what a target's path makes unfit.
        Forwarded::SkippedFiltered
        | Forwarded::SkippedNoRoute
        | Forwarded::SkippedUnfit
        | Forwarded::SkippedLoop
        | Forwarded::SkippedImported
        | Forwarded::SkippedComposed
        | Forwarded::SkippedSignature => 3,
    };
    if rank(other) > rank(one) { other } else { one }
}

/// What a delivery comes to when it is not made again.
pub(super) fn end_of(delivered: &Delivered) -> Forwarded {
    match verdict(delivered) {
        Verdict::Over(end) | Verdict::Again(end) => end,
        Verdict::Down => Forwarded::Failed,
    }
}

/// How requests of a bin are sent on.
pub(super) fn plan(forward: &ForwardSettings, target: TargetUrl) -> Plan {
    Plan {
        target,
        exact: false,
        keep_host: forward.keep_host,
        edit: Edit::default(),
        resign: None,
        timeout: Duration::from_millis(forward.timeout_ms),
        as_is: false,
        why: Why::Forward,
        origin: Origin::Forwarded,
    }
}

/// Where a request goes: the targets, or why it is skipped.
pub(super) fn targets<'f>(
    bin: &Bin,
    forward: &'f ForwardSettings,
    request: &CapturedRequest,
) -> Result<&'f [String], Forwarded> {
    if request.summary.hops >= MAX_HOPS {
        return Err(Forwarded::SkippedLoop);
    }
    match request.summary.origin {
        Origin::Imported => return Err(Forwarded::SkippedImported),
        Origin::Composed => return Err(Forwarded::SkippedComposed),
        Origin::Wire | Origin::Simulated | Origin::Replayed | Origin::Forwarded => {}
    }
    // Its sender got 401: what strangers send does not get past it to the target.
    let enforced = bin.settings.signature_mode == SignatureMode::Enforce;
    if enforced && request.summary.derived.verdict.status != SignatureStatus::Valid {
        return Err(Forwarded::SkippedSignature);
    }
    // It was checked when it was set.
    let filter = forward.filter.as_deref().map(Filter::parse);
    if filter.is_some_and(|filter| filter.is_ok_and(|filter| !filter.matches(request))) {
        return Err(Forwarded::SkippedFiltered);
    }
    let route = route(&forward.routes, &request.summary, &request.head).ok_or(Forwarded::SkippedNoRoute)?;
    Ok(&route.to)
}

impl Deliver {
    pub(super) async fn run_line(&self, id: BinId, line: &Arc<Line>) {
        loop {
            let Some(bin) = self.0.store.bin(id.as_str()) else { return };
            let Some(forward) = &bin.bin.settings.forward else { return };
            if forward.paused && line.resumes(self.0.clock.now()) {
                self.resume_after_circle(id, line).await;
                continue;
            }
            if forward.paused || *line.looked_at.lock() == Some(self.state_of(id)) {
                tokio::time::sleep(TICK).await;
                continue;
            }
            match self.step(&bin.bin, forward, line).await {
                Ok(true) => {}
                Ok(false) => tokio::time::sleep(TICK).await,
                Err(StoreError::Closed | StoreError::NotFound(Thing::Bin)) => return,
                Err(error) => {
                    tracing::warn!(%error, bin = %id, "forwarding waits for the store");
                    tokio::time::sleep(TROUBLE).await;
                }
            }
        }
    }

    /// Takes the next requests; false when there is none.
    async fn step(&self, bin: &Bin, forward: &ForwardSettings, line: &Line) -> Result<bool, StoreError> {
        let (store, id) = (&self.0.store, bin.id);
        // Before the look: what is committed after it changes the number.
        let state = self.state_of(id);
        let Some(cursor) = store.forward_cursor(id).await? else {
            // Set without a cursor (an import of settings): what comes from now on.
            store.forward_from(id, store.head_seq(), false).await?;
            return Ok(false);
        };
        let page = store.requests_after(id, cursor.through, &Filter::default(), PAGE, PAGE_BYTES).await?;
        if page.is_empty() {
            *line.looked_at.lock() = Some(state);
            return Ok(false);
        }
        let mut through = cursor.through;
        for chunk in page.chunks(forward.parallel.max(1)) {
            let sent = join_all(chunk.iter().map(|request| self.forward_one(bin, forward, line, request))).await;
            let (mut failed, mut gap) = (None, false);
            for (request, sent) in chunk.iter().zip(sent) {
                let seq = request.summary.seq;
                match sent {
                    // What is over behind a gap is noted all the same, so that it is not sent again.
                    Ok(Some(what)) if gap => {
                        store.forwarded(id, seq, what, None).await?;
                    }
                    Ok(Some(what)) => {
                        // Whoever has moved the cursor meanwhile has the last word: what is to be sent is read anew.
                        gap = !store.forwarded(id, seq, what, Some(through)).await?;
                        through = seq;
                    }
                    // The forward was changed meanwhile: what is left is looked at again with the new settings.
                    Ok(None) => gap = true,
                    Err(error) => {
                        gap = true;
                        failed.get_or_insert(error);
                    }
                }
            }
            match failed {
                Some(error) => return Err(error),
                None if gap => return Ok(true),
                None => {}
            }
        }
        Ok(true)
    }

    /// What changes with every request of the bin that comes or goes.
    fn state_of(&self, bin: BinId) -> (u64, u64, Option<Timestamp>) {
        let counts = self.0.store.counts(bin);
        (counts.requests, counts.evicted, self.0.store.last_request_at(bin))
    }

    /// Sends one request on; `None` when the forward was changed before it was over.
    async fn forward_one(
        &self,
        bin: &Bin,
        forward: &ForwardSettings,
        line: &Line,
        request: &CapturedRequest,
    ) -> Result<Option<Forwarded>, StoreError> {
        let mut before = request.summary.forwarded;
        let targets = match targets(bin, forward, request) {
            Ok(targets) => targets,
            Err(_) if before.is_some() => return Ok(before),
            Err(skipped) => return Ok(Some(skipped)),
        };
        if forward.answer == ForwardAnswer::Target && before.is_none() {
            before = self.wait_for_answer(bin.id, request).await?;
        }
        let over = match (before, forward.answer) {
            // In the second case its sender has the target's answer.
            (Some(Forwarded::Delivered), _) | (Some(Forwarded::NotAccepted), ForwardAnswer::Target) => true,
            // Its sender has none; more tries are made only where they are wanted.
            (Some(Forwarded::Failed), ForwardAnswer::Target) => forward.retries.count == 0,
            // New, or told to catch up.
            _ => false,
        };
        if over {
            return Ok(before);
        }
        // One that was tried before has been counted.
        if before.is_none() && line.closes_circle(request) {
            self.pause_circle(bin.id, line).await?;
            return Ok(None);
        }
        let had = self.had_it(bin.id, request, targets, before.is_some()).await?;
        let mut worst = Forwarded::Delivered;
        for target in targets.iter().filter(|target| !had.contains(target)) {
            match self.forward_to(bin, forward, line, request, target).await? {
                None => return Ok(None),
                Some(end) => worst = worse(worst, end),
            }
        }
        Ok(Some(worst))
    }

    /// Of several targets, those that have accepted the request before: they get it once.
    async fn had_it<'t>(
        &self,
        bin: BinId,
        request: &CapturedRequest,
        targets: &'t [String],
        tried: bool,
    ) -> Result<Vec<&'t String>, StoreError> {
        if targets.len() < 2 || !(tried || request.summary.last_attempt.is_some()) {
            return Ok(Vec::new());
        }
        let attempts = self.0.store.attempts(bin, request.summary.id, AttemptDepth::FACTS).await?;
        let accepted = |target: &&String| {
            let Ok(url) = TargetUrl::parse(target) else { return false };
            let path = path_and_query(&request.head, &url, false);
            let sent_to = url.with_path(&path);
            let mut forwards = attempts.iter().filter(|attempt| attempt.why == Why::Forward);
            forwards.any(|attempt| attempt.delivered.target == sent_to && attempt.delivered.last().is_delivered())
        };
        Ok(targets.iter().filter(accepted).collect())
    }

    /// What the delivery that the sender waits for came to; `None` when there was none.
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
            Ok(request) => Ok(request.summary.forwarded),
            // Deleted: there is nothing to send.
            Err(StoreError::NotFound(Thing::Request)) => Ok(Some(Forwarded::Failed)),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn pause_circle(&self, bin: BinId, line: &Line) -> Result<(), StoreError> {
        tracing::warn!(%bin, "forwarding is paused: the same request goes in a circle");
        line.pause(self.0.clock.now());
        self.set_paused(bin, true).await
    }

    /// Goes on after a pause that a circle has made; what came meanwhile is sent.
    async fn resume_after_circle(&self, bin: BinId, line: &Line) {
        line.resume();
        if let Err(error) = self.set_paused(bin, false).await {
            tracing::warn!(%error, %bin, "a forward that was paused for a circle does not go on");
            tokio::time::sleep(TROUBLE).await;
        }
    }

    async fn set_paused(&self, bin: BinId, paused: bool) -> Result<(), StoreError> {
        let set = move |settings: &mut crate::model::BinSettings| {
            if let Some(forward) = &mut settings.forward {
                forward.paused = paused;
            }
        };
        self.0.store.update_bin(bin, set).await.map(drop)
    }

    /// Sends to one target until it is over.
    async fn forward_to(
        &self,
        bin: &Bin,
        forward: &ForwardSettings,
        line: &Line,
        request: &CapturedRequest,
        target: &str,
    ) -> Result<Option<Forwarded>, StoreError> {
        // Checked when it was set.
        let Ok(url) = TargetUrl::parse(target) else { return Ok(Some(Forwarded::Failed)) };
        let plan = plan(forward, url);
        let mut tries = 0;
        loop {
            while line.is_down(target) {
                if self.has_changed(bin.id, forward) {
                    return Ok(None);
                }
                if self.0.engine.reaches(&plan.target).await {
                    line.note(target, None, self.0.clock.now());
                } else {
                    tokio::time::sleep(PROBE).await;
                }
            }
            let draft = match draft(&self.0.catalogue, bin, request, &plan, self.0.clock.now()) {
                Ok(draft) => draft,
                Err(SendError::Unfit(_)) => return Ok(Some(Forwarded::SkippedUnfit)),
                Err(_) => return Ok(Some(Forwarded::Failed)),
            };
            let delivered = self.0.engine.deliver(&draft.parcel).await;
            let verdict = verdict(&delivered);
            let down = (verdict == Verdict::Down).then(|| delivered.sentence.clone());
            line.note(target, down.as_deref(), self.0.clock.now());
            match self.0.store.attempt(bin.id, request.summary.id, Why::Forward, delivered).await {
                // Deleted or evicted meanwhile: it was sent all the same.
                Ok(_) | Err(StoreError::NotFound(Thing::Request)) => {}
                Err(error) => return Err(error),
            }
            match verdict {
                Verdict::Over(end) => return Ok(Some(end)),
                Verdict::Down => {}
                Verdict::Again(end) if tries == forward.retries.count => return Ok(Some(end)),
                Verdict::Again(_) => {
                    let backoff =
                        Duration::from_millis(forward.retries.backoff_ms) * 2_u32.saturating_pow(tries.min(10));
                    tries += 1;
                    if !self.rest(bin.id, forward, backoff.min(MAX_BACKOFF)).await {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Waits that long; false when the forward was changed meanwhile.
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
