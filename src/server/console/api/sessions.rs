//! The sessions of a bin.

use actix_web::{HttpResponse, get};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::contract::SourceShape;
use crate::model::{Origin, RequestId, Seq, SignatureStatus, Timestamp};
use crate::provider::content::Page;
use crate::provider::lifecycle::SessionFinding;
use crate::server::console::extract::{BinRef, Named, Query, State};
use crate::server::console::problem::Problem;
use crate::server::console::sessions::{self, Found, MAX_PAGE, PAGE, Session, SessionEvent, SessionName};

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(list).service(read).service(read_by_query);
}

/// A page of sessions.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionPage)]
struct PageShape<'a> {
    /// Most recent first.
    sessions: Vec<SessionShape<'a>>,
    /// The cursor of the next page, for `before`; `null` at the end.
    next: Option<Seq>,
}

/// The requests that name a session, checked against their platform's lifecycle.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
struct SessionShape<'a> {
    /// Its id, as in its requests.
    id: &'a str,
    /// The platform's id.
    provider: Option<&'a str>,
    /// When its first request came.
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Timestamp>,
    /// When the last of `events` came.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_at: Option<Timestamp>,
    /// How many requests name it.
    total: u64,
    /// The oldest of them, oldest first: at most 200 in a list, 10,000 of one session.
    events: Vec<EventShape<'a>>,
    /// The title of the platform's document.
    document: Option<&'a str>,
    /// The events that it should have.
    expected: &'a [&'a str],
    /// Of these, the missing ones, once the session has ended or been silent.
    missing: &'a [&'a str],
    /// What is missing, repeated, impossible, out of order or contradictory.
    findings: Vec<FindingShape<'a>>,
    /// The events' differences from their contract, in total.
    contract: SessionContractShape,
    /// Why the session was not checked against a lifecycle.
    not_checked_because: Option<&'a str>,
}

/// A request of a session.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionEvent)]
struct EventShape<'a> {
    /// The request's id.
    #[schema(value_type = String)]
    request: RequestId,
    /// The event's name.
    name: Option<&'a str>,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The first request with the same event.
    #[schema(value_type = Option<String>)]
    duplicate_of: Option<RequestId>,
    /// The status that the sender got; `null` for no response.
    status: Option<u16>,
    /// The verdict on its signature.
    #[schema(value_type = String)]
    signature: SignatureStatus,
    /// Where it comes from.
    #[schema(value_type = String)]
    origin: Origin,
    /// Why it does not count for the findings; `null` when it does.
    left_out: Option<&'a str>,
    /// Its differences from its contract; `null` when it was not checked. `GET …/requests/{id}/contract` has the
    /// findings.
    contract: Option<ContractCountsShape>,
}

/// How many findings there are by the platform's contract and by the headers that the bin expects.
#[derive(Serialize, ToSchema)]
#[schema(as = ContractCounts)]
struct ContractCountsShape {
    /// Findings that break the contract.
    breaks: usize,
    /// Findings unknown to the document, but allowed.
    unknown: usize,
    /// Differences from the document's sample.
    drift: usize,
    /// Beyond these: more of the same kinds.
    more: u64,
}

/// The same of all events of a session.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionContract)]
struct SessionContractShape {
    /// Events that were checked against their contract: those whose bodies were read. In a list, the first 40 of a
    /// session.
    events: usize,
    #[serde(flatten)]
    found: ContractCountsShape,
}

impl From<Found> for ContractCountsShape {
    fn from(found: Found) -> Self {
        let Found { weights, more } = found;
        Self { breaks: weights.breaks, unknown: weights.unknown, drift: weights.drift, more }
    }
}

/// A finding about a session.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionFinding)]
struct FindingShape<'a> {
    /// `breaks` the document's rules, `drift` from the usual, or worth a `note`.
    severity: &'static str,
    /// `missing`, `twice`, `redelivered`, `redelivered_changed`, `out_of_order`, `after_end`, `ended_before_started`,
    /// `not_of_a_text_session`, `contradiction`, `duration` or `not_accepted`.
    code: &'a str,
    /// The finding, in a sentence.
    sentence: &'a str,
    /// What the document says.
    source: SourceShape,
    /// The requests that it is about, at most 20.
    #[schema(value_type = Vec<String>)]
    requests: &'a [RequestId],
}

