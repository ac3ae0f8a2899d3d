//! The checklist of a bin.

use actix_web::{HttpResponse, get, put};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::contract::SourceShape;
use crate::model::{BinSettings, RequestId, StatedPoint, Timestamp};
use crate::provider::checklist::{Checklist, Judged, State as PointState, has_point, markdown};
use crate::server::console::checklist;
use crate::server::console::extract::{BinRef, Json, Named, Query, State, only_objects, path_names};
use crate::server::console::pages::BinLinks;
use crate::server::console::problem::Problem;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(read).service(state_point);
}

/// Characters of a note.
const MAX_NOTE: usize = 1_000;

/// What must be so before an endpoint goes into production, by the platform's document.
#[derive(Serialize, ToSchema)]
#[schema(as = Checklist)]
struct ChecklistShape<'a> {
    /// The platform's id.
    provider: &'a str,
    /// The title of the platform's document.
    document: &'a str,
    /// How many points apply.
    due: usize,
    /// How many of them are settled, by evidence or by hand.
    settled: usize,
    /// The points, in the document's order.
    points: Vec<PointShape<'a>>,
}

/// A point of a checklist.
#[derive(Serialize, ToSchema)]
#[schema(as = ChecklistPoint)]
struct PointShape<'a> {
    /// Its name.
    id: &'a str,
    /// `proven`, `failed`, `not_seen`, `not_applicable` or `stated` by hand.
    #[schema(value_type = String)]
    state: PointState,
    /// Why that is its state.
    sentence: &'a str,
    /// What would prove it, where it is not proven.
    way: Option<&'a str>,
    /// The same as a link into the console; `null` if it is proven or can only be stated by hand.
    action: Option<ActionShape>,
    /// The point in the document's words.
    source: SourceShape,
    /// Requests that show it, at most 5.
    #[schema(value_type = Vec<String>)]
    evidence: &'a [RequestId],
    /// A receiver check that gives evidence, as a link into the console; `sentence` says what was checked.
    check: Option<String>,
    /// The note of a statement by hand.
    note: Option<&'a str>,
    /// When that was.
    #[schema(value_type = Option<String>, format = DateTime)]
    stated_at: Option<Timestamp>,
}

/// What would prove a point.
#[derive(Serialize, ToSchema)]
#[schema(as = ChecklistAction)]
struct ActionShape {
    /// What it is called.
    label: &'static str,
    /// The page where it is done.
    url: String,
}

impl<'a> PointShape<'a> {
    fn new(point: &'a Judged, links: &BinLinks, console: &str) -> Self {
        let action = point.act.map(|act| {
            let (label, href) = checklist::action(act, links);
            ActionShape { label, url: format!("{console}{href}") }
        });
        Self {
            id: point.id,
            state: point.state,
            sentence: &point.sentence,
            way: point.way,
            action,
            source: point.says.into(),
            evidence: &point.evidence,
            check: point.check.map(|check| format!("{console}{}", checklist::check_address(check))),
            note: point.note.as_ref().map(|(note, _)| note.as_str()),
            stated_at: point.note.as_ref().map(|(_, at)| *at),
        }
    }
}

impl<'a> ChecklistShape<'a> {
    fn new(list: &'a Checklist, links: &BinLinks, console: &str) -> Self {
        Self {
            provider: list.provider,
            document: list.document,
            due: list.due(),
            settled: list.settled(),
            points: list.points.iter().map(|point| PointShape::new(point, links, console)).collect(),
        }
    }
}

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum FormatParam {
    /// For programs.
    #[default]
    Json,
    /// For a ticket.
    Md,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Params {
    /// `json` (default) or `md`: Markdown for a ticket.
    #[param(inline)]
    format: Option<FormatParam>,
}

async fn shown(state: &State, bin: &BinRef) -> Result<Checklist, Problem> {
    let without = || Problem::not_found("checklist: no platform with one is set or recognised");
    checklist::of(state, &bin.0).await?.ok_or_else(without)
}

/// What must be so before your endpoint goes into production, with the evidence that the bin has
#[utoipa::path(tag = "events", params(Params), responses((status = 200, description = "The checklist", content(
    (ChecklistShape<'_> = "application/json"), (String = "text/markdown"),
))))]
#[get("/api/v1/bins/{bin}/checklist")]
async fn read(state: State, bin: BinRef, query: Query<Params>) -> Result<HttpResponse, Problem> {
    let list = shown(&state, &bin).await?;
    let links = BinLinks::new(&bin.0.bin, &state);
    Ok(match query.format.unwrap_or_default() {
        FormatParam::Json => HttpResponse::Ok().json(ChecklistShape::new(&list, &links, &state.console_url)),
        FormatParam::Md => {
            let link = |id: RequestId| format!("{}{}/requests/{id}", state.console_url, links.base);
            let check_link = |check: u64| format!("{}{}", state.console_url, checklist::check_address(check));
            let text = markdown(&list, &links.label, state.capture.clock().now(), link, check_link);
            HttpResponse::Ok().content_type("text/markdown; charset=utf-8").body(text)
        }
    })
}

/// A statement by hand about a point.
#[derive(Deserialize, ToSchema)]
#[schema(as = PointInput)]
#[serde(deny_unknown_fields, remote = "Self")]
struct PointInput {
    /// Whether it is so; `false` withdraws the statement.
    stated: bool,
    /// Where this can be seen.
    #[serde(default)]
    #[schema(max_length = 1000)]
    note: Option<String>,
}

only_objects!(PointInput);

path_names! {
    /// A point of a checklist.
    struct PointName, "point";
}

/// State by hand what Creel cannot see; evidence against it is not hidden by it
#[utoipa::path(tag = "events", request_body = PointInput, responses((status = 200, body = ChecklistShape<'_>)))]
#[put("/api/v1/bins/{bin}/checklist/{point}")]
async fn state_point(
    state: State,
    bin: BinRef,
    point: Named<PointName>,
    input: Json<PointInput>,
) -> Result<HttpResponse, Problem> {
    let point = point.0.0;
    let PointInput { stated, note } = input.0;
    let note = note.unwrap_or_default().trim().to_owned();
    if note.chars().count() > MAX_NOTE {
        return Err(Problem::field("note", format!("A note has at most {MAX_NOTE} characters.")));
    }
    let list = shown(&state, &bin).await?;
    if !has_point(list.provider, &point) {
        return Err(Problem::not_found("point"));
    }
    let at = state.capture.clock().now();
    let update = move |settings: &mut BinSettings| {
        let expect = settings.expect.get_or_insert_default();
        if stated { expect.state(StatedPoint { point, note, at }) } else { expect.take_back(&point) }
    };
    let changed = state.store.update_bin(bin.id(), update).await?;
    let links = BinLinks::new(&changed.bin, &state);
    let list = shown(&state, &BinRef(changed)).await?;
    Ok(HttpResponse::Ok().json(ChecklistShape::new(&list, &links, &state.console_url)))
}
