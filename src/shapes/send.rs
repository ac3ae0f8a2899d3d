//! How events of a simulated sender are shown.

use serde::Serialize;
use utoipa::ToSchema;

use super::attempt::{ReceivedShape, SentShape, TimesShape};
use crate::model::{Delivered, Outcome, Timestamp};

/// An event that a simulated sender sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SentEvent)]
pub(crate) struct SentEventShape<'a> {
    /// The event's name.
    pub event: &'a str,
    /// The URL that it was sent to.
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
    /// What was sent.
    pub sent: SentShape<'a>,
    /// The response, as far as it was received; `null` without a head.
    pub response: Option<ReceivedShape<'a>>,
    /// How long its steps took, in microseconds.
    pub times_us: TimesShape,
}

impl<'a> SentEventShape<'a> {
    /// With heads and bodies.
    #[must_use]
    pub(crate) fn new(event: &'a str, delivered: &'a Delivered) -> Self {
        Self {
            event,
            target: &delivered.target,
            started_at: delivered.started_at,
            outcome: delivered.outcome,
            sentence: &delivered.sentence,
            sent: SentShape::new(delivered, true),
            response: ReceivedShape::of(delivered, true),
            times_us: delivered.times.into(),
        }
    }
}
