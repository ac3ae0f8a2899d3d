//! The shape of an event, learnt from a bin's newest requests with it.

use std::collections::HashMap;

use super::ConsoleState;
use super::heavy::{heavy, learning};
use super::problem::Problem;
use super::reading::Reading;
use crate::model::filter::Filter;
use crate::model::{BinId, CapturedRequest, RequestId, RequestSummary, Seq, Timestamp};
use crate::provider::contract::{self, Documented};
use crate::provider::finding::{Finding, Place, Says};
use crate::provider::shape::{self, Shape};
use crate::store::{ListQuery, RequestRef, StoreError};

/// How many requests a shape is learnt from.
const LEARNT_FROM: usize = 200;
/// How many earlier requests one is compared with.
const COMPARED_WITH: usize = 50;
/// Total bytes of these bodies: the tree of a body waits for the learning.
const MAX_BODIES: u64 = 8 << 20;
/// Bytes of a body that is learnt.
const MAX_BODY: u64 = 256 << 10;

/// What was learnt about an event from a bin's newest requests.
pub(super) struct Learnt {
    pub(super) shape: Shape,
    /// The requests that it was learnt from, oldest first: `first` and `last` of a field count them.
    pub(super) from: Vec<(RequestId, Timestamp)>,
    /// How the newest differs from earlier ones.
    pub(super) drift: Vec<Finding>,
    /// The platform of the newest.
    pub(super) provider: Option<String>,
}

impl Learnt {
    /// The request with the body of that number, and its time.
    pub(super) fn at(&self, number: usize) -> (RequestId, Timestamp) {
        self.from.get(number).copied().unwrap_or((RequestId::from_bytes([0; 16]), Timestamp::default()))
    }

    /// The drift at one place.
    pub(super) fn drift_at(&self, pointer: &str) -> impl Iterator<Item = &Finding> {
        let is_there = move |finding: &&Finding| matches!(&finding.place, Place::Body(at) if at == pointer);
        self.drift.iter().filter(is_there)
    }

    /// What the platform's document says of a place.
    pub(super) fn documented(&self, event: &str, pointer: &str) -> Option<Documented> {
        contract::documented(self.provider.as_deref()?, event, pointer)
    }
}

/// Requests whose bodies are of one shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kin {
    /// Those with this event.
    Event(String),
    /// Requests without a recognised event, with this method and path below the bin.
    Path { method: String, path: String },
}

impl Kin {
    /// Reads a name: an event, or method and path (`POST /orders`) for requests without an event.
    pub(super) fn parse(text: &str) -> Self {
        match text.split_once(' ') {
            Some((method, path))
                if path.starts_with('/') && method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-') =>
            {
                Self::of_path(method, path)
            }
            _ => Self::Event(text.to_owned()),
        }
    }

    fn of_path(method: &str, path: &str) -> Self {
        Self::Path { method: method.to_owned(), path: path.trim_end_matches('/').to_owned() }
    }

    /// The group of a request. For a platform whose document is known in full, nothing is guessed.
    pub(super) fn of(summary: &RequestSummary) -> Option<Self> {
        let event = &summary.derived.event;
        match &event.name {
            Some(name) => Some(Self::Event(name.clone())),
            None if event.provider.as_deref().is_some_and(contract::is_known) || event.handshake.is_some() => None,
            // Only if its name parses back to the same group.
            None => Some(Self::of_path(&summary.method, &summary.path)).filter(|kin| Self::parse(&kin.name()) == *kin),
        }
    }

    /// Its name in URLs.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Event(name) => name.clone(),
            Self::Path { method, path } if path.is_empty() => format!("{method} /"),
            Self::Path { method, path } => format!("{method} {path}"),
        }
    }

    fn filter(&self) -> Filter {
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        let text = match self {
            Self::Event(name) => format!("event:\"{}\"", quoted(name)),
            Self::Path { method, .. } => format!("{UNNAMED} method:\"{}\"", quoted(method)),
        };
        Filter::parse(&text).unwrap_or_default()
    }
}

/// Requests with a body and without an event.
const UNNAMED: &str = "-has:event has:body -is:handshake -is:rejected";
/// How many of the newest of these are read.
const MAX_UNNAMED: usize = 1_000;
/// Most groups of them.
const MAX_PATHS: usize = 20;

