//! The points of a platform's checklist, as data.

use crate::provider::finding::Says;

pub(in crate::provider) struct Point {
    /// Its name in the API.
    pub id: &'static str,
    pub what: What,
    /// The point in the document's words.
    pub says: Says,
}

/// What evidence a point asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::provider) enum What {
    /// A request came from another machine.
    Reachable,
    /// The URL to hand out is an HTTPS URL.
    Https,
    /// The endpoint answers 2xx in time.
    Fast,
    /// There is a secret, and a right signature was seen.
    Proven,
    /// A wrong signature was rejected.
    WrongRefused,
    /// A repeated event does no harm.
    Deduplicated,
    /// Events are answered 2xx: the platform does not retry.
    Accepted,
    /// Events are kept and forwarded by a queue.
    Queue,
    /// Every subscribed event was seen.
    Events,
    /// The user's own header fields arrive as set at the platform.
    Headers,
    /// Bodies that are not JSON, counted per event by its header.
    ParseFailures,
    /// What Creel cannot see.
    Unseen,
    /// The check against the production endpoint; then the switch.
    Switch,
}
