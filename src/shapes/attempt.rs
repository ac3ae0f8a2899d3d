//! How an attempt is shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use utoipa::ToSchema;

use crate::model::{
    Attempt, Delivered, LastAttempt, Outcome, ReceivedResponse, RequestId, Seq, SignatureStatus, Times, Timestamp, Why,
};

/// An attempt to send a request: what was sent, where, and the result.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attempt)]
pub(crate) struct AttemptShape<'a> {
    /// Its cursor; a later attempt has a larger one.
    pub id: Seq,
    /// The request that was sent.
    #[schema(value_type = String)]
    pub request: RequestId,
    /// `forward`, `replay`, `send` or `check`.
    #[schema(value_type = String)]
    pub why: Why,
    /// The URL that was sent to.
    pub target: &'a str,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// `answered`, or the kind of failure: `refused_target`, `dns`, `connect`, `tls`, `timeout`, `reset`, `cut`,
    /// `malformed`.
    #[schema(value_type = String)]
    pub outcome: Outcome,
    /// The outcome in a sentence that says what to check.
    pub sentence: &'a str,
    /// The verdict on the signature of what was sent: `valid`, `invalid`…; `null` when it was sent as captured: then
    /// the request's verdict applies.
    #[schema(value_type = Option<String>)]
    pub signature: Option<SignatureStatus>,
    /// What was sent.
    pub sent: SentShape<'a>,
    /// The response, as far as it was received; `null` without a head.
    pub response: Option<ReceivedShape<'a>>,
    /// How long its steps took, in microseconds.
    pub times_us: TimesShape,
}

/// What was sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sent)]
pub(crate) struct SentShape<'a> {
    /// The head as sent; bytes that are not UTF-8 show as replacement characters. Not on the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub head: Option<std::borrow::Cow<'a, str>>,
    /// Bytes of the body.
    pub body_size: u64,
}

/// What came back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReceivedResponse)]
pub(crate) struct ReceivedShape<'a> {
    /// The status.
    pub status: u16,
    /// The head as received; bytes that are not UTF-8 show as replacement characters. Not on the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub head: Option<std::borrow::Cow<'a, str>>,
    /// The body as text, when it is UTF-8. Not on the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub body: Option<&'a str>,
    /// The body in base64, when it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub body_base64: Option<String>,
    /// Bytes of the body that were received.
    pub body_size: u64,
    /// Whether only its beginning is kept.
    pub body_cut: bool,
}

/// How long the steps of an attempt took, in microseconds; `null` for a step that was not reached.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Times)]
pub(crate) struct TimesShape {
    /// Until the name had its addresses.
    pub resolve: Option<u64>,
    /// From there until the connection was made.
    pub connect: Option<u64>,
    /// From there until the TLS handshake was complete.
    pub tls: Option<u64>,
    /// From the ready connection to the first byte of the response.
    pub first_byte: Option<u64>,
    /// From the beginning to the end.
    pub total: u64,
}

/// What lists show of a request's newest attempt.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LastAttempt)]
pub(crate) struct LastAttemptShape {
    /// How it ended.
    #[schema(value_type = String)]
    pub outcome: Outcome,
    /// The status of the whole response.
    pub status: Option<u16>,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// How long it took, in microseconds.
    pub total_us: u64,
}

impl From<LastAttempt> for LastAttemptShape {
    fn from(last: LastAttempt) -> Self {
        Self { outcome: last.outcome, status: last.status, at: last.at, total_us: last.total_us }
    }
}

impl<'a> AttemptShape<'a> {
    /// With heads and bodies.
    #[must_use]
    pub(crate) fn whole(attempt: &'a Attempt) -> Self {
        Self::new(attempt, true)
    }

    /// Without heads and bodies, for the stream.
    #[must_use]
    pub(crate) fn facts(attempt: &'a Attempt) -> Self {
        Self::new(attempt, false)
    }

    fn new(attempt: &'a Attempt, whole: bool) -> Self {
        let delivered = &attempt.delivered;
        Self {
            id: attempt.id,
            request: attempt.request,
            why: attempt.why,
            target: &delivered.target,
            started_at: delivered.started_at,
            outcome: delivered.outcome,
            sentence: &delivered.sentence,
            signature: delivered.signature,
            sent: SentShape::new(delivered, whole),
            response: ReceivedShape::of(delivered, whole),
            times_us: delivered.times.into(),
        }
    }
}

impl<'a> SentShape<'a> {
    pub(super) fn new(delivered: &'a Delivered, whole: bool) -> Self {
        Self { head: whole.then(|| String::from_utf8_lossy(&delivered.sent_head)), body_size: delivered.sent_body_size }
    }
}

impl From<Times> for TimesShape {
    fn from(times: Times) -> Self {
        let Times { resolve, connect, tls, first_byte, total } = times;
        Self { resolve, connect, tls, first_byte, total }
    }
}

impl<'a> ReceivedShape<'a> {
    /// What came back of it, if anything did.
    pub(super) fn of(delivered: &'a Delivered, whole: bool) -> Option<Self> {
        delivered.response.as_ref().map(|response| Self::new(response, whole))
    }

    fn new(response: &'a ReceivedResponse, whole: bool) -> Self {
        let text = std::str::from_utf8(&response.body);
        Self {
            status: response.status,
            head: whole.then(|| String::from_utf8_lossy(&response.head)),
            body: text.ok().filter(|_| whole),
            body_base64: (whole && text.is_err()).then(|| STANDARD.encode(&response.body)),
            body_size: response.body_size,
            body_cut: response.body_cut,
        }
    }
}
