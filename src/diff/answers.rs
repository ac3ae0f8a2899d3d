//! Compares the answers to two attempts.

use serde::Serialize;

use super::{BodyDiff, FieldChange, Ignored, bodies, decoded, head, leave_out};
use crate::http::{Head, Headers};
use crate::model::{Attempt, Outcome, RequestId, Seq, Timestamp};

/// Fields about the time or the connection, which differ between any two answers.
const OF_THE_MOMENT: &[&str] = &["date", "connection", "keep-alive"];

/// What differs between two answers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct AnswerDiff {
    pub a: AnswerSide,
    pub b: AnswerSide,
    /// Whether outcome, status, fields and body are the same; how long it took does not count.
    pub same: bool,
    /// Header fields by name, except those of the time or the connection (`Date`).
    pub headers: Vec<FieldChange>,
    /// The bodies, with their content encoding undone; `null` where one has no answer.
    pub body: Option<BodyDiff>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct AnswerSide {
    /// The cursor of the change that stored the attempt.
    pub id: Seq,
    /// The request that was sent.
    pub request: RequestId,
    /// The URL that it was sent to.
    pub target: String,
    pub started_at: Timestamp,
    pub outcome: Outcome,
    /// The answer's status; `None` when there was no answer.
    pub status: Option<u16>,
    /// How long it took, in microseconds.
    pub total_us: u64,
}

/// Compares the answers of two attempts.
#[must_use]
pub(crate) fn answers(a: &Attempt, b: &Attempt, ignored: &Ignored) -> AnswerDiff {
    let (one, other) = (side(a), side(b));
    let (fields_a, fields_b) = (fields(a), fields(b));
    let (headers, _) = head::headers(&fields_a, &fields_b);
    let body = match (&a.delivered.response, &b.delivered.response) {
        (Some(a), Some(b)) => {
            let mut body = decoded(&fields_a, &a.body, |a| decoded(&fields_b, &b.body, |b| bodies(a, b)));
            if leave_out(&mut body, ignored) {
                body = BodyDiff::Same;
            }
            Some(body)
        }
        (None, _) | (_, None) => None,
    };
    let both_or_neither = body.is_some() || a.delivered.response.is_none() && b.delivered.response.is_none();
    let same = one.outcome == other.outcome
        && one.status == other.status
        && headers.is_empty()
        && both_or_neither
        && matches!(body, None | Some(BodyDiff::Same));
    AnswerDiff { a: one, b: other, same, headers, body }
}

fn side(attempt: &Attempt) -> AnswerSide {
    let delivered = &attempt.delivered;
    AnswerSide {
        id: attempt.id,
        request: attempt.request,
        target: delivered.target.clone(),
        started_at: delivered.started_at,
        outcome: delivered.outcome,
        status: delivered.response.as_ref().map(|response| response.status),
        total_us: delivered.times.total,
    }
}

fn fields(attempt: &Attempt) -> Headers {
    let Some(response) = &attempt.delivered.response else { return Headers::default() };
    let all = Head::new(response.head.clone()).headers();
    let is_momentary =
        |name: &[u8]| OF_THE_MOMENT.iter().any(|momentary| name.eq_ignore_ascii_case(momentary.as_bytes()));
    all.iter()
        .filter(|field| !is_momentary(&field.name))
        .map(|field| (field.name.clone(), field.value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::model::{Delivered, ReceivedResponse, Times, Why};

    fn attempt(answer: Option<(u16, &'static str, &'static str)>) -> Attempt {
        let response = answer.map(|(status, fields, body)| ReceivedResponse {
            status,
            head: format!("HTTP/1.1 {status} X\r\n{fields}\r\n").into(),
            body: Bytes::from_static(body.as_bytes()),
            body_size: body.len() as u64,
            body_cut: false,
        });
        Attempt {
            id: 1,
            request: RequestId::new(Timestamp::default(), 1, 1),
            why: Why::Replay,
            delivered: Delivered {
                target: "http://h/".to_owned(),
                started_at: Timestamp::default(),
                outcome: if response.is_some() { Outcome::Answered } else { Outcome::Connect },
                sentence: String::new(),
                sent_head: Bytes::new(),
                sent_body_size: 0,
                signature: None,
                response,
                times: Times::default(),
            },
        }
    }

    #[test]
    fn what_differs_is_status_fields_and_body_but_not_the_moment() {
        let first = attempt(Some((200, "Date: now\r\nA: 1\r\n", r#"{"ok":true,"at":1}"#)));
        for (other, ignore, same, headers) in [
            (attempt(Some((200, "Date: then\r\nA: 1\r\n", r#"{"ok":true,"at":1}"#))), "", true, 0),
            (attempt(Some((200, "A: 1\r\n", r#"{"ok":true,"at":2}"#))), "", false, 0),
            (attempt(Some((200, "A: 1\r\n", r#"{"ok":true,"at":2}"#))), "/at", true, 0),
            (attempt(Some((200, "A: 2\r\n", r#"{"ok":true,"at":1}"#))), "", false, 1),
            (attempt(Some((500, "A: 1\r\n", r#"{"ok":true,"at":1}"#))), "", false, 0),
            (attempt(None), "", false, 1),
        ] {
            let diff = answers(&first, &other, &Ignored::parse(ignore).unwrap());
            assert_eq!((diff.same, diff.headers.len()), (same, headers), "{ignore} {diff:?}");
        }
        assert!(answers(&attempt(None), &attempt(None), &Ignored::default()).same);
    }
}
