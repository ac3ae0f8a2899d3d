//! Sends captured requests again.

use std::sync::Arc;

use actix_web::{HttpResponse, delete, get, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::input_replay::{Asked, ReplayInput};
use crate::deliver::engine::HeadChange;
use crate::deliver::{Batch, Draft, Job, Replayed, Selection};
use crate::model::RequestId;
use crate::server::console::ConsoleState;
use crate::server::console::extract::{
    BinRef, Json, Named, OptionalJson, PathPart, Query, State, WhichRequest, filter,
};
use crate::server::console::problem::Problem;
use crate::shapes::{AttemptShape, JobShape};

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(replay_one).service(replay_many).service(list_jobs).service(read_job).service(stop_job);
}

/// The result of a replay.
#[derive(Serialize, ToSchema)]
#[schema(as = Replay)]
struct ReplayShape<'a> {
    /// The attempts, in the order in which they ended.
    attempts: Vec<AttemptShape<'a>>,
    /// Requests that were not sent.
    skipped: Vec<SkippedShape>,
    /// With `dry_run`: what would be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    would_send: Option<DraftShape>,
}

/// A request that was not sent.
#[derive(Serialize, ToSchema)]
#[schema(as = Skipped)]
struct SkippedShape {
    /// Its id.
    #[schema(value_type = String)]
    request: RequestId,
    /// Why, in a sentence.
    reason: String,
}

/// What would be sent.
#[derive(Serialize, ToSchema)]
#[schema(as = Draft)]
struct DraftShape {
    /// The URL.
    target: String,
    /// The head, when it is UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    head: Option<String>,
    /// The head in base64, when it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    head_base64: Option<String>,
    /// The body, when it is UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    body: Option<String>,
    /// The body in base64, when it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    body_base64: Option<String>,
    /// How the head differs from the captured one, apart from the changes of `edit` and `resign`.
    changes: Vec<ChangeShape>,
}

/// A line that differs from the captured head.
#[derive(Serialize, ToSchema)]
#[schema(as = HeadChange)]
struct ChangeShape {
    /// As captured; `null` for an added line.
    from: Option<String>,
    /// As sent; `null` for one that is left out.
    to: Option<String>,
    /// Why, in a sentence.
    why: &'static str,
}

impl From<HeadChange> for ChangeShape {
    fn from(change: HeadChange) -> Self {
        Self { from: change.from, to: change.to, why: change.why }
    }
}

impl From<Draft> for DraftShape {
    fn from(draft: Draft) -> Self {
        use base64::Engine as _;
        let split = |bytes: &[u8]| match std::str::from_utf8(bytes) {
            Ok(text) => (Some(text.to_owned()), None),
            Err(_) => (None, Some(base64::engine::general_purpose::STANDARD.encode(bytes))),
        };
        let hidden = &draft.parcel.hidden;
        let (head, head_base64) = split(&hidden.bytes(&draft.parcel.head));
        let (body, body_base64) = split(&hidden.bytes(&draft.parcel.body));
        let changes = draft.changes.into_iter().map(ChangeShape::from).collect();
        Self { target: hidden.text(&draft.parcel.url).into_owned(), head, head_base64, body, body_base64, changes }
    }
}

/// A job that was begun.
#[derive(Serialize, ToSchema)]
#[schema(as = JobBegun)]
struct JobBegunShape {
    /// The job; `GET /api/v1/jobs/{job}` reads its state.
    job: JobShape,
}

fn shown(replayed: Replayed) -> HttpResponse {
    match replayed {
        Replayed::Now { attempts, skipped } => HttpResponse::Ok().json(ReplayShape {
            attempts: attempts.iter().map(AttemptShape::whole).collect(),
            skipped: skipped.into_iter().map(|(request, reason)| SkippedShape { request, reason }).collect(),
            would_send: None,
        }),
        Replayed::Later(job) => HttpResponse::Accepted().json(JobBegunShape { job: (&job.status()).into() }),
    }
}

