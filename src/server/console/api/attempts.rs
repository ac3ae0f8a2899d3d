//! The attempts of a request. The command line sends from its own machine and reports its attempts here.

use std::collections::VecDeque;
use std::sync::Arc;

use actix_web::{HttpResponse, get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::deliver::Message;
use crate::model::{
    BinId, Delivered, Outcome, ReceivedResponse, RequestId, Seq, SignatureStatus, Times, Timestamp, Why,
};
use crate::server::console::extract::{BinRef, Json, State, WhichRequest, only_objects};
use crate::server::console::heavy::turn;
use crate::server::console::pieces::{Members, json_list};
use crate::server::console::problem::Problem;
use crate::shapes::AttemptShape;
use crate::store::{AttemptDepth, RequestRef, Store, StoreError};

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(list).service(report);
}

/// The attempts of a request, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = Attempts)]
struct AttemptsShape<'a> {
    /// The last 20 that were made.
    attempts: Vec<AttemptShape<'a>>,
}

/// List a request's attempts: what was sent, where, and the result
#[utoipa::path(tag = "delivery", responses((status = 200, body = AttemptsShape<'_>)))]
#[get("/api/v1/bins/{bin}/requests/{id}/attempts")]
async fn list(state: State, bin: BinRef, which: WhichRequest) -> Result<HttpResponse, Problem> {
    let request = super::marks::id_of(&state, &bin, which).await?;
    let attempts = state.store.attempts(bin.id(), request, AttemptDepth::FACTS).await?;
    let attempts = attempts.iter().map(|attempt| attempt.id).collect();
    let list = List { store: state.store.clone(), bin: bin.id(), request, attempts };
    Ok(json_list("{\"attempts\":[", list))
}

/// Attempts being written to the client, read one at a time, because each may hold 1 MiB.
struct List {
    store: Store,
    bin: BinId,
    request: RequestId,
    attempts: VecDeque<Seq>,
}

impl Members for List {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Problem> {
        while let Some(id) = self.attempts.pop_front() {
            let written = self.written(id).await?;
            if written.is_some() {
                return Ok(written);
            }
        }
        Ok(None)
    }

    fn end(&self) -> String {
        "]}".into()
    }
}