/// The newest requests without a recognised event, grouped by method and path; largest group first.
pub(super) async fn unnamed(state: &ConsoleState, bin: BinId) -> Result<Vec<(Kin, u64)>, Problem> {
    let filter = Filter::parse(UNNAMED).unwrap_or_default();
    let page = state.store.list(bin, ListQuery { filter, limit: MAX_UNNAMED, ..ListQuery::default() }).await?;
    let mut counts: Vec<(Kin, u64)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for kin in page.requests.iter().filter_map(Kin::of) {
        let at = *places.entry(kin.name()).or_insert(counts.len());
        match counts.get_mut(at) {
            Some((_, count)) => *count += 1,
            None => counts.push((kin, 1)),
        }
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.truncate(MAX_PATHS);
    Ok(counts)
}

/// Learns an event from the bin's newest requests with it.
pub(super) async fn learnt(state: &ConsoleState, bin: BinId, kin: &Kin) -> Result<Learnt, Problem> {
    let turn = learning().await;
    let requests = requests(state, bin, kin, None, LEARNT_FROM).await?;
    let learn = move || {
        let (mut shape, mut from) = (Shape::default(), Vec::new());
        for request in requests.iter().rev() {
            let reading = Reading::new(request);
            if shape.learn(&reading.json()) {
                from.push((request.summary.id, request.summary.received_at));
            }
        }
        (shape, from, requests.into_iter().next())
    };
    let (shape, from, newest) = turn.run(learn).await?;
    let provider = newest.as_ref().and_then(|newest| newest.summary.derived.event.provider.clone());
    let drift = match newest {
        Some(newest) => {
            let before = before(state, &newest.summary).await?;
            heavy(move || before.drift(&newest)).await?
        }
        None => Vec::new(),
    };
    Ok(Learnt { shape, from, drift, provider })
}

/// The shape of an event, learnt from the newest requests below `before`.
async fn shape(
    state: &ConsoleState,
    bin: BinId,
    kin: &Kin,
    before: Option<Seq>,
    limit: usize,
) -> Result<Shape, Problem> {
    let turn = learning().await;
    let requests = requests(state, bin, kin, before, limit).await?;
    let learn = move || {
        let mut shape = Shape::default();
        for request in requests.iter().rev() {
            let reading = Reading::new(request);
            shape.learn(&reading.json());
        }
        shape
    };
    Ok(turn.run(learn).await?)
}

/// The requests of the group below `before`, newest first.
async fn requests(
    state: &ConsoleState,
    bin: BinId,
    kin: &Kin,
    before: Option<Seq>,
    limit: usize,
) -> Result<Vec<CapturedRequest>, Problem> {
    // A filter cannot name an exact path: it also matches the paths below it.
    let looked_at = if matches!(kin, Kin::Path { .. }) { MAX_UNNAMED } else { limit };
    let query = ListQuery { filter: kin.filter(), limit: looked_at, before, ..ListQuery::default() };
    let page = state.store.list(bin, query).await?;
    let mut requests: Vec<CapturedRequest> = Vec::new();
    let mut left = MAX_BODIES;
    let alike = page.requests.iter().filter(|one| Kin::of(one).as_ref() == Some(kin));
    for summary in alike.take(limit).filter(|one| one.complete && one.body_size <= MAX_BODY) {
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

/// What a request is compared with: earlier ones with its event; for a platform whose document is known in full, only
/// the last one.
pub(super) struct Before {
    /// `None` when there is nothing to compare with.
    shape: Option<Shape>,
    in_full: bool,
    /// The earlier ones are of the same method and path, without an event.
    of_path: bool,
}

/// Reads the earlier requests with a request's event.
pub(super) async fn before(state: &ConsoleState, summary: &RequestSummary) -> Result<Before, Problem> {
    let in_full = summary.derived.event.provider.as_deref().is_some_and(contract::is_known);
    let kin = Kin::of(summary).filter(|kin| summary.complete && may_be_json(kin, summary));
    let of_path = matches!(kin, Some(Kin::Path { .. }));
    let Some(kin) = kin else { return Ok(Before { shape: None, in_full, of_path }) };
    let compared_with = if in_full { 1 } else { COMPARED_WITH };
    let shape = shape(state, summary.bin, &kin, Some(summary.seq), compared_with).await?;
    Ok(Before { shape: Some(shape), in_full, of_path })
}

/// Whether a body may be JSON: for requests without an event, earlier ones are read only in this case.
fn may_be_json(kin: &Kin, summary: &RequestSummary) -> bool {
    matches!(kin, Kin::Event(_)) || (1..=MAX_BODY).contains(&summary.body_size)
}

impl Before {
    /// How the request differs from them.
    pub(super) fn drift(&self, request: &CapturedRequest) -> Vec<Finding> {
        let Some(shape) = &self.shape else { return Vec::new() };
        let reading = Reading::new(request);
        let json = reading.json();
        if self.of_path && !matches!(json.trim_ascii_start().first(), Some(b'{' | b'[')) {
            return Vec::new();
        }
        let differences = if self.in_full { shape::differences } else { shape::drift };
        let mut found = differences(shape, &json);
        if self.of_path {
            for finding in &mut found {
                finding.says = OF_PATH;
            }
        }
        found
    }
}

const OF_PATH: Says = Says::new("What came before", "learnt from the earlier requests of this method and path");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_an_event_or_requests_without_one_by_method_and_path() {
        let path = |method: &str, path: &str| Kin::Path { method: method.to_owned(), path: path.to_owned() };
        for (text, kin) in [
            ("push", Kin::Event("push".to_owned())),
            ("order paid", Kin::Event("order paid".to_owned())),
            ("get /x", Kin::Event("get /x".to_owned())),
            ("POST /orders", path("POST", "/orders")),
            ("POST /", path("POST", "")),
        ] {
            assert_eq!(Kin::parse(text), kin, "{text}");
            assert_eq!(kin.name(), text);
        }
    }
}
