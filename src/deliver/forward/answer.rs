//! The target answers the sender: delivered at once, beside the queue.

use bytes::Bytes;
use tokio::sync::oneshot;

use super::asked::Ticket;
use super::line::{end_of, plan, targets, worse};
use crate::deliver::Deliver;
use crate::deliver::draft::draft;
use crate::deliver::engine::TargetUrl;
use crate::deliver::plan::SendError;
use crate::http::Head;
use crate::model::{Bin, BinId, CapturedRequest, Delivered, ForwardSettings, Forwarded, Outcome, RequestId, Why};
use crate::store::RequestRef;

/// What the sender gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetAnswer {
    /// The status.
    pub status: u16,
    /// The fields that are not of the target's connection alone.
    pub headers: Vec<(String, String)>,
    /// The body as received.
    pub body: Bytes,
}

impl TargetAnswer {
    fn error(status: u16, sentence: &str) -> Self {
        let body = serde_json::json!({"ok": false, "error": sentence}).to_string();
        Self { status, headers: vec![("Content-Type".into(), "application/json".into())], body: body.into() }
    }
}

/// Fields that the connection to the sender has of its own.
const OWN_FIELDS: &[&str] = &[
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    // Every response of the capture half has it.
    "x-content-type-options",
];

impl Deliver {
    /// Makes room for an answer, before the request is stored; `None` when too much is being answered.
    pub fn ticket(&self, bin: BinId, bytes: usize) -> Option<Ticket> {
        self.0.asked.ticket(bin, bytes)
    }

    /// Delivers a request that was just stored and tells what its sender gets, as soon as the first target has answered;
    /// `None` when it is not to be forwarded, and the bin answers itself.
    pub async fn answer(&self, mut ticket: Ticket, bin: BinId, request: RequestId) -> Option<TargetAnswer> {
        ticket.begin(request);
        let state = self.0.store.bin(bin.as_str())?;
        let forward = state.bin.settings.forward.clone()?;
        let (tell, told) = oneshot::channel();
        let deliver = self.clone();
        // On the threads that deliver, and to its end when the sender leaves.
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
        tell: oneshot::Sender<TargetAnswer>,
    ) {
        let Ok(all) = targets(bin, forward, request) else { return };
        // Just set: its line begins in a moment.
        let line = self.0.lines.find(bin.id);
        if let Some(line) = &line
            && line.closes_circle(request)
        {
            let _ =
                tell.send(TargetAnswer::error(508, "a loop: the same request came again and again within ten seconds"));
            if let Err(error) = self.pause_circle(bin.id, line).await {
                tracing::warn!(%error, "a forward that goes in a circle could not be paused");
            }
            return;
        }
        let mut tell = Some(tell);
        let mut worst = Forwarded::Delivered;
        for (number, target) in all.iter().enumerate() {
            let Ok(url) = TargetUrl::parse(target) else { continue };
            let plan = plan(forward, url);
            let draft = match draft(&self.0.catalogue, bin, request, &plan, self.0.clock.now()) {
                Ok(draft) => draft,
                // The queue skips it, and says so; the bin answers.
                Err(_) if number == 0 => return,
                Err(SendError::Unfit(_)) => {
                    worst = worse(worst, Forwarded::SkippedUnfit);
                    continue;
                }
                Err(_) => {
                    worst = worse(worst, Forwarded::Failed);
                    continue;
                }
            };
            let delivered = self.0.engine.deliver(&draft.parcel).await;
            worst = worse(worst, end_of(&delivered));
            let down = matches!(delivered.outcome, Outcome::Dns | Outcome::Connect);
            if let Some(line) = &line {
                line.note(target, down.then_some(delivered.sentence.as_str()), self.0.clock.now());
            }
            // The first gives the answer; its sender does not wait for the others.
            if let Some(tell) = tell.take() {
                let _ = tell.send(passed_back(&delivered));
            }
            if let Err(error) = self.0.store.attempt(bin.id, request.summary.id, Why::Forward, delivered).await {
                tracing::debug!(%error, "an attempt was not kept");
            }
        }
        if let Err(error) = self.0.store.forwarded(bin.id, request.summary.seq, worst, None).await {
            tracing::debug!(%error, "the end of a delivery was not kept");
        }
    }
}
/// What a sender gets of what came back from a target.
pub fn passed_back(delivered: &Delivered) -> TargetAnswer {
    match (&delivered.outcome, &delivered.response) {
        (Outcome::Answered, Some(response)) if response.body_cut => {
            TargetAnswer::error(502, "The target's response is larger than is passed on (1 MiB).")
        }
        (Outcome::Answered, Some(response)) if (200..600).contains(&response.status) => {
            let head = Head::new(response.head.clone());
            let fields = head.scan().fields().filter_map(|(name, value)| {
                let (name, value) = (std::str::from_utf8(name).ok()?, std::str::from_utf8(value).ok()?);
                let own = OWN_FIELDS.iter().any(|own| name.eq_ignore_ascii_case(own));
                let proxy = name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("proxy-"));
                let whole = !name.is_empty() && !value.chars().any(|c| c.is_control() && c != '\t');
                (!own && !proxy && whole).then(|| (name.to_owned(), value.to_owned()))
            });
            TargetAnswer { status: response.status, headers: fields.collect(), body: response.body.clone() }
        }
        (Outcome::Timeout, _) => TargetAnswer::error(504, &delivered.sentence),
        _ => TargetAnswer::error(502, &delivered.sentence),
    }
}
