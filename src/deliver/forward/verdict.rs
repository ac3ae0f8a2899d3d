//! What is sent on where, and what a delivery means for the queue. Pure.

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
    /// Nothing was delivered, and no retry is used up.
    Down,
    /// Worth another try; this is what it comes to when there is none left.
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

/// What a delivery comes to when it is not made again.
pub(super) fn end_of(delivered: &Delivered) -> Forwarded {
    match verdict(delivered) {
        Verdict::Over(end) | Verdict::Again(end) => end,
        Verdict::Down => Forwarded::Failed,
    }
}

/// How requests of a bin are sent on.
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

/// Where a request goes: the targets, or why it is skipped.
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
    // Its sender got 401: what strangers send does not get past it to the target.
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

/// What a request came to before, as far as that counts: one that a pause has passed over is as new.
pub(super) fn before(request: &CapturedRequest) -> Option<Forwarded> {
    request.summary.forwarded.filter(|before| *before != Forwarded::SkippedPaused)
}

/// Whether a request that came to something before is left at that.
pub(super) const fn is_over(before: Option<Forwarded>, forward: &ForwardSettings) -> bool {
    match (before, forward.answer) {
        // In the second case its sender has the target's answer.
        (Some(Forwarded::Delivered), _) | (Some(Forwarded::NotAccepted), ForwardAnswer::Target) => true,
        // Its sender has none; more tries are made only where they are wanted.
        (Some(Forwarded::Failed), ForwardAnswer::Target) => forward.retries.count == 0,
        // New, or told to catch up.
        _ => false,
    }
}

/// The lane of a target.
pub(super) fn lane_of(target: &str) -> Lane {
    let mut key = [0; 8];
    key.copy_from_slice(&Sha256::digest(target)[..8]);
    Lane(i64::from_be_bytes(key))
}
