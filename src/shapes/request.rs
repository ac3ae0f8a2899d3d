//! How a captured request is shown: as a summary in lists and live events, whole on its own.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use utoipa::ToSchema;

use super::{LastAttemptShape, PairShape};
use crate::model::{
    BinId, CapturedRequest, Client, EventFacts, Freshness, FreshnessStatus, HeadSource, Origin, Rejection, Repeat,
    RequestId, RequestSummary, SentResponse, Seq, SignatureStatus, Timestamp, Verdict,
};

/// Everything about a request but its header list, query pairs and body content.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RequestSummary)]
pub(crate) struct SummaryShape<'a> {
    /// A ULID.
    #[schema(value_type = String, example = "01JX7Z7C2V0000000000000001")]
    pub id: RequestId,
    /// The cursor: grows with every captured request and every change.
    pub seq: Seq,
    /// The bin's id.
    #[schema(value_type = String)]
    pub bin: BinId,
    /// When the head was complete.
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    /// The method as sent.
    pub method: &'a str,
    /// The request target as sent.
    pub target: &'a str,
    /// The path below the bin, as sent.
    pub path: &'a str,
    /// `1.1` or `1.0`.
    pub http_version: &'a str,
    /// `wire` when the head is byte for byte as received, `parsed` when it was rebuilt from the parser's result.
    #[schema(value_type = String)]
    pub head_source: HeadSource,
    /// The sender.
    pub client: Option<ClientShape>,
    /// The body's facts; its content only when a single request is read.
    pub body: BodyShape<'a>,
    /// Why it was rejected, if it was: `body_too_large`, `head_too_large`, `malformed`, `timeout`.
    pub rejected: Option<&'static str>,
    /// The reason for that, if it was.
    pub rejected_because: Option<RejectionShape>,
    /// The verdict on the signature.
    pub signature: SignatureShape<'a>,
    /// How old the signed timestamp was.
    pub freshness: FreshnessShape,
    /// What it means to the provider.
    pub event: EventFactsShape<'a>,
    /// The sender's response; `null` while it waits for an answer by hand.
    pub response: Option<SentResponseShape>,
    /// Whether its owner has looked at it.
    pub read: bool,
    /// Pinned requests are not evicted.
    pub pinned: bool,
    /// The owner's note.
    pub note: Option<&'a str>,
    /// The owner's tags.
    pub tags: &'a [String],
    /// Where it comes from: `wire`, or `simulated`, `replayed`, `forwarded` by Creel itself, or `imported`.
    #[schema(value_type = String)]
    pub origin: Origin,
    /// The newest attempt to send it to a target.
    pub last_attempt: Option<LastAttemptShape>,
    /// The outcome of forwarding it: `delivered`, `not_accepted`, `failed`, `skipped_filtered`, `skipped_no_route`,
    /// `skipped_unfit`, `skipped_loop`, `skipped_imported`, `skipped_composed`, `skipped_signature` or
    /// `skipped_paused`; `null` while it waits, and if nothing is forwarded.
    pub forwarded: Option<&'static str>,
    /// Until when its sender waits for an answer by hand, if it does.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub held_until: Option<Timestamp>,
}

/// Who sent it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Client)]
pub(crate) struct ClientShape {
    /// The address.
    #[schema(value_type = String)]
    pub ip: IpAddr,
    /// The port; 0 when a proxy did not say.
    pub port: u16,
}

/// A body's facts, and its content when a single request is read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Body)]
pub(crate) struct BodyShape<'a> {
    /// Bytes received.
    pub size: u64,
    /// `Content-Length`, if it was there.
    pub declared_size: Option<u64>,
    /// Whether it arrived completely.
    pub complete: bool,
    /// The `Content-Type` as sent.
    pub content_type: Option<&'a str>,
    /// The content, when it is UTF-8. Only when a single request is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub text: Option<&'a str>,
    /// The content in base64, when it is not UTF-8. Only when a single request is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub base64: Option<String>,
}