/// Send a request again
///
/// Waits for up to ten deliveries; more become a job. Without a `target` it goes to the bin's forward target.
#[utoipa::path(tag = "delivery", request_body(content = Option<ReplayInput>, description = "Without one it goes where the bin's forward goes"), responses((status = 200, body = ReplayShape<'_>), (status = 202, body = JobBegunShape)))]
#[post("/api/v1/bins/{bin}/requests/{id}/replay")]
async fn replay_one(
    state: State,
    bin: BinRef,
    which: WhichRequest,
    input: OptionalJson<ReplayInput>,
) -> Result<HttpResponse, Problem> {
    let Asked { plan, count, spacing, parallel, dry_run } = input.0.checked(&bin.0.bin)?;
    let request = state.store.request(bin.id(), which.0).await?;
    if dry_run {
        state.deliver.check(&plan.target).await?;
        let draft = state.deliver.draft(&bin.0.bin, &request, &plan)?;
        let would_send = Some(draft.into());
        return Ok(HttpResponse::Ok().json(ReplayShape { attempts: Vec::new(), skipped: Vec::new(), would_send }));
    }
    let batch = Batch { selection: Selection::One { request: request.into(), count }, spacing, parallel };
    Ok(shown(state.deliver.replay(bin.0.clone(), batch, plan).await?))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct FilterParam {
    /// A filter; without it, every request of the bin.
    q: Option<String>,
}

/// Send every request that matches again, oldest first
///
/// Waits for up to ten deliveries; more become a job. Requests captured meanwhile are left out.
#[utoipa::path(tag = "delivery", params(FilterParam), request_body = ReplayInput, responses((status = 200, body = ReplayShape<'_>), (status = 202, body = JobBegunShape)))]
#[post("/api/v1/bins/{bin}/replay")]
async fn replay_many(
    state: State,
    bin: BinRef,
    query: Query<FilterParam>,
    input: Json<ReplayInput>,
) -> Result<HttpResponse, Problem> {
    let filter = filter(query.q.as_deref())?;
    if input.0.has_count() {
        return Err(Problem::field("count", "Each request is sent once; leave out `count`."));
    }
    let Asked { plan, spacing, parallel, dry_run, .. } = input.0.checked(&bin.0.bin)?;
    if dry_run {
        return Err(Problem::field("dry_run", "This shows one request; ask at the request itself."));
    }
    let batch = Batch { selection: Selection::Found(filter), spacing, parallel };
    Ok(shown(state.deliver.replay(bin.0.clone(), batch, plan).await?))
}

/// Jobs, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = Jobs)]
struct JobsShape {
    /// Running jobs, and the last finished ones.
    jobs: Vec<JobShape>,
}

/// List the jobs
#[utoipa::path(tag = "delivery", responses((status = 200, body = JobsShape)))]
#[get("/api/v1/jobs")]
async fn list_jobs(state: State) -> HttpResponse {
    HttpResponse::Ok().json(JobsShape { jobs: state.deliver.jobs().iter().map(JobShape::from).collect() })
}

impl PathPart for Arc<Job> {
    const PART: &'static str = "job";

    fn find(state: &ConsoleState, name: &str) -> Option<Self> {
        state.deliver.job(name.parse().ok()?)
    }
}

/// Read a job
#[utoipa::path(tag = "delivery", responses((status = 200, body = JobShape)))]
#[get("/api/v1/jobs/{job}")]
async fn read_job(job: Named<Arc<Job>>) -> HttpResponse {
    HttpResponse::Ok().json(JobShape::from(&job.0.status()))
}

/// Stop a job: open deliveries end normally, nothing more is sent
#[utoipa::path(tag = "delivery", responses((status = 200, body = JobShape)))]
#[delete("/api/v1/jobs/{job}")]
async fn stop_job(job: Named<Arc<Job>>) -> HttpResponse {
    job.0.stop();
    HttpResponse::Ok().json(JobShape::from(&job.0.status()))
}
