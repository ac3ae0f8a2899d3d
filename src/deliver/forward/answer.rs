//! The target answers the sender: the request is delivered at once, outside the queue.

use tokio::sync::oneshot;

use super::asked::Ticket;
use super::passed_back;
use super::verdict::{end_of, plan, targets};
use crate::deliver::Deliver;
use crate::deliver::draft::draft;
use crate::deliver::engine::TargetUrl;
use crate::deliver::plan::SendError;
use crate::model::{
    Bin, BinId, CapturedRequest, ForwardSettings, Forwarded, Outcome, PassedAnswer, RequestId, Timestamp, Why,
};
use crate::store::RequestRef;

impl Deliver {
    /// Reserves room for an answer before the request is stored; `None` when too many answers are under way.
    pub(crate) fn ticket(&self, bin: BinId, bytes: usize) -> Option<Ticket> {
        self.0.asked.ticket(bin, bytes)
    }

    /// Delivers a request that was just stored; returns the sender's response when the first target has answered.
    /// `None` when the request is not forwarded, so that the bin answers.
    pub(crate) async fn answer(&self, mut ticket: Ticket, bin: BinId, request: RequestId) -> Option<PassedAnswer> {
        ticket.begin(request);
        let state = self.0.store.bin(bin.as_str())?;
        // While paused by hand, the bin answers.
        let forward = state.bin.settings.forward.clone().filter(|forward| !forward.is_paused_by_hand())?;
        let (tell, told) = oneshot::channel();
        let deliver = self.clone();
        // Runs on the delivery threads, to its end even if the sender leaves.
        self.spawn(async move {
            let _ticket = ticket;
            if let Ok(captured) = deliver.0.store.request(bin, RequestRef::Id(request)).await {
                deliver.answer_by(&state.bin, &forward, &captured, tell).await;
            }
        });
        told.await.ok()
    }

    async fn answer_by(
        &self,
        bin: &Bin,
        forward: &ForwardSettings,
        request: &CapturedRequest,
        tell: oneshot::Sender<PassedAnswer>,
    ) {
        let Ok(all) = targets(bin, forward, request) else { return };
        if let Some(until) = forward.paused_until {
            // Not a success, because the request was not delivered.
            let _ = tell.send(self.paused_answer(until));
            return;
        }
        // The forward was just set: its line starts in a moment.
        let line = self.0.lines.find(bin.id);
        if let Some(line) = &line
            && line.closes_loop(request)
        {
            // Stored first, so that the next sender already learns of the pause.
            if let Err(error) = self.pause_for_loop(bin.id, line).await {
                tracing::warn!(%error, "a forward that is in a delivery loop could not be paused");
            }
            let _ =
                tell.send(PassedAnswer::error(508, "a loop: the same request came again and again within ten seconds"));
            return;
        }
        let mut tell = Some(tell);
        let mut worst = Forwarded::Delivered;
        for (number, target) in all.iter().enumerate() {
            let Ok(url) = TargetUrl::parse(target) else { continue };
            let plan = plan(forward, url);
            let draft = match draft(&self.catalogue(), bin, request, &plan, self.0.clock.now()) {
                Ok(draft) => draft,
                // The queue skips it and records why; the bin answers.
                Err(_) if number == 0 => return,
                Err(SendError::Unfit(_)) => {
                    worst = worst.worse(Forwarded::SkippedUnfit);
                    continue;
                }
                Err(_) => {
                    worst = worst.worse(Forwarded::Failed);
                    continue;
                }
            };
            let mut delivered = self.0.engine.deliver(&draft.parcel).await;
            worst = worst.worse(end_of(&delivered));
            let down = matches!(delivered.outcome, Outcome::Dns | Outcome::Connect);
            if let Some(line) = &line {
                line.note(target, down.then_some(delivered.sentence.as_str()), self.0.clock.now());
            }
            // The first target gives the answer; the sender does not wait for the others.
            if let Some(tell) = tell.take() {
                let (answer, note) = passed_back(&delivered);
                let _ = tell.send(answer);
                if let Some(note) = note {
                    delivered.sentence = format!("{} {note}", delivered.sentence);
                }
            }
            if let Err(error) = self.0.store.attempt(bin.id, request.summary.id, Why::Forward, delivered).await {
                tracing::debug!(%error, "an attempt was not kept");
            }
        }
        if let Err(error) = self.0.store.forwarded(bin.id, request.summary.seq, worst).await {
            tracing::debug!(%error, "the end of a delivery was not kept");
        }
    }

    /// The response to senders while the forward is paused because of a loop.
    fn paused_answer(&self, until: Timestamp) -> PassedAnswer {
        let sentence =
            format!("forwarding is paused until {until}: the same request came again and again within ten seconds");
        // Rounded up, so that a sender that retries then finds it running.
        let left = until.since(self.0.clock.now()).as_millis().div_ceil(1_000);
        PassedAnswer::error(503, &sentence).retry_after(u64::try_from(left).unwrap_or(1).max(1))
    }
}