/// The verdict on the signature. Says nothing about time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Signature)]
pub(crate) struct SignatureShape<'a> {
    /// `valid`, `invalid`, `missing`, `no_secret`, `unsigned_scheme` or `undecodable_secret`.
    #[schema(value_type = String)]
    pub status: SignatureStatus,
    /// The scheme's id.
    pub scheme: Option<&'a str>,
    /// The label of the secret that matched.
    pub secret: Option<&'a str>,
    /// Why it is not valid, in one sentence.
    pub reason: Option<&'a str>,
}

impl<'a> From<&'a Verdict> for SignatureShape<'a> {
    fn from(verdict: &'a Verdict) -> Self {
        Self {
            status: verdict.status,
            scheme: verdict.scheme.as_deref(),
            secret: verdict.secret.as_deref(),
            reason: verdict.reason.as_deref(),
        }
    }
}

/// How old the signed timestamp was when the request arrived.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Freshness)]
pub(crate) struct FreshnessShape {
    /// `fresh`, `stale`, `future` or `none`.
    #[schema(value_type = String)]
    pub status: FreshnessStatus,
    /// Seconds; negative for the future.
    pub age_s: Option<i64>,
    /// The scheme's tolerance in seconds.
    pub tolerance_s: Option<i64>,
}

impl From<&Freshness> for FreshnessShape {
    fn from(freshness: &Freshness) -> Self {
        Self { status: freshness.status, age_s: freshness.age_s, tolerance_s: freshness.tolerance_s }
    }
}

/// What the request means to its provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventFacts)]
pub(crate) struct EventFactsShape<'a> {
    /// The provider's id.
    pub provider: Option<&'a str>,
    /// The event's name.
    pub name: Option<&'a str>,
    /// The provider's conversation.
    pub session: Option<&'a str>,
    /// The provider's id of this delivery.
    pub delivery_id: Option<&'a str>,
    /// The first request of the bin with the same event.
    #[schema(value_type = Option<String>)]
    pub duplicate_of: Option<RequestId>,
    /// Without a known platform: the same method, target and body came lately, and the status of its response; `null`
    /// when this is the first. `GET …/repeats` lists the earlier ones.
    pub same_before: Option<SameBeforeShape>,
    /// How it compares with that one. Only when a single request is read, and while that one is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub repeat: Option<RepeatShape>,
    /// What is odd about the event itself.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    #[schema(required = false)]
    pub notes: &'a [String],
    /// A provider's handshake that was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub handshake: Option<&'a str>,
}

/// The same request, sent before.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SameBefore)]
pub(crate) struct SameBeforeShape {
    /// The status that its sender got; `null` for no response.
    pub status: Option<u16>,
}

/// A repeated event beside its first delivery.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Repeat)]
pub(crate) struct RepeatShape {
    /// Whether the bodies are the same, byte for byte.
    pub identical: bool,
    /// How much later it came, in seconds.
    pub seconds_apart: f64,
}

impl<'a> From<&'a EventFacts> for EventFactsShape<'a> {
    fn from(facts: &'a EventFacts) -> Self {
        Self {
            provider: facts.provider.as_deref(),
            name: facts.name.as_deref(),
            session: facts.session.as_deref(),
            delivery_id: facts.delivery_id.as_deref(),
            duplicate_of: facts.duplicate_of,
            same_before: facts.same_before.map(|before| SameBeforeShape { status: before.status }),
            repeat: None,
            notes: &facts.notes,
            handshake: facts.handshake.as_deref(),
        }
    }
}

/// Why a request was rejected.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RejectionReason)]
pub(crate) struct RejectionShape {
    /// The reason's name: that of the kind if nothing more is known.
    pub code: &'static str,
    /// What the sender was told.
    pub sentence: &'static str,
}

/// What the sender was told.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SentResponse)]
pub(crate) struct SentResponseShape {
    /// The status; `null` when there was no response.
    pub status: Option<u16>,
    /// From the complete head to the response, in milliseconds.
    pub duration_ms: Option<f64>,
}

