//! Simulated senders: Creel sends what a platform would send.
//!
//! `compose` prepares one event (head, signature, faults) without store or network, so the command line uses it too;
//! `signer` says which of a bin's secrets may sign; `made` sends composed requests. This module does the sending.

mod compose;
mod made;
mod signer;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use compose::{Sample, Sending, Signer, own_sample};
pub(super) use compose::{head_of, signed_with, unrelated, wrongly_signed};
pub(crate) use signer::SignWith;

use tokio::sync::Semaphore;

use super::Deliver;
use super::engine::{Engine, Parcel, TargetUrl};
use super::jobs::{Job, Jobs};
use super::plan::SendError;
use super::proof;
use super::replay::{WAITED_FOR, WAITED_SPACING};
use crate::model::{Bin, Clock, Delivered, RequestId};
use crate::provider::samples::{SampleError, Step};
use crate::store::{BinState, StoreError};

impl From<SampleError> for SendError {
    fn from(error: SampleError) -> Self {
        Self::field(error.field, error.sentence)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct SentEvent {
    /// Its name.
    pub event: String,
    /// The result of its delivery.
    pub delivered: Delivered,
}

#[derive(Debug)]
pub(crate) enum Sent {
    /// All events, in the order of sending.
    Now(Vec<SentEvent>),
    /// It continues as a job.
    Later(Arc<Job>),
}

/// Prepares an event on a blocking thread: a body of 10 MiB is written, changed and signed.
pub(crate) async fn parcel(sending: &Arc<Sending>, step: &Step, clock: &Clock) -> Result<Parcel, SendError> {
    let (sending, step, now) = (Arc::clone(sending), step.clone(), clock.now());
    let composed = tokio::task::spawn_blocking(move || sending.compose(&step, now)).await;
    composed.map_err(|_| SendError::Store(StoreError::Closed))?
}

/// Sends all events, one after the other. `pause` waits and returns whether to continue; `sent` receives each sent
/// event. A delivery takes one of the `permits` and returns it before the next pause.
///
/// # Errors
/// When an event cannot be made.
pub(crate) async fn send_all<P: Future<Output = bool> + Send>(
    engine: &Engine,
    permits: &Semaphore,
    clock: &Clock,
    sending: &Arc<Sending>,
    pause: impl Fn(Duration) -> P + Send + Sync,
    mut sent: impl FnMut(SentEvent, &Parcel) + Send,
) -> Result<(), SendError> {
    for step in &sending.steps {
        if !pause(step.after).await {
            break;
        }
        let parcel = parcel(sending, step, clock).await?;
        for _ in 0..step.times {
            let delivered = {
                let _permit = permits.acquire().await;
                engine.deliver(&parcel).await
            };
            sent(SentEvent { event: step.event.clone(), delivered }, &parcel);
        }
    }
    Ok(())
}

impl Deliver {
    /// The URL of a bin of this server, as reached from this machine.
    pub(crate) fn own_target(&self, bin: &Bin) -> Option<TargetUrl> {
        let listener = self.0.engine.own_listener()?;
        TargetUrl::parse(&format!("http://{listener}/{}", bin.id)).ok()
    }

    /// What would be sent, event by event.
    ///
    /// # Errors
    /// When an event cannot be made.
    pub(crate) async fn compose(&self, sending: &Arc<Sending>) -> Result<Vec<(String, Parcel)>, SendError> {
        let mut parcels = Vec::with_capacity(sending.steps.len());
        for step in &sending.steps {
            parcels.push((step.event.clone(), parcel(sending, step, &self.0.clock).await?));
        }
        Ok(parcels)
    }

    /// Sends. Waits for a short sending; a session at its own pace becomes a job. `request` is the captured request
    /// that serves as the sample, if any: it gets the attempts.
    ///
    /// # Errors
    /// When nothing is sent at all.
    pub(crate) async fn send_simulated(
        &self,
        bin: Arc<BinState>,
        sending: Arc<Sending>,
        request: Option<RequestId>,
    ) -> Result<Sent, SendError> {
        if !sending.to_self {
            self.check(&sending.target).await?;
        }
        if let Some(step) = sending.steps.first() {
            // The caller learns at once why an event cannot be made.
            parcel(&sending, step, &self.0.clock).await?;
        }
        let total: u64 = sending.steps.iter().map(|step| u64::from(step.times)).sum();
        let pauses: Duration = sending.steps.iter().map(|step| step.after).sum();
        let id = bin.bin.id;
        if total > WAITED_FOR || pauses > WAITED_SPACING {
            let job = self.0.jobs.begin(id, Some(total), &self.0.clock)?;
            let (deliver, running) = (self.clone(), Arc::clone(&job));
            self.spawn(async move {
                let result = deliver.run_sending(&bin, &sending, request, &running).await;
                running.end(result.err().map(|error| error.to_string()));
                deliver.tell(id, &running);
            });
            return Ok(Sent::Later(job));
        }
        let deliver = self.clone();
        // On a separate task, so that a caller that leaves does not stop it half-way.
        let running = self.spawn(async move {
            let job = Jobs::unlisted(id, &deliver.0.clock);
            deliver.run_sending(&bin, &sending, request, &job).await
        });
        Ok(Sent::Now(running.await.map_err(|_| SendError::Store(StoreError::Closed))??))
    }

    async fn run_sending(
        &self,
        bin: &BinState,
        sending: &Arc<Sending>,
        request: Option<RequestId>,
        job: &Arc<Job>,
    ) -> Result<Vec<SentEvent>, SendError> {
        let (id, mut all) = (bin.bin.id, Vec::new());
        let pause = |time: Duration| {
            let job = Arc::clone(job);
            async move {
                if !time.is_zero() {
                    job.pause(time).await;
                }
                !job.is_stopped()
            }
        };
        let sent = |mut event: SentEvent, parcel: &Parcel| {
            if request.is_some() {
                let (catalogue, now) = (self.catalogue(), self.0.clock.now());
                let (secret, url) = (sending.signer.as_ref().map(|by| &by.secret), sending.signed_url.as_deref());
                event.delivered.signature = Some(proof::of_sending(&catalogue, &bin.bin, secret, url, parcel, now));
            }
            job.count(&event.delivered);
            if job.is_due() {
                self.tell(id, job);
            }
            all.push(event);
        };
        send_all(&self.0.engine, &self.0.permits, &self.0.clock, sending, pause, sent).await?;
        for event in all.iter().filter(|_| request.is_some()) {
            let Some(request) = request else { break };
            self.keep_attempt(id, request, event.delivered.clone()).await?;
        }
        Ok(all)
    }
}
