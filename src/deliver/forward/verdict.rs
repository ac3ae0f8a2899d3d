//! Decides where a request is sent, and what a delivery means for the queue. Pure.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::route::route;
use crate::deliver::engine::TargetUrl;
use crate::deliver::plan::{Edit, Plan};
use crate::model::{
    Bin, CapturedRequest, Delivered, ForwardAnswer, ForwardSettings, Forwarded, Lane, MAX_HOPS, Origin, Outcome,
    SignatureMode, SignatureStatus, Why, filter::Filter,
};

/// What a delivery means for the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Over(Forwarded),
    /// Nothing was delivered; this uses up no retry.
    Down,
    /// Worth another try; holds the outcome if no try is left.
    Again(Forwarded),
}

pub(super) fn verdict(delivered: &Delivered) -> Verdict {
    match (delivered.outcome, delivered.status()) {
        (Outcome::Answered, Some(429 | 500..)) => Verdict::Again(Forwarded::NotAccepted),
        (Outcome::Answered, _) if delivered.last().is_delivered() => Verdict::Over(Forwarded::Delivered),
        (Outcome::Answered, _) => Verdict::Over(Forwarded::NotAccepted),
        (Outcome::Dns | Outcome::Connect, _) => Verdict::Down,
        (Outcome::Timeout | Outcome::Reset | Outcome::Cut, _) => Verdict::Again(Forwarded::Failed),
        (Outcome::RefusedTarget | Outcome::Tls | Outcome::Malformed, _) => Verdict::Over(Forwarded::Failed),
    }
}

/// The outcome of a delivery that is not retried.
pub(super) fn end_of(delivered: &Delivered) -> Forwarded {
    match verdict(delivered) {
        Verdict::Over(end) | Verdict::Again(end) => end,
        Verdict::Down => Forwarded::Failed,
    }
}

/// How a bin's requests are forwarded.
pub(super) fn plan(forward: &ForwardSettings, target: TargetUrl) -> Plan {
    Plan {
        target,
        exact: false,
        keep_host: forward.keep_host,
        edit: Edit::default(),
        resign: None,
        timeout: Duration::from_millis(forward.timeout_ms),
        as_is: false,
        why: Why::Forward,
        origin: Origin::Forwarded,
    }
}

/// The targets of a request, or why it is skipped.
pub(super) fn targets<'f>(
    bin: &Bin,
    forward: &'f ForwardSettings,
    request: &CapturedRequest,
) -> Result<&'f [String], Forwarded> {
    if request.summary.hops >= MAX_HOPS {
        return Err(Forwarded::SkippedLoop);
    }
    match request.summary.origin {
        Origin::Imported => return Err(Forwarded::SkippedImported),
        Origin::Composed => return Err(Forwarded::SkippedComposed),
        Origin::Wire | Origin::Simulated | Origin::Replayed | Origin::Forwarded => {}
    }
    // Its sender got 401: an unverified request must not reach the target.
    let enforced = bin.settings.signature_mode == SignatureMode::Enforce;
    if enforced && request.summary.derived.verdict.status != SignatureStatus::Valid {
        return Err(Forwarded::SkippedSignature);
    }
    // It was checked when it was set.
    let filter = forward.filter.as_deref().map(Filter::parse);
    if filter.is_some_and(|filter| filter.is_ok_and(|filter| !filter.matches(request))) {
        return Err(Forwarded::SkippedFiltered);
    }
    let route = route(&forward.routes, &request.summary, &request.head).ok_or(Forwarded::SkippedNoRoute)?;
    Ok(&route.to)
}

/// A request's earlier outcome; a request that a pause passed over counts as new.
pub(super) fn before(request: &CapturedRequest) -> Option<Forwarded> {
    request.summary.forwarded.filter(|before| *before != Forwarded::SkippedPaused)
}

/// Whether an earlier outcome is final.
pub(super) const fn is_over(before: Option<Forwarded>, forward: &ForwardSettings) -> bool {
    match (before, forward.answer) {
        // In the second case the sender already has the target's answer.
        (Some(Forwarded::Delivered), _) | (Some(Forwarded::NotAccepted), ForwardAnswer::Target) => true,
        // The sender has no answer; more tries are made only if retries are set.
        (Some(Forwarded::Failed), ForwardAnswer::Target) => forward.retries.count == 0,
        // New, or part of a catch-up.
        _ => false,
    }
}

/// The lane of a target: the first 8 bytes of the SHA-256 of its URL.
pub(super) fn lane_of(target: &str) -> Lane {
    let mut key = [0; 8];
    key.copy_from_slice(&Sha256::digest(target)[..8]);
    Lane(i64::from_be_bytes(key))
}
