//! What the owner adds to requests: read flag, pin, note, tags.

use actix_web::{HttpResponse, patch};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::model::{MarksPatch, RequestId};
use crate::server::console::ConsoleState;
use crate::server::console::extract::{BinRef, Json, Query, State, WhichRequest, filter, only_objects};
use crate::server::console::problem::Problem;
use crate::shapes::SummaryShape;
use crate::store::RequestRef;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(mark_many).service(mark_one);
}

/// Characters of a note.
const MAX_NOTE: usize = 10_000;
/// Tags of a request.
const MAX_TAGS: usize = 50;
/// Characters of a tag.
const MAX_TAG: usize = 100;

/// What changes; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[schema(as = MarksInput)]
#[serde(deny_unknown_fields, remote = "Self")]
struct MarksInput {
    /// Read or unread.
    read: Option<bool>,
    /// Pinned requests are not evicted.
    pinned: Option<bool>,
    /// A text; an empty one or `null` removes the note.
    #[serde(default, deserialize_with = "note")]
    #[schema(value_type = Option<String>, max_length = 10000)]
    note: Option<String>,
    /// All tags of the request.
    #[schema(max_items = 50)]
    tags: Option<Vec<String>>,
}

only_objects!(MarksInput);

/// `null` removes the note, as an empty text does.
fn note<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::<String>::deserialize(deserializer).map(|text| Some(text.unwrap_or_default()))
}

impl MarksInput {
    fn checked(self) -> Result<MarksPatch, Problem> {
        if self.note.as_ref().is_some_and(|note| note.chars().count() > MAX_NOTE) {
            return Err(Problem::field("note", format!("A note has at most {MAX_NOTE} characters.")));
        }
        let tags = match self.tags {
            None => None,
            Some(tags) if tags.len() > MAX_TAGS => {
                return Err(Problem::field("tags", format!("A request has at most {MAX_TAGS} tags.")));
            }
            Some(tags) => {
                let mut trimmed: Vec<String> = tags.iter().map(|tag| tag.trim().to_owned()).collect();
                let fits = |tag: &String| {
                    !tag.is_empty() && tag.chars().count() <= MAX_TAG && !tag.chars().any(char::is_control)
                };
                if let Some(index) = trimmed.iter().position(|tag| !fits(tag)) {
                    return Err(Problem::field(
                        format!("tags[{index}]"),
                        format!("A tag has 1 to {MAX_TAG} characters and no control characters."),
                    ));
                }
                trimmed.sort();
                trimmed.dedup();
                Some(trimmed)
            }
        };
        Ok(MarksPatch { read: self.read, pinned: self.pinned, note: self.note, tags })
    }
}

/// The id behind `{id}`, also for `latest`.
pub(super) async fn id_of(state: &ConsoleState, bin: &BinRef, which: WhichRequest) -> Result<RequestId, Problem> {
    match which.0 {
        RequestRef::Id(id) => Ok(id),
        RequestRef::Latest => Ok(state.store.summary(bin.id(), RequestRef::Latest).await?.id),
    }
}

/// Mark a request: read flag, pin, note, tags
#[utoipa::path(tag = "requests", request_body = MarksInput, responses((status = 200, body = SummaryShape)))]
#[patch("/api/v1/bins/{bin}/requests/{id}")]
async fn mark_one(
    state: State,
    bin: BinRef,
    which: WhichRequest,
    input: Json<MarksInput>,
) -> Result<HttpResponse, Problem> {
    let patch = input.0.checked()?;
    let id = id_of(&state, &bin, which).await?;
    let summary = state.store.mark(bin.id(), id, patch).await?;
    Ok(HttpResponse::Ok().json(SummaryShape::from(&summary)))
}

/// How many were concerned.
#[derive(Serialize, ToSchema)]
#[schema(as = Marked)]
struct MarkedShape {
    /// Requests that match.
    marked: u64,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct FilterParam {
    /// A filter; without it, every request of the bin.
    q: Option<String>,
}

/// Mark every request that matches
#[utoipa::path(tag = "requests", params(FilterParam), request_body = MarksInput, responses((status = 200, body = MarkedShape)))]
#[patch("/api/v1/bins/{bin}/requests")]
async fn mark_many(
    state: State,
    bin: BinRef,
    query: Query<FilterParam>,
    input: Json<MarksInput>,
) -> Result<HttpResponse, Problem> {
    let filter = filter(query.q.as_deref())?;
    let marked = state.store.mark_matching(bin.id(), filter, input.0.checked()?).await?;
    Ok(HttpResponse::Ok().json(MarkedShape { marked }))
}
