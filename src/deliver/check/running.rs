//! Checks that the server runs: a few at a time, remembered for a while.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{CheckPlan, beginning, check};
use crate::deliver::Deliver;
use crate::deliver::plan::SendError;
use crate::model::{BinId, CheckReport};

/// Concurrent checks: each may have twenty requests open.
const MAX_RUNNING: usize = 2;
/// Checks that are remembered, running ones among them; of those that are over, the oldest goes first.
pub(crate) const MAX_REMEMBERED: usize = 16;

/// A check that the server runs, or has run.
#[derive(Debug)]
pub(crate) struct Check {
    /// Its number, valid until the server stops.
    pub id: u64,
    /// The bin whose receiver is checked; `None` for a receiver that no bin belongs to.
    pub bin: Option<BinId>,
    report: Mutex<CheckReport>,
    stopped: AtomicBool,
    /// Notified when it is over.
    over: Notify,
}

impl Check {
    /// The report so far: complete once the check is over.
    pub(crate) fn report(&self) -> CheckReport {
        self.report.lock().clone()
    }

    /// Stops it after the current case.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Waits until it is over, but no longer than this.
    pub(crate) async fn wait(&self, longest: Duration) {
        let over = async {
            loop {
                let mut told = pin!(self.over.notified());
                // Enabled before the test, so that an end between the two is not missed.
                told.as_mut().enable();
                if !self.is_running() {
                    return;
                }
                told.await;
            }
        };
        // On a time-out, the caller gets the report so far.
        let _ = tokio::time::timeout(longest, over).await;
    }

    /// Whether it is still running.
    pub(crate) fn is_running(&self) -> bool {
        self.report.lock().finished_at.is_none()
    }
}

/// The checks of this process, by number.
#[derive(Debug, Default)]
pub(crate) struct Checks(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    last: u64,
    checks: BTreeMap<u64, Arc<Check>>,
}

impl Checks {
    fn begin(&self, bin: Option<BinId>, report: CheckReport) -> Result<Arc<Check>, SendError> {
        let mut inner = self.0.lock();
        if inner.checks.values().filter(|check| check.is_running()).count() >= MAX_RUNNING {
            return Err(SendError::TooManyJobs(MAX_RUNNING));
        }
        while inner.checks.len() >= MAX_REMEMBERED {
            let oldest = inner.checks.iter().find(|(_, check)| !check.is_running()).map(|(id, _)| *id);
            let Some(oldest) = oldest else { break };
            inner.checks.remove(&oldest);
        }
        inner.last += 1;
        let check = Arc::new(Check {
            id: inner.last,
            bin,
            report: Mutex::new(report),
            stopped: AtomicBool::new(false),
            over: Notify::new(),
        });
        inner.checks.insert(check.id, Arc::clone(&check));
        Ok(check)
    }
}

impl Deliver {
    /// Begins a check, of a bin's receiver if a bin is given.
    ///
    /// # Errors
    /// When the target is not allowed, or too many run.
    pub(crate) async fn begin_check(&self, bin: Option<BinId>, plan: CheckPlan) -> Result<Arc<Check>, SendError> {
        self.check(&plan.target).await?;
        let begun = self.0.checks.begin(bin, beginning(&plan, self.0.clock.now()))?;
        let (deliver, running, plan) = (self.clone(), Arc::clone(&begun), Arc::new(plan));
        self.spawn(async move {
            let told = |report: &CheckReport| {
                *running.report.lock() = report.clone();
                !running.stopped.load(Ordering::Relaxed)
            };
            let result = check(&deliver.0.engine, &deliver.0.clock, &plan, told).await;
            {
                let mut report = running.report.lock();
                match result {
                    Ok(whole) => *report = whole,
                    Err(error) => {
                        report.error = Some(error.to_string());
                        report.finished_at = Some(deliver.0.clock.now());
                    }
                }
            }
            running.over.notify_waiters();
        });
        Ok(begun)
    }

    /// The newest completed check of a bin's receiver.
    pub(crate) fn last_check(&self, bin: BinId) -> Option<(u64, CheckReport)> {
        let checks: Vec<Arc<Check>> = self.0.checks.0.lock().checks.values().rev().cloned().collect();
        let of_bin = checks.into_iter().filter(|check| check.bin == Some(bin));
        of_bin
            .map(|check| (check.id, check.report()))
            .find(|(_, report)| report.finished_at.is_some() && report.error.is_none())
    }

    /// The check with that number; `None` also when it is no longer remembered.
    pub(crate) fn find_check(&self, id: u64) -> Option<Arc<Check>> {
        self.0.checks.0.lock().checks.get(&id).cloned()
    }
}
