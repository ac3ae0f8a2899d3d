//! Sends requests and stores the attempts.
//!
//! - `engine` puts bytes on the wire and reads what comes back; it knows neither the store nor the schemes.
//! - `plan` says how to send a request, `draft` prepares it (`resign` signs it again).
//! - `forward` automatically sends on what a bin captures, with the database as its queue.
//! - `on_match` posts a message to a URL when a filter finds something.
//! - `replay` sends captured requests on demand; long replays become `jobs`.
//! - `send` simulates a platform, `check` tests a receiver of its events.
//!
//! Everything runs on separate threads, so that neither captures nor the console wait for a target.

mod by_hand;
pub(crate) mod check;
mod draft;
pub(crate) mod engine;
mod entered_for;
mod forward;
mod jobs;
mod on_match;
mod plan;
mod proof;
mod replay;
mod resign;
pub(crate) mod send;
mod token;

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::model::{Bin, CapturedRequest, Clock, JobStatus};
use crate::signature::{Catalogue, CurrentCatalogue};
use crate::store::Store;
pub(crate) use by_hand::{ByHand, Facts};
use check::Checks;
pub(crate) use draft::Draft;
use engine::{Engine, NotAllowed, TargetUrl};
pub(crate) use entered_for::{has_private_key, note_scheme_change};
use forward::{Asked, Lines};
pub(crate) use forward::{as_it_came, passed_answer, passed_back, route};
pub(crate) use jobs::Job;
use jobs::Jobs;
pub(crate) use on_match::Told;
use on_match::Watches;
pub(crate) use plan::{Edit, Plan, Resign, ResignSecret, SendError};
pub(crate) use proof::Message;
pub(crate) use replay::{Batch, MAX_COUNT, MAX_PARALLEL, MAX_SPACING, Replayed, Selection, Spacing};

/// Open deliveries of all replays. Each may hold a body and a response of 1 MiB.
const MAX_REPLAYING: usize = 32;
/// Threads for deliveries: they wait for targets most of the time.
const THREADS: usize = 2;

/// The handle. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Deliver(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    catalogue: CurrentCatalogue,
    engine: Engine,
    jobs: Jobs,
    checks: Checks,
    lines: Lines,
    asked: Arc<Asked>,
    watches: Watches,
    permits: Semaphore,
    handle: tokio::runtime::Handle,
    /// `None` once it is stopped.
    runtime: Mutex<Option<Runtime>>,
}

impl Deliver {
    /// Starts the threads. [`Deliver::stop`] ends them.
    pub(crate) fn start(
        store: Store,
        clock: Clock,
        catalogue: CurrentCatalogue,
        engine: Engine,
    ) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("creel-deliver")
            .enable_all()
            .build()?;
        Ok(Self(Arc::new(Inner {
            store,
            clock,
            catalogue,
            engine,
            jobs: Jobs::default(),
            checks: Checks::default(),
            lines: Lines::default(),
            asked: Arc::default(),
            watches: Watches::default(),
            permits: Semaphore::new(MAX_REPLAYING),
            handle: runtime.handle().clone(),
            runtime: Mutex::new(Some(runtime)),
        })))
    }

    /// Ends all open deliveries. Part of an orderly shutdown.
    pub(crate) fn stop(&self) {
        if let Some(runtime) = self.0.runtime.lock().take() {
            // Does not wait: a target may take any time.
            runtime.shutdown_background();
        }
    }

    /// Checks a target before it is accepted.
    ///
    /// # Errors
    /// A sentence that names the flag.
    pub(crate) async fn check(&self, target: &TargetUrl) -> Result<(), NotAllowed> {
        self.0.engine.check(target).await
    }

    /// A request as it would be sent.
    ///
    /// # Errors
    /// When it is unfit to send, or a change or the signature cannot be made.
    pub(crate) fn draft(&self, bin: &Bin, request: &CapturedRequest, plan: &Plan) -> Result<Draft, SendError> {
        draft::draft(&self.catalogue(), bin, request, plan, self.0.clock.now())
    }

    /// The present catalogue of schemes.
    fn catalogue(&self) -> Catalogue {
        self.0.catalogue.now()
    }

    /// The job with that number; `None` also when it is no longer remembered.
    pub(crate) fn job(&self, id: u64) -> Option<Arc<Job>> {
        self.0.jobs.find(id)
    }

    /// Every remembered job, newest first.
    pub(crate) fn jobs(&self) -> Vec<JobStatus> {
        self.0.jobs.all()
    }

    fn spawn<F>(&self, work: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.0.handle.spawn(work)
    }
}
