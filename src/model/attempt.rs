//! Attempts: what was sent of a captured request, to which target, and the outcome.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

use super::{RequestId, Seq, SignatureStatus, Timestamp, Verdict};

/// Why a request was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Why {
    /// The bin forwards what it captures.
    Forward,
    /// It was sent again on demand.
    Replay,
    /// A simulated sender sent it.
    Send,
    /// The receiver check sent it.
    Check,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    /// A complete response came, with any status.
    Answered,
    /// The target's address is not allowed.
    RefusedTarget,
    /// The target's name has no address.
    Dns,
    /// No connection.
    Connect,
    /// A connection, but no TLS on it.
    Tls,
    /// The time-out was reached.
    Timeout,
    /// The target reset the connection.
    Reset,
    /// The target closed the connection before its response was complete.
    Cut,
    /// What came is no HTTP response.
    Malformed,
}

impl Outcome {
    /// The name that API and filter use; the database keeps a number.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The same in words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::RefusedTarget => "target not allowed",
            Self::Dns => "unknown host",
            Self::Connect => "no connection",
            Self::Tls => "no TLS",
            Self::Timeout => "timed out",
            Self::Reset => "connection reset",
            Self::Cut => "answer cut off",
            Self::Malformed => "no HTTP answer",
        }
    }
}

/// How long the steps of an attempt took, in microseconds; `None` for a step that was not reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
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

/// The target's response, as far as it was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedResponse {
    /// The status of the final response: of 1xx only 101.
    pub status: u16,
    /// The head as received.
    pub head: Bytes,
    /// The body after chunked framing, before any decoding; its beginning when `body_cut`.
    pub body: Bytes,
    /// Bytes of the body that were received.
    pub body_size: u64,
    /// Whether more was received than is kept.
    pub body_cut: bool,
}

/// The result of sending a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// The URL that was sent to.
    pub target: String,
    /// When the delivery began, before a name was resolved.
    pub started_at: Timestamp,
    /// How it ended.
    pub outcome: Outcome,
    /// The outcome in a sentence that says what to check.
    pub sentence: String,
    /// The head as sent.
    pub sent_head: Bytes,
    /// Bytes of the body that was sent.
    pub sent_body_size: u64,
    /// The verdict on the signature of what was sent; `None` when it was sent with what was captured.
    pub signature: Option<SignatureStatus>,
    /// The response; may be there even if the outcome is a failure.
    pub response: Option<ReceivedResponse>,
    /// How long it took.
    pub times: Times,
}

impl Delivered {
    /// The status of the response, if it is complete.
    pub fn status(&self) -> Option<u16> {
        match (self.outcome, &self.response) {
            (Outcome::Answered, Some(response)) => Some(response.status),
            _ => None,
        }
    }

    /// What lists show of it.
    pub fn last(&self) -> LastAttempt {
        LastAttempt { outcome: self.outcome, status: self.status(), at: self.started_at, total_us: self.times.total }
    }
}

/// A stored attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The cursor of the change that stored it.
    pub id: Seq,
    /// The request that was sent.
    pub request: RequestId,
    /// Why it was sent.
    pub why: Why,
    /// The result.
    pub delivered: Delivered,
}

/// The part of an attempt that decides verdicts: its result, and the signature of what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptFacts {
    /// The request that was sent.
    pub request: RequestId,
    /// The result.
    pub last: LastAttempt,
    /// The verdict on the signature of what was sent; `None` when it was sent with what was captured.
    pub signature: Option<SignatureStatus>,
}

impl AttemptFacts {
    /// The verdict on the sent request, given the captured request's verdict.
    pub fn status(&self, captured: &Verdict) -> SignatureStatus {
        self.signature.unwrap_or(captured.status)
    }
}

/// What lists show of a request's newest attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastAttempt {
    /// How it ended.
    pub outcome: Outcome,
    /// The status of the whole response.
    pub status: Option<u16>,
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in microseconds.
    pub total_us: u64,
}

impl LastAttempt {
    /// Whether the target answered with a 2xx.
    pub fn is_delivered(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivered(outcome: Outcome, status: Option<u16>) -> Delivered {
        let response = status.map(|status| ReceivedResponse {
            status,
            head: Bytes::new(),
            body: Bytes::new(),
            body_size: 0,
            body_cut: false,
        });
        Delivered {
            target: "http://h/".to_owned(),
            started_at: Timestamp::from_secs(7),
            outcome,
            sentence: String::new(),
            sent_head: Bytes::new(),
            sent_body_size: 0,
            signature: None,
            response,
            times: Times { total: 5, ..Times::default() },
        }
    }

    #[test]
    fn only_a_whole_response_has_a_status_and_only_a_2xx_is_delivered() {
        for (outcome, status, shown, is_delivered) in [
            (Outcome::Answered, Some(200), Some(200), true),
            (Outcome::Answered, Some(299), Some(299), true),
            (Outcome::Answered, Some(199), Some(199), false),
            (Outcome::Answered, Some(300), Some(300), false),
            (Outcome::Cut, Some(200), None, false),
            (Outcome::Timeout, None, None, false),
        ] {
            let delivered = delivered(outcome, status);
            assert_eq!(delivered.status(), shown);
            let last = delivered.last();
            assert_eq!(last, LastAttempt { outcome, status: shown, at: Timestamp::from_secs(7), total_us: 5 });
            assert_eq!(last.is_delivered(), is_delivered, "{outcome:?} {status:?}");
        }
    }

    #[test]
    fn an_outcome_has_the_name_that_it_is_stored_under() {
        for outcome in Outcome::VARIANTS {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.name());
        }
        assert_eq!(Outcome::RefusedTarget.name(), "refused_target");
    }
}
