//! Checks a request against its platform's document.

use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::model::CapturedRequest;
use crate::provider::contract::Report;
use crate::provider::finding::{Finding, Place, Says};
use crate::provider::own_schema::SchemaReport;
use crate::server::console::extract::{BinRef, State, WhichRequest};
use crate::server::console::heavy::Found;
use crate::server::console::learnt;
use crate::server::console::problem::Problem;
use crate::server::console::reading::{self, EventReport};

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(contract);
}

/// The check of a request against its platform's contract.
#[derive(Serialize, ToSchema)]
#[schema(as = Contract)]
struct ContractShape<'a> {
    /// The platform's id; `null` when the request was not checked.
    provider: Option<&'a str>,
    /// The title of the platform's document.
    document: Option<&'a str>,
    /// The event whose contract was used; `null` also when the document has no such event.
    event: Option<&'a str>,
    /// Why the request was not checked.
    not_checked_because: Option<&'a str>,
    /// Differences from the document, in the order of the request.
    findings: Vec<FindingShape<'a>>,
    /// Findings beyond these: more of the same.
    more: u64,
    /// Differences from earlier requests with the event: from the last one, if the platform's document is known in
    /// full; else from the 50 before (at most 8 MiB of them), once there are 3. The body's tree shows each at its
    /// place.
    drift: Vec<FindingShape<'a>>,
    /// Header fields that the bin expects and that are missing or different.
    headers: Vec<FindingShape<'a>>,
    /// The check against the JSON Schema that you set for the event; `null` if none is set.
    schema: Option<SchemaReportShape<'a>>,
}

/// The check of a body against the schema set for its event.
#[derive(Serialize, ToSchema)]
#[schema(as = SchemaReport)]
struct SchemaReportShape<'a> {
    /// Violations of the schema, at most 50.
    findings: Vec<FindingShape<'a>>,
    /// Findings beyond these.
    more: u64,
    /// Why the body was not checked.
    not_checked_because: Option<&'a str>,
}

impl<'a> From<&'a Result<SchemaReport, &'static str>> for SchemaReportShape<'a> {
    fn from(report: &'a Result<SchemaReport, &'static str>) -> Self {
        Self {
            findings: report.iter().flat_map(|report| &report.findings).map(FindingShape::from).collect(),
            more: report.as_ref().map_or(0, |report| report.more),
            not_checked_because: report.as_ref().err().copied(),
        }
    }
}

/// A difference from the document.
#[derive(Serialize, ToSchema)]
#[schema(as = ContractFinding)]
struct FindingShape<'a> {
    /// `line`, `header` or `body`.
    place: &'static str,
    /// The header's name, for a finding about a header.
    header: Option<&'a str>,
    /// The JSON pointer (RFC 6901) of the value, for a finding about the body; for a missing value, where it should
    /// be.
    pointer: Option<&'a str>,
    /// `breaks` the contract, `unknown` to the document but allowed, or `drift`: differs from the sample or from
    /// earlier requests.
    severity: &'static str,
    /// A stable name: `missing`, `wrong_type`, `unknown_value`, `unknown_field`…
    code: &'a str,
    /// The finding, in a sentence.
    sentence: &'a str,
    /// What the document says.
    source: SourceShape,
}

/// A sentence of a platform's document.
#[derive(Serialize, ToSchema)]
#[schema(as = Source)]
pub(super) struct SourceShape {
    /// The heading above it.
    section: &'static str,
    /// The words.
    text: &'static str,
}

impl From<Says> for SourceShape {
    fn from(says: Says) -> Self {
        Self { section: says.section, text: says.text }
    }
}

impl<'a> From<&'a Finding> for FindingShape<'a> {
    fn from(finding: &'a Finding) -> Self {
        let (place, header, pointer) = match &finding.place {
            Place::Line => ("line", None, None),
            Place::Header(name) => ("header", Some(name.as_ref()), None),
            Place::Body(pointer) => ("body", None, Some(pointer.as_str())),
        };
        Self {
            place,
            header,
            pointer,
            severity: finding.severity.into(),
            code: finding.code,
            sentence: &finding.sentence,
            source: finding.says.into(),
        }
    }
}

impl<'a> ContractShape<'a> {
    fn new(all: &'a EventReport, drift: &'a [Finding]) -> Self {
        let report: Result<&Report, &str> = all.contract.as_ref().map_err(|why| *why);
        Self {
            headers: all.headers.iter().map(FindingShape::from).collect(),
            schema: all.schema.as_ref().map(SchemaReportShape::from),
            provider: report.map(|report| report.provider).ok(),
            document: report.map(|report| report.document).ok(),
            event: report.ok().and_then(|report| report.event),
            not_checked_because: report.err(),
            findings: report.ok().into_iter().flat_map(|report| &report.findings).map(FindingShape::from).collect(),
            more: report.map_or(0, |report| report.more),
            drift: drift.iter().map(FindingShape::from).collect(),
        }
    }
}

/// Hold a request against what its platform's document says: head and body, each finding at its place
#[utoipa::path(tag = "events", responses((status = 200, body = ContractShape<'_>)))]
#[get("/api/v1/bins/{bin}/requests/{id}/contract")]
async fn contract(state: State, bin: BinRef, which: WhichRequest) -> Result<HttpResponse, Problem> {
    let found = Found::find(&state.store, bin.id(), which.0).await?;
    let before = learnt::before(&state, found.summary()).await?;
    let work = move |captured: CapturedRequest| (before.drift(&captured), reading::report(&captured, &bin.0.bin));
    let (drift, all) = found.read(&state.store).await?.run(work).await?;
    Ok(HttpResponse::Ok().json(ContractShape::new(&all, &drift)))
}
