//! A captured request: what is written, what is read, what is listed.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{BinId, Derived, Forwarded, LastAttempt, Origin, Rejection, RequestId, Seq, Timestamp};
use crate::http::Head;

/// Where the head's bytes come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeadSource {
    /// Recorded from the connection, byte for byte.
    #[default]
    Wire,
    /// Rebuilt from the parser's result, because recorder and parser disagreed.
    Parsed,
}

/// Who sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// The address: the peer's, or the forwarded one when forwarding is trusted.
    pub ip: IpAddr,
    /// The port; 0 when a proxy did not say.
    pub port: u16,
}

/// What the sender was told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentResponse {
    /// The status; `None` when the sender got no response (a fault, or it had left).
    pub status: Option<u16>,
    /// From the complete head to the response, in microseconds: until the row was written for a response that is given
    /// at once, until the last byte was handed over for one that is delayed or dripped.
    pub duration_us: Option<u64>,
}

/// A request to be stored. The store adds `seq`, id and duplicate mark.
#[derive(Debug, Clone)]
pub struct NewRequest {
    /// The bin that it arrived at.
    pub bin: BinId,
    /// When the head was complete.
    pub received_at: Timestamp,
    /// From the complete head to the complete body (or to the sender's leaving).
    pub body_took: Duration,
    /// The head as sent; of a rejected request, what was received of it.
    pub head: Head,
    /// Wire or parsed.
    pub head_source: HeadSource,
    /// The body as sent, after chunked framing.
    pub body: Bytes,
    /// The trailer section as sent; empty when there is none.
    pub trailers: Bytes,
    /// `Content-Length`, if it was there.
    pub declared_size: Option<u64>,
    /// Whether the body arrived completely.
    pub complete: bool,
    /// The sender; `None` where none is known: composed, or imported without one.
    pub client: Option<Client>,
    /// Why it was rejected, if it was.
    pub rejected: Option<Rejection>,
    /// Verdict, freshness and event facts at capture.
    pub derived: Derived,
    /// The status that the sender is about to get.
    pub status: Option<u16>,
    /// Until when its sender waits for an answer by hand, if it does.
    pub held_until: Option<Timestamp>,
    /// What the request counts as: sent by others, or by Creel itself.
    pub origin: Origin,
    /// How many times Creel has sent it on.
    pub hops: u8,
}

/// What the owner adds to a request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    /// Whether it was looked at.
    pub read: bool,
    /// Pinned requests are not evicted.
    pub pinned: bool,
    /// A free text.
    pub note: Option<String>,
    /// Free words, sorted, each once.
    pub tags: Vec<String>,
}

/// A change to [`Marks`]; what is `None` stays. An empty note removes the note.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MarksPatch {
    /// Read or unread.
    pub read: Option<bool>,
    /// Pinned or not.
    pub pinned: Option<bool>,
    /// The new note.
    pub note: Option<String>,
    /// The new tags, all of them.
    pub tags: Option<Vec<String>>,
}

/// Everything about a request but its header list and body: what lists and live events carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestSummary {
    /// The cursor at which it was stored.
    pub seq: Seq,
    /// The id for the outside; it holds the cursor.
    pub id: RequestId,
    /// The bin that it arrived at.
    pub bin: BinId,
    /// When the head was complete.
    pub received_at: Timestamp,
    /// From the complete head to the complete body.
    pub body_took: Duration,
    /// The method as sent.
    pub method: String,
    /// The target as sent.
    pub target: String,
    /// The path below the bin, as sent.
    pub path: String,
    /// `1.1`, `1.0`.
    pub http_version: String,
    /// The `Content-Type` as sent.
    pub content_type: Option<String>,
    /// Wire or parsed.
    pub head_source: HeadSource,
    /// Bytes of the body that were received.
    pub body_size: u64,
    /// `Content-Length`, if it was there.
    pub declared_size: Option<u64>,
    /// Whether the body arrived completely.
    pub complete: bool,
    /// The sender; `None` where none is known: composed, or imported without one.
    pub client: Option<Client>,
    /// Why it was rejected, if it was.
    pub rejected: Option<Rejection>,
    /// Verdict, freshness, event facts.
    pub derived: Derived,
    /// What the sender was told.
    pub response: SentResponse,
    /// What the owner added.
    pub marks: Marks,
    /// What the request counts as: sent by others, or by Creel itself.
    pub origin: Origin,
    /// How many times Creel has sent it on.
    pub hops: u8,
    /// The newest attempt to send it to a target, if any.
    pub last_attempt: Option<LastAttempt>,
    /// The outcome of forwarding it; `None` while it waits, and if nothing is forwarded.
    pub forwarded: Option<Forwarded>,
    /// Until when its sender waits for an answer by hand; `None` when it does not, or no longer.
    pub held_until: Option<Timestamp>,
}

/// A request as read back: the summary, the head, the body.
#[derive(Debug, Clone)]
pub struct CapturedRequest {
    /// All that lists show.
    pub summary: RequestSummary,
    /// The head as sent.
    pub head: Head,
    /// The body as sent, after chunked framing.
    pub body: Bytes,
    /// The trailer section as sent; empty when there is none.
    pub trailers: Bytes,
}

/// How a delivery of an event relates to the event's first delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeat {
    /// Whether the bodies are the same, byte for byte.
    pub identical: bool,
    /// How much later it came.
    pub after: Duration,
}

impl CapturedRequest {
    /// Compares it with the first delivery of the same event.
    #[must_use]
    pub fn repeat_of(&self, first: &Self) -> Repeat {
        Repeat { identical: self.body == first.body, after: self.summary.received_at.since(first.summary.received_at) }
    }
}
