//! Notices for the owner on every page: what does not work, and what was turned away.

use std::sync::atomic::{AtomicU64, Ordering};

use super::format;
use crate::server::console::ConsoleState;

/// A notice at the top of a page.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    /// What has happened, in a sentence.
    pub text: String,
    /// Whether something does not work or senders' requests were lost; else something was turned away, as it should be.
    pub is_trouble: bool,
}

impl Notice {
    fn trouble(text: String) -> Self {
        Self { text, is_trouble: true }
    }

    fn turned_away(what: &str) -> Self {
        Self { text: format!("Since the start: {what}"), is_trouble: false }
    }
}

/// What is to be said at the top of a page; nothing when all is well.
pub(super) fn notices(state: &ConsoleState) -> Vec<Notice> {
    let store = state.store.stats();
    let seen = state.capture.counters();
    let mut all = Vec::new();
    if let Some(trouble) = store.trouble {
        all.push(Notice::trouble(format!("Requests cannot be stored: {trouble}.")));
    }
    if let Some(trouble) = state.setup.as_ref().and_then(|setup| setup.trouble.lock().clone()) {
        all.push(Notice::trouble(format!(
            "The configuration file was changed and is wrong, so that what was set before stays: {trouble}."
        )));
    }
    if let Some(waits) = state.setup.as_ref().and_then(|setup| setup.waits.lock().clone()) {
        all.push(Notice::trouble(format!("Of the configuration file, {waits}")));
    }
    if store.clock_jumped {
        let text = "The clock has jumped ahead. For an hour nothing is removed for its age.".to_owned();
        all.push(Notice::trouble(text));
    }
    let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
    let shed = of(&seen.shed);
    if shed > 0 {
        let closed = format::plural(shed, "idle connection was", "idle connections were");
        let what = format!("{closed} closed, as many were open as --max-connections allows.");
        all.push(Notice::turned_away(&what));
    }
    for (count, is_trouble, what) in [
        (store.failed, true, "could not be stored"),
        (of(&seen.crowded), true, "rejected: too much was being received at once"),
        (of(&seen.not_asked), true, "answered 503: too many senders waited for a target's answer"),
        (of(&seen.loops), false, "not kept: they are in a delivery loop"),
        (of(&seen.not_held), false, "answered at once: too many senders were held"),
        (of(&seen.not_imported), false, "to import refused: too much was being imported at once"),
        (of(&seen.not_exported), false, "to export refused: too many exports were under way"),
        (of(&seen.not_created), true, "to unknown bins rejected: requests have made too many bins"),
    ] {
        if count > 0 {
            let requests = format::plural(count, "request", "requests");
            all.push(Notice { text: format!("Since the start: {requests} {what}."), is_trouble });
        }
    }
    for (_, what, count) in state.security.refused().all() {
        if count > 0 {
            let requests = format::plural(count, "request to the console was", "requests to the console were");
            all.push(Notice::turned_away(&format!("{requests} refused: {what}.")));
        }
    }
    all
}
