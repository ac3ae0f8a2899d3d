//! The events of a bin, and the shape learnt for each.

use actix_web::{HttpResponse, get};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::model::{RequestId, SentResponse, Seq, Timestamp};
use crate::provider::contract::Documented;
use crate::provider::shape::{Field, Presence, json_schema, typescript};
use crate::server::console::extract::{BinRef, Query, State, WhichRequest};
use crate::server::console::heavy;
use crate::server::console::learnt::{self, Kin, Learnt};
use crate::server::console::problem::Problem;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(list).service(shape).service(repeats);
}

/// The events of a bin.
#[derive(Serialize, ToSchema)]
#[schema(as = Events)]
struct EventsShape {
    /// In the order in which they were first seen; at most 100, of the newest 50,000 requests.
    events: Vec<EventCountShape>,
    /// Of the newest 1,000 requests without an event, those with a body, grouped by method and path, at most 20
    /// groups: each has a learnt shape under this name.
    unnamed: Vec<UnnamedShape>,
}

/// Requests without a recognised event.
#[derive(Serialize, ToSchema)]
#[schema(as = Unnamed)]
struct UnnamedShape {
    /// Method and path below the bin, such as `POST /orders`.
    name: String,
    /// How many there are.
    count: u64,
}

/// How often an event came.
#[derive(Serialize, ToSchema)]
#[schema(as = EventCount)]
struct EventCountShape {
    /// Its name.
    name: String,
    /// How often it came.
    count: u64,
    /// The cursor of the first request with it.
    first_seq: Seq,
    /// The cursor of the last one.
    last_seq: Seq,
}

/// List the events that a bin has seen
#[utoipa::path(tag = "events", responses((status = 200, body = EventsShape)))]
#[get("/api/v1/bins/{bin}/events")]
async fn list(state: State, bin: BinRef) -> Result<HttpResponse, Problem> {
    let seen = state.store.events_seen(bin.id()).await?;
    let events = seen.into_iter().map(|event| EventCountShape {
        name: event.name,
        count: event.count,
        first_seq: event.first,
        last_seq: event.last,
    });
    let unnamed = learnt::unnamed(&state, bin.id()).await?;
    let unnamed = unnamed.into_iter().map(|(kin, count)| UnnamedShape { name: kin.name(), count });
    Ok(HttpResponse::Ok().json(EventsShape { events: events.collect(), unnamed: unnamed.collect() }))
}

/// The shape of an event, as learnt from the bin's newest requests with it.
#[derive(Serialize, ToSchema)]
#[schema(as = LearntShape)]
struct LearntShape<'a> {
    /// The event's name.
    event: &'a str,
    /// How many bodies it was learnt from; at most 200.
    samples: u32,
    /// Every place of the bodies.
    fields: Vec<FieldShape>,
    /// The same as a TypeScript type.
    typescript: String,
    /// The same as a JSON Schema (draft 2020-12).
    #[schema(value_type = Object)]
    json_schema: serde_json::Value,
}

/// A place of the bodies.
#[derive(Serialize, ToSchema)]
#[schema(as = LearntField)]
struct FieldShape {
    /// A JSON pointer, with `*` for the items of an array.
    pointer: String,
    /// `object`, `array`, `string`, `integer`, `number`, `boolean`, `null`.
    types: Vec<&'static str>,
    /// In how many bodies it was present.
    present: u32,
    /// In how many bodies it could be present: those that have its parent.
    of: u32,
    /// `always` in every body, `with_parent` whenever its parent is present, or `sometimes`.
    #[schema(value_type = String)]
    presence: Presence,
    /// The values seen most.
    values: Vec<ValueShape>,
    /// `named` by the platform's document, `free` where the document allows any value, `unnamed`; `null` if no
    /// document is known.
    documented: Option<&'static str>,
    /// The first request that had it, of those that this was learnt from.
    first: SeenShape,
    /// The last one.
    last: SeenShape,
    /// How the newest request differs here from earlier ones.
    drift: Vec<DriftShape>,
}