impl From<&SentResponse> for SentResponseShape {
    fn from(given: &SentResponse) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "durations are far below 2^52 microseconds")]
        Self { status: given.status, duration_ms: given.duration_us.map(|micros| micros as f64 / 1_000.0) }
    }
}

impl From<Client> for ClientShape {
    fn from(client: Client) -> Self {
        Self { ip: client.ip, port: client.port }
    }
}

impl<'a> From<&'a RequestSummary> for SummaryShape<'a> {
    fn from(summary: &'a RequestSummary) -> Self {
        Self {
            id: summary.id,
            seq: summary.seq,
            bin: summary.bin,
            received_at: summary.received_at,
            method: &summary.method,
            target: &summary.target,
            path: &summary.path,
            http_version: &summary.http_version,
            head_source: summary.head_source,
            client: summary.client.map(ClientShape::from),
            body: BodyShape {
                size: summary.body_size,
                declared_size: summary.declared_size,
                complete: summary.complete,
                content_type: summary.content_type.as_deref(),
                text: None,
                base64: None,
            },
            rejected: summary.rejected.map(Rejection::name),
            rejected_because: summary
                .rejected
                .map(|reason| RejectionShape { code: reason.code(), sentence: reason.sentence() }),
            signature: (&summary.derived.verdict).into(),
            freshness: (&summary.derived.freshness).into(),
            event: (&summary.derived.event).into(),
            response: summary.held_until.is_none().then(|| (&summary.response).into()),
            read: summary.marks.read,
            pinned: summary.marks.pinned,
            note: summary.marks.note.as_deref(),
            tags: &summary.marks.tags,
            origin: summary.origin,
            last_attempt: summary.last_attempt.map(LastAttemptShape::from),
            forwarded: summary.forwarded.map(crate::model::Forwarded::name),
            held_until: summary.held_until,
        }
    }
}

/// A header field as sent: `value`, or `value_base64` when the value is not UTF-8.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeaderField)]
pub(super) struct FieldShape {
    /// The name in the sender's case.
    pub name: String,
    /// The value, when it is UTF-8.
    #[schema(nullable = false)]
    pub value: Option<String>,
    /// The value in base64, when it is not.
    #[schema(nullable = false)]
    pub value_base64: Option<String>,
}

/// Everything about a request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Request)]
pub(crate) struct RequestShape<'a> {
    /// All that the summary has; `body` with its content.
    #[serde(flatten)]
    pub summary: SummaryShape<'a>,
    /// The query's pairs in order, decoded.
    pub query: Vec<PairShape>,
    /// The header fields in wire order.
    #[schema(value_type = Vec<FieldShape>)]
    pub headers: crate::http::Headers,
    /// The trailer section as sent, in base64, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub trailers_base64: Option<String>,
    /// From the complete head to the complete body, in milliseconds.
    pub body_took_ms: f64,
}

impl<'a> RequestShape<'a> {
    /// A request, and the first delivery of its event if it repeats one.
    #[must_use]
    pub(crate) fn new(request: &'a CapturedRequest, first: Option<&CapturedRequest>) -> Self {
        let mut summary = SummaryShape::from(&request.summary);
        summary.event.repeat = first.map(|first| {
            let Repeat { identical, after } = request.repeat_of(first);
            RepeatShape { identical, seconds_apart: after.as_secs_f64() }
        });
        match std::str::from_utf8(&request.body) {
            Ok(text) => summary.body.text = Some(text),
            Err(_) => summary.body.base64 = Some(STANDARD.encode(&request.body)),
        }
        let pairs = request.head.target().query_pairs();
        Self {
            summary,
            query: pairs.into_iter().map(|(name, value)| PairShape { name, value }).collect(),
            headers: request.head.headers(),
            trailers_base64: (!request.trailers.is_empty()).then(|| STANDARD.encode(&request.trailers)),
            body_took_ms: request.summary.body_took.as_secs_f64() * 1_000.0,
        }
    }
}
