//! Attempts to send captured and simulated requests to an endpoint.

use std::collections::HashMap;

use super::Evidence;
use crate::model::{AttemptFacts, LastAttempt, RequestId, RequestSummary, SignatureStatus};

/// An attempt with its request.
#[derive(Clone, Copy)]
pub(super) struct Sent<'e> {
    pub(super) summary: &'e RequestSummary,
    pub(super) last: LastAttempt,
    pub(super) simulated: bool,
}

/// The requests whose attempts count; says of each whether it is simulated.
pub(super) fn requests<'e>(evidence: &'e Evidence<'_>) -> HashMap<RequestId, (&'e RequestSummary, bool)> {
    let captured = evidence.requests.iter().map(|one| (one.id, (*one, false)));
    captured.chain(evidence.simulated.iter().map(|one| (one.id, (*one, true)))).collect()
}

/// Whether an attempt sent a deliberately faulty form of a correct request.
fn is_spoiled(evidence: &Evidence<'_>, attempt: &AttemptFacts) -> bool {
    attempt.signature.is_some_and(|status| status.is_unproven(evidence.has_secret))
}

/// Whether it was rejected for a signature by a secret that the receiver may not have.
fn is_open(attempt: &AttemptFacts) -> bool {
    attempt.signature == Some(SignatureStatus::NoSecret) && matches!(attempt.last.status, Some(401 | 403))
}

/// Every attempt that is evidence about events, newest first; deliberately faulty ones are not.
pub(super) fn all<'e>(evidence: &'e Evidence<'_>) -> Vec<Sent<'e>> {
    let requests = requests(evidence);
    let tells = |attempt: &&AttemptFacts| !is_spoiled(evidence, attempt) && !is_open(attempt);
    let sent = evidence.attempts.iter().filter(tells).filter_map(|attempt| {
        let (summary, simulated) = *requests.get(&attempt.request)?;
        Some(Sent { summary, last: attempt.last, simulated })
    });
    sent.collect()
}

/// The newest such attempt of each request.
pub(super) fn newest<'e>(all: &[Sent<'e>]) -> Vec<Sent<'e>> {
    let mut seen = std::collections::HashSet::new();
    all.iter().copied().filter(|sent| seen.insert(sent.summary.id)).collect()
}