/// A request that had a field.
#[derive(Serialize, ToSchema)]
#[schema(as = LearntSeen)]
struct SeenShape {
    /// Its id.
    #[schema(value_type = String)]
    request: RequestId,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// A difference from earlier requests.
#[derive(Serialize, ToSchema)]
#[schema(as = LearntDrift)]
struct DriftShape {
    /// `new_field`, `missing`, `retyped` or `new_value`.
    code: &'static str,
    /// What it is.
    sentence: String,
}

/// A value, and how often it was seen.
#[derive(Serialize, ToSchema)]
#[schema(as = LearntValue)]
struct ValueShape {
    /// The value as text, cut when it is long.
    value: String,
    /// How often.
    count: u32,
}

impl FieldShape {
    fn new(field: Field, learnt: &Learnt, event: &str) -> Self {
        let seen = |number: usize| {
            let (request, at) = learnt.at(number);
            SeenShape { request, at }
        };
        let drift = learnt.drift_at(&field.pointer);
        Self {
            documented: learnt.documented(event, &field.pointer).map(Documented::name),
            first: seen(field.first),
            last: seen(field.last),
            drift: drift.map(|one| DriftShape { code: one.code, sentence: one.sentence.clone() }).collect(),
            pointer: field.pointer,
            types: field.kinds.into_iter().map(crate::provider::shape::Kind::name).collect(),
            present: field.present,
            of: field.of,
            presence: field.presence,
            values: field.values.into_iter().map(|(value, count)| ValueShape { value, count }).collect(),
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ShapeParams {
    /// The event's name; or, for requests without a recognised event, method and path, such as `POST /orders`.
    event: String,
}

/// The shape of an event, learnt from the requests: fields, values, TypeScript, JSON Schema
#[utoipa::path(tag = "events", params(ShapeParams), responses((status = 200, body = LearntShape<'_>)))]
#[get("/api/v1/bins/{bin}/contract")]
async fn shape(state: State, bin: BinRef, query: Query<ShapeParams>) -> Result<HttpResponse, Problem> {
    let event = query.event.as_str();
    let learnt = learnt::learnt(&state, bin.id(), &Kin::parse(event)).await?;
    let shape = &learnt.shape;
    if shape.seen == 0 {
        return Err(Problem::not_found("event with a JSON body"));
    }
    Ok(HttpResponse::Ok().json(LearntShape {
        event,
        samples: shape.seen,
        fields: shape.fields().into_iter().map(|field| FieldShape::new(field, &learnt, event)).collect(),
        typescript: typescript(event, shape),
        json_schema: json_schema(event, shape),
    }))
}

/// The same request, sent before.
#[derive(Serialize, ToSchema)]
#[schema(as = Repeats)]
struct RepeatsShape {
    /// Newest first, at most 20; of the newest 20,000 requests before it.
    repeats: Vec<EarlierShape>,
}

/// An earlier request with the same method, target and body.
#[derive(Serialize, ToSchema)]
#[schema(as = Earlier)]
struct EarlierShape {
    /// Its id.
    #[schema(value_type = String)]
    request: RequestId,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Seconds from it to the request in the path.
    seconds_before: f64,
    /// The status that its sender got; `null` for no response.
    status: Option<u16>,
}

/// Requests that this one repeats: the same method, target and body, with the statuses that their senders got
#[utoipa::path(tag = "events", responses((status = 200, body = RepeatsShape)))]
#[get("/api/v1/bins/{bin}/requests/{id}/repeats")]
async fn repeats(state: State, bin: BinRef, which: WhichRequest) -> Result<HttpResponse, Problem> {
    let request = heavy::read(&state.store, bin.id(), which.0).await?;
    let received_at = request.request().summary.received_at;
    let earlier = state.store.same_before(request.request().clone()).await?;
    drop(request);
    let repeats = earlier.into_iter().map(|one| {
        let SentResponse { status, .. } = one.response;
        let seconds_before = received_at.since(one.received_at).as_secs_f64();
        EarlierShape { request: one.id, at: one.received_at, seconds_before, status }
    });
    Ok(HttpResponse::Ok().json(RepeatsShape { repeats: repeats.collect() }))
}
