//! The action for a point that is not proven: one for each.

use super::{Evidence, State};
use crate::model::RequestId;
use crate::provider::platform::points::What;

/// What would prove a point, or show why it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Open the bin's URL from outside.
    Outside,
    /// Hand out another URL.
    PublicUrl,
    /// Let the platform send: shows what to set there.
    Platform,
    /// Let the bin forward.
    Forward,
    /// Send this request to the endpoint again.
    Replay(RequestId),
    /// The same with a wrong signature.
    ReplayWrong(RequestId),
    /// Simulate the platform.
    Send,
    /// Check the endpoint.
    Check,
    /// Set the secret.
    Secret,
    /// See why this request's signature is wrong.
    Explain(RequestId),
    /// Choose what senders get.
    Response,
    /// Set the expected headers and events.
    Expect,
}

/// The action for a point of this kind; `found` are the requests that show its state.
pub(super) fn act(what: What, state: State, found: &[RequestId], evidence: &Evidence<'_>) -> Option<Act> {
    if !matches!(state, State::NotSeen | State::Failed) {
        return None;
    }
    let is_failed = state == State::Failed;
    let has_come = evidence
        .requests
        .iter()
        .find(|one| super::is_event(one, evidence.has_secret) && one.derived.event.name.is_some());
    let event = has_come.map(|one| one.id);
    Some(match what {
        What::Reachable => Act::Outside,
        What::Https => Act::PublicUrl,
        What::Fast if is_failed => found.first().copied().map_or(Act::Check, Act::Replay),
        What::Fast => event.map_or(Act::Forward, Act::Replay),
        What::Proven if !evidence.has_secret => Act::Secret,
        What::Proven => found.first().copied().map_or(Act::Platform, Act::Explain),
        // The check has shown it.
        What::WrongRefused | What::Deduplicated if is_failed && found.is_empty() => Act::Check,
        What::WrongRefused => event.map_or(Act::Check, Act::ReplayWrong),
        What::Deduplicated => event.map_or(Act::Send, Act::Replay),
        What::Accepted if is_failed => Act::Response,
        What::Accepted | What::Events => Act::Platform,
        What::Queue => Act::Forward,
        What::Headers => Act::Expect,
        What::ParseFailures => Act::Send,
        What::Switch => Act::Check,
        What::Unseen => return None,
    })
}
