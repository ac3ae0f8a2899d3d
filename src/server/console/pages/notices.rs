//! Notices for the owner on every page: what does not work, and what was turned away.

use std::sync::atomic::{AtomicU64, Ordering};

use super::format;
use crate::server::console::ConsoleState;

/// Sentences for the top of a page; none when all is well.
pub(super) fn notices(state: &ConsoleState) -> Vec<String> {
    let store = state.store.stats();
    let seen = state.capture.counters();
    let mut all = Vec::new();
    if let Some(trouble) = store.trouble {
        all.push(format!("Requests cannot be stored: {trouble}."));
    }
    if let Some(trouble) = state.setup.as_ref().and_then(|setup| setup.trouble.lock().clone()) {
        all.push(format!(
            "The configuration file was changed and is wrong, so that what was set before stays: {trouble}."
        ));
    }
    if let Some(waits) = state.setup.as_ref().and_then(|setup| setup.waits.lock().clone()) {
        all.push(format!("Of the configuration file, {waits}"));
    }
    if store.clock_jumped {
        all.push("The clock has jumped ahead. For an hour nothing is removed for its age.".to_owned());
    }
    let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
    let shed = of(&seen.shed);
    if shed > 0 {
        let closed = format::plural(shed, "idle connection was", "idle connections were");
        all.push(format!("Since the start: {closed} closed, as many were open as --max-connections allows."));
    }
    for (count, what) in [
        (store.failed, "could not be stored"),
        (of(&seen.crowded), "rejected: too much was being received at once"),
        (of(&seen.not_asked), "answered 503: too many senders waited for a target's answer"),
        (of(&seen.loops), "not kept: they are in a delivery loop"),
        (of(&seen.not_held), "answered at once: too many senders were held"),
        (of(&seen.not_imported), "to import refused: too much was being imported at once"),
        (of(&seen.not_exported), "to export refused: too many exports were under way"),
        (of(&seen.not_created), "to unknown bins rejected: requests have made too many bins"),
    ] {
        if count > 0 {
            let noun = if count == 1 { "request" } else { "requests" };
            all.push(format!("Since the start: {} {noun} {what}.", format::count(count)));
        }
    }
    for (_, what, count) in state.security.refused().all() {
        if count > 0 {
            let requests = format::plural(count, "request", "requests");
            all.push(format!("Since the start: {requests} to the console refused: {what}."));
        }
    }
    all
}
