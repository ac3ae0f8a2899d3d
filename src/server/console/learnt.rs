//! The shape of an event, learnt from the newest requests of a bin that have it.

use super::ConsoleState;
use super::heavy::heavy;
use super::problem::Problem;
use super::reading::Reading;
use crate::model::filter::Filter;
use crate::model::{BinId, CapturedRequest, RequestId, Seq, Timestamp};
use crate::provider::contract::{self, Documented};
use crate::provider::finding::{Finding, Place};
use crate::provider::shape::{self, Shape};
use crate::store::{ListQuery, RequestRef, StoreError};

/// Requests that a shape is learnt from.
const LEARNT_FROM: usize = 200;
/// Requests before one that it is held against.
const COMPARED_WITH: usize = 50;
/// Bytes of all bodies that a shape is learnt from: a tree of a body waits for it.
const MAX_BODIES: u64 = 8 << 20;
/// Bytes of a body that is learnt.
const MAX_BODY: u64 = 256 << 10;

/// An event as a bin's newest requests have it.
pub(super) struct Learnt {
    pub(super) shape: Shape,
    /// The requests that it was learnt from, oldest first: `first` and `last` of a field count them.
    pub(super) from: Vec<(RequestId, Timestamp)>,
    /// What of the newest is otherwise than before.
    pub(super) drift: Vec<Finding>,
    /// The platform of the newest.
    pub(super) provider: Option<String>,
}

impl Learnt {
    /// When, and by which request, the body of that number came.
    pub(super) fn at(&self, number: usize) -> (RequestId, Timestamp) {
        self.from.get(number).copied().unwrap_or((RequestId::from_bytes([0; 16]), Timestamp::default()))
    }

    /// What is otherwise than before at a place.
    pub(super) fn drift_at(&self, pointer: &str) -> impl Iterator<Item = &Finding> {
        let is_there = move |finding: &&Finding| matches!(&finding.place, Place::Body(at) if at == pointer);
        self.drift.iter().filter(is_there)
    }

    /// What the platform's document says of a place.
    pub(super) fn documented(&self, event: &str, pointer: &str) -> Option<Documented> {
        contract::documented(self.provider.as_deref()?, event, pointer)
    }
}

/// An event, by the bin's newest requests with it.
pub(super) async fn learnt(state: &ConsoleState, bin: BinId, event: &str) -> Result<Learnt, Problem> {
    let requests = requests(state, bin, event, None, LEARNT_FROM).await?;
    let (drift, provider) = match requests.first() {
        Some(newest) => (drift(state, newest).await?, newest.summary.derived.event.provider.clone()),
        None => (Vec::new(), None),
    };
    let learn = move || {
        let (mut shape, mut from) = (Shape::default(), Vec::new());
        for request in requests.iter().rev() {
            let reading = Reading::new(request);
            if shape.learn(&reading.json()) {
                from.push((request.summary.id, request.summary.received_at));
            }
        }
        (shape, from)
    };
    let (shape, from) = heavy(learn).await?;
    Ok(Learnt { shape, from, drift, provider })
}

/// The shape of an event, by the newest requests below `before`.
async fn shape(
    state: &ConsoleState,
    bin: BinId,
    event: &str,
    before: Option<Seq>,
    limit: usize,
) -> Result<Shape, Problem> {
    let requests = requests(state, bin, event, before, limit).await?;
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

/// The newest requests below `before` that have an event, newest first.
async fn requests(
    state: &ConsoleState,
    bin: BinId,
    event: &str,
    before: Option<Seq>,
    limit: usize,
) -> Result<Vec<CapturedRequest>, Problem> {
    let quoted = event.replace('\\', "\\\\").replace('"', "\\\"");
    let Ok(filter) = Filter::parse(&format!("event:\"{quoted}\"")) else { return Ok(Vec::new()) };
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
    Ok(requests)
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
