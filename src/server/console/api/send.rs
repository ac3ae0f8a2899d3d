//! Simulated senders.

use std::sync::Arc;

use actix_web::{HttpResponse, post};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::input_send::{AskedToSend, Made, SendInput};
use crate::deliver::engine::Parcel;
use crate::deliver::send::{Sending, Sent, SentEvent};
use crate::model::RequestId;
use crate::server::console::extract::{BinRef, Json, State};
use crate::server::console::problem::Problem;
use crate::shapes::{JobShape, SentEventShape};

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(send);
}

/// What was sent.
#[derive(Serialize, ToSchema)]
#[schema(as = SentEvents)]
struct SentShape<'a> {
    /// The events, in the order of sending.
    sent: Vec<SentEventShape<'a>>,
    /// The scheme by which they were signed; `null` when they were not.
    scheme: Option<&'a str>,
    /// Names of your header fields that the platform's own win over.
    overridden: Vec<String>,
    /// The request of the bin that a composed one became: it has the attempts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, nullable = false)]
    request: Option<RequestId>,
    /// With `dry_run`: what would be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    would_send: Option<Vec<WouldSendShape>>,
}

impl<'a> SentShape<'a> {
    fn new(events: &'a [SentEvent], scheme: Option<&'a str>, overridden: Vec<String>) -> Self {
        let sent = events.iter().map(|event| SentEventShape::new(&event.event, &event.delivered)).collect();
        Self { sent, scheme, overridden, request: None, would_send: None }
    }
}

/// An event that would be sent.
#[derive(Serialize, ToSchema)]
#[schema(as = WouldSend)]
struct WouldSendShape {
    /// Its name.
    event: String,
    /// The URL.
    target: String,
    /// Milliseconds after the one before it.
    after_ms: u64,
    /// How often.
    times: u8,
    /// The head; bytes that are not UTF-8 show as replacement characters.
    head: String,
    /// The body, the same way.
    body: String,
}

/// A session that continues as a job.
#[derive(Serialize, ToSchema)]
#[schema(as = SendBegun)]
struct SendBegunShape<'a> {
    /// The job; `GET /api/v1/jobs/{job}` reads its state.
    job: JobShape,
    /// The scheme by which the events are signed; `null` when they are not.
    scheme: Option<&'a str>,
    /// Names of your header fields that the platform's own win over.
    overridden: Vec<String>,
}

fn would_send(sending: &Sending, parcels: Vec<(String, Parcel)>) -> Vec<WouldSendShape> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let steps = sending.steps.iter().zip(parcels);
    steps
        .map(|(step, (event, parcel))| WouldSendShape {
            event,
            after_ms: u64::try_from(step.after.as_millis()).unwrap_or(u64::MAX),
            times: step.times,
            head: text(&parcel.hidden.bytes(&parcel.head)),
            body: text(&parcel.hidden.bytes(&parcel.body)),
            target: parcel.hidden.text(&parcel.url).into_owned(),
        })
        .collect()
}

/// Sends a composed request. A request to a target is stored before it is sent; a request to the bin is stored when it
/// arrives.
async fn send_made(
    state: &State,
    bin: &BinRef,
    sending: &Arc<Sending>,
    made: Made,
) -> Result<(Vec<SentEvent>, Option<RequestId>), Problem> {
    if !sending.to_self {
        state.deliver.check(&sending.target).await?;
    }
    let Some((step, (event, parcel))) = sending.steps.first().zip(state.deliver.compose(sending).await?.pop()) else {
        return Ok((Vec::new(), None));
    };
    let kept = match made.kept_at {
        None => None,
        Some(path_and_query) => {
            let (head, body) = sending.kept(step, &parcel, &path_and_query)?;
            Some(state.capture.keep_composed(&bin.0, head, body).await?)
        }
    };
    Ok(state.deliver.send_made(bin.id(), kept, &event, parcel, step.times).await?)
}

/// Send what a platform sends, or a request of your own
///
/// An event, a whole session, a captured request, or a composed one, to the bin itself or to a target. A request to the
/// bin counts as `simulated`; a composed request to a target is kept as `composed`, with its attempts. A session that
/// takes more than ten seconds becomes a job.
#[utoipa::path(tag = "delivery", request_body = SendInput, responses((status = 200, body = SentShape<'_>), (status = 202, body = SendBegunShape<'_>)))]
#[post("/api/v1/bins/{bin}/send")]
async fn send(state: State, bin: BinRef, input: Json<SendInput>) -> Result<HttpResponse, Problem> {
    let AskedToSend { sending, request, made, dry_run } = input.0.checked(&state, &bin).await?;
    let overridden = sending.overridden();
    let scheme = sending.signer.as_ref().map(|signer| signer.scheme.id.as_str());
    if dry_run {
        if !sending.to_self {
            state.deliver.check(&sending.target).await?;
        }
        let would_send = Some(would_send(&sending, state.deliver.compose(&sending).await?));
        return Ok(HttpResponse::Ok().json(SentShape { would_send, ..SentShape::new(&[], scheme, overridden) }));
    }
    if let Some(made) = made {
        let (events, request) = send_made(&state, &bin, &sending, made).await?;
        return Ok(HttpResponse::Ok().json(SentShape { request, ..SentShape::new(&events, scheme, overridden) }));
    }
    Ok(match state.deliver.send_simulated(bin.0.clone(), sending.clone(), request).await? {
        Sent::Now(events) => HttpResponse::Ok().json(SentShape::new(&events, scheme, overridden)),
        Sent::Later(job) => {
            let job = (&job.status()).into();
            HttpResponse::Accepted().json(SendBegunShape { job, scheme, overridden })
        }
    })
}
