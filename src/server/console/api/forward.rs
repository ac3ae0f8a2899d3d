//! A bin's forward.

use actix_web::{HttpResponse, delete, get, patch, post, put};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::input_forward::{ForwardInput, targets};
use super::input_replay::checked_target;
use crate::model::{BinSettings, ForwardSettings, Timestamp};
use crate::server::console::extract::{BinRef, Json, State, only_objects};
use crate::server::console::problem::Problem;
use crate::shapes::{ForwardShape, ForwardStateShape, HealthShape};
use crate::store::BinState;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(read).service(set).service(change).service(remove).service(catch_up);
}

/// Why a forward that resumes at that time has paused.
fn paused_because(until: Timestamp) -> String {
    format!(
        "The same request came again and again within ten seconds: it is in a delivery loop, or its sender repeats it. \
         Check where the target sends it. Forwarding resumes at {until}."
    )
}

async fn shown(state: &State, bin: &BinState) -> Result<HttpResponse, Problem> {
    let Some(forward) = &bin.bin.settings.forward else { return Err(Problem::not_found("forward")) };
    let id = bin.bin.id;
    let (cursor, waiting) = state.store.forward(id).await?.unwrap_or_default();
    let health = state.deliver.health(id, forward).into_iter().map(|health| HealthShape {
        target: health.target,
        reachable: health.reachable,
        since: health.since,
        sentence: health.sentence,
    });
    let shape = ForwardStateShape {
        through: cursor.through,
        waiting,
        skipped_paused: cursor.paused,
        skipped_evicted: cursor.evicted,
        paused_because: forward.paused_until.map(paused_because),
        targets: health.collect(),
    };
    Ok(HttpResponse::Ok().json(ForwardShape::new(forward, shape)))
}

/// Read the bin's forward and its progress
#[utoipa::path(tag = "delivery", responses((status = 200, body = ForwardShape<'_>)))]
#[get("/api/v1/bins/{bin}/forward")]
async fn read(state: State, bin: BinRef) -> Result<HttpResponse, Problem> {
    shown(&state, &bin.0).await
}

/// Forward what the bin captures from now on
#[utoipa::path(tag = "delivery", request_body = ForwardInput, responses((status = 200, body = ForwardShape<'_>)))]
#[put("/api/v1/bins/{bin}/forward")]
async fn set(state: State, bin: BinRef, input: Json<ForwardInput>) -> Result<HttpResponse, Problem> {
    let forward = input.0.checked(None)?;
    store(&state, &bin, forward, true).await
}

/// Change how the bin forwards
#[utoipa::path(tag = "delivery", request_body = ForwardInput, responses((status = 200, body = ForwardShape<'_>)))]
#[patch("/api/v1/bins/{bin}/forward")]
async fn change(state: State, bin: BinRef, input: Json<ForwardInput>) -> Result<HttpResponse, Problem> {
    let Some(before) = bin.0.bin.settings.forward.clone() else { return Err(Problem::not_found("forward")) };
    let says_paused = input.0.says_paused();
    let forward = input.0.checked(Some(before))?;
    store(&state, &bin, forward, says_paused).await
}

/// Stores it; a pause made meanwhile stays, unless `says_paused`.
async fn store(
    state: &State,
    bin: &BinRef,
    forward: ForwardSettings,
    says_paused: bool,
) -> Result<HttpResponse, Problem> {
    for (target, field) in targets(&forward) {
        let url = checked_target(target, &field)?;
        state.deliver.check(&url).await.map_err(|refusal| Problem::from(refusal).at(field))?;
    }
    let after = forward.clone();
    let now = state.capture.clock().now();
    let update = move |settings: &mut BinSettings| {
        let as_it_is = settings.forward.as_ref().filter(|_| !says_paused);
        let (paused, paused_until) =
            as_it_is.map_or((forward.paused, forward.paused_until), |now| (now.paused, now.paused_until));
        settings.set_forward(Some(ForwardSettings { paused, paused_until, ..forward }), now);
    };
    let changed = state.deliver.set_forward(&bin.0, &after, update).await?;
    shown(state, &changed).await
}

/// Stop forwarding
#[utoipa::path(tag = "delivery", responses((status = 204, description = "Nothing is forwarded")))]
#[delete("/api/v1/bins/{bin}/forward")]
async fn remove(state: State, bin: BinRef) -> Result<HttpResponse, Problem> {
    let now = state.capture.clock().now();
    state.store.update_bin(bin.id(), move |settings| settings.set_forward(None, now)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The time from which to forward.
#[derive(Deserialize, ToSchema)]
#[schema(as = CatchUpInput)]
#[serde(deny_unknown_fields, remote = "Self")]
struct CatchUpInput {
    /// Requests received at this time or later are forwarded, unless they were delivered already.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
}

only_objects!(CatchUpInput);

/// Forward what was passed over
#[utoipa::path(tag = "delivery", request_body = CatchUpInput, responses((status = 200, body = ForwardShape<'_>)))]
#[post("/api/v1/bins/{bin}/forward/catch-up")]
async fn catch_up(state: State, bin: BinRef, input: Json<CatchUpInput>) -> Result<HttpResponse, Problem> {
    if bin.0.bin.settings.forward.is_none() {
        return Err(Problem::not_found("forward"));
    }
    if let Some(cursor) = state.store.cursor_before(bin.id(), input.0.since).await? {
        let now = state.store.forward_cursor(bin.id()).await?.unwrap_or_default().through;
        state.store.forward_from(bin.id(), cursor.min(now), false).await?;
        state.deliver.forward_was_set(bin.id());
    }
    shown(&state, &bin.0).await
}
