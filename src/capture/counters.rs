//! What the capture half counts, for metrics and for the notices of the console.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use super::Capture;

/// Counts of the capture half since the start, in addition to the store's.
#[derive(Debug, Default)]
pub(crate) struct CaptureCounters {
    /// Requests to bins that do not exist.
    pub unknown_bin: AtomicU64,
    /// Rejected requests that name no bin.
    pub rejected_unattributed: AtomicU64,
    /// Rejected requests whose head was kept.
    pub rejected_kept: AtomicU64,
    /// Heads on which recorder and parser disagreed.
    pub head_mismatch: AtomicU64,
    /// Requests that were rejected because too much was being received.
    pub crowded: AtomicU64,
    /// Responses that were given up because the sender did not read them.
    pub unread: AtomicU64,
    /// Idle connections that were closed because the limit of open connections was reached.
    pub shed: AtomicU64,
    /// When the log last reported turned-away requests, in seconds since 1970.
    pub(super) crowded_told: AtomicI64,
    /// Bins that requests have made.
    pub created: AtomicU64,
    /// Requests that would have made a bin but exceeded the limit.
    pub not_created: AtomicU64,
    /// Senders that were turned away because too many waited for a target's answer. Their requests are kept and sent
    /// on.
    pub not_asked: AtomicU64,
    /// Requests that were not kept because they run in a loop.
    pub loops: AtomicU64,
    /// Senders that were answered at once because too many waited for an answer by hand.
    pub not_held: AtomicU64,
    /// Imports that were refused because too much was being imported.
    pub not_imported: AtomicU64,
    /// Exports of bins that were refused because too many were under way.
    pub not_exported: AtomicU64,
    /// Secrets that were learnt from handshakes.
    pub learnt_secrets: AtomicU64,
}

impl Capture {
    /// Counts a head on which recorder and parser disagreed.
    pub(crate) fn count_mismatch(&self) {
        self.0.counters.head_mismatch.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a request that was rejected because too much is being received. The log reports it once a minute.
    pub(crate) fn count_crowded(&self) {
        let counters = &self.0.counters;
        let rejected = counters.crowded.fetch_add(1, Ordering::Relaxed) + 1;
        let now = self.0.clock.now().as_secs();
        let told = counters.crowded_told.load(Ordering::Relaxed);
        let due = told == 0 || now.abs_diff(told) >= 60;
        if due && counters.crowded_told.compare_exchange(told, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            tracing::warn!(rejected, "requests are rejected: too much is being received at once");
        }
    }

    /// Counts an idle connection that was closed to make room for another.
    pub(crate) fn count_shed(&self) {
        if self.0.counters.shed.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::warn!("idle connections are closed: as many are open as --max-connections allows");
        }
    }

    /// Counts an import that was refused because too much is being imported.
    pub(crate) fn count_import_refused(&self) {
        if self.0.counters.not_imported.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::warn!("imports are refused: too much is being imported at once");
        }
    }

    /// Counts an export that was refused because too many are under way.
    pub(crate) fn count_export_refused(&self) {
        if self.0.counters.not_exported.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::warn!("exports are refused: too many are under way");
        }
    }

    /// Counts a response that was given up because its sender did not read it.
    pub(crate) fn count_unread(&self) {
        self.0.counters.unread.fetch_add(1, Ordering::Relaxed);
    }
}
