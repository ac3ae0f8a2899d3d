//! Sends captured requests again: one of them several times, or all that a filter finds.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::Deliver;
use super::draft::draft;
use super::jobs::{Job, Jobs};
use super::plan::{Plan, SendError};
use super::proof;
use crate::model::{Attempt, BinId, CapturedRequest, ChangeKind, RequestId, Seq, filter::Filter};
use crate::store::{BinState, StoreError, Thing};

/// Up to this many deliveries the caller waits; more become a job.
pub(super) const WAITED_FOR: u64 = 10;
/// Most copies of one request.
pub(crate) const MAX_COUNT: u32 = 1_000;
/// Most concurrent requests of one replay.
pub(crate) const MAX_PARALLEL: usize = 16;
/// The longest pause between two deliveries.
pub(crate) const MAX_SPACING: Duration = Duration::from_mins(1);
/// Up to this total of pauses the caller waits; with more, the replay becomes a job.
pub(super) const WAITED_SPACING: Duration = Duration::from_secs(10);
/// Requests per page, and their bytes.
const PAGE: usize = 16;
const PAGE_BYTES: usize = 8 << 20;

/// The pauses between deliveries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Spacing {
    /// One right after the other.
    #[default]
    None,
    /// As they were between the captures, up to [`MAX_SPACING`].
    Recorded,
    /// This long.
    Fixed(Duration),
}

impl Spacing {
    /// The pause between two deliveries.
    pub(crate) fn pause(self, last: &CapturedRequest, next: &CapturedRequest) -> Duration {
        match self {
            Self::None => Duration::ZERO,
            Self::Recorded => next.summary.received_at.since(last.summary.received_at).min(MAX_SPACING),
            Self::Fixed(pause) => pause,
        }
    }
}

/// What is sent again.
#[derive(Debug, Clone)]
pub(crate) enum Selection {
    /// One request, several times.
    One { request: Arc<CapturedRequest>, count: u32 },
    /// All that a filter finds now, oldest first.
    Found(Filter),
}

/// A replay of one or more requests.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub selection: Selection,
    pub spacing: Spacing,
    /// Concurrent deliveries; with one, the order is kept.
    pub parallel: usize,
}

#[derive(Debug)]
pub(crate) enum Replayed {
    Now {
        /// The attempts, in the order in which they ended.
        attempts: Vec<Attempt>,
        /// What was left out, and why.
        skipped: Vec<(RequestId, String)>,
    },
    /// It continues as a job.
    Later(Arc<Job>),
}

impl Deliver {
    /// Sends requests again. Waits for a few deliveries; more become a job.
    ///
    /// # Errors
    /// When nothing is sent at all.
    pub(crate) async fn replay(&self, bin: Arc<BinState>, batch: Batch, plan: Plan) -> Result<Replayed, SendError> {
        self.check(&plan.target).await?;
        let total = self.total(&bin, &batch.selection).await?;
        let pauses = match batch.spacing {
            Spacing::None => Duration::ZERO,
            Spacing::Recorded if total == Some(1) => Duration::ZERO,
            Spacing::Recorded => Duration::MAX,
            Spacing::Fixed(pause) => pause.saturating_mul(u32::try_from(total.unwrap_or(u64::MAX)).unwrap_or(u32::MAX)),
        };
        if let Selection::One { request, .. } = &batch.selection {
            // The caller learns at once why a single request cannot be sent.
            draft(&self.catalogue(), &bin.bin, request, &plan, self.0.clock.now())?;
        }
        let waited_for = total.is_some_and(|total| total <= WAITED_FOR) && pauses <= WAITED_SPACING;
        let id = bin.bin.id;
        if !waited_for {
            let job = self.0.jobs.begin(id, total, &self.0.clock)?;
            let (deliver, running) = (self.clone(), Arc::clone(&job));
            self.spawn(async move {
                let result = deliver.run(&bin, batch, &plan, &running, false).await;
                running.end(result.err().map(|error| error.to_string()));
                deliver.tell(id, &running);
            });
            return Ok(Replayed::Later(job));
        }
        let deliver = self.clone();
        // On a separate task, so that a caller that leaves does not stop it half-way.
        let running = self.spawn(async move {
            let job = Jobs::unlisted(id, &deliver.0.clock);
            deliver.run(&bin, batch, &plan, &job, true).await
        });
        let (attempts, skipped) = running.await.map_err(|_| SendError::Store(StoreError::Closed))??;
        Ok(Replayed::Now { attempts, skipped })
    }

    /// How many requests will be sent, if known without a long search.
    async fn total(&self, bin: &BinState, selection: &Selection) -> Result<Option<u64>, SendError> {
        let Selection::Found(filter) = selection else {
            let Selection::One { count, .. } = selection else { return Ok(None) };
            return Ok(Some(u64::from(*count)));
        };
        let query = crate::store::ListQuery { filter: filter.clone(), limit: 1, ..Default::default() };
        Ok(self.0.store.list(bin.bin.id, query).await?.total)
    }

