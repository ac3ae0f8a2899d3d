//! Jobs: deliveries in the background. Bounded in number; their progress goes to the live stream.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::watch;

use super::plan::SendError;
use crate::model::{BinId, Clock, Delivered, JobState, JobStatus, Outcome};

/// Concurrent jobs; each may send sixteen requests at a time.
const MAX_RUNNING: usize = 8;
/// Jobs that are remembered after their end.
const MAX_REMEMBERED: usize = 64;
/// How often progress goes to the stream.
const TELL_EVERY: Duration = Duration::from_millis(200);

#[derive(Debug)]
pub(crate) struct Job {
    status: Mutex<JobStatus>,
    told: Mutex<Option<Instant>>,
    stop: watch::Sender<bool>,
    clock: Clock,
}

impl Job {
    fn new(id: u64, bin: BinId, total: Option<u64>, clock: &Clock) -> Self {
        let status = JobStatus {
            id,
            bin,
            state: JobState::Running,
            total,
            done: 0,
            delivered: 0,
            not_accepted: 0,
            failed: 0,
            skipped: 0,
            started_at: clock.now(),
            finished_at: None,
            error: None,
        };
        Self { status: Mutex::new(status), told: Mutex::new(None), stop: watch::channel(false).0, clock: clock.clone() }
    }

    /// Its present state.
    pub(crate) fn status(&self) -> JobStatus {
        self.status.lock().clone()
    }

    /// Asks it to stop; open deliveries still end normally.
    pub(crate) fn stop(&self) {
        let running = self.status.lock().state == JobState::Running;
        if running {
            self.stop.send_replace(true);
        }
    }

    /// Whether it was asked to stop.
    pub(super) fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }

    /// Waits this long, or until it is asked to stop.
    pub(super) async fn pause(&self, time: Duration) {
        let mut stop = self.stop.subscribe();
        // The result does not matter: the channel's sender is a field of this job.
        let _ = tokio::time::timeout(time, stop.wait_for(|stop| *stop)).await;
    }

    /// Counts a delivery: accepted (2xx), answered otherwise, or failed.
    pub(super) fn count(&self, delivered: &Delivered) {
        let mut status = self.status.lock();
        status.done += 1;
        match (delivered.outcome, delivered.last().is_delivered()) {
            (_, true) => status.delivered += 1,
            (Outcome::Answered, false) => status.not_accepted += 1,
            _ => status.failed += 1,
        }
    }

    /// Counts a request that was left out.
    pub(super) fn skip(&self) {
        self.status.lock().skipped += 1;
    }

    /// Notes the end: failed with an error, stopped if that was asked for, else done.
    pub(super) fn end(&self, error: Option<String>) {
        let stopped = self.is_stopped();
        let mut status = self.status.lock();
        status.state = match (&error, stopped) {
            (Some(_), _) => JobState::Failed,
            (None, true) => JobState::Stopped,
            (None, false) => JobState::Done,
        };
        status.error = error;
        status.finished_at = Some(self.clock.now());
    }

    /// Whether it is time to report progress.
    pub(super) fn is_due(&self) -> bool {
        let mut told = self.told.lock();
        let due = told.is_none_or(|told| told.elapsed() >= TELL_EVERY);
        if due {
            *told = Some(Instant::now());
        }
        due
    }
}

/// The jobs of this process, by number.
#[derive(Debug, Default)]
pub(super) struct Jobs(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    last: u64,
    jobs: BTreeMap<u64, Arc<Job>>,
}

impl Jobs {
    /// Begins a job. Fails when too many run; forgets the oldest that is over when too many are remembered.
    pub(super) fn begin(&self, bin: BinId, total: Option<u64>, clock: &Clock) -> Result<Arc<Job>, SendError> {
        let mut inner = self.0.lock();
        let is_running = |job: &Arc<Job>| job.status.lock().state == JobState::Running;
        if inner.jobs.values().filter(|job| is_running(job)).count() >= MAX_RUNNING {
            return Err(SendError::TooManyJobs(MAX_RUNNING));
        }
        while inner.jobs.len() >= MAX_REMEMBERED {
            let Some(oldest) = inner.jobs.iter().find(|(_, job)| !is_running(job)).map(|(id, _)| *id) else { break };
            inner.jobs.remove(&oldest);
        }
        inner.last += 1;
        let job = Arc::new(Job::new(inner.last, bin, total, clock));
        let id = inner.last;
        inner.jobs.insert(id, Arc::clone(&job));
        Ok(job)
    }

    /// A job that is not listed, because its caller waits for it.
    pub(super) fn unlisted(bin: BinId, clock: &Clock) -> Arc<Job> {
        Arc::new(Job::new(0, bin, None, clock))
    }

    /// The job with that number; `None` also when it is no longer remembered.
    pub(super) fn find(&self, id: u64) -> Option<Arc<Job>> {
        self.0.lock().jobs.get(&id).cloned()
    }

    /// Every remembered job, newest first.
    pub(super) fn all(&self) -> Vec<JobStatus> {
        self.0.lock().jobs.values().rev().map(|job| job.status()).collect()
    }
}
