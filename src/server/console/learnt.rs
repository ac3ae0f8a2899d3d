//! The shape of an event, learnt from the newest requests of a bin that have it.

use super::ConsoleState;
use super::heavy::heavy;
use super::problem::Problem;
use super::reading::Reading;
use crate::model::filter::Filter;
use crate::model::{BinId, CapturedRequest, Seq};
use crate::provider::contract;
use crate::provider::finding::Finding;
use crate::provider::shape::{self, Shape};
use crate::store::{ListQuery, RequestRef, StoreError};

/// Requests that a shape is learnt from.
pub(super) const LEARNT_FROM: usize = 200;
/// Requests before one that it is held against.
const COMPARED_WITH: usize = 50;
/// Bytes of all bodies that a shape is learnt from: a tree of a body waits for it.
const MAX_BODIES: u64 = 8 << 20;
/// Bytes of a body that is learnt.
const MAX_BODY: u64 = 256 << 10;

/// The shape of an event, by the newest requests below `before`.
pub(super) async fn shape(
    state: &ConsoleState,
    bin: BinId,
    event: &str,
    before: Option<Seq>,
    limit: usize,
) -> Result<Shape, Problem> {
    let quoted = event.replace('\\', "\\\\").replace('"', "\\\"");
    let Ok(filter) = Filter::parse(&format!("event:\"{quoted}\"")) else { return Ok(Shape::default()) };
    let page = state.store.list(bin, ListQuery { filter, limit, before, ..ListQuery::default() }).await?;
    let mut requests: Vec<CapturedRequest> = Vec::new();
    let mut left = MAX_BODIES;
    for summary in page.requests.iter().filter(|one| one.complete && one.body_size <= MAX_BODY) {
        if summary.body_size > left {
            break;
        }
        left -= summary.body_size;
        match state.store.request(bin, RequestRef::Id(summary.id)).await {
            Ok(request) => requests.push(request),
            // Deleted meanwhile.
            Err(StoreError::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let learn = move || {
        let mut shape = Shape::default();
        for request in requests.iter().rev() {
            let reading = Reading::new(request);
            shape.learn(&reading.json());
        }
        shape
    };
    Ok(heavy(learn).await?)
}

/// What of a request is otherwise than the earlier ones with its event; of a platform whose document is known in full, than the
/// last one.
pub(super) async fn drift(state: &ConsoleState, request: &CapturedRequest) -> Result<Vec<Finding>, Problem> {
    let summary = &request.summary;
    let in_full = summary.derived.event.provider.as_deref().is_some_and(contract::is_known);
    let Some(event) = summary.derived.event.name.as_deref().filter(|_| summary.complete) else {
        return Ok(Vec::new());
    };
    let compared_with = if in_full { 1 } else { COMPARED_WITH };
    let before = shape(state, summary.bin, event, Some(summary.seq), compared_with).await?;
    let request = request.clone();
    let differences = if in_full { shape::differences } else { shape::drift };
    Ok(heavy(move || differences(&before, &Reading::new(&request).json())).await?)
}