    async fn run(
        &self,
        bin: &BinState,
        batch: Batch,
        plan: &Plan,
        job: &Job,
        keep: bool,
    ) -> Result<(Vec<Attempt>, Vec<(RequestId, String)>), SendError> {
        let mut source = Source::new(batch.selection, self.0.store.head_seq());
        let (mut attempts, mut skipped) = (Vec::new(), Vec::new());
        let mut settle = |request: RequestId, result: Result<Attempt, SendError>| {
            match result {
                Ok(attempt) => {
                    job.count(&attempt.delivered);
                    if keep {
                        attempts.push(attempt);
                    }
                }
                // The bin or the store is gone: stop.
                Err(SendError::Store(error)) if error != StoreError::NotFound(Thing::Request) => {
                    return Err(SendError::from(error));
                }
                Err(error) => {
                    job.skip();
                    if keep {
                        skipped.push((request, error.to_string()));
                    }
                }
            }
            if !keep && job.is_due() {
                self.tell(bin.bin.id, job);
            }
            Ok(())
        };
        let mut running = FuturesUnordered::new();
        let mut last: Option<Arc<CapturedRequest>> = None;
        let mut over = false;
        loop {
            while !over && !job.is_stopped() && running.len() < batch.parallel {
                let mut next = pin!(source.next(&self.0.store, bin.bin.id));
                // Reading may take a while: open deliveries are polled meanwhile, or their times would be wrong.
                let next = loop {
                    tokio::select! {
                        biased;
                        next = &mut next => break next?,
                        Some((request, result)) = running.next(), if !running.is_empty() => settle(request, result)?,
                    }
                };
                let Some(next) = next else {
                    over = true;
                    break;
                };
                let pause = last.as_ref().map_or(Duration::ZERO, |last| batch.spacing.pause(last, &next));
                if !pause.is_zero() {
                    job.pause(pause).await;
                    if job.is_stopped() {
                        break;
                    }
                }
                last = Some(Arc::clone(&next));
                running.push(async move { (next.summary.id, self.send(&bin.bin, &next, plan).await) });
            }
            let Some((request, result)) = running.next().await else { break };
            settle(request, result)?;
        }
        Ok((attempts, skipped))
    }

    /// Sends one request and stores the attempt; waits while too many deliveries of replays are open.
    async fn send(
        &self,
        bin: &crate::model::Bin,
        request: &CapturedRequest,
        plan: &Plan,
    ) -> Result<Attempt, SendError> {
        // Limits the open deliveries of all replays.
        let _permit = self.0.permits.acquire().await;
        let now = self.0.clock.now();
        let draft = draft(&self.catalogue(), bin, request, plan, now)?;
        let mut delivered = self.0.engine.deliver(&draft.parcel).await;
        delivered.signature = proof::of_replay(&self.catalogue(), bin, plan, &draft.parcel, now);
        Ok(self.0.store.attempt(bin.id, request.summary.id, plan.why, delivered).await?)
    }

    pub(super) fn tell(&self, bin: BinId, job: &Job) {
        self.0.store.announce(bin, ChangeKind::Job(job.status()));
    }
}

/// Yields the requests one by one.
enum Source {
    Copies { request: Arc<CapturedRequest>, left: u32 },
    Found { filter: Filter, after: Seq, through: Seq, page: VecDeque<Arc<CapturedRequest>>, over: bool },
}

impl Source {
    /// Leaves out requests captured after `through`: a replay into its own bin would never end.
    fn new(selection: Selection, through: Seq) -> Self {
        match selection {
            Selection::One { request, count } => Self::Copies { request, left: count },
            Selection::Found(filter) => Self::Found { filter, after: 0, through, page: VecDeque::new(), over: false },
        }
    }

    async fn next(
        &mut self,
        store: &crate::store::Store,
        bin: BinId,
    ) -> Result<Option<Arc<CapturedRequest>>, StoreError> {
        match self {
            Self::Copies { left: 0, .. } => Ok(None),
            Self::Copies { request, left } => {
                *left -= 1;
                Ok(Some(Arc::clone(request)))
            }
            Self::Found { filter, after, through, page, over } => {
                if page.is_empty() && !*over {
                    let found = store.requests_after(bin, *after, filter, PAGE, PAGE_BYTES).await?;
                    *over = found.is_empty();
                    for request in found {
                        *after = request.summary.seq;
                        if request.summary.seq <= *through {
                            page.push_back(Arc::new(request));
                        } else {
                            *over = true;
                        }
                    }
                }
                Ok(page.pop_front())
            }
        }
    }
}