impl List {
    /// The attempt as JSON; `None` when it is gone meanwhile.
    async fn written(&self, id: Seq) -> Result<Option<Vec<u8>>, Problem> {
        let turn = turn().await;
        let attempt = match self.store.attempt_at(self.bin, self.request, id).await {
            Ok(attempt) => attempt,
            Err(StoreError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        // Writing to memory, with keys that are strings: nothing can fail.
        let write = move || serde_json::to_vec(&AttemptShape::whole(&attempt)).unwrap_or_default();
        Ok(Some(turn.run(write).await?))
    }
}

/// Bytes of a head.
pub(super) const MAX_HEAD: usize = 256 << 10;
/// Bytes of a response's body that are kept, as of those that the server reads itself.
pub(super) const MAX_BODY: usize = 1 << 20;
/// The longest time of a step: a day, in microseconds.
const MAX_MICROS: u64 = 24 * 3_600 * 1_000_000;
/// A tebibyte: no body that was sent or received is longer.
const MAX_SIZE: u64 = 1 << 40;
/// Characters of a URL or a sentence.
const MAX_TEXT: usize = 4_096;

/// An attempt to send a request from another machine.
#[derive(Deserialize, ToSchema)]
#[schema(as = AttemptInput)]
#[serde(deny_unknown_fields, remote = "Self")]
struct AttemptInput {
    /// `forward`, `replay` or `check`.
    #[schema(value_type = String)]
    why: Why,
    /// The URL that was sent to.
    #[schema(max_length = 4096)]
    target: String,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// `answered`, or the kind of failure.
    #[schema(value_type = String)]
    outcome: Outcome,
    /// The outcome in a sentence.
    #[schema(max_length = 4096)]
    sentence: String,
    /// What was sent.
    sent: SentInput,
    /// What came back.
    response: Option<ResponseInput>,
    /// How long its steps took, in microseconds.
    #[schema(value_type = Object)]
    times_us: TimesInput,
}

/// What was sent.
#[derive(Deserialize, ToSchema)]
#[schema(as = SentInput)]
#[serde(deny_unknown_fields, remote = "Self")]
struct SentInput {
    /// The head, in base64.
    head_base64: String,
    /// Bytes of the body.
    body_size: u64,
    /// Whether head or body differ from the captured ones: then the signature of what was sent is verified.
    #[serde(default)]
    changed: bool,
    /// Whether it was signed with a secret that the bin may not have.
    #[serde(default)]
    resigned: bool,
    /// The body in base64, up to 1 MiB, if it differs from the captured one.
    #[schema(nullable = false)]
    body_base64: Option<String>,
    /// Whether the body differs from the captured one and is not given here: its signature cannot be verified.
    #[serde(default)]
    body_left_out: bool,
}

/// What was sent in place of the captured request.
struct Changed {
    body: SentBody,
    resigned: bool,
}

/// Which body was sent.
enum SentBody {
    AsCaptured,
    This(Bytes),
    Unknown,
}

/// What came back.
#[derive(Deserialize, ToSchema)]
#[schema(as = AttemptResponseInput)]
#[serde(deny_unknown_fields, remote = "Self")]
struct ResponseInput {
    /// The status.
    #[schema(minimum = 100, maximum = 999)]
    status: u16,
    /// The head, in base64.
    head_base64: String,
    /// The beginning of the body, up to 1 MiB, in base64.
    body_base64: String,
    /// Bytes of the body that were received.
    body_size: u64,
    /// Whether more was received than is here.
    body_cut: bool,
}

/// How long the steps took; steps that were not reached are absent.
#[derive(Deserialize, ToSchema)]
#[schema(as = TimesInput)]
#[serde(deny_unknown_fields, remote = "Self")]
struct TimesInput {
    resolve: Option<u64>,
    connect: Option<u64>,
    tls: Option<u64>,
    first_byte: Option<u64>,
    total: u64,
}

only_objects!(AttemptInput, SentInput, ResponseInput, TimesInput);

impl AttemptInput {
    fn checked(self) -> Result<(Why, Delivered, Option<Changed>), Problem> {
        if self.why == Why::Send {
            return Err(Problem::field(
                "why",
                "Simulated senders are the server's own; give forward, replay or check.",
            ));
        }
        for (field, text) in [("target", &self.target), ("sentence", &self.sentence)] {
            if text.len() > MAX_TEXT || text.chars().any(char::is_control) {
                let sentence = format!("This has at most {MAX_TEXT} bytes and no control characters.");
                return Err(Problem::field(field, sentence));
            }
        }
        let sent_head = decoded(&self.sent.head_base64, "sent.head_base64", MAX_HEAD)?;
        let body = match &self.sent.body_base64 {
            Some(text) => SentBody::This(decoded(text, "sent.body_base64", MAX_BODY)?),
            None if self.sent.body_left_out => SentBody::Unknown,
            None => SentBody::AsCaptured,
        };
        if matches!(&body, SentBody::This(body) if body.len() as u64 != self.sent.body_size) {
            return Err(Problem::field("sent.body_size", "The body of `sent.body_base64` has another size."));
        }
        let changed = self.sent.changed.then_some(Changed { body, resigned: self.sent.resigned });
        let response_size = self.response.as_ref().map(|response| response.body_size);
        let response = self.response.map(|response| {
            if !(100..=999).contains(&response.status) {
                return Err(Problem::field("response.status", "A status has three digits."));
            }
            Ok(ReceivedResponse {
                status: response.status,
                head: decoded(&response.head_base64, "response.head_base64", MAX_HEAD)?,
                body: decoded(&response.body_base64, "response.body_base64", MAX_BODY)?,
                body_size: response.body_size,
                body_cut: response.body_cut,
            })
        });
        let times = Times {
            resolve: self.times_us.resolve,
            connect: self.times_us.connect,
            tls: self.times_us.tls,
            first_byte: self.times_us.first_byte,
            total: self.times_us.total,
        };
        let steps = [times.resolve, times.connect, times.tls, times.first_byte, Some(times.total)];
        if steps.into_iter().flatten().any(|step| step > MAX_MICROS) {
            return Err(Problem::field("times_us", "A step takes at most a day, 86400000000 microseconds."));
        }
        let sizes = [Some(self.sent.body_size), response_size];
        if sizes.into_iter().flatten().any(|size| size > MAX_SIZE) {
            return Err(Problem::field("body_size", format!("A body has at most {MAX_SIZE} bytes.")));
        }
        let delivered = Delivered {
            target: self.target,
            started_at: self.started_at,
            outcome: self.outcome,
            sentence: self.sentence,
            sent_head,
            sent_body_size: self.sent.body_size,
            signature: None,
            response: response.transpose()?,
            times,
        };
        if delivered.outcome == Outcome::Answered && delivered.response.is_none() {
            return Err(Problem::field("response", "What was answered has a response."));
        }
        Ok((self.why, delivered, changed))
    }
}

/// The verdict on a changed request, by the same rules as for the server's own attempts.
async fn signature(
    state: &State,
    bin: &BinRef,
    request: RequestId,
    delivered: &Delivered,
    Changed { body, resigned }: Changed,
) -> Result<SignatureStatus, Problem> {
    let turn = turn().await;
    let body = match body {
        SentBody::This(body) => body,
        SentBody::AsCaptured => state.store.request(bin.id(), RequestRef::Id(request)).await?.body,
        // It is not known here whether the receiver could verify it.
        SentBody::Unknown => return Ok(SignatureStatus::NoSecret),
    };
    let (deliver, bin) = (state.deliver.clone(), Arc::clone(&bin.0));
    let (url, head, at) = (delivered.target.clone(), delivered.sent_head.clone(), delivered.started_at);
    let judge = move || {
        let sent = Message { url: &url, head: &head, body: &body };
        deliver.judge_elsewhere(&bin.bin, &sent, resigned, at)
    };
    Ok(turn.run(judge).await?)
}

pub(super) fn decoded(text: &str, field: &str, most: usize) -> Result<Bytes, Problem> {
    let bytes = STANDARD.decode(text).map_err(|_| Problem::field(field, "This is not base64."))?;
    if bytes.len() > most {
        return Err(Problem::field(field, format!("This has at most {most} bytes.")));
    }
    Ok(bytes.into())
}

/// Report an attempt that was made from another machine
///
/// `creel replay` and `creel forward` do. It is kept and shown like the server's own attempts.
#[utoipa::path(tag = "delivery", request_body = AttemptInput, responses((status = 201, body = AttemptShape<'_>)))]
#[post("/api/v1/bins/{bin}/requests/{id}/attempts")]
async fn report(
    state: State,
    bin: BinRef,
    which: WhichRequest,
    input: Json<AttemptInput>,
) -> Result<HttpResponse, Problem> {
    let (why, mut delivered, changed) = input.0.checked()?;
    let id = super::marks::id_of(&state, &bin, which).await?;
    if let Some(changed) = changed {
        delivered.signature = Some(signature(&state, &bin, id, &delivered, changed).await?);
    }
    let attempt = state.store.attempt(bin.id(), id, why, delivered).await?;
    Ok(HttpResponse::Created().json(AttemptShape::whole(&attempt)))
}
