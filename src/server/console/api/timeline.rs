//! A bin's requests over time.

use actix_web::{HttpResponse, get};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::model::Timestamp;
use crate::server::console::extract::{BinRef, Query, State};
use crate::server::console::problem::Problem;
use crate::server::console::timeline::{self, By, Counts, Lane};

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(read);
}

/// A bin's requests over time.
#[derive(Serialize, ToSchema)]
#[schema(as = Timeline)]
struct TimelineShape<'a> {
    /// When the first bucket begins; `null` for an empty bin.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// When the last one ends.
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// How long a bucket is, in milliseconds.
    bucket_ms: u64,
    /// The lanes; empty ones are left out, except that of all requests.
    lanes: Vec<LaneShape<'a>>,
    /// How many events or sessions have no lane of their own: their requests are in `other_events` or
    /// `other_sessions`.
    left_out: u64,
    /// How many requests were counted: at most the newest 100,000, and as many deliveries.
    looked_at: u64,
}

/// What is counted.
#[derive(Serialize, ToSchema)]
#[schema(as = TimelineLane)]
struct LaneShape<'a> {
    /// `all` requests, those with an `event`, with `no_event`, with `other_events` than the 8 most frequent; an event
    /// that came `again`; requests `not_accepted` (not answered 2xx) or `rejected`; `deliveries` and
    /// `failed_deliveries` of what was sent on. By session: those of a `session`, with `no_session`, of
    /// `other_sessions` than the 12 with the newest requests.
    kind: &'a str,
    /// The event's name.
    event: Option<&'a str>,
    /// The session's id.
    session: Option<&'a str>,
    /// All buckets together.
    total: u64,
    /// The number of each bucket, at most 121.
    counts: &'a [u64],
    /// Of `counts`, repeats of an earlier event; empty in lanes that count nothing else, and in those of deliveries.
    again: &'a [u64],
    /// Of `counts`, not answered 2xx; empty in the same lanes.
    not_accepted: &'a [u64],
}

impl<'a> From<&'a Counts> for LaneShape<'a> {
    fn from(lane: &'a Counts) -> Self {
        let (event, session) = match &lane.lane {
            Lane::Event(name) => (Some(name.as_str()), None),
            Lane::Session(id) => (None, Some(id.as_str())),
            _ => (None, None),
        };
        Self {
            kind: lane.lane.kind(),
            event,
            session,
            total: lane.total(),
            counts: &lane.buckets,
            again: &lane.again,
            not_accepted: &lane.not_accepted,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Params {
    /// The first moment; default that of the oldest request.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// The last moment; default that of the newest request.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// Whose lanes: `event` or `session`.
    #[serde(default)]
    #[param(inline)]
    by: By,
}

/// A bin's requests over time, in at most 121 buckets: bursts, repeats, requests not accepted, failed deliveries
#[utoipa::path(tag = "events", params(Params), responses((status = 200, body = TimelineShape<'_>)))]
#[get("/api/v1/bins/{bin}/timeline")]
async fn read(state: State, bin: BinRef, query: Query<Params>) -> Result<HttpResponse, Problem> {
    let lanes = timeline::lanes(&state, bin.id(), query.from, query.to, query.by.into()).await?;
    let lanes = lanes.as_ref();
    Ok(HttpResponse::Ok().json(TimelineShape {
        from: lanes.map(|lanes| lanes.from),
        to: lanes.map(|lanes| lanes.to),
        bucket_ms: lanes.map_or(0, |lanes| lanes.width_us / 1_000),
        lanes: lanes.into_iter().flat_map(|lanes| &lanes.lanes).map(LaneShape::from).collect(),
        left_out: lanes.map_or(0, |lanes| lanes.left_out),
        looked_at: lanes.map_or(0, |lanes| lanes.looked_at),
    }))
}