impl<'a> From<&'a SessionEvent> for EventShape<'a> {
    fn from(event: &'a SessionEvent) -> Self {
        let summary = &event.summary;
        Self {
            request: summary.id,
            name: summary.derived.event.name.as_deref(),
            at: summary.received_at,
            duplicate_of: summary.derived.event.duplicate_of,
            status: summary.response.status,
            signature: summary.derived.verdict.status,
            origin: summary.origin,
            left_out: event.left_out,
            contract: event.found.map(ContractCountsShape::from),
        }
    }
}

impl<'a> From<&'a SessionFinding> for FindingShape<'a> {
    fn from(finding: &'a SessionFinding) -> Self {
        Self {
            severity: finding.severity.into(),
            code: finding.code,
            sentence: &finding.sentence,
            source: finding.says.into(),
            requests: &finding.requests,
        }
    }
}

impl<'a> From<&'a Session> for SessionShape<'a> {
    fn from(session: &'a Session) -> Self {
        let examined = session.examined.as_ref().ok();
        Self {
            id: &session.id,
            provider: session.provider.as_deref(),
            started_at: session.started_at(),
            last_at: session.last_at(),
            total: session.total,
            events: session.events.iter().map(EventShape::from).collect(),
            document: examined.map(|examined| examined.document),
            expected: examined.map_or(&[], |examined| &examined.expected),
            missing: examined.map_or(&[], |examined| &examined.missing),
            findings: examined.into_iter().flat_map(|examined| &examined.findings).map(FindingShape::from).collect(),
            contract: SessionContractShape { events: session.contract.events, found: session.contract.found.into() },
            not_checked_because: session.examined.as_ref().err().copied(),
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListParams {
    /// How many at most; 1 to 100, default 20.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// Only sessions whose newest request has a `seq` below this.
    before: Option<Seq>,
}

/// List a bin's sessions, each checked against its platform's lifecycle
#[utoipa::path(tag = "events", params(ListParams), responses((status = 200, body = PageShape<'_>)))]
#[get("/api/v1/bins/{bin}/sessions")]
async fn list(state: State, bin: BinRef, query: Query<ListParams>) -> Result<HttpResponse, Problem> {
    let limit = query.limit.unwrap_or(PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Problem::query("limit", format!("A limit is a number from 1 to {MAX_PAGE}.")));
    }
    let (sessions, next) = sessions::page(&state, &bin.0, query.before, limit).await?;
    Ok(HttpResponse::Ok().json(PageShape { sessions: sessions.iter().map(SessionShape::from).collect(), next }))
}

/// In the API, the transcript is read at its own request.
const NO_MESSAGES: Page = Page { from: 0, limit: 0 };

/// Read a session: its requests, and what is missing, repeated, impossible or contradictory
#[utoipa::path(tag = "events", responses((status = 200, body = SessionShape<'_>)))]
#[get("/api/v1/bins/{bin}/sessions/{session}")]
async fn read(state: State, bin: BinRef, session: Named<SessionName>) -> Result<HttpResponse, Problem> {
    let session = sessions::one(&state, &bin.0, session.0.0, NO_MESSAGES).await?;
    Ok(HttpResponse::Ok().json(SessionShape::from(&session)))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct NamedParams {
    /// What the session's requests call it.
    id: String,
}

/// Read a session that a path cannot name
///
/// The same as the session's own path. HTTP clients remove `.` and `..` from a path, so sessions of these names are
/// reached only here.
#[utoipa::path(tag = "events", params(NamedParams), responses((status = 200, body = SessionShape<'_>)))]
#[get("/api/v1/bins/{bin}/session")]
async fn read_by_query(state: State, bin: BinRef, query: Query<NamedParams>) -> Result<HttpResponse, Problem> {
    let session = sessions::one(&state, &bin.0, query.0.id, NO_MESSAGES).await?;
    Ok(HttpResponse::Ok().json(SessionShape::from(&session)))
}
